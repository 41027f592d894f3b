"""Logins that serve others stay: what is written goes beside them, and passwords are not guessed without end."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from checks.credentials import Login, Origin, OriginKind, Password
from checks.dockerconfig import read_secret
from checks.facts import Knows
from checks.image import parse
from checks.model import ObjectRef
from checks.repair.plan import FixPlan, Keep, Safety

HARBOR = "harbor.demo.test"
PULL = ObjectRef("Secret", "shop", "harbor-pull")


def logins(body: Any) -> dict[str, tuple[str, str]]:
    return {e.key: (e.login.username, e.login.password.reveal()) for e in read_secret(body).entries}


def rewritten(desk: Any, ref: ObjectRef, auths: dict[str, Any]) -> None:
    """Somebody wrote other entries into the Secret."""
    text = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    data = {".dockerconfigjson": text}
    desk.world.objects.edit("secrets", ref.namespace, ref.name, lambda s: s["data"].update(data))


def entry(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def good(desk: Any, *names: str) -> list[str]:
    """The secrets of robots that the Harbor knows."""
    return [desk.world.registries.harbor.robot(name).secret.reveal() for name in names]


def test_mending_an_entry_of_another_key_keeps_the_login_that_stands_under_the_hosts_own(desk: Any) -> None:
    here = desk("HD109")
    shop, pay = good(here, "robot$shop+pull", "robot$pay+pull")
    mine = entry("robot$shop+pull", shop)
    mine["auth"] = mine["auth"][:8] + " " + mine["auth"][8:]
    rewritten(here, PULL, {f"https://{HARBOR}/v2": mine, HARBOR: entry("robot$pay+pull", pay)})
    (problem,) = (p for p in here.problems().values() if p.subject.name == "harbor-pull")
    from checks.repair.plans import PLANS

    plan = PLANS["mend_payload"](problem, here.bench, None)
    assert isinstance(plan, FixPlan)
    assert plan.steps[0].after is not None
    after = logins(plan.steps[0].after.body())
    assert after[HARBOR] == ("robot$pay+pull", pay)
    assert after[f"{HARBOR}/shop"] == ("robot$shop+pull", shop)
    assert ("=", f"    {HARBOR}") in plan.lines


def test_a_new_login_replaces_the_refused_one_only_and_not_the_one_that_other_projects_use(desk: Any) -> None:
    here = desk("HD109")
    shop, pay = good(here, "robot$shop+pull", "robot$pay+pull")
    pair = {f"{HARBOR}/shop": entry("robot$shop+pull", shop + "\n"), HARBOR: entry("robot$pay+pull", pay)}
    rewritten(here, PULL, pair)
    plan = here.plan("new_login", "HD109", here.typed("robot$shop+pull", shop))
    assert plan.steps[0].after is not None
    assert logins(plan.steps[0].after.body()) == {
        f"{HARBOR}/shop": ("robot$shop+pull", shop),
        HARBOR: ("robot$pay+pull", pay),
    }


def test_where_host_and_project_are_taken_the_repository_gets_an_entry_of_its_own(desk: Any) -> None:
    here = desk("HD401")
    problem = here.problem("HD401")
    (where,) = {d.evidence.trials[0].login.origin.where for d in problem.diagnoses}
    ref = ObjectRef("Secret", *where.split("/"))
    kept = {key: entry(*pair) for key, pair in logins(here.read(ref)).items()}
    image = problem.diagnoses[0].evidence.image
    assert image is not None
    (pair,) = kept.values()
    rewritten(here, ref, {HARBOR: pair, f"{HARBOR}/{image.project}": pair})
    plan = here.plan("new_login", "HD401", here.typed("robot$pay+pull"))
    assert plan.steps[0].after is not None
    after = logins(plan.steps[0].after.body())
    assert after[f"{HARBOR}/{image.repository}"][0] == "robot$pay+pull"
    assert len({after[HARBOR], after[f"{HARBOR}/{image.project}"]}) == 1


# ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────


def guess(user: str, number: int, kind: OriginKind = OriginKind.SECRET) -> Login:
    return Login(user, Password(f"wrong-{number}"), Origin(kind, "shop/s", HARBOR))


@pytest.mark.parametrize(("user", "most"), [("alice", 2), ("robot$shop+pull", 6)])
def test_only_a_few_wrong_passwords_of_one_user_are_tried_unasked(user: str, most: int, desk: Any) -> None:
    here = desk("HD109")
    image = parse(f"{HARBOR}/shop/web:1.4.0")
    here.world.registries.log.clear()
    trials = [here.prober.trial(image, guess(user, number)) for number in range(most + 2)]
    assert here.world.registries.log.refusals(user) == most
    assert [t.knows for t in trials] == [Knows.REFUSED] * most + [Knows.NOT_ASKED] * 2
    assert trials[-1].why.startswith("not tried: ")
    assert trials[-1].why.endswith("passwords of this user were refused already")


def test_a_password_that_a_person_types_is_tried_all_the_same_also_where_it_was_not_before(desk: Any) -> None:
    here = desk("HD109")
    image = parse(f"{HARBOR}/shop/web:1.4.0")
    for number in range(3):
        here.prober.trial(image, guess("alice", number))
    assert here.prober.trial(image, guess("alice", 2)).knows is Knows.NOT_ASKED
    assert here.prober.trial(image, guess("alice", 2, OriginKind.FORM)).knows is Knows.REFUSED
    user, password = here.world.harbor_login
    for number in range(2):
        here.prober.trial(image, guess(user, number))
    unasked = Login(user, password, Origin(OriginKind.SECRET, "shop/s", HARBOR))
    assert here.prober.trial(image, unasked).knows is Knows.NOT_ASKED
    assert here.prober.trial(image, here.typed(user, password.reveal())).knows is Knows.NOT_ASKED
    typed = replace(here.typed(user, password.reveal()), origin=Origin(OriginKind.FORM, "form", HARBOR))
    assert here.prober.trial(image, typed).knows is Knows.ACCEPTED


def test_users_do_not_count_for_each_other(desk: Any) -> None:
    here = desk("HD109")
    image = parse(f"{HARBOR}/shop/web:1.4.0")
    for number in range(3):
        here.prober.trial(image, guess("alice", number))
    assert here.prober.trial(image, guess("bob", 0)).knows is Knows.REFUSED


# ── receipts elsewhere than in the cluster ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("keep", [Keep.LOCAL, Keep.PROCESS])
def test_the_index_names_no_receipt_that_never_lay_in_the_cluster(keep: Keep, desk: Any) -> None:
    from checks.repair.apply import apply

    here = desk("HD109")
    plan = replace(here.plan("mend_payload", "HD109"), keep=keep)
    assert plan.safety is Safety.ONE_KEY
    journal = here.journal()
    assert apply(plan, here, journal, lambda _: None).applied
    assert journal._index.refs("demo") == ()
    assert not (here.settings.state_dir / "index.json").exists()
