"""The pages of the project are true: what they name exists, what they tabulate is what the program has."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.credentials import Login, Origin, OriginKind
from checks.demo.api.access import Rule as Allowed
from checks.demo.api.access import User
from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.doctor import Doctor
from checks.repair.kinds import HARBOR
from checks.repair.plan import FixPlan, Keep, Safety
from checks.report import report
from checks.rules import table
from checks.settings import Settings
from tests.structure import write_tables
from tui.exits import Exit

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
CODES = ("HD101", "HD102", "HD103", "HD107", "HD109", "HD302", "HD501", "HD502")
"""What fails in the world of these tests: each cure, and one that is advice."""
RUN = "from tui.cli import main; main()"
_SYMBOLS = {"slash": "/", "colon": ":", "question_mark": "?", "escape": "esc"}


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def fenced(text: str) -> Iterator[tuple[str, str]]:
    """Language and content of every fenced block."""
    for found in re.finditer(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield found[1], found[2]


def spans(text: str) -> list[str]:
    """All code spans outside of fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading of the README, without its head."""
    below = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert lines, f"no table below {heading}"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[0].splitlines()[2:]]


# ── tables that are made ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_generated_tables_are_up_to_date(name: str) -> None:
    found = write_tables.parts(page(name))
    assert found
    for table_name, shown in found.items():
        assert shown == write_tables.made(table_name), "python tests/structure/write_tables.py makes it anew"


def test_every_rule_stands_in_both_tables_of_the_readme() -> None:
    codes = [rule.code for rule in table.all_rules()]
    for name in ("rules", "causes"):
        assert re.findall(r"^\| (HD\d{3}) \|", write_tables.parts(README)[name], re.MULTILINE) == codes


def test_every_module_is_described_in_the_architecture() -> None:
    told = set(re.findall(r"^\| `([\w/.]+)` \| \S", page("ARCHITECTURE.md"), re.MULTILINE))
    there = {write_tables.shown(path) for room in ("checks", "tui") for path in (ROOT / room).rglob("*.py")}
    assert there - told == set()


def test_plans_are_called_what_the_table_calls_them() -> None:
    from checks.repair.plans import (
        PLANS,
        add_member,
        advice,
        attach,
        correct_image,
        enable_robot,
        extend_robot,
        mend_payload,
        mint_robot,
        new_login,
        replace_pods,
    )

    modules = {
        "mend_payload": mend_payload, "new_login": new_login, "attach": attach, "replace_pods": replace_pods,
        "advice": advice, "mint_robot": mint_robot, "add_member": add_member, "enable_robot": enable_robot,
        "extend_robot": extend_robot, "correct_image": correct_image,
    }  # fmt: skip
    assert set(table.PLANS) == set(PLANS)
    assert {name: (module.ID, module.KEY) for name, module in modules.items()} == table.PLANS


# ── commands and options ─────────────────────────────────────────────────────────────────────────────────────────


@cache
def help_of(*command: str) -> str:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", RUN, *command, "--help"], env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands() -> set[str]:
    return set(re.findall(r"^  (\w+)  ", help_of().split("Commands:")[1], re.MULTILINE))


def options(*command: str) -> set[str]:
    listed = help_of(*command).split("Options:")[1].split("Commands:")[0]
    return {word for line in re.findall(r"^  (-.*?)(?:  |$)", listed, re.MULTILINE) for word in _flags(line)}


def _flags(text: str) -> list[str]:
    """`--json-lines` and `-o`, not the `-9` of a name."""
    return re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])", text)


def calls() -> list[str]:
    """What follows the program's name wherever the README calls it, up to a pipe, a redirection or the end."""
    lines = [line for kind, block in fenced(README) if not kind for line in block.splitlines()]
    # What the program itself printed stands there as well: `harbor-doctor: 42 problems`.
    text = "\n".join(line.removeprefix("harbor-doctor: ") for line in (*lines, *spans(README)))
    text = re.sub(r"'[^'\n]*'", "TEXT", text)
    return re.findall(r"(?<![\w.-])harbor-doctor(?: +([^|<>&`()\"\n]*[^|<>&`()\"\s]))?(?![\w-])", text)


def test_every_command_line_of_the_readme_is_understood() -> None:
    seen = calls()
    assert len(seen) > 20
    for call in seen:
        first = call.split()[0] if call.split() and not call.strip().startswith("-") else ""
        assert first == "" or first in commands(), call
        known = options(first) if first else options()
        assert set(_flags(call)) <= known, call


def test_every_option_in_the_text_of_the_readme_exists() -> None:
    known = options().union(*(options(command) for command in commands()))
    named = {flag for span in spans(README) if span.startswith("-") for flag in _flags(span)}
    assert named
    assert named <= known


def test_every_command_and_option_is_told_of_in_the_readme() -> None:
    told = set(_flags(" ".join((*spans(README), *(block for _, block in fenced(README))))))
    for command in commands():
        assert f"harbor-doctor {command}" in README
        assert options(command) - {"-h", "-f", "-o"} <= told | {"--output", "--file", "--image", "--list", "--help"}, (
            command
        )


def test_settings_are_those_that_the_program_reads() -> None:
    read = set(re.findall(r'"(HARBOR_[A-Z_]+|DOCKER_CONFIG|XDG_STATE_HOME)"', page("tui/options.py")))
    told = {word for row in rows("Settings") for word in re.findall(r"[A-Z]+_[A-Z_]+", row[1] + row[0])}
    assert read <= told
    assert {word for word in told if word.startswith("HARBOR_")} <= read


def test_exit_codes_are_those_of_the_program() -> None:
    assert [int(row[0]) for row in rows("Exit codes")] == [int(code) for code in Exit]


def test_every_key_of_the_main_screen_is_told_of() -> None:
    from textual.binding import Binding

    from tui.app import HarborDoctor
    from tui.screens.main import MainScreen

    told = " ".join(row[0] for row in rows("Keys"))
    bound = [b for b in (*HarborDoctor.BINDINGS, *MainScreen.BINDINGS) if isinstance(b, Binding)]
    keys = {_SYMBOLS.get(b.key, b.key) for b in bound} - {"ctrl+c", "esc"}
    assert len(keys) > 8
    assert {key for key in keys if f"`{key}`" not in told} == set()


# ── files, pictures, links ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_names_exists(name: str) -> None:
    named = {
        span for span in spans(page(name)) if re.fullmatch(r"\.?(checks|tui|tests|screenshots|\.?ci)/[\w./-]*", span)
    }
    assert {path for path in named if not (ROOT / path).exists()} == set()


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files_and_headings_that_exist(name: str) -> None:
    text = page(name)
    headings = {_anchor(line) for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        assert not file or (ROOT / file).is_file(), target
        assert file or anchor in headings, target


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_pictures_that_the_readme_shows_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_text(encoding="utf-8").lstrip().startswith("<svg"), picture


# ── the JSON report, and the rights ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A still world with one problem of each kind of cure."""
    chosen = tuple(s for s in SCENARIOS if s.code in CODES)
    with World(chosen, (), moving=False) as started:
        yield started


def doctor(world: World, folder: Path, user: str, **settings: Any) -> Doctor:
    name, password = world.harbor_login
    login = Login(name, password, Origin(OriginKind.OPERATOR, "test", "harbor.demo.test"))
    return Doctor(
        Settings(
            kubeconfig=str(world.kubeconfig(folder / user, user)),
            registry_ca=world.ca_file,
            state_dir=folder / "state",
            resolve=dict(world.resolve),
            harbor_login=login,
            **settings,
        )
    )


def paths(value: Any, at: str = "") -> Iterator[str]:
    """`problems[].pods[].node` and the like, of every field down to what is no object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{at}.{key}" if at else key)
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")
        if not value:
            yield f"{at}[]"
    else:
        yield at


def test_the_readme_names_every_field_of_the_report_and_no_other(world: World, tmp_path: Path) -> None:
    with_gaps = doctor(world, tmp_path, "admin", namespaces=("shop", "pay", "data", "nowhere"))
    try:
        *_, scan = with_gaps.find(threading.Event())
        found = with_gaps.diagnose(scan, threading.Event())
        offers = {problem.id: with_gaps.offers(problem) for problem in found.problems}
        document = report("demo", scan, found.problems, offers, found.unknowns)
    finally:
        with_gaps.close()
    told = {cell.strip("`") for cell, _ in rows("JSON")}
    there = set(paths(document))
    empty = {path for path in there if any(other.startswith(f"{path}.") for other in told | there)}
    assert there - empty - told == set()
    beneath_empty = {path for path in told if any(path.startswith(f"{other}.") for other in there - told)}
    assert told - there - beneath_empty - {"problems[]"} == set()


def _granted(namespaces: tuple[str, ...]) -> tuple[Allowed, ...]:
    """The rules of the README's roles; a Role counts for these namespaces."""
    made = []
    for kind, block in fenced(README):
        role = yaml.safe_load(block) if kind == "yaml" else {}
        places = {"ClusterRole": (), "Role": namespaces}.get(role.get("kind", ""))
        for one in role["rules"] if places is not None else ():
            made.append(Allowed(tuple(one["verbs"]), tuple(one["resources"]), places))
    return tuple(made)


def _look(world: World, folder: Path, user: User) -> dict[str, tuple[Any, ...]]:
    """What somebody is offered: plans and refusals by problem."""
    world.api.users[user.token] = user
    looking = doctor(world, folder, user.name)
    try:
        *_, scan = looking.find(threading.Event())
        assert scan.complete
        found = looking.diagnose(scan, threading.Event())
        assert [line for line in found.unknowns if "no right" in line] == []
        return {problem.code: looking.offers(problem) for problem in found.problems}
    finally:
        looking.close()


def test_with_the_rights_of_both_roles_everything_is_explained_and_mended(world: World, tmp_path: Path) -> None:
    offered = _look(world, tmp_path, User("mender", "mender", _granted(("crm", "data", "pay", "shop", "web"))))
    writing = {c for c, offers in offered.items() if any(isinstance(o, FixPlan) and o.steps for o in offers)}
    assert writing == set(CODES) - {"HD502"}
    for code in writing:
        best = offered[code][0]
        assert isinstance(best, FixPlan)
        assert best.safety is not Safety.ADVICE, code
        assert all(answer.allowed for answer in best.rights), code


def test_with_the_first_role_alone_everything_is_explained_and_nothing_can_be_written(
    world: World, tmp_path: Path
) -> None:
    offered = _look(world, tmp_path, User("looker", "looker", _granted(("nowhere",))))
    assert set(offered) == set(CODES)
    plans = [offer for offers in offered.values() for offer in offers if isinstance(offer, FixPlan)]
    inside = {plan.id for plan in plans if plan.steps and all(ref.kind in HARBOR for ref in plan.targets)}
    assert {plan.safety for plan in plans if plan.id not in inside} == {Safety.ADVICE}
    # What is changed in Harbor alone takes a right there; its receipt lies on this machine.
    assert "extend-robot" in inside <= {"add-member", "enable-robot", "extend-robot"}
    assert {plan.keep for plan in plans if plan.id in inside} == {Keep.LOCAL}
    assert any("As commands" in plan.advice for plan in plans)
