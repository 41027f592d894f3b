"""What a command imports before it does anything: a start must not pay for what it does not use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.structure.source import ROOT

HEAVY = ("click", "textual", "kubernetes", "requests", "msgspec", "rich", "yaml")
RUN = """
import json, runpy, sys
sys.argv = ["harbor-doctor", *json.loads(sys.argv[1])]
try:
    runpy.run_module("tui.cli", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
"""
MAIN = "from tui.cli import main\nmain()"
TELL = "\nimport sys, json; sys.stderr.write(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"


def loaded(code: str, *args: str) -> set[str]:
    """Which of the heavy packages a fresh interpreter has loaded after this code."""
    done = subprocess.run(
        [sys.executable, "-c", code + TELL, *args], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stderr)) & set(HEAVY)


def test_the_version_is_told_before_anything_is_imported() -> None:
    assert loaded(RUN, json.dumps(["--version"])) == set()


def test_importing_the_command_line_imports_nothing_heavy() -> None:
    assert loaded("import tui.cli") == set()


@pytest.mark.parametrize("args", [["--help"], ["scan", "--help"], ["explain", "--help"]])
def test_help_needs_click_alone(args: list[str]) -> None:
    assert loaded(RUN, json.dumps(args)) == {"click"}


@pytest.mark.parametrize("args", [["explain", "HD301"], ["explain", "ErrImagePull"], ["explain", "-o", "json", "x"]])
def test_explaining_needs_click_alone(args: list[str]) -> None:
    assert loaded(RUN, json.dumps(args)) == {"click"}


def test_the_first_frame_waits_for_no_client() -> None:
    """The console draws before the cluster's and the registry's libraries are there."""
    assert loaded("import tui.app") & {"kubernetes", "requests", "yaml"} == set()


def test_the_first_frame_waits_for_no_rule_no_repair_and_no_noun_of_the_domain() -> None:
    """They are needed once something is found; to make their classes takes as long as to paint."""
    code = "import tui.commands, tui.start, tui.app, sys, json; sys.stdout.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=60, check=True)
    late = (
        "checks.rules", "checks.complaint", "checks.repair.plans", "checks.repair.probe", "checks.repair.commands",
        "checks.model", "checks.facts", "checks.doctor", "checks.fleet", "hashlib", "tomllib",
    )  # fmt: skip
    assert [name for name in json.loads(done.stdout) if name.startswith(late)] == []


def test_the_first_frame_has_the_header_already(tmp_path: Path) -> None:
    """A frame of 120×40 has some ten thousand bytes: an empty one before it would be seen in their number."""
    environment = {"HOME": str(tmp_path), "KUBECONFIG": str(tmp_path / "none"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{MAIN}"]
    with Terminal(command, environment) as terminal:
        terminal.wait("harbor-doctor")
        assert terminal.written.index(b"harbor-doctor") < 5_000


@pytest.mark.parametrize("module", ["checks.doctor", "checks.diagnose", "checks.complaint", "checks.repair.plans"])
def test_the_domain_is_light_until_it_connects(module: str) -> None:
    assert loaded(f"import {module}") == set()
