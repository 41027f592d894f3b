"""The recorded matrix over HTTP: every login at every target gets the one verdict that it deserves.

One process looks at 24 logins × 9 targets × 3 runtimes, once without and once with an operator's Harbor login. What
it may ask is counted at the server.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations, product
from urllib.parse import unquote

import pytest

from checks.complaint import read
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import HarborState
from checks.demo.harbor.web import Entry
from checks.demo.registries import Registries
from checks.diagnose import diagnose
from checks.model import Complaint, Diagnosis
from checks.rules import by_code
from tests import builders as b
from tests.complaint.score import rows, without_names
from tests.demo_harbor.conftest import ADMIN, lab
from tests.demo_harbor.test_recorded_matrix import furnish
from tests.verdicts.lab import Lab, auths, examine, spec, waiting
from tests.verdicts.matrix import CAUSES, CELLS, HOST, PASSES, REASONS, RUNTIMES, SUBJECTS, Cell

SPACE, PAIRS = "matrix", "pairs"
PAIRED = ("existing", "missing tag", "missing project", "cosign-blocked", "public")
"""Targets at which every two logins are tried together."""
OPERATOR = Login(ADMIN[0], Password(ADMIN[1]), Origin(OriginKind.OPERATOR, "--harbor-login", HOST))


def pod_name(number: int, runtime: str) -> str:
    return f"cell-{number}-{runtime.replace('.', '')}"


@dataclass(frozen=True)
class Run:
    """What one process found, and what it asked."""

    operator: bool
    found: dict[str, Diagnosis]
    asked: tuple[Entry, ...]
    pulled: dict[str, int]

    def diagnosis(self, cell: Cell, runtime: str) -> Diagnosis:
        return self.found[f"{SPACE}/{pod_name(CELLS.index(cell), runtime)}"]

    def where(self, **wanted: object) -> list[Entry]:
        return [e for e in self.asked if all(getattr(e, key) == value for key, value in wanted.items())]


def lay_out(cluster: Lab) -> None:
    cluster.namespace(SPACE)
    for cell in {cell.secret: cell for cell in CELLS if cell.secret}.values():
        cluster.secret(SPACE, cell.secret, auths({HOST: (cell.user, cell.password)}))
    for number, cell in enumerate(CELLS):
        for runtime in RUNTIMES:
            name, text = pod_name(number, runtime), cell.says(runtime)
            cluster.pod(SPACE, name, spec(cell.image, *filter(None, [cell.secret])))
            said = ("ErrImagePull", text) if runtime == "1.6" else ("ImagePullBackOff", b.backed_off(cell.image, text))
            cluster.show(SPACE, name, waiting(cell.image, *said))


def lay_out_pairs(cluster: Lab) -> None:
    cluster.namespace(PAIRS)
    for cell in {cell.secret: cell for cell in CELLS if cell.secret}.values():
        cluster.secret(PAIRS, cell.secret, auths({HOST: (cell.user, cell.password)}))
    for name, (one, two) in pairs().items():
        cluster.pod(PAIRS, name, spec(one.image, one.secret, two.secret))
        texts = dict.fromkeys((one.says("2.1"), two.says("2.1")))
        text = f"[{', '.join(texts)}]" if len(texts) > 1 else next(iter(texts))
        cluster.show(PAIRS, name, waiting(one.image, "ImagePullBackOff", b.backed_off(one.image, text)))


def pairs() -> dict[str, tuple[Cell, Cell]]:
    """Every two logins that one pod can carry, by the pod's name; which one is named first changes from pod to pod."""
    at = {target: [cell for cell in CELLS if cell.target == target and cell.secret] for target in PAIRED}
    both = [two for cells in at.values() for two in combinations(cells, 2)]
    return {f"pair-{n}": (two if n % 2 else two[::-1]) for n, two in enumerate(both)}


def run(operator: bool) -> Run:
    cluster, state = Lab(), furnish(lab, HarborState())
    lay_out(cluster)
    lay_out_pairs(cluster)
    with Registries(state) as world:
        choice = {"resolve": world.resolve, "registry_ca": world.ca_file, "timeout": 30.0}
        with cluster.doctor(harbor_login=OPERATOR if operator else None, **choice) as doctor:
            _, found = examine(doctor)
        asked = world.log.entries
        assert world.log.failures == ()
    cluster.stop()
    return Run(operator, found, asked, {name: held.pull_count for name, held in state.repositories.items()})


@pytest.fixture(scope="module")
def runs() -> dict[bool, Run]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip((False, True), pool.map(run, (False, True)), strict=True))


@pytest.fixture(params=[False, True], ids=["without a Harbor login", "with a Harbor login"])
def one(runs: dict[bool, Run], request: pytest.FixtureRequest) -> Run:
    return runs[request.param]


def each(one: Run, code: str = "") -> Iterator[tuple[Cell, str, Diagnosis]]:
    """Every cell and runtime with its diagnosis; only those that deserve `code`, where it is given."""
    for cell in CELLS:
        for runtime in RUNTIMES:
            if code in ("", cell.verdict(one.operator)):
                yield cell, runtime, one.diagnosis(cell, runtime)


def told(diagnosis: Diagnosis) -> str:
    rule = by_code(diagnosis.cause.code)
    assert rule is not None
    return rule.render(diagnosis.cause)


# The table against what was recorded.


def test_the_table_follows_from_what_harbor_answered() -> None:
    for cell in CELLS:
        status, challenge = cell.recorded["status"], cell.recorded["headers"].get("www-authenticate")
        for code in (cell.without, cell.with_operator):
            assert (code == PASSES) is (status == 200), cell
            assert (code in ("HD502", "HD503", "HD506")) is (status == 404), cell
            assert (code in ("HD602", "HD603")) is (status == 412), cell
            assert (code == "HD501") is (challenge == ""), cell


def test_the_kubelets_words_are_those_of_real_nodes() -> None:
    real = {without_names(row["message"]) for row in rows("kubelet_messages")}
    for cell in CELLS:
        for runtime in RUNTIMES:
            text = cell.says(runtime).replace("[manifests nope]", "[manifests 1.0]")
            assert without_names(text) in real, (cell, runtime)


# The verdicts.


def test_every_login_at_every_target_gets_its_verdict(one: Run) -> None:
    wrong = [
        (cell.login, cell.target, runtime, cell.verdict(one.operator), d.cause.code, told(d))
        for cell, runtime, d in each(one)
        if d.cause.code != cell.verdict(one.operator)
    ]
    assert wrong == []
    assert len(one.found) == len(CELLS) * len(RUNTIMES) + len(pairs())


def test_the_cause_word_and_what_is_to_be_mended_are_right(one: Run) -> None:
    for cell, runtime, diagnosis in each(one):
        code = cell.verdict(one.operator)
        rule, subject = by_code(diagnosis.cause.code), diagnosis.cause.subject
        names = {
            "pod": pod_name(CELLS.index(cell), runtime), "secret": cell.secret, "user": cell.user, "host": HOST,
            "repository": cell.repository, "project": cell.repository.partition("/")[0], "tag": cell.tag,
        }  # fmt: skip
        assert rule is not None
        assert rule.cause == CAUSES[code]
        assert (subject.kind, subject.name) == (SUBJECTS[code][0], SUBJECTS[code][1].format(**names))


def test_nothing_is_blamed_where_the_pull_works(one: Run) -> None:
    passing = list(each(one, PASSES))
    assert len(passing) == len(RUNTIMES) * (24 + 2 * 10)
    for _, _, diagnosis in passing:
        assert diagnosis.behind == ()
        assert "everything passes from here by now" in told(diagnosis)


def test_behind_a_missing_project_stands_only_what_would_fail_there_too(one: Run) -> None:
    """A refused login is refused anywhere; a Secret or right that lacks is beside the point."""
    for cell, _, diagnosis in each(one):
        behind = [finding.code for finding in diagnosis.behind]
        assert len(behind) <= (1 if cell.target == "missing project" else 0), (cell, behind)
        assert set(behind) <= {"HD301", "HD302", "HD303", "HD304"}, (cell, behind)
        if behind:
            assert cell.login in REASONS


def test_the_reason_of_a_refusal_is_told_only_where_it_is_known(one: Run) -> None:
    for cell, _, diagnosis in each(one, "HD301"):
        assert REASONS[cell.login][one.operator] in told(diagnosis), cell


def test_nothing_remains_unknown_but_what_the_wire_cannot_tell(one: Run) -> None:
    for cell, _, diagnosis in each(one):
        allowed = {"login guest1: the entry holds no login"} if not cell.password and cell.user else set()
        assert set(diagnosis.unknowns) <= allowed, (cell, diagnosis.unknowns)


def deserved(one: Cell, two: Cell, operator: bool) -> set[str]:
    """What a pod with two logins deserves: the kubelet tries both, and what one is served counts.

    Where both are denied, either may be named, but none that is as good as no login beside one that is sent.
    """
    verdicts = {cell.verdict(operator) for cell in (one, two)}
    for far in ({PASSES}, {"HD501"}, {"HD503", "HD603"}):
        if verdicts & far:
            return verdicts & far
    return verdicts - {"HD107"}


def test_two_logins_of_one_pod_are_judged_by_the_one_that_comes_farther(one: Run) -> None:
    wrong = [
        (cell.login, other.login, cell.target, code)
        for name, (cell, other) in pairs().items()
        if (code := one.found[f"{PAIRS}/{name}"].cause.code) not in deserved(cell, other, one.operator)
    ]
    assert wrong == []


def test_a_kubelet_that_says_nothing_changes_no_verdict(one: Run) -> None:
    for cell, _, diagnosis in each(one):
        assert retold(diagnosis, f'Back-off pulling image "{cell.image}"') == {cell.verdict(one.operator)}


def test_a_text_of_another_moment_makes_no_wrong_verdict(one: Run) -> None:
    """The text is as old as the last attempt, and what is measured is of now: they may be of two worlds."""
    for cell, runtime, diagnosis in each(one):
        for text in (
            b.unauthorized(cell.image, runtime),
            b.nothing_sent(cell.image, runtime),
            b.not_found(cell.image, runtime),
            b.answered(cell.image, "412 Precondition Failed", runtime),
            b.answered(cell.image, "403 Forbidden", runtime),
        ):
            assert retold(diagnosis, text) <= {cell.verdict(one.operator), PASSES}, (cell, text)


def retold(diagnosis: Diagnosis, text: str) -> set[str]:
    """The verdicts on the same evidence, had the kubelet said this, be it at the attempt or in the pause after it."""
    codes = set[str]()
    for reason in ("ErrImagePull", "ImagePullBackOff"):
        pull = replace(diagnosis.pull, complaint=Complaint(reason, text, "status"))
        codes.add(diagnose(replace(diagnosis.evidence, reading=read(text, reason), pull=pull)).cause.code)
    return codes


# What was asked for it.


def manifests(entries: Iterable[Entry], method: str) -> list[Entry]:
    return [e for e in entries if e.method == method and "/manifests/" in e.path]


def test_each_login_is_tested_once(one: Run) -> None:
    """The cut name is asked for once more with the `$`, for each project that could be meant; one is known by then."""
    tests = [e for e in one.asked if e.path == "/service/token" and "scope" not in e.query]
    meant = Counter(user for user, _ in {(c.user, c.password) for c in CELLS if c.sends})
    full = Counter(f"robot${project}+puller" for project in ("nope", "signed", "vuln"))
    assert Counter(e.user for e in tests) == meant + full


def test_each_login_is_refused_once(one: Run) -> None:
    refused = Counter(e.user for e in one.asked if e.refused)
    wrong = Counter(user for user, _ in {(c.user, c.password) for c in CELLS if c.sends and c.login in REASONS})
    assert refused == wrong + Counter(f"robot${project}+puller" for project in ("nope", "signed", "vuln"))


def test_a_token_is_fetched_once_for_a_login_and_project(one: Run) -> None:
    asked = [(e.user, unquote(e.query)) for e in one.asked if "scope" in e.query]
    scoped = [(user, query.partition("repository:")[2].partition("/")[0]) for user, query in asked]
    good = {c.user for c in CELLS if c.sends and c.login not in REASONS} | {None}
    assert set(scoped) == set(product(good, ("team", "nope", "signed", "vuln", "pub")))
    assert len(scoped) == len(set(scoped))


def test_an_image_is_asked_for_once_with_each_login(one: Run) -> None:
    heads = Counter((e.user, e.path) for e in manifests(one.asked, "HEAD"))
    assert set(heads.values()) == {1}
    gets = Counter((e.user, e.path) for e in manifests(one.asked, "GET"))
    assert set(gets.values()) == {1}
    told = {(e.user, e.path) for e in manifests(one.asked, "HEAD") if needs_words(e)}
    assert set(gets) == told


def needs_words(head: Entry) -> bool:
    """A 401 of a project that exists always has the same text."""
    return 400 <= head.status < 500 and (head.status != 401 or head.path.startswith("/v2/nope/"))


def test_no_pull_is_counted(one: Run) -> None:
    assert [e.path for e in manifests(one.asked, "GET") if e.status == 200] == []
    assert not any("/blobs/" in e.path for e in one.asked)
    assert set(one.pulled.values()) == {0}


def test_no_cookie_is_ever_sent_back(one: Run) -> None:
    assert {e.cookies for e in one.asked} == {()}


def kind(entry: Entry) -> str:
    """What a request is for."""
    if entry.path == "/v2/":
        return "ping"
    if entry.path == "/service/token":
        return "token, scoped" if "scope" in entry.query else "token without scope"
    if "/manifests/" in entry.path:
        return f"{entry.method} manifest"
    return "tags" if entry.path.endswith("/tags/list") else f"API {entry.path.removeprefix('/api/v2.0').split('/')[1]}"


def test_the_requests_for_a_verdict_are_few(one: Run) -> None:
    counted, cells = Counter(kind(e) for e in one.asked), len(CELLS)
    lines = [f"{what:22}{n:6}{n / cells:11.2f}{n / len(one.found):9.3f}" for what, n in sorted(counted.items())]
    who = "with a Harbor login" if one.operator else "without"
    head = f"{who}: {len(one.asked)} requests for {cells} pairs of a login and an image, {len(one.found)} pods"
    sys.stdout.write("\n".join([head, f"{'':22}{'all':>6}{'for a pair':>11}{'a pod':>9}", *lines]) + "\n")
    assert counted["ping"] == 1
    on_the_api = sum(n for what, n in counted.items() if what.startswith("API "))
    assert len(one.asked) - on_the_api <= 1.6 * cells
    assert on_the_api <= (cells if one.operator else 1)
