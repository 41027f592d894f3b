"""What a workload ran before its image went missing, read over HTTP from a pretend cluster."""

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.clients.cluster import Cluster
from checks.demo.api.access import READ, Rule, User
from checks.demo.scenarios import SCENARIOS, Workload
from checks.demo.scenarios.model import HARBOR, Scenario
from checks.demo.scenarios.says import not_found
from checks.demo.world import World
from checks.doctor import Doctor
from checks.earlier import Earlier
from checks.facts import NOT_LOOKED, Fact, Unknown
from checks.history import Histories
from checks.model import ContainerKind, Diagnosis, Owner, Problem
from checks.repair.plan import FixPlan
from checks.report import problem_dict
from checks.selectors import selector_text
from checks.settings import Settings
from tests import builders as b
from tui.evidence_text import evidence_text

SEARCH = f"{HARBOR}/shop/search"


def _workload(kind: str, **more: Any) -> Scenario:
    name = f"search-{kind.lower()}"
    before = (f"{SEARCH}:0.9.7", f"{SEARCH}:0.9.8")
    made = Workload("shop", name, f"{SEARCH}:0.9.9", 0.5, not_found, kind, secrets=("cluster-pull",), **more)
    return Scenario("HD503", f"{SEARCH}:0.9.9", (replace(made, before=before),))


RECOMMENDER = next(s for s in SCENARIOS if s.workloads[0].name == "recommender")
HD502 = next(s for s in SCENARIOS if s.code == "HD502")
VOLUME = next(s for s in SCENARIOS if s.workloads[0].where == "volume" and s.code == "HD503")


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    scenarios = (RECOMMENDER, HD502, VOLUME, _workload("StatefulSet", replicas=2), _workload("DaemonSet"))
    with World(scenarios, moving=False) as made:
        yield made


def _settings(world: World, folder: Path, user: str) -> Settings:
    path = str(world.kubeconfig(folder / f"config-{user}", user))
    return Settings(kubeconfig=path, resolve=world.resolve, registry_ca=world.ca_file, state_dir=folder)


@pytest.fixture
def explained(world: World, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Scans and explains as a user; problems by their id."""
    doctors: list[Doctor] = []

    def explain(user: str = "admin") -> dict[str, Problem]:
        doctors.append(Doctor(_settings(world, tmp_path, user)))
        never = threading.Event()
        *_, scan = doctors[-1].find(never)
        found = {problem.id: problem for problem in doctors[-1].diagnose(scan, never).problems}
        explain.doctor = doctors[-1]  # type: ignore[attr-defined]
        return found

    yield explain
    for doctor in doctors:
        doctor.close()


def diagnosis(problems: dict[str, Problem], owner: str) -> Diagnosis:
    return next(d for p in problems.values() for d in p.diagnoses if d.pull.owner and d.pull.owner.name == owner)


def history(problems: dict[str, Problem], owner: str) -> list[tuple[str, int, bool, bool]]:
    found = diagnosis(problems, owner).evidence.earlier
    assert isinstance(found, Fact), found
    return [(one.image.rpartition(":")[2], one.revision, bool(one.running), one.ran) for one in found.value]


def test_a_deployment_still_runs_what_its_last_replica_set_has(explained) -> None:
    problems = explained()
    assert history(problems, "recommender") == [("0.9.8", 2, True, True), ("0.9.7", 1, False, False)]
    problem = problems[f"HD503:{SEARCH}:0.9.9"]
    assert "Deployment recommender still runs 0.9.8" in problem.sentence


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_a_set_runs_what_its_pods_show_of_its_controller_revisions(explained, kind: str) -> None:
    """The second one was applied, but no pod of it is there to show that it ran."""
    problems, name = explained(), f"search-{kind.lower()}"
    assert history(problems, name) == [("0.9.8", 2, False, False), ("0.9.7", 1, True, True)]
    assert diagnosis(problems, name).cause.params["before"] == f"; {kind} {name} still runs 0.9.7"


def test_the_evidence_names_the_revisions_and_the_report_holds_them(explained) -> None:
    problem = explained()[f"HD503:{SEARCH}:0.9.9"]
    lines = [proof.text for proof in problem.finding.proofs if proof.source == "workload"]
    assert len(lines) == 2
    kept = rf"ReplicaSet shop/recommender-\S+, revision 2: {SEARCH}:0\.9\.8, runs in \d pods?"
    assert re.fullmatch(kept, lines[0]), lines[0]
    assert lines[1].endswith(f"revision 1: {SEARCH}:0.9.7, rolled out, not known to have run")
    assert lines[0] in evidence_text(problem)
    assert lines[0] in [line["text"] for line in problem_dict(problem, ())["evidence"]]


def test_the_advice_goes_back_to_the_revision_that_runs(explained) -> None:
    problem = explained()[f"HD503:{SEARCH}:0.9.9"]
    offers = [offer for offer in explained.doctor.offers(problem) if isinstance(offer, FixPlan) and offer.advice]
    command = "-n shop rollout undo deployment/recommender --to-revision=2"
    assert any(command in offer.advice for offer in offers)


def test_a_workload_with_one_revision_has_had_no_other_image(explained) -> None:
    problem = explained()[f"HD502:{HARBOR}/shop/wishlist"]
    assert problem.diagnoses[0].evidence.earlier == Fact((), *_source(problem.diagnoses[0]))
    assert problem.sentence == f"{HARBOR} has no repository shop/wishlist" + _unless(problem) + "."


def _source(found: Diagnosis) -> tuple[str, datetime]:
    assert isinstance(found.evidence.earlier, Fact)
    return found.evidence.earlier.source, found.evidence.earlier.at


def _unless(problem: Problem) -> str:
    return problem.finding.params["unless"]


def test_revisions_are_read_once_for_all_pods_of_a_workload_and_not_for_others(world: World, tmp_path: Path) -> None:
    cluster = Cluster(_settings(world, tmp_path, "admin"))
    asked: list[str] = []

    class Counted:
        def read(self, ref):  # type: ignore[no-untyped-def]
            asked.append(ref.kind)
            return cluster.read(ref)

        def list_objects(self, kind, namespace, field_selector="", label_selector=""):  # type: ignore[no-untyped-def]
            asked.append(f"{kind} {label_selector}")
            return cluster.list_objects(kind, namespace, field_selector, label_selector)

    past = Histories(Counted(), lambda: datetime.now(UTC))
    pull = b.pull(f"{SEARCH}:0.9.9", namespace="shop", container="app", owner=Owner("Deployment", "recommender"))
    first, again = past.earlier(pull), past.earlier(pull)
    assert first == again
    assert asked == ["Deployment", "ReplicaSet app=recommender"]
    past.forget(lambda ref: ref.namespace == "shop")
    past.earlier(pull)
    assert len(asked) == 4
    cluster.close()


def test_where_nothing_is_missing_nothing_is_asked_about_the_past(tmp_path: Path) -> None:
    login = next(s for s in SCENARIOS if s.code == "HD301")
    with World((login,), (), moving=False) as world:
        doctor = Doctor(_settings(world, tmp_path, "admin"))
        *_, scan = doctor.find(threading.Event())
        (problem,) = doctor.diagnose(scan, threading.Event()).problems
        doctor.close()
    assert {d.evidence.earlier for d in problem.diagnoses} == {NOT_LOOKED}


def test_without_the_right_to_read_it_the_past_is_not_known_and_the_verdict_is_the_same(
    world: World, explained
) -> None:
    rules = (Rule(READ, ("pods", "secrets", "serviceaccounts", "namespaces", "nodes", "events", "deployments")),)
    world.api.users["blind"] = User("blind", "blind", rules)
    problem = explained("blind")[f"HD503:{SEARCH}:0.9.9"]
    why = Unknown("no right to list ReplicaSets in shop")
    assert diagnosis({"": problem}, "recommender").evidence.earlier == why
    assert "recommender" not in problem.sentence
    assert [p.text for p in problem.finding.proofs if p.source == "workload"] == [
        f"what ran before is not known: {why.why}"
    ]


@pytest.mark.parametrize(("fields", "why"), [
    ({"owner": None}, "a pod without a workload keeps no earlier template"),
    ({"owner": Owner("Job", "etl")}, "a Job keeps no earlier template"),
    ({"kind": ContainerKind.EPHEMERAL}, "an ephemeral container is in no template"),
    ({"owner": Owner("Deployment", "gone")}, "Deployment shop/gone does not exist"),
])  # fmt: skip
def test_what_keeps_no_past_says_so(world: World, tmp_path: Path, fields: dict[str, Any], why: str) -> None:
    cluster = Cluster(_settings(world, tmp_path, "admin"))
    past = Histories(cluster, lambda: datetime.now(UTC))
    assert past.earlier(b.pull(**fields)) == Unknown(why)
    cluster.close()


# Objects as a real cluster has them.


class Recorded:
    """A workload, its revisions and its pods, as they are listed."""

    def __init__(self, owner: dict[str, Any], **listed: tuple[dict[str, Any], ...]) -> None:
        self.owner, self.listed = owner, listed

    def read(self, ref) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        return self.owner

    def list_objects(self, kind, namespace, field_selector="", label_selector=""):  # type: ignore[no-untyped-def]
        return self.listed.get(kind, ())


def _owned(name: str, uid: str, by: str, **more: Any) -> dict[str, Any]:
    owners = [{"uid": by, "controller": True, "kind": "X", "name": "x"}]
    return {"metadata": {"name": name, "namespace": "shop", "uid": uid, "ownerReferences": owners}, **more}


def _template(*images: str, init: str = "", volume: str = "") -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": [{"name": f"c{n}", "image": image} for n, image in enumerate(images)]}
    spec["initContainers"] = [{"name": "init", "image": init}] if init else []
    spec["volumes"] = [{"name": "model", "image": {"reference": volume}}] if volume else []
    return {"spec": spec}


def _replica_set(number: int, template: dict[str, Any], by: str = "dep", **status: int) -> dict[str, Any]:
    made = _owned(f"web-{number}", f"rs{number}", by, spec={"template": template}, status=status)
    made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(number)}
    return made


def _pod(by: str, template: dict[str, Any], **state: Any) -> dict[str, Any]:
    status = {"name": "c0", "image": "", "imageID": "", "lastState": {}, **state}
    return _owned("web-x", "pod", by, spec=template["spec"], status={"containerStatuses": [status]})


DEPLOYMENT = {"metadata": {"uid": "dep", "name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}}}


def earlier(cluster: Recorded, image: str = "r/a:3", **fields: Any) -> tuple[Earlier, ...]:
    given = {"container": "c0", "owner": Owner("Deployment", "web")} | fields
    found = Histories(cluster, lambda: b.NOW).earlier(b.pull(image, **given))
    assert isinstance(found, Fact), found
    return found.value


def test_another_workloads_replica_sets_are_not_taken_for_its_own() -> None:
    mine, other = _replica_set(3, _template("r/a:3")), _replica_set(2, _template("r/a:2"), by="other", readyReplicas=1)
    assert earlier(Recorded(DEPLOYMENT, ReplicaSet=(mine, other))) == ()


def test_only_the_same_container_counts() -> None:
    sets = (_replica_set(2, _template("r/a:3", "r/b:2")), _replica_set(1, _template("r/a:3", "r/b:1"), readyReplicas=2))
    found = earlier(Recorded(DEPLOYMENT, ReplicaSet=sets), "r/b:2", container="c1")
    assert [(one.image, one.running) for one in found] == [("r/b:1", 2)]
    assert earlier(Recorded(DEPLOYMENT, ReplicaSet=sets), "r/a:3") == ()


def test_an_init_container_and_an_image_volume_have_their_own_past() -> None:
    sets = (
        _replica_set(2, _template("r/a:1", init="r/i:2", volume="r/v:2")),
        _replica_set(1, _template("r/a:1", init="r/i:1", volume="r/v:1"), readyReplicas=1),
    )
    cluster = Recorded(DEPLOYMENT, ReplicaSet=sets)
    assert [one.image for one in earlier(cluster, "r/i:2", container="init", kind=ContainerKind.INIT)] == ["r/i:1"]
    assert [one.image for one in earlier(cluster, "r/v:2", kind=ContainerKind.VOLUME)] == ["r/v:1"]


ENDED = {"terminated": {"exitCode": 1, "containerID": "containerd://1"}}


@pytest.mark.parametrize(("state", "running", "ran"), [
    ({"state": {"running": {}}}, 1, True),
    ({"state": {"waiting": {}}, "lastState": ENDED}, 0, True),
    ({"state": {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}, 0, False),
    ({"state": {"waiting": {"reason": "ImagePullBackOff"}}}, 0, False),
])  # fmt: skip
def test_pods_that_are_not_ready_prove_it_by_their_containers(state: dict[str, Any], running: int, ran: bool) -> None:
    old = _template("r/a:2")
    sets = (_replica_set(3, _template("r/a:3")), _replica_set(2, old, replicas=1))
    (found,) = earlier(Recorded(DEPLOYMENT, ReplicaSet=sets, Pod=(_pod("rs2", old, **state),)))
    assert (found.image, found.running, found.ran) == ("r/a:2", running, ran)


def test_a_later_template_that_never_ran_is_not_what_ran_before() -> None:
    later, own = _replica_set(4, _template("r/a:4")), _replica_set(3, _template("r/a:3"))
    assert earlier(Recorded(DEPLOYMENT, ReplicaSet=(own, later))) == ()
    later = _replica_set(4, _template("r/a:4"), readyReplicas=2)
    assert [one.image for one in earlier(Recorded(DEPLOYMENT, ReplicaSet=(own, later)))] == ["r/a:4"]


def test_a_template_without_such_a_container_or_number_breaks_nothing() -> None:
    odd = _owned("web-0", "rs0", "dep", spec={}, status=None)
    assert earlier(Recorded(DEPLOYMENT, ReplicaSet=(odd, _replica_set(3, _template("r/a:3"))))) == ()


@pytest.mark.parametrize(("selector", "text"), [
    ({"matchLabels": {"app": "web", "tier": "front"}}, "app=web,tier=front"),
    ({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "In", "values": ["a", "b"]}]},
     "app=web,x in (a,b)"),
    ({"matchExpressions": [{"key": "x", "operator": "NotIn", "values": ["a"]}, {"key": "y", "operator": "Exists"},
                           {"key": "z", "operator": "DoesNotExist"}]}, "x notin (a),y,!z"),
    ({}, ""),
])  # fmt: skip
def test_a_selector_is_written_as_a_list_request_takes_it(selector: dict[str, Any], text: str) -> None:
    assert selector_text(selector) == text
