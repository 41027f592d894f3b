"""The demo world as a whole: it starts quickly, it is the same every time, and what it claims is true."""

import json
import re
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.demo.api.table import status_word
from checks.demo.kubelet import statuses
from checks.demo.scenarios import SCENARIOS, WORKLOADS, Scenario
from checks.demo.scenarios.manifests import failing_container
from checks.demo.scenarios.model import HARBOR
from checks.demo.world import World
from tests.demo_cluster.hands import Hands, Obj

PROMISED = (
    *("HD000", "HD001", "HD003", "HD101", "HD102", "HD103", "HD104", "HD105", "HD106", "HD107", "HD109", "HD110"),
    *("HD201", "HD202", "HD203", "HD205", "HD211", "HD212", "HD213", "HD214", "HD301", "HD302", "HD303", "HD304"),
    *("HD401", "HD402", "HD403", "HD501", "HD502", "HD503", "HD504", "HD505", "HD506", "HD601", "HD602", "HD603"),
    *("HD701", "HD702", "HD704"),
)


@pytest.fixture(scope="module")
def still() -> Iterator[World]:
    """The full world, in which nothing moves."""
    with World(moving=False) as world:
        yield world


def _pods_of(world: World, scenario: Scenario) -> Iterator[tuple[Obj, str]]:
    for workload in scenario.workloads:
        for pod in world.objects.store.select("pods", workload.namespace):
            if pod["metadata"]["labels"]["app"] == workload.name and pod["spec"].get("nodeName"):
                yield pod, failing_container(workload)


def _waiting(pod: Obj, name: str) -> Obj:
    for listed, container in statuses.containers(pod):
        if container["name"] == name:
            waiting: Obj = statuses.find(pod, listed, name)["state"].get("waiting", {})
            return waiting
    return {}


@pytest.mark.parametrize("code", PROMISED)
def test_every_promised_rule_has_a_scenario(code: str) -> None:
    assert any(scenario.code == code for scenario in SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.code}-{s.subject}")
def test_every_scenario_has_a_failing_pod_from_the_start(still: World, scenario: Scenario) -> None:
    reasons = [_waiting(pod, name).get("reason") for pod, name in _pods_of(still, scenario)]
    assert any(reasons)


def test_several_scenarios_have_several_pods(still: World) -> None:
    counts = [len([p for p, name in _pods_of(still, s) if _waiting(p, name)]) for s in SCENARIOS]
    assert sum(count >= 2 for count in counts) >= 12


def test_what_the_kubelet_is_said_to_have_seen_is_what_it_sees(still: World) -> None:
    """The pretend runtime pulls every failing image for real; its words must be those laid out at the start."""
    pods = [pod for scenario in SCENARIOS for pod, _ in _pods_of(still, scenario)]
    with ThreadPoolExecutor(6) as pool:
        tried = list(pool.map(still.kubelet.try_all, pods))
    wrong = []
    for pod, outcomes in zip(pods, tried, strict=True):
        for name, outcome in outcomes.items():
            shown = _waiting(pod, name)
            said = shown["message"].rpartition(": ErrImagePull: ")[2]
            if _timeless(said) != _timeless(outcome.message):
                wrong.append((pod["metadata"]["name"], said, outcome.message))
    assert not wrong
    assert sum(len(outcomes) for outcomes in tried) > 80


def _timeless(text: str) -> str:
    return re.sub(r"current time \S+", "", text)


def test_two_worlds_at_the_same_time_are_the_same() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    laid_out = []
    for _ in range(2):
        with World(clock=lambda: noon, moving=False) as world:
            store = world.objects.store
            laid_out.append([store.select(plural) for plural in ("pods", "secrets", "replicasets", "events")])
    assert laid_out[0] == laid_out[1]


def test_healthy_pods_run_beside_the_broken_ones(still: World) -> None:
    words = [status_word(pod) for pod in still.objects.store.select("pods")]
    assert words.count("Running") > 30
    assert words.count("ImagePullBackOff") > 40


def test_healthy_pods_would_be_pulled_again(still: World) -> None:
    """Among them one with a login that no longer works on a public image, and one with a Secret for another host."""
    apps = {(workload.namespace, workload.name) for workload in WORKLOADS}
    for pod in still.objects.store.select("pods"):
        if (pod["metadata"]["namespace"], pod["metadata"]["labels"]["app"]) in apps:
            secrets = still.starter.secrets(pod)
            (container,) = pod["spec"]["containers"]
            outcome = still.starter.start(pod, "containers", container, secrets)
            assert outcome.ok, outcome


def test_two_secrets_belong_to_somebody_who_would_write_them_back(still: World) -> None:
    secrets = still.objects.store.select("secrets")
    assert [s["metadata"]["name"] for s in secrets if s["metadata"].get("ownerReferences")] == ["harbor-pull"]
    tracked = [s["metadata"]["name"] for s in secrets if "annotations" in s["metadata"]]
    assert tracked == ["registry-login", "harbor-pull"]


def test_ages_spread_from_minutes_to_weeks(still: World) -> None:
    born = sorted(pod["metadata"]["creationTimestamp"] for pod in still.objects.store.select("pods"))
    assert born[0][:10] < born[len(born) // 2][:10] <= born[-1][:10]


def test_all_kinds_of_containers_and_owners_are_there(still: World) -> None:
    pods = still.objects.store.select("pods")
    owners = {owner["kind"] for pod in pods for owner in pod["metadata"].get("ownerReferences", ())}
    assert owners == {"ReplicaSet", "StatefulSet", "DaemonSet", "Job"}
    assert any(not pod["metadata"].get("ownerReferences") for pod in pods)
    assert any(pod["spec"].get("ephemeralContainers") for pod in pods)
    assert any(c.get("restartPolicy") == "Always" for pod in pods for c in pod["spec"].get("initContainers", ()))
    assert any("image" in volume for pod in pods for volume in pod["spec"].get("volumes", ()))


def test_the_kubeconfig_is_private_and_works(still: World, tmp_path: Path) -> None:
    path = still.kubeconfig(tmp_path / "config", user="reader")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    config = json.loads(path.read_text())
    assert config["current-context"] == "demo"
    token = config["users"][0]["user"]["token"]
    hands = Hands(still, token)
    assert len(hands.get("/api/v1/pods")["items"]) > 100
    assert hands.ask("GET", "/api/v1/secrets")[0] == 403


def test_the_developer_is_at_home_in_one_namespace(still: World) -> None:
    hands = Hands(still, still.users["developer"].token)
    assert hands.ask("GET", "/api/v1/namespaces/shop/secrets")[0] == 200
    assert hands.ask("GET", "/api/v1/namespaces/pay/pods")[0] == 403


def test_an_older_revision_is_kept_for_the_missing_tag(still: World) -> None:
    sets = [
        rs["spec"]["template"]["spec"]["containers"][0]["image"]
        for rs in still.objects.store.select("replicasets", "shop")
        if rs["metadata"]["ownerReferences"][0]["name"] == "recommender"
    ]
    assert sorted(sets) == [f"{HARBOR}/shop/search:{tag}" for tag in ("0.9.7", "0.9.8", "0.9.9")]


def test_no_password_shows_in_a_repr(still: World) -> None:
    text = repr(SCENARIOS) + repr(still.users) + repr(still.harbor_login)
    assert "Demo1Robot" not in text
    assert "demo-admin" not in text
