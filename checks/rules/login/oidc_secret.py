"""A person's login is refused by a Harbor that signs people in by OIDC.

What: with OIDC nobody's ordinary password works for pulls. The user's profile shows a CLI secret for that, and it dies
with the session behind it: when its token has expired and cannot be renewed, until the person opens Harbor again
(goharbor/harbor src/server/middleware/security/oidc_cli.go). A wrong secret and a dead one get the same 401.

Why it matters: the same Secret works today and fails tomorrow, and nothing in the cluster has changed.

What to do: put a robot account into the Secret. Until then: the person signs in to Harbor, which revives the secret,
or copies a new one from the profile.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Stage
from checks.rules.base import Rule, blamed, kubelet_proof, login_proofs, open_to, trial_secret, turned_away
from checks.rules.wiring.robot_dollar import lost_dollar


def examine(evidence: Evidence) -> Finding | None:
    """Fire on a refused login that is no robot's, where Harbor says that it signs in by OIDC."""
    mode, trial = evidence.auth_mode, blamed(evidence)
    if not isinstance(mode, Fact) or mode.value != "oidc_auth" or not open_to(evidence, "bad_credentials"):
        return None
    if trial is None or trial.login is None or not turned_away(evidence, trial) or _robot(trial.login.username):
        return None
    subject = trial_secret(evidence, trial)
    return Finding(
        "HD306",
        subject,
        {
            "registry": evidence.image.registry if evidence.image else "Harbor",
            "user": trial.login.username,
            "secret": str(subject),
        },
        (
            Proof("harbor", f"auth_mode is {mode.value} ({mode.source})", mode.at),
            kubelet_proof(evidence),
            *login_proofs(trial),
        ),
    )


def _robot(user: str) -> bool:
    """A robot, or what a shell has left of its name; the built-in administrator signs in by password."""
    return "$" in user or lost_dollar(user) or user == "admin"


RULE = Rule(
    code="HD306",
    stage=Stage.LOGIN,
    title="OIDC: CLI secret refused",
    cause="bad_credentials",
    sentence="{registry} refuses {user} from Secret {secret}; it signs people in by OIDC, so this has to be the CLI "
    "secret of {user}, and most likely it is not, or it has ended with a session.",
    examine=examine,
    order=64,
    plans=("new_login", "mint_robot", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
