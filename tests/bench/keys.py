"""Somebody who goes down and up in the list, and how long each key takes to what it brings on the screen."""

import random
import time
from collections.abc import Iterator

from tests.bench.pods import TROUBLED, WRONG_PASSWORD, space, trouble
from tests.bench.terminal import Terminal

_DOWN, _UP = "j", "k"


def pressed(terminal: Terminal) -> Iterator[float]:
    """Go from the first problem to the second and back, on and on; yield seconds from each key to its verdict.

    Each verdict names a Secret that no other does, so that nothing else which is painted meanwhile is taken for it.
    """
    first, second = [f"Secret {space(n)}/harbor-pull" for n in range(TROUBLED) if trouble(n) == WRONG_PASSWORD][:2]
    while True:
        for key, awaited in ((_DOWN, second), (_UP, first)):
            seen = len(terminal.written)
            at = terminal.press(key)
            yield terminal.wait(awaited, seen, 30) - at
            # As long as between two keys of a fast typist, and never in step with anything.
            time.sleep(random.uniform(0.03, 0.09))
