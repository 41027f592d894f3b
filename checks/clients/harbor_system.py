"""What Harbor tells anybody about itself, asked without a login: `GET /api/v2.0/systeminfo` and `/api/v2.0/health`.

Recorded from Harbor 2.15. The health check answers 200 whatever it says, and may lag by ten seconds.
"""

from datetime import UTC, datetime

from checks.clients.exchange import document
from checks.clients.session import Web
from checks.facts import Fact, Unknown
from checks.records import Component

_LONGEST = 300


def auth_mode(web: Web, host: str) -> Fact[str] | Unknown:
    """Return how Harbor at `host` signs people in: `db_auth`, `ldap_auth`, `oidc_auth`, `uaa_auth`, `http_auth`."""
    answer = web.ask("GET", f"https://{host}/api/v2.0/systeminfo")
    if answer.status is None:
        return Unknown(answer.failure)
    read = document(answer.body) if answer.status == 200 else None
    mode = read.get("auth_mode") if isinstance(read, dict) else None
    if not isinstance(mode, str) or not mode:
        return Unknown(f"Harbor at {host} did not tell how it signs people in ({answer.status})")
    return Fact(mode, f"GET https://{host}/api/v2.0/systeminfo", datetime.now(UTC))


def health(web: Web, host: str) -> Fact[tuple[Component, ...]] | Unknown:
    """Return how the parts of Harbor at `host` are by its own check, those that are ill first."""
    answer = web.ask("GET", f"https://{host}/api/v2.0/health")
    if answer.status is None:
        return Unknown(answer.failure)
    read = document(answer.body) if answer.status == 200 else None
    listed = read.get("components") if isinstance(read, dict) else None
    if not isinstance(listed, list) or not listed:
        return Unknown(f"Harbor at {host} did not tell how its parts are ({answer.status})")
    parts = [_component(one) for one in listed if isinstance(one, dict)]
    return Fact(tuple(sorted(parts, key=lambda part: part.healthy)), f"GET {answer.url}", answer.at)


def _component(one: dict[str, object]) -> Component:
    return Component(str(one.get("name")), one.get("status") == "healthy", str(one.get("error") or "")[:_LONGEST])
