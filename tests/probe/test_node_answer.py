"""A probe pod on the running demo, over HTTP: what the node answers, what is said of it, and that the pod is gone."""

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks.demo.api.access import READ, Rule, User
from checks.errors import Forbidden, Interrupted, Refused, Unreachable
from checks.repair.plan import Refusal
from checks.repair.probe.answer import ProbeAnswer, Said
from checks.repair.probe.compare import compared
from checks.repair.probe.plan import COMMAND, ProbePlan, is_probe_pod
from tests.headless.between import Fault, Seen
from tests.probe.conftest import Place

Places = Callable[..., Place]
PORT, LENA, ROBOT, NO_SECRET = (
    "HD106:crm/harbor-8443", "HD301:crm/lena-login", "HD402:robot$shop+pull@harbor.demo.test/pay", "HD101:pay/default",
)  # fmt: skip


def makes_pod(seen: Seen) -> bool:
    return seen.method == "POST" and seen.path.endswith("/pods")


def makes_it_really(seen: Seen) -> bool:
    return makes_pod(seen) and not seen.dry


def deletes_pod(seen: Seen) -> bool:
    return seen.method == "DELETE" and "/pods/" in seen.path


def says(place: Place, answer: ProbeAnswer, plan: ProbePlan) -> str:
    return " ".join((answer.sentence, *compared(answer, plan, place.problem)))


def mend_key(secret: dict[str, Any]) -> None:
    """Put the login under the key that fits."""
    (name,) = secret["data"]
    config = json.loads(base64.b64decode(secret["data"][name]))
    config["auths"]["harbor.demo.test"] = config["auths"].popitem()[1]
    secret["data"] = {name: base64.b64encode(json.dumps(config).encode()).decode()}


# ── the node answers ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_node_that_pulls_after_a_repair_says_so_while_the_old_pod_still_waits(place: Places) -> None:
    here = place(PORT)
    here.edit("secrets", "crm", "harbor-8443", mend_key)
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.PULLS
    assert answer.sentence == f"{plan.node} pulls {plan.image} now for a pod that names Secret harbor-8443."
    assert COMMAND in answer.text
    assert answer.reason == "StartError"
    words = says(here, answer, plan)
    assert "is older: it pulls at its next attempt, within 6 min, or once replaced" in words
    assert "From here the same pull fails: it was mended since" in words
    assert (here.probes(), here.notes(), answer.left) == ([], [], False)


def test_a_node_whose_login_is_refused_answers_with_401_and_agrees_with_both_other_vantage_points(
    place: Places,
) -> None:
    here = place(ROBOT)
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    assert "401 Unauthorized" in answer.text
    assert answer.reading is not None
    said = f"{plan.node} does not pull {plan.image} now for a pod that names Secret shop-robot. Most likely"
    assert answer.sentence.startswith(said)
    words = says(here, answer, plan)
    assert "Agrees with what the kubelet reported." in words
    assert "Agrees with what was measured from here." in words
    assert (here.probes(), here.notes()) == ([], [])


def test_another_cause_than_the_one_reported_is_said_to_be_another(place: Places) -> None:
    here = place(PORT)
    here.edit("secrets", "crm", "harbor-8443", mend_key)
    plan = here.plan()
    text = f'failed to pull and unpack image "{plan.image}": write /var/lib/x: no space left on device'
    here.world.faults.set(plan.image, text, plan.node)
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    words = says(here, answer, plan)
    assert "The kubelet reported something else before: no_credentials; now it is disk_full." in words


def test_a_fault_of_the_node_alone_is_told_as_such(place: Places) -> None:
    here = place("HD705:crm/harbor.demo.test/crm/legacy:2.0")
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    assert "is no longer supported since containerd" in answer.text
    words = says(here, answer, plan)
    assert "Agrees with what the kubelet reported." in words
    assert "From here the same pull works: what is wrong lies between the node and the registry" in words


def test_the_kubelets_own_limit_on_pulls_is_no_answer_before_the_second_attempt(place: Places) -> None:
    here = place("HD703:node-3")
    plan = here.plan()

    def clear(progress: Any) -> None:
        if "waiting for its second attempt" in progress.text:
            here.world.faults.clear(plan.image)

    assert here.doctor.probe(plan, clear, here.stop).said is Said.PULLS


def test_a_pod_that_may_not_pull_itself_goes_on_waiting_although_its_node_pulls(place: Places) -> None:
    here = place("HD702:web/harbor.demo.test/web/assets/warm:local")
    here.world.registries.harbor.push_image("web/assets/warm", "local")
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.PULLS
    assert "itself may not pull (policy Never), so it goes on waiting" in says(here, answer, plan)


def test_the_image_of_a_volume_is_asked_for_as_a_containers_image(place: Places) -> None:
    here = place("HD503:harbor.demo.test/data/notebook:5.2")
    plan = here.plan()
    assert plan.image == "harbor.demo.test/data/notebook:5.2"
    assert any("The image is a volume's" in text for text in plan.warnings)
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    assert plan.image in answer.text


def test_a_pod_without_a_pull_secret_is_repeated_without_one_although_admission_would_add_some(place: Places) -> None:
    here = place(NO_SECRET)
    account = {"imagePullSecrets": [{"name": "another"}]}
    here.edit("serviceaccounts", "pay", "default", lambda body: body.update(account))
    plan = here.plan()
    assert plan.manifest["spec"]["imagePullSecrets"] == [{"name": ""}]
    assert here.doctor.check_probe(plan) == ()
    assert any("keeps admission from adding those of its ServiceAccount" in text for text in plan.warnings)
    answer = here.ask(plan)
    assert (answer.said, answer.secrets) == (Said.FAILS, ())
    assert "no basic auth credentials" in answer.text
    assert "for a pod without a pull Secret" in answer.sentence


def test_one_word_of_no_login_from_a_pod_with_secrets_is_not_believed_before_the_second(place: Places) -> None:
    here = place(PORT)
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    assert "no basic auth credentials" in answer.text
    pulls = [e["count"] for e in here.events(plan) if e["reason"] == "Failed" and "Failed to pull" in e["message"]]
    assert sum(pulls) >= 2
    assert any("waiting for its second attempt" in progress.text for progress in here.told)


def test_the_manifest_is_sent_as_it_was_shown_and_repeats_the_pods_pull(place: Places) -> None:
    here = place(ROBOT)
    plan = here.plan()
    before = plan.fingerprint
    here.between.clear()
    here.ask(plan)
    sent = [json.loads(seen.body) for seen in here.between.seen if makes_pod(seen)]
    assert sent == [plan.manifest, plan.manifest]
    assert plan.fingerprint == before
    pod = here.world.objects.store.get("pods", plan.pull.namespace, plan.pull.pod)
    assert pod is not None
    spec, wanted = plan.manifest["spec"], pod["spec"]
    for field in ("nodeName", "imagePullSecrets", "serviceAccountName"):
        assert spec[field] == wanted[field]
    assert spec["containers"][0]["image"] == wanted["containers"][0]["image"]
    assert spec["containers"][0]["imagePullPolicy"] == "Always"


def test_the_pod_that_failed_is_not_touched_and_nothing_else_is_written(place: Places) -> None:
    here = place(ROBOT)
    here.between.clear()
    plan = here.plan()
    here.ask(plan)
    writes = [str(seen) for seen in here.between.writes()]
    pods = f"/api/v1/namespaces/{plan.ref.namespace}/pods"
    assert writes == [f"POST {pods}", f"DELETE {pods}/{plan.ref.name}"]


def test_both_writes_stand_in_the_audit_log(place: Places) -> None:
    here = place(ROBOT)
    plan = here.plan()
    here.ask(plan)
    lines = [json.loads(line) for line in (here.settings.state_dir / "audit.jsonl").read_text().splitlines()]
    told = [(line["plan"], line["verb"], line["object"], line["problem"], line["result"]) for line in lines]
    assert told == [("probe", verb, str(plan.ref), ROBOT, "written") for verb in ("create", "delete")]


def test_a_probe_under_way_is_no_failing_pod_of_the_scan(place: Places) -> None:
    here = place(ROBOT)
    during: list[int] = []

    def look(progress: Any) -> None:
        if progress.phase == "deleting":
            assert len(here.probes()) == 1
            during.append(len(here.look().pulls))

    here.doctor.probe(here.plan(), look, here.stop)
    assert during == [1]


# ── it does not answer ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_node_that_does_not_exist_any_more_is_not_asked(place: Places) -> None:
    here = place(ROBOT)
    here.world.objects.delete("nodes", "", here.problem.pulls[0].node)
    offer = here.offer()
    assert isinstance(offer, Refusal)
    assert offer.why == f"node {here.problem.pulls[0].node} does not exist any more"


def test_a_node_that_is_not_ready_leaves_the_question_open(place: Places) -> None:
    here = place(ROBOT)
    node = here.problem.pulls[0].node
    here.not_ready(node)
    plan = here.plan(seconds=2)
    assert f"Node {node} is not ready: it may not answer at all." in plan.warnings
    answer = here.ask(plan)
    assert answer.said is Said.UNKNOWN
    assert answer.sentence == f"Not known: after 2 s the kubelet of {node} has not taken the pod up yet."
    assert here.probes() == []


def test_a_pull_that_takes_too_long_is_not_known_and_the_pod_is_gone(place: Places) -> None:
    here = place("HD203:slow.demo.test")
    answer = here.ask(seconds=1)
    assert answer.said is Said.UNKNOWN
    assert "after 1 s" in answer.sentence
    assert here.probes() == []


def test_a_pod_that_somebody_deletes_meanwhile_is_no_answer(place: Places) -> None:
    here = place(ROBOT)
    here.not_ready(here.problem.pulls[0].node)
    plan = here.plan()

    def delete(progress: Any) -> None:
        if progress.phase == "waiting":
            here.world.objects.delete("pods", plan.ref.namespace, plan.ref.name)

    answer = here.doctor.probe(plan, delete, here.stop)
    assert answer.said is Said.UNKNOWN
    assert "was deleted by somebody else" in answer.sentence


def test_where_the_first_pod_is_gone_another_one_is_repeated(place: Places) -> None:
    here = place(ROBOT)
    gone = here.problem.diagnoses[0]
    lost = replace(gone, evidence=replace(gone.evidence, pull=replace(gone.pull, pod="payments-bridge-lost")))
    here.problem = replace(here.problem, diagnoses=(lost, gone))
    assert here.plan().pull.pod == gone.pull.pod


def test_a_pod_that_is_gone_cannot_be_repeated(place: Places) -> None:
    here = place("HD604:token.demo.test")
    here.world.objects.delete("pods", "infra", here.problem.pulls[0].pod)
    here.world.objects.store.remove("pods", "infra", here.problem.pulls[0].pod)
    offer = here.offer()
    assert isinstance(offer, Refusal)
    assert "is gone" in offer.why


# ── it may not be asked ──────────────────────────────────────────────────────────────────────────────────────────


def reader(*verbs: str) -> User:
    rules = (Rule(READ, ("*",)), Rule(verbs, ("pods",)))
    return User("watcher", "demo-watcher", rules)


@pytest.mark.parametrize(
    ("verbs", "missing"), [(("delete",), "pods create in shop"), (("create",), "pods delete in shop")]
)
def test_a_missing_right_is_named_by_its_verb_before_anything_is_written(
    place: Places, verbs: tuple[str, ...], missing: str
) -> None:
    here = place(ROBOT, user=reader(*verbs))
    here.between.clear()
    plan = here.plan()
    assert plan.why_not == f"no right: {missing}"
    with pytest.raises(Refused, match=f"no right: {missing}"):
        here.ask(plan)
    assert here.between.writes() == []


def test_a_read_only_run_asks_no_node(place: Places) -> None:
    here = place(ROBOT, read_only=True)
    here.between.clear()
    plan = here.plan()
    assert plan.why_not == "this run is read-only"
    with pytest.raises(Refused, match="read-only"):
        here.ask(plan)
    assert here.between.writes() == []


REFUSALS = {
    "pod security": 'violates PodSecurity "restricted:latest": seLinuxOptions (pod set forbidden type)',
    "webhook": 'admission webhook "validate.kyverno.svc" denied the request: images from harbor.demo.test only',
    "quota": "exceeded quota: compute, requested: pods=1, used: pods=10, limited: pods=10",
}


@pytest.mark.parametrize("why", REFUSALS.values(), ids=REFUSALS)
def test_what_admission_refuses_is_one_sentence_from_the_dry_run_and_nothing_is_written(
    place: Places, why: str
) -> None:
    here = place(ROBOT)
    here.between.clear()
    plan = here.plan()
    here.between.trap(makes_pod, Fault("403", 403, "Forbidden", f'pods "{plan.ref.name}" is forbidden: {why}'), times=9)
    with pytest.raises(Forbidden) as caught:
        here.ask(plan)
    assert str(caught.value) == f'demo: pods "{plan.ref.name}" is forbidden: {why}'
    assert here.between.writes() == []
    assert here.notes() == []


def test_a_refusal_that_comes_only_with_the_real_write_leaves_nothing_behind(place: Places) -> None:
    here = place(ROBOT)
    plan = here.plan()
    here.between.trap(makes_it_really, Fault("403", 403, "Forbidden", "exceeded quota: compute"))
    with pytest.raises(Forbidden, match="exceeded quota"):
        here.ask(plan)
    assert (here.probes(), here.notes()) == ([], [])


# ── the pod is always deleted ────────────────────────────────────────────────────────────────────────────────────


def test_a_stop_in_the_middle_deletes_the_pod(place: Places) -> None:
    here = place(ROBOT)
    here.not_ready(here.problem.pulls[0].node)

    def stop(progress: Any) -> None:
        if progress.phase == "waiting":
            assert len(here.probes()) == 1
            here.stop.set()

    answer = here.doctor.probe(here.plan(), stop, here.stop)
    assert (answer.said, answer.sentence) == (Said.UNKNOWN, "Not known: stopped on request.")
    assert (here.probes(), here.notes()) == ([], [])


def test_a_stop_before_the_first_write_makes_no_pod(place: Places) -> None:
    here = place(ROBOT)
    here.stop.set()
    here.between.clear()
    with pytest.raises(Interrupted):
        here.ask()
    assert here.between.writes() == []


@pytest.mark.parametrize("phases", [("waiting",), ("waiting", "deleting")])
def test_an_unexpected_failure_while_waiting_deletes_the_pod(place: Places, phases: tuple[str, ...]) -> None:
    here = place(ROBOT)

    def fail(progress: Any) -> None:
        if progress.phase in phases:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        here.doctor.probe(here.plan(), fail, here.stop)
    assert (here.probes(), here.notes()) == ([], [])


def test_a_creation_whose_answer_was_lost_is_found_and_answered(place: Places) -> None:
    here = place(ROBOT)
    here.between.trap(makes_it_really, Fault("lost answer", passes=True))
    assert here.ask().said is Said.FAILS
    assert (here.probes(), here.notes()) == ([], [])


def test_a_creation_that_never_arrived_is_an_error_and_leaves_nothing(place: Places) -> None:
    here = place(ROBOT)
    here.between.trap(makes_it_really, Fault("cut"), times=9)
    with pytest.raises(Unreachable):
        here.ask()
    assert (here.probes(), here.notes()) == ([], [])


def test_a_deletion_that_fails_is_tried_again(place: Places) -> None:
    here = place(ROBOT)
    trap = here.between.trap(deletes_pod, Fault("500", 500, "InternalError", "etcdserver: request timed out"), times=2)
    answer = here.ask()
    assert trap.count > 1
    assert (answer.left, here.probes(), here.notes()) == (False, [], [])


def test_a_pod_that_may_not_be_deleted_is_named_and_cleared_away_at_the_next_start(place: Places) -> None:
    here = place(ROBOT)
    here.between.trap(deletes_pod, Fault("403", 403, "Forbidden", "pods is forbidden: no more"), times=99)
    plan = here.plan()
    answer = here.ask(plan)
    assert answer.said is Said.FAILS
    assert answer.left
    assert answer.notes == (f"{plan.ref} could not be deleted and ends by itself: demo: pods is forbidden: no more",)
    assert len(here.probes()) == 1
    here.between.clear()
    name = f"{plan.ref.namespace}/{plan.ref.name}"
    assert here.doctor.clear_probes() == (f"probe pod {name} of a run that broke off was deleted",)
    assert (here.probes(), here.notes(), here.doctor.clear_probes()) == ([], [], ())


def test_a_pod_that_could_not_be_deleted_ends_by_its_own_deadline(place: Places) -> None:
    here = place(ROBOT)
    here.between.trap(deletes_pod, Fault("403", 403, "Forbidden", "no more"), times=99)
    plan = here.plan()
    body = plan.manifest
    body["spec"]["activeDeadlineSeconds"] = 2
    here.world.objects.create("pods", plan.ref.namespace, body)
    ended = threading.Event()
    for _ in range(100):
        (pod,) = here.probes()
        if pod["status"]["phase"] == "Failed":
            break
        ended.wait(0.1)
    assert pod["status"]["reason"] == "DeadlineExceeded"
    here.between.clear()
    said = here.doctor.clear_probes(everywhere=True)
    assert said == (f"probe pod {plan.ref.namespace}/{plan.ref.name}, which was left over, was deleted",)
    assert here.probes() == []


def test_what_only_looks_like_a_probe_is_left_alone(place: Places) -> None:
    here = place(ROBOT)
    plan = here.plan()
    for name, labels in ((plan.ref.name, {"app": "x"}), ("web-0", {"harbor-doctor/probe": "true"})):
        body = plan.manifest
        body["metadata"] = {"name": name, "labels": labels}
        body["spec"]["activeDeadlineSeconds"] = 1
        here.world.objects.create("pods", plan.ref.namespace, body)
        assert not is_probe_pod(body)
    threading.Event().wait(2.5)
    assert here.doctor.clear_probes(everywhere=True) == ()
    assert len(here.world.objects.store.select("pods", plan.ref.namespace)) == 3


def test_a_probe_that_somebody_else_runs_now_is_left_alone(place: Places) -> None:
    here = place(ROBOT)
    plan = here.plan()
    here.world.objects.create("pods", plan.ref.namespace, plan.manifest)
    assert here.doctor.clear_probes(everywhere=True) == ()
    assert len(here.probes()) == 1
