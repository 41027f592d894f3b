"""The form for a login at Harbor's API: tested on a key, then used for a new look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui import messages
from tui.desk import Desk
from tui.screens.form import HarborScreen

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.facade import Facade
    from tui.work import Post


class Signing(Desk):
    """The part of the console that takes a login for Harbor."""

    def ask_harbor_login(self) -> None:
        """Open the form, for the first Harbor of the list."""
        from checks.facts import Fact

        evidence = (d.evidence for problem in self.board.problems.values() for d in problem.diagnoses)
        pings = (found.ping.value for found in evidence if isinstance(found.ping, Fact))
        self.push_screen(HarborScreen(next((ping.host for ping in pings if ping.harbor), "")))

    def greet_harbor(self, login: Login, *, use: bool) -> None:
        """Test a typed login; it is not exchanged while a repair that may need the one at hand is under way."""
        if use and self.board.busy:
            self.say("a repair is under way: the login can be used when it has ended")
            return
        self._start("greet", partial(greet, self.doctor, self.post_message, login, use))

    async def on_greeted(self, event: messages.Greeted) -> None:
        """Tell the form; where the login is used from now on, close it and look again."""
        form = self.screen
        if isinstance(form, HarborScreen):
            form.tell(event.greeting.known, event.greeting.sentence)
        if not event.used:
            return
        if isinstance(form, HarborScreen):
            form.dismiss(True)
        self.say(f"{event.greeting.sentence}; looking again")
        await self.run_action("app.look")


def greet(doctor: Facade, post: Post, login: Login, use: bool) -> None:
    """Ask Harbor whether it knows a login; with `use` it is used from then on where it does."""
    greeting = doctor.use_harbor(login) if use else doctor.greet_harbor(login)
    post(messages.Greeted(greeting, use and greeting.known))
