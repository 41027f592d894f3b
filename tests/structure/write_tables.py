"""Writes the generated tables of README.md and ARCHITECTURE.md: `python tests/structure/write_tables.py`.

Rules and causes come from the rules themselves, modules and what they are from the first paragraph of their docstring.
A table stands between `<!-- table: NAME -->` and `<!-- end -->`; NAME is `rules`, `causes`, `modules FOLDER` (what lies
in a folder itself) or `tree FOLDER` (all below it).
"""

import ast
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "ARCHITECTURE.md")
_PART = re.compile(r"(<!-- table: ([\w/ ]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def made(name: str) -> str:
    """The table of this name; raises LookupError where there is none."""
    from checks.rules.table import cause_table, rule_table, table

    kind, _, folder = name.partition(" ")
    if kind in ("modules", "tree"):
        here = ROOT / folder
        files = here.glob("*.py") if kind == "modules" else here.rglob("*.py")
        rows = ((f"`{shown(path)}`", first_paragraph(path)) for path in in_order(files))
        return table(("Module", "Is"), rows)
    return {"rules": rule_table, "causes": cause_table}[name]()


def in_order(files: Iterable[Path]) -> list[Path]:
    """By path, a package before what lies in it; folders that hold no code of ours are left out."""
    return sorted((path for path in files if "__pycache__" not in path.parts), key=shown)


def shown(path: Path) -> str:
    """`checks/image.py`; a package as its folder."""
    place = path.relative_to(ROOT)
    return f"{place.parent.as_posix()}/" if path.name == "__init__.py" else place.as_posix()


def first_paragraph(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split())


def parts(text: str) -> dict[str, str]:
    """Name of each table → what stands between its markers now."""
    return {found[2]: found[3].strip() for found in _PART.finditer(text)}


def renewed(text: str) -> str:
    """The text with every table made anew."""
    return _PART.sub(lambda found: f"{found[1]}\n{made(found[2])}\n\n{found[4]}", text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
