"""What Harbor's API says to a write that it does not do, as one sentence each.

Statuses and texts as recorded from Harbor 2.15.2: 403 FORBIDDEN without the right, 403 DENIED in read-only mode, 409
where the name is taken, 412 where the object cannot go, 404 where it is not there, 400 and 422 for a bad request.
"""

from checks.clients.harbor_api import Reply
from checks.errors import ClusterError, Conflict, Forbidden, Invalid, NotFound, ServerFault, Throttled, Unreachable

_BY_STATUS: dict[int, type[ClusterError]] = {400: Invalid, 404: NotFound, 409: Conflict, 412: Invalid, 422: Invalid}
_MODE = "read only mode"


def failure(reply: Reply, host: str, user: str, what: str, right: str = "") -> ClusterError:
    """Return the error that a reply other than 2xx stands for.

    `what` follows "may not": `create robot accounts in shop`; `right` names what is missing where Harbor says 403.
    """
    status = reply.status
    if status is None:
        return Unreachable(f"Harbor at {host} gave no answer to the request to {what}: {reply.why}")
    said = _without_status(reply.why, status)
    if status == 401:
        return Forbidden(f"Harbor at {host} refuses the login {user} that was given for it", status)
    if status == 403:
        return Forbidden(_forbidden(said, host, user, what, right), status)
    if status == 429:
        return Throttled(f"Harbor at {host} asks to slow down and did not {what}", status)
    if status >= 500 or status not in _BY_STATUS:
        text = f"Harbor at {host} failed at the request to {what} ({status}); it is not known whether it was done"
        return ServerFault(text, status)
    return _BY_STATUS[status](f"Harbor at {host} does not {what}: {said} ({status})", status)


def _forbidden(said: str, host: str, user: str, what: str, right: str) -> str:
    if _MODE in said:
        return f"Harbor at {host} is in read-only mode, so {user} cannot {what}"
    if said.startswith("permission scope"):
        return f"{user} may not {what} at Harbor {host}: a robot account gives no more rights than it has itself"
    if said.startswith("CSRF token"):
        return f"Harbor at {host} wants a CSRF token, which it does only where something between adds a cookie"
    missing = f", which takes {right}" if right else ""
    return f"{user} may not {what} at Harbor {host}{missing}"


def _without_status(why: str, status: int) -> str:
    return why.removesuffix(f" ({status})") or f"it answered {status}"
