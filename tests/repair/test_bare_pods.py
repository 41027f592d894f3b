"""A pod that nobody owns: never gone for good; undo makes it again from a manifest that nobody can have forged."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.demo.api.objects import Deletion
from checks.errors import Forbidden, Refused, Unreachable
from checks.model import ObjectRef
from checks.repair.apply import apply
from checks.repair.plan import FixPlan, Outcome, Progress
from checks.repair.pods import RemakePod, pod_patience
from checks.repair.receipt import Done, Receipt, decode, encode
from checks.repair.sealed import Sealed
from checks.repair.shelves import InCluster
from checks.repair.steps import Verb
from checks.repair.undo import preview, undo
from checks.repair.writes import PROBE

POD = ObjectRef("Pod", "infra", "debug-shell")
ACCOUNT = ObjectRef("ServiceAccount", "infra", "default")


def quiet(_: Progress) -> None:
    pass


def plan(desk: Any, patience: float = 0.0) -> FixPlan:
    """The plan that replaces the bare pod, with less patience for its name."""
    found: FixPlan = desk.plan("replace_pods", "HD201")
    return replace(found, steps=tuple(replace(s, patience=patience) for s in found.steps if isinstance(s, RemakePod)))


def without_account(desk: Any) -> None:
    """From now on admission refuses every pod that names the ServiceAccount."""
    desk.world.objects.delete("serviceaccounts", ACCOUNT.namespace, ACCOUNT.name)


def with_account(desk: Any) -> None:
    desk.create(ACCOUNT, {})


class Ending:
    """A writer on whose cluster the pod ends at once, and its ServiceAccount is deleted in the same moment."""

    def __init__(self, desk: Any, *, refused: bool = True) -> None:
        self.read, self.receipts, self.create, self.replace = desk.read, desk.receipts, desk.create, desk.replace
        self._desk, self._refused = desk, refused

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        self._desk.delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)
        if ref.kind == "Pod" and not dry_run:
            self._desk.world.objects.delete("pods", ref.namespace, ref.name, Deletion(grace=0))
            if self._refused:
                without_account(self._desk)


def undone(desk: Any, folder: Path | None = None) -> Outcome:
    """Undo the newest repair as another process would; on another machine where there is another `folder`."""
    journal = (desk if folder is None else type(desk)(desk.world, folder)).journal()
    return undo(journal.find(journal.all()[0].id), desk, journal, quiet)


@pytest.fixture
def lost(desk: Any) -> Any:
    """A desk whose bare pod was deleted and could not be made again."""
    here = desk("HD201")
    outcome = apply(plan(here), Ending(here), here.journal(), quiet)
    assert not outcome.applied
    assert here.read(POD) is None
    with_account(here)
    return here


def test_a_pod_that_would_not_be_created_is_not_deleted(desk: Any) -> None:
    here = desk("HD201")
    chosen = plan(here)
    without_account(here)
    with pytest.raises(Forbidden, match='serviceaccount "default" not found'):
        apply(chosen, here, here.journal(), quiet)
    assert "deletionTimestamp" not in here.read(POD)["metadata"]
    assert here.receipts() == ()


def test_the_dry_run_leaves_nothing_behind(desk: Any) -> None:
    here = desk("HD201")
    (step,) = plan(here).steps
    step.apply(here, dry_run=True)
    assert here.read(replace(POD, name=POD.name + PROBE)) is None
    assert "deletionTimestamp" not in here.read(POD)["metadata"]


def test_a_pod_whose_creation_is_refused_after_all_is_told_and_its_receipt_stays(desk: Any) -> None:
    here = desk("HD201")
    outcome = apply(plan(here), Ending(here), here.journal(), quiet)
    assert not outcome.applied
    assert outcome.receipt
    assert "Pod infra/debug-shell was deleted and could not be made again" in outcome.sentence
    assert "undo makes it again" in outcome.sentence
    assert "Nothing was changed" not in outcome.sentence
    assert len(here.receipts()) == 1


def test_a_pod_that_takes_longer_to_end_than_we_wait_is_told_and_its_receipt_stays(desk: Any) -> None:
    here = desk("HD201")
    outcome = apply(plan(here), here, here.journal(), quiet)
    assert here.read(POD)["metadata"]["deletionTimestamp"]
    assert not outcome.applied
    assert "could not be made again" in outcome.sentence
    assert len(here.receipts()) == 1


def test_a_pod_may_take_its_own_time_to_end_and_a_minute() -> None:
    assert pod_patience({"spec": {"terminationGracePeriodSeconds": 600}}) == 660
    assert pod_patience({"spec": {}}) == 90


def test_undo_makes_the_lost_pod_again_and_shows_it_before(lost: Any) -> None:
    lines = preview(lost.journal().all(), lost)
    assert lines == (
        ("+", "Pod infra/debug-shell  made again from its manifest: nowhere.demo.test/tools/debug:1.2; "
              "ServiceAccount default"),
    )  # fmt: skip
    outcome = undone(lost)
    assert outcome.applied, outcome.sentence
    assert outcome.sentence == "Undone: Pod infra/debug-shell."
    assert lost.read(POD)["spec"]["containers"][0]["image"] == "nowhere.demo.test/tools/debug:1.2"
    assert lost.receipts() == ()


def test_an_undo_that_cannot_make_the_pod_keeps_the_receipt(lost: Any) -> None:
    without_account(lost)
    with pytest.raises(Forbidden):
        undone(lost)
    assert len(lost.receipts()) == 1


def test_a_run_that_broke_off_after_the_deletion_is_made_good_by_undo(desk: Any, mortal: Any, killed: Any) -> None:
    here = desk("HD201")
    journal = here.journal()
    writer = mortal(here, 2, False)
    journal._cluster._shelf = writer
    with pytest.raises(killed):
        apply(plan(here), writer, journal, quiet)
    here.world.objects.delete("pods", POD.namespace, POD.name, Deletion(grace=0))
    assert undone(here).applied
    assert here.read(POD) is not None


def test_another_machine_keeps_the_receipt_and_says_how_to_take_the_manifest_out(lost: Any, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    outcome = undone(lost, tmp_path / "elsewhere")
    assert not outcome.applied
    assert outcome.receipt
    assert "may be forged" in outcome.sentence
    assert f"kubectl --context demo -n infra get secret harbor-doctor-undo-{outcome.receipt}" in outcome.sentence
    assert lost.read(POD) is None
    assert len(lost.receipts()) == 1
    assert undone(lost).applied


def test_a_manifest_that_was_changed_in_the_receipt_is_not_created(lost: Any) -> None:
    journal = lost.journal()
    (receipt,) = journal.all()
    (step,) = receipt.steps
    assert step.after is not None
    body = step.after.body()
    body["spec"]["hostPID"] = True
    InCluster(lost).put(replace(receipt, steps=(replace(step, after=Sealed(body)),)))
    outcome = undone(lost)
    assert not outcome.applied
    assert lost.read(POD) is None
    assert len(lost.receipts()) == 1


def test_a_forged_receipt_makes_no_pod(desk: Any) -> None:
    here = desk("HD201")
    ref = ObjectRef("Pod", "infra", "mine")
    body = {"metadata": {"name": "mine"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    InCluster(here).put(_receipt(Done(Verb.REMAKE_POD, ref, None, Sealed(body))))
    outcome = undone(here)
    assert not outcome.applied
    assert here.read(ref) is None


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.REPLACE, Verb.DELETE])
def test_a_forged_receipt_cannot_pass_a_pod_off_as_an_object_of_ours(verb: Verb, desk: Any) -> None:
    body = Sealed({"metadata": {"name": "mine"}, "spec": {"containers": [{"name": "c", "image": "x"}]}})
    forged = _receipt(Done(verb, ObjectRef("Pod", "infra", "mine"), body, None))
    with pytest.raises(Refused, match="no repair of ours does"):
        decode(encode(forged), "infra", "x")


def _receipt(*steps: Done) -> Receipt:
    now = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)
    return Receipt("20261124-140200-abc123", "infra", now, "t", "p", "demo", steps)


def test_a_pod_that_was_made_and_is_gone_since_stays_gone(desk: Any) -> None:
    here = desk("HD201")
    assert apply(plan(here), Ending(here, refused=False), here.journal(), quiet).applied
    here.world.objects.delete("pods", POD.namespace, POD.name, Deletion(grace=0))
    outcome = undone(here)
    assert outcome.applied
    assert "was made again, is gone since, and stays so" in outcome.sentence
    assert here.read(POD) is None


def test_a_deletion_whose_answer_was_lost_is_followed_by_the_creation(desk: Any) -> None:
    here = desk("HD201")

    class Deaf(Ending):
        def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
            super().delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)
            if ref.kind == "Pod" and not dry_run:
                raise Unreachable("the connection was cut")

    uid = here.read(POD)["metadata"]["uid"]
    assert apply(plan(here), Deaf(here, refused=False), here.journal(), quiet).applied
    assert here.read(POD)["metadata"]["uid"] != uid


def test_the_local_index_holds_a_hash_of_the_manifest_and_no_part_of_it(lost: Any) -> None:
    text = (lost.settings.state_dir / "index.json").read_text()
    (entry,) = json.loads(text)
    assert set(entry["pods"]) == {"debug-shell"}
    assert "nowhere.demo.test" not in text
