"""Watching pods: what the stream hands out, and how it goes on when it ends, breaks or has grown too old."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checks.clients.cluster import Cluster
from checks.errors import Expired, Forbidden, ServerFault, Unreachable
from tests.clients.kubeserver import Asked, KubeServer, Script, cluster_at, pod

Serve = Callable[[Script], tuple[KubeServer, Cluster]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    opened: list[KubeServer | Cluster] = []

    def start(script: Script) -> tuple[KubeServer, Cluster]:
        server = KubeServer(script)
        cluster = cluster_at(tmp_path, server.url)
        opened.extend((server, cluster))
        return server, cluster

    yield start
    for each in opened:
        each.close()


def event(kind: str, name: str, version: str) -> dict[str, object]:
    return {"type": kind, "object": pod(name, metadata={"resourceVersion": version})}


def bookmark(version: str) -> dict[str, object]:
    return {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": version}}}


def versions(server: KubeServer) -> list[str]:
    return [asked.query["resourceVersion"] for asked in server.asked if "watch" in asked.query]


def test_changes_come_as_they_happen(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.line(event("ADDED", "a", "11"))
        asked.line(event("DELETED", "a", "12"))
        asked.hang()

    server, cluster = serve(script)
    changes = cluster.watch_pods("shop", "10", threading.Event())
    assert [(kind, found.metadata.name) for kind, found in (next(changes), next(changes))] == [
        ("ADDED", "a"),
        ("DELETED", "a"),
    ]
    changes.close()
    assert server.asked[0].path == "/api/v1/namespaces/shop/pods"
    assert server.asked[0].query["allowWatchBookmarks"] == "true"


def test_a_stop_ends_a_silent_watch_at_once(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.hang()

    _, cluster = serve(script)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    assert list(cluster.watch_pods(None, "1", stop)) == []
    assert time.monotonic() - began < 1


def test_a_deadline_ends_it_too(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.hang()

    _, cluster = serve(script)
    began = time.monotonic()
    assert list(cluster.watch_pods(None, "1", threading.Event(), deadline=began + 0.3)) == []
    assert 0.3 <= time.monotonic() - began < 1


def test_after_the_servers_end_or_a_cut_it_goes_on_from_the_last_version(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        match asked.query["resourceVersion"]:
            case "10":
                asked.line(event("ADDED", "a", "11"))
                asked.line(bookmark("20"))
                asked.end_stream()
            case "20":
                asked.line(event("ADDED", "b", "21"))
                asked.handler.wfile.write(b"5\r\n{")
                asked.cut()
            case _:
                asked.line(event("ADDED", "c", "30"))
                asked.hang()

    server, cluster = serve(script)
    changes = cluster.watch_pods(None, "10", threading.Event())
    assert [next(changes)[1].metadata.name for _ in range(3)] == ["a", "b", "c"]
    changes.close()
    assert versions(server) == ["10", "20", "21"]


def test_a_version_that_is_too_old_is_told_in_both_ways(serve: Serve) -> None:
    def in_stream(asked: Asked) -> None:
        asked.begin_stream()
        asked.line({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old", "reason": "Gone"}})

    for script in (in_stream, lambda asked: asked.refuse(410, "too old resource version: 1 (9)", "Expired")):
        _, cluster = serve(script)
        with pytest.raises(Expired, match="too old"):
            next(cluster.watch_pods(None, "1", threading.Event()))


def test_where_watching_is_forbidden_it_says_so(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.refuse(403, "pods is forbidden: cannot watch", "Forbidden"))
    with pytest.raises(Forbidden):
        next(cluster.watch_pods(None, "1", threading.Event()))


def test_an_odd_pod_and_a_line_in_pieces_do_no_harm(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.line({"type": "ADDED", "object": pod("odd", spec={"containers": "none"})})
        whole = json.dumps(event("ADDED", "a", "11")).encode() + b"\n"
        for part in (whole[:40], whole[40:]):
            asked.handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            asked.handler.wfile.flush()
            time.sleep(0.05)
        asked.hang()

    _, cluster = serve(script)
    changes = cluster.watch_pods(None, "1", threading.Event())
    assert next(changes)[1].metadata.name == "a"
    changes.close()


class Hasty(threading.Event):
    """Never set, and nobody waits for it: pauses between tries take no time."""

    def wait(self, timeout: float | None = None) -> bool:
        return False


def test_it_gives_up_after_five_breaks_in_a_row(serve: Serve) -> None:
    server, cluster = serve(Asked.cut)
    with pytest.raises(Unreachable):
        next(cluster.watch_pods(None, "1", Hasty()))
    assert len(server.asked) == 5


def test_garbage_in_the_stream_is_a_server_fault(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.line(b"<html>")

    _, cluster = serve(script)
    with pytest.raises(ServerFault, match="sent a line that is no watch event"):
        next(cluster.watch_pods(None, "1", Hasty()))


def test_a_stream_that_ends_as_soon_as_it_has_begun_is_not_asked_for_again_without_a_pause(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.begin_stream()
        asked.end_stream()

    server, cluster = serve(script)
    assert list(cluster.watch_pods(None, "1", threading.Event(), deadline=time.monotonic() + 1.5)) == []
    assert 1 <= len(server.asked) <= 2
    with pytest.raises(Unreachable, match="ends as soon as it has begun"):
        next(cluster.watch_pods(None, "1", Hasty()))
