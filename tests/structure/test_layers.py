"""Who may import whom: the contracts in pyproject.toml hold, and they catch what they are there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure import source

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
DEMO_MAY = ("checks.demo", "checks.image", "checks.credentials", "checks.keyring", "checks.dockerconfig")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=folder, env=env, capture_output=True, text=True, timeout=120
    )


def test_every_contract_is_kept() -> None:
    done = lint(source.ROOT)
    assert done.returncode == 0, done.stdout
    assert ", 0 broken" in done.stdout


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The verdict on a copy in which each contract but one is broken by one line."""
    folder = tmp_path_factory.mktemp("spoilt")
    for room in ("checks", "tui"):
        shutil.copytree(source.ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(source.ROOT / "pyproject.toml", folder)
    for file, line in SPOILT.values():
        with (folder / file).open("a") as end:
            end.write(f"\n\ndef _spoilt() -> None:\n    {line}\n")
    return lint(folder).stdout


SPOILT = {
    "The domain knows no screen": ("checks/path.py", "import rich"),
    "What crosses the network is in checks.clients": ("checks/report.py", "import requests"),
    "Imports in the domain point one way": ("checks/facts.py", "import checks.model"),
    "The nouns, and all that reads them, rest on the standard library": ("checks/image.py", "import yaml"),
    "Rules are pure and know of repairs by name only": ("checks/rules/base.py", "import checks.repair.plans"),
    "The pretend world shares nothing": ("checks/demo/world.py", "import checks.complaint"),
    "Nothing in the domain needs the pretend world": ("checks/scan.py", "import checks.demo.world"),
    "Imports in the terminal point one way": ("tui/widgets/rows.py", "import tui.app"),
    "What is answered offline needs neither screen nor network": ("tui/explain.py", "import textual"),
    "Only the console draws with textual": ("tui/tables.py", "import textual"),
}


@pytest.mark.parametrize("contract", SPOILT)
def test_a_contract_notices_when_it_is_broken(spoilt: str, contract: str) -> None:
    verdict = next(line for line in spoilt.splitlines() if line.startswith(contract))
    assert "BROKEN" in verdict


@pytest.mark.parametrize("path", source.files("checks/demo"), ids=source.name)
def test_the_pretend_world_is_made_of_the_standard_library(path: Path) -> None:
    for module in source.imported(source.parsed(path)):
        top = module.partition(".")[0]
        ours = any(module == room or module.startswith(f"{room}.") for room in DEMO_MAY)
        assert ours or top in sys.stdlib_module_names, module


@pytest.mark.parametrize("path", source.files("checks"), ids=source.name)
def test_the_domain_imports_nothing_of_the_terminal(path: Path) -> None:
    tops = {module.partition(".")[0] for module in source.imported(source.parsed(path))}
    assert not tops & {"tui", "textual", "rich", "click"}
