"""Repairs in a world that moves: owners make new pods, a kubelet pulls, and only that counts as mended."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks.demo.api.access import READ, Rule, User
from checks.model import ObjectRef, Owner
from checks.repair.apply import apply
from checks.repair.podsteps import replace_pods
from checks.repair.steps import Spared
from checks.repair.undo import undo
from checks.repair.verify import Clock, PodLook, wait

CLOCK = Clock(time.monotonic, time.sleep)


def look(desk: Any, namespace: str, name: str) -> Callable[[], tuple[PodLook, ...]]:
    """How the pods of a workload stand, as the API tells."""

    def pods() -> tuple[PodLook, ...]:
        found = [p for p in desk.cluster.list_objects("Pod", namespace) if p["metadata"]["name"].startswith(name)]
        return tuple(_one(p) for p in found if not p["metadata"].get("deletionTimestamp"))

    return pods


def _one(pod: Any) -> PodLook:
    meta, statuses = pod["metadata"], (pod.get("status") or {}).get("containerStatuses") or []
    pulled = True if statuses and all("running" in s["state"] for s in statuses) else None
    return PodLook(f"{meta['namespace']}/{meta['name']}", pulled)


@pytest.mark.parametrize(
    ("name", "code", "namespace", "workload", "pods"),
    [("replace_pods", "HD102", "crm", "crm-backend", 3), ("attach", "HD101", "pay", "pay-", 6)],
)
def test_replaced_pods_pull_and_that_is_seen(
    name: str, code: str, namespace: str, workload: str, pods: int, desk: Any
) -> None:
    here = desk(code, moving=True)
    outcome = apply(here.plan(name, code), here, here.journal(), lambda _: None)
    assert outcome.applied, outcome.sentence
    assert outcome.mended is None
    seen = wait(outcome, look(here, namespace, workload), 30, CLOCK)
    assert seen.mended is True, seen.waiting
    assert seen.sentence == f"{pods} of {pods} pods have pulled"


def test_a_pod_without_owner_comes_back_under_its_name_as_another_pod(desk: Any) -> None:
    here = desk("HD201", moving=True)
    plan = here.plan("replace_pods", "HD201")
    ref = plan.steps[0].target
    before = here.read(ref)
    outcome = apply(plan, here, here.journal(), lambda _: None)
    assert outcome.applied, outcome.sentence
    after = here.read(ref)
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"]["containers"] == before["spec"]["containers"]
    told = undo(here.journal().all(), here, here.journal(), lambda _: None)
    assert told.applied
    assert here.read(ref)["metadata"]["uid"] == after["metadata"]["uid"]


def test_static_pods_and_pods_of_unknown_owners_are_left_alone_and_said_so(desk: Any) -> None:
    here = desk("HD102")
    static, odd, stuck = here.problem("HD102").pulls
    static, odd = replace(static, mirror=True), replace(odd, owner=Owner("Workflow", "nightly"))
    found = replace_pods((static, odd, stuck), here.bench)
    assert [step.target.name for step in found.steps] == [stuck.pod]
    assert any("static" in note for note in found.notes)
    assert any("Workflow nightly" in note for note in found.notes)


def test_a_pod_with_running_containers_is_asked_about(desk: Any) -> None:
    here = desk("HD102")
    pull = replace(here.problem("HD102").pulls[0], phase="Running")
    assert any("run now and are stopped" in ask for ask in replace_pods((pull,), here.bench).asks)


def test_a_stuck_pod_that_was_replaced_meanwhile_is_no_failure(desk: Any) -> None:
    here = desk("HD102", moving=True)
    plan = here.plan("replace_pods", "HD102")
    gone = plan.steps[0].target
    here.cluster.delete(gone, uid=here.read(gone)["metadata"]["uid"])
    assert apply(plan, here, here.journal(), lambda _: None).applied


def test_a_pod_that_has_recovered_since_is_left_alone_and_that_is_said(desk: Any) -> None:
    here = desk("HD102")
    plan = here.plan("replace_pods", "HD102")
    well, *stuck = (step.target for step in plan.steps)
    statuses = [{"name": c["name"], "state": {"running": {}}} for c in here.read(well)["spec"]["containers"]]
    new = {"phase": "Running", "containerStatuses": statuses}
    here.world.objects.edit("pods", "crm", well.name, lambda pod: pod.update(status=new), subresource="status")
    outcome = apply(plan, here, here.journal(), lambda _: None)
    assert outcome.applied
    assert f"{well} was left alone: no container of it waits on an image any more." in outcome.sentence
    assert "deletionTimestamp" not in here.read(well)["metadata"]
    assert all("deletionTimestamp" in here.read(ref)["metadata"] for ref in stuck)
    (receipt,) = here.journal().all()
    assert {step.ref for step in receipt.steps} == set(stuck)


def test_where_all_pods_have_recovered_nothing_is_done_and_no_receipt_stays(desk: Any) -> None:
    here = desk("HD102")
    plan = here.plan("replace_pods", "HD102")
    new = {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}}}]}
    for step in plan.steps:
        here.world.objects.edit("pods", "crm", step.target.name, lambda p: p.update(status=new), subresource="status")
    outcome = apply(plan, here, here.journal(), lambda _: None)
    assert (outcome.applied, outcome.receipt) == (True, "")
    assert "nothing had to be done" in outcome.sentence
    assert here.receipts() == ()


def test_a_pod_that_recovers_between_the_look_and_the_deletion_is_left_alone(desk: Any) -> None:
    here = desk("HD102")
    step = here.plan("replace_pods", "HD102").steps[0]
    ref = step.target
    new = {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}}}]}

    class Late:
        create, replace, receipts, delete = here.create, here.replace, here.receipts, here.delete
        looked = False

        def read(self, ref: ObjectRef) -> Any:
            body = here.read(ref)
            if not self.looked:
                self.looked = True
                here.world.objects.edit("pods", "crm", ref.name, lambda p: p.update(status=new), subresource="status")
            return body

    with pytest.raises(Spared):
        step.apply(Late())
    assert "deletionTimestamp" not in here.read(ref)["metadata"]


def test_receipts_are_found_by_the_index_where_secrets_may_not_be_listed(desk: Any) -> None:
    here = desk("HD109")
    rules = (Rule(READ, ("pods", "serviceaccounts", "events", "nodes", "namespaces")), Rule(READ, ("deployments",)))
    rules += (Rule(("get", "create", "update", "delete"), ("secrets",)),)
    here.world.api.users["blind"] = User("blind", "blind", rules)
    blind = type(here)(here.world, here.folder, "blind")
    plan = blind.plan("mend_payload", "HD109")
    ref = plan.steps[0].target
    before = blind.declared(ref)
    apply(plan, blind, blind.journal(), lambda _: None)
    (receipt,) = blind.journal().all()
    assert undo((receipt,), blind, blind.journal(), lambda _: None).applied
    assert blind.declared(ref) == before


def test_a_foreign_secret_with_a_receipts_name_is_neither_read_nor_overwritten_nor_deleted(desk: Any) -> None:
    here = desk("HD109")
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), lambda _: None)
    (receipt,) = here.journal().all()
    ref = ObjectRef("Secret", "shop", "harbor-doctor-undo-" + receipt.id)
    here.world.objects.edit("secrets", "shop", ref.name, lambda s: s["metadata"].pop("labels"))
    with pytest.raises(Exception, match="not a receipt of ours"):
        here.journal().drop((receipt,))
    assert here.read(ref) is not None


def test_a_damaged_receipt_does_not_hide_the_others(desk: Any) -> None:
    here = desk("HD109", "HD105")
    for code in ("HD109", "HD105"):
        apply(here.plan("mend_payload", code), here, here.journal(), lambda _: None)
    journal = here.journal()
    newest, oldest = journal.all()
    name = "harbor-doctor-undo-" + newest.id
    here.world.objects.edit("secrets", newest.namespace, name, lambda s: s["data"].update({"receipt.json": "e30="}))
    assert journal.all() == (oldest,)
    assert journal.trouble == [f"the receipt {newest.namespace}/{name} cannot be read; it is damaged or not ours"]
