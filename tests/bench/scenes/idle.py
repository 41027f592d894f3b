"""What the console costs while nothing happens."""

import time
from collections.abc import Iterator

from tests.bench.figures import Figure, at_most, below
from tests.bench.ground import Ground
from tests.bench.scenes.first import COMPLETE
from tests.bench.terminal import Terminal

SECONDS = 60


def play(ground: Ground, _runs: int) -> Iterator[Figure]:
    """Yield what a minute costs."""
    with Terminal(ground.tool, ground.environment) as terminal:
        terminal.wait(COMPLETE)
        terminal.quiet(5.0)
        cpu, written = terminal.cpu, len(terminal.written)
        asked, sent = len(ground.log.entries), ground.control.proxy.upstream
        time.sleep(SECONDS)
        share = 100 * (terminal.cpu - cpu) / SECONDS
        written = len(terminal.written) - written
    asked, sent = len(ground.log.entries) - asked, ground.control.proxy.upstream - sent
    label = f"idle for {SECONDS} s: "
    yield below(f"{label}CPU", f"{share:.2f} %", share, 0.5, "%")
    yield at_most(f"{label}bytes to the terminal", f"{written}", written, 0)
    yield at_most(f"{label}bytes to the API server, requests to Harbor", f"{sent}, {asked}", sent + asked, 0)
