"""Says when something was: how long before the evidence was gathered, and on which day (UTC)."""

from datetime import UTC, datetime

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def ago(now: datetime, then: datetime) -> str:
    """Say how long ago: `3 days ago`, `5 hours ago`, `just now`."""
    seconds = (now - then).total_seconds()
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def day(then: datetime) -> str:
    """Say on which day: `Tuesday 2026-11-24 14:03 UTC`."""
    there = then.astimezone(UTC)
    return f"{_DAYS[there.weekday()]} {there:%Y-%m-%d %H:%M} UTC"


def when(now: datetime, then: datetime) -> str:
    """Say both: `3 days ago, on Tuesday 2026-11-24 14:03 UTC`."""
    return f"{ago(now, then)}, on {day(then)}"
