"""A world in which every password is its own, and the search for each of them in whatever form it may leak."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

from checks.demo.harbor import pull_grant
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import SCENARIOS, Scenario, SeededSecret
from checks.demo.scenarios.model import HARBOR, entry, payload
from checks.demo.world import World

NEWLINE, OTHER, COPY = 'Line/Br3ak+&"one"ä?', "Other/Host+Secret=2", "Kubectl-C0py/of+it=3"
PORT, WRONG, TYPE, CUT = "Port/Key+Secret=4", "Refused/Login+Secret=5", "Type/Opaque+Secret=6", "Cut/Base64+Secret=7"
TYPED, MISTYPED = 'Typed/"In"+Form=8ö&', "Mistyped/In+Form=9"
HARBOR_API, DOCKER, DATABASE = "Harbor/Api+Login=10", "Docker/Config+Login=11", "Data/Base+Secret=12"

PLANTED = (
    NEWLINE, OTHER, COPY, PORT, WRONG, TYPE, CUT, TYPED, MISTYPED, HARBOR_API, DOCKER, DATABASE,
)  # fmt: skip

LINE_BREAK, KEY, REFUSED, OPAQUE, DECODED = (
    "HD109:shop/harbor-pull", "HD106:crm/harbor-8443", "HD301:crm/lena-login", "HD104:infra/registry-login",
    "HD105:crm/mailer-pull",
)  # fmt: skip


def forms(password: str) -> Iterator[str]:
    """Every form in which a password may leak, each long enough to be no coincidence."""
    raw = password.encode()
    for text in (password, repr(password)[1:-1], json.dumps(password)[1:-1]):
        yield text
    yield json.dumps(json.dumps(password)[1:-1], ensure_ascii=False)[1:-1]
    yield json.dumps(password, ensure_ascii=False)[1:-1]
    yield from (quote(password, safe=""), quote(password), quote_plus(password))
    for text in (raw, json.dumps(password)[1:-1].encode()):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            for offset in range(3):
                whole = encode(b"x" * offset + text).decode()
                # Without the letters that the neighbours decide.
                yield whole[4 * bool(offset) : len(whole) // 4 * 4 - 4]


_FORMS = {form: password for password in PLANTED for form in forms(password)}


def leaks(text: str) -> list[str]:
    """Which passwords stand in a text, frames and wrapped lines of a screen taken out too."""
    joined = re.sub(r"[\s│╭╮╰╯─❱|]+", "", text)
    return sorted({password for form, password in _FORMS.items() if form in text or form in joined})


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names and contents of all files."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes().decode("utf-8", "replace")


def _scenario(key: str) -> Scenario:
    (found,) = (s for s in SCENARIOS if s.id == key)
    return replace(found, workloads=tuple(replace(work, replicas=1) for work in found.workloads[:1]))


def _prepare(registries: Registries, _: Faults) -> None:
    harbor = registries.harbor
    for name, project, secret in (("line", "shop", NEWLINE), ("port", "crm", PORT), ("type", "infra", TYPE)):
        harbor.add_robot(name, project, secret=secret)
    harbor.add_robot("cut", "crm", secret=CUT)
    harbor.add_robot("typed", secret=TYPED, grants=(pull_grant("crm"),))
    harbor.add_user("boss", HARBOR_API, admin=True)
    harbor.add_user("me", DOCKER)


def _with_break() -> bytes:
    text = base64.b64encode(f"robot$shop+line:{NEWLINE}\n".encode()).decode()
    mine = {"username": "robot$shop+line", "password": f"{NEWLINE}\n", "auth": text}
    return payload(harbor=mine, **{"quay.io": entry("somebody", OTHER)})


def _cut() -> bytes:
    good = entry("robot$crm+cut", CUT)
    return payload(harbor=good | {"auth": "robot$crm+cut:" + good["auth"]})


def _last_applied() -> str:
    data = base64.b64encode(payload(harbor=entry("robot$shop+line", COPY))).decode()
    return json.dumps({"kind": "Secret", "data": {".dockerconfigjson": data}})


def _secrets() -> dict[str, SeededSecret]:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": _last_applied()}
    return {
        LINE_BREAK: SeededSecret("shop", "harbor-pull", _with_break(), annotations=applied),
        KEY: SeededSecret("crm", "harbor-8443", payload(**{f"{HARBOR}:8443": entry("robot$crm+port", PORT)})),
        REFUSED: SeededSecret("crm", "lena-login", payload(harbor=entry("lena", WRONG))),
        OPAQUE: SeededSecret("infra", "registry-login", payload(harbor=entry("robot$infra+type", TYPE)), "Opaque"),
        DECODED: SeededSecret("crm", "mailer-pull", _cut()),
    }


@contextmanager
def planted(*keys: str) -> Iterator[World]:
    """Run a still world of these troubles, with its own password in every Secret."""
    made = _secrets()
    scenarios = [replace(_scenario(key), secrets=(made[key],), prepare=None, afterwards=None) for key in keys]
    first = replace(scenarios[0], prepare=_prepare)
    with World((first, *scenarios[1:]), (), moving=False) as world:
        database = {"metadata": {"name": "database"}, "data": {"url": base64.b64encode(DATABASE.encode()).decode()}}
        world.objects.create("secrets", "shop", database)
        yield world


def docker_config(folder: Path) -> Path:
    """Write a docker config of somebody's own; returns its folder."""
    place = folder / "docker"
    place.mkdir()
    (place / "config.json").write_bytes(payload(harbor=entry("me", DOCKER)))
    return place


def everything(texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Name → the passwords that show there; empty where none shows anywhere."""
    return {name: found for name, text in texts if (found := leaks(text))}
