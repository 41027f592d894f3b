"""A rule's page in the manual, from the rule itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from checks.errors import UsageError
from checks.rules import RULES, UNKNOWN, by_code
from checks.slips import distance
from tui.stdio import write, write_json

if TYPE_CHECKING:
    from checks.rules.base import Rule

CODE = re.compile(r"\s*[Hh][Dd]\d{1,6}\s*")
"""What is meant as a code."""


def show(code: str, output: str) -> int:
    """Print the page of a rule; raises UsageError with the nearest codes where there is none of this one."""
    wanted = code.strip().upper()
    rule = by_code(wanted)
    if rule is None:
        raise UsageError(f"there is no code {wanted}; the nearest are {', '.join(_nearest(wanted))}")
    if output == "json":
        write_json(_page(rule))
    else:
        write(_text(rule))
    return 0


def _nearest(wanted: str) -> list[str]:
    """Those of the same family first, then by what a slip of the fingers makes of them."""
    codes = [rule.code for rule in (UNKNOWN, *RULES)]
    return sorted(codes, key=lambda code: (code[:3] != wanted[:3], distance(code, wanted), code))[:3]


def _page(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "title": rule.title,
        "stage": str(rule.stage),
        "cause": rule.cause,
        "sentence": rule.sentence,
        "manual": rule.manual.strip(),
        "plans": list(rule.plans),
    }


def _text(rule: Rule) -> str:
    heading = f"{rule.code}  {rule.title}"
    facts = f"stage: {rule.stage}\ncause: {rule.cause}\nplans: {', '.join(rule.plans) or 'none'}\n"
    return f"{heading}\n{'-' * len(heading)}\n{rule.manual.strip()}\n\n{facts}"
