"""Reads what the kubelet said about a pull: waiting message or event text in, cause word out.

In: a text of any length and content. Out: a `Reading`; nothing is raised. The text is taken apart first
(`complaints.text`), then judged from its parts, so that no name in it can decide.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from checks.answers import Reading
from checks.complaints import kubelet, node, places, reference, registry, status, token, transport
from checks.complaints.text import Chain, chains, clean
from checks.complaints.verdict import UNKNOWN, Verdict, likely
from checks.complaints.words import next_step, sentence

__all__ = ["next_step", "read", "sentence"]

_JUDGES: tuple[Callable[[Chain], Verdict | None], ...] = (
    kubelet.judge,
    node.judge,
    token.judge,
    registry.judge,
    status.judge,
    transport.judge,
    reference.judge,
)
_REACH = (
    "invalid_image_name",
    "secret_malformed",
    "secret_missing",
    "dns",
    "proxy",
    "timeout",
    "connection_refused",
    "connection_reset",
    "http_vs_https",
    "tls_unknown_ca",
    "tls_expired",
    "tls_hostname",
    "token_service_failure",
    "no_credentials",
    "bad_credentials",
    "no_permission",
)
"""Causes in the order in which a pull meets them; any other lies behind the last."""
_NO_REGISTRY_ASKED = ("ImageInspectError", "InspectFailed")


@lru_cache(1024)
def read(message: str, reason: str = "") -> Reading:
    """The cause that `message` states, with what it leaves open. `reason` is the waiting or event reason.

    Thousands of pods of one image say the same, so what was read is kept.
    Since Kubernetes 1.33 the reason itself may be an error text: it is read where the message says nothing.
    """
    for text in (message, reason):
        judged = [(chain, verdict) for chain in chains(text) if (verdict := _judge(_said(chain, reason)))]
        if judged:
            chain, verdict = _furthest(judged)
            return _reading(chain, verdict)
    return _unread(message, reason)


def _said(chain: Chain, reason: str) -> Chain:
    """The chain with the reason before it, where that says more than the text: that no registry was asked."""
    return replace(chain, links=(reason, *chain.links)) if reason in _NO_REGISTRY_ASKED else chain


def _judge(chain: Chain) -> Verdict | None:
    for judge in _JUDGES:
        verdict = judge(chain)
        if verdict is not None:
            return verdict
    return None


def _furthest(judged: list[tuple[Chain, Verdict]]) -> tuple[Chain, Verdict]:
    """Of several logins' errors the one that got furthest: it says most about what still blocks."""
    chain, best = max(judged, key=lambda pair: _reach(pair[1].cause))
    others = [v.cause for _, v in judged if v.cause != best.cause]
    if not others:
        return chain, best
    return chain, likely(best.cause, *others, *best.alternatives)


def _reach(cause: str) -> int:
    if cause == UNKNOWN:
        return -1
    return _REACH.index(cause) if cause in _REACH else len(_REACH)


def _reading(chain: Chain, verdict: Verdict) -> Reading:
    return Reading(
        cause=verdict.cause,
        alternatives=verdict.alternatives,
        confidence=verdict.confidence,
        image=places.image(chain),
        host=places.host(chain),
        detail=chain.plain(": ".join(chain.links[-2:])),
    )


def _unread(message: str, reason: str) -> Reading:
    """Nothing was recognised: the reason alone may still say something."""
    found = chains(message)
    links = found[0].links if found else ()
    verdict = kubelet.judge_reason(reason, *links)
    reading = _reading(found[0] if found else Chain((), ()), verdict)
    return reading if reading.detail else replace(reading, detail=clean(message)[:200])
