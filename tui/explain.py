"""`explain`: what a kubelet's text says, offline. Reads no cluster and no registry, and imports nothing heavy."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from checks import complaint
from checks.errors import UsageError
from checks.explain_input import Said, from_text
from tui.exits import Exit, say
from tui.stdio import lines, read_all, write, write_json
from tui.visible import visible

if TYPE_CHECKING:
    from checks.answers import Reading

Answer = dict[str, Any]
_LEVELS = ("none", "likely", "proven")


def explain(message: str, json_lines: bool, output: str) -> int:
    """Explain a message, a pod's JSON, `kubectl describe` output or a code; `-` or nothing reads standard input.

    Returns the exit code. Raises UsageError for a code that does not exist and for empty input.
    """
    if json_lines:
        return _each_line()
    from tui.manual import CODE, show

    text = message if message.strip() not in ("", "-") else _from_stdin()
    if CODE.fullmatch(text):
        return show(text, output)
    found = answers(text)
    if output == "json":
        write_json(found[0] if len(found) == 1 else found)
    else:
        write("\n".join(map(_text, found)))
    return Exit.FINE


def _from_stdin() -> str:
    if sys.stdin.isatty():
        say("reading a message from standard input until ctrl+d")
    text = read_all()
    if not text.strip():
        raise UsageError("there is nothing to explain: standard input is empty")
    return text


def answers(text: str) -> list[Answer]:
    """Return an answer for each container of each pod in the text; one without names for a bare message."""
    found = [answer for pod, part in _pods(text) for answer in _containers(part, pod)]
    if len(found) > 1:
        return found
    return [{key: found[0][key] for key in found[0] if key not in ("pod", "container")}]


def _pods(text: str) -> list[tuple[str, str]]:
    """The pods of a `kubectl get pods -o json`, each by name with its own JSON; any other text as it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return [("", text)]
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list) or len(items) < 2 or not all(map(_is_pod, items)):
        return [("", text)]
    return [(_name(item), json.dumps(item)) for item in items]


def _is_pod(item: object) -> bool:
    return isinstance(item, dict) and (item.get("kind") == "Pod" or {"spec", "status"} <= item.keys())


def _name(pod: dict[str, Any]) -> str:
    meta = pod.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else ""
    return name if isinstance(name, str) else ""


def _containers(text: str, pod: str) -> list[Answer]:
    """One answer a container. What was said of no container, as events often are, may be about any."""
    said = from_text(text)
    names = list(dict.fromkeys(one.container for one in said if one.container)) or [""]
    found = []
    for name in names:
        own = _best([one for one in said if one.container == name])
        if own.confidence == "none" and name:
            own = _from_events(own, [_read(one) for one in said if not one.container], alone=len(names) == 1)
        found.append({"pod": pod, "container": name, **_answer(own)})
    return found


def _from_events(own: Reading, events: list[Reading], alone: bool) -> Reading:
    """The best event about this container: the only one there is, or the one that names the same image."""
    fitting = [e for e in events if alone or (own.image and e.image == own.image)]
    return max([own, *fitting], key=_rank)


def _best(said: list[Said]) -> Reading:
    return max(map(_read, said), key=_rank, default=complaint.read(""))


def _read(said: Said) -> Reading:
    return complaint.read(said.message, said.reason)


def _rank(reading: Reading) -> tuple[int, int]:
    """The surest wins, then the one that leaves something open rather than all."""
    return _LEVELS.index(reading.confidence), len(reading.alternatives) if reading.confidence == "none" else 0


def _answer(reading: Reading) -> Answer:
    return {
        "cause": reading.cause,
        "alternatives": list(reading.alternatives),
        "confidence": reading.confidence,
        "image": reading.image,
        "host": reading.host,
        "sentence": complaint.sentence(reading),
        "next": complaint.next_step(reading),
    }


def _text(answer: Answer) -> str:
    where = " ".join(answer[key] for key in ("pod", "container") if answer.get(key))
    sure = ", ".join((answer["confidence"], *(f"or {other}" for other in answer["alternatives"])))
    rows = (
        ("where", where),
        ("cause", f"{answer['cause']} ({sure})"),
        ("image", answer["image"]),
        ("host", answer["host"]),
        ("next", answer["next"]),
    )
    shown = "".join(f"  {name:<6} {visible(value)}\n" for name, value in rows if value)
    return f"{visible(answer['sentence'])}\n{shown}"


def _each_line() -> int:
    """One message a line in, one answer a line out; a bad line is answered with its error and counts at the end."""
    code = Exit.FINE
    for line in lines():
        message = _message(line)
        if isinstance(message, str):
            write_json(_line_answer(message), indent=None)
        else:
            write_json({"error": message[0]}, indent=None)
            code = Exit.USAGE
    return code


def _line_answer(message: str) -> Answer:
    return _answer(max((_read(one) for one in from_text(message)), key=_rank, default=complaint.read("")))


def _message(line: str | None) -> str | tuple[str]:
    """The message that a line holds, or in a tuple what is wrong with the line."""
    if line is None:
        return ("the line is too long",)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return ("the line is not JSON",)
    message = value.get("message") if isinstance(value, dict) else value
    return message if isinstance(message, str) else ('the line is neither a string nor an object with a "message"',)
