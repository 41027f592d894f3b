"""Refusals as the API server words them: each is raised where it is found and sent as a `Status` object.

Forms: k8s.io/apimachinery `pkg/api/errors/errors.go`; what the server did with them: measured with 1.34.4.
"""

from dataclasses import dataclass
from typing import Any

Obj = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """One field at fault in a 422."""

    reason: str
    field: str
    message: str


@dataclass(slots=True)
class Problem(Exception):
    """A refusal: HTTP code, `reason`, message and details of the `Status` to send."""

    code: int
    reason: str
    message: str
    details: Obj | None = None
    """Sent as it is, an empty one too; None: not sent."""
    resume: str = ""
    """A fresh page token, sent with a 410 on an old one."""

    def status(self) -> Obj:
        """Return the `Status` object."""
        status: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status |= {"message": self.message, "reason": self.reason, "details": self.details, "code": self.code}
        status = {key: value for key, value in status.items() if value not in (None, "")}
        if self.resume:
            status["metadata"] = {"continue": self.resume}
        return status


def qualified(plural: str, group: str) -> str:
    """Return a resource as messages name it: `secrets`, `deployments.apps`."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, kind: str, group: str) -> Obj:
    details = {"name": name, "group": group, "kind": kind}
    return {key: value for key, value in details.items() if value}


def not_found(plural: str, group: str, name: str) -> Problem:
    """404 for one object."""
    return Problem(404, "NotFound", f'{qualified(plural, group)} "{name}" not found', _details(name, plural, group))


def no_such_path() -> Problem:
    """404 for a path that no resource serves."""
    return Problem(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(plural: str, group: str, name: str) -> Problem:
    """409: the name is taken."""
    text = f'{qualified(plural, group)} "{name}" already exists'
    return Problem(409, "AlreadyExists", text, _details(name, plural, group))


def conflict(what: str, group: str, name: str, why: str) -> Problem:
    """409 with the reason in words; `what` is the plural, or the kind for a failed precondition of DELETE."""
    text = f'Operation cannot be fulfilled on {qualified(what, group)} "{name}": {why}'
    return Problem(409, "Conflict", text, _details(name, what, group))


def stale(plural: str, group: str, name: str) -> Problem:
    """409: the resourceVersion in the object is not the stored one."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(plural, group, name, why)


def forbidden(plural: str, group: str, name: str, why: str) -> Problem:
    """403 by RBAC or admission."""
    quoted = f' "{name}"' if name else ""
    text = f"{qualified(plural, group)}{quoted} is forbidden: {why}"
    return Problem(403, "Forbidden", text, _details(name, plural, group))


def unauthorized() -> Problem:
    """401: no token, or one that nobody holds."""
    return Problem(401, "Unauthorized", "Unauthorized")


def bad_request(message: str) -> Problem:
    """400."""
    return Problem(400, "BadRequest", message)


def invalid(kind: str, group: str, name: str, *causes: Cause) -> Problem:
    """422 with its causes; several are put in brackets."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    body = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    listed = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    details = _details(name, kind, group) | {"causes": listed}
    return Problem(422, "Invalid", f'{qualified(kind, group)} "{name}" is invalid: {body}', details)


def patch_failed() -> Problem:
    """422: a JSON Patch that does not fit, or whose `test` failed."""
    return Problem(422, "Invalid", "the server rejected our request due to an error in our request", {})


def method_not_allowed() -> Problem:
    """405."""
    text = "the server does not allow this method on the requested resource"
    return Problem(405, "MethodNotAllowed", text, {})


def unsupported_media() -> Problem:
    """415 for a patch in a format that is not spoken here."""
    return Problem(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


def server_fault(message: str) -> Problem:
    """500, which the real server answers to some bad requests."""
    return Problem(500, "", message)


def gone(message: str, resume: str = "") -> Problem:
    """410: a page token or resourceVersion is too old."""
    return Problem(410, "Expired", message, None, resume)
