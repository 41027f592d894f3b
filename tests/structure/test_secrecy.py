"""A password is where it belongs and nowhere else: each in the world is its own, and all that comes out is searched.

The commands run as their own processes, the console in front of a pretend screen, with failures made on purpose.
"""

import asyncio
import base64
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import pytest
from rich.pretty import pretty_repr

import tui.app
from checks.credentials import Login
from checks.demo.world import World
from checks.doctor import Doctor
from checks.model import Problem
from tests.app.console import Hand, settings_for
from tests.headless import planted as p
from tests.headless.between import Between, Fault, Seen
from tests.headless.tool import Done, Tool
from tui.app import HarborDoctor

Found = list[tuple[str, str]]
"""What came out, by the name of where."""


class Desk:
    """The program on one world, with a home of its own, and everything that it ever wrote."""

    def __init__(self, world: World, between: Between, folder: Path) -> None:
        self.world, self.between = world, between
        home = folder / "home"
        home.mkdir()
        (home / "tmp").mkdir()
        self.kubeconfig = between.kubeconfig(world.kubeconfig(folder / "config"))
        environment = {
            "KUBECONFIG": str(self.kubeconfig),
            "TMPDIR": str(home / "tmp"),
            "DOCKER_CONFIG": str(p.docker_config(folder)),
            "HARBOR_HOST": "harbor.demo.test",
            "HARBOR_USERNAME": "boss",
            "HARBOR_PASSWORD": p.HARBOR_API,
        }
        self.tool = Tool(home, environment)
        self.found: Found = []

    def run(self, *arguments: str, code: int, stdin: str | None = None) -> Done:
        done = self.tool.run(*arguments, stdin=stdin)
        assert done.code == code, (arguments, done.code, done.err)
        self.found += [(f"{' '.join(arguments)} → stdout", done.out), (f"{' '.join(arguments)} → stderr", done.err)]
        return done

    def leave(self) -> Found:
        """All that came out, the files of the home folder, and what stands in the cluster besides Secrets' data."""
        self.found += [(f"file {name}", text) for name, text in p.files(self.tool.home)]
        for secret in self.world.objects.store.select("secrets"):
            meta = dict(secret["metadata"])
            meta.pop("annotations", None)  # what kubectl wrote there before us is part of the plant
            self.found.append((f"metadata of {meta['name']}", json.dumps(meta)))
        for plural in ("pods", "events", "serviceaccounts", "deployments", "replicasets"):
            for obj in self.world.objects.store.select(plural):
                self.found.append((f"{plural} {obj['metadata']['name']}", json.dumps(obj)))
        return self.found


def writes_secret(seen: Seen) -> bool:
    return seen.writes and not seen.receipt


def writes_receipt(seen: Seen) -> bool:
    return seen.writes and seen.receipt


def _line_break(desk: Desk) -> None:
    desk.run("scan", code=1)
    desk.run("scan", "-o", "json", code=1)
    desk.run("plan", "-o", "json", code=1)
    desk.run("probe", p.LINE_BREAK, "--yes", "--wait", "1s", code=4)
    desk.run("probe", p.LINE_BREAK, "--yes", "--wait", "1s", "-o", "json", code=4)
    fix = ("fix", p.LINE_BREAK, "--wait", "0")
    desk.run(*fix, "--dry-run", code=1)
    desk.run(*fix, code=0)
    desk.run("undo", "--list", code=0)
    desk.run("undo", "--dry-run", code=0)
    desk.world.objects.edit("secrets", "shop", "harbor-pull", _changed, manager="somebody")
    desk.run("undo", "--yes", code=5)


def _changed(secret: dict[str, object]) -> None:
    secret["data"] = {".dockerconfigjson": base64.b64encode(p.payload(harbor=p.entry("other", p.OTHER))).decode()}


def _faults(desk: Desk) -> None:
    fix = ("fix", p.KEY, "--wait", "0")
    for status, reason in ((422, "Invalid"), (500, "InternalError"), (403, "Forbidden"), (409, "Conflict")):
        for meant, code in ((writes_secret, 1), (writes_receipt, 3)):
            desk.between.clear()
            desk.between.trap(meant, Fault("echo", status, reason, f"denied {p.PORT}: ", echoes=True), times=9)
            desk.run(*fix, code=code)
            desk.between.clear()
            for receipt in desk.world.objects.store.select("secrets", "crm"):
                if receipt["metadata"]["name"].startswith("harbor-doctor-undo-"):
                    desk.run("undo", "--yes", code=0)
    desk.run(*fix, "--read-only", code=5)
    desk.run(*fix, "-o", "json", code=0)
    desk.between.trap(writes_secret, Fault("echo", 422, "Invalid", "denied: ", echoes=True), times=9)
    desk.run("undo", "--yes", code=1)
    desk.between.clear()
    desk.run("undo", "--yes", code=0)


def _logins(desk: Desk) -> None:
    login = ("fix", p.REFUSED, "--wait", "0", "--password-stdin", "--username")
    desk.run("plan", code=1)
    desk.run(*login, "robot$typed", code=5, stdin=p.MISTYPED)
    desk.run(*login, "robot$typed", "--dry-run", code=1, stdin=p.TYPED)
    desk.run(*login, "robot$typed", code=0, stdin=p.TYPED)
    desk.run("undo", "--yes", code=0)


def _made_anew(desk: Desk) -> None:
    desk.run("scan", code=1)
    for problem in (p.OPAQUE, p.DECODED):
        desk.run("fix", problem, "--wait", "0", "--yes", code=0)
        desk.run("undo", "--yes", code=0)


def _offline(desk: Desk) -> None:
    secrets = [s for s in desk.world.objects.store.select("secrets") if s.get("type") != "Opaque"]
    manifest = json.dumps({"kind": "List", "apiVersion": "v1", "items": secrets})
    image = "harbor.demo.test/shop/web:1.4.2"
    for output in ("table", "json"):
        desk.run("secrets", "-f", "-", "--image", image, "-o", output, code=0, stdin=manifest)
    desk.run("secrets", "--json-lines", code=0, stdin=json.dumps({"image": image, "secrets": secrets}) + "\n")
    pod = json.dumps(desk.world.objects.store.select("pods")[0])
    for output in ("text", "json"):
        desk.tool.run("explain", "-o", output, stdin=pod)


def _in_harbor(desk: Desk) -> None:
    """What Harbor makes up and tells once is in the Secret that it is for, and nowhere else."""
    minted: set[str] = set()
    user = ("onboard", "monitoring", "--project", "crm", "--user", "me", "--password-stdin", "--yes")
    desk.run("plan", "-o", "json", code=1)
    for arguments, given in (
        (("fix", p.REFUSED, "--plan", "mint-robot", "--wait", "0", "--yes"), None),
        (("fix", p.REFUSED, "--plan", "mint-robot", "--wait", "0", "--yes", "-o", "json"), None),
        (("onboard", "monitoring", "--project", "fresh", "--yes"), None),
        (("onboard", "monitoring", "--project", "fresh", "--yes", "-o", "json"), None),
        (user, p.DOCKER),
        ((*user, "-o", "json"), p.DOCKER),
    ):
        if "json" in arguments:
            desk.run(*arguments, "--dry-run", code=int(arguments[0] == "fix"), stdin=given)
        desk.run(*arguments, code=0, stdin=given)
        minted |= _minted(desk.world)
        kept = [base64.b64decode(text).decode() for text in _receipts_of(desk.world)]
        assert not _any_of(minted, kept), "a robot that was made has its password in no receipt"
        desk.run("undo", "--yes", code=0)
    assert len(minted) == 4
    assert not _any_of(minted, [text for _, text in (*desk.found, *p.files(desk.tool.home))])


def _minted(world: World) -> set[str]:
    robots = world.registries.harbor.robots.values()
    return {robot.secret.reveal() for robot in robots if "harbor-doctor" in robot.description}


def _receipts_of(world: World) -> list[str]:
    secrets = world.objects.store.select("secrets")
    return [s["data"]["receipt.json"] for s in secrets if s["metadata"]["name"].startswith("harbor-doctor-undo-")]


def _any_of(passwords: set[str], texts: list[str]) -> list[str]:
    return [text for text in texts if any(form in text for one in passwords for form in p.forms(one))]


def _probed(desk: Desk) -> None:
    """The node answers: what it says, as text and as JSON."""
    for output in ("text", "json"):
        desk.run("probe", p.LINE_BREAK, "--yes", "-o", output, "--dry-run", code=1)
        desk.between.passed = lambda seen: _answer(desk.world) if seen.method == "POST" else None
        desk.run("probe", p.LINE_BREAK, "--yes", "-o", output, code=1)
        desk.between.passed = lambda seen: None


def _answer(world: World) -> None:
    """A kubelet fails as it did with the other pods."""
    for pod in world.objects.store.select("pods", "shop"):
        if pod["metadata"]["name"].startswith("harbor-doctor-probe-"):
            said = {"reason": "ErrImagePull", "message": "failed to pull: unexpected status: 401 Unauthorized"}
            name = pod["spec"]["containers"][0]["name"]
            status = {
                "name": name, "image": "", "imageID": "", "ready": False, "restartCount": 0, "state": {"waiting": said},
            }  # fmt: skip
            world.objects.store.put("pods", pod | {"status": {"phase": "Pending", "containerStatuses": [status]}})


_WORK: tuple[tuple[Callable[[Desk], None], tuple[str, ...]], ...] = (
    (_faults, (p.KEY,)),
    (_line_break, (p.LINE_BREAK,)),
    (_logins, (p.REFUSED,)),
    (_made_anew, (p.OPAQUE, p.DECODED)),
    (_offline, (p.LINE_BREAK, p.DECODED)),
    (_in_harbor, (p.REFUSED,)),
    (_probed, (p.LINE_BREAK,)),
)


def _worked(work: Callable[[Desk], None], keys: tuple[str, ...], folder: Path) -> Found:
    with p.planted(*keys) as world, Between(world) as between:
        desk = Desk(world, between, folder)
        work(desk)
        return [(f"{work.__name__[1:]}: {name}", text) for name, text in desk.leave()]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    folders = [tmp_path_factory.mktemp("secrecy") for _ in _WORK]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(_worked, work, keys, folder) for (work, keys), folder in zip(_WORK, folders, strict=True)]
        yield [pair for job in jobs for pair in job.result()]


# ── the search itself ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("password", p.PLANTED)
def test_a_password_is_found_where_it_does_stand(password: str) -> None:
    assert p.leaks(f"user {password} at") == [password]
    assert p.leaks(json.dumps({"password": password})) == [password]
    assert p.leaks(json.dumps({"text": json.dumps({"password": password})})) == [password]
    for before in ("u:", "us:", "use:"):
        assert p.leaks(base64.b64encode(f"{before}{password}".encode()).decode()) == [password]
    assert p.leaks("│ " + password[:7] + "  │\n│ " + password[7:] + " │") == [password]
    assert p.leaks(repr(password.encode().decode())) == [password]


def test_the_planted_worlds_hold_the_passwords(tmp_path: Path) -> None:
    keys = (p.LINE_BREAK, p.KEY, p.REFUSED, p.OPAQUE, p.DECODED)
    with p.planted(*keys) as world:
        stored = "\n".join(
            base64.b64decode(text).decode()
            for secret in world.objects.store.select("secrets")
            for text in secret["data"].values()
        )
    inside = {p.NEWLINE, p.OTHER, p.PORT, p.WRONG, p.TYPE, p.CUT, p.DATABASE}
    assert inside <= set(p.leaks(stored))


def test_revealed_passwords_are_found(tmp_path: Path) -> None:
    with p.planted(p.LINE_BREAK) as world:
        manifest = json.dumps(world.objects.store.get("secrets", "shop", "harbor-pull"))
    arguments = ("secrets", "-f", "-", "--image", "harbor.demo.test/shop/web:1.4.2", "--reveal")
    assert p.NEWLINE in p.leaks(Tool(tmp_path).run(*arguments, stdin=manifest).out)


# ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_command_writes_a_password_anywhere(found: Found) -> None:
    assert len(found) > 100
    assert p.everything(found) == {}


def test_the_state_folder_was_among_what_was_searched(found: Found) -> None:
    names = {name.rpartition("/")[2] for name, _ in found if ": file " in name}
    assert {"audit.jsonl", "audit.key", "index.json"} <= names


def test_failures_that_quote_the_request_still_say_that_it_was_denied(found: Found) -> None:
    denied = [text for name, text in found if "fix" in name and "denied" in text]
    assert denied
    assert all("••" in text for text in denied)


# ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────


def _shown_of_session(session: int) -> list[str]:
    """What ps shows of all processes and threads of a session."""
    texts = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((place / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                texts.append((place / "cmdline").read_text().replace("\0", " "))
                texts += [name.read_text() for name in place.glob("task/*/comm")]
    return texts


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc here")
def test_ps_shows_no_password_while_a_typed_login_is_written_and_waited_for(tmp_path: Path) -> None:
    with p.planted(p.REFUSED) as world, Between(world) as between:
        desk = Desk(world, between, tmp_path)
        login = ("--username", "robot$typed", "--password-stdin")
        with desk.tool.start("fix", p.REFUSED, "--wait", "1m", *login, stdin=p.TYPED) as running:
            running.says("verifying")
            shown = _shown_of_session(running.process.pid)
    assert any("--password-stdin" in text for text in shown)
    assert p.everything((text, text) for text in shown) == {}


_ASKED = """
import ctypes, sys
from tui.cli import main
sys.argv = ["harbor-doctor", "explain", "HD301"]
try:
    main()
except SystemExit:
    print("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
"""PR_GET_DUMPABLE (prctl(2)), once the program has done what it was started for."""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_process_leaves_no_core_and_shows_its_memory_to_nobody() -> None:
    source = str(Path(tui.app.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", _ASKED], env={"PYTHONPATH": source, "PATH": "/usr/bin"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.endswith("dumpable 0\n")


_CRASHES = """
import sys
from checks.repair import course
def step(self, step):
    inside = step.after.body()
    raise RuntimeError(f"inside {self} at {step} with {inside}, {self.steps}, {self.receipts}")
course.Course._step = step
from tui.cli import main
main()
"""


def test_a_repair_that_dies_of_a_fault_of_ours_says_so_without_a_password(tmp_path: Path) -> None:
    with p.planted(p.LINE_BREAK) as world, Between(world) as between:
        desk = Desk(world, between, tmp_path)
        arguments = ("fix", p.LINE_BREAK, "--wait", "0")
        done = subprocess.run(
            [sys.executable, "-c", _CRASHES, *arguments], env=desk.tool._environment(), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        found = [("stdout", done.stdout), ("stderr", done.stderr), *desk.leave()]
    assert done.returncode not in (0, -9)
    assert "RuntimeError" in done.stdout + done.stderr
    assert p.everything(found) == {}


# ── the console ──────────────────────────────────────────────────────────────────────────────────────────────────


class Crashing(HarborDoctor):
    """Dies at the moment when it holds a typed login."""

    CSS_PATH = Path(tui.app.__file__).with_name("app.tcss")

    def plan_login(self, problem: Problem, login: Login) -> None:
        raise RuntimeError(f"no plan for {problem.id} with {login}")


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, str]]:
    """Every local of every frame but this file's, written out in full."""
    for frame, line in traceback.walk_tb(trace):
        if frame.f_code.co_filename == __file__:
            continue
        for name, value in frame.f_locals.items():
            where = f"{Path(frame.f_code.co_filename).name}:{line} {name}"
            yield where, pretty_repr(value, max_width=10_000, max_length=None, max_string=None)


def _paste(hand: Hand, text: str) -> None:
    """Put a text into the field that has the cursor, as a paste does."""
    from textual.events import Paste

    focused = hand.app.focused
    assert focused is not None
    focused.post_message(Paste(text))


async def _shot(hand: Hand, name: str, found: Found) -> None:
    await hand.pilot.pause()
    found += [(f"{name}.svg", hand.app.export_screenshot()), (f"{name} text", hand.text)]


async def _used(world: World, folder: Path, found: Found) -> BaseException:
    doctor = Doctor(settings_for(world, folder / "state"))
    app = Crashing(lambda: doctor)
    try:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            hand = Hand(app, pilot)
            for problem in (p.LINE_BREAK, p.KEY, p.REFUSED):
                await hand.select(problem)
                await _shot(hand, problem, found)
            await hand.select(p.KEY)
            await hand.press("f")
            await hand.until(lambda: world.objects.store.select("secrets", "crm")[-1] and _receipts(world), "a receipt")
            await _shot(hand, "mending", found)
            await hand.select(p.REFUSED)
            await hand.press("s")
            _paste(hand, p.MISTYPED)
            await _shot(hand, "typed", found)
            await hand.press("ctrl+t")
            await hand.until(lambda: "refuses the login" in hand.text, "tested")
            await _shot(hand, "tested", found)
            await hand.press("ctrl+s")
            await asyncio.sleep(5)
    except RuntimeError as crash:
        return crash
    finally:
        doctor.close()
    raise AssertionError("the console did not crash")


def _receipts(world: World) -> bool:
    names = (secret["metadata"]["name"] for secret in world.objects.store.select("secrets"))
    return any(name.startswith("harbor-doctor-undo-") for name in names)


def test_the_console_shows_no_password_not_even_when_it_crashes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    found: Found = []
    with p.planted(p.LINE_BREAK, p.KEY, p.REFUSED) as world:
        crash = asyncio.run(_used(world, tmp_path, found))
    captured = capfd.readouterr()
    found += [("crash on stdout", captured.out), ("crash on stderr", captured.err), ("its text", str(crash))]
    assert "Traceback" in captured.err + captured.out, "Textual prints what it died of, with locals"
    frames = list(_frames(crash.__traceback__))
    assert any("login" in name for name, _ in frames), "a frame that holds the typed login"
    found += frames
    found += [(f"file {name}", text) for name, text in p.files(tmp_path)]
    assert p.everything(found) == {}
