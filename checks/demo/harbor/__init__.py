"""A pretend Harbor 2.15.2 that answers as a real one was recorded to answer, reached over HTTP only."""

from checks.demo.harbor.accounts import pull_grant
from checks.demo.harbor.entities import NEVER, Access, Grant, Reach, Robot, Role, Scan
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tables import ADMIN_PASSWORD

__all__ = [
    "ADMIN_PASSWORD",
    "NEVER",
    "Access",
    "Grant",
    "HarborState",
    "Reach",
    "Robot",
    "Role",
    "Scan",
    "pull_grant",
]
