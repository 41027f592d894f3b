"""Runs the benchmarks and prints a table: `python -m tests.bench`. The exit code is 1 where a bar does not hold."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import figures
from tests.bench.playing import SCENES, played
from tests.live.processes import DidNotStart, Missing

_README = Path(__file__).parents[2] / "README.md"


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write; returns the exit code."""
    options = _options(arguments)
    # Ended from outside, servers and folders of a gigabyte are to go all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found, broken = played(options.pods, options.runs, options.scenes, tell)
    except (Missing, DidNotStart) as error:
        tell(str(error))
        return 2
    text = f"{figures.machine(options.runs)}\n\n{figures.table(found)}"
    if broken:
        tell(f"broke off, so that figures are missing: {', '.join(broken)}")
    sys.stdout.write(f"\n{text}\n")
    if options.readme:
        figures.into_page(_README, text)
    return 1 if broken or any(figure.held is False for figure in found) else 0


def tell(line: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--pods", type=_numbers, default=(1_000, 10_000), help="how many; default: 1000,10000")
    parser.add_argument("--runs", type=int, default=5, help="of each; default: 5")
    parser.add_argument("--scenes", type=_names, default=tuple(SCENES), help=f"default: {','.join(SCENES)}")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    return parser.parse_args(arguments)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(word) for word in text.split(",")))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in SCENES]:
        raise argparse.ArgumentTypeError(f"there is no scene {unknown[0]}; there are {', '.join(SCENES)}")
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
