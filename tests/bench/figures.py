"""What was measured, as lines of a table; and the table's place in the README."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_GIGA = 10**9


@dataclass(frozen=True, slots=True)
class Figure:
    """One line."""

    name: str
    text: str
    """What was measured, with its unit and spread."""
    bar: str = ""
    """What it must be; empty where it is only told."""
    held: bool | None = None

    @property
    def line(self) -> str:
        """The line as Markdown."""
        return f"| {self.name} | {self.text} | {self.bar} | {'' if self.held is None else _WORDS[self.held]} |"


_WORDS = {True: "yes", False: "**no**"}


def at_most(name: str, text: str, value: float, bar: float, unit: str = "") -> Figure:
    """A figure that must not be above `bar`."""
    return Figure(name, text, f"≤ {bar:g}{unit and ' ' + unit}", value <= bar)


def below(name: str, text: str, value: float, bar: float, unit: str = "") -> Figure:
    """A figure that must be below `bar`."""
    return Figure(name, text, f"< {bar:g}{unit and ' ' + unit}", value < bar)


def machine(runs: int) -> str:
    """One sentence: when, on what kind of machine, and how often each was run."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGA
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {cores} cores ({platform.machine()}), {memory:.0f} GB, "
        f"Python {platform.python_version()}; the median of {runs}, least and most in brackets."
    )


def table(figures: Iterable[Figure]) -> str:
    """All lines under their heading."""
    return "\n".join(("| figure | measured | bar | held |", "| --- | --- | --- | --- |", *(f.line for f in figures)))


def into_page(page: Path, text: str) -> None:
    """Put `text` between the two marks of a page; raises ValueError where they are not there."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has no place for the figures: {BEGIN} and {END} mark it")
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
