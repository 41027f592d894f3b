"""The evidence of one problem as plain text, for a ticket or a mail: what is wrong, where, how it is known, ask again.

Foreign text has its control characters made visible; in commands it is quoted for a shell (POSIX, section 2.2), so
that every name comes out as it went in. No command holds a password: curl asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from checks.facts import Exchange, Fact
from checks.repair.commands import word as quoted
from checks.vantage import View, views
from tui.visible import visible

if TYPE_CHECKING:
    from checks.model import Diagnosis, Evidence, Problem, Pull

PODS = 20
"""Pods that are listed by name."""
REQUESTS = 40
UNKNOWNS = 20

_TOKEN = "(token)"
_GLOB = re.compile(r"[\[\]{}]")
_VARIABLES = {
    "TOKEN": "the token in the answer of the token service",
    "PASSWORD": "the password, which curl does not ask for where it is posted",
    "IDENTITY_TOKEN": "the identity token that docker keeps for the registry",
}
"""What a person sets before a command that names it, by name."""


def evidence_text(problem: Problem) -> str:
    """Return sentence, subject, pods, evidence with its times in UTC, what is not known, and the requests as curl."""
    first = problem.diagnoses[0]
    lines = [
        f"{visible(problem.id)}  {problem.title}",
        visible(problem.sentence),
        "",
        f"subject  {problem.subject.kind} {visible(str(problem.subject))}",
        f"cluster  {visible(problem.cluster)}",
        f"cause    {problem.cause} ({problem.stage})",
        f"looked   {_utc(first.evidence.gathered)}",
        *_block(f"{_count(problem)} pods", _pods(problem)),
        *_block("the node, and here", map(_beside, views(first.evidence))),
        *_block("evidence", (_line(proof.at, proof.source, proof.text) for proof in problem.finding.proofs)),
        *_block("not known", map(visible, _unknowns(problem.diagnoses))),
        *_block("ask again (curl asks for the password)", _commands(problem.diagnoses)),
    ]
    return "\n".join(lines) + "\n"


def _block(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", title, *found] if found else []


def _count(problem: Problem) -> int:
    return len({(pull.namespace, pull.pod) for pull in problem.pulls})


def _pods(problem: Problem) -> Iterator[str]:
    names = list({(pull.namespace, pull.pod): pull for pull in problem.pulls}.values())
    for pull in names[:PODS]:
        yield _pod(pull)
    if len(names) > PODS:
        yield f"and {len(names) - PODS} more"


def _pod(pull: Pull) -> str:
    node = f" on {pull.node}" if pull.node else ""
    return visible(f"{pull.namespace}/{pull.pod}  {pull.kind} {pull.container}  {pull.image}{node}")


def _line(at: datetime | None, source: str, text: str) -> str:
    return f"{_utc(at):<20}  {visible(source):<14}  {visible(text)}"


def _beside(view: View) -> str:
    verdict = {True: "agree", False: "differ", None: "-"}[view.agree]
    node, here = visible(view.node) or "not told", visible(view.here) or "not known"
    return f"{view.about:<10}  {verdict:<6}  node: {node}; here: {here}"


def _utc(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at is not None else "-"


def _unknowns(diagnoses: Iterable[Diagnosis]) -> list[str]:
    found = list(dict.fromkeys(line for d in diagnoses for line in d.unknowns))
    return [*found[:UNKNOWNS], *([f"and {len(found) - UNKNOWNS} more"] if len(found) > UNKNOWNS else [])]


def _commands(diagnoses: Iterable[Diagnosis]) -> list[str]:
    """One line for each distinct request; a plain HTTP address would get the password in the clear."""
    lines = dict.fromkeys(
        command(x) for d in diagnoses for x in _exchanges(d.evidence) if x.url.startswith("https://") and _sendable(x)
    )
    shown = list(lines)[:REQUESTS]
    told = (f"# {name}: {words}" for name, words in _VARIABLES.items() if any(f"${name}" in line for line in shown))
    return [*told, *shown]


def _exchanges(evidence: Evidence) -> Iterator[Exchange]:
    if isinstance(evidence.ping, Fact):
        yield evidence.ping.value.exchange
    for trial in (*evidence.trials, evidence.anonymous, *(variant.trial for variant in evidence.variants)):
        yield from trial.exchanges


def _sendable(asked: Exchange) -> bool:
    """Basic ends a user name at its first colon, and curl would take the rest for the password; a form does not."""
    return bool(asked.form) or ":" not in (asked.user or "")


def command(asked: Exchange) -> str:
    """Return a request as a curl command; a form's secret comes from a variable, and not on a command line."""
    if asked.form:
        return _posted(asked)
    words = ["curl", "-sSg" if _GLOB.search(asked.url) else "-sS"]
    if asked.method == "HEAD":
        words.append("-I")
    if asked.user == _TOKEN:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    elif asked.user:
        words += ["-u", quoted(asked.user)]
    return " ".join([*words, quoted(asked.url)])


def _posted(asked: Exchange) -> str:
    """A form: curl reads the secret field from standard input, so no list of processes shows it."""
    refreshes = ("grant_type", "refresh_token") in asked.form
    name, secret = ("IDENTITY_TOKEN", "refresh_token") if refreshes else ("PASSWORD", "password")
    fields = [f"--data-urlencode {quoted(f'{field}={value}')}" for field, value in asked.form]
    glob = "-sSg" if _GLOB.search(asked.url) else "-sS"
    return " ".join([f'printf %s "${name}" | curl', glob, *fields, f"--data-urlencode {secret}@-", quoted(asked.url)])
