"""The entry for this registry holds no login.

What: the entry matches, but has no user name and password the kubelet could read: `docker login` with a
credential store leaves `"host": {}`, and the kubelet does not read `credsStore`, `credHelpers`, `identitytoken`
or `registrytoken` (pkg/credentialprovider/config.go).

Why it matters: the entry counts as a match, an empty login is sent, and the kubelet does not ask anonymously
after it.

What to do: put a user name and password into the entry.
"""

from checks.credentials import Login, shown_key
from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    denied_without_login,
    kubelet_proof,
    open_to,
    secret_proof,
    sends_no_login,
    trial_secret,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where every matching entry lacks a user name or a password."""
    if not evidence.trials or not sends_no_login(evidence) or not denied_without_login(evidence):
        return None
    if not open_to(evidence, "no_credentials"):
        return None
    subject = trial_secret(evidence, evidence.trials[0])
    login = evidence.trials[0].login
    assert login is not None
    what = _what(login)
    proof = f"entry {shown_key(login.origin.key)}: {what}{_token(evidence, login)}"
    return Finding(
        "HD107",
        subject,
        {
            "secret": str(subject),
            "key": shown_key(login.origin.key),
            "what": what,
            "registry": evidence.image.registry if evidence.image else "the registry",
        },
        (secret_proof(evidence, subject.name, proof), kubelet_proof(evidence)),
    )


def _token(evidence: Evidence, login: Login) -> str:
    """An identity token in the entry looks like a login, and no pull Secret can carry one."""
    read = [named.found.value for named in evidence.secrets if isinstance(named.found, Fact) and named.found.value]
    mine = (entry for secret in read if login.origin.where.endswith(f"/{secret.name}") for entry in secret.entries)
    there = any(entry.token_only for entry in mine if entry.key == login.origin.key)
    return ", but a token, which the kubelet does not read" if there else ""


def _what(login: Login) -> str:
    if login.username:
        return "a user name without a password"
    return "a password without a user name" if login.password else "no user name and no password"


RULE = Rule(
    code="HD107",
    stage=Stage.WIRING,
    title="entry holds no login",
    cause="no_credentials",
    sentence="The entry {key} of Secret {secret} holds {what} that the kubelet reads, so {registry} is asked without a "
    "login and refuses.",
    examine=examine,
    order=55,
    plans=("new_login", "advice"),
    manual=__doc__,
)
