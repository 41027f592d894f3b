"""The token endpoint, `/service/token` (core/service/token).

With a scope no login is ever rejected: a wrong password gets a token without `sub`. Without one it is a login test.
"""

import gzip
import random
from dataclasses import replace

from checks.demo.harbor.rights import repository_actions
from checks.demo.harbor.security import Caller
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tokens import SERVICE, Mint
from checks.demo.harbor.web import Request, Response, answer, text


def token(state: HarborState, mint: Mint, request: Request, caller: Caller) -> Response:
    """Answer a request to the token endpoint."""
    if request.method != "GET":
        return Response(405)
    service = request.parameter("service")
    if service != SERVICE:
        return text(400, f"Unable to handle service: {service or ''}\n")
    scopes = [value for key, value in request.parameters() if key == "scope"]
    if not scopes and not caller.known:
        return Response(401)
    wanted = [scope for value in scopes for scope in value.split(" ") if scope]
    access = [found for scope in wanted if (found := _access(state, caller, scope))] or None
    response = answer(200, mint.make(caller.name, access, state.clock()))
    if "gzip" in request.header("Accept-Encoding").lower():
        return replace(
            response, body=gzip.compress(response.body), headers=(*response.headers, ("Content-Encoding", "gzip"))
        )
    return response


def _access(state: HarborState, caller: Caller, scope: str) -> dict[str, object] | None:
    """Return one entry of the access list: all that the caller may do there, not only what was asked for."""
    kind, colon, rest = scope.partition(":")
    name = rest.rpartition(":")[0] or rest
    if not colon:
        return None
    actions: list[str] = []
    if kind == "repository" and "/" in name:
        project = state.projects.get(name.partition("/")[0])
        actions = list(repository_actions(state, caller, project))
    elif (kind, name) == ("registry", "catalog") and caller.admin:
        actions = ["*"]
    random.shuffle(actions)
    return {"type": kind, "name": name, "actions": actions}
