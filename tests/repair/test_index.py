"""The index of receipts when several repairs write it at once: nothing that was vouched for is lost."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from checks.model import ObjectRef
from checks.repair import statefolder
from checks.repair.receipt import Done, Receipt
from checks.repair.sealed import Sealed
from checks.repair.shelves import Index
from checks.repair.steps import Verb

MANY = 40
WRITER = """
import sys
from pathlib import Path
from tests.repair.test_index import add
for name in sys.argv[2:]:
    add(Path(sys.argv[1]), name)
"""


def receipt(name: str) -> Receipt:
    """A membership that was given: undone only where this machine's index vouches for it."""
    member = Sealed({"kind": "Member", "metadata": {}, "spec": {"role_id": 5}})
    done = Done(Verb.CREATE, ObjectRef("Member", "harbor.corp", f"shop/{name}"), None, member)
    return Receipt(name, "shop", datetime(2026, 11, 24, tzinfo=UTC), "t", "p", "c", (done,))


def add(state: Path, name: str) -> None:
    Index(state).add(receipt(name))


def lost(state: Path, names: list[str]) -> list[str]:
    return [name for name in names if not Index(state).vouched(receipt(name))]


def test_repairs_of_many_threads_lose_none_of_each_other(tmp_path: Path) -> None:
    names, start = [f"r{number}" for number in range(MANY)], threading.Barrier(8)

    def work(mine: list[str]) -> None:
        start.wait()
        for name in mine:
            add(tmp_path, name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [names[first::8] for first in range(8)]))
    assert lost(tmp_path, names) == []


def test_repairs_of_several_processes_lose_none_of_each_other(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(MANY)]
    root = Path(__file__).parents[2]
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), *names[first::3]], cwd=root)
        for first in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert lost(tmp_path, names) == []


def test_one_that_is_added_while_another_is_dropped_stays(tmp_path: Path) -> None:
    names = [f"r{number}" for number in range(MANY)]
    for name in names[: MANY // 2]:
        add(tmp_path, name)
    with ThreadPoolExecutor(2) as pool:
        gone = pool.submit(lambda: [Index(tmp_path).drop(receipt(name)) for name in names[: MANY // 2]])
        made = pool.submit(lambda: [add(tmp_path, name) for name in names[MANY // 2 :]])
        gone.result()
        made.result()
    assert lost(tmp_path, names) == names[: MANY // 2]


def test_a_lock_that_is_never_given_back_holds_up_no_repair_for_ever(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(statefolder, "_PATIENCE", 0.2)
    add(tmp_path, "first")
    holder = os.open(tmp_path / "index.json.lock", os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    begun = time.monotonic()
    add(tmp_path, "second")
    os.close(holder)
    assert time.monotonic() - begun < 5
    assert [entry["id"] for entry in json.loads((tmp_path / "index.json").read_text())] == ["first", "second"]


def test_the_lock_is_as_private_as_the_index(tmp_path: Path) -> None:
    add(tmp_path / "state", "one")
    for path in (tmp_path / "state").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path
