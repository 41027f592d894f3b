"""The node and this machine side by side: rules of network and TLS tell where they agree and where they differ."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks.diagnose import diagnose, group
from checks.facts import Break, Fact, Unknown
from checks.model import Evidence
from checks.report import problem_dict
from checks.rules import RULES, by_code
from checks.vantage import View, views
from tests import builders as b
from tests.rules.test_network_rules import CAUSES
from tui.evidence_text import evidence_text

NODE_HAS, HERE_IS, RESOLVER, PROXY = "192.0.2.7", "198.51.100.4", "10.0.0.2:53", "http://proxy.corp:3128"


def seen(**fields: Any) -> Fact[Any]:
    """A ping with these fields."""
    ping = b.ping(broken=fields.pop("broken", None))
    return replace(ping, value=replace(ping.value, **fields))


def failing(code: str, **fields: Any) -> Evidence:
    """The node fails in this way; the ping from here has `fields`."""
    return b.evidence(b.secret(), text=b.unreached(b.IMAGE, CAUSES[code][0]), ping=seen(**fields))


def view(evidence: Evidence, about: str) -> View:
    return next(one for one in views(evidence) if one.about == about)


def sentence(evidence: Evidence, code: str) -> str:
    rule = by_code(code)
    assert rule is not None
    finding = rule.examine(evidence)
    assert finding is not None
    return rule.render(finding)


def told_apart(code: str) -> str:
    """What cannot be so where we got an answer is the node's word; what can be stands as it is."""
    sound = "says the node; from here it is in order"
    return sound if code in ("HD212", "HD213", "HD214") else "though it answers from here"


# The answer.


@pytest.mark.parametrize("code", CAUSES)
def test_what_works_here_and_not_on_the_node_is_a_difference(code: str) -> None:
    found = failing(code)
    assert view(found, "registry").agree is False
    assert told_apart(code) in sentence(found, code)


@pytest.mark.parametrize("code", CAUSES)
def test_what_breaks_in_the_same_way_here_agrees(code: str) -> None:
    found = failing(code, broken=CAUSES[code][1])
    assert view(found, "registry").agree is True
    assert "the same is seen from here" in sentence(found, code)


@pytest.mark.parametrize("code", CAUSES)
def test_what_breaks_in_another_way_here_is_told_with_it(code: str) -> None:
    other = Break.TLS_OTHER
    found = failing(code, broken=other)
    assert view(found, "registry").agree is False
    assert f"; from here: {b.HOST} gave no answer" in sentence(found, code)


@pytest.mark.parametrize("code", CAUSES)
def test_what_was_not_asked_from_here_is_neither(code: str) -> None:
    text = b.unreached(b.IMAGE, CAUSES[code][0])
    for ping in (Unknown("no answer"), seen(broken=Break.FORBIDDEN_ADDRESS)):
        found = b.evidence(b.secret(), text=text, ping=ping)
        assert view(found, "registry").agree is None
        assert "from here" not in sentence(found, code)


def test_every_rule_of_the_way_to_the_registry_has_a_place_for_what_is_seen_from_here() -> None:
    for rule in RULES:
        if rule.stage.value in ("network", "tls"):
            assert "{here}" in rule.sentence, rule.code


def test_a_server_error_on_both_sides_agrees() -> None:
    down = seen(exchange=b.exchange(None, 503), harbor=False, scheme="")
    text = b.answered(b.IMAGE, "503 Service Unavailable")
    assert view(b.evidence(b.secret(), text=text, ping=down), "registry").agree is True
    assert view(b.evidence(b.secret(), text=text), "registry").agree is False


def test_an_image_that_can_be_pulled_from_here_and_not_on_the_node_is_a_difference() -> None:
    found = b.evidence(b.secret(), text=b.unauthorized())
    assert view(found, "pull").agree is False
    assert "from here manifest as" in "".join(p.text for p in _unknown(found).proofs if p.source == "vantage")


def _unknown(evidence: Evidence):  # type: ignore[no-untyped-def]
    rule = by_code("HD000")
    assert rule is not None
    return rule.examine(evidence)


def test_a_refusal_on_both_sides_agrees() -> None:
    found = b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized())
    assert view(found, "pull").agree is True


def test_what_the_text_says_of_another_host_is_not_compared() -> None:
    text = b.resolving(
        b.IMAGE, 'failed to do request: Get "https://mirror.example.net/v2/": dial tcp 203.0.113.9:443: i/o timeout'
    )
    found = b.evidence(b.secret(), text=text, ping=seen(addresses=(HERE_IS,), proxy=PROXY))
    assert [one.agree for one in views(found) if one.about == "registry"] == [None]
    assert not [one for one in views(found) if one.about in ("address", "proxy")]
    assert HERE_IS not in sentence(found, "HD203")


# The address.


@pytest.mark.parametrize("code", ["HD202", "HD203", "HD206"])
def test_another_address_on_the_node_is_told(code: str) -> None:
    found = failing(code, addresses=(HERE_IS,))
    assert view(found, "address") == View("address", NODE_HAS, HERE_IS, False)
    assert f"; the node has {NODE_HAS} for its address, this machine {HERE_IS}." in sentence(found, code)


@pytest.mark.parametrize("code", ["HD202", "HD203", "HD206"])
def test_the_same_address_on_both_sides_is_no_difference(code: str) -> None:
    found = failing(code, addresses=(HERE_IS, NODE_HAS))
    assert view(found, "address").agree is True
    assert NODE_HAS not in sentence(found, code)


def test_one_address_in_two_spellings_is_one() -> None:
    text = b.unreached(b.IMAGE, "dial tcp [fd00:0:0::7]:443: i/o timeout")
    found = b.evidence(b.secret(), text=text, ping=seen(addresses=("fd00::7",)))
    assert view(found, "address").agree is True


def test_an_address_that_the_user_gave_says_nothing_about_dns() -> None:
    found = failing("HD202", addresses=(HERE_IS,), placed=True)
    assert view(found, "address").agree is None
    assert NODE_HAS not in sentence(found, "HD202")


def test_a_name_that_only_this_machine_finds_is_told_with_its_address_and_the_nodes_resolver() -> None:
    found = failing("HD201", addresses=(HERE_IS,))
    assert view(found, "address") == View("address", f"none from {RESOLVER}", HERE_IS, False)
    assert sentence(found, "HD201").endswith(f", though it answers from here; from here it leads to {HERE_IS}.")


def test_what_the_node_talked_to_at_another_port_may_be_its_proxy() -> None:
    text = b.unreached(b.IMAGE, "read tcp 10.1.0.4:41124->10.0.0.9:3128: read: connection reset by peer")
    found = b.evidence(b.secret(), text=text, ping=seen(addresses=(HERE_IS,)))
    assert view(found, "address").node == ""
    assert "10.0.0.9" not in sentence(found, "HD206")


# The proxy.


def test_a_node_behind_a_proxy_is_told_apart_from_this_machine_without_one() -> None:
    found = failing("HD204")
    assert view(found, "proxy") == View("proxy", "through 10.0.0.9:3128", "directly", False)
    assert "; the node goes through a proxy, 10.0.0.9:3128, which this machine does not." in sentence(found, "HD204")


def test_a_proxy_that_says_no_without_its_address_is_still_one() -> None:
    found = b.evidence(b.secret(), text=b.unreached(b.IMAGE, "Forbidden"))
    assert view(found, "proxy").node == "through a proxy"
    assert "; the node goes through a proxy, which this machine does not." in sentence(found, "HD204")


@pytest.mark.parametrize("code", ["HD201", "HD202", "HD203"])
def test_this_machine_behind_a_proxy_is_told_apart_from_a_node_without_one(code: str) -> None:
    found = failing(code, proxy=PROXY)
    assert view(found, "proxy") == View("proxy", "directly", f"through {PROXY}", False)
    said = f"though it answers from here; from here it was asked through the proxy {PROXY}, while the node goes without"
    assert said in sentence(found, code)


def test_this_machines_proxy_is_told_where_the_nodes_way_is_not_known() -> None:
    found = failing("HD211", proxy=PROXY)
    assert view(found, "proxy").agree is None
    assert f"; from here it was asked through the proxy {PROXY}" in sentence(found, "HD211")


def test_both_behind_a_proxy_is_no_difference() -> None:
    found = failing("HD204", proxy=PROXY)
    assert view(found, "proxy").agree is True
    assert "machine" not in sentence(found, "HD204")


# Clocks that take part.


def test_clocks_that_go_right_are_not_mentioned() -> None:
    close = seen(exchange=replace(b.exchange(None, 401), clock=b.NOW + timedelta(minutes=4)))
    found = b.evidence(b.secret(), text=b.unauthorized(), ping=close)
    assert not [one for one in views(found) if one.about == "clock"]


@pytest.mark.parametrize(("minutes", "said"), [(7, "7 minutes ahead of"), (-90, "1 hour behind"), (2880, "2 days ah")])
def test_a_registrys_clock_that_is_off_is_told(minutes: int, said: str) -> None:
    off = seen(exchange=replace(b.exchange(None, 401), clock=b.NOW + timedelta(minutes=minutes)))
    found = b.evidence(b.secret(), text=b.unauthorized(), ping=off)
    told = view(found, "clock")
    assert told.agree is False
    assert told.here.startswith(f"the clock of {b.HOST} is {said}")


# Where it is shown.


def test_both_places_stand_side_by_side_in_the_evidence_and_in_the_report() -> None:
    found = failing("HD202", addresses=(HERE_IS,), proxy="")
    (problem,) = group("lab", [diagnose(found)])
    text = evidence_text(problem)
    assert "the node, and here\n" in text
    assert f"  address     differ  node: {NODE_HAS}; here: {HERE_IS}\n" in text
    assert "  proxy       agree   node: directly; here: directly\n" in text
    told = problem_dict(problem, ())["vantage"]
    assert {"about": "address", "node": NODE_HAS, "here": HERE_IS, "agree": False} in told
    assert [one["about"] for one in told] == ["registry", "pull", "address", "proxy"]


def test_what_one_side_does_not_tell_is_null_in_the_report_and_said_in_the_evidence() -> None:
    found = failing("HD211", proxy=PROXY)
    (problem,) = group("lab", [diagnose(found)])
    told = {one["about"]: one for one in problem_dict(problem, ())["vantage"]}
    assert told["proxy"] == {"about": "proxy", "node": None, "here": f"through {PROXY}", "agree": None}
    assert f"  proxy       -       node: not told; here: through {PROXY}\n" in evidence_text(problem)


def test_what_the_kubelet_said_steers_no_terminal_in_the_comparison() -> None:
    text = b.unreached(b.IMAGE, "dial tcp 192.0.2.7:443: connect: connection refused \x1b[2J")
    (problem,) = group("lab", [diagnose(b.evidence(b.secret(), text=text))])
    assert "\x1b" not in evidence_text(problem)


def test_what_the_text_says_of_the_token_service_is_not_compared_with_the_registry() -> None:
    asked = f'failed to authorize: failed to fetch oauth token: Post "http://{b.HOST}/service/token": dial tcp'
    text = b.resolving(b.IMAGE, f"{asked} 203.0.113.9:80: connect: connection refused")
    found = b.evidence(b.secret(), text=text, ping=seen(addresses=(HERE_IS,)))
    assert view(found, "registry").agree is None
    assert {one.about for one in views(found)} == {"registry", "pull"}


def test_an_image_name_that_cannot_be_read_has_nothing_to_compare() -> None:
    found = b.evidence(image="shop/Web", reason="InvalidImageName", ping=Unknown("the image name is invalid"))
    assert [one.about for one in views(found)] == ["pull"]


def test_the_nodes_clock_is_shown_beside_this_machines() -> None:
    found = failing("HD212")
    assert view(found, "clock") == View("clock", "2026-11-24T12:00:00Z", f"{b.NOW:%Y-%m-%dT%H:%M:%SZ}", None)
