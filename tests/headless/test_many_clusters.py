"""Several clusters in one run, as its own process: two worlds alike to the last UID are kept apart."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.headless.between import Fault
from tests.headless.ground import Ground
from tests.headless.tool import Done
from tests.headless.twins import EU, NOWHERE, US, Twins, changed, joined

PORT, PAGE = "HD106:crm/harbor-8443", "HD106:web/harbor-ui"
BOTH = ("--context", f"{EU},{US}")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two worlds that nobody changes."""
    with Twins(tmp_path_factory.mktemp("shared"), "HD106") as made:
        yield made


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Twins]:
    with Twins(tmp_path, "HD106") as made:
        yield made


def ids(done: Done) -> set[str]:
    return {problem["id"] for problem in done.json["problems"]}


def uids(ground: Ground) -> set[str]:
    return {pod["metadata"]["uid"] for space in ("crm", "web") for pod in ground.pods(space)}


# ── scan ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_pods_secrets_and_uids_in_two_clusters_are_problems_of_each(shared: Twins) -> None:
    assert uids(shared.eu) == uids(shared.us) != set()
    done = shared.tool().run("scan", *BOTH, "-o", "json")
    assert (done.code, done.json["complete"], done.json["not_looked"]) == (1, True, [])
    assert ids(done) == {f"{problem}@{name}" for problem in (PORT, PAGE) for name in (EU, US)}
    for problem in done.json["problems"]:
        assert problem["id"].endswith(f"@{problem['context']}")
    pods_of = {problem["id"]: {pod["name"] for pod in problem["pods"]} for problem in done.json["problems"]}
    assert pods_of[f"{PORT}@{EU}"] == pods_of[f"{PORT}@{US}"] != set()
    seen = [(one["context"], one["complete"], one["pods_seen"]) for one in done.json["contexts"]]
    pods = len(uids(shared.eu))
    assert seen == [(EU, True, pods), (US, True, pods)]
    assert done.json["pods_seen"] == 2 * pods


def test_contexts_may_be_named_one_by_one_and_twice(shared: Twins) -> None:
    done = shared.tool().run("scan", "--context", EU, "--context", f"{US},{EU}", "-o", "json")
    assert done.json["context"] == f"{EU},{US}"
    assert len(ids(done)) == 4


def test_all_contexts_are_those_of_the_kubeconfig(shared: Twins) -> None:
    done = shared.tool().run("scan", "--all-contexts", "-o", "json")
    assert done.json["context"] == f"{EU},{US}"
    assert len(ids(done)) == 4


@pytest.mark.parametrize("chosen", [(), ("--context", EU), ("--context", f"{EU},"), ("--context", f"{EU},{EU}")])
def test_one_context_is_as_ever(shared: Twins, chosen: tuple[str, ...]) -> None:
    done = shared.tool().run("scan", *chosen, "-o", "json")
    assert (done.json["context"], ids(done)) == (EU, {PORT, PAGE})
    assert "contexts" not in done.json


def test_all_contexts_of_a_kubeconfig_with_one_are_that_one(shared: Twins) -> None:
    done = shared.eu.tool().run("scan", "--all-contexts", "-o", "json")
    assert (done.json["context"], ids(done)) == ("demo", {PORT, PAGE})


def test_a_name_with_a_comma_is_one_context_where_there_is_such_a_name(shared: Twins) -> None:
    made = Path(shared.us.tool().environment["KUBECONFIG"])
    path = joined(shared.folder / "comma", {EU: made, f"{EU},{US}": made})
    done = shared.tool(path).run("scan", *BOTH, "-o", "json")
    assert (done.json["context"], ids(done)) == (f"{EU},{US}", {PORT, PAGE})


def test_the_table_names_the_cluster_of_each_problem(shared: Twins) -> None:
    done = shared.tool().run("scan", *BOTH)
    assert done.code == 1
    for name in (EU, US):
        assert f"✖ {PORT}@{name} " in done.out


@pytest.mark.parametrize("command", [("scan",), ("plan",), ("fix", PORT, "--yes"), ("undo", "--list")])
def test_a_wrong_context_is_told_with_those_that_there_are_before_anything_is_asked(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    with Twins(tmp_path, between=True) as twins:
        done = twins.tool().run(*command, "--context", f"{EU},prod-eus")
        assert (done.code, done.out, len(done.lines)) == (3, "", 1)
        assert done.last.endswith(f"no context prod-eus; there are: {EU}, {US}")
        assert twins.eu.between.seen == []


def test_the_console_tells_a_wrong_context_and_does_not_open(shared: Twins) -> None:
    done = shared.tool().run("--context", f"{EU},prod-eus")
    assert (done.code, done.out) == (3, "")
    assert f"there are: {EU}, {US}" in done.last


def test_contexts_and_all_contexts_do_not_go_together(shared: Twins) -> None:
    done = shared.tool().run("scan", "--context", EU, "--all-contexts")
    assert (done.code, done.last) == (2, "--context and --all-contexts: one of them")


# ── one of them cannot be looked at ──────────────────────────────────────────────────────────────────────────────


def missing(done: Done) -> dict[str, Any]:
    (gap,) = done.json["not_looked"]
    return gap  # type: ignore[no-any-return]


def test_a_cluster_that_is_down_hides_nothing_of_the_other_and_is_named(twins: Twins) -> None:
    path = twins.kubeconfig()
    changed(path, US, server=NOWHERE)
    done = twins.tool(path).run("scan", *BOTH, "-o", "json")
    assert (done.code, done.json["complete"]) == (1, False)
    assert ids(done) == {f"{PORT}@{EU}", f"{PAGE}@{EU}"}
    assert missing(done) == {
        "context": US, "namespace": "", "why": "the API server 127.0.0.1:9 refuses the connection",
    }  # fmt: skip
    assert [one["complete"] for one in done.json["contexts"]] == [True, False]
    said = f"not looked at: {US} ▸ all namespaces: the API server 127.0.0.1:9 refuses the connection"
    assert done.lines == [said]


def test_nothing_failing_beside_a_cluster_that_is_down_ends_with_4(tmp_path: Path) -> None:
    with Twins(tmp_path) as quiet:
        path = quiet.kubeconfig()
        changed(path, US, server=NOWHERE)
        done = quiet.tool(path).run("scan", *BOTH)
        assert (done.code, done.out) == (4, "")
        assert done.last.endswith("and not everything could be")
        assert quiet.tool().run("scan", *BOTH).code == 0


def test_all_clusters_down_is_one_sentence_that_names_each(twins: Twins) -> None:
    path = twins.kubeconfig()
    for name in (EU, US):
        changed(path, name, server=NOWHERE)
    done = twins.tool(path).run("scan", *BOTH)
    assert (done.code, done.out, len(done.lines)) == (3, "", 1)
    assert f"{EU}: the API server" in done.last
    assert f"{US}: the API server" in done.last


def test_a_broken_entry_among_all_contexts_is_named_and_the_others_are_looked_at(twins: Twins) -> None:
    path = twins.kubeconfig()
    config = json.loads(path.read_text())
    config["contexts"].append({"name": "old", "context": {"cluster": "gone", "user": US}})
    path.write_text(json.dumps(config))
    done = twins.tool(path).run("scan", "--all-contexts", "-o", "json")
    assert (done.code, len(ids(done))) == (1, 4)
    assert missing(done)["context"] == "old"
    assert "names the cluster gone, which is not there" in missing(done)["why"]


def test_a_forbidden_cluster_is_named_with_the_right_that_is_missing(twins: Twins) -> None:
    done = twins.tool(twins.kubeconfig(us_user="developer")).run("scan", *BOTH, "-o", "json")
    assert ids(done) == {f"{PORT}@{EU}", f"{PAGE}@{EU}"}
    assert {gap["context"] for gap in done.json["not_looked"]} == {US}
    assert {gap["namespace"] for gap in done.json["not_looked"]} == {"", "default"}


def test_a_namespace_that_only_one_cluster_has_is_missed_in_the_other(twins: Twins) -> None:
    twins.eu.world.objects.create("namespaces", "", {"metadata": {"name": "only-here"}})
    done = twins.tool().run("scan", *BOTH, "-n", "crm,only-here", "-o", "json")
    assert ids(done) == {f"{PORT}@{EU}", f"{PORT}@{US}"}
    assert missing(done) == {"context": US, "namespace": "only-here", "why": "there is no such namespace"}


def test_a_cluster_that_says_nothing_is_given_up_after_its_time(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106", between=True) as twins:
        twins.us.between.trap(lambda _: True, Fault("silence", seconds=60), times=1000)
        done = twins.tool().run("scan", *BOTH, "-o", "json")
        assert ids(done) == {f"{PORT}@{EU}", f"{PAGE}@{EU}"}
        assert missing(done)["context"] == US
        assert "10 s" in missing(done)["why"]


# ── plan, fix, undo ──────────────────────────────────────────────────────────────────────────────────────────────


def test_plans_name_the_cluster_and_their_commands_go_to_it(shared: Twins) -> None:
    done = shared.tool().run("plan", f"{PORT}@{US}", *BOTH)
    assert f"one key in {US}" in done.out
    assert f"kubectl --context {US} -n crm" in done.out
    assert EU not in done.out


def test_an_id_without_its_cluster_is_not_guessed(shared: Twins) -> None:
    done = shared.tool().run("fix", PORT, *BOTH)
    assert (done.code, done.out) == (2, "")
    assert done.last == f"there is no problem {PORT} now; is it {PORT}@{EU} or {PORT}@{US}"


def test_a_repair_in_one_cluster_writes_nothing_in_the_other_nor_does_its_undo(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106", between=True) as twins:
        tool, before = twins.tool(), twins.us.declared()
        done = tool.run("fix", f"{PORT}@{US}", *BOTH, "--wait", "0", "-o", "json")
        assert done.code == 0, done
        assert twins.eu.between.writes() == []
        assert twins.us.declared() != before
        assert len(twins.us.receipts()) == 1

        listed = tool.run("undo", "--list", *BOTH, "-o", "json").json["receipts"]
        assert [(r["context"], r["problem"]) for r in listed] == [(US, f"{PORT}@{US}")]
        undone = tool.run("undo", "--yes", *BOTH)
        assert (undone.code, undone.lines[0]) == (0, f"in {US}:")
        assert twins.eu.between.writes() == []
        assert twins.us.declared(receipts=True) == before


def test_a_repair_among_several_clusters_can_be_undone_in_its_own_alone(twins: Twins) -> None:
    tool, before = twins.tool(), twins.us.declared()
    done = tool.run("fix", f"{PORT}@{US}", *BOTH, "--wait", "0")
    command = next(line for line in done.lines if "takes it back" in line).removesuffix(" takes it back")
    assert command.endswith(f"--context {US}")
    (receipt,) = tool.run("undo", "--list", "--context", US, "-o", "json").json["receipts"]
    assert receipt["problem"] == PORT
    assert tool.run(*command.split()[1:], "--yes").code == 0
    assert twins.us.declared(receipts=True) == before


def test_the_last_repair_is_not_guessed_while_a_cluster_is_missing(twins: Twins) -> None:
    assert twins.tool().run("fix", f"{PORT}@{EU}", *BOTH, "--wait", "0").code == 0
    path, mended = twins.kubeconfig(name="later"), twins.eu.declared()
    changed(path, US, server=NOWHERE)
    tool = twins.tool(path)
    done = tool.run("undo", "--yes", *BOTH)
    assert (done.code, done.out) == (2, "")
    assert "which repair was the last is not known" in done.last
    assert US in done.last
    assert twins.eu.declared() == mended
    listed = tool.run("undo", "--list", *BOTH, "-o", "json")
    assert (listed.code, len(listed.json["receipts"])) == (4, 1)
    assert tool.run("undo", listed.json["receipts"][0]["id"], "--yes", *BOTH).code == 0


def test_a_receipt_that_lies_in_two_clusters_is_not_believed_in_either(twins: Twins) -> None:
    """Whoever may write Secrets in one cluster could forge the receipt of another."""
    tool = twins.tool()
    receipt = tool.run("fix", f"{PORT}@{EU}", *BOTH, "--wait", "0", "-o", "json").json["receipt"]
    (made,) = twins.eu.receipts()
    kept = {key: made["metadata"][key] for key in ("name", "namespace", "labels")}
    twins.us.world.objects.create("secrets", "crm", {**made, "metadata": kept})
    before = twins.us.declared()
    done = tool.run("undo", receipt, "--yes", *BOTH)
    assert (done.code, done.last) == (2, f"{receipt} is in {EU}, {US}: name the one meant with --context")
    assert twins.us.declared() == before
    assert tool.run("undo", receipt, "--yes", "--context", EU).code == 0


def test_a_context_that_is_read_only_stays_so_beside_one_that_is_not(twins: Twins) -> None:
    path = twins.kubeconfig()
    changed(path, US, read_only=True)
    tool, before = twins.tool(path), twins.us.declared(receipts=True)
    found = {p["id"]: p["fixes"] for p in tool.run("scan", *BOTH, "-o", "json").json["problems"]}
    assert {fix["safety"] for fix in found[f"{PORT}@{US}"]} == {"advice"}
    assert "one_key" in {fix["safety"] for fix in found[f"{PORT}@{EU}"]}
    assert tool.run("fix", f"{PORT}@{US}", *BOTH, "--yes").code == 5
    assert tool.run("fix", f"{PORT}@{EU}", *BOTH, "--wait", "0").code == 0
    assert twins.us.declared(receipts=True) == before


def test_pruning_does_what_it_may_and_tells_of_the_cluster_that_refuses(twins: Twins) -> None:
    tool = twins.tool()
    for name in (EU, US):
        assert tool.run("fix", f"{PORT}@{name}", *BOTH, "--wait", "0").code == 0
    path = twins.kubeconfig(name="later")
    changed(path, US, read_only=True)
    done = twins.tool(path).run("undo", "--prune", *BOTH)
    assert done.code == 5
    assert done.last.startswith("1 receipts were removed elsewhere; ")
    assert (len(twins.eu.receipts()), len(twins.us.receipts())) == (0, 1)


def test_a_namespace_is_onboarded_in_one_cluster_that_is_named(shared: Twins) -> None:
    tool = shared.tool().with_(HARBOR_HOST="harbor.demo.test", HARBOR_USERNAME="admin", HARBOR_PASSWORD="Harbor12345")
    done = tool.run("onboard", "crm", "--project", "crm", *BOTH)
    assert (done.code, done.out, done.last) == (2, "", f"one cluster has to be named: {EU}, {US}")
