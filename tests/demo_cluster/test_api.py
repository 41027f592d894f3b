"""The pretend API server where a real one cannot be made to do it on demand: old tokens, bookmarks, other people."""

import gzip
import json
import urllib.request
from collections.abc import Iterator

import pytest

from checks.demo.world import World
from tests.demo_cluster.hands import TRUST, Hands, Obj


@pytest.fixture
def hands() -> Iterator[Hands]:
    with World((), (), moving=False) as world:
        yield Hands(world)


def _pod(name: str) -> Obj:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "app", "image": "h.example/a:1"}]}}


def _fill(hands: Hands, *names: str) -> None:
    for name in names:
        assert hands.ask("POST", "/api/v1/namespaces/shop/pods", _pod(name))[0] == 201


def _watch(hands: Hands, query: str) -> list[Obj]:
    request = urllib.request.Request(
        f"{hands.world.url}/api/v1/pods?watch=true&{query}", headers={"Authorization": "Bearer demo-admin"}
    )
    with urllib.request.urlopen(request, timeout=20, context=TRUST) as stream:
        return [json.loads(line) for line in stream]


def test_an_old_page_token_is_gone_and_brings_a_new_one(hands: Hands) -> None:
    _fill(hands, "a", "b", "c", "d")
    hands.world.api.pages.seconds = -1.0
    first = hands.get("/api/v1/pods?limit=2")
    status, gone = hands.ask("GET", f"/api/v1/pods?limit=2&continue={first['metadata']['continue']}")
    assert (status, gone["reason"]) == (410, "Expired")
    _fill(hands, "e")
    rest = hands.get(f"/api/v1/pods?continue={gone['metadata']['continue']}")
    assert [pod["metadata"]["name"] for pod in rest["items"]] == ["c", "d", "e"]


def test_a_version_that_is_too_old_ends_the_watch_with_an_error_event(hands: Hands) -> None:
    version = hands.get("/api/v1/pods")["metadata"]["resourceVersion"]
    hands.world.objects.store.compact()
    (event,) = _watch(hands, f"resourceVersion={version}&timeoutSeconds=5")
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_bookmarks_come_when_they_are_asked_for(hands: Hands) -> None:
    version = hands.get("/api/v1/pods")["metadata"]["resourceVersion"]
    hands.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "more"}})
    hands.world.api.bookmark_seconds = 0.5
    query = f"resourceVersion={version}&timeoutSeconds=2&allowWatchBookmarks=true"
    events = _watch(hands, query)
    assert {event["type"] for event in events} == {"BOOKMARK"}
    assert int(events[-1]["object"]["metadata"]["resourceVersion"]) > int(version)
    assert _watch(hands, f"resourceVersion={version}&timeoutSeconds=1") == []


def test_the_initial_state_ends_with_an_annotated_bookmark(hands: Hands) -> None:
    _fill(hands, "a")
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1"
    first, second, *_ = _watch(hands, query)
    assert (first["type"], first["object"]["metadata"]["name"]) == ("ADDED", "a")
    assert second["type"] == "BOOKMARK"
    assert second["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_nobody_is_anonymous_and_an_unknown_token_is_turned_away(hands: Hands) -> None:
    status, refusal = Hands(hands.world, "").ask("GET", "/api/v1/pods")
    assert (status, refusal["message"].partition(" cannot ")[0]) == (
        403,
        'pods is forbidden: User "system:anonymous"',
    )
    status, refusal = Hands(hands.world, "no such token").ask("GET", "/api/v1/pods")
    assert (status, refusal["reason"]) == (401, "Unauthorized")


def test_only_somebody_mighty_may_act_as_another(hands: Hands) -> None:
    assert hands.ask("GET", "/api/v1/secrets", Impersonate_User="reader")[0] == 403
    assert hands.ask("GET", "/api/v1/pods", Impersonate_User="reader")[0] == 200
    status, refusal = Hands(hands.world, "demo-reader").ask("GET", "/api/v1/pods", Impersonate_User="admin")
    assert status == 403
    assert refusal["message"] == (
        'users "admin" is forbidden: User "reader" cannot impersonate resource "users" in API group "" '
        "at the cluster scope"
    )


def test_large_answers_are_compressed_for_those_who_take_it(hands: Hands) -> None:
    body = {"metadata": {"name": "big"}, "stringData": {"a": "x" * 200_000}}
    hands.ask("POST", "/api/v1/namespaces/shop/secrets", body)
    headers = {"Authorization": "Bearer demo-admin", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{hands.world.url}/api/v1/secrets", headers=headers)
    with urllib.request.urlopen(request, context=TRUST) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert json.loads(gzip.decompress(answer.read()))["items"]


def test_a_table_never_holds_the_status_word_of_an_ephemeral_container(hands: Hands) -> None:
    _fill(hands, "a")
    waiting = {"name": "debug", "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    patch = {"status": {"phase": "Running", "ephemeralContainerStatuses": [waiting]}}
    hands.patch("/api/v1/namespaces/shop/pods/a/status", patch)
    status, table = hands.ask(
        "GET", "/api/v1/pods?includeObject=None", Accept="application/json;as=Table;g=meta.k8s.io;v=v1"
    )
    assert (status, table["rows"][0]["cells"][2]) == (200, "Running")


def test_an_enforcing_service_account_refuses_other_pull_secrets(hands: Hands) -> None:
    where = "/api/v1/namespaces/shop/serviceaccounts/default"
    hands.patch(where, {"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}})
    body = _pod("a")
    body["spec"]["imagePullSecrets"] = [{"name": "other"}]
    status, refusal = hands.ask("POST", "/api/v1/namespaces/shop/pods", body)
    assert status == 403
    assert "does not reference that imagePullSecret" in refusal["message"]
