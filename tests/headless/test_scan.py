"""`harbor-doctor scan` as its own process, over the whole demo and over small worlds."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from checks.demo.scenarios import SCENARIOS, Scenario
from tests.headless.between import Fault
from tests.headless.ground import Ground, waiting_reasons
from tests.headless.tool import Done, Tool

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SAFETIES = {"one_key", "confirm", "advice"}
STAGES = {"reference", "wiring", "network", "tls", "login", "permission", "artifact", "policy", "node"}
MISSING = "HD502:harbor.demo.test/shop/wishlist"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def cause_words() -> set[str]:
    words = {"secret_malformed"}
    for name in ("pull_errors", "kubelet_messages"):
        with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                words |= {row["cause"], *row["acceptable"]}
    return words


# ── the whole demo ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return Tool(tmp_path_factory.mktemp("whole")).run("scan", "--demo", "-o", "json")


def test_a_scan_that_finds_problems_ends_with_1_and_writes_json_to_stdout_only(whole: Done) -> None:
    assert whole.code == 1
    assert whole.json["schema"] == 1
    assert "{" not in whole.err


def test_the_whole_demo_is_looked_at(whole: Done) -> None:
    report = whole.json
    assert report["complete"] is True
    assert report["not_looked"] == []
    assert report["context"] == "demo"
    assert TIME.fullmatch(report["at"])
    assert report["pods_seen"] > 100
    assert report["namespaces_seen"] == 8


@pytest.mark.parametrize("scenario", SCENARIOS, ids=attrgetter("id"))
def test_each_scenario_is_one_problem_with_its_own_pods(whole: Done, scenario: Scenario) -> None:
    (problem,) = (p for p in whole.json["problems"] if p["id"] == scenario.id)
    assert problem["code"] == scenario.code
    names = [workload.name for workload in scenario.workloads]
    found = Counter((pod["namespace"], _app(pod["name"], names)) for pod in problem["pods"])
    assert set(found) == {(workload.namespace, workload.name) for workload in scenario.workloads}
    for workload in scenario.workloads:
        # A rollout stops at its first new pod, and so does a StatefulSet.
        one = workload.before or workload.kind == "StatefulSet"
        wanted = 7 if workload.kind == "DaemonSet" else 1 if one else workload.replicas
        assert found[workload.namespace, workload.name] == wanted
    assert {pod["image"] for pod in problem["pods"]} == {workload.image for workload in scenario.workloads}
    assert {pod["namespace"] for pod in problem["pods"]} == {workload.namespace for workload in scenario.workloads}


def _app(pod: str, names: list[str]) -> str:
    return max((name for name in names if pod == name or pod.startswith(f"{name}-")), key=len, default=pod)


def test_nothing_is_found_besides_the_scenarios(whole: Done) -> None:
    assert sorted(p["id"] for p in whole.json["problems"]) == sorted(s.id for s in SCENARIOS)


def test_every_failing_pull_is_in_exactly_one_problem(whole: Done) -> None:
    pulls = Counter(
        (pod["namespace"], pod["name"], pod["container"]) for p in whole.json["problems"] for pod in p["pods"]
    )
    assert set(pulls.values()) == {1}


def test_the_contract_of_a_problem(whole: Done) -> None:
    words = cause_words()
    for problem in whole.json["problems"]:
        assert problem["id"].startswith(f"{problem['code']}:")
        assert re.fullmatch(r"HD\d{3}", problem["code"])
        assert problem["stage"] in STAGES
        assert problem["cause"] in words, problem["id"]
        assert problem["title"]
        assert _is_sentence(problem["sentence"]), problem["sentence"]
        assert set(problem["subject"]) == {"kind", "namespace", "name"}
        assert problem["pods"]
        for pod in problem["pods"]:
            assert pod["namespace"]
            assert pod["name"]
            assert pod["container"]
            assert pod["image"]
        _check_evidence(problem)
        _check_fixes(problem)
        assert all(isinstance(line, str) for line in problem["unknowns"])


def _is_sentence(text: str) -> bool:
    return text.endswith(".") and not re.search(r"[!\n]|\bplease\b|\bNone\b", text)


def _check_evidence(problem: dict[str, Any]) -> None:
    assert problem["evidence"], problem["id"]
    for proof in problem["evidence"]:
        assert proof["source"]
        assert proof["text"]
        assert proof["at"] is None or TIME.fullmatch(proof["at"])


def _check_fixes(problem: dict[str, Any]) -> None:
    assert problem["fixes"], f"{problem['id']} says nothing about what to do"
    assert len({fix["id"] for fix in problem["fixes"]}) == len(problem["fixes"])
    for fix in problem["fixes"]:
        assert fix["safety"] in SAFETIES
        assert fix["summary"]
        assert bool(fix["asks"]) == (fix["safety"] == "confirm") or fix["safety"] == "advice"
        assert bool(fix["diff"]) or fix["safety"] == "advice"


def test_nobody_is_told_to_make_a_project_public_or_to_use_latest(whole: Done) -> None:
    assert not re.search(r"make .{0,40}public|:latest", whole.out)


# ── small worlds ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("ground"), "HD502", "HD106", "HD101") as made:
        yield made


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Nothing fails here."""
    with Ground(tmp_path_factory.mktemp("quiet")) as made:
        yield made


@pytest.fixture(scope="module")
def table(ground: Ground) -> Done:
    return ground.tool().run("scan")


def test_a_table_holds_one_row_a_problem_and_the_words_go_to_stderr(table: Done) -> None:
    assert table.code == 1
    ids = ["HD101:pay/default", "HD106:crm/harbor-8443", MISSING, "HD106:web/harbor-ui"]
    rows = [line.split() for line in table.out.splitlines()]
    assert [row[1] for row in rows if row[0] in "✖▲?"] == ids
    assert "add-entry (one key)" in table.out
    assert "harbor.demo.test has no repository shop/wishlist" in table.out
    assert table.lines == ["4 problems, 10 pods waiting; 10 pods in 4 namespaces looked at"]


def test_a_table_in_a_pipe_has_no_colours_and_cuts_no_name(table: Done) -> None:
    assert "\x1b" not in table.out
    assert "…" not in table.out


def test_only_the_namespaces_that_are_asked_for_are_looked_at(ground: Ground) -> None:
    done = ground.tool().run("scan", "-n", "crm,web", "-o", "json")
    assert done.code == 1
    assert {pod["namespace"] for p in done.json["problems"] for pod in p["pods"]} == {"crm", "web"}
    assert done.json["complete"] is True
    assert done.json["namespaces_seen"] == 2


def test_options_may_stand_before_the_command_too(ground: Ground) -> None:
    done = ground.tool().run("-n", "crm", "scan", "-o", "json")
    assert [p["id"] for p in done.json["problems"]] == ["HD106:crm/harbor-8443"]


def test_where_nothing_fails_the_scan_ends_with_0(quiet: Ground) -> None:
    done = quiet.tool().run("scan")
    assert (done.code, done.out) == (0, "")
    assert "no pod waits for an image" in done.last


def test_an_empty_scan_is_an_empty_list_in_json(quiet: Ground) -> None:
    done = quiet.tool().run("scan", "-o", "json")
    assert done.code == 0
    assert done.json["problems"] == []
    assert done.json["complete"] is True


def test_a_namespace_that_does_not_exist_is_not_taken_for_a_sound_one(quiet: Ground) -> None:
    done = quiet.tool().run("scan", "-n", "shopp", "-o", "json")
    assert done.code == 4
    assert done.json["complete"] is False
    assert done.json["not_looked"] == [{"namespace": "shopp", "why": "there is no such namespace"}]
    assert "shopp" in done.err


# ── users without all rights ─────────────────────────────────────────────────────────────────────────────────────


def test_a_forbidden_namespace_makes_the_scan_incomplete_and_ends_it_with_4(quiet: Ground) -> None:
    done = quiet.tool("developer").run("scan", "-n", "shop,pay", "-o", "json")
    assert done.code == 4
    assert done.json["complete"] is False
    assert done.json["not_looked"] == [{"namespace": "pay", "why": "no right to list pods"}]
    assert done.lines == ["not looked at: pay: no right to list pods"]


def test_failing_pods_beside_a_forbidden_namespace_end_the_scan_with_1(ground: Ground) -> None:
    done = ground.tool("developer", namespace="shop").run("scan", "-o", "json")
    assert done.code == 1
    assert [p["id"] for p in done.json["problems"]] == [MISSING]
    assert done.json["complete"] is False
    assert "shop only" in done.err


def test_somebody_at_home_in_no_namespace_is_told_that_nothing_could_be_looked_at(ground: Ground) -> None:
    done = ground.tool("developer").run("scan", "-n", "crm")
    assert (done.code, done.out) == (4, "")
    assert "not everything could be" in done.last


@pytest.fixture(scope="module")
def reader(ground: Ground) -> Done:
    return ground.tool("reader").run("scan", "-o", "json")


def test_without_the_right_to_read_secrets_no_secret_is_blamed(reader: Done) -> None:
    assert reader.code == 1
    assert reader.json["complete"] is True
    for problem in reader.json["problems"]:
        assert problem["subject"]["kind"] != "Secret", problem["sentence"]
        assert problem["code"] in ("HD000", "HD101"), problem["sentence"]


def test_what_could_not_be_known_is_said_with_the_right_that_is_missing(reader: Done) -> None:
    blind = [p for p in reader.json["problems"] if p["code"] == "HD000"]
    assert blind
    for problem in blind:
        spaces = {pod["namespace"] for pod in problem["pods"]}
        for space in spaces:
            assert any(f"no right to read Secrets in {space}" in line for line in problem["unknowns"])
            assert f"no right to read Secrets in {space}" in problem["sentence"]


def test_without_the_right_to_write_every_plan_is_advice(reader: Done) -> None:
    assert {fix["safety"] for p in reader.json["problems"] for fix in p["fixes"]} == {"advice"}


def test_as_looks_with_the_rights_of_another_user(ground: Ground) -> None:
    done = ground.tool(namespace="shop").run("scan", "--as", "developer", "-o", "json")
    assert done.code == 1
    assert done.json["complete"] is False
    assert {p["id"] for p in done.json["problems"]} == {MISSING}


def test_as_a_group_of_administrators_sees_everything(ground: Ground) -> None:
    done = ground.tool().run("scan", "-n", "crm", "--as", "eve", "--as-group", "system:masters", "-o", "json")
    assert [p["id"] for p in done.json["problems"]] == ["HD106:crm/harbor-8443"]


def test_whoever_may_not_impersonate_is_told_so(ground: Ground) -> None:
    done = ground.tool("developer").run("scan", "--as", "admin")
    assert (done.code, done.out) == (3, "")
    assert 'cannot impersonate resource "users"' in done.last
    assert len(done.lines) == 1


def test_a_group_without_a_user_cannot_be_impersonated(quiet: Ground) -> None:
    done = quiet.tool().run("scan", "--as-group", "ops")
    assert done.code == 3
    assert "--as" in done.last


# ── what cannot be used ──────────────────────────────────────────────────────────────────────────────────────────


def one_sentence(done: Done, code: int) -> str:
    """Nothing on stdout, exactly one line on stderr."""
    assert (done.code, done.out) == (code, ""), done
    assert len(done.lines) == 1, done.err
    return done.last


def test_a_missing_kubeconfig_is_named(tmp_path: Path) -> None:
    said = one_sentence(Tool(tmp_path).run("scan", "--kubeconfig", str(tmp_path / "nowhere")), 3)
    assert str(tmp_path / "nowhere") in said


def test_no_kubeconfig_at_all_is_one_sentence(tmp_path: Path) -> None:
    assert "kubeconfig" in one_sentence(Tool(tmp_path).run("scan"), 3)


def test_a_kubeconfig_that_is_no_yaml_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("{[")
    assert "not valid YAML in line 2" in one_sentence(Tool(tmp_path).run("scan", "--kubeconfig", "config"), 3)


def test_an_unknown_context_is_told_with_those_that_exist(quiet: Ground) -> None:
    said = one_sentence(quiet.tool().run("scan", "--context", "prod"), 3)
    assert "prod" in said
    assert "demo" in said


def test_a_server_that_is_not_there_is_one_sentence(quiet: Ground, tmp_path: Path) -> None:
    made = quiet.world.kubeconfig(tmp_path / "config")
    config = json.loads(made.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    made.write_text(json.dumps(config))
    said = one_sentence(Tool(tmp_path).run("scan", "--kubeconfig", str(made)), 3)
    assert said == "demo: the API server 127.0.0.1:9 refuses the connection"


def test_credentials_that_nobody_knows_are_one_sentence(quiet: Ground, tmp_path: Path) -> None:
    made = quiet.world.kubeconfig(tmp_path / "config")
    made.write_text(made.read_text().replace("demo-admin", "stale-token"))
    said = one_sentence(Tool(tmp_path).run("scan", "--kubeconfig", str(made)), 3)
    assert "401" in said
    assert "stale-token" not in said


@pytest.mark.parametrize("pair", ["harbor.demo.test", "=10.0.0.7", "harbor.demo.test="])
def test_a_malformed_resolve_is_refused_before_anything_is_asked(quiet: Ground, pair: str) -> None:
    said = one_sentence(quiet.tool().run("scan", "--resolve", pair), 2)
    assert f"--resolve {pair}" in said


def test_a_missing_ca_file_is_named(quiet: Ground) -> None:
    assert "/no/such.pem" in one_sentence(quiet.tool().run("scan", "--registry-ca", "/no/such.pem"), 2)


def test_a_ca_file_without_certificates_is_named(quiet: Ground, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing in here\n")
    done = quiet.tool().run("scan", "--registry-ca", str(tmp_path / "empty.pem"))
    assert str(tmp_path / "empty.pem") in one_sentence(done, 2)


def test_half_a_harbor_login_is_refused(quiet: Ground) -> None:
    said = one_sentence(quiet.tool().with_(HARBOR_USERNAME="admin").run("scan"), 2)
    assert "HARBOR_PASSWORD" in said


def test_an_unknown_option_ends_with_2(quiet: Ground) -> None:
    done = quiet.tool().run("scan", "--everywhere")
    assert (done.code, done.out) == (2, "")
    assert "--everywhere" in done.err


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ctrl_c_during_a_scan_ends_it_at_once_with_130_and_one_sentence(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD203", between=True) as ground, ground.tool().start("scan") as scan:
        scan.until(lambda: any("/secrets/" in seen.path for seen in ground.between.seen))
        time.sleep(0.5)  # by now the registry has been asked, which will not answer for a long time
        scan.interrupt()
        done = scan.end(6)
    assert (done.code, done.out) == (130, "")
    assert done.lines == ["interrupted"]


def test_ctrl_c_ends_a_scan_of_a_cluster_that_does_not_answer(tmp_path: Path) -> None:
    silence = Fault("silence", seconds=30)
    with Ground(tmp_path, between=True) as ground:
        trap = ground.between.trap(lambda seen: "/namespaces/crm/pods" in seen.path, silence)
        with ground.tool().start("scan", "-n", "crm,web") as scan:
            scan.until(trap.sprung.is_set)
            scan.interrupt()
            done = scan.end(6)
    assert (done.code, done.out, done.lines) == (130, "", ["interrupted"])


@pytest.mark.parametrize("output", ["json", "table"])
def test_a_reader_that_hangs_up_is_no_error(ground: Ground, output: str) -> None:
    done = ground.tool().run_into_nothing("scan", "-n", "crm", "-o", output)
    assert done.code == 0
    assert "Traceback" not in done.err
    assert "Broken" not in done.err


def test_the_worlds_of_these_tests_do_fail(ground: Ground) -> None:
    assert any("ImagePullBackOff" in waiting_reasons(pod) for pod in ground.pods())
