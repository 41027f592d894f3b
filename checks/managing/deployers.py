"""Tools and platforms that deploy manifests, or look after objects of their own."""

from collections.abc import Iterator

from checks.managing.marks import LAST_APPLIED, Manager, Marks, join


def argo_cd(m: Marks) -> Iterator[Manager]:
    """Argo CD resource tracking: annotation `app:group/kind:ns/name` by default since v3, the label before."""
    tracking = m.annotations.get("argocd.argoproj.io/tracking-id", "")
    label = m.labels.get("argocd.argoproj.io/instance", "")
    shared = "" if "meta.helm.sh/release-name" in m.annotations else m.labels.get("app.kubernetes.io/instance", "")
    app = tracking.partition(":")[0] or label or shared
    if not app:
        return
    supported = any(writer.startswith("argocd") for writer in m.writers)
    yield Manager(
        "Argo CD",
        app,
        sure=_tracks(tracking, m) or bool(label) or (bool(shared) and supported),
        reverts=True,
        sentence="With self-heal on, Argo CD takes the change back within seconds; else at its next sync.",
        advice=f"Change it in the Git source of the application {app}.",
    )


def _tracks(tracking: str, m: Marks) -> bool:
    """A tracking id that names another object was copied along with the object, and proves nothing."""
    return bool(tracking) and tracking.rpartition(":")[2] in (f"{m.namespace}/{m.name}", f"/{m.name}")


def flux(m: Marks) -> Iterator[Manager]:
    """Flux kustomize-controller and helm-controller labels."""
    for tool, kind in (("kustomize", "Kustomization"), ("helm", "HelmRelease")):
        name = m.labels.get(f"{tool}.toolkit.fluxcd.io/name", "")
        if name:
            where = join(m.labels.get(f"{tool}.toolkit.fluxcd.io/namespace", ""), name)
            yield Manager(
                "Flux",
                f"{kind} {where}",
                sure=True,
                reverts=True,
                sentence="Flux takes the change back at its next round.",
                advice=f"Change it in the source of the {kind} {where}, or suspend that first.",
            )


def helm(m: Marks) -> Iterator[Manager]:
    """Helm 3 ownership marks; an object made anew without them breaks the next upgrade."""
    release = m.annotations.get("meta.helm.sh/release-name", "")
    labelled = m.labels.get("app.kubernetes.io/managed-by") == "Helm"
    if release or labelled:
        yield Manager(
            "Helm",
            join(m.annotations.get("meta.helm.sh/release-namespace", ""), release),
            sure=bool(release and labelled),
            reverts=False,
            sentence="The change stays until the next helm upgrade, which may set it back.",
            advice="Change the release's values as well; where the object is made anew, keep its Helm label and"
            " annotations.",
        )


def rancher(m: Marks) -> Iterator[Manager]:
    """Rancher's project-scoped and registry-scoped Secrets."""
    prefix = "management.cattle.io/"
    project = m.labels.get(f"{prefix}project-scoped-secret", "") or m.annotations.get("field.cattle.io/projectId", "")
    copied = f"{prefix}project-scoped-secret-copy" in m.annotations
    scoped = f"{prefix}project-scoped-secret" in m.labels or f"{prefix}registry-scoped-secret" in m.labels
    if copied or scoped or (m.labels.get("cattle.io/creator") == "norman" and m.kind == "Secret"):
        yield Manager(
            "Rancher",
            project,
            sure=copied or scoped,
            reverts=True,
            sentence="Rancher copies this Secret again from its management cluster, and the change is gone.",
            advice="Change the project's registry Secret in Rancher.",
        )


def kyverno(m: Marks) -> Iterator[Manager]:
    """Kyverno generate rules; with `synchronize` edits are taken back or refused by admission."""
    policy = m.labels.get("generate.kyverno.io/policy-name", "")
    if policy or m.labels.get("app.kubernetes.io/managed-by") == "kyverno":
        yield Manager(
            "Kyverno",
            join(m.labels.get("generate.kyverno.io/policy-namespace", ""), policy),
            sure=bool(policy),
            reverts=True,
            sentence="If the rule synchronizes, Kyverno refuses the change or takes it back.",
            advice="Change what the generate rule copies from, or the rule itself.",
        )


def openshift(m: Marks) -> Iterator[Manager]:
    """OpenShift makes `<account>-dockercfg-xxxxx` Secrets for its own registry and lists them in the account."""
    made = [s for s in m.pull_secrets if m.kind == "ServiceAccount" and s.startswith(f"{m.name}-dockercfg-")]
    own = "openshift.io/token-secret.name" in m.annotations or (
        "openshift.io/internal-registry-auth-token.service-account" in m.annotations
    )
    if made or own:
        yield Manager(
            "OpenShift",
            made[0] if made else m.name,
            sure=True,
            reverts=own,
            sentence="OpenShift makes this Secret for its own registry and writes it again by itself."
            if own
            else "The list holds entries that OpenShift made for its own registry; pulls from there need them.",
            advice="Leave this Secret alone and add one of your own."
            if own
            else "Add to the list, and never replace it.",
        )


def kubectl_apply(m: Marks) -> Iterator[Manager]:
    """Client-side apply keeps what it applied in an annotation, on Secrets with the data in it."""
    if LAST_APPLIED in m.annotations:
        yield Manager(
            "kubectl apply",
            "",
            sure=True,
            reverts=False,
            sentence="The change stays until somebody applies the old manifest again.",
            advice="Change the manifest as well.",
        )
