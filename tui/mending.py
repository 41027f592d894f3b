"""The plain commands that plan, mend and undo: data on stdout, words on stderr, exit codes from `Exit`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.credentials import Login, Origin, OriginKind, Password
from checks.errors import DoctorError, Interrupted, Refused, UsageError
from checks.fleet import doctor_for
from checks.repair.plan import FixPlan, Outcome, Progress, Refusal, Safety
from checks.report import problem_dict
from tui import stdio, tables
from tui.asking import agree, ask, print_outcome, right_context, show_plan
from tui.exits import Exit, on_interrupt, say
from tui.exportfiles import stream, write
from tui.headless import look, print_json
from tui.options import merged
from tui.start import world_for
from tui.wanted import as_far_as, duration, find_problem
from tui.words import undo_command

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem
    from checks.repair.receipt import Receipt


def plan(parent: Mapping[str, Any], options: Mapping[str, Any], problem: str | None, output: str) -> int:
    """Print every plan of one problem, or of all."""
    with world_for(merged(parent, options)) as settings:
        doctor = doctor_for(settings)
        try:
            doctor.connect(interactive=sys.stdin.isatty())
            report = look(doctor)
            problems = report.problems
            chosen = (find_problem(problem, problems, report.unknowns),) if problem else problems
            offers = {p.id: doctor.offers(p) for p in chosen}
            if output == "json":
                print_json({"schema": 1, "problems": [problem_dict(p, offers[p.id]) for p in chosen]})
            else:
                for one in chosen:
                    tables.plans(one.id, offers[one.id])
            return Exit.FAILING if chosen else Exit.FINE
        finally:
            doctor.close()


def fix(parent: Mapping[str, Any], options: Mapping[str, Any], problem: str, output: str) -> int:
    """Mend one problem and wait until its pods have pulled."""
    wait = duration(options["wait"])
    login = given_login(options)
    with world_for(merged(parent, options)) as settings:
        doctor = doctor_for(settings)
        try:
            right_context(doctor.connect(interactive=sys.stdin.isatty()), options)
            report = look(doctor)
            found = find_problem(problem, report.problems, report.unknowns)
            chosen = _choose(doctor, found, options["plan_id"], login)
            say(f"{found.sentence}")
            if options["export"] is not None:
                return _export(doctor, found, chosen, options["export"], output)
            show_plan(chosen, to_stdout=options["dry_run"] and output != "json")
            if options["dry_run"]:
                doctor.check(chosen)
                if output == "json":
                    print_json({"schema": 1, "dry_run": True, "problem": problem_dict(found, (chosen,))})
                say("dry run: the API server takes every write; nothing was written")
                return Exit.FAILING
            confirmed = agree(chosen, options, output)
            code = _mend(doctor, chosen, found, wait, output, confirmed)
            if chosen.then is not None and code == Exit.FINE and wait:
                _then(doctor, chosen.then, options)
            return code
        finally:
            doctor.close()


def _export(doctor: Facade, problem: Problem, chosen: FixPlan, folder: str, output: str) -> int:
    """Write what goes into Git, or print it; nothing in the cluster is changed."""
    made = doctor.export(problem, chosen)
    if folder == "-":
        if output == "json":
            raise UsageError("--export - prints YAML: it goes without -o json")
        stdio.write(stream(made))
        return Exit.FINE
    paths = [str(path) for path in write(made, Path(folder))]
    if output == "json":
        print_json({"schema": 1, "exported": paths, "problem": problem.id, "plan": chosen.id})
    else:
        sys.stdout.write("".join(f"{tables.plain(path)}\n" for path in paths))
    say("exported, nothing in the cluster was changed; what begins with FILL-IN has to be filled in")
    return Exit.FINE


def _mend(doctor: Facade, chosen: FixPlan, problem: Problem, wait: float, output: str, confirmed: str) -> int:
    pressed = threading.Event()
    with on_interrupt(pressed.set, hold=True):
        outcome = doctor.apply(chosen, tell, confirmed)
        if outcome.applied and wait and not pressed.is_set():
            with suppress(Interrupted), on_interrupt(pressed.set):
                outcome = doctor.verify(chosen, problem, wait, tell, pressed, outcome)
    if pressed.is_set() and outcome.applied and not outcome.mended:
        undo = f"{undo_command(outcome.receipt, chosen.cluster)} takes it back"
        raise Interrupted(f"interrupted: everything is written, the pods were not waited for; {undo}")
    _print(doctor, outcome, output, chosen.cluster)
    return Exit.FINE if outcome.mended or (outcome.applied and not wait) else Exit.FAILING


def _then(doctor: Facade, plan: FixPlan, options: Mapping[str, Any]) -> None:
    """The pods have pulled with the new robot account: disable the old one, only where somebody says so."""
    name = plan.targets[0].name
    show_plan(plan, to_stdout=False)
    if not options.get("disable_old"):
        if options["yes"] or not sys.stdin.isatty():
            say(f"{name} is kept as it is; --disable-old disables it once the pods have pulled")
            return
        for text in plan.asks:
            say(f"  + {text}")
    try:
        answer = {**options, "yes": bool(options.get("disable_old"))}
        confirmed = ask(f"disable {name}", answer, plan.confirm)
    except Refused:
        say(f"{name} is kept as it is")
        return
    try:
        with on_interrupt(lambda: None, hold=True):
            outcome = doctor.apply(plan, tell, confirmed)
    except DoctorError as error:  # the pods run: that stays the answer
        say(f"{name} is not disabled: {error}")
        return
    say(outcome.sentence)
    if outcome.receipt:
        say(f"{undo_command(outcome.receipt, plan.cluster)} takes it back")


def undo(parent: Mapping[str, Any], options: Mapping[str, Any], receipt: str | None, output: str) -> int:
    """List, prune or undo repairs."""
    with world_for(merged(parent, options)) as settings:
        doctor = doctor_for(settings)
        try:
            info = doctor.connect(interactive=sys.stdin.isatty())
            right_context(info, options)
            if options["listing"]:
                return _list(doctor, output, several=bool(info.several))
            if options["prune"]:
                where = _place(doctor, receipt, several=bool(info.several))
                confirmed = ask("remove receipts", options, doctor.protected(where), asked=False)
                count = doctor.prune(receipt, confirmed or options["confirm_context"] or "")
                say(f"{count} receipt{'s' * (count != 1)} removed")
                return Exit.FINE
            chosen = receipt or _last(doctor)
            lines = doctor.undo_preview(chosen)
            where = _place(doctor, chosen, several=bool(info.several))
            if info.several:
                say(f"in {where or 'another cluster'}:")
            for sign, text in lines:
                say(f"{sign} {text}")
            if options["dry_run"]:
                return Exit.FINE
            confirmed = ask("put this back", options, doctor.protected(where))
            with on_interrupt(lambda: None, hold=True):
                outcome = doctor.undo(chosen, tell, confirmed)
            _print(doctor, outcome, output)
            return Exit.FINE if outcome.applied else Exit.FAILING
        finally:
            doctor.close()


def _place(doctor: Facade, receipt: str | None, *, several: bool) -> str:
    """Of several clusters the one that a receipt lies in; empty where that is not known, or there is one cluster."""
    return next((r.context for r in doctor.receipts() if r.id == receipt), "") if several and receipt else ""


def _last(doctor: Facade) -> str:
    """Return the newest receipt; raises UsageError where none is there, or a cluster that is not seen may have it."""
    found = doctor.receipts()
    if missing := doctor.missing():
        raise UsageError(f"which repair was the last is not known, undo --list tells those that are: {missing[0]}")
    if not found:
        raise UsageError("; ".join(("there is nothing to undo: no receipt of a repair was found", *doctor.trouble())))
    return found[0].id


def _list(doctor: Facade, output: str, *, several: bool) -> int:
    found = doctor.receipts()
    if output == "json":
        print_json({"schema": 1, "receipts": [_receipt(receipt, several=several) for receipt in found]})
    else:
        tables.receipts(found, several=several)
    _say_trouble(doctor)
    return Exit.INCOMPLETE if doctor.missing() else Exit.FINE


def _receipt(receipt: Receipt, *, several: bool) -> dict[str, Any]:
    return {
        "id": receipt.id,
        **({"context": receipt.context} if several else {}),
        "namespace": receipt.namespace,
        "created": receipt.created.isoformat(timespec="seconds"),
        "title": receipt.title,
        "problem": receipt.problem,
        "finished": receipt.closed,
        "undoable": receipt.undoable,
    }


def _choose(doctor: Facade, problem: Problem, plan_id: str | None, login: Login | None) -> FixPlan:
    offers = doctor.offers(problem, login)
    wanted = plan_id or ("new-login" if login else None)
    plans = [offer for offer in offers if isinstance(offer, FixPlan)]
    for offer in offers:
        if wanted is not None and offer.id == wanted:
            if isinstance(offer, Refusal):
                raise Refused(f"{offer.title}: {offer.why}")
            return offer
    if wanted is not None:
        known = ", ".join(p.id for p in plans) or "none"
        refused = "".join(f"; {o.title}: {o.why}" for o in offers if isinstance(o, Refusal))
        unknowns = tuple(dict.fromkeys(line for d in problem.diagnoses for line in d.unknowns))
        raise UsageError(f"{problem.id} has no plan {wanted}{as_far_as(unknowns)}; it has: {known}{refused}")
    best = next((p for p in plans if p.steps and p.safety is not Safety.ADVICE), next(iter(plans), None))
    if best is None:
        raise Refused(f"{problem.id} cannot be mended from here")
    return best


def given_login(options: Mapping[str, Any]) -> Login | None:
    """Return the login of --username and --password-stdin, or None; raises UsageError."""
    username, from_stdin = options["username"], options["password_stdin"]
    if not username and not from_stdin:
        return None
    if not (username and from_stdin):
        raise UsageError("a new login needs both --username and --password-stdin")
    try:
        password = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise UsageError("--password-stdin: standard input is not UTF-8") from None
    # One line break at the end is how every shell sends text; a password that means it can be typed into the form.
    password = password.removesuffix("\n").removesuffix("\r")
    if not password:
        raise UsageError("--password-stdin: standard input was empty")
    return Login(username, Password(password), Origin(OriginKind.FORM, "standard input", options["server"] or ""))


def tell(progress: Progress) -> None:
    """Say how far a repair is."""
    count = f" ({progress.done} of {progress.of})" if progress.of else ""
    say(f"{progress.phase}: {progress.text}{count}")


def _say_trouble(doctor: Facade) -> None:
    for text in doctor.trouble():
        say(text)


def _print(doctor: Facade, outcome: Outcome, output: str, cluster: str = "") -> None:
    _say_trouble(doctor)
    if output == "json":
        print_outcome(outcome)
        return
    sys.stdout.write(tables.plain(outcome.sentence) + "\n")
    for line in outcome.waiting:
        say(f"still waiting: {line}")
    if outcome.receipt:
        say(f"{undo_command(outcome.receipt, cluster)} takes it back")
