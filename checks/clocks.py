"""Clocks that take part in a pull: this machine's, the API server's, the registry's and, if it tells, the node's. Pure.

A clock that is wrong makes good certificates and tokens invalid. It is named as the cause only where two readings of
one moment prove it; else as what may be behind a refusal.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.certchain import out_of_time
from checks.facts import Break, Exchange, Fact, Trial
from checks.model import Evidence
from checks.nodeway import NodeWay

SKEW = timedelta(minutes=5)
"""A registry takes tokens that are a minute out of their time, not five (Harbor 2.15 recorded)."""

TOKEN_SKEW = timedelta(seconds=90)
"""What a registry that checks a token against its own clock lets pass is a minute (the same); dates are in seconds."""

_SLACK = 10
"""Seconds by which a measured difference may fall short: an answer takes time, and dates are whole seconds."""
OURS, CLUSTER = "this machine's", "the cluster's"


@dataclass(frozen=True, slots=True)
class Row:
    """A clock that can be compared."""

    node: str
    here: str
    agree: bool | None


def rows(evidence: Evidence, way: NodeWay) -> Iterator[Row]:
    """Yield the node's clock where its text tells it, and each server's that is more than `SKEW` away from ours."""
    if way.now is not None:
        wrong = node_clock(evidence, way)
        yield Row(
            f"{way.now:%Y-%m-%dT%H:%M:%SZ}{wrong and f': {wrong}'}",
            f"{evidence.gathered:%Y-%m-%dT%H:%M:%SZ}",
            False if wrong else None,
        )
    for whose, ahead in sorted(off(evidence).items()):
        yield Row("", f"{whose} is {apart(ahead, OURS)}", False)


def off(evidence: Evidence) -> dict[str, timedelta]:
    """Return the servers' clocks that are more than `SKEW` away from ours, by whose they are."""
    found = {f"the clock of {host}": ahead for host, ahead in _servers(evidence)}
    if isinstance(evidence.cluster_ahead, Fact):
        found["the API server's clock"] = evidence.cluster_ahead.value
    return {whose: ahead for whose, ahead in found.items() if abs(ahead) > SKEW}


def _servers(evidence: Evidence) -> Iterator[tuple[str, timedelta]]:
    for asked in _exchanges(evidence):
        if asked.ahead is not None:
            yield asked.url.partition("://")[2].partition("/")[0], asked.ahead


def _exchanges(evidence: Evidence) -> Iterator[Exchange]:
    for trial in (*evidence.trials, evidence.anonymous):
        yield from trial.exchanges
    if isinstance(evidence.ping, Fact):
        yield evidence.ping.value.exchange


def apart(ahead: timedelta, whose: str) -> str:
    """Return `7 minutes ahead of WHOSE` or `2 days behind WHOSE`."""
    seconds, word = (
        abs(ahead).total_seconds() + _SLACK,
        f"ahead of {whose}" if ahead > timedelta() else f"behind {whose}",
    )
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''} {word}"
    return f"{int(seconds)} seconds {word}"


def node_clock(evidence: Evidence, way: NodeWay) -> str:
    """Return how far the node's clock must be from the cluster's; empty where nothing proves that it is.

    The cluster told when the pod was made and what time it was when the evidence was gathered; every attempt that
    was reported lies between the two.
    """
    made, now = evidence.pull.created, cluster_now(evidence)
    if way.now is not None and made is not None and way.now < made - SKEW:
        return f"the node's clock is at least {apart(way.now - made, CLUSTER)}"
    if way.now is not None and now is not None and way.now > now + SKEW:
        return f"the node's clock is at least {apart(way.now - now, CLUSTER)}"
    return ""


def cluster_now(evidence: Evidence) -> datetime | None:
    """Return the API server's time when the evidence was gathered; None where it told none."""
    ahead = evidence.cluster_ahead
    return evidence.gathered + ahead.value if isinstance(ahead, Fact) else None


def registry_times(evidence: Evidence) -> tuple[datetime, ...]:
    """Return what time it was at the image's registry when the evidence was gathered, by each of its answers.

    None where it told no time. Several servers behind one name may differ.
    """
    host = evidence.image.registry.lower() if evidence.image else ""
    return tuple(evidence.gathered + ahead for whose, ahead in _servers(evidence) if whose.lower() == host)


def behind_certificate(evidence: Evidence, way: NodeWay) -> str:
    """Return what a clock has to do with a certificate that is out of its time, as the end of a sentence.

    Proven: the node found it early and its pod was made when it was valid, or late and it is valid now, each by the
    cluster's clock. Otherwise a clock that is off is named as what may be behind it.
    """
    if way.limit is not None and (said := _node_is_wrong(evidence, way, way.limit)):
        return said
    return _ours(evidence) or (_any(evidence) if way.limit is None or _contested(evidence, way.limit) else "")


def _node_is_wrong(evidence: Evidence, way: NodeWay, limit: datetime) -> str:
    wrong, made, now = node_clock(evidence, way), evidence.pull.created, cluster_now(evidence)
    if not wrong or made is None or now is None:
        return ""
    if not way.early:
        return f"; it is valid until {limit:%Y-%m-%d}, but {wrong}" if now <= limit else ""
    if made >= limit:
        return f"; it has been valid since {limit:%Y-%m-%d}, but {wrong}"
    return f"; {wrong}, which may be behind it" if now >= limit else ""


def _contested(evidence: Evidence, limit: datetime) -> bool:
    """Is it past this moment by one clock and not by another?"""
    now = (evidence.gathered, *(evidence.gathered + ahead for ahead in off(evidence).values()))
    return min(now) <= limit < max(now)


def _ours(evidence: Evidence) -> str:
    """This machine finds the certificate early or late, which by the API server's clock it is not."""
    now, ping = cluster_now(evidence), evidence.ping
    if now is None or not isinstance(ping, Fact) or ping.value.broken is not Break.TLS_EXPIRED:
        return ""
    sent, ahead = ping.value.certificates, now - evidence.gathered
    if abs(ahead) <= SKEW or not sent or out_of_time(sent, evidence.gathered) is None or out_of_time(sent, now):
        return ""
    return f"; by the API server's clock, {apart(ahead, OURS)}, it is valid"


def _any(evidence: Evidence) -> str:
    found = sorted(off(evidence).items())
    return f"; {found[0][0]} is {apart(found[0][1], OURS)}, which may be behind it" if found else ""


def behind_token(evidence: Evidence) -> str:
    """Return, as the end of a sentence, which clock may be behind a token that grants the pull and is not taken."""
    refused = [trial for trial in (*evidence.trials, evidence.anonymous) if _not_taken(trial)]
    if not refused:
        return ""
    return next((said for trial in refused if (said := _between(trial))), "") or _any(evidence)


def _not_taken(trial: Trial) -> bool:
    granted = bool(trial.actions and trial.actions & {"pull", "*"})
    return granted and trial.manifest is not None and trial.manifest.status == 401


def _between(trial: Trial) -> str:
    """The token service and the registry, each by its own `Date`."""
    service = next((x.ahead for x in reversed(trial.exchanges) if x.claims and x.ahead is not None), None)
    registry = next((x.ahead for x in reversed(trial.exchanges) if x.status == 401 and x.ahead is not None), None)
    if service is None or registry is None or abs(service - registry) <= TOKEN_SKEW:
        return ""
    return f"; the token service's clock is {apart(service - registry, 'the registry')}'s, which may be behind it"
