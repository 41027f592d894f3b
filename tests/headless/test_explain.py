"""`explain` as a process: words in, answers out, whatever is fed to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import builders as b

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = "\x1b]0;pwned\x07\x1b[2Jregistry \x9b31m said\u202e \x00 [bold]no[/foo] \ud800"
KEYS = {"cause", "alternatives", "confidence", "image", "host", "sentence", "next"}


def run(*args: str, data: bytes | str = b"", **how) -> subprocess.CompletedProcess[bytes]:
    given = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    return subprocess.run(
        [sys.executable, "-m", "tui.cli", "explain", *args],
        input=given,
        capture_output=True,
        cwd=ROOT,
        timeout=60,
        **how,
    )


def answer(*args: str, data: bytes | str = b""):
    done = run(*args, "-o", "json", data=data)
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def harmless(output: bytes) -> None:
    text = output.decode()
    assert not [char for char in text if char != "\n" and not char.isprintable()]


def pod(*containers: tuple[str, str, str], name: str = "web-1") -> dict:
    states = [{"name": n, "state": {"waiting": {"reason": r, "message": m}}} for n, r, m in containers]
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {}, "status": {"containerStatuses": states}}


def test_a_message_is_answered_in_words_and_in_json() -> None:
    done = run(b.unauthorized())
    assert done.returncode == 0
    assert b"harbor.example.com refuses the login" in done.stdout
    assert b"next" in done.stdout
    told = answer(b.unauthorized())
    assert set(told) == KEYS
    assert (told["cause"], told["confidence"], told["host"]) == ("bad_credentials", "likely", b.HOST)
    assert told["image"] == b.IMAGE


@pytest.mark.parametrize("args", [(), ("-",)])
def test_without_a_message_standard_input_is_read(args: tuple[str, ...]) -> None:
    text = b.unreached(b.IMAGE, "dial tcp: lookup harbor.example.com on 10.0.0.2:53: no such host")
    assert answer(*args, data=text)["cause"] == "dns"


def test_a_message_may_come_in_several_arguments() -> None:
    assert answer(*b.unauthorized().split(" "))["cause"] == "bad_credentials"


def test_a_pod_with_one_waiting_container_is_one_answer() -> None:
    told = answer(data=json.dumps(pod(("app", "ImagePullBackOff", b.backed_off(b.IMAGE, b.not_found())))))
    assert told["cause"] == "not_found_tag"
    assert set(told) == KEYS


def test_a_pod_with_several_waiting_containers_is_a_list() -> None:
    told = answer(
        data=json.dumps(
            pod(
                ("app", "ErrImagePull", b.not_found()),
                ("side", "ErrImageNeverPull", "x"),
                ("ok", "PodInitializing", ""),
            )
        )
    )
    assert [(a["container"], a["cause"]) for a in told] == [("app", "not_found_tag"), ("side", "never_pull")]


def test_pods_with_containers_of_the_same_name_are_kept_apart() -> None:
    items = [
        pod(("app", "ErrImagePull", b.not_found()), name="one"),
        pod(("app", "ErrImagePull", b.answered(b.IMAGE, "503 Service Unavailable")), name="two"),
    ]
    told = answer(data=json.dumps({"kind": "List", "items": items}))
    assert [(a["pod"], a["cause"]) for a in told] == [("one", "not_found_tag"), ("two", "registry_5xx")]


DESCRIBED = f"""Name:         web-1
Containers:
  app:
    Image:          {b.IMAGE}
    State:          Waiting
      Reason:       ImagePullBackOff
Events:
  Type     Reason   Age   From     Message
  ----     ------   ----  ----     -------
  Warning  Failed   5m    kubelet  Failed to pull image "{b.IMAGE}": {b.not_found()}
  Warning  Failed   5m    kubelet  Error: ErrImagePull
"""


def test_the_output_of_kubectl_describe_is_read_with_its_events() -> None:
    assert answer(data=DESCRIBED)["cause"] == "not_found_tag"


@pytest.mark.parametrize("code", ["HD301", "hd301", " HD301 "])
def test_a_code_prints_its_page_of_the_manual(code: str) -> None:
    done = run(code)
    assert done.returncode == 0
    assert done.stdout.startswith(b"HD301  login refused\n")
    for words in (b"What:", b"Why it matters:", b"What to do:", b"plans: "):
        assert words in done.stdout


def test_a_code_has_its_page_in_json_too() -> None:
    page = answer("HD000")
    assert (page["code"], page["cause"]) == ("HD000", "unknown_ambiguous")
    assert page["plans"]


@pytest.mark.parametrize(
    ("code", "near"), [("HD310", "HD301"), ("HD999", "HD0"), ("HD1", "HD101"), ("HD123456", "HD1")]
)
def test_an_unknown_code_names_the_nearest(code: str, near: str) -> None:
    done = run(code)
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"there is no code {code}; the nearest are ".encode() in done.stderr
    assert near.encode() in done.stderr


def test_each_line_is_answered_and_a_bad_one_counts_at_the_end() -> None:
    given = [json.dumps(b.not_found()), "{", '{"message": 7}', "[1]", "", json.dumps({"message": "x", "more": 1})]
    done = run("--json-lines", data="\n".join(given) + "\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("cause") for line in lines] == ["not_found_tag", None, None, None, None, "unknown_ambiguous"]
    assert all(set(line) == {"error"} for line in lines[1:5])
    assert (done.returncode, done.stderr) == (2, b"")


def test_good_lines_end_well() -> None:
    done = run("--json-lines", data=(json.dumps(b.not_found()) + "\n") * 300)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 300


def test_nothing_to_explain_is_said() -> None:
    done = run(data=b" \n")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"empty" in done.stderr
    assert run("--json-lines").returncode == 0


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_escape_sequence_reaches_the_terminal(output: str) -> None:
    hostile = b.unreached(b.IMAGE, f"dial tcp: lookup {HOSTILE} on 10.0.0.2:53: no such host")
    for data in (hostile, json.dumps(pod((HOSTILE, "ErrImagePull", hostile), ("b", HOSTILE, hostile))), HOSTILE):
        done = run("-o", output, data=data)
        assert done.returncode == 0
        harmless(done.stdout)
        harmless(done.stderr)
    harmless(run("--json-lines", data=json.dumps(hostile)).stdout)


def test_no_escape_sequence_comes_back_in_a_complaint() -> None:
    for args in ((), ("-o", "\x1b[2J"), ("--\x1b[31m",)):
        harmless(run(*args, data=b"").stderr)


@pytest.mark.parametrize("data", [
    b"\xff\xfe\x00\x01" * 1000,
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b"{}",
    b"null",
    b'{"items": [1, null, {"status": {"containerStatuses": [7, {"state": 3}]}}]}',
    b'{"kind": "Pod", "status": {"containerStatuses": [{"name": 1, "state": {"waiting": {"reason": ["x"]}}}]}}',
    b"\xef\xbb\xbf\"x\"",
    b'failed to pull "' * 20_000,
], ids=range(9))  # fmt: skip
def test_garbage_is_answered_calmly(data: bytes) -> None:
    done = run(data=data)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    harmless(done.stdout)


def test_a_huge_input_is_read_in_seconds() -> None:
    done = run(data=(b.not_found() + "\n").encode() * 40_000)
    assert done.returncode == 0
    assert b"not_found_tag" in done.stdout


def test_a_line_without_end_is_refused_and_the_next_one_answered() -> None:
    data = b'"' + b"x" * (17 << 20) + b'"\n"y"\n'
    done = run("--json-lines", data=data)
    assert [set(json.loads(line)) for line in done.stdout.splitlines()] == [{"error"}, KEYS]
    assert done.returncode == 2


@pytest.mark.parametrize("args", [(), ("--json-lines",)])
def test_a_reader_that_goes_away_is_no_error(args: tuple[str, ...]) -> None:
    feed = (json.dumps(b.not_found()) + "\n").encode() * 5000 if args else b"HD301"
    command = [sys.executable, "-m", "tui.cli", "explain", *args]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        try:
            process.stdin.write(feed)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_does_not_speak_unicode_is_served(encoding: str) -> None:
    import os

    env = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for output in ("text", "json"):
        done = run("-o", output, data="dial tcp: lookup régistry.例え on 1: no such host", env=env)
        assert done.returncode == 0
        assert b"Traceback" not in done.stderr
