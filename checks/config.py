"""The one configuration file: what may be written, and where a name is asked first. TOML.

    read_only = false

    [[contexts]]
    name = "prod-*"          # a context's name, or a pattern
    protected = true         # ask for the context's name before anything is written

    [[contexts]]
    name = "audit"
    read_only = true

It can make a run stricter than the options, never looser. `$HARBOR_DOCTOR_CONFIG` names another file than
`$XDG_CONFIG_HOME/harbor-doctor/config.toml`.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.errors import UsageError
from checks.settings import ContextRule

_TOP = ("read_only", "contexts")
_CONTEXT = ("name", "read_only", "protected")


@dataclass(frozen=True, slots=True)
class Config:
    """What the file says; empty where there is none."""

    read_only: bool = False
    contexts: tuple[ContextRule, ...] = ()


def load(named: str | None, usual: Path) -> Config:
    """Read the file that a person named, which has to be there, else the usual one if it is.

    Raises UsageError with one sentence: file, line, what is wrong and what to do.
    """
    path = Path(named or usual).expanduser()
    if not named and not path.exists():
        return Config()
    import tomllib

    text = _text(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {_lower(str(error))}; mend it there") from None
    except RecursionError:
        raise UsageError(f"{path} is nested too deeply") from None
    return _Reader(path, text).config(document)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; HARBOR_DOCTOR_CONFIG may name another") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; write it anew as TOML") from None


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks what a file says, and finds the line of what is wrong."""

    path: Path
    text: str

    def config(self, document: Mapping[str, Any]) -> Config:
        self._known(document, _TOP, 0)
        listed = document.get("contexts", [])
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise self._wrong("contexts", 0, "contexts is not a list of tables: begin each with [[contexts]]")
        rules = tuple(self._rule(entry, number) for number, entry in enumerate(listed, 1))
        return Config(self._switch(document, "read_only", 0), rules)

    def _rule(self, entry: Mapping[str, Any], number: int) -> ContextRule:
        self._known(entry, _CONTEXT, number)
        name = entry.get("name")
        if not isinstance(name, str) or not name:
            raise self._wrong("name", number, 'an entry of contexts names none: write name = "CONTEXT", or a pattern')
        return ContextRule(name, self._switch(entry, "read_only", number), self._switch(entry, "protected", number))

    def _switch(self, table: Mapping[str, Any], key: str, number: int) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, number, f"{key} is neither true nor false")
        return value

    def _known(self, table: Mapping[str, Any], known: Collection[str], number: int) -> None:
        for key in table:
            if key not in known:
                import difflib

                near = difflib.get_close_matches(key.replace("-", "_").lower(), known, 1)
                hint = f"is it {near[0]}" if near else f"there are: {', '.join(known)}"
                where = "in an entry of contexts" if number else "at the top"
                raise self._wrong(key, number, f"there is no setting {key} {where}; {hint}")

    def _wrong(self, key: str, number: int, why: str) -> UsageError:
        line = self._line(key, number)
        return UsageError(f"{self.path}{f', line {line}' if line else ''}: {why}")

    def _line(self, key: str, number: int) -> int:
        """The line on which a key is set in the n-th table of contexts (0: above them), else where that begins."""
        table, begins = 0, 0
        for count, line in enumerate(self.text.splitlines(), 1):
            if re.match(r"\s*\[\[\s*[\"']?contexts[\"']?\s*\]\]", line):
                table += 1
                begins = count if table == number else begins
            if table == number and re.match(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]", line):
                return count
        return begins
