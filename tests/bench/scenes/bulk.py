"""A thousand failing pods of twenty causes: each question is asked once, and none waits for another's answer."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, at_most
from tests.bench.ground import Ground
from tests.bench.measure import Spread
from tests.bench.pods import TROUBLED

_ROOT = Path(__file__).parents[3]
_MOST = 80


def play(ground: Ground, runs: int) -> Iterator[Figure]:
    """Yield how often the registry is asked, and how long all verdicts take against the slowest one alone."""
    label = f"{ground.crowd.failing:,} failing pods, {TROUBLED} distinct (login, repository): "
    walls, asked = list[float](), list[int]()
    for _ in range(runs):
        ground.log.clear()
        told = _explain(ground, "all")
        assert told["problems"] == TROUBLED, told
        assert told["pulls"] == ground.crowd.failing, told
        walls.append(told["seconds"])
        asked.append(len(ground.log.entries))
    single = max(_explain(ground, "one", str(index))["seconds"] for index in range(TROUBLED))
    requests = Spread(tuple(map(float, asked)))
    yield at_most(f"{label}requests to the registry", requests.text(digits=0), requests.middle, _MOST)
    shares = Spread(tuple(wall / single for wall in walls))
    text = f"{shares.text()}; {Spread(tuple(walls)).text('s')} against {single:.2f} s"
    yield at_most(f"{label}time ÷ the slowest single verdict", text, shares.middle, 3)


def _explain(ground: Ground, *what: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.asking", *what],
        cwd=_ROOT, env=ground.environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr[-500:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told
