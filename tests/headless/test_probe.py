"""`probe` as a process of its own: what it shows before it asks, its answer, its exit codes, and being cut short."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.demo.api.access import READ, Rule, User
from checks.repair.probe.plan import LABEL
from tests.headless.between import Fault, Seen, wait_for
from tests.headless.ground import Ground

FAILS = "HD402:robot$shop+pull@harbor.demo.test/pay"


def makes_pod(seen: Seen) -> bool:
    return seen.method == "POST" and seen.path.endswith("/pods")


def probes(ground: Ground) -> list[dict[str, Any]]:
    return [pod for pod in ground.pods("") if LABEL in (pod["metadata"].get("labels") or {})]


def silence_nodes(ground: Ground) -> None:
    """No node answers any more."""
    for node in ground.world.objects.store.select("nodes"):
        status = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
        ground.world.objects.edit(
            "nodes", "", node["metadata"]["name"], lambda body, s=status: body["status"].update(s),
            manager="x", subresource="status",
        )  # fmt: skip


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with Ground(tmp_path, "HD402", still=False, between=True) as made:
        yield made


def test_the_manifest_is_shown_first_and_then_the_nodes_own_answer(ground: Ground) -> None:
    done = ground.tool().run("probe", FAILS, "--yes")
    assert done.code == 1
    shown = done.err.index("kind: Pod")
    assert shown < done.err.index("creating: Creating Pod") < done.err.index("deleting: Deleting Pod")
    assert "automountServiceAccountToken: false" in done.err
    assert "command: [/harbor-doctor-probe-does-not-exist]" in done.err
    assert "- {name: shop-robot}" in done.err
    for verb in ("create", "get", "delete"):
        assert f"may ✔ pods {verb} in shop" in done.lines
    first, said, *more = done.out.splitlines()
    assert first.startswith("from the node (probe), at ")
    assert "does not pull" in first
    assert " says: ErrImagePull: " in said
    assert "401 Unauthorized" in said
    assert more == ["Agrees with what the kubelet reported.", "Agrees with what was measured from here."]
    assert probes(ground) == []


def test_the_answer_as_json_holds_the_manifest_and_no_password(ground: Ground) -> None:
    done = ground.tool().run("probe", FAILS, "--yes", "-o", "json")
    answer = done.json
    assert (done.code, answer["schema"], answer["dry_run"], answer["answer"]) == (1, 1, False, "fails")
    assert answer["manifest"]["spec"]["nodeName"] == answer["node"]
    assert answer["pull_secrets"] == ["shop-robot"]
    assert answer["cause"] == "bad_credentials"
    assert answer["deleted"] is True
    assert answer["manifest"]["spec"]["containers"][0]["image"] == answer["image"]


def test_a_dry_run_prints_a_manifest_that_kubectl_could_take_and_writes_nothing(ground: Ground) -> None:
    done = ground.tool().run("probe", FAILS, "--dry-run")
    assert done.code == 1
    manifest = yaml.safe_load(done.out)
    assert (manifest["kind"], manifest["spec"]["containers"][0]["imagePullPolicy"]) == ("Pod", "Always")
    assert done.last == "dry run: the API server takes the pod; nothing was written"
    assert ground.between.writes() == []
    data = ground.tool().run("probe", FAILS, "--dry-run", "-o", "json").json
    assert (data["dry_run"], data["problem"]) == (True, FAILS)
    assert ground.between.writes() == []


def test_without_a_terminal_only_yes_agrees(ground: Ground) -> None:
    done = ground.tool().run("probe", FAILS, stdin="y\n")
    assert done.code == 5
    assert "add --yes" in done.last
    assert "kind: Pod" in done.err
    assert ground.between.writes() == []


def test_a_chosen_pod_is_asked_about_and_one_that_is_not_there_is_wrong_use(ground: Ground) -> None:
    pod = ground.pods("shop")[-1]
    name = f"shop/{pod['metadata']['name']}"
    data = ground.tool().run("probe", FAILS, "--pod", name, "--dry-run", "-o", "json").json
    assert (data["pod"], data["node"]) == (name, pod["spec"]["nodeName"])
    for wrong in ("shop/nobody", "nobody"):
        assert ground.tool().run("probe", FAILS, "--pod", wrong, "--yes").code == 2
    assert ground.tool().run("probe", FAILS, "--wait", "0", "--yes").code == 2
    assert ground.tool().run("probe", "HD999:nothing", "--yes").code == 2


def test_a_read_only_run_and_a_missing_right_are_refused_with_their_reason(ground: Ground) -> None:
    done = ground.tool().run("probe", FAILS, "--yes", "--read-only")
    assert (done.code, done.last) == (5, "the node cannot be asked: this run is read-only")
    watcher = User("watcher", "demo-watcher", (Rule(READ, ("*",)),))
    ground.world.api.users[watcher.token] = watcher
    done = ground.tool("watcher").run("probe", FAILS, "--yes")
    why = "no right: pods create in shop, pods delete in shop"
    assert (done.code, done.last) == (5, f"the node cannot be asked: {why}")
    assert ground.between.writes() == []


def test_a_webhook_that_refuses_is_one_sentence_before_anything_is_asked(ground: Ground) -> None:
    why = 'admission webhook "policy.example" denied the request: probes are not wanted'
    ground.between.trap(makes_pod, Fault("403", 403, "Forbidden", why), times=9)
    done = ground.tool().run("probe", FAILS)
    assert (done.code, done.last) == (3, f"demo: {why}")
    assert ground.between.writes() == []


def test_a_node_that_does_not_answer_is_not_known_and_has_a_code_of_its_own(ground: Ground) -> None:
    silence_nodes(ground)
    done = ground.tool().run("probe", FAILS, "--yes", "--wait", "1s")
    assert done.code == 4
    assert "Not known: after 1 s the kubelet of node-" in done.out
    assert any("is not ready: it may not answer at all" in line for line in done.lines)
    assert probes(ground) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_cut_short_in_the_middle_the_pod_is_deleted_first(ground: Ground, number: int) -> None:
    silence_nodes(ground)
    with ground.tool().start("probe", FAILS, "--yes") as running:
        running.until(lambda: probes(ground))
        running.says("waiting: ")
        running.process.send_signal(number)
        done = running.end()
    assert done.code == 130
    assert done.last == "interrupted: the node had not answered yet; the pod is gone"
    assert probes(ground) == []


def test_after_a_kill_the_pod_ends_by_itself_and_the_next_probe_clears_it_away(ground: Ground) -> None:
    silence_nodes(ground)
    tool = ground.tool()
    with tool.start("probe", FAILS, "--yes") as running:
        running.until(lambda: probes(ground))
        running.says("waiting: ")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(10)
    (left,) = probes(ground)
    assert left["spec"]["activeDeadlineSeconds"] < 300
    name = left["metadata"]["name"]
    (note,) = (tool.state / "probes").iterdir()
    assert json.loads(note.read_text()) == {"context": "demo", "namespace": "shop"}
    done = tool.run("probe", FAILS, "--dry-run")
    assert f"probe pod shop/{name} of a run that broke off is still there" in done.lines
    assert len(probes(ground)) == 1, "a dry run deletes nothing"
    done = tool.run("probe", FAILS, "--yes", "--wait", "5s")
    assert f"probe pod shop/{name} of a run that broke off was deleted" in done.lines
    assert (probes(ground), list((tool.state / "probes").iterdir())) == ([], [])


def test_a_probe_under_way_is_not_cleared_away_by_another_run_of_the_same_person(ground: Ground) -> None:
    silence_nodes(ground)
    with ground.tool().start("probe", FAILS, "--yes") as running:
        running.until(lambda: probes(ground))
        running.says("waiting: ")
        done = ground.tool().run("probe", FAILS, "--dry-run")
        assert "was deleted" not in done.err
        assert len(probes(ground)) == 1
        running.interrupt()
        running.end()
    wait_for(lambda: not probes(ground))


def test_a_read_only_run_deletes_nothing_that_was_left(ground: Ground) -> None:
    silence_nodes(ground)
    tool = ground.tool()
    with tool.start("probe", FAILS, "--yes") as running:
        running.until(lambda: probes(ground))
        running.says("waiting: ")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(10)
    done = tool.run("probe", FAILS, "--dry-run", "--read-only")
    assert done.code == 5
    assert len(probes(ground)) == 1
    assert "was deleted" in tool.run("probe", FAILS, "--yes", "--wait", "5s").err
