"""What every API handler starts from: the call, its rights, its errors, its pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from checks.demo.harbor.entities import Project
from checks.demo.harbor.rights import allowed
from checks.demo.harbor.security import Caller
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.web import Request, Response, answer, problem

MAX_PAGE = 100
READ_ONLY = "The system is in read only mode. Any modification is prohibited."


class ApiError(Exception):
    """An answer other than success, thrown from wherever it becomes clear."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.response = problem(status, code, message)


def bad_request(message: str) -> ApiError:
    """Return a 400."""
    return ApiError(400, "BAD_REQUEST", message)


def not_found(message: str) -> ApiError:
    """Return a 404."""
    return ApiError(404, "NOT_FOUND", message)


def invalid(message: str) -> ApiError:
    """Return a 422, which is what the generated validation says."""
    return ApiError(422, "UNPROCESSABLE_ENTITY", f"validation failure list:\n{message}")


@dataclass(frozen=True, slots=True)
class Call:
    """One API request with its caller and the parts of its path."""

    state: HarborState
    request: Request
    caller: Caller
    parts: Mapping[str, str]

    def part(self, name: str) -> str:
        """Return a path part, decoded: slashes in it were encoded twice on the way."""
        return unquote(self.parts[name])

    def number(self, name: str) -> int:
        """Return a path part as a number."""
        return int(self.parts[name])

    def login_required(self) -> None:
        """Throw 401 where nobody is logged in."""
        if not self.caller.known:
            raise ApiError(401, "UNAUTHORIZED", "unauthorized")

    def forbid(self, message: str = "forbidden") -> ApiError:
        """Return the 401 or 403 that this caller gets."""
        self.login_required()
        return ApiError(403, "FORBIDDEN", message)

    def project(self, resource: str, action: str, named: str | None = None) -> Project:
        """Return the project of the path if the caller may do that there.

        Whether a project exists is told to administrators only; all others get the same 403 (anonymous 401).
        """
        wanted = self.part("project") if named is None else named
        project = self.find_project(wanted)
        if project is None and self.caller.admin:
            raise not_found(f"project {wanted} not found")
        if project is None or not allowed(self.state, self.caller, project, resource, action):
            raise self.forbid()
        return project

    def find_project(self, wanted: str) -> Project | None:
        """Return the project with this name, or with this id where it is all digits."""
        by_name = self.request.header("X-Is-Resource-Name").lower() == "true"
        if wanted.isdigit() and not by_name:
            return self.state.project_by_id(int(wanted))
        return self.state.projects.get(wanted)

    def writable(self) -> None:
        """Throw 403 where Harbor is in read-only mode."""
        if self.state.read_only:
            raise ApiError(403, "DENIED", READ_ONLY)

    def body(self) -> dict[str, object]:
        """Return the JSON object that was sent."""
        try:
            value = json.loads(self.request.body or b"null")
        except ValueError:
            raise bad_request("parsing body body from request failed") from None
        if not isinstance(value, dict):
            raise invalid("body in body is required")
        return value

    def page(self, items: Sequence[object], total: int | None = None) -> Response:
        """Return one page: at most 100 items; a size of 0 or -1 gives all."""
        number, size = self._integer("page", 1), self._integer("page_size", 10)
        if size > MAX_PAGE:
            raise invalid(f"page_size in query should be less than or equal to {MAX_PAGE}")
        total = len(items) if total is None else total
        headers = {"X-Total-Count": str(total)}
        if size <= 0:
            return answer(200, list(items), headers)
        first = max(number - 1, 0) * size
        links = [self._link(number - 1, "prev")] if number > 1 else []
        if first + size < len(items):
            links.append(self._link(number + 1, "next"))
        if links:
            headers["Link"] = " , ".join(links)
        return answer(200, list(items[first : first + size]), headers)

    def _integer(self, name: str, default: int) -> int:
        value = self.request.parameter(name)
        try:
            return default if value is None else int(value)
        except ValueError:
            raise invalid(f"{name} in query must be of type int64: {value!r}") from None

    def _link(self, page: int, relation: str) -> str:
        others = {key: value for key, value in self.request.parameters() if key != "page"}
        others = dict(sorted({"page": str(page), "page_size": "10", **others}.items()))
        query = "&".join(f"{key}={value}" for key, value in others.items())
        return f'<{self.request.path}?{query}>; rel="{relation}"'


def moment(seconds: float) -> str:
    """Return a time as Harbor writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
