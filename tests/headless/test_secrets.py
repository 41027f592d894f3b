"""`secrets` as a process: which logins would be sent, from manifests alone; passwords only on request."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.errors import DoctorError
from tests import builders as b
from tui import stdio
from tui.manifests import documents
from tui.secrets import _line_report

ROOT = Path(__file__).resolve().parents[2]
HIDDEN = b.PASSWORD
YAML = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: pull, namespace: shop}}
type: kubernetes.io/dockerconfigjson
stringData:
  .dockerconfigjson: |
    {{"auths": {{"{b.HOST}": {{"username": "alice", "password": "{HIDDEN}"}}, "{b.HOST}:443": {{}}}}}}
---
kind: ConfigMap
metadata: {{name: other}}
data: {{a: b}}
---
"""


def run(*args: str, data: bytes | str = b"") -> subprocess.CompletedProcess[bytes]:
    given = data.encode() if isinstance(data, str) else data
    return subprocess.run(
        [sys.executable, "-m", "tui.cli", "secrets", *args], input=given, capture_output=True, cwd=ROOT, timeout=60
    )


def report(*args: str, data: bytes | str = b""):
    done = run("--image", b.IMAGE, "-o", "json", *args, data=data)
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


def refusal(*args: str, data: bytes | str = b"") -> str:
    done = run(*args, data=data)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert HIDDEN.encode() not in done.stderr
    return done.stderr.decode()


def test_the_table_shows_what_is_tried_and_why_the_rest_is_not() -> None:
    done = run("-f", "-", "--image", b.IMAGE, data=YAML)
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    assert lines[1].split() == ["1", "pull", b.HOST, "alice", "••••••"]
    assert f"{b.HOST}:443" in lines[-1]
    assert "443 is not the same as none here" in lines[-1]


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_password_is_shown_on_request_only(output: str) -> None:
    hidden = run("-f", "-", "--image", b.IMAGE, "-o", output, data=YAML)
    assert HIDDEN.encode() not in hidden.stdout + hidden.stderr
    assert HIDDEN.encode() in run("-f", "-", "--image", b.IMAGE, "-o", output, "--reveal", data=YAML).stdout


def test_a_password_inside_a_key_is_shown_on_request_only() -> None:
    inside = json.dumps(b.secret({f"https://ci:{HIDDEN}@{b.HOST}": {"username": "alice", "password": "x"}}))
    assert HIDDEN.encode() not in run("-f", "-", "--image", b.IMAGE, data=inside).stdout


def test_yaml_json_and_lists_say_the_same(tmp_path: Path) -> None:
    one, two = b.secret(), b.secret(b.entry("bob", key=f"{b.HOST}/shop"), name="second")
    files = {
        "a.json": json.dumps(one),
        "b.json": json.dumps(two),
        "list.json": json.dumps({"kind": "List", "items": [one, two]}),
    }
    files["both.yaml"] = f"{files['a.json']}\n---\n{files['b.json']}\n"
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    paths = {name: str(tmp_path / name) for name in files}
    each = report("-f", paths["a.json"], "-f", paths["b.json"])
    assert [login["username"] for login in each["logins"]] == ["bob", b.ROBOT]
    assert report("-f", paths["list.json"]) == each == report("-f", paths["both.yaml"])


def test_a_secret_that_stops_everything_is_told_first() -> None:
    bad = b.secret({"x.example": {"auth": "***"}}, name="bad")
    data = json.dumps({"kind": "List", "items": [b.secret(), bad]})
    assert report("-f", "-", data=data)["error"]["secret"] == "bad"
    first = run("-f", "-", "--image", b.IMAGE, data=data).stdout.decode().splitlines()[0]
    assert "Secret bad cannot be decoded, so nothing is tried: illegal base64 data" in first


def test_an_image_that_no_entry_serves_is_asked_for_without_a_login() -> None:
    done = run("-f", "-", "--image", "ghcr.io/a/b:1", data=YAML)
    assert (done.returncode, done.stdout.decode().splitlines()[0][2:]) == (
        0,
        "no entry is for ghcr.io/a/b:1, so it is asked for without a login",
    )


def test_an_invalid_image_is_an_answer() -> None:
    done = run("-f", "-", "--image", "Harbor/App:1", data=YAML)
    assert done.returncode == 0
    assert b"the kubelet cannot read the image name" in done.stdout


@pytest.mark.parametrize("args", [(), ("--image", "x"), ("-f", "-")])
def test_file_and_image_are_both_needed(args: tuple[str, ...]) -> None:
    assert "--image IMAGE" in refusal(*args)


@pytest.mark.parametrize(("data", "said"), [
    ("", "No Secret"),
    ("kind: ConfigMap\n", "No Secret"),
    ("just text", "no Kubernetes object"),
    (f"a: b: {HIDDEN}", "line 1, column 5"),
    (f"stringData: {{x: '{HIDDEN}\n", "neither JSON nor YAML"),
    ("[" * 100_000, "nested too deeply"),
    ("a: " + "[" * 3000, "neither JSON nor YAML"),
    ("kind: Secret\nmetadata: {name: x}\ndata: {.dockerconfigjson: '!'}\n", "not base64"),
    ("kind: Secret\nmetadata: {name: x}\nstringData: {.dockerconfigjson: 7}\n", "is not a string"),
    ("kind: Secret\nmetadata: 7\n", "no name"),
    ("!!python/object/apply:os.system ['true']", "neither JSON nor YAML"),
    ("\x00", "neither JSON nor YAML"),
    ("a: 2026-13-45", "no kind"),
], ids=range(13))  # fmt: skip
def test_what_is_no_secret_is_refused_in_one_sentence(data: str, said: str) -> None:
    words = refusal("-f", "-", "--image", b.IMAGE, data=data)
    assert said in words
    assert words.startswith("harbor-doctor: ")
    assert len(words.splitlines()) == 1


@pytest.mark.parametrize("path", ["/nowhere/x.yaml", "/", "a\x1b[2Jb"])
def test_a_file_that_cannot_be_read_is_named(path: str) -> None:
    words = refusal("-f", path, "--image", b.IMAGE)
    assert "cannot be read" in words
    assert "\x1b" not in words


def test_each_line_is_answered_and_a_bad_one_counts_at_the_end() -> None:
    good = {"image": b.IMAGE, "secrets": [b.secret()]}
    bare = {"image": b.IMAGE, "secrets": [{k: v for k, v in b.secret().items() if k not in ("kind", "apiVersion")}]}
    none = {"image": b.IMAGE, "secrets": []}
    bad = {"image": b.IMAGE, "secrets": [{"metadata": {"name": "x"}, "data": {".dockerconfigjson": "!"}}]}
    lines = [json.dumps(x) for x in (good, bare, none, bad, {"image": 1}, [])] + ["{"]
    done = run("--json-lines", data="\n".join(lines))
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [len(t["logins"]) for t in told[:3]] == [1, 1, 0]
    assert [set(t) for t in told[3:]] == [{"error"}] * 4
    assert (done.returncode, done.stderr) == (2, b"")
    assert HIDDEN.encode() not in done.stdout
    assert HIDDEN.encode() in run("--json-lines", "--reveal", data=lines[0]).stdout


@pytest.mark.parametrize("args", [(), ("-o", "json"), ("--reveal",), ("--reveal", "-o", "json")])
def test_no_escape_sequence_of_a_secret_reaches_the_terminal(args: tuple[str, ...]) -> None:
    odd = "\x1b[2J\x9b31m\u202e\x7f\U000e0041[/foo]"
    hostile = b.secret({b.HOST: {"username": odd, "password": odd}, f"{odd}.example": {"username": "x"}}, name=odd)
    done = run("-f", "-", "--image", b.IMAGE, *args, data=json.dumps(hostile))
    assert done.returncode == 0
    assert not [char for char in done.stdout.decode() if char != "\n" and not char.isprintable()]


def test_a_reader_that_goes_away_is_no_error() -> None:
    line = json.dumps({"image": b.IMAGE, "secrets": [b.secret()]}).encode() + b"\n"
    command = [sys.executable, "-m", "tui.cli", "secrets", "--json-lines"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        try:
            process.stdin.write(line * 2000)
            process.stdin.close()
        except BrokenPipeError:
            pass
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_dates_in_a_manifest_are_texts() -> None:
    data = YAML.replace("namespace: shop", "namespace: shop, labels: {day: 2026-13-45, of: 2026-11-24, is: =}")
    assert len(report("-f", "-", data=data)["logins"]) == 1


def test_a_file_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "LARGEST", 1000)
    big = tmp_path / "big.yaml"
    big.write_text("#" * 2000)
    with pytest.raises(DoctorError, match="is longer than"):
        list(documents(str(big)))


FIELDS = ["kind", "metadata", "name", "type", "data", "stringData", "auths", ".dockerconfigjson", "items"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(FIELDS) | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(image=JSON, found=JSON | st.lists(JSON, max_size=3))
@settings(max_examples=300, deadline=None)
def test_no_line_makes_a_traceback(image: object, found: object) -> None:
    line = json.dumps({"image": image, "secrets": found})
    with contextlib.suppress(DoctorError):
        answer = _line_report(line, False)
        assert set(answer) >= {"image", "error", "logins", "entries"}
