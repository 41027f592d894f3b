"""What comes back when a pod is deleted, and what stays stuck."""

from collections.abc import Iterator

import pytest

from checks.demo.harbor_content import SECRET
from checks.demo.scenarios import Workload
from checks.demo.scenarios.model import BASE, HARBOR, Scenario, pull_secret
from checks.demo.scenarios.says import not_found
from checks.demo.world import World
from tests.demo_cluster.hands import MERGE, STRATEGIC, Hands, eventually, ready, uid, waiting

GONE = f"{HARBOR}/library/busybox:gone"
LOGIN = pull_secret("shop", "login", "robot$shop+pull", SECRET)


def _stuck(name: str, kind: str, replicas: int = 1, before: tuple[str, ...] = ()) -> Workload:
    return Workload("shop", name, GONE, 1, not_found, kind, replicas, before=before)


STUCK = Scenario(
    "HD503",
    GONE,
    (
        _stuck("web", "Deployment", 2),
        _stuck("rolled", "Deployment", 4, (BASE,)),
        _stuck("db", "StatefulSet", 2),
        _stuck("agent", "DaemonSet"),
        _stuck("migrate", "Job"),
        _stuck("bare", "Pod"),
    ),
)


@pytest.fixture
def hands() -> Iterator[Hands]:
    with World((STUCK,), ()) as world:
        yield Hands(world)


def _template(image: str) -> dict[str, object]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}}


def test_a_deleted_pod_of_a_deployment_is_made_anew(hands: Hands) -> None:
    old = hands.pods("shop", "web")
    hands.delete_pod(old[0])
    eventually(lambda: {uid(p) for p in hands.pods("shop", "web")} & {uid(old[1])} != set())
    eventually(lambda: len(hands.pods("shop", "web")) == 2 and uid(old[0]) not in map(uid, hands.pods("shop", "web")))


def test_a_deleted_pod_of_a_stateful_set_keeps_its_name(hands: Hands) -> None:
    (old,) = hands.pods("shop", "db")
    hands.delete_pod(old)
    eventually(lambda: [p["metadata"]["name"] for p in hands.pods("shop", "db") if uid(p) != uid(old)] == ["db-0"])


def test_a_stuck_pod_of_a_stateful_set_stays_stuck_until_it_is_deleted(hands: Hands) -> None:
    (old,) = hands.pods("shop", "db")
    hands.patch("/apis/apps/v1/namespaces/shop/statefulsets/db", _template(BASE), STRATEGIC)
    eventually(lambda: bool(hands.events(old)), 3)
    assert [uid(p) for p in hands.pods("shop", "db")] == [uid(old)]
    hands.delete_pod(old)
    eventually(lambda: len(hands.pods("shop", "db")) == 2 and all(map(ready, hands.pods("shop", "db"))))


def test_a_stuck_pod_of_a_job_counts_as_a_failure_when_it_is_deleted(hands: Hands) -> None:
    hands.delete_pod(hands.pods("shop", "migrate")[0])
    path = "/apis/batch/v1/namespaces/shop/jobs/migrate"
    eventually(lambda: bool(hands.get(path)["status"].get("conditions")))
    (condition,) = hands.get(path)["status"]["conditions"]
    assert (condition["type"], condition["reason"]) == ("Failed", "BackoffLimitExceeded")
    assert hands.pods("shop", "migrate") == []


def test_a_changed_template_rolls_a_deployment(hands: Hands) -> None:
    hands.patch("/apis/apps/v1/namespaces/shop/deployments/web", _template(BASE), STRATEGIC)
    eventually(lambda: len(hands.pods("shop", "web")) == 2 and all(map(ready, hands.pods("shop", "web"))))
    assert {p["spec"]["containers"][0]["image"] for p in hands.pods("shop", "web")} == {BASE}


def test_a_rollout_that_is_stuck_keeps_the_pods_that_run(hands: Hands) -> None:
    pods = hands.pods("shop", "rolled")
    assert sorted(map(ready, pods)) == [False, False, True, True, True]


def test_a_rollout_that_is_mended_ends(hands: Hands) -> None:
    fixed = f"{HARBOR}/library/busybox:1.36"
    hands.patch("/apis/apps/v1/namespaces/shop/deployments/rolled", _template(fixed), STRATEGIC)
    eventually(
        lambda: (
            [p["spec"]["containers"][0]["image"] for p in hands.pods("shop", "rolled")] == [fixed] * 4
            and all(map(ready, hands.pods("shop", "rolled")))
        )
    )


def test_a_daemon_set_has_one_pod_on_every_node(hands: Hands) -> None:
    nodes = {node["metadata"]["name"] for node in hands.get("/api/v1/nodes")["items"]}
    assert {p["spec"]["nodeName"] for p in hands.pods("shop", "agent")} == nodes
    hands.patch("/apis/apps/v1/namespaces/shop/daemonsets/agent", _template(BASE), STRATEGIC)
    eventually(lambda: len(hands.pods("shop", "agent")) == len(nodes) and all(map(ready, hands.pods("shop", "agent"))))


def test_a_bare_pod_does_not_come_back(hands: Hands) -> None:
    hands.delete_pod(hands.pods("shop", "bare")[0])
    eventually(lambda: hands.pods("shop", "bare") == [])
    hands.delete_pod(hands.pods("shop", "web")[0])
    eventually(lambda: len(hands.pods("shop", "web")) == 2)
    assert hands.pods("shop", "bare") == []


def test_pods_go_with_their_owner(hands: Hands) -> None:
    assert hands.ask("DELETE", "/apis/apps/v1/namespaces/shop/deployments/web")[0] == 200
    eventually(lambda: hands.pods("shop", "web") == [])


def test_a_new_namespace_gets_its_service_account(hands: Hands) -> None:
    assert hands.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "fresh"}})[0] == 201
    eventually(lambda: hands.ask("GET", "/api/v1/namespaces/fresh/serviceaccounts/default")[0] == 200)


def test_a_scaled_deployment_drops_the_pods_that_do_not_run_first(hands: Hands) -> None:
    hands.patch("/apis/apps/v1/namespaces/shop/deployments/web", {"spec": {"replicas": 1}}, MERGE)
    eventually(lambda: len(hands.pods("shop", "web")) == 1)
    assert waiting(hands.pods("shop", "web")[0])[0] in ("ErrImagePull", "ImagePullBackOff")


@pytest.mark.parametrize(("name", "plural"), [("db", "statefulsets"), ("agent", "daemonsets")])
def test_each_template_of_a_set_is_kept_with_a_number_until_its_owner_is_gone(
    hands: Hands, name: str, plural: str
) -> None:
    def revisions() -> list[tuple[str, int]]:
        kept = hands.ask("GET", "/apis/apps/v1/namespaces/shop/controllerrevisions")[1]["items"]
        own = (one for one in kept if one["metadata"]["ownerReferences"][0]["name"] == name)
        images = ((one["data"]["spec"]["template"]["spec"]["containers"][0]["image"], one["revision"]) for one in own)
        return sorted(images, key=lambda pair: pair[1])

    path = f"/apis/apps/v1/namespaces/shop/{plural}/{name}"
    assert revisions() == [(GONE, 1)]
    hands.patch(path, _template(BASE), STRATEGIC)
    eventually(lambda: revisions() == [(GONE, 1), (BASE, 2)])
    hands.patch(path, _template(GONE), STRATEGIC)
    eventually(lambda: [number for _, number in revisions()] == [2, 3])
    hands.ask("DELETE", path)
    eventually(lambda: revisions() == [])
