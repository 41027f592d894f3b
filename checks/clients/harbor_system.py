"""What Harbor tells anybody about itself: `GET /api/v2.0/systeminfo`, asked without a login (Harbor 2.15 recorded)."""

from datetime import UTC, datetime

from checks.clients.exchange import document
from checks.clients.session import Web
from checks.facts import Fact, Unknown


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
