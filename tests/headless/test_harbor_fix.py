"""Robots, members and new tenants as processes: fix, onboard, undo, and a death in the middle."""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor import Role
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import Request, Response
from checks.demo.harbor_content import PASSWORD
from tests.headless.between import Fault, Seen
from tests.headless.ground import Ground, as_json
from tests.headless.planted import forms
from tests.headless.tool import Done, Tool

HOST = "harbor.demo.test"
EXPIRED = "HD302:data/nightly-robot"


def with_harbor(tool: Tool, user: str = "admin", password: str = "Harbor12345") -> Tool:
    return tool.with_(HARBOR_HOST=HOST, HARBOR_USERNAME=user, HARBOR_PASSWORD=password)


def inside(ground: Ground) -> Any:
    """What stands in Harbor."""
    state = ground.world.registries.harbor
    robots = {r.name: (r.disabled, r.duration, r.grants, r.description) for r in state.robots.values()}
    members = sorted((m.project_id, m.user_id, m.role) for m in state.members.values())
    return robots, members, sorted(state.projects)


def all_of(ground: Ground) -> Any:
    return as_json(ground.declared()), inside(ground)


def minted(ground: Ground) -> list[str]:
    robots = ground.world.registries.harbor.robots.values()
    return [robot.name for robot in robots if robot.description.startswith("harbor-doctor repair")]


def secrecy(ground: Ground, *runs: Done) -> None:
    """The new robot's secret shows in no output and in no file, and in one Secret only."""
    for name in minted(ground):
        secret = ground.world.registries.harbor.robot(name).secret.reveal()
        texts = [text for done in runs for text in (done.out, done.err)]
        texts += [path.read_text() for path in ground.folder.rglob("*") if path.is_file()]
        assert not [text for text in texts if any(form in text for form in forms(secret))]
        holders = [s for s in ground.world.objects.store.select("secrets") if _holds(s, secret)]
        assert len(holders) == 1


def _holds(secret: dict[str, Any], password: str) -> bool:
    text = json.dumps(secret)
    return any(form in text for form in forms(password))


# ── fix ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_robot_is_minted_the_pods_pull_and_undo_takes_all_of_it_back(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", still=False, workloads=1) as ground:
        tool = with_harbor(ground.tool())
        before = inside(ground)
        fixed = tool.run("fix", EXPIRED, "--plan", "mint-robot", "--yes", "--wait", "60")
        assert fixed.code == 0, fixed.err
        assert minted(ground) == ["data+k8s-demo-data"]
        assert "--disable-old disables it" in fixed.err
        assert "pods have pulled" in fixed.out
        secrecy(ground, fixed)
        undone = tool.run("undo", "--yes")
        assert undone.code == 0, undone.err
        assert "Undone: Secret data/nightly-robot, Robot harbor.demo.test/robot$data+k8s-demo-data." in undone.out
        assert inside(ground) == before
        assert ground.receipts() == []


def test_the_old_robot_is_disabled_only_where_that_was_said(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", still=False, workloads=1) as ground:
        tool = with_harbor(ground.tool())
        fix = ("fix", EXPIRED, "--plan", "mint-robot", "--yes", "--wait", "60")
        assert tool.run(*fix, "--disable-old").code == 0
        assert ground.world.registries.harbor.robot("data+nightly").disabled


def test_without_yes_and_without_a_terminal_nothing_is_made(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before = all_of(ground)
        done = with_harbor(ground.tool()).run("fix", EXPIRED, "--plan", "mint-robot")
        assert done.code == 5
        assert "admin makes the robot account robot$data+k8s-demo-data at harbor.demo.test: pull from data" in done.err
        assert all_of(ground) == before


def test_a_dry_run_makes_nothing_in_harbor(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before = all_of(ground)
        done = with_harbor(ground.tool()).run("fix", EXPIRED, "--plan", "mint-robot", "--dry-run")
        assert done.code == 1
        assert "Robot harbor.demo.test/robot$data+k8s-demo-data" in done.out
        assert all_of(ground) == before


def test_undo_without_the_login_says_in_one_sentence_what_is_left(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before = all_of(ground)
        tool = with_harbor(ground.tool())
        assert tool.run("fix", EXPIRED, "--plan", "mint-robot", "--yes", "--wait", "0").code == 0
        bare = ground.tool().run("undo", "--yes", "-o", "json")
        assert bare.code == 1
        assert "needs a login for Harbor at harbor.demo.test, and none was given for it" in bare.json["sentence"]
        assert as_json(ground.declared()) == before[0]
        assert minted(ground)
        assert tool.run("undo", "--yes").code == 0
        assert all_of(ground) == before


# ── a death in the middle ────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def held(ground: Ground, meant: Callable[[Request], bool], *, after: bool) -> Iterator[threading.Event]:
    """Harbor keeps one write waiting, before it is done or after; the event says that it has come."""
    server: Server = ground.world.registries._ports[HOST]  # type: ignore[assignment]
    app, come, go = server.app, threading.Event(), threading.Event()

    def answer(request: Request) -> Response:
        if not meant(request) or come.is_set():
            return app(request)
        found = app(request) if after else None
        come.set()
        go.wait(60)
        return found or app(request) if after else Response(503)

    server.app = answer
    try:
        yield come
    finally:
        go.set()
        server.app = app


def _killed(ground: Ground, tool: Tool, come: threading.Event, *arguments: str) -> None:
    with tool.start(*arguments) as running:
        running.until(come.is_set)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait(30)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_the_making_of_the_robot_undo_finds_it(after: bool, tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before, tool = all_of(ground), with_harbor(ground.tool())
        with held(ground, lambda r: r.method == "POST" and r.path.endswith("/robots"), after=after) as come:
            _killed(ground, tool, come, "fix", EXPIRED, "--plan", "mint-robot", "--yes", "--wait", "0")
        assert bool(minted(ground)) is after
        listed = tool.run("undo", "--list", "-o", "json").json["receipts"]
        assert [receipt["finished"] for receipt in listed] == [False]
        assert tool.run("undo", "--yes").code == 0
        assert all_of(ground) == before
        assert ground.receipts() == []


@pytest.mark.parametrize("lost", [False, True], ids=["before", "after"])
def test_killed_at_the_writing_of_the_secret_undo_brings_both_back(lost: bool, tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", between=True, workloads=1) as ground:
        before, tool = all_of(ground), with_harbor(ground.tool())

        def secret(seen: Seen) -> bool:
            return seen.writes and not seen.receipt

        trap = ground.between.trap(secret, Fault("held", passes=lost, seconds=60))
        with tool.start("fix", EXPIRED, "--plan", "mint-robot", "--yes", "--wait", "0") as running:
            running.until(trap.sprung.is_set)
            if lost:
                running.until(lambda: as_json(ground.declared()) != before[0])
            running.process.send_signal(signal.SIGKILL)
            running.process.wait(30)
        ground.between.clear()
        assert minted(ground)
        assert tool.run("undo", "--yes").code == 0
        assert all_of(ground) == before


# ── onboard ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_tenant_is_made_shown_step_by_step_and_undone_by_one_receipt(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before, tool = all_of(ground), with_harbor(ground.tool())
        made = tool.run("onboard", "monitoring", "--project", "fresh", "--yes")
        assert made.code == 0, made.err
        shown = [line for line in made.lines if line.startswith("  ")]
        assert [line.split()[1] for line in shown if line[2] in "+~" and line[4] != " " and line.split()[1][0].isupper()
                ] == ["Project", "Robot", "Secret", "ServiceAccount"]  # fmt: skip
        assert "fresh is empty, so nothing was fetched: the token of robot$fresh+k8s-demo-monitoring grants pull" in (
            made.out
        )
        assert ground.world.registries.harbor.project("fresh").public is False
        secrecy(ground, made)
        assert len(ground.receipts()) == 1
        again = tool.run("onboard", "monitoring", "--project", "fresh")
        assert again.code == 0
        assert sum("already so" in line for line in again.lines) == 4
        assert "everything is so already" in again.out
        assert tool.run("undo", "--yes").code == 0
        assert all_of(ground) == before


def test_a_tenant_of_a_project_with_images_pulls_one_of_them(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        done = with_harbor(ground.tool()).run("onboard", "monitoring", "--project", "web", "--yes", "-o", "json")
        assert done.code == 0, done.err
        assert done.json["pulls"] is True
        assert done.json["test"].startswith("robot$web+k8s-demo-monitoring pulls web/")
        assert done.json["already"] == ["project web is there (private)"]
        held_robots = [e for e in ground.world.registries.log.entries if "/manifests/" in e.path]
        assert {entry.method for entry in held_robots} == {"HEAD"}, "a GET would count as a pull"


def test_a_user_becomes_a_limited_guest_and_the_typed_password_is_written(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before, tool = all_of(ground), with_harbor(ground.tool())
        arguments = ("onboard", "monitoring", "--project", "pay", "--user", "sam", "--yes")
        without = tool.run(*arguments)
        assert (without.code, "its password is needed" in without.last) == (2, True)
        wrong = tool.run(*arguments, "--password-stdin", stdin="wrong\n")
        assert (wrong.code, wrong.last) == (5, "harbor.demo.test refuses the login sam")
        assert all_of(ground) == before
        done = tool.run(*arguments, "--password-stdin", stdin=PASSWORD + "\n")
        assert done.code == 0, done.err
        state = ground.world.registries.harbor
        assert state.role(state.project("pay"), state.user("sam")) is Role.LIMITED_GUEST
        assert "sam pulls pay/" in done.out
        assert PASSWORD not in done.out + done.err
        assert tool.run(*arguments).out.startswith("everything is so already")
        assert tool.run("undo", "--yes").code == 0
        assert all_of(ground) == before


CANNOT = (
    (("nowhere", "--project", "pay"), "admin", 5, "nowhere has no ServiceAccount default"),
    (("web", "--project", "Pay"), "admin", 2, "is not the name of a Harbor project"),
    (("web", "--project", "pay"), "grace", 5, "grace may not make robot accounts of pay"),
    (("web", "--project", "pay", "--user", "a", "--robot"), "admin", 2, "one of them"),
    (("web", "--project", "pay", "--password-stdin"), "admin", 2, "--password-stdin is for --user"),
    (("web", "--project", "pay", "--registry", "oidc.demo.test"), "admin", 5, "none was given for it"),
    (("web", "--project", "shop", "--read-only"), "admin", 5, "this is advice"),
    (("web", "--project", "pay"), "", 2, "HARBOR_HOST, HARBOR_USERNAME and HARBOR_PASSWORD"),
)


def test_what_cannot_be_done_is_one_sentence_and_nothing_is_written(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before, tool = all_of(ground), ground.tool()
        for arguments, user, code, says in CANNOT:
            password = "Harbor12345" if user == "admin" else PASSWORD
            done = (with_harbor(tool, user, password) if user else tool).run("onboard", *arguments, "--yes")
            assert (done.code, says in done.last) == (code, True), (arguments, done.err)
        assert all_of(ground) == before
        assert ground.receipts() == []


@pytest.mark.parametrize("part", ["/projects", "/robots"])
def test_a_tenant_whose_making_harbor_refuses_leaves_nothing_behind(part: str, tmp_path: Path) -> None:
    with Ground(tmp_path, "HD302", workloads=1) as ground:
        before = all_of(ground)
        server: Server = ground.world.registries._ports[HOST]  # type: ignore[assignment]
        app = server.app

        def answer(request: Request) -> Response:
            refused = request.method == "POST" and request.path.endswith(part)
            return Response(403) if refused else app(request)

        server.app = answer
        done = with_harbor(ground.tool()).run("onboard", "monitoring", "--project", "fresh", "--yes")
        server.app = app
        assert done.code == 1
        assert "Nothing was changed" in done.out
        assert all_of(ground) == before
        assert ground.receipts() == []
