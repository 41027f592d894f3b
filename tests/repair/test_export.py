"""What goes into Git: valid YAML, accepted by the API server where it is Kubernetes' own, and never a password."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from checks.demo.harbor_content import SECRET
from checks.demo.world import World
from checks.model import ObjectRef, Problem
from checks.repair.export import NOTES, Export, export
from checks.repair.export.yamltext import document
from checks.repair.plan import FixPlan
from checks.repair.plans import PLANS
from checks.rules import by_code
from tests.demo_cluster.hands import STRATEGIC, Hands

Body = dict[str, Any]
OURS = ("Secret", "ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "CronJob")
PLURAL = {"Secret": "secrets", "ServiceAccount": "serviceaccounts", "Deployment": "deployments"}
PATHS = {"v1": "/api/v1", "apps/v1": "/apis/apps/v1", "batch/v1": "/apis/batch/v1"}
NEWLINE = ObjectRef("Secret", "shop", "harbor-pull")


def documents(made: Export) -> dict[str, Body]:
    """Every file but the notes, parsed."""
    return {file.name: yaml.safe_load(file.text) for file in made.files if file.name != NOTES}


def notes(made: Export) -> str:
    return next(file.text for file in made.files if file.name == NOTES)


def edited(desk: Any, ref: ObjectRef, **metadata: Any) -> None:
    """Mark an object as somebody's; its scenario's own marks go."""
    plural = PLURAL[ref.kind]

    def change(body: Body) -> None:
        for key in ("labels", "annotations", "ownerReferences"):
            body["metadata"].pop(key, None)
        body["metadata"].update(metadata)

    desk.world.objects.edit(plural, ref.namespace, ref.name, change, manager="somebody")


def accepted(world: World, body: Body) -> tuple[int, Body]:
    """Send an object as a dry run: made where it is not there, else as a patch of what is there."""
    hands, meta = Hands(world), body["metadata"]
    plural = f"{body['kind'].lower()}s"
    place = f"{PATHS[body['apiVersion']]}/namespaces/{meta['namespace']}/{plural}"
    there = world.objects.store.get(plural, meta["namespace"], meta["name"])
    if there is not None and "type" in body and there["type"] != body["type"]:  # it says that it is deleted first
        there, body = None, {**body, "metadata": {**meta, "name": f"{meta['name']}-anew"}}
    if there is None:
        return hands.ask("POST", f"{place}?dryRun=All", body)
    return hands.ask("PATCH", f"{place}/{meta['name']}?dryRun=All", body, Content_Type=STRATEGIC)


CODES = (
    "HD101", "HD102", "HD103", "HD104", "HD105", "HD106", "HD107", "HD108", "HD109", "HD110", "HD301", "HD402", "HD403",
    "HD501", "HD503",
)  # fmt: skip


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, Problem]]]:
    """A still world in which much is broken, and what was found there."""
    from tests.repair import conftest as c

    with c.hurried(World(c.chosen(*CODES), (), moving=False)) as world:
        desk = c.Desk(world, tmp_path_factory.mktemp("export"))
        yield desk, desk.problems()


def _offers(desk: Any, problem: Problem) -> Iterator[FixPlan]:
    rule = by_code(problem.code)
    for name in rule.plans if rule is not None else ("advice",):
        offer = PLANS[name](problem, desk.bench, None)
        if isinstance(offer, FixPlan):
            yield offer


def test_every_plan_of_every_problem_is_exported_as_yaml_that_the_api_server_takes(wide: Any) -> None:
    desk, problems = wide
    kinds: list[str] = []
    for problem in problems.values():
        for plan in _offers(desk, problem):
            made = export(problem, plan, desk.bench)
            assert made.files[0].name == NOTES
            assert problem.id in notes(made)
            for name, body in documents(made).items():
                kinds.append(body.get("kind", name))
                if body.get("kind") in OURS:
                    status, answer = accepted(desk.world, body)
                    assert status in (200, 201), (name, body, answer)
    assert {"Secret", "ServiceAccount", "ExternalSecret", "Application"} <= set(kinds)


def test_no_password_stands_in_any_file(wide: Any) -> None:
    desk, problems = wide
    for problem in problems.values():
        for plan in _offers(desk, problem):
            for file in export(problem, plan, desk.bench).files:
                assert SECRET not in file.text, file.name
                assert base64.b64encode(SECRET.encode()).decode()[:-4] not in file.text, file.name


def test_nothing_is_written_to_the_cluster(desk: Callable[..., Any]) -> None:
    here = desk("HD101", "HD109")
    before = here.world.objects.store.version
    for problem in here.problems().values():
        for plan in _offers(here, problem):
            export(problem, plan, here.bench)
    assert here.world.objects.store.version == before


def exported(here: Any, name: str, code: str) -> Export:
    return export(here.problem(code), here.plan(name, code), here.bench)


def test_a_secret_of_nobody_is_a_manifest_with_stand_ins_and_its_other_entries(desk: Callable[..., Any]) -> None:
    here = desk("HD109")
    edited(here, NEWLINE)
    body = documents(exported(here, "mend_payload", "HD109"))["secret-shop-harbor-pull.yaml"]
    assert (body["kind"], body["type"]) == ("Secret", "kubernetes.io/dockerconfigjson")
    auths = json.loads(body["stringData"][".dockerconfigjson"])["auths"]
    assert auths["harbor.demo.test"] == {"username": "robot$shop+pull", "password": "FILL-IN-THE-PASSWORD"}


def test_where_external_secrets_makes_it_the_template_reads_the_password_from_the_store(
    desk: Callable[..., Any],
) -> None:
    here = desk("HD109")
    owner = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "shop-login", "uid": "1"}
    edited(here, NEWLINE, ownerReferences=[owner])
    made = exported(here, "mend_payload", "HD109")
    body = documents(made)["externalsecret-shop-harbor-pull.yaml"]
    assert (body["kind"], body["metadata"]["name"]) == ("ExternalSecret", "shop-login")
    target = body["spec"]["target"]
    assert (target["name"], target["template"]["type"]) == ("harbor-pull", "kubernetes.io/dockerconfigjson")
    assert target["template"]["data"][".dockerconfigjson"] == (
        '{"auths": {\n  "harbor.demo.test": {"username": "robot$shop+pull", "password": {{ .password | toJson }}}\n}}\n'
    )
    assert [entry["secretKey"] for entry in body["spec"]["data"]] == ["password"]
    text = next(file.text for file in made.files if file.name.startswith("externalsecret"))
    assert "# password: the password of robot$shop+pull for harbor.demo.test" in text
    assert "managed by External Secrets shop/shop-login" in notes(made)


def test_where_it_is_sealed_there_is_the_frame_and_the_command_that_seals_from_stdin(desk: Callable[..., Any]) -> None:
    here = desk("HD109")
    owner = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "harbor-pull", "uid": "1"}
    edited(here, NEWLINE, ownerReferences=[owner])
    made = exported(here, "mend_payload", "HD109")
    body = documents(made)["sealedsecret-shop-harbor-pull.yaml"]
    assert body["spec"]["encryptedData"] == {".dockerconfigjson": "FILL-IN-WHAT-KUBESEAL-PRINTS"}
    (line,) = (line for line in notes(made).splitlines() if "kubeseal --context" in line)
    assert line == (
        "kubectl -n shop create secret generic harbor-pull --type=kubernetes.io/dockerconfigjson "
        "--from-file=.dockerconfigjson=/dev/stdin --dry-run=client -o yaml | kubeseal --context demo --format yaml > "
        "sealedsecret-harbor-pull.yaml"
    )


def test_argo_cd_is_told_which_fields_to_leave_alone(desk: Callable[..., Any]) -> None:
    here = desk("HD109")
    edited(here, NEWLINE, annotations={"argocd.argoproj.io/tracking-id": "team_web:/Secret:shop/harbor-pull"})
    body = documents(exported(here, "mend_payload", "HD109"))["argocd-team-web-ignoredifferences.yaml"]
    assert (body["kind"], body["metadata"]) == ("Application", {"name": "web", "namespace": "team"})
    assert body["spec"]["ignoreDifferences"] == [
        {"kind": "Secret", "name": "harbor-pull", "namespace": "shop", "jsonPointers": ["/data/.dockerconfigjson"]}
    ]
    assert body["spec"]["syncPolicy"]["syncOptions"] == ["RespectIgnoreDifferences=true"]


def test_flux_gets_its_annotation_or_the_drift_that_a_helmrelease_ignores(desk: Callable[..., Any]) -> None:
    here = desk("HD109")
    for tool in ("kustomize", "helm"):
        marks = {f"{tool}.toolkit.fluxcd.io/name": "apps", f"{tool}.toolkit.fluxcd.io/namespace": "flux-system"}
        edited(here, NEWLINE, labels=marks)
        body = documents(exported(here, "mend_payload", "HD109"))["flux-secret-shop-harbor-pull.yaml"]
        if tool == "kustomize":
            assert body["metadata"]["annotations"] == {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
            assert accepted(here.world, body)[0] == 200
        else:
            (ignored,) = body["spec"]["driftDetection"]["ignore"]
            assert (body["kind"], ignored["paths"]) == ("HelmRelease", ["/data/.dockerconfigjson"])


def test_what_helm_made_keeps_its_marks_and_a_changed_list_becomes_values(desk: Callable[..., Any]) -> None:
    here = desk("HD101", "HD109")
    release = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}
    helm = {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": release}
    edited(here, NEWLINE, **helm)
    edited(here, ObjectRef("ServiceAccount", "pay", "default"), **helm)
    meta = documents(exported(here, "mend_payload", "HD109"))["secret-shop-harbor-pull.yaml"]["metadata"]
    assert (meta["labels"], meta["annotations"]) == (helm["labels"], release)
    values = documents(exported(here, "attach", "HD101"))["helm-values-shop-shop.yaml"]
    assert values == {"imagePullSecrets": [{"name": "harbor-pull"}]}


def test_a_copy_is_changed_at_its_source(desk: Callable[..., Any]) -> None:
    here = desk("HD109")
    edited(here, NEWLINE, annotations={"reflector.v1.k8s.emberstack.com/reflects": "platform/pull"})
    made = documents(exported(here, "mend_payload", "HD109"))
    assert made["secret-platform-pull.yaml"]["metadata"] == {"name": "pull", "namespace": "platform"}


def test_an_account_keeps_what_its_list_held(desk: Callable[..., Any]) -> None:
    here = desk("HD101")
    account, problem = ObjectRef("ServiceAccount", "pay", "default"), here.problem("HD101")
    here.world.objects.edit(
        "serviceaccounts", "pay", "default", lambda b: b.update(imagePullSecrets=[{"name": "other"}]), manager="x"
    )
    plan = PLANS["attach"](problem, here.bench, None)
    assert isinstance(plan, FixPlan)
    made = export(problem, plan, here.bench)
    body = documents(made)["serviceaccount-patch-pay-default.yaml"]
    assert body["imagePullSecrets"] == [{"name": "other"}, {"name": "harbor-pull"}]
    assert "kubectl" in notes(made)
    assert here.read(account)["imagePullSecrets"] == [{"name": "other"}]


@pytest.mark.parametrize(("code", "plan"), [("HD109", "mend_payload"), ("HD101", "attach")])
def test_what_may_not_be_written_is_exported_all_the_same(desk: Callable[..., Any], code: str, plan: str) -> None:
    here = desk(code)
    wanted = documents(exported(here, plan, code))
    here.bench._settings = type(here.settings)(**{**_fields(here.settings), "read_only": True})
    assert documents(exported(here, plan, code)) == wanted != {}


def _fields(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__slots__}


def test_an_advice_without_a_login_gives_the_frame_of_the_secret_and_who_has_to_name_it(
    desk: Callable[..., Any],
) -> None:
    here = desk("HD101")
    here.world.objects.delete("secrets", "pay", "harbor-pull")
    made = documents(exported(here, "advice", "HD101"))
    auths = json.loads(made["secret-pay-harbor-pull.yaml"]["stringData"][".dockerconfigjson"])["auths"]
    assert auths == {"harbor.demo.test": {"username": "FILL-IN-THE-USER-NAME", "password": "FILL-IN-THE-PASSWORD"}}
    assert made["serviceaccount-patch-pay-default.yaml"]["imagePullSecrets"] == [{"name": "harbor-pull"}]


def test_what_is_not_about_a_login_is_told_in_the_notes_alone(desk: Callable[..., Any]) -> None:
    here = desk("HD501")
    made = exported(here, "advice", "HD501")
    assert [file.name for file in made.files] == [NOTES]
    assert "There is nothing in it for Git" in notes(made)
    assert "New Project" in notes(made)


TEXT = st.text(max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), st.lists(TEXT, max_size=2))
def test_any_value_is_read_back_as_it_was_written(value: Body, remarks: list[str]) -> None:
    text = document(value, tuple(remarks))
    assert yaml.safe_load(text) == value
    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_text_of_several_lines_stands_as_a_block() -> None:
    said = document({"a": {"b": "{\n  1\n}\n", "c": "x\ny"}})
    assert said == "a:\n  b: |\n    {\n      1\n    }\n  c: |-\n    x\n    y\n"


def test_files_lie_where_they_are_put(tmp_path: Path, desk: Callable[..., Any]) -> None:
    made = exported(desk("HD109"), "mend_payload", "HD109")
    assert all("/" not in file.name and not file.name.startswith(".") for file in made.files)
    assert made.folder == "shop-HD109"
