"""Images, Secrets and receipts written to harm whoever repairs: logins go nowhere new, nothing else is written."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.scenarios import Scenario, says
from checks.demo.scenarios.model import SeededSecret, Workload, entry, payload, pull_secret
from checks.demo.world import World
from tests.clients.scripted import Asked, Scripted, http
from tests.headless.ground import Ground, as_json
from tests.headless.planted import forms
from tests.headless.tool import Done, Tool

HOST = "harbor.demo.test"
PORT = "HD106:crm/harbor-8443"
KEYS = (f"https://{HOST}/v2/", f"{HOST}/shop", "*.demo.test:8443")


def _asks(challenge: str) -> Callable[[Asked], bytes]:
    return lambda asked: http(401, b"", f"WWW-Authenticate: {challenge}")


def _own_token(asked: Asked) -> bytes:
    if "/token" in asked.path:
        return http(200, json.dumps({"token": "given-away"}).encode())
    return http(401, b"", 'WWW-Authenticate: Bearer realm="https://token.demo.test/token",service="x"')


def _leads_on(asked: Asked) -> bytes:
    return http(307, b"", f"Location: https://{HOST}{asked.path}")


HOSTILE: dict[str, Callable[[Asked], bytes]] = {
    "asks for Basic": _asks('Basic realm="harbor"'),
    "has a token service": _own_token,
    "names Harbor's token service": _asks(
        f'Bearer realm="https://{HOST}/service/token",service="harbor-registry",scope="repository:shop/web:pull"'
    ),
    "leads on to Harbor": _leads_on,
}
FOREIGN = {
    "token.demo.test": (SECRET, PASSWORD, ADMIN_PASSWORD),
    # The host is the same and proves to be so; what its other ports get is what a Secret holds for that host.
    f"{HOST}:9443": (ADMIN_PASSWORD,),
}
"""A host that an image may name, and the passwords that it may not have."""


class Trap:
    """A cluster whose pod names a foreign host, with logins for Harbor wherever one may be kept."""

    def __init__(self, folder: Path, name: str, script: Callable[[Asked], bytes]) -> None:
        self.foreign = Scripted(script, names=(name,))
        works = tuple(
            Workload("shop", what, f"{host}/shop/web:1.4.2", 1.0, says.nothing_sent, secrets=("harbor-pull", "many"))
            for what, host in (("lure", name), ("honest", HOST))
        )
        login = pull_secret("shop", "harbor-pull", "robot$shop+pull", SECRET)
        many = SeededSecret("shop", "many", payload(**{key: entry("lena", PASSWORD) for key in KEYS}))
        secrets = (login, many, pull_secret("shop", "spare", "admin", ADMIN_PASSWORD))
        self.world = World((Scenario("HD000", "shop/lure", works, secrets),), (), moving=False)
        self.folder = folder

    def __enter__(self) -> Tool:
        self.world.start()
        docker = self.folder / "docker"
        docker.mkdir()
        (docker / "config.json").write_bytes(payload(harbor=entry("lena", PASSWORD)))
        resolve = {**self.world.resolve, **self.foreign.resolve}
        return Tool(self.folder / "home", {
            "KUBECONFIG": str(self.world.kubeconfig(self.folder / "config")),
            "HARBOR_DOCTOR_REGISTRY_CA": str(self.world.ca_file),
            "HARBOR_DOCTOR_RESOLVE": ",".join(f"{host}={address}" for host, address in resolve.items()),
            "DOCKER_CONFIG": str(docker), "HARBOR_HOST": HOST, "HARBOR_USERNAME": "admin",
            "HARBOR_PASSWORD": ADMIN_PASSWORD,
        })  # fmt: skip

    def __exit__(self, *_: object) -> None:
        self.foreign.close()
        self.world.stop()


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", FOREIGN)
def test_an_image_of_a_foreign_host_draws_no_login_of_another_there(
    name: str, script: Callable[[Asked], bytes], tmp_path: Path
) -> None:
    trap = Trap(tmp_path, name, script)
    with trap as tool:
        found = tool.run("plan", "-o", "json")
        assert found.code == 1, found.err
        for problem in found.json["problems"]:
            tool.run("fix", problem["id"], "--dry-run")
        honest = {entry.user for entry in trap.world.registries.log.entries if entry.user}
    assert trap.foreign.asked, "the foreign host was asked at all"
    assert "robot$shop+pull" in honest, "the login is sent where it belongs"
    for asked in trap.foreign.asked:
        sent = f"{asked.path}\n{asked.headers}"
        assert not [form for login in FOREIGN[name] for form in forms(login) if form in sent], asked.path
        if ":" not in name:
            assert _nobody(asked.headers.get("authorization", "")), asked.path


def _nobody(authorization: str) -> bool:
    """Is there no login in it, and no token that Harbor gave for one? Harbor's tokens name whom they are for."""
    scheme, _, token = authorization.partition(" ")
    if token.count(".") != 2:
        return authorization in ("", "Bearer given-away")
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return scheme == "Bearer" and not claims.get("sub")


# ── an administrator's login in a Secret ─────────────────────────────────────────────────────────────────────────


def _asked_as(world: World) -> set[str]:
    return {entry.user for entry in world.registries.log.entries if entry.path.startswith("/api/") and entry.user}


def test_an_administrators_login_in_a_secret_is_tried_at_the_registry_and_never_used_for_the_api(
    tmp_path: Path,
) -> None:
    works = (
        Workload("shop", "gone", f"{HOST}/shop/web:0.0.1", 1.0, says.not_found, secrets=("admin-pull",)),
        Workload("shop", "front", f"{HOST}/shop/web:1.4.2", 1.0, says.unauthorized, secrets=("old-pull",)),
    )
    secrets = (
        pull_secret("shop", "admin-pull", "admin", ADMIN_PASSWORD),
        pull_secret("shop", "old-pull", "robot$shop+pull", "wrong"),
    )
    with World((Scenario("HD503", "shop/gone", works, secrets),), (), moving=False) as world:
        tool = Tool(tmp_path / "home", {"KUBECONFIG": str(world.kubeconfig(tmp_path / "config"))})
        plans = tool.run("plan", "-o", "json")
        assert plans.code == 1, plans.err
        offered = {plan["id"] for problem in plans.json["problems"] for plan in problem["fixes"]}
        (broken,) = (p["id"] for p in plans.json["problems"] if p["code"] == "HD301")
        tool.run("fix", broken, "--yes", "--wait", "0")
        assert any(e.user == "admin" and not e.path.startswith("/api/") for e in world.registries.log.entries)
        assert _asked_as(world) == set()
    assert offered & {"mint-robot", "enable-robot", "extend-robot", "add-member"} == set()


# ── forged receipts ──────────────────────────────────────────────────────────────────────────────────────────────

NAME = "20260101-000000-abcdef"


def _secret(name: str, namespace: str = "crm", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    return {"kind": "Secret", "metadata": meta, "type": "Opaque", "data": {"a": "YQ=="}, **more}


def _step(kind: str, name: str, before: Any, after: Any, verb: str = "replace", **more: Any) -> dict[str, Any]:
    return {"verb": verb, "kind": kind, "name": name, "done": True, "before": before, "after": after, **more}


def _account(ground: Ground, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ServiceAccount as it is, and as a forger wants it."""
    now = ground.world.objects.get("serviceaccounts", "crm", "default")
    return {**now, **more}, now


def _in_meta(ground: Ground, plural: str, name: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    now = ground.world.objects.get(plural, "crm", name)
    return {**now, "metadata": {**now["metadata"], **more}}, now


_TOKEN = {"type": "kubernetes.io/service-account-token"}
_IRSA = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/admin"}
FORGED: dict[str, Callable[[Ground], list[dict[str, Any]]]] = {
    "a ConfigMap": lambda g: [_step("ConfigMap", "kube-root-ca.crt", None, _secret("x"), "create")],
    "a Namespace": lambda g: [_step("Namespace", "crm", None, _secret("x"), "create")],
    "a RoleBinding": lambda g: [_step("RoleBinding", "admin", _secret("x"), None, "delete")],
    "a Job": lambda g: [_step("Job", "x", _secret("x"), None, "delete")],
    "a token": lambda g: [_step("Secret", "token", _secret("token", **_TOKEN), None, "delete")],
    "a role of a cloud": lambda g: [_step("ServiceAccount", "default", *_in_meta(g, "serviceaccounts", "default",
                                                                                  annotations=_IRSA))],
    "a mount of tokens": lambda g: [_step("ServiceAccount", "default", *_account(g,
                                                                                 automountServiceAccountToken=True))],
    "a new ServiceAccount": lambda g: [_step("ServiceAccount", "root", _account(g)[1], None, "delete")],
    "an unknown verb": lambda g: [_step("Secret", "x", None, _secret("x"), "exec")],
    "a bare pod": lambda g: [_step("Pod", "shell", None, {"metadata": {"name": "shell"}}, "create")],
    "another robot": lambda g: [_step("Robot", "robot$pay+pull", None, {"metadata": {}, "spec": {}}, "create",
                                      host=HOST)],
    "no list of steps": lambda g: [7],  # type: ignore[list-item]
}  # fmt: skip


def _write(ground: Ground, text: str, namespace: str = "crm", name: str = NAME) -> None:
    """Put a receipt there, as anybody may who may make Secrets."""
    meta = {"name": f"harbor-doctor-undo-{name}", "namespace": namespace, "labels": {"harbor-doctor/receipt": name}}
    data = {"receipt.json": base64.b64encode(text.encode()).decode()}
    ground.world.objects.create("secrets", namespace, {"metadata": meta, "data": data})


def _clear(ground: Ground, *names: str) -> None:
    """Remove the receipt, and what else was made, if it is there."""
    for secret in ground.world.objects.store.select("secrets", "crm"):
        if secret["metadata"]["name"] in (*names, f"harbor-doctor-undo-{NAME}"):
            ground.world.objects.delete("secrets", "crm", secret["metadata"]["name"])


def _document(steps: list[dict[str, Any]], namespace: str = "crm") -> str:
    return json.dumps({
        "schema": 1, "id": NAME, "namespace": namespace, "created": "2026-01-01T00:00:00+00:00", "title": "Mend",
        "problem": PORT, "context": "demo", "closed": True, "who": "somebody", "steps": steps,
    })  # fmt: skip


def _undo(ground: Ground) -> Done:
    harbor = {"HARBOR_HOST": HOST, "HARBOR_USERNAME": "admin", "HARBOR_PASSWORD": ADMIN_PASSWORD}
    return ground.tool().with_(**harbor).run("undo", NAME, "--yes")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with Ground(tmp_path, PORT, between=True, workloads=1) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("forged"), PORT, between=True, workloads=1) as made:
        yield made


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_receipt_has_nothing_written(what: str, shared: Ground) -> None:
    before, robots = as_json(shared.declared()), dict(shared.world.registries.harbor.robots)
    _write(shared, _document(FORGED[what](shared)))
    done = _undo(shared)
    _clear(shared)
    told = "stays as it is" in done.out or "as it was before" in done.out
    assert told or (done.code in (2, 5) and len(done.lines) == 1), done.err
    assert as_json(shared.declared()) == before
    assert shared.world.registries.harbor.robots == robots


TEXTS = {
    "not JSON": "never mind",
    "empty": "",
    "a list": "[]",
    "of bytes": "\x00\x01\x02",
    "deep": "[" * 200_000,
    "huge": _document([_step("Secret", f"s{n}", None, None, "create") for n in range(5_000)]).replace("}", "", 1),
    "numbers": json.dumps({"schema": 1, "id": 1, "namespace": "crm", "created": 5, "steps": []}),
    "a huge number": '{"schema": ' + "9" * 50_000 + "}",
    "no zone": _document([]).replace("+00:00", ""),
}


@pytest.mark.parametrize("what", TEXTS)
def test_what_is_no_receipt_ends_in_one_sentence(what: str, shared: Ground) -> None:
    before = as_json(shared.declared())
    _write(shared, TEXTS[what])
    done = _undo(shared)
    _clear(shared)
    assert (done.code, len(done.lines)) == (2, 1), done.err
    assert "is damaged or not ours" in done.last
    assert as_json(shared.declared()) == before


ASTRAY = ("../../kube-system/secrets/root", "x?namespace=kube-system", "..", "x#y", "x/../../../namespaces", "x%2f..")


@pytest.mark.parametrize("name", ASTRAY)
def test_a_name_in_a_forged_receipt_leads_out_of_no_namespace(name: str, shared: Ground) -> None:
    other = _secret(name, "kube-system")
    shared.between.clear()
    before = as_json(shared.declared())
    steps = (_step("Secret", name, other, None, "delete"), _step("Secret", "x", None, other, "create"))
    _write(shared, _document(list(steps)))
    _undo(shared)
    _clear(shared, name)
    assert as_json(shared.declared()) == before
    outside = [seen for seen in shared.between.seen if seen.writes and "/namespaces/crm/" not in seen.path]
    assert outside == []


def test_what_a_forged_receipt_says_of_a_secret_that_somebody_else_changed_is_not_put_back(ground: Ground) -> None:
    """It must say what stands there now to have it changed, and whoever knows that may read the Secret already."""
    now = ground.secret("crm", "harbor-8443")
    wanted = {**now, "data": {".dockerconfigjson": base64.b64encode(payload(evil=entry("a", "b"))).decode()}}
    before = as_json(ground.declared())
    _write(ground, _document([_step("Secret", "harbor-8443", wanted, _secret("harbor-8443"))]))
    done = _undo(ground)
    assert done.code == 5
    assert "was changed after the repair and is left alone" in done.last
    assert as_json(ground.declared()) == before


def test_a_receipt_in_another_namespace_cannot_speak_of_this_one(ground: Ground) -> None:
    now = ground.secret("crm", "harbor-8443")
    before = as_json(ground.declared())
    _write(ground, _document([_step("Secret", "harbor-8443", None, now, "create")]), "default")
    done = _undo(ground)
    assert (done.code, len(done.lines)) == (2, 1)
    assert "speaks of another namespace; it is not ours" in done.last
    assert as_json(ground.declared()) == before
