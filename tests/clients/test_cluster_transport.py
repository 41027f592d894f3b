"""What becomes of requests when the API server, or what stands before it, misbehaves."""

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import checks
from checks import __version__
from checks.clients.cluster import Cluster
from checks.errors import (
    ClusterError,
    ConfigError,
    Conflict,
    Expired,
    Forbidden,
    Interrupted,
    Invalid,
    NotFound,
    Refused,
    ServerFault,
    Throttled,
    Unauthenticated,
    Unreachable,
)
from checks.model import ObjectRef
from checks.settings import Settings
from tests.clients.kubeserver import Asked, KubeServer, Script, cluster_at, kubeconfig, pod, pod_list

Serve = Callable[..., tuple[KubeServer, Cluster]]

SECRET = ObjectRef("Secret", "shop", "pull")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    opened: list[KubeServer | Cluster] = []

    def start(script: Script, **settings: Any) -> tuple[KubeServer, Cluster]:
        server = KubeServer(script)
        cluster = cluster_at(tmp_path, server.url, **settings)
        opened.extend((cluster, server))
        return server, cluster

    yield start
    for each in opened:
        each.close()


def test_a_server_that_hangs_is_given_up_after_the_timeout(serve: Serve) -> None:
    server, cluster = serve(Asked.hang, timeout=0.4)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=rf"^prod: the API server {server.host} did not answer within 0.4 s$"):
        cluster.read(SECRET)
    assert time.monotonic() - began < 2


def test_a_stop_ends_a_request_that_hangs_at_once(serve: Serve) -> None:
    _, cluster = serve(Asked.hang, timeout=20.0)
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        next(cluster.pods(None, stop=stop))
    assert time.monotonic() - began < 1


def test_a_refused_connection_names_the_server(tmp_path: Path) -> None:
    cluster = cluster_at(tmp_path, "http://127.0.0.1:1")
    with pytest.raises(Unreachable, match=r"^prod: the API server 127.0.0.1:1 refuses the connection$"):
        cluster.read(SECRET)


def test_a_name_that_does_not_resolve_is_told_as_such(tmp_path: Path) -> None:
    cluster = cluster_at(tmp_path, "http://kube.nowhere.invalid:6443", timeout=5.0)
    with pytest.raises(Unreachable, match=r"the name of the API server kube.nowhere.invalid:6443 cannot be resolved"):
        cluster.read(SECRET)


def test_a_malformed_server_address_is_an_error_of_the_kubeconfig(tmp_path: Path) -> None:
    cluster = cluster_at(tmp_path, "https://[broken")
    with pytest.raises(ConfigError):
        cluster.read(SECRET)


def test_429_is_asked_again_after_the_time_it_names(serve: Serve) -> None:
    times: list[float] = []

    def script(asked: Asked) -> None:
        times.append(time.monotonic())
        if len(times) < 2:
            asked.refuse(429, "Too many requests", "TooManyRequests", Retry_After="1")
        else:
            asked.say(200, {"kind": "Secret"})

    _, cluster = serve(script)
    assert cluster.read(SECRET) == {"kind": "Secret"}
    assert 1.0 <= times[1] - times[0] < 2.0


def test_429_without_end_is_given_up(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.refuse(429, "Too many requests", Retry_After="0"))
    with pytest.raises(Throttled, match="Too many requests"):
        cluster.read(SECRET)
    assert len(server.asked) == 5


def test_429_that_asks_for_minutes_is_not_waited_for(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.refuse(429, "Too many requests", Retry_After="600"))
    with pytest.raises(Throttled):
        cluster.read(SECRET)
    assert len(server.asked) == 1


def test_a_stop_ends_the_wait_that_a_429_asked_for(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.refuse(429, "Too many requests", Retry_After="20"))
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        next(cluster.pods(None, stop=stop))
    assert time.monotonic() - began < 1


def test_a_throttled_write_is_sent_again_but_not_one_that_failed(serve: Serve) -> None:
    answers = [429, 503]

    def script(asked: Asked) -> None:
        asked.refuse(answers[min(len(server.asked), 2) - 1], "not now", Retry_After="0")

    server, cluster = serve(script)
    with pytest.raises(ServerFault):
        cluster.create(SECRET, {"type": "Opaque"})
    assert len(server.asked) == 2


def test_a_read_that_was_cut_is_tried_once_more(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.cut() if len(server.asked) == 1 else asked.say(200, {"kind": "Secret"})

    server, cluster = serve(script)
    assert cluster.read(SECRET) == {"kind": "Secret"}


def test_a_write_that_was_cut_is_not_repeated(serve: Serve) -> None:
    server, cluster = serve(Asked.cut)
    with pytest.raises(Unreachable, match="cut the connection before it had answered"):
        cluster.create(SECRET, {"type": "Opaque"})
    assert len(server.asked) == 1


def test_an_answer_that_ends_too_early_is_no_answer(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        asked.handler.send_response(200)
        asked.handler.send_header("Content-Length", "1000")
        asked.handler.end_headers()
        asked.handler.wfile.write(b'{"kind": "Secret", "data": {"a": "c2VjcmV0"')
        asked.cut()

    _, cluster = serve(script)
    with pytest.raises(Unreachable, match="cut the connection"):
        cluster.read(SECRET)


@pytest.mark.parametrize("body", [b"<html>hunter2</html>", b'["hunter2"]', b'"hunter2"', b'{"data": {"x": "hunter2"'])
def test_garbage_is_a_server_fault_that_quotes_nothing(serve: Serve, body: bytes) -> None:
    _, cluster = serve(lambda asked: asked.say(200, body))
    for ask in (lambda: cluster.read(SECRET), lambda: cluster.secret_names("shop")):
        with pytest.raises(ServerFault) as caught:
            ask()
        assert "hunter2" not in str(caught.value)


def test_a_proxys_error_page_is_told_by_its_status(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.say(502, b"<html>Bad Gateway</html>"))
    with pytest.raises(ServerFault) as caught:
        cluster.read(SECRET)
    assert str(caught.value) == (
        "prod: GET /api/v1/namespaces/shop/secrets/pull was answered with status 502, "
        "which is not an answer of a Kubernetes API server"
    )
    assert caught.value.status == 502


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Invalid), (403, Forbidden), (409, Conflict), (410, Expired), (422, Invalid), (500, ServerFault)],
)
def test_each_refusal_has_its_own_error(serve: Serve, status: int, kind: type[ClusterError]) -> None:
    _, cluster = serve(lambda asked: asked.refuse(status, 'secrets "pull" is\n refused', "Because"))
    with pytest.raises(kind, match=r'^prod: secrets "pull" is refused$') as caught:
        cluster.read(SECRET)
    assert (caught.value.status, caught.value.reason) == (status, "Because")


def test_what_is_not_there_reads_as_none_and_cannot_be_deleted(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.refuse(404, 'secrets "pull" not found', "NotFound"))
    assert cluster.read(SECRET) is None
    with pytest.raises(NotFound):
        cluster.delete(SECRET, uid="1")


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    other, _ = serve(lambda asked: asked.say(200, {}))
    _, cluster = serve(lambda asked: asked.say(302, b"", Location=other.url))
    with pytest.raises(ServerFault, match="status 302"):
        cluster.read(SECRET)
    assert other.asked == []


def test_a_large_answer_comes_compressed(serve: Serve) -> None:
    import gzip

    def script(asked: Asked) -> None:
        assert "gzip" in asked.all("Accept-Encoding")[0]
        content = json.dumps(pod_list(*(pod(f"p{i}") for i in range(500)))).encode()
        asked.say(200, gzip.compress(content), Content_Encoding="gzip")

    _, cluster = serve(script)
    assert len(next(cluster.pods(None)).items) == 500


def test_broken_compression_is_told_without_a_crash(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.say(200, b"no gzip at all", Content_Encoding="gzip"))
    with pytest.raises(ClusterError):
        cluster.read(SECRET)


def test_who_asks_is_told_to_the_server(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(200, {}), impersonate="jane", impersonate_groups=("a", "b"))
    cluster.read(SECRET)
    asked = server.asked[0]
    assert asked.all("Authorization") == ["Bearer t0ken-of-prod"]
    assert asked.all("User-Agent") == [f"harbor-doctor/{__version__}"]
    assert asked.all("Impersonate-User") == ["jane"]
    assert asked.all("Impersonate-Group") == ["a", "b"]


def test_a_token_file_is_read_again_after_a_401(serve: Serve, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")

    def script(asked: Asked) -> None:
        if asked.all("Authorization") == ["Bearer new"]:
            asked.say(200, {"kind": "Secret"})
        else:
            token.write_text("new\n")
            asked.refuse(401, "Unauthorized", "Unauthorized")

    server, cluster = serve(script, user={"tokenFile": "token"})
    assert cluster.read(SECRET) == {"kind": "Secret"}
    assert len(server.asked) == 2


def test_a_401_that_stays_says_what_to_do_and_shows_no_token(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.refuse(401, "Unauthorized", "Unauthorized"))
    with pytest.raises(Unauthenticated) as caught:
        cluster.read(SECRET)
    assert "does not accept our credentials (401); the credentials of user u in" in str(caught.value)
    assert "t0ken" not in str(caught.value)
    assert len(server.asked) == 1


def test_a_secrets_content_never_gets_into_an_error(serve: Serve) -> None:
    password = 'correct-horse"battery'
    auth = base64.b64encode(f"robot:{password}".encode()).decode()
    payload = json.dumps({"auths": {"harbor.test": {"username": "robot", "password": password, "auth": auth}}})
    encoded = base64.b64encode(payload.encode()).decode()
    other = base64.b64encode(b"robot:other-password").decode()
    old = base64.b64encode(json.dumps({"auths": {"old.test": {"auth": other}}}).encode()).decode()
    body = {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": encoded, "old": old}}

    def script(asked: Asked) -> None:
        quoted = json.dumps({"said": payload, "again": password})
        told = f'admission webhook "w" denied: {encoded} {payload} {password} {auth} {quoted} other-password'
        told += " of robot at harbor.test"
        asked.refuse(422, told, "Invalid")

    _, cluster = serve(script)
    with pytest.raises(Invalid) as caught:
        cluster.create(SECRET, body)
    text = str(caught.value)
    assert 'admission webhook "w" denied' in text
    assert "of robot at harbor.test" in text
    for hidden in (encoded, password, auth, "correct-horse", "battery", "other-password"):
        assert hidden not in text


def test_what_a_decoder_quotes_of_the_body_is_cut_off(serve: Serve) -> None:
    told = (
        "unable to decode: illegal base64 data, error found in #10 byte of ...|half a pass|..., bigger context ...|x|"
    )
    _, cluster = serve(lambda asked: asked.refuse(400, told))
    with pytest.raises(Invalid, match=r"^prod: unable to decode: illegal base64 data$"):
        cluster.create(SECRET, {"data": {"a": "half a password"}})


def test_a_read_only_run_sends_no_write(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(200, {}), read_only=True)
    held = {"metadata": {"resourceVersion": "1"}}
    for write in (
        lambda: cluster.create(SECRET, {}),
        lambda: cluster.replace(SECRET, held),
        lambda: cluster.delete(SECRET, uid="1"),
    ):
        with pytest.raises(Refused, match="this run is read-only"):
            write()
    assert server.asked == []


def test_a_read_only_run_may_try_dry_and_ask_for_rights(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        if asked.path.startswith("/apis/"):
            asked.say(201, {"status": {"allowed": True}})
        else:
            asked.say(200, {})

    server, cluster = serve(script, read_only=True)
    cluster.create(SECRET, {}, dry_run=True)
    cluster.replace(SECRET, {"metadata": {"resourceVersion": "1"}}, dry_run=True)
    cluster.delete(SECRET, uid="1", dry_run=True)
    assert cluster.may("get", "secrets", "", "shop", "pull") is True
    assert [asked.query.get("dryRun") for asked in server.asked] == ["All", "All", "All", None]
    assert json.loads(server.asked[2].body)["dryRun"] == ["All"]


def test_writes_carry_our_name_and_what_guards_them(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(200, {"kind": "Secret"}))
    cluster.create(SECRET, {"type": "Opaque"})
    cluster.replace(SECRET, {"metadata": {"resourceVersion": "9", "labels": {"a": "b"}}})
    cluster.delete(SECRET, uid="u-1", resource_version="9")
    made, put, gone = server.asked
    assert (made.method, made.path) == ("POST", "/api/v1/namespaces/shop/secrets")
    assert json.loads(made.body) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": "pull", "namespace": "shop"},
    }
    assert made.query == put.query == {"fieldManager": "harbor-doctor"}
    assert (put.method, put.path) == ("PUT", "/api/v1/namespaces/shop/secrets/pull")
    assert json.loads(put.body)["metadata"]["resourceVersion"] == "9"
    assert json.loads(gone.body)["preconditions"] == {"uid": "u-1", "resourceVersion": "9"}


def test_a_write_without_its_guard_is_refused(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(200, {}))
    with pytest.raises(Refused, match="without the resourceVersion"):
        cluster.replace(SECRET, {"metadata": {}})
    with pytest.raises(Refused, match="without the uid"):
        cluster.delete(SECRET, uid="")
    assert server.asked == []


def test_rights_that_cannot_be_asked_for_are_not_known(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.refuse(403, "no reviews for you", "Forbidden"))
    assert cluster.may("get", "pods", "", "shop") is None


def test_the_right_to_create_is_asked_for_without_a_name(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(201, {"status": {"allowed": False}}))
    assert cluster.may("create", "secrets", "", "shop", "pull") is False
    assert cluster.may("update", "deployments", "apps", "shop", "web") is False
    created, updated = (json.loads(a.body)["spec"]["resourceAttributes"] for a in server.asked)
    assert created == {"verb": "create", "resource": "secrets", "group": "", "namespace": "shop"}
    assert updated == {
        "verb": "update", "resource": "deployments", "group": "apps", "namespace": "shop", "name": "web",
    }  # fmt: skip


def test_names_of_pull_secrets_are_asked_for_without_their_values(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        name = asked.query["fieldSelector"].rpartition("/")[2]
        asked.say(200, {"metadata": {}, "items": [{"metadata": {"name": name}}]})

    server, cluster = serve(script)
    assert cluster.secret_names("shop") == ("dockercfg", "dockerconfigjson")
    for asked in server.asked:
        assert asked.all("Accept") == ["application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]


def test_pages_go_on_with_the_token_that_a_410_brings(serve: Serve) -> None:
    def script(asked: Asked) -> None:
        match asked.query.get("continue"):
            case None:
                asked.say(200, pod_list(pod("a"), version="5", token="old"))
            case "old":
                asked.refuse(410, "The provided continue parameter is too old", "Expired", token="fresh")
            case "fresh":
                asked.say(200, pod_list(pod("b"), version="9"))

    server, cluster = serve(script)
    found = list(cluster.pods(None))
    assert [p.metadata.name for page in found for p in page.items] == ["a", "b"]
    assert {asked.query["limit"] for asked in server.asked} == {"500"}


def test_a_410_without_a_fresh_token_is_an_error(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.refuse(410, "too old", "Expired"))
    with pytest.raises(Expired):
        list(cluster.pods(None))


def test_one_odd_pod_spoils_no_other(serve: Serve) -> None:
    odd = pod("odd", spec={"containers": "none"})
    nulls = pod("nulls", spec={"imagePullSecrets": None, "nodeName": None, "volumes": None})
    _, cluster = serve(lambda asked: asked.say(200, pod_list(pod("a"), odd, nulls, 7)))
    page = next(cluster.pods("shop"))
    assert [p.metadata.name for p in page.items] == ["a", "nulls"]
    assert [(o.namespace, o.name) for o in page.odd] == [("shop", "odd"), ("", "")]
    assert "$.spec.containers" in page.odd[0].why


def test_an_empty_list_may_be_null(serve: Serve) -> None:
    _, cluster = serve(lambda asked: asked.say(200, {"metadata": {"resourceVersion": "1"}, "items": None}))
    assert next(cluster.pods("shop")).items == ()


def test_twenty_threads_may_ask_at_once(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(200, {"metadata": {"name": asked.path.rpartition("/")[2]}}))
    wrong: list[object] = []

    def ask(number: int) -> None:
        for turn in range(5):
            name = f"s-{number}-{turn}"
            found = cluster.read(ObjectRef("Secret", "shop", name))
            if found != {"metadata": {"name": name}}:
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(server.asked) == 100


def test_who_we_are_is_asked_once_and_falls_back_to_the_kubeconfig(serve: Serve) -> None:
    server, cluster = serve(lambda asked: asked.say(201, {"status": {"userInfo": {"username": "jane"}}}))
    cluster.connect()
    assert (cluster.who(), cluster.name, cluster.namespace, cluster.server) == ("jane", "prod", "shop", server.url)
    assert len(server.asked) == 1
    _, old = serve(lambda asked: asked.refuse(404, "the server could not find the requested resource", "NotFound"))
    assert old.who() == "u"


def test_the_kubeconfigs_proxy_is_used_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    proxy = KubeServer(lambda asked: asked.say(200, {"kind": "Secret"}))
    path = kubeconfig(tmp_path / "config", "http://kube.nowhere.invalid:6443", None, **{"proxy-url": proxy.url})
    cluster = Cluster(Settings(kubeconfig=str(path)))
    assert cluster.read(SECRET) == {"kind": "Secret"}
    assert proxy.asked[0].all("Host") == ["kube.nowhere.invalid:6443"]
    cluster.close()
    proxy.close()


def test_a_proxy_of_the_environment_is_not_used_for_this_machine(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    _, cluster = serve(lambda asked: asked.say(200, {"kind": "Secret"}))
    assert cluster.read(SECRET) == {"kind": "Secret"}


def test_importing_the_client_loads_nothing_slow() -> None:
    code = (
        "import sys, checks.clients.cluster, checks.scan\n"
        "print([m for m in ('kubernetes', 'urllib3', 'requests', 'yaml') if m in sys.modules])"
    )
    root = Path(checks.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "[]\n"
