"""What is carried out without a row of its own: a new tenant, and the old robot account that a repair has replaced."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from checks.errors import DoctorError
from tui import messages
from tui.board import Repair
from tui.desk import Desk
from tui.render import safe
from tui.screens.box import Box
from tui.screens.plan import PlanScreen
from tui.screens.tenant import TenantScreen
from tui.testpull import tested_pull
from tui.words import undo_command
from tui.work import Post, unexpected

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.repair.onboard import Onboarding, Wanted
    from checks.repair.plan import FixPlan, Outcome

APART = "apart"
"""Stands among the repairs while something is written that belongs to no row: leaving waits for it."""


class Apart(Desk):
    """The part of the console that writes what no row stands for."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._then: dict[str, FixPlan] = {}
        """By problem: what is offered once its pods have pulled."""

    def offer_then(self, problem: str, outcome: Outcome, undone: bool) -> None:
        """After the pods have pulled with a new robot account, ask whether the old one is to be disabled."""
        plan = self._then.pop(problem, None)
        if plan is not None and outcome.mended and not undone:
            self.agreed(PlanScreen(plan), partial(self.carry_out, plan, None))

    def ask_tenant(self) -> None:
        """Open the form for a new tenant."""
        self.push_screen(TenantScreen(self._known_harbor(), self.board.clusters))

    def _known_harbor(self) -> str:
        evidence = (d.evidence for problem in self.board.problems.values() for d in problem.diagnoses)
        images = (found.image for found in evidence if found.image is not None and found.harbor)
        return next((image.registry for image in images), "")

    def plan_tenant(self, wanted: Wanted) -> None:
        """Look what is so already, and make the plan for the rest."""
        self._start("tenant", partial(plan_tenant, self.doctor, self.post_message, wanted))

    def on_tenant_planned(self, event: messages.TenantPlanned) -> None:
        """Show what is so already in the form, and the plan over it; agreed, both close and it is carried out."""
        made, form = event.made, self.screen
        if not isinstance(form, TenantScreen):
            return
        if made is None or made.plan is None:
            form.tell(made is not None, event.sentence)
            return
        form.tell(True, event.sentence)
        plan = made.plan

        def go(typed: str) -> None:
            form.dismiss(True)
            self.carry_out(plan, made, typed)

        self.agreed(PlanScreen(plan), go)

    def carry_out(self, plan: FixPlan, made: Onboarding | None = None, confirmed: str = "") -> None:
        """Carry out a plan that was read and agreed to; what came of it is told in a box."""
        if self.board.writing:
            self.say("one repair at a time: another one is being written")
            return
        self.show(self.board.with_repair(APART, Repair(running=True)))
        self._start("apart", partial(carry_out, self.doctor, self.post_message, plan, made, confirmed), APART)

    def on_carried_out(self, event: messages.CarriedOut) -> None:
        """Tell what came of it."""
        self.show(self.board.with_repair(APART, Repair(running=False)))
        self.push_screen(Box(event.title, Text("\n").join(map(safe, event.lines)), error=not event.good))
        self._leave_if_done()


def plan_tenant(doctor: Facade, post: Post, wanted: Wanted) -> None:
    """Make the plan; where nothing has to be done, test it."""
    try:
        made = doctor.onboarding(wanted)
        said = [f"already so: {text}" for text in made.already]
        proof = doctor.test_pull(made) if made.plan is None else None
    except DoctorError as error:
        post(messages.TenantPlanned(None, str(error)))
        return
    said += [f"test pull: {proof.sentence}"] if proof is not None else []
    post(messages.TenantPlanned(made, "\n".join(said)))


def carry_out(doctor: Facade, post: Post, plan: FixPlan, made: Onboarding | None, confirmed: str = "") -> None:
    """Apply a plan; of a new tenant, pull as the kubelet would."""
    try:
        outcome = doctor.apply(plan, lambda _: None, confirmed)
        good, lines = outcome.applied, [outcome.sentence]
        if outcome.receipt:
            lines.append(f"z, or {undo_command(outcome.receipt, plan.cluster)}, takes it back")
        if made is not None and outcome.applied:
            good, tested = tested_pull(doctor, made)
            lines.append(f"test pull: {tested}")
    except DoctorError as error:
        good, lines = False, [str(error)]
    except Exception as error:
        good, lines = False, [unexpected(error)]
    post(messages.CarriedOut(plan.title, tuple(lines), good))
