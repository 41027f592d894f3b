"""The nine stages of one pull as a person reads them: passed, broken, not reached, not known."""

from checks.facts import Break, Fact, Knows, Unknown
from checks.model import Evidence, Finding, Passed, Stage, StageState
from checks.rules import by_code
from checks.rules.base import blamed, served

_TLS_BREAKS = (Break.TLS_UNKNOWN_CA, Break.TLS_EXPIRED, Break.TLS_HOSTNAME, Break.TLS_OTHER, Break.PLAIN_HTTP)


def walk(evidence: Evidence, cause: Finding, behind: tuple[Finding, ...]) -> tuple[StageState, ...]:
    """Return the state of every stage, in order."""
    rule = by_code(cause.code)
    at_fault = rule.stage if rule is not None and cause.code != "HD000" else None
    others = {r.stage: f for f in behind if (r := by_code(f.code))}
    states: list[StageState] = []
    reached = True
    for stage in Stage:
        if stage is at_fault and rule is not None:
            states.append(StageState(stage, Passed.BROKEN, rule.title))
            reached = False
        elif stage in others:
            other = by_code(others[stage].code)
            states.append(StageState(stage, Passed.BROKEN, other.title if other else ""))
        else:
            states.append(_state(evidence, stage, reached))
    return tuple(states)


def _state(evidence: Evidence, stage: Stage, reached: bool) -> StageState:
    text = _KNOWN[stage](evidence)
    if text is not None:
        return StageState(stage, Passed.OK, text)
    return StageState(stage, Passed.UNKNOWN if reached else Passed.NOT_REACHED)


def _reference(evidence: Evidence) -> str | None:
    return evidence.pull.image if evidence.image else None


def _wiring(evidence: Evidence) -> str | None:
    if isinstance(evidence.keyring, Unknown) or evidence.keyring.error or not evidence.keyring.attempts:
        return None
    return f"{evidence.keyring.attempts[0].secret} has an entry for it"


def _network(evidence: Evidence) -> str | None:
    """What fails at TLS has got through the network."""
    if not isinstance(evidence.ping, Fact) or evidence.ping.value.broken not in (None, *_TLS_BREAKS):
        return None
    return f"{evidence.ping.value.host} answers"


def _tls(evidence: Evidence) -> str | None:
    if not isinstance(evidence.ping, Fact) or evidence.ping.value.broken is not None:
        return None
    return "certificate is trusted here"


def _login(evidence: Evidence) -> str | None:
    trial = blamed(evidence)
    if trial is None or trial.login is None or trial.knows is not Knows.ACCEPTED:
        return None
    return f"{trial.login.username} is accepted"


def _permission(evidence: Evidence) -> str | None:
    manifest = served(evidence)
    return "may pull" if manifest is not None and manifest.status in (200, 404, 412) else None


def _artifact(evidence: Evidence) -> str | None:
    manifest = served(evidence)
    return f"is there: {manifest.digest[:19]}" if manifest is not None and manifest.status == 200 else None


def _policy(evidence: Evidence) -> str | None:
    manifest = served(evidence)
    return "served" if manifest is not None and manifest.status == 200 else None


def _node(_evidence: Evidence) -> str | None:
    """Nothing that we ask tells that a node is in order."""
    return None


_KNOWN = {
    Stage.REFERENCE: _reference,
    Stage.WIRING: _wiring,
    Stage.NETWORK: _network,
    Stage.TLS: _tls,
    Stage.LOGIN: _login,
    Stage.PERMISSION: _permission,
    Stage.ARTIFACT: _artifact,
    Stage.POLICY: _policy,
    Stage.NODE: _node,
}
