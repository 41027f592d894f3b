"""Whether a moment that Harbor's records name has passed: by Harbor's own clock, not by this machine's."""

from datetime import datetime

from checks.clocks import cluster_now, registry_times
from checks.model import Evidence
from checks.rules.when import when


def past(evidence: Evidence, moment: datetime | None) -> str:
    """Return when it was, `3 days ago, on Saturday 2026-11-21 12:00 UTC`; empty where it has not passed.

    It has where every answer of the registry says so; where none tells the time, both this machine's clock and the API
    server's must. The clock is named where this machine's says otherwise, or is the only one.
    """
    told = registry_times(evidence)
    now = min(told or tuple(filter(None, (evidence.gathered, cluster_now(evidence)))))
    if moment is None or moment > now:
        return ""
    if told:
        whose = "" if moment <= evidence.gathered else "the registry's"
    else:
        whose = "" if cluster_now(evidence) is not None else "this machine's"
    return f"{when(now, moment)}{f', by {whose} clock' if whose else ''}"
