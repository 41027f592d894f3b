"""Reads manifests from files: JSON, or YAML with any number of documents. No error quotes what stands in them."""

import json
from collections.abc import Iterator
from typing import Any

from checks.errors import UsageError
from tui.stdio import read_all


def documents(name: str) -> Iterator[Any]:
    """Yield the parsed documents of a file, or of standard input for `-`. Raises UsageError."""
    text = _text(name)
    shown = "standard input" if name == "-" else name
    try:
        yield json.loads(text)
        return
    except RecursionError:
        raise UsageError(f"{shown} is nested too deeply") from None
    except ValueError:
        pass  # not JSON: YAML, or broken
    yield from _yaml(text, shown)


def _text(name: str) -> str:
    if name == "-":
        return read_all()
    try:
        with open(name, "rb") as stream:
            return read_all(stream, name)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name is possible"
        raise UsageError(f"{name} cannot be read: {reason}") from None


def _yaml(text: str, shown: str) -> Iterator[Any]:
    """PyYAML's own error text would quote the lines around the fault, which may hold a password."""
    import yaml

    try:
        yield from yaml.load_all(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"{shown} is neither JSON nor YAML{place}") from None
    except RecursionError:
        raise UsageError(f"{shown} is nested too deeply") from None
    except (yaml.YAMLError, ValueError, TypeError, OverflowError):
        raise UsageError(f"{shown} is neither JSON nor YAML") from None


def _loader() -> Any:
    """YAML's safe loader, but dates and `=` stay the texts that the API server would take them for."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """As PyYAML makes it, fast where it was built with libyaml."""

    texts = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}
    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rows if tag not in texts]
        for first, rows in Loader.yaml_implicit_resolvers.items()
    }
    return Loader
