"""`harbor-doctor fix` as its own process: what it writes, when it refuses, what it says, what stays when it dies."""

import base64
import json
import os
import pty
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor_content import PASSWORD, SECRET
from tests.headless.between import Fault, Seen
from tests.headless.ground import Ground, as_json, waiting_reasons
from tests.headless.tool import SCRIPT, Done, Running, Tool

PORT, PAGE, NONE = "HD106:crm/harbor-8443", "HD106:web/harbor-ui", "HD101:pay/default"


def password_of(secret: dict[str, Any], host: str = "harbor.demo.test") -> str:
    document = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    return str(document["auths"][host]["password"])


def hosts_of(secret: dict[str, Any]) -> set[str]:
    return set(json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"])


def mends(seen: Seen) -> bool:
    """The write that mends the Secret whose key names a port."""
    return seen.writes and seen.path.endswith("/secrets/harbor-8443")


# ── the whole way: fix, wait, undo ───────────────────────────────────────────────────────────────────────────────


class Course:
    """A key that names a port, mended and taken back in a world that moves."""

    def __init__(self, ground: Ground) -> None:
        tool = ground.tool()
        self.before = ground.declared()
        self.fixed = tool.run("fix", PORT, "-n", "crm", "--wait", "60s", "-o", "json")
        self.pods = [waiting_reasons(pod) for pod in ground.pods("crm")]
        self.mended = ground.secret("crm", "harbor-8443")
        self.receipts = ground.receipts()
        self.scanned = tool.run("scan", "-n", "crm")
        self.listed = tool.run("undo", "--list", "-o", "json")
        self.undone = tool.run("undo", "--yes")
        self.after = ground.declared()
        self.left = ground.receipts()
        self.again = tool.run("undo", "--yes")
        self.once_more = tool.run("undo", self.fixed.json["receipt"], "--yes")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with Ground(tmp_path_factory.mktemp("course"), "HD106", still=False) as ground:
        yield Course(ground)


def test_a_fix_that_helped_ends_with_0_when_every_pod_has_pulled(course: Course) -> None:
    assert course.fixed.code == 0
    outcome = course.fixed.json
    assert outcome["schema"] == 1
    assert (outcome["applied"], outcome["mended"], outcome["waiting"]) == (True, True, [])
    assert outcome["sentence"] == "2 of 2 pods have pulled"
    assert outcome["receipt"]
    assert not any(course.pods), "no container waits any more"
    assert course.scanned.code == 0


def test_the_mended_secret_holds_the_login_under_the_registrys_own_key(course: Course) -> None:
    assert password_of(course.mended) == SECRET


def test_the_way_is_told_on_stderr_and_ends_with_the_pods(course: Course) -> None:
    phases = [line.partition(":")[0] for line in course.fixed.lines]
    assert [p for p in dict.fromkeys(phases) if p in ("checking", "journal", "applying", "done", "verifying")] == [
        "checking", "journal", "applying", "done", "verifying",
    ]  # fmt: skip
    assert course.fixed.last == "verifying: 2 of 2 pods have pulled (2 of 2)"


def test_the_receipt_is_one_opaque_secret_beside_what_it_undoes(course: Course) -> None:
    (receipt,) = course.receipts
    assert receipt["metadata"]["namespace"] == "crm"
    assert receipt["type"] == "Opaque"
    assert list(receipt["metadata"]["labels"]) == ["harbor-doctor/receipt"]
    assert not receipt["metadata"].get("ownerReferences")


def test_the_receipt_is_listed_until_it_is_undone(course: Course) -> None:
    (listed,) = course.listed.json["receipts"]
    assert listed["id"] == course.fixed.json["receipt"]
    assert (listed["namespace"], listed["problem"], listed["finished"]) == ("crm", PORT, True)


def test_after_undo_everything_declared_is_as_before_byte_for_byte(course: Course) -> None:
    assert course.undone.code == 0
    assert as_json(course.after) == as_json(course.before)
    assert course.left == []


def test_there_is_nothing_to_undo_twice(course: Course) -> None:
    assert course.again.code == 2
    assert course.again.last == "there is nothing to undo: no receipt of a repair was found"
    assert course.once_more.code == 2
    assert "it was undone, pruned or never made" in course.once_more.last


# ── what writes nothing ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Nothing in here may be written by the tests that use it."""
    with Ground(tmp_path_factory.mktemp("still"), "HD109", "HD101", "HD106", "HD201", between=True) as ground:
        yield ground


def refused(ground: Ground, *arguments: str, code: int, user: str = "admin", stdin: str | None = None) -> Done:
    """Run a command that may write nothing, and look whether it did."""
    before, version = ground.declared(receipts=True), ground.version()
    ground.between.clear()
    done = ground.tool(user, namespace="shop").run(*arguments, stdin=stdin)
    assert done.code == code, done
    assert ground.between.writes() == []
    assert ground.version() == version
    assert as_json(ground.declared(receipts=True)) == as_json(before)
    return done


def test_a_dry_run_shows_the_plan_asks_the_api_server_and_writes_nothing(still: Ground) -> None:
    done = refused(still, "fix", PORT, "-n", "crm", "--dry-run", code=1)
    assert "user name robot$crm+pull  password ••••••" in done.out
    assert done.last == "dry run: the API server takes every write; nothing was written"
    assert [seen.path for seen in still.between.seen if seen.dry] == ["/api/v1/namespaces/crm/secrets/harbor-8443"]


def test_a_dry_run_in_json_holds_the_plan(still: Ground) -> None:
    done = refused(still, "fix", PAGE, "-n", "web", "--dry-run", "-o", "json", code=1)
    assert done.json["dry_run"] is True
    assert [fix["id"] for fix in done.json["problem"]["fixes"]] == ["add-entry"]


def test_a_dry_run_of_several_writes_checks_each(still: Ground) -> None:
    refused(still, "fix", NONE, "-n", "pay", "--dry-run", code=1)
    dry = [seen.method for seen in still.between.seen if seen.dry]
    assert dry == ["PUT", *["DELETE"] * 4]


def test_a_plan_that_asks_is_refused_where_nobody_can_answer(still: Ground) -> None:
    done = refused(still, "fix", NONE, "-n", "pay", code=5)
    assert any(line.startswith("  + ServiceAccount default is managed by Argo CD pay") for line in done.lines)
    assert done.last == "asked first and nobody answered: add --yes to do this"


def test_read_only_refuses_and_prints_the_commands(still: Ground) -> None:
    done = refused(still, "fix", PORT, "-n", "crm", "--read-only", "--yes", code=5)
    assert "kubectl --context demo -n crm patch secret harbor-8443" in done.out
    assert "advice" in done.last


def test_read_only_may_come_from_the_environment(still: Ground) -> None:
    version = still.version()
    done = still.tool().with_(HARBOR_DOCTOR_READ_ONLY="1").run("fix", PORT, "-n", "crm", "--yes")
    assert (done.code, still.version()) == (5, version)


def test_advice_prints_its_text_and_ends_with_5(still: Ground) -> None:
    done = refused(still, "fix", "HD201", "-n", "infra", code=5)
    assert "getent hosts nowhere.demo.test" in done.out
    title = "Make the name nowhere.demo.test known to the nodes"
    assert done.last == f"{title}: this is advice, it cannot be done from here"


def test_advice_in_json_is_json(still: Ground) -> None:
    done = refused(still, "fix", "HD201", "-n", "infra", "-o", "json", code=5)
    assert done.json["applied"] is False
    assert "getent hosts nowhere.demo.test" in done.json["advice"]


def test_without_rights_the_plan_is_advice(still: Ground) -> None:
    done = refused(still, "fix", NONE, "-n", "pay", "--yes", code=5, user="reader")
    assert done.out
    assert "advice" in done.last


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("HD106:crm/harbor-8434", "-n", "crm"), "is it HD106:crm/harbor-8443"),
        (("HD106", "-n", "crm,web"), "HD106 stands for 2 problems, name one"),
        ((PORT, "-n", "crm", "--plan", "attach"), f"{PORT} has no plan attach; it has: add-entry"),
        ((PORT, "-n", "crm", "--wait", "5x"), "--wait 5x"),
        ((PORT, "-n", "crm", "--wait", "-1"), "--wait -1"),
        ((PORT, "-n", "crm", "--username", "me"), "both --username and --password-stdin"),
        ((PORT, "-n", "crm", "--password-stdin"), "both --username and --password-stdin"),
        ((PORT, "-n", "crm", "--username", "me", "--password-stdin"), "standard input was empty"),
        ((PORT, "-n", "crm", "--resolve", "nonsense"), "--resolve nonsense"),
        ((PORT, "-n", "crm", "--registry-ca", "/no/such.pem"), "/no/such.pem"),
    ],
)
def test_what_does_not_exist_ends_with_2_and_one_sentence(still: Ground, arguments: tuple[str, ...], says: str) -> None:
    done = refused(still, "fix", *arguments, code=2)
    assert says in done.last
    assert len(done.lines) == 1
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("--context", "prod"), "demo"), (("--kubeconfig", "/no/such/config"), "/no/such/config")],
)
def test_a_cluster_that_cannot_be_used_ends_with_3(still: Ground, arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(still, "fix", PORT, *arguments, code=3).last


# ── answering on a terminal ──────────────────────────────────────────────────────────────────────────────────────


def on_a_terminal(tool: Tool, answer: str, *arguments: str) -> tuple[int, str]:
    """Run a command with a terminal as its stdin and stderr, and answer its question."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*SCRIPT, *arguments], cwd=tool.home, env=tool._environment(), stdin=slave, stderr=slave,
        stdout=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    said, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.1)[0]:
            continue
        try:
            chunk = os.read(master, 4096)
        except OSError:  # the other side is closed
            break
        said += chunk
        if chunk.endswith(b"[y/N] "):
            os.write(master, answer.encode() + b"\n")
    os.close(master)
    return process.wait(10), said.decode()


def test_no_is_the_answer_to_be_taken_for_anything_but_yes(still: Ground) -> None:
    version = still.version()
    code, said = on_a_terminal(still.tool(), "", "fix", NONE, "-n", "pay", "--wait", "0")
    assert (code, still.version()) == (5, version)
    assert said.strip().endswith("harbor-doctor: nothing was written")


def test_yes_on_the_terminal_carries_the_plan_out(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD101") as ground:
        code, said = on_a_terminal(ground.tool(), "y", "fix", NONE, "--wait", "0")
        account = ground.world.objects.get("serviceaccounts", "pay", "default")
    assert code == 0, said
    assert account["imagePullSecrets"] == [{"name": "harbor-pull"}]


# ── logins from outside ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_login_that_pulls_is_written(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106") as ground:
        arguments = ("fix", PORT, "-n", "crm", "--username", "lena", "--password-stdin", "--wait", "0")
        done = ground.tool().run(*arguments, stdin=f"{PASSWORD}\n")
        stored = ground.secret("crm", "harbor-8443")
    assert done.code == 0, done
    assert password_of(stored) == PASSWORD
    assert "plan new-login: Write Secret crm/harbor-8443 with the login lena for harbor.demo.test" in done.lines


def test_a_new_login_that_is_refused_asks_first(still: Ground) -> None:
    login = ("--username", "lena", "--password-stdin")
    done = refused(still, "fix", PORT, "-n", "crm", *login, code=5, stdin="not it")
    assert any("the registry refuses the login lena" in line for line in done.lines)
    assert done.last == "asked first and nobody answered: add --yes to do this"


def test_a_password_that_is_not_utf_8_is_one_sentence(still: Ground) -> None:
    tool = still.tool()
    done = subprocess.run(
        [*SCRIPT, "fix", PORT, "--username", "lena", "--password-stdin"], cwd=tool.home, env=tool._environment(),
        input=b"\xff\xfe", capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == "harbor-doctor: --password-stdin: standard input is not UTF-8\n"


# ── several at once ──────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def overtaken(ground: Ground, *arguments: str, stdin: str = "") -> Iterator[Running]:
    """Run a fix that stands still right at its write while the block runs, and goes on after it."""
    gate = threading.Event()
    held = ground.between.trap(mends, Fault("", gate=gate))
    with ground.tool(home="other").start("fix", PORT, "-n", "crm", "--wait", "0", *arguments, stdin=stdin) as second:
        second.until(held.sprung.is_set)
        with second.paused():
            yield second
            gate.set()
            assert held.over.wait(60)
        second.process.wait(60)


def test_of_two_fixes_with_different_logins_the_second_says_that_it_changed_nothing(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        with overtaken(ground, "--username", "lena", "--password-stdin", stdin=PASSWORD) as second:
            first = ground.tool().run("fix", PORT, "-n", "crm", "--wait", "0", "-o", "json")
        loser = second.end()
        assert first.code == 0
        assert password_of(ground.secret("crm", "harbor-8443")) == SECRET, "the first one's"
        assert loser.code == 1
        assert loser.out.startswith("Nothing was changed: ")
        assert "somebody changed .dockerconfigjson meanwhile" in loser.out
        assert [r["metadata"]["labels"]["harbor-doctor/receipt"] for r in ground.receipts()] == [first.json["receipt"]]


def test_two_equal_fixes_at_once_leave_one_mended_secret_that_can_be_taken_back(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        before = ground.declared()
        with overtaken(ground) as second:
            assert ground.tool().run("fix", PORT, "-n", "crm", "--wait", "0").code == 0
        assert second.end().code == 0
        assert password_of(ground.secret("crm", "harbor-8443")) == SECRET
        assert len(ground.receipts()) == 2
        for _ in range(2):
            assert ground.tool().run("undo", "--yes").code == 0
        assert as_json(ground.declared()) == as_json(before)
        assert ground.receipts() == []


# ── interrupted and killed ───────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_while_it_waits_ends_with_130_and_says_how_to_take_it_back(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106") as ground:
        with ground.tool().start("fix", PORT, "-n", "crm", "--wait", "5m") as fix:
            fix.says("verifying: ")
            fix.interrupt()
            done = fix.end(5)
        (receipt,) = ground.receipts()
        assert (done.code, done.out) == (130, "")
        name = receipt["metadata"]["labels"]["harbor-doctor/receipt"]
        undo = f"harbor-doctor undo {name} takes it back"
        assert done.last == f"interrupted: everything is written, the pods were not waited for; {undo}"
        assert "Traceback" not in done.err


def test_ctrl_c_during_a_write_lets_the_write_end_first(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        gate = threading.Event()
        held = ground.between.trap(mends, Fault("", gate=gate))
        with ground.tool().start("fix", PORT, "-n", "crm", "--wait", "5m") as fix:
            assert held.sprung.wait(60)
            fix.interrupt()
            time.sleep(0.3)
            assert fix.process.poll() is None
            gate.set()
            done = fix.end(10)
        assert done.code == 130
        assert done.last.startswith("interrupted: everything is written")
        assert password_of(ground.secret("crm", "harbor-8443")) == SECRET
        (listed,) = ground.tool().run("undo", "--list", "-o", "json").json["receipts"]
        assert listed["finished"] is True


_MARK = "the mark after the write"


@pytest.mark.parametrize("where", ["before the write", "after the write", _MARK])
def test_a_killed_fix_is_taken_back_by_another_process(tmp_path: Path, where: str) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        before = ground.declared()
        fault = Fault(where, passes=where == "after the write", seconds=60)
        meant = (lambda seen: seen.writes and seen.receipt and seen.method == "PUT") if where == _MARK else mends
        trap = ground.between.trap(meant, fault)
        with ground.tool().start("fix", PORT, "-n", "crm", "--wait", "0") as fix:
            assert trap.sprung.wait(60)
            if fault.passes:
                fix.until(lambda: "harbor.demo.test" in hosts_of(ground.secret("crm", "harbor-8443")))
            fix.process.send_signal(signal.SIGKILL)
            assert fix.end().code == -signal.SIGKILL
        written = as_json(ground.declared()) != as_json(before)
        assert written is (where != "before the write")
        assert len(ground.receipts()) == 1, "the receipt came before the write"

        other = ground.tool(home="elsewhere")
        (listed,) = other.run("undo", "--list", "-o", "json").json["receipts"]
        assert listed["finished"] is False
        done = other.run("undo", "--yes")
        assert done.code == 0
        nothing = "Nothing had to be undone: everything is as it was before."
        assert done.out.strip() == ("Undone: Secret crm/harbor-8443." if written else nothing)
        assert as_json(ground.declared(receipts=True)) == as_json(before)


def test_the_terminal_says_what_is_still_waiting_when_time_is_up(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106") as ground:
        done = ground.tool().run("fix", PORT, "-n", "crm", "--wait", "1s")
    assert done.code == 1
    assert done.out.strip() == "0 of 2 pods have pulled, 2 wait"
    assert sum(line.startswith("still waiting: crm/portal-") for line in done.lines) == 2
    assert "takes it back" in done.last
