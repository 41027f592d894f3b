"""Tag retention as the API shows it: a policy by its number, and its runs (server/v2.0/handler/retention.go)."""

from checks.demo.harbor.api.call import Call, bad_request, moment, not_found
from checks.demo.harbor.entities import RetentionPolicy, RetentionRun
from checks.demo.harbor.web import Response, answer

_NO_TIME = "0001-01-01T00:00:00.000Z"
"""What Go writes for a time that is not set."""


def one(call: Call) -> Response:
    """GET /retentions/{id}."""
    call.login_required()
    policy = call.state.retentions.get(call.number("id"))
    if policy is None:
        raise not_found(f"no such Retention policy with id {call.number('id')}")
    return answer(200, _policy(_seen(call, policy, "read")))


def runs(call: Call) -> Response:
    """GET /retentions/{id}/executions, the newest first."""
    call.login_required()
    policy = call.state.retentions.get(call.number("id"))
    if policy is None:
        raise bad_request(f"no such Retention policy with id {call.number('id')}")
    _seen(call, policy, "list")
    found = sorted((run for run in call.state.retention_runs if run.policy_id == policy.id), key=lambda r: -r.id)
    return call.page([_run(run) for run in found])


def _seen(call: Call, policy: RetentionPolicy, action: str) -> RetentionPolicy:
    call.project("tag-retention", action, named=str(policy.project_id))
    return policy


def _policy(policy: RetentionPolicy) -> dict[str, object]:
    rules = [
        {
            "action": "retain",
            "disabled": False,
            "id": number,
            "params": {"latestPushedK": keep},
            "scope_selectors": {"repository": [{"decoration": "repoMatches", "kind": "doublestar", "pattern": "**"}]},
            "tag_selectors": [{"decoration": "matches", "kind": "doublestar", "pattern": "**"}],
            "template": "latestPushedK",
        }
        for number, keep in enumerate(policy.keep, 1)
    ]
    return {
        "algorithm": "or",
        "id": policy.id,
        "rules": rules,
        "scope": {"level": "project", "ref": policy.project_id},
        "trigger": {"kind": "Schedule", "references": {}, "settings": {"cron": "0 0 0 * * *"}},
    }


def _run(run: RetentionRun) -> dict[str, object]:
    return {
        "dry_run": run.dry,
        "end_time": moment(run.ended) if run.ended else _NO_TIME,
        "id": run.id,
        "policy_id": run.policy_id,
        "start_time": moment(run.begun),
        "status": "Success" if run.ended else "Running",
        "trigger": "SCHEDULE",
    }
