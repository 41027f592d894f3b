"""Controllers that make or copy Secrets: what they wrote comes back."""

from collections.abc import Iterator

from checks.managing.marks import Manager, Marks, join


def external_secrets(m: Marks) -> Iterator[Manager]:
    """external-secrets: externalsecret_types.go; an owner reference only with creationPolicy Owner."""
    owner = m.owner("ExternalSecret", "external-secrets.io")
    prefix = "reconcile.external-secrets.io/"
    marked = m.labels.get(f"{prefix}managed") == "true" or f"{prefix}data-hash" in m.annotations
    if owner or marked or f"{prefix}created-by" in m.labels:
        yield Manager(
            "External Secrets",
            join(m.namespace, owner),
            sure=True,
            reverts=True,
            sentence="External Secrets writes this Secret again at its next refresh, and the change is gone.",
            advice="Change the login in the secret store that the ExternalSecret reads, then force a sync by"
            " annotating the ExternalSecret.",
        )


def sealed_secrets(m: Marks) -> Iterator[Manager]:
    """bitnami-labs/sealed-secrets README; the owner reference can be switched off by annotation."""
    owner = m.owner("SealedSecret", "bitnami.com")
    prefix = "sealedsecrets.bitnami.com/"
    if owner or any(m.annotations.get(f"{prefix}{key}") == "true" for key in ("managed", "patch")):
        yield Manager(
            "Sealed Secrets",
            join(m.namespace, owner or m.name),
            sure=bool(owner),
            reverts=True,
            sentence="Sealed Secrets unseals the old value again at its next round.",
            advice="Seal the new login with kubeseal and apply the SealedSecret.",
        )


def reflector(m: Marks) -> Iterator[Manager]:
    """emberstack/kubernetes-reflector README."""
    prefix = "reflector.v1.k8s.emberstack.com/"
    source = m.annotations.get(f"{prefix}reflects", "")
    if source:
        yield _copy("Reflector", source)
    elif any(m.annotations.get(f"{prefix}reflection-{key}") == "true" for key in ("allowed", "auto-enabled")):
        yield _source("Reflector", join(m.namespace, m.name))


def replicator(m: Marks) -> Iterator[Manager]:
    """mittwald/kubernetes-replicator: replicate/common/consts.go."""
    prefix = "replicator.v1.mittwald.de/"
    source = m.annotations.get(f"{prefix}replicate-from", "")
    if source or f"{prefix}replicated-from-version" in m.annotations or f"{prefix}replicated-at" in m.annotations:
        yield _copy("kubernetes-replicator", source if "/" in source else join(m.namespace if source else "", source))
    elif any(f"{prefix}{key}" in m.annotations for key in ("replicate-to", "replicate-to-matching")):
        yield _source("kubernetes-replicator", join(m.namespace, m.name))


def cluster_secret(m: Marks) -> Iterator[Manager]:
    """zakkg3/ClusterSecret: consts.py; the copies carry a label of the group's name."""
    if "clustersecret.io" in m.labels or "clustersecret.io/created-by" in m.annotations:
        yield _copy("ClusterSecret", m.name)


def patcher(m: Marks) -> Iterator[Manager]:
    """titansoft-pte-ltd/imagepullsecret-patcher: an annotation, where others use a label; no mark on accounts."""
    name = "imagepullsecret-patcher"
    marked = m.annotations.get("app.kubernetes.io/managed-by") == name
    listed = m.kind == "ServiceAccount" and "image-pull-secret" in m.pull_secrets
    if marked or listed:
        yield Manager(
            name,
            "",
            sure=marked,
            reverts=True,
            sentence="imagepullsecret-patcher deletes and makes this anew every few seconds, whoever wrote it."
            if marked
            else "imagepullsecret-patcher, if it runs here, puts its Secret back into this list.",
            advice="Change the login that the patcher is configured with, or exclude the namespace with the annotation"
            " k8s.titansoft.com/imagepullsecret-patcher-exclude.",
        )


_KNOWN = ("ExternalSecret", "SealedSecret")


def other_owner(m: Marks) -> Iterator[Manager]:
    """Any other controller that says by owner reference that the object is its own."""
    for owner in m.owners:
        kind, name = str(owner.get("kind", "")), str(owner.get("name", ""))
        if owner.get("controller") is True and kind not in _KNOWN:
            yield Manager(
                kind,
                join(m.namespace, name),
                sure=False,
                reverts=True,
                sentence=f"The {kind} {name} owns this object, and its controller may write it again.",
                advice=f"Change it at the {kind} {name}.",
            )


def _copy(name: str, source: str) -> Manager:
    return Manager(
        name,
        source,
        sure=True,
        reverts=True,
        sentence=f"{name} copies this Secret from {source or 'its source'} and overwrites the change.",
        advice=f"Change the source {source}." if source else "Change the source Secret.",
    )


def _source(name: str, source: str) -> Manager:
    return Manager(
        name,
        source,
        sure=True,
        reverts=False,
        sentence=f"The change stays, and {name} carries it into every copy.",
        advice=f"This is the source of the copies: change {source} here.",
    )
