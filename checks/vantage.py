"""Two vantage points side by side: what the kubelet reported from the node, and what was measured from here. Pure.

Agreement strengthens a verdict; disagreement is told with it. What is not known on one side is never called either.
"""

from dataclasses import dataclass

from checks import clocks
from checks.complaints.places import same_site
from checks.facts import Break, Exchange, Fact, Ping
from checks.model import Evidence
from checks.nodeway import NodeWay, node_way

BREAKS: dict[str, tuple[Break, ...]] = {
    "dns": (Break.DNS,),
    "connection_refused": (Break.REFUSED,),
    "connection_reset": (Break.RESET,),
    "timeout": (Break.TIMEOUT, Break.UNREACHABLE),
    "proxy": (Break.PROXY,),
    "tls_unknown_ca": (Break.TLS_UNKNOWN_CA,),
    "tls_expired": (Break.TLS_EXPIRED,),
    "tls_hostname": (Break.TLS_HOSTNAME,),
    "http_vs_https": (Break.PLAIN_HTTP,),
}
"""The kubelet's cause words → how the same looks from here."""

_DENIED = frozenset({"no_credentials", "bad_credentials", "no_permission", "not_found_project", "secret_missing"})
_MISSING = frozenset({"not_found_tag", "not_found_repository"})


@dataclass(frozen=True, slots=True)
class View:
    """One thing as it looks from both places; an empty text is what one of them does not tell."""

    about: str
    """`registry`, `pull`, `address`, `proxy` or `clock`."""
    node: str
    here: str
    agree: bool | None
    """None: they cannot be compared."""


def way_of(evidence: Evidence) -> NodeWay:
    """Return what the kubelet's text tells about the node's way."""
    complaint, reading = evidence.pull.complaint, evidence.reading
    return node_way(complaint.message, reading.detail) if complaint else NodeWay()


def at_registry(evidence: Evidence) -> bool:
    """Is the kubelet's text about the image's registry, and not about a mirror, a token service or a storage?"""
    asked, registry = evidence.reading.host, evidence.image.registry if evidence.image else ""
    return not asked or same_site(name_of(asked), name_of(registry))


def name_of(host: str) -> str:
    """Return the host without its port, in small letters; the brackets of an IPv6 address stay."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def views(evidence: Evidence) -> tuple[View, ...]:
    """Return what can be set side by side, the answer first."""
    found = [_registry(evidence), _pull(evidence)]
    if isinstance(evidence.ping, Fact) and _same_place(evidence):
        way = way_of(evidence)
        found += [_addresses(evidence, way, evidence.ping.value), _proxies(evidence, way, evidence.ping.value)]
    found += [View("clock", row.node, row.here, row.agree) for row in clocks.rows(evidence, way_of(evidence))]
    return tuple(view for view in found if view is not None)


def _same_place(evidence: Evidence) -> bool:
    """Is the node's way told by the text the one to the registry? A token service may be at another port of it."""
    reading = evidence.reading
    return at_registry(evidence) and "token_service_failure" not in (reading.cause, *reading.alternatives)


def _registry(evidence: Evidence) -> View | None:
    """Getting an answer at all."""
    cause, detail = evidence.reading.cause, evidence.reading.detail
    if evidence.image is None:
        return None
    if not isinstance(evidence.ping, Fact):
        return View("registry", detail, f"not asked: {evidence.ping.why}", None)
    ping = evidence.ping.value
    here = ping.detail or _answer(ping.exchange)
    if not _same_place(evidence) or ping.broken is Break.FORBIDDEN_ADDRESS:
        return View("registry", detail, here, None)
    if cause == "registry_5xx":
        return View("registry", detail, here, (ping.exchange.status or 0) >= 500)
    if cause in BREAKS:
        return View("registry", detail, here, ping.broken in BREAKS[cause])
    answered = cause in _DENIED | _MISSING
    return View("registry", detail, here, ping.broken is None if answered else None)


def _pull(evidence: Evidence) -> View | None:
    """Getting this image."""
    asked = [trial for trial in (*evidence.trials, evidence.anonymous) if trial.manifest is not None]
    best = next((t for t in asked if t.pulls), asked[0] if asked else None)
    if best is None or best.manifest is None:
        return None
    who = best.login.username if best.login else "nobody"
    code = f" {best.manifest.code}" if best.manifest.code else ""
    here = f"manifest as {who}: {best.manifest.status}{code}"
    if best.pulls:
        return View("pull", _cause(evidence), here, False if evidence.reading.cause in _DENIED | _MISSING else None)
    said = {401: _DENIED, 403: _DENIED, 404: _MISSING}.get(best.manifest.status, frozenset())
    return View("pull", _cause(evidence), here, True if evidence.reading.cause in said else None)


def _cause(evidence: Evidence) -> str:
    return evidence.reading.cause.replace("_", " ")


def _answer(asked: Exchange) -> str:
    return f"{asked.method} {asked.url} → {asked.status}"


def _addresses(evidence: Evidence, way: NodeWay, ping: Ping) -> View | None:
    here = ", ".join(ping.addresses) + (" (as told by --resolve)" if ping.placed and ping.addresses else "")
    node = _connected(evidence, way)
    if not node and way.resolver:
        return View("address", f"none from {way.resolver}", here, False if here and not ping.placed else None)
    if not node and (ping.placed or not here):
        return None
    comparable = bool(node and ping.addresses) and not ping.placed
    return View("address", node, here, node in ping.addresses if comparable else None)


def _connected(evidence: Evidence, way: NodeWay) -> str:
    """The registry's address as the node has it; not where a proxy may be what it talks to."""
    if way.proxied is None and way.port != _port(evidence):
        return ""
    return "" if way.proxied else way.address


def _port(evidence: Evidence) -> str:
    _, colon, port = (evidence.image.registry if evidence.image else "").rpartition(":")
    return port if colon and port.isdigit() else "443"


def _proxies(evidence: Evidence, way: NodeWay, ping: Ping) -> View | None:
    node = through(evidence, way)
    if node is None and not ping.proxy:
        return None
    told = "" if node is None else f"through {way.proxy or 'a proxy'}" if node else "directly"
    here = f"through {ping.proxy}" if ping.proxy else "directly"
    return View("proxy", told, here, None if node is None else node == bool(ping.proxy))


def through(evidence: Evidence, way: NodeWay) -> bool | None:
    """Does the node go through a proxy? None where its text does not tell."""
    return True if evidence.reading.cause == "proxy" else way.proxied


def differences(evidence: Evidence) -> str:
    """Return how the two ways to the registry differ, as the end of a sentence; empty where nothing is known to."""
    if not isinstance(evidence.ping, Fact) or not _same_place(evidence):
        return ""
    ping, way = evidence.ping.value, way_of(evidence)
    return _other_proxy(evidence, way, ping) + _other_address(evidence, way, ping)


def _other_proxy(evidence: Evidence, way: NodeWay, ping: Ping) -> str:
    node = through(evidence, way)
    if node and not ping.proxy:
        named = f", {way.proxy}, which" if way.proxy else ", which"
        return f"; the node goes through a proxy{named} this machine does not"
    if node is False and ping.proxy:
        return f"; from here it was asked through the proxy {ping.proxy}, while the node goes without one"
    if node is None and ping.proxy:
        return f"; from here it was asked through the proxy {ping.proxy}"
    return ""


def _other_address(evidence: Evidence, way: NodeWay, ping: Ping) -> str:
    node, here = _connected(evidence, way), ", ".join(ping.addresses)
    if ping.placed or not here:
        return ""
    if node and node not in ping.addresses:
        return f"; the node has {node} for its address, this machine {here}"
    return f"; from here it leads to {here}" if way.resolver and not way.proxied else ""
