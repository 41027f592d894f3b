"""How lists are put into a sentence."""

from collections.abc import Sequence


def few(names: Sequence[str], most: int) -> str:
    """Name `most` of them, and how many more there are: `web-1, web-2 and 7 more`; of none an empty text."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
