"""The plain commands that look: data on stdout, words on stderr, exit codes from `Exit`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from checks.fleet import doctor_for
from checks.repair.plan import FixPlan, Refusal
from tui.exits import Exit, on_interrupt, say
from tui.options import merged
from tui.start import world_for
from tui.stdio import write_json
from tui.words import undo_command

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.told import Report

Offers = Mapping[str, Sequence[FixPlan | Refusal]]


def scan(parent: Mapping[str, Any], options: Mapping[str, Any], output: str) -> int:
    """Look everywhere the user may, explain every failing pull, print the problems."""
    with world_for(merged(parent, options)) as settings:
        doctor = doctor_for(settings)
        try:
            info = doctor.connect(interactive=sys.stdin.isatty())
            report = look(doctor)
            offers = {problem.id: doctor.offers(problem) for problem in report.problems}
            if output == "json":
                from checks.report import report as as_dict

                found = (report.scan, report.problems, offers, report.unknowns)
                print_json(as_dict(info.context, *found, several=info.several))
            else:
                from tui.tables import problems_table

                problems_table(report, offers)
            return _exit(report)
        finally:
            doctor.close()


def look(doctor: Facade) -> Report:
    """Scan and diagnose once; words about what could not be looked at, or was left half done, go to stderr."""
    stop = threading.Event()
    for left in {receipt.id: receipt for receipt in doctor.unfinished()}.values():
        undo = undo_command(left.id, left.context)
        say(f"a repair broke off {left.created.astimezone():%Y-%m-%d %H:%M}: {left.title}; {undo} takes it back")
    with on_interrupt(stop.set):
        report = doctor.look(stop, None)
    for gap in report.scan.not_looked:
        say(f"not looked at: {gap.place}: {gap.why}")
    return report


def _exit(report: Report) -> Exit:
    if report.problems:
        return Exit.FAILING
    return Exit.FINE if report.scan.complete else Exit.INCOMPLETE


def print_json(data: Any) -> None:
    """Write one JSON document in which every unseen character is escaped."""
    write_json(data)
