"""HD502 and HD503 say what the workload ran before, and only what is known of it."""

from dataclasses import replace

import pytest

from checks.diagnose import sentence
from checks.earlier import Earlier, last_good
from checks.facts import Beginning, Fact, Nearby, Unknown
from tests import builders as b

NAME = f"{b.HOST}/shop/web"
RUNS = Earlier(f"{NAME}:1.4.1", "ReplicaSet shop/web-b", 2, running=3, ran=True)
RAN = replace(RUNS, running=0)
HAD = replace(RAN, ran=False)
OLDER = Earlier(f"{NAME}:1.3", "ReplicaSet shop/web-a", 1, running=1, ran=True)


def missing(*earlier: Earlier, manifest=None, **known):  # type: ignore[no-untyped-def]
    trial = b.accepted(b.login(), manifest or b.no_tag(), "pull")
    known = {"project": b.proxy(is_one=False), "earlier": Fact(earlier, "ReplicaSets", b.NOW)} | known
    return b.evidence(b.secret(), text=b.not_found(), trials=[trial], **known)


TAG = f"{NAME}:1.4.2"


@pytest.mark.parametrize(("earlier", "said"), [
    ((RUNS,), "; Deployment web still runs 1.4.1."),
    ((RAN,), "; Deployment web ran 1.4.1 before."),
    ((HAD,), "; Deployment web had 1.4.1 before."),
    ((HAD, OLDER), "; Deployment web still runs 1.3."),
    ((replace(RUNS, image="other.example/x:1"),), "; Deployment web still runs other.example/x:1."),
    ((replace(RUNS, image=f"{NAME}@sha256:{'a' * 64}"),), f"; Deployment web still runs {NAME}@sha256:{'a' * 64}."),
    ((), "has no tag 1.4.2 in shop/web."),
])  # fmt: skip
def test_what_ran_before_stands_at_the_end_of_the_verdict(named, earlier, said) -> None:
    found = named(missing(*earlier), "HD503", TAG)
    assert sentence(found).endswith(said), sentence(found)


def test_the_repository_of_an_image_that_ran_is_told_in_full(named) -> None:
    found = named(missing(replace(RUNS, image=f"{b.HOST}/shop/wbe:1"), manifest=b.no_repository()), "HD502", NAME)
    assert sentence(found).endswith(f"; Deployment web still runs {b.HOST}/shop/wbe:1.")


def test_a_tag_that_is_gone_too_is_told_and_not_offered(named) -> None:
    found = named(missing(RUNS, nearby=b.tags("2.0", "1.3")), "HD503", TAG)
    assert sentence(found).endswith("; Deployment web still runs 1.4.1, which is gone too.")
    assert found.cause.params["ran"] == ""
    found = named(missing(RUNS, nearby=b.tags("2.0", "1.4.1")), "HD503", TAG)
    assert sentence(found).endswith("; Deployment web still runs 1.4.1.")
    assert (found.cause.params["ran"], found.cause.params["revision"]) == (RUNS.image, "2")


def test_a_tag_that_is_not_in_the_first_part_of_the_list_is_not_called_gone(named) -> None:
    part = Nearby(Beginning(("2.0", "1.3"), "tags", b.NOW))
    found = named(missing(RUNS, nearby=part), "HD503", TAG)
    assert sentence(found).endswith("; Deployment web still runs 1.4.1.")
    assert (found.cause.params["ran"], found.cause.params["revision"]) == (RUNS.image, "2")


@pytest.mark.parametrize("one", [HAD, replace(RUNS, revision=0)])
def test_only_a_numbered_revision_that_ran_is_offered_to_go_back_to(named, one) -> None:
    assert named(missing(one), "HD503", TAG).cause.params["ran"] == ""


def test_a_past_that_is_not_known_is_told_in_the_evidence_and_not_in_the_verdict(named) -> None:
    found = named(missing(earlier=Unknown("no right to read ReplicaSets in shop")), "HD503", TAG)
    assert sentence(found).endswith("in shop/web.")
    assert [p.text for p in found.cause.proofs if p.source == "workload"] == [
        "what ran before is not known: no right to read ReplicaSets in shop"
    ]


def test_a_past_that_was_not_asked_for_leaves_no_line(named) -> None:
    found = named(missing(earlier=b.evidence().earlier), "HD503", TAG)
    assert [p for p in found.cause.proofs if p.source == "workload"] == []


def test_the_newest_that_ran_comes_before_a_newer_one_that_is_not_known_to_have() -> None:
    assert last_good((HAD, RAN, OLDER)) == RAN
    assert last_good((HAD,)) == HAD
    assert last_good(()) is None
