"""Repairs over HTTP: applied, undone, and killed between any two writes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks.errors import Forbidden, Refused, Unreachable, UsageError
from checks.model import ObjectRef
from checks.repair.apply import apply
from checks.repair.journal import unfinished
from checks.repair.plan import FixPlan, Outcome, Progress, Safety
from checks.repair.steps import Verb
from checks.repair.undo import preview, prune, undo
from checks.repair.writes import ReplaceObject

CASES = [
    ("mend_payload", "HD109"),
    ("mend_payload", "HD104"),
    ("mend_payload", "HD105"),
    ("new_login", "HD103"),
    ("new_login", "HD106"),
    ("attach", "HD101"),
]


def quiet(_: Progress) -> None:
    pass


def restorable(plan: FixPlan) -> tuple[ObjectRef, ...]:
    return tuple(dict.fromkeys(s.target for s in plan.steps if s.verb not in (Verb.REPLACE_POD, Verb.REMAKE_POD)))


def undone(desk: Any) -> Outcome:
    """Undo the newest repair as another process would, which knows the cluster only."""
    journal = desk.journal()
    return undo(journal.find(journal.all()[0].id), desk, journal, quiet)


def label(desk: Any) -> None:
    """Somebody else puts a label on the Secret."""
    change = {"a": "b"}
    desk.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s["metadata"].update(labels=change))


def list_x(desk: Any) -> None:
    """Somebody else writes the ServiceAccount's list."""
    names = [{"name": "x"}]
    desk.world.objects.edit("serviceaccounts", "pay", "default", lambda a: a.update(imagePullSecrets=names))


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_repair_is_written_and_undo_brings_every_declared_field_back(name: str, code: str, desk: Any) -> None:
    here = desk(code)
    plan = here.plan(name, code)
    refs = restorable(plan)
    before = here.declared(*refs)
    outcome = apply(plan, here, here.journal(), quiet)
    assert outcome.applied
    assert outcome.receipt
    after = here.declared(*refs)
    assert after != before
    assert here.journal().all()[0].closed
    assert undone(here).applied
    assert here.declared(*refs) == before
    assert here.receipts() == ()


@pytest.mark.parametrize(("name", "code"), CASES)
@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
def test_a_run_killed_at_any_write_can_be_undone(
    name: str, code: str, early: bool, desk: Any, mortal: Any, killed: Any
) -> None:
    here = desk(code)
    plan = here.plan(name, code)
    refs = restorable(plan)
    before = here.declared(*refs)
    for last in range(1, 30):
        writer = mortal(here, last, early)
        journal = here.journal()
        journal._cluster._shelf = writer
        try:
            apply(plan, writer, journal, quiet)
        except killed:
            pass
        else:
            break
        left = here.journal().all()
        assert here.declared(*refs) == before or left, "something was written that no receipt knows"
        if left:
            outcome = undone(here)
            assert outcome.applied, outcome.sentence
        assert here.declared(*refs) == before
        plan = here.plan(name, code)
    assert last > len(refs)


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
def test_an_undo_killed_at_any_write_can_be_repeated(early: bool, desk: Any, mortal: Any, killed: Any) -> None:
    here = desk("HD104")
    plan = here.plan("mend_payload", "HD104")
    refs = restorable(plan)
    before = here.declared(*refs)
    for last in range(1, 9):
        apply(here.plan("mend_payload", "HD104"), here, here.journal(), quiet)
        writer, journal = mortal(here, last, early), here.journal()
        journal._cluster._shelf = writer
        try:
            undo(journal.all(), writer, journal, quiet)
        except killed:
            if here.receipts():
                assert undone(here).applied
        assert here.declared(*refs) == before
        assert here.receipts() == ()


def test_an_unfinished_repair_is_recognised_and_a_finished_one_is_not(desk: Any, mortal: Any, killed: Any) -> None:
    here = desk("HD109")
    journal = here.journal()
    writer = mortal(here, 2, False)
    journal._cluster._shelf = writer
    with pytest.raises(killed):
        apply(here.plan("mend_payload", "HD109"), writer, journal, quiet)
    assert [r.problem for r in unfinished(here.journal().all())] == ["HD109:shop/harbor-pull"]
    assert undone(here).applied
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), quiet)
    assert unfinished(here.journal().all()) == ()


def test_undo_refuses_an_object_that_somebody_changed_since_and_says_what(desk: Any) -> None:
    here = desk("HD109")
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), quiet)
    here.world.objects.edit(
        "secrets", "shop", "harbor-pull", lambda s: s["metadata"].setdefault("labels", {}).update(a="b")
    )
    ref = ObjectRef("Secret", "shop", "harbor-pull")
    changed = here.declared(ref)
    with pytest.raises(Refused, match="label a"):
        undone(here)
    with pytest.raises(Refused, match="was changed after the repair"):
        preview(here.journal().all(), here)
    assert here.declared(ref) == changed
    assert len(here.receipts()) == 1


def test_undo_of_two_objects_touches_neither_if_one_was_changed(desk: Any) -> None:
    here = desk("HD101")
    plan = here.plan("new_login", "HD101", here.typed("robot$pay+pull"))
    apply(plan, here, here.journal(), quiet)
    refs = restorable(plan)
    list_x(here)
    changed = here.declared(*refs)
    with pytest.raises(Refused, match="ServiceAccount pay/default"):
        undone(here)
    assert here.declared(*refs) == changed


def test_the_preview_shows_what_undo_will_do_and_does_nothing(desk: Any) -> None:
    here = desk("HD109")
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), quiet)
    ref = ObjectRef("Secret", "shop", "harbor-pull")
    now = here.declared(ref)
    lines = preview(here.journal().all(), here)
    assert ("~", "    harbor.demo.test  password  •••••• → ••••••⏎") in lines
    assert here.declared(ref) == now


def test_what_others_wrote_between_proposal_and_apply_is_kept_by_apply_and_by_undo(desk: Any) -> None:
    here = desk("HD109")
    plan = here.plan("mend_payload", "HD109")
    here.world.objects.edit(
        "secrets", "shop", "harbor-pull", lambda s: s["metadata"].setdefault("labels", {}).update(a="b")
    )
    ref = ObjectRef("Secret", "shop", "harbor-pull")
    before = here.declared(ref)
    assert apply(plan, here, here.journal(), quiet).applied
    assert here.declared(ref)[str(ref)]["metadata", "labels", "a"] == "b"
    assert undone(here).applied
    assert here.declared(ref) == before


def test_a_secret_whose_payload_changed_since_the_proposal_is_not_written(desk: Any) -> None:
    here = desk("HD109")
    plan = here.plan("mend_payload", "HD109")
    here.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s["data"].update({".dockerconfigjson": "e30="}))
    ref = ObjectRef("Secret", "shop", "harbor-pull")
    before = here.declared(ref)
    with pytest.raises(Exception, match=r"somebody changed \.dockerconfigjson"):
        apply(plan, here, here.journal(), quiet)
    assert here.declared(ref) == before
    assert here.receipts() == ()


def test_a_name_added_to_the_list_meanwhile_stops_the_attach(desk: Any) -> None:
    here = desk("HD101")
    plan = here.plan("attach", "HD101")
    list_x(here)
    with pytest.raises(Exception, match="somebody changed imagePullSecrets"):
        apply(plan, here, here.journal(), quiet)
    assert here.read(ObjectRef("ServiceAccount", "pay", "default"))["imagePullSecrets"] == [{"name": "x"}]
    assert here.receipts() == ()


def test_only_stuck_pods_are_replaced_and_never_those_of_a_job(desk: Any) -> None:
    here = desk("HD101")
    plan = here.plan("attach", "HD101")
    pods = {s.target.name for s in plan.steps if s.verb is Verb.REPLACE_POD}
    assert len(pods) == 6
    assert not any(name.startswith("migrate") for name in pods)
    apply(plan, here, here.journal(), quiet)
    listed = here.cluster.list_objects("Pod", "pay")
    going = {p["metadata"]["name"] for p in listed if p["metadata"].get("deletionTimestamp")}
    staying = {p["metadata"]["name"] for p in listed} - going
    assert pods & staying == set()
    assert any(name.startswith("migrate") for name in staying)


def test_advice_is_never_carried_out(desk: Any) -> None:
    here = desk("HD109", read_only=True)
    plan = here.plan("mend_payload", "HD109")
    assert plan.safety is Safety.ADVICE
    with pytest.raises(Refused, match="advice"):
        apply(plan, here, here.journal(), quiet)


def test_prune_removes_receipts_and_leaves_the_repair(desk: Any) -> None:
    here = desk("HD109")
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), quiet)
    ref = ObjectRef("Secret", "shop", "harbor-pull")
    mended = here.declared(ref)
    journal = here.journal()
    receipt = journal.all()[0].id
    assert prune(journal.all(), journal) == 1
    assert here.declared(ref) == mended
    with pytest.raises(UsageError, match="no receipt"):
        here.journal().find(receipt)


def test_a_step_that_fails_in_the_middle_leaves_the_rest_and_says_so(desk: Any, mortal: Any) -> None:
    here = desk("HD101")
    plan = here.plan("new_login", "HD101", here.typed("robot$pay+pull"))
    secret, account = (s.target for s in plan.steps[:2])
    before = here.declared(secret, account)

    def meddle(progress: Progress) -> None:
        if progress.text.startswith("change ServiceAccount"):
            list_x(here)

    outcome = apply(plan, here, here.journal(), meddle)
    assert not outcome.applied
    assert outcome.receipt
    assert "Done: Secret pay/harbor-pull-2" in outcome.sentence
    assert "Not done: ServiceAccount pay/default" in outcome.sentence
    assert unfinished(here.journal().all())
    here.world.objects.edit("serviceaccounts", "pay", "default", lambda a: a.pop("imagePullSecrets"))
    assert undone(here).applied
    assert here.declared(secret, account) == before


def test_a_secret_that_cannot_be_made_anew_is_put_back(desk: Any) -> None:
    here = desk("HD104")
    plan = here.plan("mend_payload", "HD104")
    ref = plan.steps[0].target
    before = here.declared(ref)

    class Unlucky:
        read, receipts, replace, delete = here.read, here.receipts, here.replace, here.delete

        def create(self, ref: ObjectRef, body: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
            if body.get("type") == "kubernetes.io/dockerconfigjson" and not dry_run:
                raise Refused("the webhook says no")
            made: dict[str, Any] = here.create(ref, body, dry_run=dry_run)
            return made

    outcome = apply(plan, Unlucky(), here.journal(), quiet)
    assert not outcome.applied
    assert outcome.receipt == ""
    assert (
        "Nothing was changed: the webhook says no. Secret infra/registry-login was put back as it was."
        in outcome.sentence
    )
    assert here.declared(ref) == before


class Deaf:
    """A writer that loses the answers to real deletions of our Secrets, and perhaps cannot read from then on."""

    def __init__(self, desk: Any, *, blind: bool = False) -> None:
        self.create, self.replace, self.receipts = desk.create, desk.replace, desk.receipts
        self._desk, self._blind, self._lost = desk, blind, False

    def read(self, ref: ObjectRef) -> Any:
        if self._blind and self._lost:
            raise Forbidden("secrets is forbidden")
        return self._desk.read(ref)

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        self._desk.delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)
        if not dry_run and "undo" not in ref.name:
            self._lost = True
            raise Unreachable("the connection was cut")


def test_a_deletion_whose_answer_was_lost_does_not_leave_the_secret_gone(desk: Any) -> None:
    here = desk("HD104")
    plan = here.plan("mend_payload", "HD104")
    ref = plan.steps[0].target
    before = here.declared(ref)
    outcome = apply(plan, Deaf(here), here.journal(), quiet)
    assert outcome.applied, outcome.sentence
    assert here.read(ref)["type"] == "kubernetes.io/dockerconfigjson"
    assert undone(here).applied
    assert here.declared(ref) == before


def test_a_deletion_of_which_nothing_is_known_keeps_the_receipt_and_undo_brings_the_secret_back(desk: Any) -> None:
    here = desk("HD104")
    plan = here.plan("mend_payload", "HD104")
    ref = plan.steps[0].target
    before = here.declared(ref)
    outcome = apply(plan, Deaf(here, blind=True), here.journal(), quiet)
    assert not outcome.applied
    assert "the connection was cut. It is not known whether it was written." in outcome.sentence
    assert here.read(ref) is None
    assert undone(here).applied
    assert here.declared(ref) == before


def test_a_creation_whose_answer_was_lost_is_looked_for(desk: Any) -> None:
    here = desk("HD104")
    plan = here.plan("mend_payload", "HD104")

    class Mute:
        read, replace, receipts, delete = here.read, here.replace, here.receipts, here.delete

        def create(self, ref: ObjectRef, body: dict[str, Any], *, dry_run: bool = False) -> Any:
            made = here.create(ref, body, dry_run=dry_run)
            if not dry_run and "undo" not in ref.name:
                raise Unreachable("the connection was cut")
            return made

    assert apply(plan, Mute(), here.journal(), quiet).applied


def test_a_replaced_object_keeps_its_uid_and_its_other_fields(desk: Any) -> None:
    here = desk("HD109")
    plan = here.plan("mend_payload", "HD109")
    assert isinstance(plan.steps[0], ReplaceObject)
    ref = plan.steps[0].target
    uid = here.read(ref)["metadata"]["uid"]
    apply(plan, here, here.journal(), quiet)
    assert here.read(ref)["metadata"]["uid"] == uid


def test_each_step_is_told_before_it_is_done(desk: Any) -> None:
    here = desk("HD109")
    told: list[Progress] = []
    collect: Callable[[Progress], None] = told.append
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), collect)
    assert [p.phase for p in told] == ["checking", "journal", "applying", "done"]


def test_a_repair_in_two_namespaces_has_a_receipt_in_each_and_is_undone_as_one(desk: Any) -> None:
    here = desk("HD109", "HD105")
    one, two = here.plan("mend_payload", "HD109"), here.plan("mend_payload", "HD105")
    plan = replace(one, steps=(*one.steps, *two.steps))
    refs = restorable(plan)
    before = here.declared(*refs)
    outcome = apply(plan, here, here.journal(), quiet)
    receipts = here.journal().find(outcome.receipt)
    assert {r.namespace for r in receipts} == {"shop", "crm"}
    assert all(step.ref.namespace == r.namespace for r in receipts for step in r.steps)
    assert undone(here).applied
    assert here.declared(*refs) == before
    assert here.receipts() == ()
