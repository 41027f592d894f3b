"""Why and since when, by Harbor's own records: the sentence claims what a record proves, the rest is evidence."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks.diagnose import diagnose, sentence
from checks.facts import Fact, HarborView, Knows, ProjectView, Unknown
from checks.model import Diagnosis, Evidence
from checks.records import Component, Deletion, Policy, Removal, Retention
from tests import builders as b

API = "Harbor's API at harbor.example.com"
HARBOR = "GET https://harbor.example.com/api/v2.0/health"
THREE_DAYS = b.NOW - timedelta(days=3)
WHEN = "3 days ago, on Saturday 2026-11-21 12:00 UTC"
HIDDEN = Unknown("gina may not read the audit log of shop")


def removal(kind: str, resource: str, who: str = "olivia", unnamed: tuple[Deletion, ...] = ()) -> Fact[Removal]:
    deletion = Deletion(kind, resource, who, THREE_DAYS) if kind else None
    return Fact(Removal(deletion, unnamed), API, b.NOW)


def retention(*runs: timedelta, hidden: str = "") -> Fact[Retention | None]:
    """`runs`: how long before the deletion each began; each took an hour."""
    times = tuple((THREE_DAYS - begun, THREE_DAYS - begun + timedelta(hours=1)) for begun in runs)
    return Fact(Retention(2, times, hidden), API, b.NOW)


def harbor_lines(diagnosis: Diagnosis) -> list[str]:
    assert all(proof.at is not None for proof in diagnosis.cause.proofs if proof.source == "harbor")
    return [proof.text for proof in diagnosis.cause.proofs if proof.source == "harbor"]


def missing(manifest: Any, text: str, **known: Any) -> Evidence:
    return b.evidence(
        b.secret(), text=text, trials=(b.accepted(b.login(), manifest, "pull"),),
        project=Fact(ProjectView(False, policy=Policy()), API, b.NOW), **known,
    )  # fmt: skip


def tag(**known: Any) -> Evidence:
    return missing(b.no_tag(), b.not_found(), **known)


# Who deleted it.


@pytest.mark.parametrize(("evidence", "code", "subject", "said", "line"), [
    (
        b.evidence(b.secret(), text=b.unauthorized(), anonymous=b.no_project(),
                   trials=(b.accepted(b.login(), b.no_project()),), removed=removal("project", "shop")),
        "HD501", f"{b.HOST}/shop",
        f"harbor.example.com has no project shop; it was deleted {WHEN}, by olivia.",
        "audit log: olivia deleted project shop on Saturday 2026-11-21 12:00 UTC",
    ),
    (
        missing(b.no_repository(), b.not_found(), removed=removal("repository", "shop/web")),
        "HD502", f"{b.HOST}/shop/web",
        f"harbor.example.com has no repository shop/web; it was deleted {WHEN}, by olivia.",
        "audit log: olivia deleted repository shop/web on Saturday 2026-11-21 12:00 UTC",
    ),
    (
        tag(removed=removal("tag", "shop/web:1.4.2"), nearby=b.tags("1.4.1")),
        "HD503", b.IMAGE,
        f"harbor.example.com has no tag 1.4.2 in shop/web; it was deleted {WHEN}, by olivia; nearest: 1.4.1.",
        "audit log: olivia deleted tag shop/web:1.4.2 on Saturday 2026-11-21 12:00 UTC",
    ),
])  # fmt: skip
def test_who_deleted_what_is_missing_is_told_with_the_day(named, evidence, code, subject, said, line) -> None:
    found = named(evidence, code, subject)
    assert sentence(found) == said
    assert line in harbor_lines(found)
    assert found.unknowns == ()


def test_a_log_without_an_entry_is_evidence_and_no_part_of_the_sentence(named) -> None:
    found = named(tag(removed=removal("", "")), "HD503", b.IMAGE)
    assert sentence(found) == "harbor.example.com has no tag 1.4.2 in shop/web."
    assert "audit log: it has no entry of a deletion; entries may have been purged" in harbor_lines(found)


def test_a_log_that_may_not_be_read_is_named_as_unknown(named) -> None:
    evidence = tag(removed=HIDDEN, retention=Unknown("gina may not see the project's tag retention"))
    found = named(evidence, "HD503", b.IMAGE)
    assert sentence(found) == "harbor.example.com has no tag 1.4.2 in shop/web."
    assert harbor_lines(found) == []
    assert found.unknowns == (
        "who deleted it: gina may not read the audit log of shop",
        "tag retention: gina may not see the project's tag retention",
    )


def refused(view: HarborView, user: str = b.ROBOT) -> Evidence:
    trial = b.refused(b.login(user), knows=Knows.REFUSED)
    return b.evidence(b.secret(b.entry(user)), text=b.unauthorized(), trials=(trial,), harbor={user: view})


@pytest.mark.parametrize(("gone", "end", "line"), [
    (
        removal("robot", b.ROBOT), f"; it was deleted {WHEN}, by olivia",
        "audit log: olivia deleted robot robot$shop+pull on Saturday 2026-11-21 12:00 UTC",
    ),
    (
        removal("project", "shop"), f"; its project shop was deleted {WHEN}, by olivia, and its robots with it",
        "audit log: olivia deleted project shop on Saturday 2026-11-21 12:00 UTC",
    ),
    (removal("", ""), "", "audit log: it has no entry of a deletion; entries may have been purged"),
])  # fmt: skip
def test_who_deleted_a_robot_is_told(named, gone, end, line) -> None:
    found = named(refused(replace(b.view(None), gone=gone)), "HD304", "shop/harbor-pull")
    assert found.cause.params["detail"] == f"does not exist in Harbor{end}"
    assert line in harbor_lines(found)


def test_a_robot_of_which_the_log_may_not_be_read_is_gone_all_the_same(named) -> None:
    found = named(refused(replace(b.view(None), gone=HIDDEN)), "HD304", "shop/harbor-pull")
    assert found.cause.params["detail"] == "does not exist in Harbor"
    assert found.unknowns == (f"who removed {b.ROBOT}: gina may not read the audit log of shop",)


def outsider(gone: Fact[Removal] | Unknown) -> Evidence:
    trial = b.accepted(b.login("bob"), b.denied())
    view = replace(b.view(member=False), gone=gone)
    return b.evidence(b.secret(b.entry("bob")), text=b.unauthorized(), trials=(trial,), harbor={"bob": view})


def test_who_took_a_member_out_is_told(named) -> None:
    found = named(outsider(removal("member", "bob")), "HD401", f"bob@{b.HOST}/shop")
    told = f"accepts bob, who has no right on project shop; olivia took bob out of it {WHEN}."
    assert sentence(found) == f"harbor.example.com {told}"
    assert "audit log: olivia deleted member bob on Saturday 2026-11-21 12:00 UTC" in harbor_lines(found)


def test_a_log_that_names_no_member_tells_nothing_for_before_2_16_none_did(named) -> None:
    found = named(outsider(removal("", "")), "HD401", f"bob@{b.HOST}/shop")
    assert sentence(found) == "harbor.example.com accepts bob, who has no right on project shop."
    assert harbor_lines(found) == []


# Tag retention.


@pytest.mark.parametrize(("who", "runs", "said"), [
    ("harbor-jobservice", (timedelta(minutes=30),), f"; it was removed by the project's tag retention {WHEN}"),
    ("harbor-jobservice", (timedelta(hours=2),), f"; it was deleted {WHEN}, by a job of Harbor itself"),
    ("harbor-jobservice", (), f"; it was deleted {WHEN}, by a job of Harbor itself"),
    ("olivia", (timedelta(minutes=30),), f"; it was deleted {WHEN}, by olivia"),
])  # fmt: skip
def test_retention_is_blamed_only_for_what_harbor_deleted_while_it_ran(named, who, runs, said) -> None:
    evidence = tag(removed=removal("tag", "shop/web:1.4.2", who), retention=retention(*runs))
    assert named(evidence, "HD503", b.IMAGE).cause.params["gone"] == said


def test_images_deleted_by_digest_are_evidence_and_never_the_verdict(named) -> None:
    unnamed = tuple(
        Deletion("artifact", f"shop/web@sha256:{n}", who, THREE_DAYS - timedelta(days=n))
        for n, who in enumerate(("harbor-jobservice", "harbor-jobservice", "olivia"))
    )
    evidence = tag(removed=removal("", "", unnamed=unnamed), retention=retention(timedelta(minutes=5)))
    found = named(evidence, "HD503", b.IMAGE)
    assert sentence(found) == "harbor.example.com has no tag 1.4.2 in shop/web."
    assert harbor_lines(found)[1:] == [
        "audit log: 3 images of shop/web deleted by digest, the last on Saturday 2026-11-21 12:00 UTC by "
        "harbor-jobservice; it does not name their tags",
        "project shop has a tag retention of 2 rules, which removes what none of them keeps; it last ran on "
        "Saturday 2026-11-21 11:55 UTC",
        "1 of the images deleted by digest was deleted by Harbor itself while the retention ran",
    ]
    assert found.cause.params["retention"] == "yes"


def test_a_retention_whose_runs_are_hidden_or_none_says_so(named) -> None:
    for policy, end in (
        (retention(hidden="it answered 500"), " (its runs: it answered 500)"),
        (retention(), "; no run of it is recorded"),
    ):
        found = named(tag(removed=removal("", ""), retention=policy), "HD503", b.IMAGE)
        assert any(line.endswith(f"keeps{end}") for line in harbor_lines(found))


def test_a_project_without_retention_is_not_said_to_have_one(named) -> None:
    found = named(tag(removed=removal("", ""), retention=Fact(None, API, b.NOW)), "HD503", b.IMAGE)
    assert found.cause.params["retention"] == ""
    assert not any("retention" in line for line in harbor_lines(found))


# Since when.


def test_a_disabled_robot_has_been_so_since_its_last_change_at_the_latest(named) -> None:
    off = replace(b.robot(disabled=True), changed=THREE_DAYS)
    found = named(refused(b.view(off)), "HD303", "shop/harbor-pull")
    since = "is disabled in Harbor, and has been since Saturday 2026-11-21 12:00 UTC at the latest"
    assert found.cause.params["detail"] == since


# The project's own settings.


VAULT = Policy(severity="high", cosign=True, own_allowlist=True, allowlist=("CVE-1", "CVE-2"))


def held_back(manifest: Any, policy: Policy | None, view: Any = None) -> Evidence:
    project = view or Fact(ProjectView(False, policy=policy), API, b.NOW)
    text = b.answered(b.IMAGE, "412 Precondition Failed")
    trials, cluster = (b.accepted(b.login(), manifest, "pull"),), Fact(timedelta(), "Date", b.NOW)
    return b.evidence(b.secret(), text=text, trials=trials, project=project, cluster_ahead=cluster)


@pytest.mark.parametrize(("manifest", "policy", "code", "said"), [
    (b.VULNERABLE, VAULT, "HD601", "for its vulnerabilities of severity high or higher."),
    (b.VULNERABLE, replace(VAULT, allowlist_until=THREE_DAYS), "HD601",
     f"of severity high or higher; the project's CVE allowlist ended {WHEN}."),
    (b.VULNERABLE, replace(VAULT, allowlist_until=b.NOW + timedelta(days=1)), "HD601", "of severity high or higher."),
    (b.UNSCANNED, VAULT, "HD602", "scan, as the project holds back vulnerabilities of severity high or higher."),
    (b.UNSIGNED, VAULT, "HD603", f"serves cosign-signed images only, and {b.IMAGE} is not signed."),
    (b.UNSIGNED, replace(VAULT, notation=True), "HD603",
     f"serves cosign- and notation-signed images only, and {b.IMAGE} is not signed."),
    (b.VULNERABLE, None, "HD601", f"blocks {b.IMAGE} for its vulnerabilities."),
    (b.UNSCANNED, None, "HD602", "has no finished vulnerability scan."),
    (b.UNSIGNED, None, "HD603", f"serves signed images only, and {b.IMAGE} is not signed."),
])  # fmt: skip
def test_a_policy_is_named_with_the_projects_own_setting_where_it_is_known(named, manifest, policy, code, said) -> None:
    found = named(held_back(manifest, policy), code, b.IMAGE)
    assert sentence(found).endswith(said)
    lines = harbor_lines(found)
    assert bool(lines) is (policy is not None)


def test_the_settings_stand_in_one_line_of_the_evidence(named) -> None:
    found = named(held_back(b.VULNERABLE, VAULT), "HD601", b.IMAGE)
    assert harbor_lines(found) == [
        "settings of project shop: vulnerabilities of severity high or higher held back, cosign-signed images only, "
        "CVE allowlist of its own with 2 entries"
    ]
    system = named(held_back(b.VULNERABLE, Policy("low")), "HD601", b.IMAGE)
    assert harbor_lines(system)[0].endswith("held back, the system's CVE allowlist applies")


def test_settings_that_may_not_be_seen_leave_the_verdict_as_it_is(named) -> None:
    hidden = Unknown("sam may not read the project shop: forbidden (403)")
    found = named(held_back(b.VULNERABLE, None, hidden), "HD601", b.IMAGE)
    assert sentence(found).endswith("for its vulnerabilities.")
    assert harbor_lines(found) == []


# Harbor's health.


ILL = Fact((Component("database", False, "connection refused"), Component("core", True)), HARBOR, b.NOW)
WELL = Fact((Component("core", True), Component("redis", True)), HARBOR, b.NOW)
BAD_GATEWAY = b.answered(b.IMAGE, "502 Bad Gateway")
TOKEN = b.resolving(
    b.IMAGE, "failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
    "https://harbor.example.com/service/token?scope=repository%3Ashop%2Fweb%3Apull: 503 Service Unavailable",
)  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [(BAD_GATEWAY, "HD205"), (TOKEN, "HD216")])
def test_the_part_of_harbor_that_is_ill_is_named(named, text, code) -> None:
    found = named(b.evidence(b.secret(), text=text, health=ILL), code, b.HOST)
    assert "; Harbor's own health check finds database unhealthy" in sentence(found)
    assert harbor_lines(found) == [f"{HARBOR}: database is unhealthy (connection refused)"]
    well = named(b.evidence(b.secret(), text=text, health=WELL), code, b.HOST)
    assert "health" not in sentence(well)
    assert harbor_lines(well) == [f"{HARBOR}: all 2 parts are healthy"]
    dark = named(b.evidence(b.secret(), text=text, health=Unknown("no answer within 10 s")), code, b.HOST)
    assert "health" not in sentence(dark)
    assert "Harbor's health: no answer within 10 s" in dark.unknowns


def test_another_hosts_error_is_not_put_down_to_harbors_health() -> None:
    text = BAD_GATEWAY.replace("to https://harbor.example.com/", "to https://storage.example.net/")
    found = diagnose(b.evidence(b.secret(), text=text, health=ILL))
    assert found.crashed == ()
    assert found.cause.subject.name != b.HOST
    assert "health" not in sentence(found)
