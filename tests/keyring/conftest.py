"""Figures per category, printed at the end; and makers of Secrets."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

FIGURES = pytest.StashKey[dict[str, tuple[int, int]]]()


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> dict[str, tuple[int, int]]:
    return pytestconfig.stash.setdefault(FIGURES, {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, {})
    if not figures:
        return
    terminalreporter.section("keyring: exact answers per category")
    for category, (exact, cases) in sorted(figures.items()):
        terminalreporter.write_line(f"{category:20} {exact:5} of {cases:5}")


SecretMaker = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def make_secret() -> SecretMaker:
    """Makes a Secret from its `auths` (or a raw payload) as the API returns it."""

    def make(
        auths: object = None,
        *,
        payload: bytes | None = None,
        name: str = "pull",
        type_: str = "kubernetes.io/dockerconfigjson",
        key: str = ".dockerconfigjson",
    ) -> dict[str, Any]:
        raw = json.dumps({"auths": auths}).encode() if payload is None else payload
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": "finance"},
            "type": type_,
            "data": {key: base64.b64encode(raw).decode("ascii")},
        }

    return make
