"""Slips of the pen: how far one name is from another, and which of the names that exist a misspelt one must mean."""

import re
from collections.abc import Iterable

_FAR = 2
"""Letters that one slip may change."""
_SHORT = 4
"""A word of fewer letters is its neighbour's too easily: `amd` and `arm`, `eu` and `us`."""
_PART = re.compile(r"[^\W\d_]+|\d+")


def meant(name: str, there: Iterable[str]) -> tuple[str, ...]:
    """Return the one name that `name` is a slip of; several where they are equally near, none where nothing is.

    Names whose numbers differ are other versions, never slips; so is what differs by a whole word.
    """
    scored = sorted((distance(name, other), other) for other in set(there) if other != name)
    least = scored[0][0] if scored else _FAR + 1
    if least > min(_FAR, len(name) // 3):
        return ()
    nearest = tuple(other for steps, other in scored if steps == least)
    return nearest if any(_slip(name, other) for other in nearest) else ()


def _slip(name: str, other: str) -> bool:
    """Can one name be the other with a finger on the wrong key?"""
    one, two = (_PART.findall(text.removeprefix("v") if text[1:2].isdigit() else text) for text in (name, other))
    if _numbers(one) != _numbers(two):
        return False
    words = [[part for part in parts if not part.isdigit()] for parts in (one, two)]
    if "".join(words[0]) == "".join(words[1]):
        return True
    return len(one) == len(two) and all(len(a) >= _SHORT for a, b in zip(one, two, strict=True) if a != b)


def _numbers(parts: list[str]) -> list[str]:
    return [part for part in parts if part.isdigit()]


def distance(one: str, two: str) -> int:
    """Return the edit distance with transposition of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
