"""HD1xx: which login is sent. A public image, a missing project or an unread Secret make wiring beside the point."""

import json

import pytest

from checks.facts import Fact, Knows, Unknown
from tests import builders as b

PUBLIC = b.served(b.AMD64)
OTHER = b.secret(b.entry(key="registry.example.net"), name="other")
NEAR = b.secret(b.entry(key=f"{b.HOST}:8443"), name="near")
OPAQUE = b.secret(name="opaque", type_="Opaque")
EMPTY = b.secret({b.HOST: {}}, name="empty")


# HD101, HD102: no pull secret.


@pytest.mark.parametrize("text", ["", b.nothing_sent(), b.unauthorized(runtime="1.6")])
def test_a_pod_without_any_pull_secret_is_named_at_its_service_account(named, text) -> None:
    found = named(b.evidence(text=text), "HD101", "shop/default")
    assert found.cause.params["why"] == "ServiceAccount default names none"


def test_a_service_account_that_could_not_be_read_is_not_said_to_name_none(named) -> None:
    unread = Unknown("no right to read ServiceAccounts in shop")
    found = named(b.evidence(text=b.nothing_sent(), service_account=unread), "HD101", "shop/default")
    assert "could not be read" in found.cause.params["why"]
    assert found.unknowns == ("ServiceAccount default: no right to read ServiceAccounts in shop",)


@pytest.mark.parametrize("fields", [{"own_empty_list": True}, {"mirror": True, "owner": None}])
def test_a_pod_that_gets_nothing_from_a_service_account_is_at_fault_itself(named, silent, fields) -> None:
    found = b.evidence(text=b.nothing_sent(), service_account=b.account("harbor-pull"), fields=fields)
    named(found, "HD101", "shop/web" if fields.get("own_empty_list") else "shop/web-7d9c")
    silent(found, "HD102")


def test_a_pod_older_than_the_secret_of_its_service_account_is_named(named, silent) -> None:
    found = b.evidence(text=b.nothing_sent(), service_account=b.account("harbor-pull"))
    named(found, "HD102", "shop/default")
    silent(found, "HD101")


@pytest.mark.parametrize("code", ["HD101", "HD102"])
@pytest.mark.parametrize("names", [(), ("harbor-pull",)])
def test_a_public_image_needs_no_pull_secret(named, silent, code, names) -> None:
    found = b.evidence(anonymous=PUBLIC, service_account=b.account(*names))
    silent(found, code)
    assert "everything passes from here" in named(found, "HD000", "shop/web").cause.params["said"]


def test_a_pod_with_a_pull_secret_is_never_said_to_have_none(silent) -> None:
    silent(b.evidence(OTHER, text=b.nothing_sent(), service_account=b.account("harbor-pull")), "HD101")
    silent(b.evidence(OTHER, text=b.nothing_sent(), service_account=b.account("harbor-pull")), "HD102")


def test_nothing_known_of_registry_and_text_blames_no_missing_secret(named) -> None:
    """A pod without pull secret is in order as long as nobody has said that a login is lacking."""
    blind = b.evidence(anonymous=b.nobody(None, "not reached"), ping=Unknown("not reached"))
    named(blind, "HD000", "shop/web")


def test_the_kubelets_word_alone_is_enough_where_it_is_clear(named) -> None:
    blind = {"anonymous": b.nobody(None, "not reached"), "ping": Unknown("not reached")}
    named(b.evidence(text=b.nothing_sent(), **blind), "HD101", "shop/default")
    # A 401 without a login sent may as well be a missing project.
    named(b.evidence(text=b.unauthorized(), **blind), "HD000", "shop/web")


def test_a_misspelt_image_of_docker_hub_is_no_missing_pull_secret(named) -> None:
    """Docker Hub refuses what is not there as if it were private."""
    image = "docker.io/library/ngnix:1.27"
    text = b.resolving(
        image,
        "pull access denied, repository does not exist or may require authorization: server message: "
        "insufficient_scope: authorization failed",
    )
    hub = b.ping("docker.io", harbor=False)
    for secrets in ((), (b.secret(),)):
        for said in (text, ""):
            named(b.evidence(*secrets, image=image, text=said, ping=hub), "HD000", "shop/web")


def test_a_registry_with_basic_lets_nobody_in_without_a_login(named) -> None:
    image = "registry.example.com/team/app:1"
    basic = b.ping("registry.example.com", harbor=False, scheme="basic")
    named(b.evidence(image=image, ping=basic, anonymous=b.denied("team/app")), "HD101", "shop/default")


# HD103: a name without a Secret.


def test_a_missing_secret_is_named_with_the_one_that_was_meant(named) -> None:
    names = Fact(("harbor-pull", "other"), "Secrets in shop", b.NOW)
    found = named(b.evidence(("harbor-pul", b.MISSING), text=b.nothing_sent(), secret_names=names), "HD103",
                  "shop/harbor-pul")  # fmt: skip
    assert found.cause.params["hint"] == "; harbor-pull is there"


def test_a_missing_project_beats_a_missing_secret(named, silent) -> None:
    found = b.evidence(("harbor-pul", b.MISSING), text=b.unauthorized(), anonymous=b.no_project())
    silent(found, "HD103")
    named(found, "HD501", f"{b.HOST}/shop")


def test_a_secret_that_may_not_be_read_is_not_said_to_be_missing(named, silent) -> None:
    found = b.evidence(("harbor-pull", b.FORBIDDEN), text=b.nothing_sent())
    silent(found, "HD103")
    unread = "Secret shop/harbor-pull: no right to read Secrets in shop"
    diagnosis = named(found, "HD000", "shop/web")
    assert diagnosis.unknowns == (unread,)
    assert unread in diagnosis.cause.params["missing"]


def test_an_unread_secret_may_hold_the_login_that_a_missing_one_lacks(named) -> None:
    named(b.evidence(("gone", b.MISSING), ("locked", b.FORBIDDEN), text=b.nothing_sent()), "HD000", "shop/web")


def test_a_missing_secret_beside_a_good_one_is_harmless(silent) -> None:
    silent(b.evidence(("gone", b.MISSING), b.secret()), "HD103")


@pytest.mark.parametrize(("there", "code", "subject"), [
    (NEAR, "HD106", "shop/near"), (EMPTY, "HD107", "shop/empty"),
])  # fmt: skip
def test_a_secret_meant_for_this_registry_is_blamed_before_a_missing_one(named, there, code, subject) -> None:
    named(b.evidence(("gone", b.MISSING), there, text=b.nothing_sent()), code, subject)


def test_a_missing_secret_of_a_public_image_is_harmless(silent) -> None:
    silent(b.evidence(("gone", b.MISSING), anonymous=PUBLIC), "HD103")


# HD104: type, key, shape.


@pytest.mark.parametrize("bad", [
    OPAQUE,
    b.secret(name="opaque", key="config.json"),
    b.secret(name="opaque", payload=b.entry()),
    b.secret(name="opaque", type_="Opaque", payload="just a note"),
], ids=["type", "key", "legacy shape", "nothing in it"])  # fmt: skip
def test_a_secret_that_the_kubelet_skips_is_named(named, bad) -> None:
    named(b.evidence(bad, text=b.nothing_sent()), "HD104", "shop/opaque")


def test_a_skipped_secret_is_harmless_where_another_one_serves(silent) -> None:
    silent(b.evidence(OPAQUE, b.secret()), "HD104")
    silent(b.evidence(OPAQUE, anonymous=PUBLIC), "HD104")


def test_a_skipped_secret_without_a_login_is_not_blamed_for_anothers_wrong_key(named) -> None:
    note = b.secret(name="note", type_="Opaque", payload="just a note")
    named(b.evidence(note, NEAR, text=b.nothing_sent()), "HD106", "shop/near")


# HD105: a payload that fails the whole pull.


@pytest.mark.parametrize(("auths", "what"), [
    ({b.HOST: {"auth": "robot$shop+pull:x"}}, "illegal base64"),
    ({"elsewhere.example.net": {"auth": "bm8gY29sb24="}}, "unable to parse auth field"),
    ({b.HOST: {"username": 7}}, "cannot unmarshal number"),
])  # fmt: skip
def test_one_entry_that_cannot_be_decoded_is_named_though_others_are_good(named, auths, what) -> None:
    bad = b.secret(auths, name="bad")
    found = named(b.evidence(b.secret(), bad, trials=(), text=""), "HD105", "shop/bad")
    assert what in found.cause.params["text"]


def test_the_bare_decoding_error_of_newer_kubelets_is_understood(named) -> None:
    text = "illegal base64 data at input byte 5"
    bad = b.secret({b.HOST: {"auth": "robot$shop"}})
    named(b.evidence(bad, trials=(), text=text, reason=text), "HD105", "shop/harbor-pull")


def test_an_undecodable_secret_of_a_type_that_nobody_reads_is_no_undecodable_one(silent) -> None:
    bad = b.secret({b.HOST: {"auth": "***"}}, name="bad", type_="Opaque")
    silent(b.evidence(bad, b.secret()), "HD105")


def test_a_text_about_the_network_shows_that_the_keyring_could_be_built(silent) -> None:
    bad = b.secret({b.HOST: {"auth": "***"}})
    text = b.unreached(b.IMAGE, "dial tcp 192.0.2.7:443: connect: connection refused")
    silent(b.evidence(bad, trials=(), text=text), "HD105")


# HD106: no entry for the registry.


@pytest.mark.parametrize("key", [
    f"{b.HOST}:8443", f"https://{b.HOST}/v2", f"https://{b.HOST}/harbor/projects", "Harbor.example.com", "*.com",
    "registry.example.net", f"{b.HOST}/finance",
])  # fmt: skip
def test_a_key_for_another_address_is_named_with_the_reason(named, key) -> None:
    found = b.evidence(b.secret(b.entry(key=key)), text=b.nothing_sent())
    assert f"{key} does not count: " in named(found, "HD106", "shop/harbor-pull").cause.params["why"]


def test_of_several_secrets_the_nearest_is_named(named) -> None:
    named(b.evidence(OTHER, NEAR, text=b.nothing_sent()), "HD106", "shop/near")


def test_a_secret_without_entries_is_named(named) -> None:
    found = named(b.evidence(b.secret({}), text=b.nothing_sent()), "HD106", "shop/harbor-pull")
    assert found.cause.params["why"] == "it has no entries at all"


def test_another_registrys_entry_is_harmless_beside_a_good_one_or_for_a_public_image(silent) -> None:
    silent(b.evidence(OTHER, b.secret()), "HD106")
    silent(b.evidence(OTHER, anonymous=PUBLIC), "HD106")
    silent(b.evidence(OTHER, text=b.unauthorized(), anonymous=b.no_project()), "HD106")


def test_a_harbor_login_is_not_blamed_for_an_image_of_elsewhere_that_may_not_exist(named) -> None:
    image = "ghcr.io/acme/tool:1"
    text = b.answered(image, "403 Forbidden")
    named(b.evidence(b.secret(), image=image, text=text, ping=b.ping("ghcr.io", harbor=False)), "HD000", "shop/web")


# HD107: an entry without a login.


@pytest.mark.parametrize(("entry", "what"), [
    ({}, "no user name and no password"),
    ({"identitytoken": "abc"}, "no user name and no password"),
    ({"username": "alice"}, "a user name without a password"),
    ({"password": "x"}, "a password without a user name"),
])  # fmt: skip
def test_an_entry_without_a_login_is_named(named, entry, what) -> None:
    found = b.evidence(b.secret({b.HOST: entry}), text=b.nothing_sent())
    cause = named(found, "HD107", "shop/harbor-pull").cause
    assert cause.params["what"] == what
    assert (", but a token, which the kubelet does not read" in cause.proofs[0].text) is ("identitytoken" in entry)


def test_an_empty_entry_is_harmless_where_another_login_follows_or_none_is_needed(silent) -> None:
    silent(b.evidence(EMPTY, b.secret()), "HD107")
    silent(b.evidence(EMPTY, anonymous=PUBLIC), "HD107")


# HD108: auth and what stands beside it.


def _beside(knows: Knows = Knows.REFUSED, **known):
    bad, good = b.login(password="old"), b.login()
    made = b.entry(password="old")
    made[b.HOST]["password"] = b.PASSWORD
    known = {"text": b.unauthorized(), "variants": (b.variant("username_password", bad, good),)} | known
    known = {"trials": [b.refused(bad, knows=knows)]} | known
    return b.evidence(b.secret(made), **known)


@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
def test_an_old_login_in_auth_is_named_where_the_one_beside_it_is_accepted(named, knows) -> None:
    found = named(_beside(knows), "HD108", "shop/harbor-pull")
    assert found.cause.params["beside"] == "the password beside it"
    assert found.behind == ()


def test_another_user_beside_auth_is_told_by_name(named) -> None:
    bad = b.login(password="old")
    found = named(_beside(variants=(b.variant("username_password", bad, b.login("alice")),)), "HD108",
                  "shop/harbor-pull")  # fmt: skip
    assert found.cause.params["beside"] == "alice beside it"


def test_auth_is_not_blamed_where_both_logins_are_refused_or_it_is_served(named, silent) -> None:
    bad, good = b.login(password="old"), b.login()
    both = _beside(variants=(b.variant("username_password", bad, good, Knows.REFUSED),))
    silent(both, "HD108")
    named(both, "HD301", "shop/harbor-pull")
    silent(_beside(trials=[b.accepted(bad, PUBLIC, "pull")], text=""), "HD108")
    silent(_beside(trials=[b.refused(bad, PUBLIC)], text=""), "HD108")


# HD109: white space.


def _padded(password: str, user: str = b.ROBOT, knows: Knows = Knows.REFUSED, **known):
    who, bare = b.login(user, password), b.login(user.strip(), password.strip())
    known = {"text": b.unauthorized(), "variants": (b.variant("white_space", who, bare),)} | known
    known = {"trials": [b.refused(who, knows=knows)]} | known
    return b.evidence(b.secret(b.entry(user, password)), **known)


@pytest.mark.parametrize(("password", "user", "where"), [
    (f"{b.PASSWORD}\n", b.ROBOT, "the password ends in a line break"),
    (f"{b.PASSWORD} ", b.ROBOT, "the password ends in a blank"),
    (f" {b.PASSWORD}", b.ROBOT, "the password begins with white space"),
    (b.PASSWORD, f"{b.ROBOT}\n", "the user name has white space at an end"),
])  # fmt: skip
def test_white_space_that_makes_the_difference_is_named(named, password, user, where) -> None:
    found = named(_padded(password, user), "HD109", "shop/harbor-pull")
    assert found.cause.params["where"] == where
    assert found.behind == ()


def test_white_space_is_proven_for_a_user_whose_refusals_come_at_once(named) -> None:
    named(_padded(f"{b.PASSWORD}\n", "alice", Knows.LOCKED), "HD109", "shop/harbor-pull")


def test_white_space_is_not_blamed_where_the_bare_login_is_refused_too(named, silent) -> None:
    who, bare = b.login(password="old\n"), b.login(password="old")
    found = _padded("old\n", variants=(b.variant("white_space", who, bare, Knows.REFUSED),))
    silent(found, "HD109")
    named(found, "HD301", "shop/harbor-pull")


def test_the_proof_of_one_login_does_not_convict_another(named) -> None:
    first, second = b.login("alice", "old "), b.login(password=f"{b.PASSWORD}\n", where="shop/second")
    bare = b.login(where="shop/second")
    found = b.evidence(
        b.secret(b.entry("alice", "old ")),
        b.secret(b.entry(password=f"{b.PASSWORD}\n"), name="second"),
        text=b.unauthorized(),
        trials=[b.refused(first), b.refused(second)],
        variants=(b.variant("white_space", second, bare),),
    )
    named(found, "HD109", "shop/second")


def test_white_space_of_a_login_that_is_served_is_part_of_the_password(silent) -> None:
    who = b.login(password="with blank ")
    silent(b.evidence(b.secret(b.entry(password="with blank ")), trials=[b.accepted(who, PUBLIC, "pull")]), "HD109")


def test_a_line_break_is_named_unproven_where_the_login_could_not_be_tried(named) -> None:
    who = b.login(password=f"{b.PASSWORD}\n")
    blind = {"trials": [b.not_asked(who, "no answer")], "anonymous": b.nobody(None, "no answer"), "variants": ()}
    found = named(_padded(f"{b.PASSWORD}\n", **blind), "HD109", "shop/harbor-pull")
    assert "not yet tested from here" in found.cause.params["ends"]
    named(_padded(f"{b.PASSWORD}\n", text="", **blind), "HD000", "shop/web")


# HD110: the lost dollar.


def _lost(user: str = "robot+pull", **known):
    trials = known.pop("trials", [b.refused(b.login(user))])
    return b.evidence(b.secret(b.entry(user)), text=b.unauthorized(), trials=trials, **known)


@pytest.mark.parametrize("user", ["robot", "robot+pull"])
def test_a_robot_name_that_a_shell_has_cut_is_named(named, user) -> None:
    found = named(_lost(user), "HD110", "shop/harbor-pull")
    assert found.cause.params["proof"] == "the full name is not known"
    assert found.behind == ()


def test_the_full_name_is_told_where_the_registry_accepts_it(named) -> None:
    proof = (b.variant("robot_dollar", b.login("robot+pull"), b.login()),)
    found = named(_lost(variants=proof), "HD110", "shop/harbor-pull")
    assert found.cause.params["proof"] == f"{b.ROBOT} with the same password is accepted"


def test_an_address_a_member_and_a_quay_robot_have_lost_nothing(silent) -> None:
    silent(_lost("robot+pull@example.com"), "HD110")
    silent(_lost("robot", harbor={"robot": b.view(member=True)}), "HD110")
    silent(_lost("robots+pull"), "HD110")
    silent(_lost("robot+pull", ping=b.ping(harbor=False)), "HD110")


@pytest.mark.parametrize("knows", [Knows.REFUSED, Knows.LOCKED])
def test_a_cut_robot_name_does_not_matter_to_a_public_image(named, silent, knows) -> None:
    found = b.evidence(b.secret(b.entry("robot+pull")), trials=[b.refused(b.login("robot+pull"), PUBLIC, knows)],
                       anonymous=PUBLIC)  # fmt: skip
    silent(found, "HD110")
    named(found, "HD000", "shop/web")


def test_no_sentence_or_proof_shows_a_password(named) -> None:
    found = named(_padded(f"{b.PASSWORD}\n"), "HD109", "shop/harbor-pull")
    assert b.PASSWORD not in json.dumps([p.text for p in found.cause.proofs]) + repr(found)
