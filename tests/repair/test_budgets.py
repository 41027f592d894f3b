"""PodDisruptionBudgets: told of where a plan deletes pods or rolls them out, and never what stops it."""

from pathlib import Path
from typing import Any

import pytest

from checks.demo.api.access import Rule, User
from checks.demo.scenarios import Scenario
from checks.repair.apply import apply
from checks.repair.budgets import selects
from checks.repair.plan import FixPlan, Safety
from checks.repair.plans import PLANS
from checks.repair.steps import Verb
from tests.demo_cluster.hands import Hands
from tests.repair.conftest import Desk, chosen
from tests.repair.misspelt import NAME, SPACE, desk_on, list_of_its_own, project_misspelt

PATH = "/apis/policy/v1/namespaces/{}/poddisruptionbudgets"


def budget(desk: Desk, space: str, name: str, allowed: int | None, **selector: Any) -> None:
    """Make a budget over HTTP, with the status that its controller gives it (None: it has not looked yet)."""
    hands, path = Hands(desk.world), PATH.format(space)
    spec: dict[str, Any] = {"minAvailable": 1}
    if "null" not in selector:
        spec["selector"] = selector
    status, made = hands.ask("POST", path, {"metadata": {"name": name}, "spec": spec})
    assert status == 201, made
    if allowed is not None:
        seen = {"disruptionsAllowed": allowed, "observedGeneration": made["metadata"]["generation"]}
        assert hands.ask("PUT", f"{path}/{name}/status", {**made, "status": seen})[0] == 200


def plan_of(desk: Desk, name: str, code: str) -> FixPlan:
    found = PLANS[name](desk.problem(code), desk.bench, None)
    assert isinstance(found, FixPlan), found
    return found


def told(plan: FixPlan) -> list[str]:
    return [text for text in plan.warnings if "PodDisruptionBudget" in text]


# ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_deleting_stuck_pods_takes_nothing_from_a_budget_and_the_plan_says_so(tmp_path: Path) -> None:
    with desk_on(tmp_path, *chosen("HD102")) as desk:
        budget(desk, "crm", "backend", 0, matchLabels={"app": "crm-backend"})
        budget(desk, "crm", "other", 0, matchLabels={"app": "another"})
        plan = plan_of(desk, "replace_pods", "HD102")
        assert told(plan) == [
            "PodDisruptionBudget crm/backend allows no disruptions now; "
            "the pods that are deleted are not ready, so they take nothing from it."
        ]
        apply(plan, desk, desk.journal(), lambda _: None)
        assert {s.verb for s in plan.steps} == {Verb.REPLACE_POD}


def test_a_pod_that_is_ready_all_the_same_is_counted(tmp_path: Path) -> None:
    """Its own containers run; what waits is one that somebody added to look into it."""
    scenario = project_misspelt("StatefulSet", where="ephemeral")
    with desk_on(tmp_path, scenario) as desk:
        budget(desk, SPACE, "app", 1, matchLabels={"app": NAME})
        plan = plan_of(desk, "replace_pods", "HD501")
        assert told(plan) == [
            f"PodDisruptionBudget {SPACE}/app allows 1 disruption now; "
            f"{len(plan.steps)} of the pods that are deleted {'is' if len(plan.steps) == 1 else 'are'} ready, "
            "and a deletion does not ask it."
        ]


@pytest.mark.parametrize(
    ("allowed", "says"),
    [(0, "allows no disruptions now"), (1, "allows 1 disruption now"), (2, "allows 2 disruptions now"),
     (None, "covers these pods, and how many disruptions it allows is not worked out yet")],
)  # fmt: skip
def test_a_rollout_is_not_held_back_by_a_budget_and_the_plan_says_so(
    tmp_path: Path, allowed: int | None, says: str
) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        budget(desk, SPACE, "app", allowed, matchLabels={"app": NAME})
        plan = plan_of(desk, "correct_image", "HD501")
        assert told(plan) == [
            f"PodDisruptionBudget {SPACE}/app {says}; a rollout does not ask it: how many running pods stop at a time "
            f"is in the strategy of Deployment {SPACE}/{NAME}."
        ]


def test_the_number_of_a_budget_that_was_changed_since_is_not_believed(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        budget(desk, SPACE, "app", 3, matchLabels={"app": NAME})
        path = f"{PATH.format(SPACE)}/app"
        Hands(desk.world).patch(path, {"spec": {"minAvailable": 2}})
        assert "is not worked out yet" in told(plan_of(desk, "correct_image", "HD501"))[0]


@pytest.mark.parametrize(
    ("scenario", "plan", "rolls"),
    [
        (project_misspelt("StatefulSet"), "correct_image", True),
        (project_misspelt("DaemonSet"), "correct_image", True),
        (list_of_its_own("StatefulSet"), "attach", True),
        (project_misspelt("CronJob"), "correct_image", None),
        (project_misspelt("Pod"), "correct_image", None),
    ],
    ids=["StatefulSet", "DaemonSet", "attach", "CronJob", "Pod"],
)
def test_a_budget_over_the_whole_namespace_is_told_of_where_pods_stop(
    tmp_path: Path, scenario: Scenario, plan: str, rolls: bool | None
) -> None:
    with desk_on(tmp_path, scenario) as desk:
        space = scenario.workloads[0].namespace
        budget(desk, space, "all", 1)
        said = told(plan_of(desk, plan, scenario.code))
        assert len(said) == (rolls is not None)
        assert all("a rollout does not ask it" in text for text in said)


def test_a_workload_that_waits_for_deletions_is_not_called_a_rollout(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt("DaemonSet")) as desk:
        desk.world.objects.edit(
            "daemonsets", SPACE, NAME, lambda d: d["spec"].update(updateStrategy={"type": "OnDelete"})
        )
        budget(desk, SPACE, "all", 1)
        assert "are not ready, so they take nothing" in told(plan_of(desk, "correct_image", "HD501"))[0]


def test_a_plan_that_touches_no_pod_asks_for_no_budgets(tmp_path: Path) -> None:
    with desk_on(tmp_path, *chosen("HD109")) as desk:
        budget(desk, "shop", "all", 0)
        assert told(plan_of(desk, "mend_payload", "HD109")) == []


# ── who may not look ─────────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_right_to_list_budgets_one_line_says_so_and_the_plan_is_offered(tmp_path: Path) -> None:
    all_but = ("pods", "secrets", "serviceaccounts", "events", "namespaces", "nodes", "deployments", "replicasets")
    with desk_on(tmp_path, project_misspelt()) as desk:
        desk.world.api.users["t"] = User("mender", "t", (Rule(("*",), (*all_but, "controllerrevisions")),))
        budget(desk, SPACE, "app", 0, matchLabels={"app": NAME})
        other = Desk(desk.world, tmp_path, "mender")
        plan = plan_of(other, "correct_image", "HD501")
        assert plan.safety is Safety.CONFIRM
        assert told(plan) == [f"Nothing is known of PodDisruptionBudgets in {SPACE}: no right to list them."]


# ── selectors ────────────────────────────────────────────────────────────────────────────────────────────────────


def one(operator: str, *values: str, key: str = "app") -> dict[str, Any]:
    expression = {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
    return {"matchExpressions": [expression]}


@pytest.mark.parametrize(
    ("selector", "chooses"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "web", "tier": "front"}}, True),
        ({"matchLabels": {"app": "web", "tier": "back"}}, False),
        ({"matchLabels": {"missing": ""}}, False),
        (one("In", "web", "api"), True),
        (one("In", "api"), False),
        (one("In", "web", key="missing"), False),
        (one("NotIn", "api"), True),
        (one("NotIn", "web"), False),
        (one("NotIn", "web", key="missing"), True),
        (one("Exists"), True),
        (one("Exists", key="missing"), False),
        (one("DoesNotExist"), False),
        (one("DoesNotExist", key="missing"), True),
        (one("Gt", "1"), False),
        ({"matchLabels": {"app": "web"}, **one("DoesNotExist", key="tier")}, False),
    ],
)
def test_selectors_choose_what_the_api_server_says_they_choose(selector: Any, chooses: bool) -> None:
    assert selects(selector, {"app": "web", "tier": "front"}) is chooses
