"""What a person hands to `explain`: a kubelet text, a pod or events as JSON, or the output of kubectl.

In: any text. Out: who said what, as far as it is about pulling an image; never an error. Texts that hold a cause come
first, mere echoes ("Error: ErrImagePull") last. Shapes: core/v1 Pod, Event and List; `kubectl describe pod`
(k8s.io/kubectl/pkg/describe, two or more blanks between columns) and `kubectl get events`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
_FIELD_PATH = re.compile(r"spec\.\w+\{([^}]*)\}")
_EVENT_REASONS = frozenset(
    {
        "Failed",
        "BackOff",
        "InspectFailed",
        "ErrImageNeverPull",
        "FailedToRetrieveImagePullSecret",
        "FailedCreatePodSandBox",
        "FailedPullImage",
        "FailedSync",
    }
)
_ECHO = re.compile(r"(?:Error: \w+|Back-off pulling image \"[^\"]*\")")
_COLUMNS = re.compile(r" {2,}|\t+")
_SECTION = re.compile(r"(?:Init |Ephemeral )?Containers:")
_CONTAINER = re.compile(r"  ([\w.-]+):\s*")
_FIELD = re.compile(r"\s+(State|Reason|Message|Last State):\s*(.*)")


class Said(NamedTuple):
    """One waiting container or event: the container's name (empty where not told), reason, and message."""

    container: str
    reason: str
    message: str


def from_text(text: str) -> tuple[Said, ...]:
    """All that the text says about pulls; a text of no known shape is one message as it stands."""
    found = _from_json(text)
    if found is None:
        lines = text.splitlines()
        found = [*_described(lines), *_event_table(lines)]
        if not found and text.strip():
            found = [Said("", "", text.strip())]
    return tuple(sorted(dict.fromkeys(found), key=lambda said: _ECHO.fullmatch(said.message or "") is not None))


def _from_json(text: str) -> list[Said] | None:
    """None where the text is not a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return list(_objects(value)) if isinstance(value, Mapping) else None


def _objects(value: Mapping[str, Any]) -> Iterator[Said]:
    for item in _list(value, "items"):
        if isinstance(item, Mapping):
            yield from _one(item)
    yield from _one(value)


def _one(item: Mapping[str, Any]) -> Iterator[Said]:
    status = item.get("status")
    if isinstance(status, Mapping):
        for name in _STATUSES:
            yield from filter(None, map(_waiting, _list(status, name)))
    if "involvedObject" in item or "regarding" in item:
        yield from _event(item)


def _waiting(status: object) -> Said | None:
    state = _mapping(status, "state")
    waiting = _mapping(state, "waiting")
    reason, message = _text(waiting, "reason"), _text(waiting, "message")
    if not reason or (not message and reason in ("ContainerCreating", "PodInitializing")):
        return None
    return Said(_text(status, "name"), reason, message)


def _event(event: Mapping[str, Any]) -> Iterator[Said]:
    """A core/v1 event, or one of events.k8s.io/v1, which calls the message `note` and the object `regarding`."""
    reason = _text(event, "reason")
    if reason not in _EVENT_REASONS:
        return
    about = _mapping(event, "involvedObject") or _mapping(event, "regarding")
    container = _FIELD_PATH.fullmatch(_text(about, "fieldPath"))
    yield Said(container.group(1) if container else "", reason, _text(event, "message") or _text(event, "note"))


def _described(lines: list[str]) -> Iterator[Said]:
    """The containers of `kubectl describe pod` whose state is Waiting. It prints the message only sometimes."""
    inside, container, state = False, "", ""
    fields: dict[str, str] = {}
    for line in [*lines, "End:"]:
        heading = _CONTAINER.fullmatch(line)
        if heading or not line.startswith(" "):
            yield from _finished(container, fields)
            container, state, fields = heading.group(1) if heading and inside else "", "", {}
            inside = inside if heading else bool(_SECTION.fullmatch(line.strip()))
        elif container and (field := _FIELD.fullmatch(line)):
            name, value = field.groups()
            state = value.strip() if name == "State" else "" if name == "Last State" else state
            if state == "Waiting" and name in ("Reason", "Message"):
                fields[name] = value.strip()


def _finished(container: str, fields: dict[str, str]) -> Iterator[Said]:
    reason = fields.get("Reason", "")
    if container and reason and reason not in ("ContainerCreating", "PodInitializing", "CrashLoopBackOff"):
        yield Said(container, reason, fields.get("Message", ""))


def _event_table(lines: list[str]) -> Iterator[Said]:
    """Rows under a heading that has the columns Reason and Message, in whatever order they stand."""
    columns: list[str] = []
    for line in lines:
        cells = _COLUMNS.split(line.strip())
        names = [cell.upper() for cell in cells]
        if "REASON" in names and names[-1] == "MESSAGE":
            columns = names
        elif columns and len(cells) >= len(columns):
            cells = _COLUMNS.split(line.strip(), len(columns) - 1)
            reason = cells[columns.index("REASON")]
            if reason in _EVENT_REASONS:
                yield Said("", reason, cells[-1])


def _mapping(value: object, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""
