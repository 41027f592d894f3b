"""Objects that show nothing of themselves: a Secret's body in a traceback would be a leak."""

import copy
from typing import Any


class Sealed:
    """Holds a Kubernetes object; `repr`, `str` and pickling show nothing of it.

    A Textual crash prints locals and dataclass fields, and a Secret's `data` is only base64.
    """

    __slots__ = ("_body",)

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = copy.deepcopy(body)

    def body(self) -> dict[str, Any]:
        """Return a copy of the object."""
        return copy.deepcopy(self._body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self._body == other._body

    def __hash__(self) -> int:
        return hash((self._body.get("kind"), str((self._body.get("metadata") or {}).get("name"))))

    def __repr__(self) -> str:
        return "Sealed(…)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a sealed object is never pickled")
