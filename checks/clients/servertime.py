"""What time it is for the server that answered (RFC 9110, 6.6.1, `Date`)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def ahead(headers: Mapping[str, str], asked: datetime, seconds: float) -> timedelta | None:
    """Return how far the server's clock is ahead of ours, None where it told no time.

    `asked`: when the request was sent, by our clock; `seconds`: how long the answer took.
    """
    told = server_time(headers)
    return None if told is None else told - asked - timedelta(seconds=seconds)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the time in `Date`, None where there is none that can be read.

    An answer with an age comes from a cache, and so does its date (RFC 9111, 5.1).
    """
    if headers.get("Age", "0").strip() != "0":
        return None
    try:
        told = parsedate_to_datetime(headers.get("Date", ""))
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
