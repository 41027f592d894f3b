"""Scanning a cluster: the pretend API server with its rights, and servers that misbehave."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.clients.cluster import Cluster
from checks.demo.api.access import READ, Rule, User
from checks.demo.api.requests import Api
from checks.demo.api.server import ApiServer
from checks.demo.api.store import Store
from checks.errors import Unauthenticated, Unreachable
from checks.scan import NotLooked, Scan, find
from checks.settings import Settings
from tests.clients.kubeserver import Asked, KubeServer, Script, cluster_at, kubeconfig, pod, pod_list

LISTS_ALL = Rule(READ, ("pods", "namespaces"))


@pytest.fixture
def store() -> Store:
    """Namespaces shop, finance and empty; one failing pod in each of the first two, and healthy ones."""
    store = Store()
    for name in ("shop", "finance", "empty"):
        store.put("namespaces", {"metadata": {"name": name}})
    for namespace in ("shop", "finance"):
        store.put("pods", pod("bad", namespace=namespace, waiting="ErrImagePull"))
        store.put("pods", pod("good", namespace=namespace))
    store.put("pods", pod("done", namespace="shop", status={"phase": "Succeeded"}))
    return store


Scanner = Callable[..., list[Scan]]


@pytest.fixture
def scans(store: Store, tmp_path: Path) -> Iterator[Scanner]:
    """All snapshots of one scan, as a user with those rules."""
    api = Api(store)
    server = ApiServer(api)
    server.start()
    clusters: list[Cluster] = []

    def run(*rules: Rule, token: str = "tok", **choice: Any) -> list[Scan]:
        api.users["tok"] = User("jane", "tok", rules)
        path = kubeconfig(tmp_path / "config", server.url, {"token": token})
        settings = Settings(kubeconfig=str(path), timeout=2.0, **choice)
        clusters.append(Cluster(settings))
        return list(find(clusters[-1], settings, threading.Event()))

    yield run
    for cluster in clusters:
        cluster.close()
    server.stop()


def bad(scan: Scan) -> list[str]:
    return sorted(f"{pull.namespace}/{pull.pod}" for pull in scan.pulls)


def test_all_namespaces_are_scanned_with_a_quick_look_first(scans: Scanner) -> None:
    first, *_, last = scans(LISTS_ALL)
    assert bad(first) == ["finance/bad", "shop/bad"]
    assert not first.complete
    assert bad(last) == ["finance/bad", "shop/bad"]
    assert last.complete
    assert (last.pods_seen, last.namespaces_seen, last.not_looked) == (4, 2, ())
    assert last.resource_version


def test_a_running_pod_with_a_failing_container_is_found_by_the_full_pass(scans: Scanner, store: Store) -> None:
    store.put("pods", pod("restarted", waiting="ImagePullBackOff", status={"phase": "Running"}))
    failing = pod("restarted", waiting="ImagePullBackOff")
    failing["status"]["phase"] = "Running"
    store.put("pods", failing)
    first, *_, last = scans(LISTS_ALL)
    assert "shop/restarted" not in bad(first)
    assert "shop/restarted" in bad(last)


def test_where_the_list_of_all_is_forbidden_each_namespace_is_tried(scans: Scanner) -> None:
    last = scans(Rule(READ, ("namespaces",)), Rule(READ, ("pods",), ("shop", "empty")))[-1]
    assert bad(last) == ["shop/bad"]
    assert not last.complete
    assert last.not_looked == (NotLooked("finance", "no right to list pods"),)
    assert last.namespaces_seen == 2


def test_every_namespace_one_by_one_is_complete_too(scans: Scanner) -> None:
    last = scans(Rule(READ, ("namespaces",)), Rule(READ, ("pods",), ("shop", "empty", "finance")))[-1]
    assert bad(last) == ["finance/bad", "shop/bad"]
    assert last.complete


def test_without_the_right_to_list_namespaces_the_contexts_own_is_scanned(scans: Scanner) -> None:
    last = scans(Rule(READ, ("pods",), ("shop",)))[-1]
    assert bad(last) == ["shop/bad"]
    assert not last.complete
    assert [(n.namespace, "looked in shop only" in n.why) for n in last.not_looked] == [("", True)]


def test_no_rights_at_all_is_not_nothing_failing(scans: Scanner) -> None:
    last = scans()[-1]
    assert (last.pulls, last.complete) == ((), False)
    assert NotLooked("shop", "no right to list pods") in last.not_looked


def test_only_the_named_namespaces_are_scanned_and_missing_ones_reported(scans: Scanner) -> None:
    last = scans(LISTS_ALL, namespaces=("finance", "nope", "finance"))[-1]
    assert bad(last) == ["finance/bad"]
    assert last.not_looked == (NotLooked("nope", "there is no such namespace"),)
    assert not last.complete


def test_an_empty_namespace_is_looked_at_and_complete(scans: Scanner) -> None:
    last = scans(LISTS_ALL, namespaces=("empty",))[-1]
    assert (last.pulls, last.complete, last.namespaces_seen) == ((), True, 1)


def test_the_contexts_own_namespace_may_be_all_that_is_asked_for(scans: Scanner) -> None:
    last = scans(Rule(READ, ("pods",), ("shop",)), all_namespaces=False)[-1]
    assert bad(last) == ["shop/bad"]
    assert last.complete


def test_wrong_credentials_are_an_error_not_an_empty_scan(scans: Scanner) -> None:
    for choice in ({}, {"namespaces": ("shop",)}):
        with pytest.raises(Unauthenticated):
            scans(token="wrong", **choice)


def test_a_pod_of_an_odd_shape_is_reported_and_the_scan_goes_on(scans: Scanner, store: Store) -> None:
    store.put("pods", pod("odd", namespace="finance", spec={"containers": {"not": "a list"}}))
    last = scans(LISTS_ALL)[-1]
    assert bad(last) == ["finance/bad", "shop/bad"]
    assert not last.complete
    assert [(n.namespace, n.why.startswith("pod odd could not be read: ")) for n in last.not_looked] == [
        ("finance", True)
    ]


Serve = Callable[[Script], Cluster]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    opened: list[KubeServer | Cluster] = []

    def start(script: Script) -> Cluster:
        server = KubeServer(script)
        cluster = cluster_at(tmp_path, server.url, timeout=0.5)
        opened.extend((server, cluster))
        return cluster

    yield start
    for each in opened:
        each.close()


def paged(asked: Asked) -> None:
    """Two pages, the second of which never comes."""
    if asked.query.get("resourceVersion") == "0":
        asked.say(200, pod_list(pod("healed", waiting="ErrImagePull")))
    elif "continue" not in asked.query:
        asked.say(200, pod_list(pod("bad", waiting="ErrImagePull"), pod("good"), token="more"))
    else:
        asked.hang()


def test_a_list_that_breaks_off_keeps_what_it_had_and_says_so(serve: Serve) -> None:
    last = list(find(serve(paged), Settings(), threading.Event()))[-1]
    assert bad(last) == ["shop/bad", "shop/healed"]
    assert not last.complete
    (missed,) = last.not_looked
    assert missed.why.startswith("the list of pods broke off after 2 pods: prod: the API server 127.0.0.1:")


def test_what_the_quick_look_saw_and_the_full_pass_did_not_is_gone_at_the_end(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        quick = asked.query.get("resourceVersion") == "0"
        asked.say(200, pod_list(pod("healed" if quick else "bad", waiting="ErrImagePull")))

    first, last = find(serve(script), Settings(), threading.Event())
    assert (bad(first), bad(last)) == (["shop/healed"], ["shop/bad"])


def test_after_a_stop_nothing_more_comes_and_soon(serve: Serve) -> None:
    stop = threading.Event()
    found = find(serve(paged), Settings(), stop)
    seen = [next(found), next(found)]
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    seen += list(found)
    assert time.monotonic() - began < 0.5
    assert not any(scan.complete for scan in seen)


def test_a_server_that_never_answers_is_an_error(serve: Serve) -> None:
    for choice in (Settings(), Settings(namespaces=("a", "b", "c", "d"))):
        with pytest.raises(Unreachable):
            list(find(serve(Asked.hang), choice, threading.Event()))


def test_one_broken_namespace_does_not_stop_the_others(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        namespace = asked.path.split("/")[4]
        if namespace == "broken":
            asked.refuse(500, "etcdserver: leader changed", "InternalError")
        else:
            asked.say(200, pod_list(pod("bad", namespace=namespace, waiting="ErrImagePull")))

    last = list(find(serve(script), Settings(namespaces=("broken", "b", "c")), threading.Event()))[-1]
    assert bad(last) == ["b/bad", "c/bad"]
    assert last.not_looked == (NotLooked("broken", "prod: etcdserver: leader changed"),)


def test_a_quick_look_that_fails_does_not_hide_the_rest(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        if asked.query.get("resourceVersion") == "0":
            asked.refuse(500, "watch cache not ready", "InternalError")
        else:
            asked.say(200, pod_list(pod("bad", waiting="ErrImagePull")))

    last = list(find(serve(script), Settings(), threading.Event()))[-1]
    assert bad(last) == ["shop/bad"]
    assert last.complete
