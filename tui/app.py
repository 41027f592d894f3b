"""The console: what it is called, its keys, how it starts and ends."""

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from tui.exporting import Exporting
from tui.finishing import Finishing
from tui.palette import Asking, Clusters, ForGit, HarborLogin, Manual, Tenant
from tui.probing import Probing
from tui.screens.help import help_box
from tui.screens.main import MainScreen
from tui.signing import Signing


class HarborDoctor(Finishing, Probing, Signing, Exporting):
    """The full-screen console."""

    TITLE = "harbor-doctor"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[object]] = {*App.COMMANDS, Manual, Asking, ForGit, Clusters, HarborLogin, Tenant}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("ctrl+c", "leave", show=False, priority=True),
        Binding("question_mark", "keys", show=False),
        Binding("colon", "command_palette", show=False),
        Binding("ctrl+r", "look", show=False),
    ]

    def on_mount(self) -> None:
        """Paint first; everything slow starts behind the first frame."""
        self.call_after_refresh(self.action_look)

    def get_default_screen(self) -> MainScreen:
        """Textual's own, below all others, would be one more screen to lay out and paint before the first."""
        return MainScreen()

    # ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────

    def action_keys(self) -> None:
        """`?`."""
        self.push_screen(help_box())

    async def action_quit(self) -> None:
        """Textual's own way out (ctrl+q, the palette) is ours too."""
        self.action_leave()

    def on_unmount(self) -> None:
        """However it ends, no worker goes on: the process would wait for it."""
        self._stop.set()
        self._quit.set()

    def action_leave(self) -> None:
        """Quit; a write in hand is finished first, a watch is not waited for."""
        self._stop.set()
        self._quit.set()
        self._leaving = True
        if not self.board.busy:
            self.exit(0)
        else:
            self.say("finishing the write in hand, then leaving")
