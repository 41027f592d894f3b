"""Tables of the rules as Markdown, made from the rules themselves: the README shows them and so cannot grow old."""

from collections.abc import Iterable, Sequence

from checks.rules import RULES, UNKNOWN
from checks.rules.base import Rule

PLANS = {
    "mend_payload": ("recreate-secret", "s"),
    "new_login": ("new-login", "s"),
    "attach": ("attach", "a"),
    "replace_pods": ("replace-pods", "r"),
    "correct_image": ("correct-image", "c"),
    "enable_robot": ("enable-robot", "o"),
    "extend_robot": ("extend-robot", "o"),
    "add_member": ("add-member", "u"),
    "mint_robot": ("mint-robot", "m"),
    "advice": ("advice", "i"),
}
"""Name in `Rule.plans` → the plan's id and key, as a person sees them. Rules know of repairs by name only."""


def all_rules() -> tuple[Rule, ...]:
    """Return every rule in the order of the codes, HD000 first."""
    return (UNKNOWN, *RULES)


def rule_table() -> str:
    """Return one row a rule: code, stage, the words in the list, what it means, and the plans it may offer."""
    rows = ((r.code, _stage(r), r.title, r.manual.strip().splitlines()[0], _plans(r)) for r in all_rules())
    return table(("Code", "Stage", "In the list", "What", "Plans"), rows)


def cause_table() -> str:
    """Return code → cause word, as `code` and `cause` stand in the JSON report; rules may share a word."""
    return table(("Code", "Cause"), ((r.code, f"`{r.cause}`") for r in all_rules()))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table without a line break at its end."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _stage(rule: Rule) -> str:
    """The stage; a cause that is not known may lie at any."""
    return "any" if rule is UNKNOWN else str(rule.stage)


def _plans(rule: Rule) -> str:
    return ", ".join(f"{PLANS[name][0]} (`{PLANS[name][1]}`)" for name in rule.plans)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
