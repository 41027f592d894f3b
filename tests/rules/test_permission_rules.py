"""HD4xx: an accepted login without the right, told by its token."""

from dataclasses import replace

import pytest

from checks.facts import Knows, Manifest, Unknown
from tests import builders as b

ALICE = b.login("alice", "good")
UPLOADER = b.login("robot$uploader")


def _accepted(who, *actions, manifest=None, **known):
    known = {"text": b.unauthorized()} | known
    trials = [b.accepted(who, manifest or b.denied(), *actions)]
    return b.evidence(b.secret(b.entry(who.username, "good")), trials=trials, **known)


CASES = {
    "HD401": (ALICE, (), f"alice@{b.HOST}/shop"),
    "HD402": (b.login("robot$other+pull"), (), f"robot$other+pull@{b.HOST}/shop"),
    "HD403": (UPLOADER, ("push",), f"robot$uploader@{b.HOST}/shop"),
}


@pytest.mark.parametrize("code", CASES)
@pytest.mark.parametrize("text", ["", b.unauthorized(), b.unauthorized(runtime="1.6")])
def test_a_login_without_the_right_is_named(named, code, text) -> None:
    who, actions, subject = CASES[code]
    assert named(_accepted(who, *actions, text=text), code, subject).behind == ()


@pytest.mark.parametrize("code", CASES)
@pytest.mark.parametrize(
    "manifest", [b.served(), b.no_tag(), b.no_repository(), b.UNSIGNED, Manifest(502), Manifest(429)]
)
def test_a_login_that_is_not_refused_the_image_lacks_no_right(silent, code, manifest) -> None:
    who, actions, _ = CASES[code]
    silent(_accepted(who, *actions, manifest=manifest, text=""), code)


@pytest.mark.parametrize("code", CASES)
def test_nobody_has_rights_in_a_project_that_does_not_exist(named, silent, code) -> None:
    who, actions, _ = CASES[code]
    found = _accepted(who, *actions, manifest=b.no_project(), anonymous=b.no_project())
    silent(found, code)
    named(found, "HD501", f"{b.HOST}/shop")


@pytest.mark.parametrize("code", CASES)
def test_a_login_that_was_refused_or_not_asked_is_not_judged_by_its_rights(silent, code) -> None:
    who, actions, _ = CASES[code]
    for knows in (Knows.REFUSED, Knows.LOCKED, Knows.NOT_ASKED, Knows.UNKNOWN):
        trial = replace(b.accepted(who, b.denied(), *actions), knows=knows)
        silent(b.evidence(b.secret(), text=b.unauthorized(), trials=[trial]), code)


def test_a_token_that_does_not_tell_its_rights_proves_nothing(named) -> None:
    trial = replace(b.accepted(ALICE, b.denied()), actions=None)
    named(b.evidence(b.secret(), text=b.unauthorized(), trials=[trial]), "HD000", "shop/web")


@pytest.mark.parametrize("granted", [("pull",), ("*",)])
def test_a_login_that_is_granted_pull_and_refused_all_the_same_is_a_riddle(named, granted) -> None:
    """Two replicas with different keys do that."""
    named(_accepted(ALICE, *granted), "HD000", "shop/web")


@pytest.mark.parametrize("code", ["HD401", "HD402"])
def test_elsewhere_than_on_harbor_no_right_may_mean_no_such_repository(silent, code) -> None:
    who, actions, _ = CASES[code]
    silent(_accepted(who, *actions, ping=b.ping(harbor=False)), code)
    silent(_accepted(who, *actions, ping=Unknown("not asked")), code)


def test_a_robot_whose_prefix_is_not_the_usual_one_is_known_by_the_api(named) -> None:
    who = b.login("ci_reader")
    found = _accepted(who, harbor={"ci_reader": b.view(b.robot("ci_reader"))})
    named(found, "HD402", f"ci_reader@{b.HOST}/shop")


def test_rights_that_stop_at_one_of_two_logins_do_not_matter_where_the_other_is_served(silent) -> None:
    trials = [b.accepted(ALICE, b.denied()), b.accepted(b.login(), b.served(), "pull")]
    silent(b.evidence(b.secret(), trials=trials), "HD401")
