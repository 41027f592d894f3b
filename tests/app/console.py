"""The console in front of a pretend world, moved by keys and read off its screen."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets._toast import Toast

from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.doctor import Doctor
from checks.facade import Facade
from checks.settings import Settings
from tui.app import HarborDoctor
from tui.board import Board
from tui.screens.main import MainScreen
from tui.start import demo_settings
from tui.widgets.detail import Detail
from tui.widgets.rows import RowList

NEWLINE = "HD109:shop/harbor-pull"
"""A problem that one key mends: the password ends in a line break."""
PAYLOAD = "HD105:crm/mailer-pull"
"""Another one: an entry of the Secret cannot be read."""
PORT = "HD106:crm/harbor-8443"
"""Another one, quick to prove: the login stands under another port."""
ATTACH = "HD101:pay/default"
"""A problem whose cure asks first: the pods have no pull secret."""
FORM = "HD402:robot$shop+pull@harbor.demo.test/pay"
"""A problem for which no login is known: the Secret holds another project's robot."""
WIDE, NARROW = (120, 40), (80, 24)


def small_world(*codes: str, **options: Any) -> World:
    """Return a world of these troubles only (a rule's code, or code and subject); nothing runs well beside them."""
    chosen = tuple(s for s in SCENARIOS if s.among(codes))
    assert chosen or not codes
    return World(chosen, (), **options)


def first_workload(world_code: str) -> World:
    """Return a world with one trouble, and of that only its first workload."""
    (chosen,) = (s for s in SCENARIOS if s.id == world_code)
    return World((replace(chosen, workloads=chosen.workloads[:1]),), ())


def settings_for(world: World, folder: Path, *, user: str = "", read_only: bool = False) -> Settings:
    """Return what `--demo` would run with."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {"impersonate": user or None, "namespaces": (), "all_namespaces": True, "read_only": read_only}
    return demo_settings(world, folder, given)


def secret_data(world: World, namespace: str, name: str) -> dict[str, str] | None:
    """Return a Secret's data as the API server stores it."""
    found = world.objects.store.get("secrets", namespace, name)
    return None if found is None else dict(found["data"])


def login_in(world: World, namespace: str, name: str, host: str = "harbor.demo.test") -> tuple[str, str]:
    """Return user name and password that a pull Secret holds under a key."""
    data = secret_data(world, namespace, name)
    assert data is not None
    (payload,) = data.values()
    auth = json.loads(base64.b64decode(payload))["auths"][host]["auth"]
    user, _, password = base64.b64decode(auth).decode().partition(":")
    return user, password


@dataclass(slots=True)
class Hand:
    """Somebody in front of the console."""

    app: HarborDoctor
    pilot: Pilot[Any]

    @property
    def board(self) -> Board:
        return self.app.board

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    @property
    def problems(self) -> RowList:
        return self.main.problems

    @property
    def detail(self) -> Detail:
        return self.screen.query_one(Detail)

    @property
    def lines(self) -> list[str]:
        """What the topmost screen shows, line by line."""
        return [strip.text for strip in self.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def words(self) -> str:
        """All that the topmost screen shows, as one line without frames: a sentence is found though it wraps."""
        return _joined(self.lines)

    @property
    def pane(self) -> str:
        """What the detail shows, as one line without frames."""
        return self._within(self.detail)

    @property
    def box(self) -> str:
        """What the box over the screen shows, as one line without frames; nothing while it is being made."""
        return " ".join(map(self._within, self.screen.query(".dialog")))

    def _within(self, widget: Widget) -> str:
        region = widget.region
        strips = self.screen._compositor.render_strips()[region.y : region.bottom]
        return _joined([strip.crop(region.x, region.right).text for strip in strips])

    @property
    def said(self) -> str:
        """What is told in the corner now."""
        return " / ".join(str(toast._notification.message) for toast in self.screen.query(Toast))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, so: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        """Wait until something is so, or fail with what the screen shows."""
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, f"still not so after {seconds:g} s: {what}\n{self.text}"
            await asyncio.sleep(0.03)
        await self.pilot.pause()

    async def scanned(self) -> None:
        await self.until(lambda: not self.board.scanning and (self.board.report or self.board.error), "scanned")

    async def planned(self, problem: str) -> None:
        """Wait until a problem's row has its plans."""
        await self.scanned()
        await self.until(lambda: problem in self.board.offers, f"plans of {problem}")

    async def select(self, problem: str) -> None:
        """Move the cursor to a problem, by keys, and wait for its plans."""
        await self.planned(problem)
        await self.press("home")
        for _ in self.board.rows:
            if self.problems.key == problem:
                break
            await self.press("down")
        assert self.problems.key == problem
        await self.until(lambda: self.problems.key in self.board.offers, f"plans of {problem}")

    async def mended(self, problem: str, seconds: float = 60.0) -> None:
        await self.until(lambda: self._note(problem).startswith("mended"), f"{problem} is mended", seconds)

    async def undone(self, problem: str) -> None:
        await self.until(lambda: self._note(problem).startswith("undone"), f"{problem} is undone")

    def _note(self, problem: str) -> str:
        from tui.words import row_note

        note = row_note(self.board.repairs.get(problem))
        return note.plain if note else ""

    def typed(self, text: str) -> tuple[str, ...]:
        """The keys that type a text."""
        names = {"$": "dollar_sign", "+": "plus", "-": "minus", " ": "space", ".": "full_stop", "/": "slash"}
        return tuple(names.get(char, char) for char in text)


def _joined(lines: list[str]) -> str:
    return " ".join(" ".join(line.strip(" │╭╮╰╯─▁▂▃▄▅▆▇█▔") for line in lines).split())


@asynccontextmanager
async def console(
    settings: Settings | None = None, size: tuple[int, int] = WIDE, doctor: Facade | None = None
) -> AsyncIterator[Hand]:
    """Open the console; at the end it is closed and all its connections with it."""
    assert settings is not None or doctor is not None
    mine = doctor or Doctor(settings or Settings())
    app = HarborDoctor(lambda: mine)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            yield Hand(app, pilot)
    finally:
        _let_requests_end()
        mine.close()


def _let_requests_end() -> None:
    """Leaving does not wait for questions that nobody needs any more; their connections end with them."""
    end = time.monotonic() + 3
    while time.monotonic() < end and any("(_fulfil)" in t.name or "(run)" in t.name for t in threading.enumerate()):
        time.sleep(0.02)
