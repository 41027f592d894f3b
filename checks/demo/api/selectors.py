"""Field and label selectors, as far as the real server supports them for the resources served here."""

from collections.abc import Callable

from checks.demo.api.problems import Obj, bad_request

Match = Callable[[Obj], bool]

_EVERY = ("metadata.name", "metadata.namespace")
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        *("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
        *("spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"),
    ),
    "events": (
        *(f"involvedObject.{part}" for part in ("kind", "namespace", "name", "uid", "apiVersion", "fieldPath")),
        *("involvedObject.resourceVersion", "reason", "reportingComponent", "source", "type"),
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "replicasets": ("status.replicas",),
    "jobs": ("status.successful",),
}


def field_match(plural: str, selector: str) -> Match:
    """Return a test for `a=b,c!=d`; raises 400 for a field that the server cannot select by."""
    tests = [_one(plural, selector, term) for term in selector.split(",") if term]
    return lambda obj: all(test(obj) for test in tests)


def _one(plural: str, selector: str, term: str) -> Match:
    name, wanted, negated = _split(term, selector)
    if name not in _EVERY and name not in _FIELDS.get(plural, ()):
        raise bad_request(f"field label not supported: {name}")
    return lambda obj: (_value(obj, name) == wanted) != negated


def _split(term: str, selector: str) -> tuple[str, str, bool]:
    for operator in ("!=", "==", "="):
        name, found, wanted = term.partition(operator)
        if found:
            return name.strip(), wanted.strip(), operator == "!="
    raise bad_request(f"invalid selector: '{selector}'; can't understand '{term}'")


def _value(obj: Obj, path: str) -> str:
    if path == "source":
        return str(obj.get("source", {}).get("component", ""))
    value: object = obj
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def label_match(selector: str) -> Match:
    """Return a test for equality terms, `key`, `!key`, `key in (a,b)` and `key notin (a,b)`."""
    tests = [_label(term) for term in _terms(selector)]
    return lambda obj: all(test(obj["metadata"].get("labels") or {}) for test in tests)


def _terms(selector: str) -> list[str]:
    terms, depth, start = [], 0, 0
    for place, char in enumerate(selector + ","):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            terms.append(selector[start:place].strip())
            start = place + 1
    return [term for term in terms if term]


def _label(term: str) -> Callable[[dict[str, str]], bool]:
    for word, wanted in ((" notin ", False), (" in ", True)):
        key, found, values = term.partition(word)
        if found:
            listed = {value.strip() for value in values.strip().strip("()").split(",")}
            return lambda labels: (labels.get(key.strip()) in listed) == wanted
    if term.startswith("!"):
        return lambda labels: term[1:] not in labels
    if "=" not in term:
        return lambda labels: term in labels
    key, value, negated = _split(term, term)
    return lambda labels: (labels.get(key) == value) != negated
