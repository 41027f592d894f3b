"""A pull secret that the pod names does not exist.

What: the pod's list names a Secret that is not in its namespace. The kubelet skips the name, writes an event
(FailedToRetrieveImagePullSecret, since 1.28), and pulls with what is left, or without a login.

Why it matters: Secrets are not shared between namespaces; a copy in another one does not count.

What to do: create the Secret under that name, or correct the name on the workload or the ServiceAccount.
"""

from checks.facts import Fact, Unknown
from checks.model import Evidence, Finding, Proof, Stage
from checks.rules.base import (
    Rule,
    denied_without_login,
    kubelet_proof,
    open_to,
    secret_subject,
    sends_no_login,
)
from checks.rules.near import nearest


def examine(evidence: Evidence) -> Finding | None:
    """Fire on the first name without a Secret, where no other Secret is for this registry."""
    missing = [n for n in evidence.secrets if isinstance(n.found, Fact) and n.found.value is None]
    if not missing or not denied_without_login(evidence) or not _possible(evidence):
        return None
    first = missing[0]
    names = evidence.secret_names.value if isinstance(evidence.secret_names, Fact) else ()
    near = nearest(first.name, names)
    hint = f"; {near[0]} is there" if near else ""
    assert isinstance(first.found, Fact)
    return Finding(
        "HD103",
        secret_subject(evidence, first.name),
        {"secret": first.name, "namespace": evidence.pull.namespace, "hint": hint, "near": ", ".join(near)},
        (
            Proof("pod", f"imagePullSecrets names {first.name}"),
            Proof("secret", f"{evidence.pull.namespace}/{first.name} does not exist", first.found.at),
            *_others(evidence),
            kubelet_proof(evidence),
        ),
    )


def _others(evidence: Evidence) -> tuple[Proof, ...]:
    """Why no other name is proposed, where the names that there are could not be listed."""
    found = evidence.secret_names
    if not isinstance(found, Unknown):
        return ()
    return (Proof("secret", f"which pull Secrets {evidence.pull.namespace} has is not known: {found.why}"),)


def _possible(evidence: Evidence) -> bool:
    """No other Secret was meant for this registry, as far as all others could be read."""
    keyring = evidence.keyring
    if isinstance(keyring, Unknown) or any(isinstance(n.found, Unknown) for n in evidence.secrets):
        return False
    if evidence.trials or any(entry.near for entry in keyring.entries):
        return False
    return sends_no_login(evidence) and open_to(evidence, "secret_missing", "no_credentials")


RULE = Rule(
    code="HD103",
    stage=Stage.WIRING,
    title="pull secret missing",
    cause="secret_missing",
    sentence="The pods name the pull secret {secret}, which does not exist in {namespace}{hint}.",
    examine=examine,
    order=52,
    plans=("new_login", "mint_robot", "advice"),
    manual=__doc__,
)
