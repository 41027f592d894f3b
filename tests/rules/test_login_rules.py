"""HD3xx: is the login known. A refusal matters only where the image is refused for want of a login."""

from datetime import timedelta

import pytest

from checks.facts import Fact, Knows, Unknown
from tests import builders as b

ALICE = b.login("alice", "old")


def _refused(who=ALICE, knows: Knows = Knows.REFUSED, **known):
    known = {"text": b.unauthorized(), "trials": [b.refused(who, knows=knows)]} | known
    return b.evidence(b.secret(b.entry(who.username, "old")), **known)


# HD301


@pytest.mark.parametrize("text", ["", b.unauthorized(), b.unauthorized(runtime="1.6"), b.unauthorized(runtime="2.1")])
def test_a_refused_login_is_named_at_its_secret(named, text) -> None:
    found = named(_refused(text=text), "HD301", "shop/harbor-pull")
    assert found.cause.params["user"] == "alice"


@pytest.mark.parametrize(("host", "user", "reason"), [
    ("123456789012.dkr.ecr.eu-west-2.amazonaws.com", "AWS", "a password for ECR lives 12 hours"),
    ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "AWS", "a password for ECR lives 12 hours"),
    ("ecr.example.com", "AWS", "a wrong password, or no such user"),
    ("nvcr.io", "$oauthtoken", "a wrong password, or no such user"),
])  # fmt: skip
def test_of_other_registries_only_what_is_known_of_them_is_said(named, host, user, reason) -> None:
    who = b.login(user, "stale", key=host)
    found = b.evidence(b.secret(b.entry(user, "stale", host)), image=f"{host}/team/app:1",
                       text=b.answered(f"{host}/team/app:1", "401 Unauthorized"), trials=[b.refused(who)],
                       ping=b.ping(host, harbor=False))  # fmt: skip
    assert named(found, "HD301", "shop/harbor-pull").cause.params["reason"] == reason


def test_a_robot_refused_at_once_is_refused(named) -> None:
    """The lock does not touch a robot whose secret is right."""
    named(_refused(b.login(), Knows.LOCKED), "HD301", "shop/harbor-pull")


def test_a_wrong_login_does_not_matter_to_a_public_image(named, silent) -> None:
    public = b.served(b.AMD64)
    found = _refused(text="", trials=[b.refused(ALICE, public)], anonymous=public)
    silent(found, "HD301")
    named(found, "HD000", "shop/web")


@pytest.mark.parametrize(("manifest", "code"), [
    (b.no_tag(), "HD503"), (b.no_repository(), "HD502"), (b.UNSIGNED, "HD603"), (b.VULNERABLE, "HD601"),
])  # fmt: skip
@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
def test_a_wrong_login_does_not_hide_what_a_public_project_lacks(named, manifest, code, knows) -> None:
    found = _refused(text="", trials=[b.refused(ALICE, manifest, knows)], anonymous=manifest)
    subject = f"{b.HOST}/shop/web" + ("" if code == "HD502" else ":1.4.2")
    assert named(found, code, subject).behind == ()


def test_a_missing_project_comes_before_a_wrong_login_which_is_told_too(named) -> None:
    found = _refused(trials=[b.refused(ALICE, b.no_project())], anonymous=b.no_project())
    assert [f.code for f in named(found, "HD501", f"{b.HOST}/shop").behind] == ["HD301"]


def test_a_refused_login_is_not_blamed_where_another_one_is_served(silent) -> None:
    silent(_refused(text="", trials=[b.refused(ALICE), b.accepted(b.login(), b.served(), "pull")]), "HD301")


def test_a_refusal_seen_now_is_not_blamed_for_what_the_kubelet_met(named, silent) -> None:
    found = _refused(text=b.unreached(b.IMAGE, "dial tcp 192.0.2.7:443: connect: connection refused"))
    silent(found, "HD301")
    named(found, "HD202", b.HOST)


def test_a_login_whose_image_could_not_be_asked_is_blamed_on_the_kubelets_word_only(named) -> None:
    unasked = {"trials": [b.Trial(ALICE, Knows.REFUSED)], "anonymous": b.nobody(None, "no answer")}
    named(_refused(**unasked), "HD301", "shop/harbor-pull")
    named(_refused(text="", **unasked), "HD000", "shop/web")


def test_a_login_that_was_not_asked_is_not_called_refused(named) -> None:
    found = _refused(trials=[b.not_asked(ALICE, "its token service is at another host", Knows.NOT_ASKED)])
    diagnosis = named(found, "HD000", "shop/web")
    assert diagnosis.unknowns == ("login alice: its token service is at another host",)


def test_a_robot_in_order_that_is_refused_has_another_secret(named) -> None:
    found = _refused(b.login(), harbor={b.ROBOT: b.view(b.robot())})
    assert "its own" in named(found, "HD301", "shop/harbor-pull").cause.params["reason"]


# HD302, HD303, HD304


@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
@pytest.mark.parametrize(("robot", "code", "said"), [
    (b.robot(days=-3), "HD302", "expired 3 days ago, on Saturday 2026-11-21 12:00 UTC"),
    (b.robot(disabled=True), "HD303", "is disabled in Harbor"),
    (None, "HD304", "does not exist in Harbor"),
])  # fmt: skip
def test_what_became_of_a_robot_is_named_and_nothing_is_said_twice(named, robot, code, said, knows) -> None:
    seen = {"harbor": {b.ROBOT: b.view(robot)}, "cluster_ahead": Fact(timedelta(), "Date", b.NOW)}
    found = named(_refused(b.login(), knows, **seen), code, "shop/harbor-pull")
    assert found.cause.params["detail"] == said
    assert found.behind == ()


def test_a_robot_both_expired_and_disabled_would_still_be_disabled(named) -> None:
    found = _refused(b.login(), harbor={b.ROBOT: b.view(b.robot(days=-1, disabled=True))})
    assert [f.code for f in named(found, "HD302", "shop/harbor-pull").behind] == ["HD303"]


@pytest.mark.parametrize("code", ["HD302", "HD303", "HD304"])
@pytest.mark.parametrize("seen", [b.view(b.robot()), b.view(b.robot(days=None)), b.view(Unknown("may not be seen"))])
def test_a_robot_in_order_or_out_of_sight_is_not_called_gone_expired_or_disabled(named, silent, code, seen) -> None:
    found = _refused(b.login(), harbor={b.ROBOT: seen})
    silent(found, code)
    named(found, "HD301", "shop/harbor-pull")


@pytest.mark.parametrize(("robot", "code"), [(b.robot(days=-3), "HD302"), (b.robot(disabled=True), "HD303"),
                                             (None, "HD304")])  # fmt: skip
def test_a_robot_that_the_registry_accepts_is_not_blamed_whatever_the_list_says(silent, robot, code) -> None:
    """A list may be older than the answer."""
    trials = [b.accepted(b.login(), b.no_tag(), "pull")]
    silent(_refused(b.login(), text=b.not_found(), trials=trials, harbor={b.ROBOT: b.view(robot)}), code)


# HD305

RENAMED = {b.ROBOT: b.view(b.robot("bot$shop+pull"))}


@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
def test_a_robot_whose_prefix_was_changed_is_named_with_its_new_name(named, knows) -> None:
    who = b.login()
    proof = (b.variant("robot_prefix", who, b.login("bot$shop+pull")),)
    found = named(_refused(who, knows, harbor=RENAMED, variants=proof), "HD305", "shop/harbor-pull")
    assert "is called bot$shop+pull in Harbor now" in found.cause.params["detail"]
    assert "is accepted" in found.cause.params["detail"]
    assert found.behind == ()


def test_a_password_that_the_new_name_does_not_take_is_not_said_to_be_right(named) -> None:
    who = b.login()
    refused = (b.variant("robot_prefix", who, b.login("bot$shop+pull"), Knows.REFUSED),)
    for proof in ((), refused):
        found = named(_refused(who, harbor=RENAMED, variants=proof), "HD305", "shop/harbor-pull")
        assert found.cause.params["detail"].endswith("the password under it is not proven")


def test_a_robot_under_its_own_name_has_kept_its_prefix(silent) -> None:
    silent(_refused(b.login(), harbor={b.ROBOT: b.view(b.robot())}), "HD305")
    silent(_refused(b.login(), harbor={b.ROBOT: b.view(None)}), "HD305")
    silent(_refused(b.login(), harbor={b.ROBOT: b.view(Unknown("may not be seen"))}), "HD305")


# HD306


@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
def test_a_person_refused_by_a_harbor_with_oidc_is_told_of_the_cli_secret(named, knows) -> None:
    found = named(_refused(knows=knows, auth_mode=b.OIDC), "HD306", "shop/harbor-pull")
    assert found.cause.params["user"] == "alice"
    assert found.behind == ()


@pytest.mark.parametrize("mode", ["db_auth", "ldap_auth"])
def test_a_person_refused_by_another_harbor_has_no_cli_secret(named, silent, mode) -> None:
    found = _refused(auth_mode=Fact(mode, "systeminfo", b.NOW))
    silent(found, "HD306")
    named(found, "HD301", "shop/harbor-pull")
    silent(_refused(auth_mode=Unknown("no answer")), "HD306")


@pytest.mark.parametrize("user", [b.ROBOT, "robot$all", "robot", "robot+pull", "admin"])
def test_robots_and_the_administrator_sign_in_by_password_with_oidc_too(silent, user) -> None:
    silent(_refused(b.login(user, "old"), auth_mode=b.OIDC), "HD306")


def test_a_person_whose_login_is_taken_or_not_needed_is_not_told_of_oidc(silent) -> None:
    public = b.served(b.AMD64)
    silent(_refused(text="", trials=[b.refused(ALICE, public)], anonymous=public, auth_mode=b.OIDC), "HD306")
    silent(_refused(trials=[b.accepted(ALICE, b.denied())], auth_mode=b.OIDC), "HD306")


# HD307


def test_a_user_refused_at_once_is_refused_or_locked(named, silent) -> None:
    found = _refused(knows=Knows.LOCKED)
    named(found, "HD307", "shop/harbor-pull")
    silent(found, "HD301")


def test_a_locked_user_does_not_matter_to_a_public_image(silent) -> None:
    public = b.served(b.AMD64)
    silent(_refused(text="", trials=[b.refused(ALICE, public, Knows.LOCKED)], anonymous=public), "HD307")


def test_a_final_refusal_is_no_lock(silent) -> None:
    silent(_refused(), "HD307")
