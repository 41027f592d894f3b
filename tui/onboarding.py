"""The plain command for a new tenant: each step shown, what is so already skipped, a test pull at the end."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from checks.errors import UsageError
from checks.fleet import doctor_for
from checks.repair.onboard import Onboarding, Wanted
from checks.repair.plan import Outcome
from tui import tables
from tui.asking import agree, right_context, show_plan
from tui.exits import Exit, on_interrupt, say
from tui.headless import print_json
from tui.mending import given_login, tell
from tui.options import merged
from tui.start import DEMO_HARBOR, world_for
from tui.testpull import tested_pull

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.facade import Facade


def onboard(parent: Mapping[str, Any], options: Mapping[str, Any], namespace: str, output: str) -> int:
    """Make what a namespace needs to pull from a project, and test it."""
    if options["user"] and options["robot"]:
        raise UsageError("--user and --robot: one of them")
    if options["password_stdin"] and not options["user"]:
        raise UsageError("--password-stdin is for --user")
    given = merged(parent, options)
    with world_for(given) as settings:
        doctor = doctor_for(settings)
        try:
            right_context(doctor.connect(interactive=sys.stdin.isatty()), options)
            host = options["registry"] or (DEMO_HARBOR if given["demo"] else doctor.harbor_host())
            wanted = Wanted(
                namespace, host, options["project"], options["user"] or "", options["secret"],
                options["service_account"],
            )  # fmt: skip
            made = doctor.onboarding(wanted, _login(options, host))
            for text in made.already:
                say(f"= already so: {text}")
            return _carried_out(doctor, made, options, output)
        finally:
            doctor.close()


def _login(options: Mapping[str, Any], host: str) -> Login | None:
    """The user's own login, for this host only."""
    if not options["password_stdin"]:
        return None
    return given_login({"username": options["user"], "password_stdin": True, "server": host})


def _carried_out(doctor: Facade, made: Onboarding, options: Mapping[str, Any], output: str) -> int:
    outcome = Outcome(True, None, "", "everything is so already")
    if made.plan is not None:
        show_plan(made.plan, to_stdout=options["dry_run"] and output != "json")
        if options["dry_run"]:
            doctor.check(made.plan)
            say("dry run: every write would be taken, as far as can be asked; nothing was written")
            if output == "json":
                _print(made, Outcome(False, None, "", "dry run: nothing was written"), False, "", output)
            return Exit.FINE
        confirmed = agree(made.plan, options, output)
        with on_interrupt(lambda: None, hold=True):
            outcome = doctor.apply(made.plan, tell, confirmed)
    pulls, tested = tested_pull(doctor, made) if outcome.applied else (False, "")
    _print(made, outcome, pulls, tested, output)
    return Exit.FINE if pulls else Exit.FAILING


def _print(made: Onboarding, outcome: Outcome, pulls: bool, tested: str, output: str) -> None:
    if output == "json":
        print_json({
            "schema": 1, "applied": outcome.applied, "receipt": outcome.receipt or None, "sentence": outcome.sentence,
            "already": list(made.already), "pulls": pulls, "test": tested or None,
        })  # fmt: skip
        return
    sys.stdout.write(tables.plain(outcome.sentence) + "\n")
    if tested:
        sys.stdout.write(tables.plain(f"test pull: {tested}") + "\n")
    if outcome.receipt:
        say(f"harbor-doctor undo {outcome.receipt} takes it back")
