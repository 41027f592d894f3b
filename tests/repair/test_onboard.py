"""New tenants: only what is missing is made, and what would not do is said before anything is written."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.scenarios import SCENARIOS, says
from checks.demo.scenarios.model import SeededSecret, Workload, entry, payload
from checks.errors import Refused, UsageError
from checks.repair.onboard import Onboarding, Wanted
from checks.repair.plan import Keep, Safety
from tests.repair.harbors import HOST, House, plan_of, quiet, undone


def wanted(project: str = "web", **more: Any) -> Wanted:
    return Wanted("monitoring", HOST, project, **more)


def kinds(made: Onboarding) -> list[str]:
    return [f"{step.verb} {step.target.kind}" for step in made.plan.steps] if made.plan else []


def put(here: House, name: str, user: str, secret: str, key: str = "harbor") -> None:
    seeded = SeededSecret("monitoring", name, payload(**{key: entry(user, secret)}))
    here.world.objects.create("secrets", "monitoring", seeded.manifest())


def attach(here: House, *names: str) -> None:
    listed = [{"name": name} for name in names]
    here.world.objects.edit(
        "serviceaccounts", "monitoring", "default", lambda a: a.update(imagePullSecrets=listed), manager="somebody"
    )


def test_of_an_empty_namespace_all_is_made(house: Any) -> None:
    made = house().doctor().onboarding(wanted("fresh"))
    assert kinds(made) == ["create Project", "create Robot", "create Secret", "replace ServiceAccount"]
    assert made.already == ()
    assert made.plan is not None
    assert made.plan.safety is Safety.CONFIRM


def test_an_attached_secret_that_pulls_is_all_that_is_needed(house: Any) -> None:
    here = house()
    put(here, "mine", "robot$web+pull", SECRET)
    attach(here, "other", "mine")
    doctor = here.doctor()
    made = doctor.onboarding(wanted())
    assert made.plan is None
    assert made.secret == "mine"
    proof = doctor.test_pull(made)
    assert proof is not None
    assert proof.proven
    assert proof.sentence.startswith("robot$web+pull pulls web/")


def test_a_good_secret_that_nobody_names_is_only_attached_and_the_list_is_kept(house: Any) -> None:
    here = house()
    put(here, "harbor-pull", "robot$web+pull", SECRET)
    attach(here, "other")
    doctor = here.doctor()
    made = doctor.onboarding(wanted())
    assert kinds(made) == ["replace ServiceAccount"]
    assert made.plan is not None
    before = here.all()
    assert doctor.apply(made.plan, quiet).applied
    account = here.world.objects.store.get("serviceaccounts", "monitoring", "default")
    assert account["imagePullSecrets"] == [{"name": "other"}, {"name": "harbor-pull"}]
    assert undone(doctor).applied
    assert here.all() == before


def test_a_secret_for_another_registry_keeps_its_entries(house: Any) -> None:
    here = house()
    put(here, "harbor-pull", "deploy", "elsewhere", key="registry.example")
    attach(here, "harbor-pull")
    doctor, before = here.doctor(), here.all()
    made = doctor.onboarding(wanted())
    assert kinds(made) == ["create Robot", "replace Secret"]
    assert made.plan is not None
    assert doctor.apply(made.plan, quiet).applied
    stored = here.world.objects.store.get("secrets", "monitoring", "harbor-pull")
    auths = json.loads(base64.b64decode(stored["data"][".dockerconfigjson"]))["auths"]
    assert auths["registry.example"] == entry("deploy", "elsewhere")
    assert auths[HOST]["username"] == "robot$web+k8s-demo-monitoring"
    assert undone(doctor).applied
    assert here.all() == before


def test_a_login_that_does_not_pull_from_the_project_does_not_count(house: Any) -> None:
    here = house()
    put(here, "harbor-pull", "robot$shop+pull", SECRET)
    attach(here, "harbor-pull")
    made = here.doctor().onboarding(wanted())
    assert kinds(made) == ["create Robot", "replace Secret"]


def test_a_public_project_is_named_as_such(house: Any) -> None:
    made = house().doctor().onboarding(wanted("library"))
    assert made.already == ("project library is there (public)",)


def typed(user: str, password: str) -> Login:
    return Login(user, Password(password), Origin(OriginKind.FORM, "standard input", HOST))


def test_a_members_secret_is_made_without_another_membership(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    made = doctor.onboarding(wanted("crm", user="lena"), typed("lena", PASSWORD))
    assert kinds(made) == ["create Secret", "replace ServiceAccount"]
    assert "lena is a member of crm" in made.already
    assert made.plan is not None
    assert doctor.apply(made.plan, quiet).applied
    proof = doctor.test_pull(made)
    assert proof is not None
    assert proof.proven


def test_a_secret_with_the_users_login_needs_no_password_again(house: Any) -> None:
    here = house()
    put(here, "harbor-pull", "sam", PASSWORD)
    made = here.doctor().onboarding(wanted("pay", user="sam"))
    assert kinds(made) == ["create Member", "replace ServiceAccount"]


def test_what_cannot_be_is_one_sentence(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    with pytest.raises(UsageError, match="its password is needed"):
        doctor.onboarding(wanted(user="sam"))
    with pytest.raises(Refused, match="refuses the login sam"):
        doctor.onboarding(wanted(user="sam"), typed("sam", "wrong"))
    with pytest.raises(Refused, match="has no ServiceAccount robot"):
        doctor.onboarding(wanted(account="robot"))
    with pytest.raises(Refused, match="a login for Harbor at"):
        here.doctor(user="").onboarding(wanted())
    with pytest.raises(UsageError, match="is not the name of a Harbor project"):
        doctor.onboarding(wanted("web/sub"))
    assert here.faults.writes == []


def test_a_user_whom_harbor_does_not_know_leaves_nothing_behind(house: Any) -> None:
    here = house()
    put(here, "harbor-pull", "sam", PASSWORD)
    doctor, before = here.doctor(), here.all()
    made = doctor.onboarding(wanted("fresh", user="sam"))
    assert kinds(made) == ["create Project", "create Member", "replace ServiceAccount"]
    assert made.plan is not None
    here.faults.fail("POST", "/members", 404)
    outcome = doctor.apply(made.plan, quiet)
    assert not outcome.applied
    assert "Project harbor.demo.test/fresh was deleted again" in outcome.sentence
    assert here.all() == before
    assert here.receipts() == []


def test_a_project_that_was_filled_meanwhile_stays_and_all_else_is_undone(house: Any) -> None:
    here = house()
    doctor, before = here.doctor(), here.all()
    made = doctor.onboarding(wanted("fresh"))
    assert made.plan is not None
    assert doctor.apply(made.plan, quiet).applied
    here.harbor.push_image("fresh/app", "1")
    outcome = undone(doctor)
    assert (outcome.applied, len(here.receipts())) == (False, 1), "something is left, so its receipt stays"
    assert "holds 1 repository by now and stays" in outcome.sentence
    assert here.cluster() == before[0]
    assert here.minted() == []
    assert "fresh" in here.harbor.projects


# ── what else a plan of a robot account is made for ──────────────────────────────────────────────────────────────


def test_images_of_two_projects_get_one_robot_of_the_system(house: Any) -> None:
    (base,) = (scenario for scenario in SCENARIOS if scenario.subject == "pay/legacy-robot")
    one = base.workloads[0]
    other: Workload = replace(one, name="reports", image=f"{HOST}/shop/web:1.4.1", says=says.unauthorized)
    here = house(more=(replace(base, workloads=(one, other)),))
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, "HD304", "mint-robot")
    assert plan.targets[0].name == "robot$k8s-demo-pay"
    assert doctor.apply(plan, quiet).applied
    robot = here.harbor.robot("k8s-demo-pay")
    assert (robot.level, [grant.namespace for grant in robot.grants]) == ("system", ["pay", "shop"])
    assert undone(here.doctor(home="elsewhere")).applied
    assert here.all() == before


def test_a_change_in_harbor_alone_needs_no_right_in_the_cluster(house: Any) -> None:
    here = house("HD401")
    doctor, before = here.doctor(of="watcher"), here.all()
    plan = plan_of(doctor, "HD401", "add-member")
    assert (plan.keep, plan.safety) == (Keep.LOCAL, Safety.CONFIRM)
    assert doctor.apply(plan, quiet).applied
    assert here.cluster(receipts=True) == before[0]
    other = here.doctor(of="watcher")
    assert len(other.receipts()) == 1
    assert undone(other).applied
    assert here.all() == before
