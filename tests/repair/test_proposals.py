"""What is offered for the demo's troubles, how safe it is, and what is refused."""

import base64
import json
from typing import Any

import pytest

from checks.demo.api.access import READ, Rule, User
from checks.model import ObjectRef
from checks.repair.apply import apply
from checks.repair.plan import FixPlan, Keep, Refusal, Safety
from checks.repair.plans import PLANS
from checks.repair.pods import RemakePod
from checks.repair.steps import Verb
from checks.repair.undo import undo
from checks.rules import RULES


def offered(desk: Any, name: str, code: str) -> FixPlan | Refusal | None:
    return PLANS[name](desk.problem(code), desk.bench, None)


def test_every_plan_that_a_rule_names_exists() -> None:
    assert {name for rule in RULES for name in rule.plans} <= set(PLANS)


def test_white_space_is_mended_with_one_key_and_proven(desk: Any) -> None:
    plan = desk("HD109").plan("mend_payload", "HD109")
    assert (plan.id, plan.key, plan.safety, plan.keep) == ("recreate-secret", "s", Safety.ONE_KEY, Keep.CLUSTER)
    assert plan.title == "Recreate Secret shop/harbor-pull without the line break"
    assert ("~", "    harbor.demo.test  password  ••••••⏎ → ••••••") in plan.lines
    assert plan.proof is not None
    assert plan.proof.proven
    assert {str(answer.right) for answer in plan.rights} == {"secrets update in shop", "secrets create in shop"}


def test_an_owner_that_reverts_is_asked_about(desk: Any) -> None:
    plan = desk("HD110").plan("mend_payload", "HD110")
    assert plan.safety is Safety.CONFIRM
    assert any("External Secrets" in text for text in plan.asks)
    assert ("~", "    harbor.demo.test  user name  robot+pull → robot$web+pull") in plan.lines


def test_a_wrong_type_is_deleted_and_made_anew_with_labels_and_annotations(desk: Any) -> None:
    here = desk("HD104")
    marks = {"labels": {"team": "infra"}, "annotations": {"note": "by hand"}}
    here.world.objects.edit("secrets", "infra", "registry-login", lambda s: s["metadata"].update(marks))
    plan = here.plan("mend_payload", "HD104")
    assert [step.verb for step in plan.steps] == [Verb.DELETE, Verb.CREATE]
    assert ("~", "  type  Opaque → kubernetes.io/dockerconfigjson") in plan.lines
    apply(plan, here, here.journal(), lambda _: None)
    made = here.read(plan.steps[0].target)
    assert made["type"] == "kubernetes.io/dockerconfigjson"
    assert {key: made["metadata"][key] for key in marks} == marks


def test_a_secret_of_another_builtin_type_is_not_turned_into_a_pull_secret(desk: Any) -> None:
    here = desk("HD104")
    ref = ObjectRef("Secret", "infra", "registry-login")
    old = here.read(ref)
    here.cluster.delete(ref, uid=old["metadata"]["uid"])
    body = {"type": "kubernetes.io/basic-auth", "data": {**old["data"], "username": "YQ==", "password": "YQ=="}}
    here.cluster.create(ref, body)
    refusal = offered(here, "mend_payload", "HD104")
    assert isinstance(refusal, Refusal)
    assert "serves something else" in refusal.why


def test_an_immutable_secret_gets_a_new_name_and_the_template_follows(desk: Any) -> None:
    here = desk("HD109")
    here.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s.update(immutable=True))
    plan = here.plan("mend_payload", "HD109")
    assert plan.safety is Safety.CONFIRM
    assert plan.steps[0].target == ObjectRef("Secret", "shop", "harbor-pull-2")
    refs = [s.target for s in plan.steps if s.target.kind != "Pod"]
    before = here.declared(*refs)
    apply(plan, here, here.journal(), lambda _: None)
    made = here.read(plan.steps[0].target)
    assert made["immutable"] is True
    for ref in refs[1:]:
        body = here.read(ref)
        holder = body if ref.kind == "ServiceAccount" else body["spec"]["template"]["spec"]
        assert {"name": "harbor-pull-2"} in holder["imagePullSecrets"]
        assert {"name": "harbor-pull"} not in holder["imagePullSecrets"]
    undo(here.journal().all(), here, here.journal(), lambda _: None)
    assert here.declared(*refs) == before


def test_kubectls_copy_of_the_old_payload_is_taken_out_and_comes_back_with_undo(desk: Any) -> None:
    here = desk("HD109")
    key = "kubectl.kubernetes.io/last-applied-configuration"
    copy = json.dumps({"kind": "Secret", "data": {".dockerconfigjson": "e30="}})
    here.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s["metadata"].update(annotations={key: copy}))
    plan = here.plan("mend_payload", "HD109")
    ref = plan.steps[0].target
    before = here.declared(ref)
    assert any("copy of the old payload" in text for text in plan.warnings)
    apply(plan, here, here.journal(), lambda _: None)
    assert key not in (here.read(ref)["metadata"].get("annotations") or {})
    undo(here.journal().all(), here, here.journal(), lambda _: None)
    assert here.declared(ref) == before


def test_an_annotation_of_kubectl_that_holds_no_payload_stays(desk: Any) -> None:
    here = desk("HD109")
    note = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"kind": "Secret", "metadata": {}})}
    here.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s["metadata"].update(annotations=note))
    plan = here.plan("mend_payload", "HD109")
    assert not any("copy of the old payload" in text for text in plan.warnings)
    apply(plan, here, here.journal(), lambda _: None)
    assert here.read(plan.steps[0].target)["metadata"]["annotations"] == note


def test_a_key_for_another_port_keeps_its_entry_and_gets_a_second_one(desk: Any) -> None:
    plan = desk("HD106").plan("new_login", "HD106")
    assert plan.id == "add-entry"
    assert any(mark == "=" for mark, _ in plan.lines)
    assert any(mark == "+" and "robot$" in text for mark, text in plan.lines)


def test_another_entry_that_cannot_be_decoded_is_asked_about_before_it_goes(desk: Any) -> None:
    here = desk("HD105")
    secret = here.read(ObjectRef("Secret", "crm", "mailer-pull"))
    document = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    document["auths"]["other.example"] = {"auth": "%%%"}
    text = base64.b64encode(json.dumps(document).encode()).decode()
    here.world.objects.edit("secrets", "crm", "mailer-pull", lambda s: s["data"].update({".dockerconfigjson": text}))
    plan = here.plan("mend_payload", "HD105")
    assert plan.safety is Safety.CONFIRM
    assert any("other.example" in text for text in plan.asks)


def test_a_missing_secret_is_made_with_a_proven_login_of_its_namespace(desk: Any) -> None:
    plan = desk("HD103").plan("new_login", "HD103")
    assert plan.id == "copy-login"
    assert plan.safety is Safety.ONE_KEY
    assert [(step.verb, str(step.target)) for step in plan.steps] == [(Verb.CREATE, "Secret data/harbor-pul")]


def test_a_login_that_is_good_elsewhere_stays_and_the_new_one_goes_under_the_project(desk: Any) -> None:
    here = desk("HD401")
    plan = here.plan("new_login", "HD401", here.typed("robot$pay+pull"))
    assert any(mark == "=" and "harbor.demo.test" in text for mark, text in plan.lines)
    assert any(mark == "+" and "harbor.demo.test/pay" in text for mark, text in plan.lines)


def test_a_typed_login_that_is_refused_is_asked_about(desk: Any) -> None:
    here = desk("HD101")
    plan = here.plan("new_login", "HD101", here.typed("robot$pay+pull", "wrong"))
    assert plan.id == "new-login"
    assert plan.safety is Safety.CONFIRM
    assert plan.proof is not None
    assert not plan.proof.proven
    assert any(text.startswith("Not proven: ") for text in plan.asks)


def test_a_powerful_login_is_asked_about(desk: Any) -> None:
    here = desk("HD101")
    user, password = here.world.harbor_login
    plan = here.plan("new_login", "HD101", here.typed(user, password.reveal()))
    assert plan.safety is Safety.CONFIRM
    assert any("a pull secret needs pull only" in text for text in plan.asks)


def test_attach_appends_and_keeps_what_the_list_holds(desk: Any) -> None:
    here = desk("HD101")
    here.world.objects.edit(
        "serviceaccounts", "pay", "default", lambda a: a.update(imagePullSecrets=[{"name": "registry-a"}])
    )
    plan = PLANS["attach"](here.problems()["HD102:pay/default"], here.bench, None)
    assert isinstance(plan, FixPlan)
    assert ("~", "  imagePullSecrets  [registry-a] → [registry-a, harbor-pull]") in plan.lines
    assert any("names no ServiceAccount of its own" in text for text in plan.warnings)
    assert any("Argo CD" in text for text in plan.asks)
    assert any("of a Job: not deleted" in text for text in plan.warnings)


def test_a_pod_that_is_left_to_its_job_is_not_waited_for(desk: Any) -> None:
    here = desk("HD101")
    plan, problem = here.plan("attach", "HD101"), here.problem("HD101")
    (left,) = (pull for pull in problem.pulls if pull.owner and pull.owner.kind == "Job")
    assert ("pay", left.pod) not in plan.verify
    assert {name for _, name in plan.verify} == {
        pull.owner.name for pull in problem.pulls if pull.owner and pull is not left
    }


def test_a_template_with_its_own_list_is_changed_instead_of_the_account(desk: Any) -> None:
    here = desk("HD103")
    plan = PLANS["attach"](here.problem("HD103"), here.bench, None)
    assert isinstance(plan, FixPlan)
    (step,) = plan.steps
    assert step.target == ObjectRef("Deployment", "data", "etl-worker")
    assert ("~", "  imagePullSecrets  [harbor-pul] → [harbor-pul, harbor-pull]") in plan.lines
    assert plan.safety is Safety.CONFIRM
    before = here.declared(step.target)
    apply(plan, here, here.journal(), lambda _: None)
    undo(here.journal().all(), here, here.journal(), lambda _: None)
    assert here.declared(step.target) == before


def test_pods_made_before_the_secret_was_attached_are_replaced_with_one_key(desk: Any) -> None:
    plan = desk("HD102").plan("replace_pods", "HD102")
    assert plan.safety is Safety.ONE_KEY
    assert {step.verb for step in plan.steps} == {Verb.REPLACE_POD}
    assert all("cannot be undone" in step.describe() for step in plan.steps)
    assert plan.verify == (("crm", "crm-backend"),)


def test_replacing_pods_without_a_known_cause_is_asked_about(desk: Any) -> None:
    assert desk("HD000", "HD003").plan("replace_pods", "HD000").safety is Safety.CONFIRM


def test_pods_of_a_job_are_never_deleted(desk: Any) -> None:
    refusal = offered(desk("HD107"), "replace_pods", "HD107")
    assert isinstance(refusal, Refusal)
    assert "counts as a failure of the Job" in refusal.why


def test_a_pod_without_owner_is_made_again_from_a_manifest_in_the_receipt(desk: Any) -> None:
    here = desk("HD201")
    plan = here.plan("replace_pods", "HD201")
    (step,) = plan.steps
    assert isinstance(step, RemakePod)
    assert plan.safety is Safety.CONFIRM
    assert any("Nobody owns" in text for text in plan.asks)
    body = step.after.body()
    assert "nodeName" not in body["spec"]
    assert "status" not in body


LIMITED = [
    (("get", "list", "watch"), Safety.ADVICE, Keep.CLUSTER),
    (("get", "list", "watch", "update"), Safety.CONFIRM, Keep.PROCESS),
    (("get", "list", "watch", "update", "create"), Safety.ONE_KEY, Keep.CLUSTER),
]


@pytest.mark.parametrize(("verbs", "safety", "keep"), LIMITED)
def test_rights_decide_between_a_key_a_question_and_advice(
    verbs: tuple[str, ...], safety: Safety, keep: Keep, desk: Any, tmp_path: Any
) -> None:
    here = desk("HD109")
    plan = limited(here, verbs).plan("mend_payload", "HD109")
    assert (plan.safety, plan.keep) == (safety, keep)


def limited(desk: Any, verbs: tuple[str, ...], kind: str = "secrets") -> Any:
    """The same world as somebody who may do less."""
    rules = (Rule(READ, ("*",)), Rule(verbs, (kind,)), Rule(("*",), ("pods",)))
    desk.world.api.users["limited"] = User("limited", "limited", rules)
    return type(desk)(desk.world, desk.folder, "limited")


def test_without_a_right_the_advice_has_commands_that_hold_no_password_and_lose_nothing(desk: Any) -> None:
    plan = limited(desk("HD101"), READ).plan("attach", "HD101")
    assert plan.safety is Safety.ADVICE
    assert "No right: serviceaccounts update in pay" in plan.advice
    assert "--type=json" in plan.advice
    assert '"path": "/imagePullSecrets"' in plan.advice
    assert "kubectl --context demo -n pay delete pod" in plan.advice


def test_where_nothing_secret_is_kept_the_receipt_goes_to_the_state_folder(desk: Any) -> None:
    here = limited(desk("HD101"), ("get", "list", "update"), "serviceaccounts")
    plan = here.plan("attach", "HD101")
    assert plan.keep is Keep.LOCAL
    ref = plan.steps[0].target
    before = here.declared(ref)
    apply(plan, here, here.journal(), lambda _: None)
    assert here.declared(ref) != before
    undo(here.journal().all(), here, here.journal(), lambda _: None)
    assert here.declared(ref) == before
    assert here.journal().all() == ()


def test_without_a_place_for_the_receipt_undo_works_in_this_process_only(desk: Any) -> None:
    here = limited(desk("HD109"), ("get", "list", "update"))
    plan = here.plan("mend_payload", "HD109")
    assert any("undo lasts only until you quit" in text for text in plan.asks)
    ref, journal = plan.steps[0].target, here.journal()
    before = here.declared(ref)
    apply(plan, here, journal, lambda _: None)
    assert here.journal().all() == ()
    undo(journal.all(), here, journal, lambda _: None)
    assert here.declared(ref) == before


def test_read_only_turns_every_plan_into_advice(desk: Any) -> None:
    here = desk("HD101", "HD102", "HD109", "HD110", read_only=True)
    for problem in here.problems().values():
        for name, propose in PLANS.items():
            found = propose(problem, here.bench, here.typed("robot$pay+pull"))
            assert not isinstance(found, FixPlan) or found.safety is Safety.ADVICE, (problem.id, name)


def test_no_advice_makes_a_project_public_or_takes_the_latest_tag(desk: Any) -> None:
    # One of the registries never answers.
    here = desk(*{rule.code for rule in RULES}, timeout=2.0)
    for problem in here.problems().values():
        advice = PLANS["advice"](problem, here.bench, None)
        assert isinstance(advice, FixPlan)
        assert advice.title
        assert len(advice.advice.splitlines()) > 1
        assert "public" not in advice.advice.lower()
        assert ":latest" not in advice.advice


def test_the_fingerprint_changes_with_what_a_person_reads(desk: Any) -> None:
    here = desk("HD109", "HD102")
    plan = here.plan("mend_payload", "HD109")
    assert plan.fingerprint == here.plan("mend_payload", "HD109").fingerprint
    here.world.objects.edit(
        "secrets",
        "shop",
        "harbor-pull",
        lambda s: s["metadata"].update(labels={"app.kubernetes.io/managed-by": "Helm"}),
    )
    assert plan.fingerprint != here.plan("mend_payload", "HD109").fingerprint
