"""HD211 to HD213: which certificate, whose is missing, and what a clock has to do with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.facts import Break, Certificate, Fact
from tests import builders as b

BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), b.NOW + timedelta(days=300)
LEAF = Certificate(f"CN={b.HOST}", "CN=Middle", (b.HOST, "registry.local"), BEGIN, END)
MIDDLE = Certificate("CN=Middle", "CN=Root", (), BEGIN, END)
ROOT = Certificate("CN=Root", "CN=Root", (), BEGIN, END)
OVER = replace(MIDDLE, not_after=datetime(2026, 2, 1, tzinfo=UTC))
SELF = replace(LEAF, issuer=LEAF.subject)

UNKNOWN_CA = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
WRONG_NAME = "tls: failed to verify certificate: x509: certificate is valid for ingress.local, not harbor.example.com"


def judged(when: datetime, word: str, limit: datetime) -> str:
    text = "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time"
    return f"{text} {when:%Y-%m-%dT%H:%M:%SZ} is {word} {limit:%Y-%m-%dT%H:%M:%SZ}"


EXPIRED = judged(b.NOW, "after", b.NOW - timedelta(days=1))


def seen(*sent: Certificate, broken: Break | None = None, **fields: Any) -> Fact[Any]:
    ping = b.ping(broken=broken)
    return replace(ping, value=replace(ping.value, certificates=sent, **fields))


def failing(cause: str, ping: Fact[Any], **known: Any):
    return b.evidence(b.secret(), text=b.unreached(b.IMAGE, cause), ping=ping, **known)


def ends(found, words: str) -> None:
    from checks.diagnose import sentence

    assert sentence(found).endswith(words), sentence(found)


@pytest.mark.parametrize(("sent", "leaf_only", "said"), [
    ((LEAF,), False, "; it is CN=Middle, whose own certificate the server does not send."),
    ((LEAF, MIDDLE), False, "; it is CN=Root, whose own certificate the server does not send."),
    ((LEAF, MIDDLE, ROOT), False, "; it is CN=Root, at the end of the chain that the server sends."),
    ((LEAF,), True, "; it is CN=Middle."),
    ((SELF,), False, "; it has signed itself."),
    ((), False, ", though it answers from here."),
])  # fmt: skip
def test_the_authority_that_the_node_lacks_is_named(named, sent, leaf_only, said) -> None:
    ends(named(failing(UNKNOWN_CA, seen(*sent, leaf_only=leaf_only)), "HD211", b.HOST), said)


def test_the_chain_stands_in_the_evidence_with_what_is_missing(named) -> None:
    lines = [p.text for p in named(failing(UNKNOWN_CA, seen(LEAF, MIDDLE)), "HD211", b.HOST).cause.proofs]
    until = f"{END:%Y-%m-%d}"
    assert (
        f"certificate 0: CN={b.HOST}, for {b.HOST}, registry.local, from 2026-01-01 until {until}, by CN=Middle"
        in lines
    )
    assert f"certificate 1: CN=Middle, from 2026-01-01 until {until}, by CN=Root" in lines
    assert "not sent: the certificate of CN=Root; each node must know it by itself" in lines


def test_that_only_the_leaf_could_be_read_is_told_and_nothing_called_missing(named) -> None:
    lines = [p.text for p in named(failing(UNKNOWN_CA, seen(LEAF, leaf_only=True)), "HD211", b.HOST).cause.proofs]
    assert "whether the server sent more than its own certificate cannot be read by this Python" in lines
    assert not [line for line in lines if line.startswith("not sent")]


def test_certificates_of_a_registry_that_the_text_is_not_about_are_not_cited(named) -> None:
    asked = f'failed to do request: Get "https://mirror.example.net/v2/": {UNKNOWN_CA}'
    found = b.evidence(b.secret(), text=b.resolving(b.IMAGE, asked), ping=seen(LEAF))
    cause = named(found, "HD211", "mirror.example.net").cause
    assert not [proof for proof in cause.proofs if "certificate 0" in proof.text]
    ends(named(found, "HD211", "mirror.example.net"), "mirror.example.net.")


def test_an_issuers_certificate_that_is_over_is_told_from_the_servers_own(named) -> None:
    found = named(failing(EXPIRED, seen(LEAF, OVER, broken=Break.TLS_EXPIRED)), "HD212", b.HOST)
    ends(found, " from here; its own is in order, and that of its issuer CN=Middle is not.")
    over = replace(LEAF, not_after=b.NOW - timedelta(days=1))
    found = named(failing(EXPIRED, seen(over, MIDDLE, broken=Break.TLS_EXPIRED)), "HD212", b.HOST)
    ends(found, "has expired, and the same is seen from here.")


def test_the_names_of_the_certificate_are_told(named) -> None:
    other = replace(LEAF, names=("ingress.local", "b.local"))
    ends(named(failing(WRONG_NAME, seen(other)), "HD213", b.HOST), "; it is for ingress.local, b.local.")
    many = replace(LEAF, names=tuple(f"{n}.local" for n in range(9)))
    ends(named(failing(WRONG_NAME, seen(many)), "HD213", b.HOST), "3.local, 4.local and 4 more.")


# Clocks.

MADE = b.NOW - timedelta(minutes=7)
CLUSTER = Fact(timedelta(), "Date", b.NOW)


def test_a_certificate_that_is_not_valid_yet_is_not_called_expired(named) -> None:
    cause = judged(b.NOW, "before", b.NOW + timedelta(days=1))
    ends(
        named(failing(cause, seen(), cluster_ahead=CLUSTER), "HD212", b.HOST),
        "is not valid yet, says the node; from here it is in order.",
    )


def test_a_node_whose_clock_is_behind_its_pods_making_is_proven_to_be_wrong(named) -> None:
    begin = MADE - timedelta(hours=2)
    cause = judged(MADE - timedelta(hours=5), "before", begin)
    found = named(failing(cause, seen(LEAF), cluster_ahead=CLUSTER), "HD212", b.HOST)
    ends(
        found,
        f"; it has been valid since {begin:%Y-%m-%d}, but the node's clock is at least 5 hours behind the cluster's.",
    )


def test_a_node_whose_clock_is_ahead_of_the_cluster_is_proven_to_be_wrong(named) -> None:
    end = b.NOW + timedelta(days=2)
    found = named(
        failing(judged(b.NOW + timedelta(days=3), "after", end), seen(), cluster_ahead=CLUSTER), "HD212", b.HOST
    )
    ends(found, f"; it is valid until {end:%Y-%m-%d}, but the node's clock is at least 3 days ahead of the cluster's.")


def test_a_clock_that_is_off_and_does_not_explain_it_is_not_called_the_cause(named) -> None:
    late = judged(b.NOW + timedelta(days=3), "after", b.NOW - timedelta(days=9))
    ends(
        named(failing(late, seen(), cluster_ahead=CLUSTER), "HD212", b.HOST),
        "has expired, says the node; from here it is in order.",
    )
    early = judged(MADE - timedelta(hours=5), "before", b.NOW + timedelta(days=1))
    ends(
        named(failing(early, seen(), cluster_ahead=CLUSTER), "HD212", b.HOST),
        "not valid yet, says the node; from here it is in order.",
    )


def test_a_clock_that_is_off_may_be_behind_a_certificate_that_became_valid_since_the_pod_was_made(named) -> None:
    early = judged(MADE - timedelta(hours=5), "before", b.NOW - timedelta(minutes=2))
    found = named(failing(early, seen(), cluster_ahead=CLUSTER), "HD212", b.HOST)
    ends(found, "; the node's clock is at least 5 hours behind the cluster's, which may be behind it.")


def test_a_node_clock_within_the_attempts_time_is_not_blamed(named) -> None:
    cause = judged(MADE + timedelta(minutes=1), "after", MADE - timedelta(days=1))
    ends(
        named(failing(cause, seen(), cluster_ahead=CLUSTER), "HD212", b.HOST),
        "has expired, says the node; from here it is in order.",
    )


def test_this_machines_clock_is_told_where_the_api_servers_finds_the_certificate_valid(named) -> None:
    fresh = replace(LEAF, not_before=b.NOW + timedelta(hours=1))
    found = failing(
        EXPIRED, seen(fresh, broken=Break.TLS_EXPIRED), cluster_ahead=Fact(timedelta(hours=2), "Date", b.NOW)
    )
    ends(named(found, "HD212", b.HOST), "; by the API server's clock, 2 hours ahead of this machine's, it is valid.")


def test_another_clock_that_is_off_may_be_behind_a_certificate_whose_dates_are_not_told(named) -> None:
    bare = "x509: certificate has expired or is not yet valid"
    found = named(failing(bare, seen(), cluster_ahead=Fact(timedelta(minutes=-7), "Date", b.NOW)), "HD212", b.HOST)
    ends(found, "; the API server's clock is 7 minutes behind this machine's, which may be behind it.")


@pytest.mark.parametrize(("ahead", "said"), [
    (timedelta(hours=2), f"; the clock of {b.HOST} is 2 hours ahead of this machine's, which may be behind it."),
    (timedelta(minutes=30), "has expired, says the node; from here it is in order."),
])  # fmt: skip
def test_a_clock_is_named_only_where_it_makes_a_difference_to_the_dates(named, ahead, said) -> None:
    """The certificate ends in an hour by our clock; the node finds it ended."""
    cause = judged(b.NOW + timedelta(minutes=61), "after", b.NOW + timedelta(hours=1))
    exchange = replace(b.exchange(None, 401), clock=b.NOW + ahead)
    ends(named(failing(cause, seen(exchange=exchange)), "HD212", b.HOST), said)


def _token_refused(service: timedelta, registry: timedelta):
    token = replace(b.exchange(b.ROBOT), clock=b.NOW + service, claims=(("sub", b.ROBOT),))
    asked = replace(b.exchange("(token)", 401), clock=b.NOW + registry)
    trial = replace(b.accepted(b.login(), b.denied(), "pull"), exchanges=(token, asked))
    return b.evidence(b.secret(), text=b.unauthorized(), trials=[trial])


def test_a_token_service_whose_clock_is_not_the_registrys_may_be_behind_a_token_that_is_not_taken(named) -> None:
    found = named(_token_refused(timedelta(minutes=3), timedelta()), "HD000", "shop/web")
    ends(found, "; the token service's clock is 3 minutes ahead of the registry's, which may be behind it.")


def test_clocks_that_agree_are_not_mentioned_where_a_token_is_not_taken(named) -> None:
    found = named(_token_refused(timedelta(seconds=30), timedelta()), "HD000", "shop/web")
    assert "clock" not in found.cause.params["said"]


def test_a_token_that_grants_nothing_is_not_blamed_on_a_clock(named) -> None:
    off = seen(exchange=replace(b.exchange(None, 401), clock=b.NOW + timedelta(hours=1)))
    found = b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized(), ping=off)
    from checks.diagnose import diagnose, sentence

    assert "clock" not in sentence(diagnose(found))
