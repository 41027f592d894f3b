"""The page beside the exported files: what they are for, who keeps each object, and what is done by hand."""

from collections.abc import Iterator, Sequence

from checks.model import Problem
from checks.repair.commands import of_steps, one_line
from checks.repair.export.secret import sealing
from checks.repair.export.written import Written, secret_type
from checks.repair.export.yamltext import shown
from checks.repair.plan import FixPlan

_FENCE = "```"


def notes(problem: Problem, plan: FixPlan, objects: Sequence[Written], files: Sequence[str], context: str) -> str:
    """Return the page as Markdown; foreign text stands in it with every unseen character escaped."""
    parts = (
        (f"# {problem.id}", "", problem.sentence, "", f"Plan: {plan.title}"),
        _difference(plan),
        _files(files),
        _kept(objects),
        _sealed(objects, context),
        _by_hand(plan, context),
    )
    text = "\n".join(shown(line) for lines in parts for line in lines)
    return f"{text.rstrip()}\n"


def _difference(plan: FixPlan) -> Iterator[str]:
    if plan.lines:
        yield from ("", "## What changes", "", _FENCE)
        yield from (one_line(f"{mark} {text}") for mark, text in plan.lines)
        yield from (
            _FENCE,
            "",
            "Passwords are dots here and stand-ins in the files.",
        )


def _files(files: Sequence[str]) -> Iterator[str]:
    if files:
        yield from ("", "## Files", "", *(f"- {name}" for name in files))
        yield from ("", "What begins with FILL-IN has to be filled in. Files do not stand for the whole object.")
        return
    yield from ("", "There is nothing in it for Git: it is done as below.")


def _kept(objects: Sequence[Written]) -> Iterator[str]:
    said = [
        f"- {one.ref} {'is' if kept.sure else 'may be'} managed by {' '.join(filter(None, (kept.name, kept.object)))}."
        f" {kept.sentence} {kept.advice}"
        for one in objects
        for kept in one.managers
    ]
    if said:
        yield from ("", "## Who keeps these objects", "", *said)
    gone = [one.ref for one in objects if one.after is None]
    if gone:
        yield from ("", *(f"{ref} is not needed any more: take it out of Git as well." for ref in gone))


def _sealed(objects: Sequence[Written], context: str) -> Iterator[str]:
    found = [one for one in objects if one.ref.kind == "Secret" and one.kept_by("Sealed Secrets") and one.after]
    if found:
        yield from ("", "## Sealing", "", "The docker config with the right login is read from standard input:", "")
        yield _FENCE
        yield from (sealing(context, one.ref, secret_type(one.after or {})) for one in found)
        yield _FENCE


def _by_hand(plan: FixPlan, context: str) -> Iterator[str]:
    text = plan.advice or of_steps(context, plan.steps)
    if text:
        yield from ("", "## By hand", "", _FENCE, *map(one_line, text.split("\n")), _FENCE)
