"""Verdicts about real registries behind sound and unsound certificates, exact to the word, from both vantage points.

What the kubelet says is a recorded text of containerd's with our names in it; what is seen from here is asked of a
real docker-registry by the installed program.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from checks.image import ImageRef, parse
from tests.live import courses
from tests.live.kube import STRATEGIC, Body, Cluster
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.tool import Tool

pytestmark = pytest.mark.live

_CORPUS = Path(__file__).parent.parent / "corpus" / "kubelet_messages.jsonl"
RUNTIMES = ("c16", "c21")
"""containerd 1.6 and 2.1."""
TEXTS = {
    "unknown CA": ("lab-c16-tls-self-w-878", "lab-c21-tls-unknownca-w-1938"),
    "expired": ("lab-c16-tls-expired-w-839", "lab-c21-tls-expired-w-1906"),
    "no name": ("lab-c16-tls-cnonly-w-835", "lab-c21-tls-cnonly-w-1903"),
    "plain HTTP": ("lab-c16-hb-http-as-https-w-461", "lab-c21-hb-http-as-https-w-1712"),
    "401": ("lab-c16-d-wrong-w-161", "lab-c21-d-wrong-w-1501"),
}
NO_SAN = "x509: certificate relies on legacy Common Name field, use SANs instead"
OTHER_NAME = "x509: certificate is valid for another.live.test, not misnamed.live.test"
"""What Go says in that place where there are names, and the asked one is not among them (crypto/x509, verify.go)."""
AUTHORITY = "it is CN=live-registries, whose own certificate the server does not send"
NOT_HERE = "this machine does not trust CN=live-registries, who signed the certificate of"

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)
Scan = Callable[..., Body]
Stick = Callable[..., str]


@cache
def recorded(id_: str) -> Body:
    """A row of the corpus of kubelet messages."""
    rows = (json.loads(line) for line in _CORPUS.read_text().splitlines())
    return next(row for row in rows if row["id"] == id_)


def said(id_: str, ours: ImageRef) -> str:
    """What a kubelet said, with our image in the recorded one's place; in one pass, since ours may contain theirs."""
    row = recorded(id_)
    theirs = parse(row["image"])
    names = {
        theirs.written: ours.written,
        f"{theirs.registry}/v2/{theirs.repository}/manifests/{theirs.reference}": (
            f"{ours.registry}/v2/{ours.repository}/manifests/{ours.reference}"
        ),
        f"[manifests {theirs.reference}]": f"[manifests {ours.reference}]",
        theirs.registry: ours.registry,
    }
    message: str = re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], row["message"])
    assert ".lab.test" not in message
    return message


@pytest.fixture
def stuck(cluster: Cluster, namespace: str) -> Stick:
    """Makes a pod that waits, with what its kubelet would have written into its status; returns the registry's host."""

    def make(registry: Registry, text: str, runtime: str, *, password: str | None = PASSWORD, tag: str = "1") -> str:
        image = parse(registry.image("shop/web", tag))
        if password is not None:
            cluster.pull_secret(namespace, "harbor-pull", {image.registry: {"username": USER, "password": password}})
        cluster.pod(namespace, "web", image.written, [] if password is None else ["harbor-pull"])
        status = courses.waiting("hb-public-notag", image)
        if text in TEXTS:
            message = said(TEXTS[text][RUNTIMES.index(runtime)], image)
            status["containerStatuses"][0]["state"]["waiting"]["message"] = message.replace(NO_SAN, OTHER_NAME)
        cluster.patch("Pod", namespace, "web", {"status": status}, sub="status", how=STRATEGIC)
        return image.registry

    return make


@pytest.fixture
def scan(cluster: Cluster, namespace: str, tmp_path: Path) -> Scan:
    """Runs `harbor-doctor scan -o json` and returns the one problem; `trusting`: with the registry's own authority."""

    def run(registry: Registry, *words: str, trusting: bool = True) -> Body:
        tool = Tool(cluster.kubeconfig("admin", namespace=namespace), tmp_path, [registry], trusting=trusting)
        found = tool("scan", "-n", namespace, "-o", "json", *words)
        assert found.code == 1, found.err
        (problem,) = found.json["problems"]
        assert [pod["name"] for pod in problem["pods"]] == ["web"]
        result: Body = problem
        return result

    return run


def at_registry(problem: Body, code: str, host: str) -> str:
    """The sentence of a problem with this code at this registry, in which TLS is what is broken."""
    assert (problem["id"], problem["subject"]) == (
        f"{code}:{host}",
        {"kind": "registry", "namespace": None, "name": host},
    )
    assert states(problem)["tls"] == "broken"
    sentence: str = problem["sentence"]
    return sentence


def states(problem: Body) -> dict[str, str]:
    return {stage["stage"]: stage["state"] for stage in problem["path"]}


# Both vantage points see the same.


@runtimes
def test_an_authority_that_neither_node_nor_this_machine_knows(
    stuck: Stick, scan: Scan, registry: Registry, runtime: str
) -> None:
    host = stuck(registry, "unknown CA", runtime)
    sentence = at_registry(scan(registry, trusting=False), "HD211", host)
    who = f"The node does not know the authority that signed the certificate of {host}"
    assert sentence == f"{who}, and the same is seen from here; {AUTHORITY}."


@runtimes
def test_a_certificate_that_has_expired_for_both(
    stuck: Stick, scan: Scan, expired_registry: Registry, runtime: str
) -> None:
    host = stuck(expired_registry, "expired", runtime)
    problem = scan(expired_registry)
    assert at_registry(problem, "HD212", host) == (
        f"The certificate of {host} has expired, and the same is seen from here."
    )
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert any(f"until {yesterday}" in line["text"] for line in problem["evidence"])
    assert states(problem)["login"] == "not reached"


@runtimes
def test_a_certificate_for_another_name_for_both(
    stuck: Stick, scan: Scan, misnamed_registry: Registry, runtime: str
) -> None:
    host = stuck(misnamed_registry, "no name", runtime)
    sentence = at_registry(scan(misnamed_registry), "HD213", host)
    seen = "and the same is seen from here; it is for another.live.test"
    assert sentence == f"The certificate of {host} is for another name, {seen}."


@runtimes
@pytest.mark.parametrize("trusting", [True, False])
def test_a_registry_of_plain_http_for_both(
    stuck: Stick, scan: Scan, plain_registry: Registry, runtime: str, trusting: bool
) -> None:
    host = stuck(plain_registry, "plain HTTP", runtime)
    sentence = at_registry(scan(plain_registry, trusting=trusting), "HD214", host)
    assert sentence == f"{host} speaks plain HTTP where the node asks for HTTPS, and the same is seen from here."


# They differ.


@runtimes
def test_an_authority_that_this_machine_trusts_and_the_node_does_not(
    stuck: Stick, scan: Scan, registry: Registry, runtime: str
) -> None:
    host = stuck(registry, "unknown CA", runtime)
    problem = scan(registry)
    who = f"The node does not know the authority that signed the certificate of {host}"
    assert at_registry(problem, "HD211", host) == f"{who}, though it answers from here; {AUTHORITY}."
    found = states(problem)
    assert [found[stage] for stage in ("network", "login", "permission", "artifact")] == ["ok"] * 4


def test_the_option_for_the_authority_does_what_the_variable_does(stuck: Stick, scan: Scan, registry: Registry) -> None:
    host = stuck(registry, "unknown CA", "c21")
    by_option = scan(registry, "--registry-ca", str(registry.ca), trusting=False)
    assert "though it answers from here" in at_registry(by_option, "HD211", host)


@runtimes
def test_a_node_that_trusts_what_this_machine_does_not_gets_no_guess(
    stuck: Stick, scan: Scan, registry: Registry, namespace: str, runtime: str
) -> None:
    stuck(registry, "401", runtime, password="wrong")
    problem = scan(registry, trusting=False)
    assert problem["id"] == f"HD000:{namespace}/web"
    assert problem["sentence"].endswith(f"not looked at: registry: {NOT_HERE} registry.live.test.")
    assert problem["sentence"].count("401 Unauthorized") == 1


@pytest.mark.parametrize(
    ("text", "code", "which"),
    [("expired", "HD212", "expired_registry"), ("no name", "HD213", "misnamed_registry")],
)
def test_an_unsound_certificate_of_an_authority_that_is_not_known_here(
    stuck: Stick, scan: Scan, request: pytest.FixtureRequest, text: str, code: str, which: str
) -> None:
    registry: Registry = request.getfixturevalue(which)
    host = stuck(registry, text, "c21")
    sentence = at_registry(scan(registry, trusting=False), code, host)
    assert f"; from here: {NOT_HERE} {host.partition(':')[0]}" in sentence


@pytest.mark.parametrize(("text", "code"), [("expired", "HD212"), ("no name", "HD213"), ("plain HTTP", "HD214")])
def test_what_only_the_node_sees_is_told_as_that(
    stuck: Stick, scan: Scan, registry: Registry, text: str, code: str
) -> None:
    """A node whose clock is wrong, or that a proxy answers, has trouble with a registry that is sound from here."""
    host = stuck(registry, text, "c21")
    problem = scan(registry)
    assert "says the node; from here it is in order" in at_registry(problem, code, host)
    assert states(problem)["login"] == "ok"


# Behind a certificate that is in order: what the registry itself says.


@runtimes
def test_a_login_that_is_refused(stuck: Stick, scan: Scan, registry: Registry, namespace: str, runtime: str) -> None:
    host = stuck(registry, "401", runtime, password="wrong")
    problem = scan(registry)
    where = f"{namespace}/harbor-pull"
    assert problem["id"] == f"HD301:{where}"
    assert problem["subject"] == {"kind": "Secret", "namespace": namespace, "name": "harbor-pull"}
    assert problem["sentence"] == (
        f"{host} refuses the login {USER} from Secret {where}; a wrong password, or no such user."
    )
    assert (states(problem)["tls"], states(problem)["login"]) == ("ok", "broken")


@runtimes
def test_a_login_that_is_accepted_by_now(
    stuck: Stick, scan: Scan, registry: Registry, namespace: str, runtime: str
) -> None:
    stuck(registry, "401", runtime)
    problem = scan(registry)
    assert problem["id"] == f"HD000:{namespace}/web"
    assert problem["sentence"].endswith("401 Unauthorized, and everything passes from here by now.")
    assert [states(problem)[stage] for stage in ("tls", "login", "permission", "artifact")] == ["ok"] * 4


def test_no_login_at_all(stuck: Stick, scan: Scan, registry: Registry, namespace: str) -> None:
    host = stuck(registry, "401", "c16", password=None)
    problem = scan(registry)
    assert problem["id"] == f"HD101:{namespace}/default"
    assert problem["subject"] == {"kind": "ServiceAccount", "namespace": namespace, "name": "default"}
    assert problem["sentence"] == (
        f"The pods carry no pull secret and ServiceAccount default names none, so {host} is asked without a login "
        "and refuses."
    )


def test_a_tag_that_is_missing(stuck: Stick, scan: Scan, registry: Registry) -> None:
    host = stuck(registry, "not found", "c16", tag="nope")
    problem = scan(registry)
    assert problem["id"] == f"HD503:{host}/shop/web:nope"
    assert problem["subject"] == {"kind": "tag", "namespace": None, "name": f"{host}/shop/web:nope"}
    assert problem["sentence"] == f"{host} has no tag nope in shop/web."
    assert (states(problem)["login"], states(problem)["artifact"]) == ("ok", "broken")
