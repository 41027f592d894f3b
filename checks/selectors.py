"""Label selectors of workloads as a list request takes them (Kubernetes API, "Labels and Selectors")."""

from typing import Any


def selector_text(selector: dict[str, Any]) -> str:
    """Return a `LabelSelector` as text: `app=web,tier in (a,b),!canary`. An empty one chooses everything."""
    equal = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*equal, *map(_expression, selector.get("matchExpressions") or ())])


def _expression(one: dict[str, Any]) -> str:
    key, values = one.get("key", ""), ",".join(one.get("values") or ())
    words = {"Exists": f"{key}", "DoesNotExist": f"!{key}", "In": f"{key} in ({values})"}
    return words.get(one.get("operator", ""), f"{key} notin ({values})")
