"""A plain password comes out of its wrapper in a few places only, each at the call that sends or stores it."""

import ast

from tests.structure import source

PLACES = {
    "checks/clients/link.py": "the Authorization header and the client key of the Kubernetes API",
    "checks/clients/authorize.py": "Basic authentication at a registry, and the form that asks for a token",
    "checks/demo/kubelet/runtime.py": "the pretend node's request to the pretend registry",
    "checks/dockerwrite.py": "the payload of a Secret that is about to be written",
    "checks/secrets_report.py": "`secrets --reveal`",
    "tui/start.py": "the demo's own login, which is no secret, for other processes",
}
"""File → what for. Whoever adds a place says here why."""


def _reveals(path: object) -> bool:
    tree = source.parsed(path)  # type: ignore[arg-type]
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "reveal"
        for node in ast.walk(tree)
    )


def test_passwords_are_revealed_in_the_listed_files_only() -> None:
    found = {source.name(path) for path in source.files("checks", "tui") if _reveals(path)}
    assert found == set(PLACES)


def test_nothing_but_the_wrapper_reads_what_it_hides() -> None:
    inside = [
        source.name(path)
        for path in source.files("checks", "tui")
        for node in ast.walk(source.parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == "_text" and source.name(path) != "checks/credentials.py"
        and isinstance(node.value, ast.Name) and node.value.id in ("password", "login", "secret", "token")
    ]  # fmt: skip
    assert inside == []
