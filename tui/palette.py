"""Commands by name: the manual page of every rule."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.render import safe
from tui.screens.box import Box
from tui.visible import visible

if TYPE_CHECKING:
    from checks.rules.base import Rule


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


class Asking(Provider):
    """Asks the node about the problem under the cursor."""

    NAME = "Ask the node: a probe pod pulls the image there"
    ACTION = "action_ask_node"

    async def discover(self) -> Hits:
        """Offer it before anything is typed."""
        if (ask := self._ask()) is not None:
            yield DiscoveryHit(self.NAME, ask)

    async def search(self, query: str) -> Hits:
        """Offer it where the words match."""
        matcher, ask = self.matcher(query), self._ask()
        if ask is not None and (score := matcher.match(self.NAME)) > 0:
            yield Hit(score, matcher.highlight(self.NAME), ask)

    def _ask(self) -> Callable[[], None] | None:
        """What the key does on the screen below; None where there is no such key."""
        return getattr(self.screen, self.ACTION, None)


class ForGit(Asking):
    """Exports the problem under the cursor."""

    NAME = "Export for Git…: manifests and patches of the plan, without passwords"
    ACTION = "action_export"


class HarborLogin(Provider):
    """Opens the form for a login at Harbor's API."""

    NAME = "Harbor login…: tells why logins fail and since when"

    async def discover(self) -> Hits:
        """Offer it before anything is typed."""
        yield DiscoveryHit(self.NAME, self._open)

    async def search(self, query: str) -> Hits:
        """Offer it where the words match."""
        matcher = self.matcher(query)
        if (score := matcher.match(self.NAME)) > 0:
            yield Hit(score, matcher.highlight(self.NAME), self._open)

    def _open(self) -> None:
        cast(Any, self.app).ask_harbor_login()


class Clusters(Provider):
    """Shows the problems of one of several clusters, or of all again."""

    async def discover(self) -> Hits:
        """Offer them before anything is typed."""
        for name, show in self._choices():
            yield DiscoveryHit(name, show)

    async def search(self, query: str) -> Hits:
        """Offer those that match."""
        matcher = self.matcher(query)
        for name, show in self._choices():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), show)

    def _choices(self) -> Iterator[tuple[str, Callable[[], None]]]:
        app = cast(Any, self.app)
        clusters = app.board.clusters
        for cluster in clusters:
            yield f"Cluster {visible(cluster)}: show its problems only", partial(app.filter_by, f"@{cluster}")
        if clusters:
            yield "All clusters: show the problems of all", partial(app.filter_by, "")


class Tenant(Provider):
    """Opens the form for a new tenant."""

    NAME = "Onboard a namespace…: project, robot account, Secret, ServiceAccount, test pull"

    async def discover(self) -> Hits:
        """Offer it before anything is typed."""
        yield DiscoveryHit(self.NAME, self._open)

    async def search(self, query: str) -> Hits:
        """Offer it where the words match."""
        matcher = self.matcher(query)
        if (score := matcher.match(self.NAME)) > 0:
            yield Hit(score, matcher.highlight(self.NAME), self._open)

    def _open(self) -> None:
        cast(Any, self.app).ask_tenant()


def _named() -> "Iterator[tuple[str, Rule]]":
    from checks.rules import RULES, UNKNOWN

    for rule in (*RULES, UNKNOWN):
        yield f"{rule.code} {rule.title}", rule


def manual_box(rule: "Rule") -> Box:
    """Return the manual page of a rule as a box."""
    return Box(f"{rule.code} {rule.title}", Text("\n").join(map(safe, rule.manual.strip().splitlines())))
