"""What a person names on the command line: a problem, a time to wait."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.errors import UsageError
from checks.rules.near import nearest
from checks.slips import distance

if TYPE_CHECKING:
    from checks.model import Problem

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def duration(text: str) -> float:
    """Return seconds of `90`, `90s`, `5m`, `1h`; raises UsageError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None:
        raise UsageError(f"--wait {text}: write a duration such as 90s, 5m or 0")
    return float(match[1]) * _UNITS[match[2]]


def find_problem(wanted: str, problems: tuple[Problem, ...], unknowns: Sequence[str] = ()) -> Problem:
    """Return the problem that a person named, by its id or by a code that only one has; raises UsageError.

    `unknowns`: what could not be looked at, and may hide it.
    """
    for problem in problems:
        if problem.id == wanted:
            return problem
    same = [p for p in problems if p.code == wanted.upper()]
    if len(same) == 1:
        return same[0]
    if same:
        raise UsageError(f"{wanted} stands for {len(same)} problems, name one: {', '.join(p.id for p in same)}")
    # Two letters apart, no more: another Secret's problem is not what was meant.
    ids = tuple(p.id for p in problems)
    near = tuple(i for i in nearest(wanted, ids) if distance(wanted, i) <= 2)
    near = near or tuple(i for i in ids if i.startswith(f"{wanted}@"))
    hint = f"; is it {' or '.join(near[:3])}" if near else "; harbor-doctor scan lists what fails now"
    raise UsageError(f"there is no problem {wanted} now{as_far_as(unknowns)}{hint}")


def as_far_as(unknowns: Sequence[str]) -> str:
    """Return what could not be looked at, for the middle of a sentence; empty where there is nothing such.

    Missing rights first: they are what the person can change.
    """
    told = sorted(unknowns, key=lambda text: "no right" not in text)
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""
    return f", as far as can be seen ({'; '.join(told[:3])}{more})" if told else ""
