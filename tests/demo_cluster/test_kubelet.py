"""The pretend kubelet really pulls: the right cure makes pods run, the wrong one does not."""

import base64
import json
from collections.abc import Iterator

import pytest

from checks.credentials import DOCKER_CONFIG_JSON
from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import Faults, words
from checks.demo.registries import Registries
from checks.demo.scenarios import Workload
from checks.demo.scenarios.model import BASE, HARBOR, Scenario, SeededSecret, entry, payload, pull_secret
from checks.demo.scenarios.says import malformed, not_found, nothing_sent, unauthorized
from checks.demo.world import World
from tests.demo_cluster.hands import STRATEGIC, Hands, eventually, ready, uid, waiting

WEB = f"{HARBOR}/shop/web:1.5.0"
WRONG = pull_secret("shop", "login", "robot$shop+pull", "wrong")
BROKEN = SeededSecret("shop", "broken", b'{"auths":{"other.example":{"auth":"%%%"}}}')
CONFIG = ".dockerconfigjson"


def _work(name: str, where: str = "container", secrets: tuple[str, ...] = ("login",)) -> Workload:
    return Workload("shop", name, WEB, 1, unauthorized, secrets=secrets, where=where)


SCENES = (
    Scenario(
        "HD301",
        "shop/login",
        (*(_work(where, where) for where in ("container", "init", "sidecar", "ephemeral", "volume")),),
        (WRONG,),
    ),
    Scenario("HD103", "shop/absent", (Workload("shop", "absent", WEB, 1, nothing_sent, secrets=("absent",)),)),
    Scenario(
        "HD105",
        "shop/broken",
        (
            Workload(
                *("shop", "unreadable", WEB, 1, malformed("illegal base64 data at input byte 0")),
                secrets=("login", "broken"),
            ),
        ),
        (BROKEN,),
    ),
    Scenario("HD101", "shop/default", (Workload("shop", "unwired", WEB, 1, nothing_sent),)),
    Scenario("HD503", "gone", (Workload("shop", "gone", f"{BASE}-gone", 1, not_found),)),
)


@pytest.fixture
def hands() -> Iterator[Hands]:
    with World(SCENES, ()) as world:
        yield Hands(world)


def _put(hands: Hands, name: str, content: bytes) -> None:
    body = {"data": {CONFIG: base64.b64encode(content).decode()}}
    hands.patch(f"/api/v1/namespaces/shop/secrets/{name}", body)


def _right() -> bytes:
    return payload(harbor=entry("robot$shop+pull", SECRET))


def _runs(hands: Hands, app: str) -> bool:
    pods = hands.pods("shop", app)
    return bool(pods) and all(map(ready, pods))


def test_a_mended_secret_is_used_by_pods_that_stand_there(hands: Hands) -> None:
    before = {app: uid(hands.pods("shop", app)[0]) for app in ("container", "init", "sidecar", "volume")}
    _put(hands, "login", _right())
    for app, old in before.items():
        eventually(lambda app=app: _runs(hands, app))  # type: ignore[misc]
        assert uid(hands.pods("shop", app)[0]) == old


def test_an_ephemeral_container_is_pulled_for_too(hands: Hands) -> None:
    (pod,) = hands.pods("shop", "ephemeral")
    assert ready(pod)
    assert waiting(pod, "ephemeralContainerStatuses")[0] == "ImagePullBackOff"
    _put(hands, "login", _right())
    eventually(lambda: waiting(hands.pods("shop", "ephemeral")[0], "ephemeralContainerStatuses") == ("", ""))


def test_a_second_wrong_login_does_not_help_and_a_right_one_then_does(hands: Hands) -> None:
    _put(hands, "login", payload(harbor=entry("robot$pay+pull", SECRET)))
    pod = hands.pods("shop", "container")[0]
    count = _attempts(hands, pod)
    eventually(lambda: _attempts(hands, pod) > count)
    assert not _runs(hands, "container")
    _put(hands, "login", _right())
    eventually(lambda: _runs(hands, "container"))


def _attempts(hands: Hands, pod: dict[str, object]) -> int:
    return sum(e["count"] for e in hands.events(pod) if e["reason"] == "Pulling")


def test_a_missing_secret_is_told_as_an_event_and_used_once_it_is_there(hands: Hands) -> None:
    pod = hands.pods("shop", "absent")[0]
    text = words.secrets_missing(["absent"])
    eventually(lambda: text in [event["message"] for event in hands.events(pod)])
    body = {"metadata": {"name": "absent"}, "type": DOCKER_CONFIG_JSON, "stringData": {CONFIG: _right().decode()}}
    assert hands.ask("POST", "/api/v1/namespaces/shop/secrets", body)[0] == 201
    eventually(lambda: _runs(hands, "absent"))


def test_one_unreadable_secret_stops_the_pull_with_its_own_words(hands: Hands) -> None:
    _put(hands, "login", _right())
    eventually(lambda: _runs(hands, "container"))
    text = "illegal base64 data at input byte 0"
    assert waiting(hands.pods("shop", "unreadable")[0]) == (text, text)
    _put(hands, "broken", b"{}")
    eventually(lambda: _runs(hands, "unreadable"))


def test_a_service_account_helps_new_pods_only(hands: Hands) -> None:
    _put(hands, "login", _right())
    where = "/api/v1/namespaces/shop/serviceaccounts/default"
    hands.patch(where, {"imagePullSecrets": [{"name": "login"}]})
    eventually(lambda: _runs(hands, "container"))
    assert not _runs(hands, "unwired")
    hands.delete_pod(hands.pods("shop", "unwired")[0])
    eventually(lambda: _runs(hands, "unwired"))


def test_an_image_edited_in_place_is_pulled_at_once(hands: Hands) -> None:
    (pod,) = hands.pods("shop", "gone")
    path = f"/api/v1/namespaces/shop/pods/{pod['metadata']['name']}"
    good = {"spec": {"containers": [{"name": "app", "image": BASE}]}}
    hands.patch(path, good, STRATEGIC)
    eventually(lambda: _runs(hands, "gone"), 5)
    hands.patch(path, {"spec": {"containers": [{"name": "app", "image": f"{BASE}-gone"}]}}, STRATEGIC)
    eventually(lambda: waiting(hands.get(path))[0] == "ImagePullBackOff", 5)
    status = hands.get(path)["status"]
    assert status["phase"] == "Running"
    assert status["containerStatuses"][0]["lastState"]["terminated"]


def test_a_new_failure_shows_as_an_error_first_and_as_back_off_then(hands: Hands) -> None:
    body = {"metadata": {"name": "fresh"}, "spec": {"containers": [{"name": "app", "image": f"{BASE}-gone"}]}}
    hands.ask("POST", "/api/v1/namespaces/shop/pods", body)
    path = "/api/v1/namespaces/shop/pods/fresh"
    seen: list[tuple[str, str]] = []

    def looked() -> bool:
        reason, message = waiting(hands.get(path))
        if reason and (not seen or seen[-1][0] != reason):
            seen.append((reason, message))
        return reason == "ImagePullBackOff"

    eventually(looked)
    text = words.not_found(f"{BASE}-gone")
    assert ("ErrImagePull", text) in seen
    assert seen[-1][1] == f'Back-off pulling image "{BASE}-gone": ErrImagePull: {text}'


def test_several_logins_that_fail_differently_are_told_together(hands: Hands) -> None:
    both = {f"{HARBOR}/shop": entry("", ""), HARBOR: entry("robot$shop+pull", "wrong")}
    _put(hands, "login", json.dumps({"auths": both}).encode())
    nothing, refused = nothing_sent(WEB, "").message, unauthorized(WEB, "").message
    eventually(lambda: f"[{nothing}, {refused}]" in waiting(hands.pods("shop", "container")[0])[1])


def test_a_fault_of_the_node_lasts_until_it_is_mended(hands: Hands) -> None:
    hands.world.faults.set(BASE, "no space left on device")
    body = {"metadata": {"name": "full"}, "spec": {"containers": [{"name": "app", "image": BASE}]}}
    hands.ask("POST", "/api/v1/namespaces/shop/pods", body)
    path = "/api/v1/namespaces/shop/pods/full"
    eventually(lambda: "no space left on device" in waiting(hands.get(path))[1])
    hands.world.faults.clear(BASE)
    eventually(lambda: ready(hands.get(path)))


def _disabled_robot(registries: Registries, _: Faults) -> None:
    registries.harbor.add_robot("off", "shop", secret=SECRET, disabled=True)


def test_a_robot_that_is_enabled_again_makes_its_pods_run() -> None:
    scene = Scenario(
        "HD303",
        "shop/login",
        (_work("off"),),
        (pull_secret("shop", "login", "robot$shop+off", SECRET),),
        prepare=_disabled_robot,
    )
    with World((scene,), ()) as world:
        hands = Hands(world)
        assert not _runs(hands, "off")
        world.registries.harbor.enable_robot("robot$shop+off")
        eventually(lambda: _runs(hands, "off"), 25)


def test_a_pod_that_is_deleted_in_the_middle_of_a_slow_pull_goes_soon() -> None:
    slow = Workload("shop", "slow", "slow.demo.test/shop/web:1", 1, not_found)
    with World((Scenario("HD203", "slow.demo.test", (slow,)),), ()) as world:
        hands = Hands(world)
        old = hands.pods("shop", "slow")[0]
        hands.delete_pod(old)
        eventually(lambda: uid(hands.pods("shop", "slow")[0]) != uid(old), 5)
        fresh = hands.pods("shop", "slow")[0]
        eventually(lambda: any(event["reason"] == "Pulling" for event in hands.events(fresh)), 5)
        hands.delete_pod(fresh)
        eventually(lambda: uid(fresh) not in map(uid, hands.pods("shop", "slow")), 6)
