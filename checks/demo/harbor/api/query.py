"""Harbor's `q=` language (lib/q): `k=v`, `k=~v`, `k=[a~b]`, `k={a b}`, `k=(a b)`, joined by commas.

The value is unescaped twice, once as part of the URL and once again here: a plus sign must be sent as `%252B`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar
from urllib.parse import unquote_plus

from checks.demo.harbor.api.call import Call

T = TypeVar("T")
_PART = re.compile(r"\s*(\w+)=((?:\[[^\]]*\]|\{[^}]*\}|\([^)]*\)|[^,])*)")


def conditions(call: Call) -> dict[str, str]:
    """Return the conditions of `q`, still in their own notation."""
    words = unquote_plus(call.request.parameter("q") or "")
    return {match[1]: match[2].strip() for match in _PART.finditer(words)}


def fits(value: str, wanted: str) -> bool:
    """Does a field's value meet one condition?"""
    if wanted.startswith("~"):
        return wanted[1:].casefold() in value.casefold()
    if wanted.startswith("[") and wanted.endswith("]"):
        low, _, high = wanted[1:-1].partition("~")
        return (not low or value >= low) and (not high or value <= high)
    if wanted.startswith(("{", "(")):
        return value in wanted[1:-1].split()
    return value == wanted


def select(items: Iterable[T], wanted: Mapping[str, str], fields: Callable[[T], Mapping[str, str]]) -> list[T]:
    """Return the items whose fields meet all conditions; conditions on other fields do not count."""
    return [
        item for item in items if all(fits(value, wanted[key]) for key, value in fields(item).items() if key in wanted)
    ]
