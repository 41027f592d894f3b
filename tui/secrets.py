"""`secrets`: which logins the kubelet would send for an image, from Secret manifests alone."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from checks.errors import UsageError
from checks.secrets_report import manifests, secrets_report
from tui.exits import Exit
from tui.manifests import documents
from tui.stdio import lines, write_json

Report = dict[str, Any]


def secrets(files: Sequence[str], image: str | None, reveal: bool, json_lines: bool, output: str) -> int:
    """Print the logins for `image` in the Secrets of `files` (`-` is standard input); returns the exit code.

    Raises UsageError where a file or the image is missing, or an input cannot be read as Secrets.
    """
    if json_lines:
        return _each_line(reveal)
    if not files or not image:
        raise UsageError("give Secret manifests with -f FILE (- for standard input) and an image with --image IMAGE")
    found = manifests(document for name in files for document in documents(name))
    report = secrets_report(image, found, reveal=reveal)
    if output == "json":
        write_json(report)
    else:
        from tui.secrets_table import print_table

        print_table(image, report, reveal=reveal)
    return Exit.FINE


def _each_line(reveal: bool) -> int:
    """One `{"image", "secrets"}` a line in, one report a line out; a bad line is answered with its error."""
    code = Exit.FINE
    for line in lines():
        try:
            answer = _line_report(line, reveal)
        except UsageError as error:
            answer, code = {"error": str(error)}, Exit.USAGE
        write_json(answer, indent=None)
    return code


def _line_report(line: str | None, reveal: bool) -> Report:
    if line is None:
        raise UsageError("the line is too long")
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError("the line is not JSON") from None
    image = value.get("image") if isinstance(value, dict) else None
    given = value.get("secrets") if isinstance(value, dict) else None
    if not isinstance(image, str) or not isinstance(given, list):
        raise UsageError('the line is no object with an "image" and a list of "secrets"')
    found = manifests(_secrets(given)) if given else []
    return secrets_report(image, found, reveal=reveal)


def _secrets(given: Iterable[Any]) -> Iterable[Any]:
    """In a list of Secrets the kind goes without saying."""
    for one in given:
        yield {"kind": "Secret", **one} if isinstance(one, dict) else one
