"""Harbor's API v2.0, as far as somebody who pulls, mends members and robots, and reads the audit log meets it."""

from checks.demo.harbor.api.router import api

__all__ = ["api"]
