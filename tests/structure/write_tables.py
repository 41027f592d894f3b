"""Writes the generated tables into README.md between their markers: `python tests/structure/write_tables.py`."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_PART = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def makers() -> dict[str, Callable[[], str]]:
    """Return marker name → what makes the table behind it."""
    from checks.rules.table import cause_table, rule_table

    return {"rules": rule_table, "causes": cause_table}


def parts(text: str) -> dict[str, str]:
    """Return marker name → what stands between the markers now."""
    return {found[2]: found[3] for found in _PART.finditer(text)}


def renewed(text: str) -> str:
    """Return the text with every marked table made anew; raises KeyError for a marker that nothing makes."""
    made = makers()
    return _PART.sub(lambda found: f"{found[1]}\n{made[found[2]]()}\n\n{found[4]}", text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
