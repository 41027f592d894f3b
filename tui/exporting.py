"""Exporting: what goes into Git for a problem's plan or advice is written to a folder that a person names."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from checks.errors import DoctorError
from checks.repair.plan import FixPlan
from tui import messages
from tui.desk import Desk
from tui.exportfiles import proposed, write
from tui.render import safe
from tui.screens.box import Box
from tui.screens.export import ExportScreen
from tui.work import Post, unexpected

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem


class Exporting(Desk):
    """The part of the console that writes files for others to commit."""

    def ask_export(self, problem: str | None) -> None:
        """`e`: ask for a folder; the plan is the one that `f` would apply, else the advice."""
        found, plan = self._to_export(problem)
        if found is None:
            self.say("there is no problem to export")
        elif plan is None:
            self.say("no plan yet: still looking for a cure")
        else:
            space = found.subject.namespace or found.pulls[0].namespace
            folder = proposed(f"{space}-{found.code}")
            self.push_screen(ExportScreen(found.id, plan.title, f"./{folder}"))

    def export(self, problem: str, folder: str) -> None:
        """Write it there; what came of it is told in the box, or below the folder."""
        found, plan = self._to_export(problem)
        if found is not None and plan is not None:
            self._start("export", partial(export, self.doctor, self.post_message, found, plan, Path(folder)))

    def _to_export(self, problem: str | None) -> tuple[Problem | None, FixPlan | None]:
        found = self.board.problems.get(problem or "")
        plan = self.board.plan_for(found.id, "f") if found is not None else None
        return found, plan if isinstance(plan, FixPlan) else None

    def on_exported(self, event: messages.Exported) -> None:
        """Say what was written, or why nothing was."""
        if not isinstance(self.screen, ExportScreen):
            self.say(event.error or f"exported to {event.folder}", error=bool(event.error))
        elif event.error:
            self.screen.tell(event.error)
        else:
            self.screen.dismiss(True)
            lines = (f"In {event.folder}, readable by you alone:", "", *(f"  {name}" for name in event.names))
            last = "What begins with FILL-IN has to be filled in; NOTES.md says what goes where."
            self.push_screen(Box("Exported", Text("\n").join(map(safe, (*lines, "", last)))))


def export(doctor: Facade, post: Post, problem: Problem, plan: FixPlan, folder: Path) -> None:
    """Make the texts and write them; in a worker."""
    try:
        made = write(doctor.export(problem, plan), folder)
    except DoctorError as error:
        post(messages.Exported(problem.id, str(folder), (), str(error)))
    except Exception as error:
        post(messages.Exported(problem.id, str(folder), (), unexpected(error)))
    else:
        post(messages.Exported(problem.id, str(folder.expanduser().absolute()), tuple(path.name for path in made)))
