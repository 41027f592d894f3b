"""How many pulls are explained at a time: a first answer comes soon, and one that hangs holds nobody up for long."""

import threading
import time
from collections.abc import Iterator

import pytest

from checks.diagnose import broken
from checks.explaining import explained
from checks.model import Diagnosis, Pull
from tests.builders import pull

KINDS = 12


class Slow:
    """Explains a pull once it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.at: list[float] = []
        self.let_go = threading.Event()

    def explain(self, of: Pull) -> Diagnosis:
        self.at.append(time.monotonic())
        self.begun.append(of.image)
        self.let_go.wait(10)
        return broken(of, "not looked")


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.let_go.set()


def _pulls() -> list[Pull]:
    return [pull(f"harbor.lab.test/shop/app-{n}:1", pod=f"web-{n}") for n in range(KINDS)]


def _start(slow: Slow) -> threading.Thread:
    work = threading.Thread(target=lambda: list(explained(slow.explain, _pulls(), threading.Event())), daemon=True)
    work.start()
    return work


def _awaited(slow: Slow, count: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while len(slow.begun) < count and time.monotonic() < end:
        time.sleep(0.01)
    return len(slow.begun) >= count


def test_two_of_a_registry_go_first_and_where_they_hang_the_others_follow_all_the_same(slow: Slow) -> None:
    began = time.monotonic()
    _start(slow)
    assert _awaited(slow, 8, 5)
    assert slow.at[2] - began >= 0.2


def test_all_are_explained_in_the_end(slow: Slow) -> None:
    slow.let_go.set()
    _start(slow).join(10)
    assert sorted(slow.begun) == sorted(each.image for each in _pulls())
