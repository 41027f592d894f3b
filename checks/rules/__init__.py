"""All rules, as one explicit tuple: what is not here does not exist.

To add a rule: one file in its stage's folder, one line here, one scenario in the demo, one test.
"""

from checks.rules import unknown
from checks.rules.artifact import (
    project_missing,
    proxy_upstream,
    repository_missing,
    storage_lost,
    tag_missing,
    wrong_platform,
)
from checks.rules.base import Rule
from checks.rules.login import (
    locked,
    oidc_secret,
    prefix_changed,
    refused,
    robot_disabled,
    robot_expired,
    robot_gone,
)
from checks.rules.network import dns, proxy, realm, reset, server_error, timeout, token_service
from checks.rules.network import refused as connection_refused
from checks.rules.node import corrupt_layer, disk_full, never_pull, pull_qps, unsupported_format
from checks.rules.permission import no_pull, not_member, other_project
from checks.rules.policy import forbidden, node_signature, not_scanned, rate_limited, unsigned, vulnerable
from checks.rules.reference import invalid_name, no_project, no_registry, short_name
from checks.rules.tls import expired, plain_http, unknown_ca, wrong_name
from checks.rules.wiring import (
    auth_disagrees,
    empty_entry,
    made_without_secret,
    no_entry,
    no_pull_secret,
    robot_dollar,
    secret_missing,
    unreadable_payload,
    white_space,
    wrong_type,
)

UNKNOWN = unknown.RULE
"""HD000, asked only where no other rule fired."""

RULES: tuple[Rule, ...] = (
    invalid_name.RULE,
    no_registry.RULE,
    no_project.RULE,
    short_name.RULE,
    no_pull_secret.RULE,
    made_without_secret.RULE,
    secret_missing.RULE,
    wrong_type.RULE,
    unreadable_payload.RULE,
    no_entry.RULE,
    empty_entry.RULE,
    auth_disagrees.RULE,
    white_space.RULE,
    robot_dollar.RULE,
    dns.RULE,
    connection_refused.RULE,
    timeout.RULE,
    proxy.RULE,
    server_error.RULE,
    reset.RULE,
    unknown_ca.RULE,
    expired.RULE,
    wrong_name.RULE,
    plain_http.RULE,
    realm.RULE,
    token_service.RULE,
    refused.RULE,
    robot_expired.RULE,
    robot_disabled.RULE,
    robot_gone.RULE,
    prefix_changed.RULE,
    oidc_secret.RULE,
    locked.RULE,
    not_member.RULE,
    other_project.RULE,
    no_pull.RULE,
    project_missing.RULE,
    repository_missing.RULE,
    tag_missing.RULE,
    wrong_platform.RULE,
    proxy_upstream.RULE,
    storage_lost.RULE,
    vulnerable.RULE,
    not_scanned.RULE,
    unsigned.RULE,
    rate_limited.RULE,
    forbidden.RULE,
    node_signature.RULE,
    disk_full.RULE,
    never_pull.RULE,
    pull_qps.RULE,
    corrupt_layer.RULE,
    unsupported_format.RULE,
)
"""Every rule but HD000, in the order of their codes."""


def by_code(code: str) -> Rule | None:
    """Return the rule of this code, or None."""
    return next((rule for rule in (*RULES, UNKNOWN) if rule.code == code.upper()), None)
