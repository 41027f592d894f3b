"""The advice for every cause that cannot be mended from here.

None of it makes a project public or takes another tag than the one that was meant.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from checks.repair.advice import harbor, place, reach
from checks.repair.advice.case import Case, Text

TEXTS: Mapping[str, Callable[[Case], Text]] = MappingProxyType(
    {
        "HD002": place.no_registry,
        "HD101": place.no_secret, "HD102": place.no_secret, "HD103": place.no_secret, "HD104": place.wrong_type,
        "HD201": reach.dns, "HD204": reach.proxy, "HD205": reach.server, "HD215": reach.realm, "HD216": reach.token,
        "HD211": reach.unknown_ca, "HD214": reach.plain_http,
        "HD302": harbor.robot_renew, "HD303": harbor.robot_renew, "HD304": harbor.robot_renew,
        "HD305": harbor.renamed, "HD306": harbor.cli_secret,
        "HD402": harbor.robot, "HD403": harbor.robot_pull,
        "HD501": harbor.project_missing, "HD502": harbor.repository_missing, "HD503": harbor.tag_missing,
        "HD504": harbor.platform, "HD602": harbor.not_scanned, "HD603": harbor.unsigned, "HD604": harbor.limited,
        "HD605": place.policy, "HD606": place.signature,
        "HD701": place.disk, "HD702": place.never, "HD703": place.wait, "HD704": place.rebuild, "HD705": place.rebuild,
        "reference": place.name, "wiring": place.rewrite, "network": reach.network, "tls": reach.tls,
        "login": harbor.password, "permission": harbor.member, "artifact": harbor.storage, "policy": harbor.vulnerable,
        "node": place.other,
    }
)  # fmt: skip
"""Code, or stage where a code has no text of its own → its advice."""


IN_HARBOR = frozenset({"HD101", "HD103", "HD106", "HD301", "HD306", "HD401", "HD402", "HD403"})
"""Codes that a plan of ours mends in Harbor, and that are found without a login there."""


def advise(case: Case) -> Text:
    """Return the advice for a problem."""
    problem = case.problem
    text = place.other if problem.code == "HD000" else TEXTS.get(problem.code) or TEXTS[problem.stage.value]
    title, lines = text(case)
    return title, (*lines, *_from_here(case))


def _from_here(case: Case) -> tuple[str, ...]:
    """Where a login for Harbor is all that is missing to do it from here, say so."""
    if case.problem.code not in IN_HARBOR or not case.at_harbor or case.bench.harbor(case.host) is not None:
        return ()
    given = "HARBOR_HOST, HARBOR_USERNAME and HARBOR_PASSWORD"
    return (f"With a login for Harbor ({given}) this can be done from here, and undone.",)
