"""The pretend Harbor's whole state, with methods to change it while it runs."""

import threading
import time
from collections.abc import Callable

from checks.demo.harbor.accounts import Accounts
from checks.demo.harbor.retention import Retentions
from checks.demo.harbor.tables import ADMIN_PASSWORD


class HarborState(Accounts, Retentions):
    """One Harbor. Every method may be called from any thread, and the next request sees the change.

    It starts with the administrator (`admin`, password `Harbor12345`) and the public project `library`. Knobs are
    plain attributes: `version`, `read_only`, `registry_down`, `unwell`, `auth_mode` (`db_auth`, `ldap_auth`,
    `oidc_auth`), `robot_prefix`, `refusal_seconds`, `password_seconds`, `scanner`.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self.auth_mode = "db_auth"
        self.read_only = False
        self.registry_down = False
        """The storage registry behind Harbor does not answer."""
        self.unwell: dict[str, str] = {}
        """Parts that Harbor's health check finds ill, with what it says of them."""
        self.upgraded = 0.0
        """When it came to 2.13 or later: entries from before are in the old audit log, and stay there."""
        self.scanner = True
        """A scanner is there and reachable; without one images that were never scanned are let through."""
        self.refusal_seconds = 1.5
        """How long a refused login takes, and how long that name is locked (core/auth/lock.go)."""
        self.password_seconds = 0.1
        """What checking a user's password costs (PBKDF2 with 600 000 rounds); robots cost nothing."""
        self.locks: dict[str, float] = {}
        """Principal → when its lock ends, on the monotonic clock."""
        self._released = threading.Event()
        self.add_user("admin", ADMIN_PASSWORD, admin=True)
        self.add_project("library", public=True)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        if seconds > 0:
            self._released.wait(seconds)

    def release(self, stopping: bool = True) -> None:
        """Let all who wait go on, because the server stops; `stopping=False` before it starts again."""
        if stopping:
            self._released.set()
        else:
            self._released.clear()
