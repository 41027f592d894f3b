"""Writes what goes into Git: a folder of files that only their owner reads, or one stream on standard output."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from checks.errors import Refused, UsageError
from tui.visible import visible

if TYPE_CHECKING:
    from checks.repair.export import Export, File

BASE = "harbor-doctor-export"
"""The folder, below the one where the program was started, that the console proposes."""
_MOST = 99


def proposed(export_folder: str, base: Path | None = None) -> Path:
    """Return a folder for an export that is not there yet."""
    first = (base or Path(BASE)) / export_folder
    others = (first.with_name(f"{first.name}-{number}") for number in range(2, _MOST))
    return next((path for path in (first, *others) if not path.exists()), first)


def write(export: "Export", folder: Path) -> tuple[Path, ...]:
    """Write all files and return their paths; made folders and files are their owner's alone.

    Raises Refused where one is there already (nothing is written then), UsageError where it cannot be written.
    """
    folder = folder.expanduser()
    paths = [folder / file.name for file in export.files]
    if there := next((path for path in paths if os.path.lexists(path)), None):
        raise Refused(f"{there} is there already and is not overwritten: name another folder")
    made: list[Path] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, file in zip(paths, export.files, strict=True):
            _new_file(path, file, made)
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.unlink()
        if isinstance(error, FileExistsError) and made != paths and folder.is_dir():
            raise Refused(f"{folder} is being written to by somebody else: name another folder") from None
        raise UsageError(f"{folder} cannot be written: {error.strerror or 'no such name is possible'}") from None
    except ValueError:
        raise UsageError(f"{folder} cannot be written: no such name is possible") from None
    return tuple(made)


def _new_file(path: Path, file: "File", made: list[Path]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    made.append(path)
    with open(handle, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(file.text)


def stream(export: "Export") -> str:
    """Return all of it as one YAML stream: the notes as comments, then a document for each file."""
    first, *rest = export.files
    notes = "".join(f"# {line}".rstrip() + "\n" for line in first.text.splitlines())
    return visible(notes + "".join(f"---\n# {file.name}\n{file.text}" for file in rest), keep_newlines=True)
