"""One gate for every command that writes: shut in a read-only run, and in a protected context without its name."""

import os
import pty
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checks.errors import Refused
from checks.fleet import doctor_for
from checks.settings import ContextRule, Settings
from checks.writegate import WriteGate
from tests.headless.ground import NEWLINE, Ground
from tests.headless.tool import SCRIPT, Done, Tool
from tests.headless.twins import EU, US, Twins, changed

PORT = "HD106:crm/harbor-8443"
EXPIRED = "HD302:data/nightly-robot"
HARBOR = {"HARBOR_HOST": "harbor.demo.test", "HARBOR_USERNAME": "admin", "HARBOR_PASSWORD": "Harbor12345"}
PROTECTED = '[[contexts]]\nname = "de*"\nprotected = true\n'
READ_ONLY = '[[contexts]]\nname = "demo"\nread_only = true\n'
NAMED = ("--confirm-context", "demo")

COMMANDS: dict[str, tuple[str, ...]] = {
    "fix, a Secret": ("fix", NEWLINE, "-n", "shop", "--wait", "0"),
    "fix, an account and pods": ("fix", "HD101", "-n", "pay", "--wait", "0"),
    "fix, in Harbor alone": ("fix", EXPIRED, "-n", "data", "--plan", "extend-robot", "--wait", "0"),
    "fix, a robot": ("fix", EXPIRED, "-n", "data", "--plan", "mint-robot", "--wait", "0"),
    "onboard": ("onboard", "monitoring", "--project", "fresh"),
    "probe": ("probe", NEWLINE, "-n", "shop", "--wait", "1s"),
    "undo": ("undo",),
    "undo --prune": ("undo", "--prune"),
}


def configured(tool: Tool, text: str) -> Tool:
    path = tool.home.parent / f"{abs(hash(text))}.toml"
    path.write_text(text)
    return tool.with_(HARBOR_DOCTOR_CONFIG=str(path))


class Place:
    """A still world with a repair that can be undone, and what stands in it, Harbor's things counted too."""

    def __init__(self, ground: Ground) -> None:
        registries = ground.world.registries
        resolve = ",".join(f"{host}={address}" for host, address in ground.world.resolve.items())
        more = {"HARBOR_DOCTOR_RESOLVE": resolve, "HARBOR_DOCTOR_REGISTRY_CA": str(ground.world.ca_file)}
        self.ground, self.harbor = ground, registries.harbor
        self.tool = ground.tool().with_(**HARBOR, **more)

    def state(self) -> tuple[int, object]:
        robots = sorted((r.name, r.disabled, r.duration) for r in self.harbor.robots.values())
        return self.ground.version(), (robots, sorted(self.harbor.projects))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Ground(tmp_path_factory.mktemp("gates"), "HD109", "HD101", "HD106", "HD302") as ground:
        made = Place(ground)
        done = made.tool.run("fix", PORT, "-n", "crm", "--wait", "0")
        assert done.code == 0, done.err
        yield made


def run(tool: Tool, command: str, *more: str) -> Done:
    yes = () if command == "undo --prune" else ("--yes",)
    return tool.run(*COMMANDS[command], *yes, *more)


SHUT: dict[str, Callable[[Tool], tuple[Tool, tuple[str, ...]]]] = {
    "--read-only": lambda tool: (tool, ("--read-only",)),
    "environment": lambda tool: (tool.with_(HARBOR_DOCTOR_READ_ONLY="1"), ()),
    "file": lambda tool: (configured(tool, "read_only = true\n"), ()),
    "file, this context": lambda tool: (configured(tool, READ_ONLY), ()),
    "file, read-only and protected": lambda tool: (configured(tool, READ_ONLY + PROTECTED), NAMED),
}


EACH = [(command, "file, read-only and protected") for command in COMMANDS]
ANY_WAY = [(command, way) for command in ("fix, a Secret", "undo --prune") for way in SHUT]


@pytest.mark.parametrize(("command", "way"), dict.fromkeys((*EACH, *ANY_WAY)))
def test_no_command_writes_in_a_read_only_run_whoever_says_that_it_is_one(place: Place, command: str, way: str) -> None:
    before, (tool, more) = place.state(), SHUT[way](place.tool)
    done = run(tool, command, *more)
    assert done.code == 5, done.err
    assert place.state() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_yes_is_not_enough_in_a_protected_context_and_no_other_name_is(place: Place, command: str) -> None:
    before, tool = place.state(), configured(place.tool, PROTECTED)
    done = run(tool, command)
    assert done.code == 5, done.err
    assert "demo is protected, so --yes is not enough: add --confirm-context demo to " in done.last
    for other in ("prod", "de*", "DEMO") if command == "onboard" else ("prod",):
        wrong = run(tool, command, "--confirm-context", other)
        assert (wrong.code, wrong.last) == (2, f"--confirm-context {other}: this run is on demo")
    assert place.state() == before


def test_a_question_besides_the_name_still_takes_its_yes(place: Place) -> None:
    before, tool = place.state(), configured(place.tool, PROTECTED)
    done = tool.run(*COMMANDS["fix, an account and pods"], *NAMED)
    assert (done.code, done.last) == (5, "asked first and nobody answered: add --yes to do this")
    done = tool.run(*COMMANDS["fix, an account and pods"])
    assert done.last == "asked first and nobody answered: add --yes and --confirm-context demo to do this"
    assert place.state() == before


def test_dry_runs_and_plans_take_no_name_and_the_plan_tells_that_one_is_asked(place: Place) -> None:
    before, tool = place.state(), configured(place.tool, PROTECTED)
    done = tool.run("plan", NEWLINE, "-n", "shop", "-o", "json")
    fix = done.json["problems"][0]["fixes"][0]
    assert (fix["safety"], fix["asks"]) == (
        "confirm", ["The context demo is protected: its name is asked before anything is written."]
    )  # fmt: skip
    assert tool.run(*COMMANDS["fix, a Secret"], "--dry-run").code == 1
    assert place.state() == before


def test_with_the_name_every_command_does_its_work(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD109", "HD101", "HD106", "HD302") as ground:
        place = Place(ground)
        tool = configured(place.tool, PROTECTED)
        assert run(tool, "fix, a Secret", *NAMED).code == 0
        assert run(tool, "undo", *NAMED).code == 0
        for command in ("fix, an account and pods", "fix, in Harbor alone", "onboard"):
            before = place.state()
            done = run(tool, command, *NAMED)
            assert done.code == 0, done.err
            assert place.state() != before
        assert run(tool, "probe", *NAMED).code == 4
        assert [pod for pod in ground.pods() if pod["metadata"]["name"].startswith("harbor-doctor-probe-")] == []
        before = place.state()
        assert run(tool, "undo --prune", *NAMED).code == 0
        assert ground.receipts() == []


def test_the_name_is_held_against_the_context_where_nothing_is_protected_too(place: Place) -> None:
    before = place.state()
    done = run(place.tool, "fix, a Secret", "--confirm-context", "prod-eu")
    assert (done.code, done.last) == (2, "--confirm-context prod-eu: this run is on demo")
    assert place.state() == before


def on_a_terminal(tool: Tool, answer: str, *arguments: str) -> tuple[int, str]:
    """Run it with a terminal to answer on."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*SCRIPT, *arguments], cwd=tool.home, env=tool._environment(), stdin=theirs, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    threading.Timer(0.0, lambda: os.write(ours, f"{answer}\n".encode())).start()
    _, err = process.communicate(timeout=90)
    os.close(ours)
    return process.returncode, err


def test_on_a_terminal_the_name_is_typed(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD109") as ground:
        tool = configured(ground.tool(), PROTECTED)
        fix, before = ("fix", NEWLINE, "-n", "shop", "--yes", "--wait", "0"), ground.version()
        for answer in ("", "y", "prod"):
            code, said = on_a_terminal(tool, answer, *fix)
            assert code == 5, said
            assert "its name, to do this: " in said
            assert "nothing was written" in said
        assert ground.version() == before
        code, said = on_a_terminal(tool, "demo", *fix)
        assert code == 0, said
        assert ground.version() > before


def test_each_of_several_clusters_has_its_own_gate(tmp_path: Path) -> None:
    both = ("--context", f"{EU},{US}", "--wait", "0", "--yes")
    with Twins(tmp_path, "HD106") as twins:
        tool = configured(twins.tool(), f'[[contexts]]\nname = "{US}"\nprotected = true\n')
        before = twins.us.declared(receipts=True)
        assert tool.run("fix", f"{PORT}@{EU}", *both).code == 0
        done = tool.run("fix", f"{PORT}@{US}", *both)
        assert (done.code, done.last) == (
            5, f"{US} is protected, so --yes is not enough: add --confirm-context {US} to do this"
        )  # fmt: skip
        done = tool.run("fix", f"{PORT}@{US}", *both, "--confirm-context", EU)
        assert (done.code, done.last) == (
            5, f"--confirm-context {EU} is not the name of this context, {US}: nothing was written"
        )  # fmt: skip
        assert twins.us.declared(receipts=True) == before
        assert tool.run("fix", f"{PORT}@{US}", *both, "--confirm-context", US).code == 0
        undo = ("undo", "--context", f"{EU},{US}", "--yes")
        assert tool.run(*undo).code == 5
        assert tool.run(*undo, "--confirm-context", US).code == 0


def test_a_context_of_the_kubeconfig_may_say_itself_that_it_is_protected(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD109") as ground:
        tool = ground.tool()
        changed(Path(tool.environment["KUBECONFIG"]), "demo", protected=True)
        before = ground.version()
        assert run(tool, "fix, a Secret").code == 5
        assert ground.version() == before
        assert run(tool, "fix, a Secret", *NAMED).code == 0


def probes(ground: Ground) -> list[str]:
    names = (pod["metadata"]["name"] for pod in ground.pods())
    return [name for name in names if name.startswith("harbor-doctor-probe-")]


def test_a_probe_pod_that_was_left_behind_is_named_and_deleted_only_with_the_name(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD109") as ground:
        with ground.tool().start("probe", NEWLINE, "--yes") as running:
            running.until(lambda: probes(ground))
            running.says("waiting: ")
            running.process.kill()
            running.process.wait(10)
        (left,) = probes(ground)
        rules, home = (ContextRule("demo", protected=True),), ground.tool()
        kubeconfig = home.environment["KUBECONFIG"]
        doctor = doctor_for(Settings(kubeconfig=kubeconfig, state_dir=home.state, rules=rules))
        (said,) = doctor.clear_probes()
        doctor.close()
        assert said.startswith(f"probe pod shop/{left} of a run that broke off is still there: demo: this context is p")
        assert probes(ground) == [left]
        tool = configured(home, PROTECTED)
        done = tool.run("probe", NEWLINE, "--yes", *NAMED, "--wait", "1s")
        assert f"probe pod shop/{left} of a run that broke off was deleted" in done.lines
        assert probes(ground) == []


def test_the_heading_of_several_clusters_counts_those_that_are_held_back(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106") as twins:
        path = twins.kubeconfig()
        changed(path, EU, read_only=True)
        both = Settings(kubeconfig=str(path), contexts=(EU, US), state_dir=tmp_path / "state")
        for rules, said in (((), "1 read-only"), ((ContextRule("*", protected=True),), "1 read-only, 1 protected")):
            doctor = doctor_for(replace(both, rules=rules))
            assert doctor.connect().gates == said
            doctor.close()


def test_the_gate_shuts_again_after_each_act() -> None:
    gate = WriteGate("prod", protected=True)
    with pytest.raises(Refused, match=r"its name is asked .*, and stage is not it"), gate.act("stage"):
        pytest.fail("it opened")
    with gate.act("prod"):
        gate.pass_write("POST x")
    with pytest.raises(Refused, match="protected and nobody gave its name, so POST x was not sent"):
        gate.pass_write("POST x")
    with pytest.raises(Refused, match="read-only"), WriteGate("prod", read_only=True).act("prod"):
        pytest.fail("it opened")
