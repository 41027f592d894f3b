"""Commands by name: the manual page of every rule."""

from collections.abc import Iterator

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from checks.rules import RULES, UNKNOWN
from checks.rules.base import Rule
from tui.render import safe
from tui.screens.box import Box


class Manual(Provider):
    """Finds rules by code or words and opens their page."""

    async def discover(self) -> Hits:
        """List all rules before anything is typed."""
        for name, rule in _named():
            yield DiscoveryHit(name, lambda r=rule: self.app.push_screen(manual_box(r)))

    async def search(self, query: str) -> Hits:
        """List the rules that match."""
        matcher = self.matcher(query)
        for name, rule in _named():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), lambda r=rule: self.app.push_screen(manual_box(r)))


def _named() -> Iterator[tuple[str, Rule]]:
    for rule in (*RULES, UNKNOWN):
        yield f"{rule.code} {rule.title}", rule


def manual_box(rule: Rule) -> Box:
    """Return the manual page of a rule as a box."""
    return Box(f"{rule.code} {rule.title}", Text("\n").join(map(safe, rule.manual.strip().splitlines())))
