"""Who is recognised as an object's manager, from the marks that each leaves."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.managers import Manager, holds_old_password, managers

LAST = "kubectl.kubernetes.io/last-applied-configuration"


def secret(
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    owner: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": "pull", "namespace": "shop", **more}
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    if owner:
        metadata["ownerReferences"] = [owner]
    return {"kind": "Secret", "metadata": metadata, "type": "kubernetes.io/dockerconfigjson"}


def account(*pull_secrets: str, **metadata: Any) -> dict[str, Any]:
    return {
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop", **metadata},
        "imagePullSecrets": [{"name": name} for name in pull_secrets],
    }


def only(obj: dict[str, Any]) -> Manager:
    found = managers(obj)
    assert len(found) == 1, found
    return found[0]


REFLECTOR = "reflector.v1.k8s.emberstack.com/"
REPLICATOR = "replicator.v1.mittwald.de/"
CASES: list[tuple[dict[str, Any], str, str, bool, bool]] = [
    (
        secret(owner={"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "name": "harbor"}),
        "External Secrets", "shop/harbor", True, True,
    ),
    (secret({"reconcile.external-secrets.io/managed": "true"}), "External Secrets", "", True, True),
    (secret(annotations={"reconcile.external-secrets.io/data-hash": "ab"}), "External Secrets", "", True, True),
    (
        secret(owner={"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "name": "pull"}),
        "Sealed Secrets", "shop/pull", True, True,
    ),
    (secret(annotations={"sealedsecrets.bitnami.com/managed": "true"}), "Sealed Secrets", "shop/pull", False, True),
    (
        secret(annotations={"argocd.argoproj.io/tracking-id": "web:/Secret:shop/pull"}),
        "Argo CD", "web", True, True,
    ),
    (
        secret(annotations={"argocd.argoproj.io/tracking-id": "web:/Secret:other/pull"}),
        "Argo CD", "web", False, True,
    ),
    (secret({"argocd.argoproj.io/instance": "web"}), "Argo CD", "web", True, True),
    (secret({"app.kubernetes.io/instance": "web"}), "Argo CD", "web", False, True),
    (
        secret({"app.kubernetes.io/instance": "web"}, managedFields=[{"manager": "argocd-controller"}]),
        "Argo CD", "web", True, True,
    ),
    (
        secret({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}),
        "Flux", "Kustomization flux-system/apps", True, True,
    ),
    (
        secret({"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop"}),
        "Flux", "HelmRelease shop/web", True, True,
    ),
    (
        secret(
            {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "web"},
            {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"},
        ),
        "Helm", "shop/web", True, False,
    ),
    (secret({"app.kubernetes.io/managed-by": "Helm"}), "Helm", "", False, False),
    (secret(annotations={f"{REFLECTOR}reflects": "infra/harbor"}), "Reflector", "infra/harbor", True, True),
    (secret(annotations={f"{REFLECTOR}reflection-allowed": "true"}), "Reflector", "shop/pull", True, False),
    (secret(annotations={f"{REPLICATOR}replicate-from": "in/a"}), "kubernetes-replicator", "in/a", True, True),
    (secret(annotations={f"{REPLICATOR}replicated-at": "2026-01-01"}), "kubernetes-replicator", "", True, True),
    (secret(annotations={f"{REPLICATOR}replicate-to": "shop"}), "kubernetes-replicator", "shop/pull", True, False),
    (secret(annotations={"clustersecret.io/created-by": "ClusterSecrets"}), "ClusterSecret", "pull", True, True),
    (secret({"clustersecret.io": ""}), "ClusterSecret", "pull", True, True),
    (
        secret(annotations={"app.kubernetes.io/managed-by": "imagepullsecret-patcher"}),
        "imagepullsecret-patcher", "", True, True,
    ),
    (account("image-pull-secret"), "imagepullsecret-patcher", "", False, True),
    (secret({"management.cattle.io/project-scoped-secret": "p-abc"}), "Rancher", "p-abc", True, True),
    (secret({"cattle.io/creator": "norman"}), "Rancher", "", False, True),
    (
        secret({"generate.kyverno.io/policy-name": "sync", "app.kubernetes.io/managed-by": "kyverno"}),
        "Kyverno", "sync", True, True,
    ),
    (account("default-dockercfg-x7k2p", "mine"), "OpenShift", "default-dockercfg-x7k2p", True, False),
    (secret(annotations={"openshift.io/token-secret.name": "default-token-1"}), "OpenShift", "pull", True, True),
    (secret(annotations={LAST: "{}"}), "kubectl apply", "", True, False),
    (
        secret(owner={"apiVersion": "x.example/v1", "kind": "VaultStaticSecret", "name": "v", "controller": True}),
        "VaultStaticSecret", "shop/v", False, True,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("obj", "name", "target", "sure", "reverts"), CASES)
def test_a_manager_is_known_by_its_marks(
    obj: dict[str, Any], name: str, target: str, sure: bool, reverts: bool
) -> None:
    manager = only(obj)
    assert (manager.name, manager.object, manager.sure, manager.reverts) == (name, target, sure, reverts)


@pytest.mark.parametrize("obj", [case[0] for case in CASES])
def test_every_manager_says_what_happens_and_where_to_mend_instead(obj: dict[str, Any]) -> None:
    for manager in managers(obj):
        assert manager.sentence.endswith(".")
        assert manager.advice.endswith(".")
        assert "  " not in manager.sentence + manager.advice


def test_an_object_without_marks_has_no_manager() -> None:
    assert managers(secret()) == ()
    assert managers(secret({"app": "web", "app.kubernetes.io/managed-by": "me"}, {"note": "x"})) == ()
    assert managers(account("harbor-pull")) == ()


def test_managed_fields_alone_prove_nothing() -> None:
    writers = [{"manager": m} for m in ("argocd-controller", "helm", "kustomize-controller", "external-secrets")]
    assert managers(secret(managedFields=writers)) == ()


def test_who_reverts_for_sure_comes_first() -> None:
    obj = secret(
        {"app.kubernetes.io/instance": "web", "kustomize.toolkit.fluxcd.io/name": "apps"},
        {LAST: "{}", "sealedsecrets.bitnami.com/patch": "true"},
    )
    assert [m.name for m in managers(obj)] == ["Flux", "kubectl apply", "Sealed Secrets", "Argo CD"]


def test_an_owner_of_the_same_kind_from_another_group_is_not_taken_for_external_secrets() -> None:
    owner = {"apiVersion": "other.example/v1", "kind": "ExternalSecret", "name": "x"}
    assert managers(secret(owner=owner)) == ()


def test_a_list_of_an_account_without_its_kind_is_still_seen() -> None:
    obj = account("default-dockercfg-x7k2p")
    del obj["kind"]
    assert only(obj).name == "OpenShift"


def test_the_last_applied_annotation_of_a_secret_holds_the_old_password() -> None:
    applied = {"apiVersion": "v1", "kind": "Secret", "data": {".dockerconfigjson": "e30="}}
    assert holds_old_password(secret(annotations={LAST: json.dumps(applied)}))
    assert holds_old_password(secret(annotations={LAST: json.dumps({"kind": "Secret", "stringData": {"a": "b"}})}))


@pytest.mark.parametrize("text", ["", "{}", "no json", "[1]", '{"kind":"Secret","data":{}}', "[" * 5000])
def test_an_annotation_without_data_holds_no_password(text: str) -> None:
    assert not holds_old_password(secret(annotations={LAST: text}))


def test_an_account_holds_no_password() -> None:
    applied = json.dumps({"kind": "ServiceAccount", "imagePullSecrets": [{"name": "a"}], "data": 1})
    assert not holds_old_password(account("a", annotations={LAST: applied}))


ODD = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["name", "labels", "annotations", "ownerReferences", "managedFields"]), ODD), ODD
)
def test_metadata_of_any_shape_is_taken(metadata: dict[str, Any], listed: Any) -> None:
    obj = {"metadata": metadata, "imagePullSecrets": listed}
    assert isinstance(managers(obj), tuple)
    assert not holds_old_password(obj)
