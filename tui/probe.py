"""The plain command that asks a node: manifest first, then the question, then the node's own answer."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from checks.errors import Interrupted, Refused, UsageError
from checks.fleet import doctor_for
from checks.repair.plan import Progress, Refusal
from checks.repair.probe.answer import ProbeAnswer, Said
from checks.repair.probe.compare import compared
from tui import tables
from tui.asking import ask, right_context
from tui.exits import Exit, on_interrupt, say
from tui.headless import look, print_json
from tui.options import merged
from tui.probe_rows import SOURCE, manifest_lines
from tui.start import world_for
from tui.wanted import duration, find_problem

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem
    from checks.repair.probe.plan import ProbePlan

_CODES = {Said.PULLS: Exit.FINE, Said.FAILS: Exit.FAILING, Said.UNKNOWN: Exit.INCOMPLETE}


def probe(parent: Mapping[str, Any], options: Mapping[str, Any], problem: str, output: str) -> int:
    """Ask the node of one failing pod to pull its image, and print what it says."""
    seconds, pod = _seconds(options["wait"]), _pod(options["pod"])
    with world_for(merged(parent, options)) as settings:
        doctor = doctor_for(settings)
        try:
            right_context(doctor.connect(interactive=sys.stdin.isatty()), options)
            report = look(doctor)
            found = find_problem(problem, report.problems, report.unknowns)
            plan = doctor.plan_probe(found, pod, seconds)
            if isinstance(plan, Refusal):
                raise Refused(f"the node cannot be asked: {plan.why}")
            return _ask_node(doctor, plan, found, options, output)
        finally:
            doctor.close()


def _ask_node(doctor: Facade, plan: ProbePlan, problem: Problem, options: Mapping[str, Any], output: str) -> int:
    _show(plan, to_stdout=options["dry_run"] and output != "json")
    if plan.why_not:
        raise Refused(f"the node cannot be asked: {plan.why_not}")
    notes = doctor.check_probe(plan)
    for note in notes:
        say(f"! {note}")
    if options["dry_run"]:
        for line in doctor.clear_probes(dry_run=True):
            say(line)
        if output == "json":
            print_json({"schema": 1, "dry_run": True, **_asked(plan, notes)})
        say("dry run: the API server takes the pod; nothing was written")
        return Exit.FAILING
    confirmed = ask("make this pod, and delete it after its answer", options, plan.confirm)
    for line in doctor.clear_probes(everywhere=True, also=plan.ref.namespace, confirmed=confirmed):
        say(line)
    stop = threading.Event()
    with on_interrupt(stop.set, hold=True), _terminated(stop):
        answer = doctor.probe(plan, _tell, stop, confirmed)
    lines = compared(answer, plan, problem)
    _print(answer, plan, lines, output)
    if stop.is_set() and answer.said is Said.UNKNOWN:
        raise Interrupted("interrupted: the node had not answered yet" + ("" if answer.left else "; the pod is gone"))
    return _CODES[answer.said]


def _show(plan: ProbePlan, *, to_stdout: bool) -> None:
    if to_stdout:
        sys.stdout.write("\n".join(manifest_lines(plan)) + "\n")
    else:
        say(f"{plan.title}:")
        for line in manifest_lines(plan):
            say(f"  {line}")
    for right in plan.rights:
        may = {True: "✔", False: "✖", None: "?"}[right.allowed]
        say(f"may {may} {right.right}")
    for warning in plan.warnings:
        say(f"! {warning}")


def _print(answer: ProbeAnswer, plan: ProbePlan, lines: Sequence[str], output: str) -> None:
    for note in answer.notes:
        say(f"! {note}")
    if output == "json":
        print_json({"schema": 1, "dry_run": False, **_asked(plan, answer.notes), **_answer(answer, lines)})
        return
    when = f"{answer.at.astimezone():%H:%M:%S}"
    said = [f"{answer.node} says: {answer.reason}{': ' if answer.reason else ''}{answer.text}"] if answer.text else []
    for line in (f"{SOURCE}{when}: {answer.sentence}", *said, *lines):
        sys.stdout.write(tables.plain(line) + "\n")


def _asked(plan: ProbePlan, notes: Sequence[str]) -> dict[str, Any]:
    rights = [{"right": str(answer.right), "allowed": answer.allowed} for answer in plan.rights]
    return {
        "problem": plan.problem, "pod": f"{plan.pull.namespace}/{plan.pull.pod}", "node": plan.node,
        "image": plan.image, "pull_secrets": list(plan.secrets), "manifest": plan.manifest, "rights": rights,
        "warnings": list(plan.warnings), "notes": list(notes),
    }  # fmt: skip


def _answer(answer: ProbeAnswer, lines: Sequence[str]) -> dict[str, Any]:
    return {
        "answer": answer.said.value, "sentence": answer.sentence, "reason": answer.reason or None,
        "text": answer.text or None, "cause": answer.reading.cause if answer.reading else None,
        "at": answer.at.isoformat(timespec="seconds"), "seconds": round(answer.seconds, 1), "compared": list(lines),
        "deleted": not answer.left,
    }  # fmt: skip


def _tell(progress: Progress) -> None:
    say(f"{progress.phase}: {progress.text}")


def _seconds(text: str) -> float:
    seconds = duration(text)
    if seconds < 1:
        raise UsageError(f"--wait {text}: a node needs a second at least")
    return seconds


def _pod(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    namespace, slash, name = text.partition("/")
    if not (namespace and slash and name):
        raise UsageError(f"--pod {text}: write NAMESPACE/NAME")
    return namespace, name


@contextmanager
def _terminated(stop: threading.Event) -> Iterator[None]:
    """A closed terminal and a plain kill let the pod be deleted first, as ctrl+c does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
