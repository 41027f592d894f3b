"""The domain never prints, and nothing logs: a log line could hold what a message or a frame holds."""

import ast
from pathlib import Path

import pytest

from tests.structure import source

SPEAKERS = frozenset({"print", "pprint", "input", "breakpoint"})


def _calls(tree: ast.Module) -> set[str]:
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in functions if isinstance(function, ast.Name)}


def _writes(tree: ast.Module) -> set[str]:
    """`sys.stdout` and `sys.stderr`, wherever they are named."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return {f"{n.value.id}.{n.attr}" for n in found if isinstance(n.value, ast.Name)} & {"sys.stdout", "sys.stderr"}


@pytest.mark.parametrize("path", source.files("checks", "tui"), ids=source.name)
def test_nothing_prints(path: Path) -> None:
    assert not _calls(source.parsed(path)) & SPEAKERS


@pytest.mark.parametrize("path", source.files("checks"), ids=source.name)
def test_the_domain_writes_to_no_stream_and_no_log(path: Path) -> None:
    tree = source.parsed(path)
    assert not _writes(tree)
    assert not set(source.imported(tree)) & {"logging", "traceback"}


def test_what_is_looked_for_would_be_found() -> None:
    tree = ast.parse("import sys\nprint(1)\nsys.stderr.write('x')\n")
    assert _calls(tree) & SPEAKERS
    assert _writes(tree) == {"sys.stderr"}
