"""What the keys do and the signs mean."""

from rich.console import Group
from rich.text import Text

from tui.render import grid
from tui.screens.box import Box

_WIDTH = 10
_KEYS = (
    ("j k ↓ ↑", "choose a problem"),
    ("enter", "open it full width; esc goes back"),
    ("f", "mend as shown: applies the plan that is on screen in full"),
    ("s", "recreate the Secret; where no login is known, a form asks for one"),
    ("a", "attach a good Secret to the ServiceAccount or workload"),
    ("r", "replace the stuck pods, and no other"),
    ("c", "correct a misspelt image, once the pods' own logins pull the right one"),
    ("m", "make a robot account in Harbor for these pods and use it"),
    ("o u", "enable or extend the robot account; make the user a member"),
    ("i", "read the advice: what to do by hand, with commands"),
    ("t", "test again"),
    ("n", "ask the node: a probe pod, shown first, pulls the image there"),
    ("e", "export the plan or advice as files for Git, without passwords"),
    ("y", "copy the evidence as text, with curl commands to ask again"),
    ("z", "undo the last repair, after showing what it puts back"),
    ("/", "filter by words; esc clears"),
    ("ctrl+r", "look at the whole cluster again"),
    (":", "commands"),
    ("q", "quit; a write in hand is finished first"),
)
_SIGNS = (
    ("✖", "found: the cause is known"),
    ("?", "not known, with what could not be looked at"),
    ("!", "one key mends it"),
    ("+", "mending asks something first"),
    ("i", "advice only: it cannot be mended from here"),
    ("✔ ·", "a stage of the pull: passed, not reached"),
)


def help_box() -> Box:
    """Return the help as a box."""
    rows = [(Text(key, "bold cyan"), Text(text)) for key, text in _KEYS]
    rows += [(Text(""), Text("")), *((Text(sign, "bold"), Text(text)) for sign, text in _SIGNS)]
    last = Text("\nNothing is written that was not shown first. Passwords are never shown.", "dim")
    return Box("Help", Group(grid(rows, _WIDTH), last))
