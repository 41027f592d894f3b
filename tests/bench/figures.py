"""What was measured, as lines of a table; and the table's place in the README."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
_GIGA = 10**9


@dataclass(frozen=True, slots=True)
class Size:
    """Medians for one number of pods: seconds and bytes."""

    pods: int
    scan: float
    console: float
    peak: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line."""

    name: str
    text: str
    """What was measured, with its unit and spread."""
    bar: str = ""
    """What it must be; empty where it is only told."""
    held: bool | None = None
    size: "Size | None" = None
    """Where it tells how much so many pods cost: the bare numbers, to be compared with those of others."""

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


def growth(figures: Iterable[Figure]) -> list[Figure]:
    """What more pods cost: times must grow no faster than the pods; memory, from 10,000 pods on, hardly at all."""
    sizes = sorted((figure.size for figure in figures if figure.size is not None), key=lambda size: size.pods)
    if len(sizes) < 2:
        return []
    pairs = list(pairwise(sizes))
    numbers = " → ".join(f"{size.pods:,}" for size in sizes)
    times = "; ".join(
        f"{name} {' → '.join(f'{getattr(size, key):.1f}' for size in sizes)} s"
        for name, key in (("`scan`", "scan"), ("console complete", "console"))
    )
    linear = all(a.scan * b.pods >= b.scan * a.pods and a.console * b.pods >= b.console * a.pods for a, b in pairs)
    found = [Figure(f"{numbers} pods: time", times, "no worse than linear", linear)]
    base, most = next((size for size in sizes if size.pods >= 10_000), sizes[0]), sizes[-1]
    if most is not base:
        ratio = most.peak / base.peak
        found.append(at_most(f"console, peak memory: {most.pods:,} pods ÷ {base.pods:,}", f"{ratio:.2f}", ratio, 1.3))
    return found


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
