"""The pod has no pull secret at all.

What: neither the pod nor, now, its ServiceAccount names a pull secret, and the registry refuses the image to
somebody without a login.

Why it matters: the kubelet asks without a login and is refused. It never reads the ServiceAccount itself;
admission copied that list into the pod when it was created, if it copied anything.

What to do: attach a Secret whose login may pull the image to the ServiceAccount, and replace the pods.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Pull, Stage, Subject
from checks.rules.base import Rule, denied_without_login, kubelet_proof, open_to, trial_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the pod's list is empty and the ServiceAccount's is too, is not known, or does not count."""
    pull, account = evidence.pull, evidence.service_account
    if pull.pull_secrets or not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    listed = isinstance(account, Fact) and account.value is not None and bool(account.value.pull_secrets)
    if listed and not _on_its_own(pull):
        return None
    return Finding(
        "HD101",
        _subject(pull),
        {
            "registry": evidence.image.registry if evidence.image else "the registry",
            "account": pull.service_account,
            "why": _why(pull, known=isinstance(account, Fact)),
        },
        (
            Proof("pod", "imagePullSecrets is empty"),
            *_account_proof(evidence),
            kubelet_proof(evidence),
            *trial_proofs(evidence.anonymous),
        ),
    )


def _on_its_own(pull: Pull) -> bool:
    """Does the pod get nothing from a ServiceAccount: its list has only empty names, or it is a static pod?"""
    return pull.own_empty_list or pull.mirror


def _subject(pull: Pull) -> Subject:
    if _on_its_own(pull):
        return Subject("workload", pull.namespace, pull.owner.name if pull.owner else pull.pod)
    return Subject("ServiceAccount", pull.namespace, pull.service_account)


def _why(pull: Pull, *, known: bool) -> str:
    if pull.mirror:
        return "a static pod gets none from a ServiceAccount"
    if pull.own_empty_list:
        return f"their own list, which holds no name, keeps that of ServiceAccount {pull.service_account} out"
    if not known:
        return f"whether ServiceAccount {pull.service_account} names one could not be read"
    return f"ServiceAccount {pull.service_account} names none"


def _account_proof(evidence: Evidence) -> tuple[Proof, ...]:
    account, name = evidence.service_account, evidence.pull.service_account
    if not isinstance(account, Fact):
        return (Proof("serviceaccount", f"{name}: not known: {account.why}"),)
    names = ", ".join(account.value.pull_secrets) if account.value else ""
    return (Proof("serviceaccount", f"{name} names {names or 'no pull secret'}", account.at),)


RULE = Rule(
    code="HD101",
    stage=Stage.WIRING,
    title="no pull secret",
    cause="no_credentials",
    sentence="The pods carry no pull secret and {why}, so {registry} is asked without a login and refuses.",
    examine=examine,
    order=50,
    plans=("attach", "new_login", "mint_robot", "advice"),
    manual=__doc__,
)
