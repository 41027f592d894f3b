"""Runs harbor-doctor as a person or a pipeline does: as the installed program, in a process of its own."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live.registry import PASSWORD, Registry

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def problems(self) -> Mapping[str, Any]:
        """The problems of `scan -o json` by id."""
        return {problem["id"]: problem for problem in self.json["problems"]}


class Tool:
    """The program with one user's kubeconfig, a home of its own, and the test's registries."""

    def __init__(self, kubeconfig: Path, home: Path, registries: Sequence[Registry], *, trusting: bool = True) -> None:
        ca = registries[0].ca if trusting else None
        self._environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "KUBECONFIG": str(kubeconfig),
            **({"HARBOR_DOCTOR_REGISTRY_CA": str(ca)} if ca else {}),
            "HARBOR_DOCTOR_RESOLVE": ",".join(registry.resolve for registry in registries),
            "PYTHONWARNINGS": "error",
        }

    def __call__(self, *arguments: str, given: str = "", seconds: float = 120) -> Run:
        """Run it with these arguments and `given` on standard input; fails where a password is seen, or too late."""
        done = subprocess.run(
            [*_program(), *arguments],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        run = Run(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in run.err, run.err
        for shape in (PASSWORD, b64encode(PASSWORD.encode()).decode().rstrip("=")):
            assert shape not in run.out + run.err
        return run


def _program() -> list[str]:
    """The console script beside the interpreter that runs the tests, else the same entry point from the checkout."""
    script = Path(sys.executable).with_name("harbor-doctor")
    return [str(script)] if script.exists() else [sys.executable, "-c", "from tui.cli import main; main()"]
