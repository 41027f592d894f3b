"""What a kubelet may say, and worse: read or left open, never a crash, and nothing of it commands a terminal."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from checks import complaint
from checks.answers import Reading
from checks.complaints.words import _NEXT
from checks.diagnose import diagnose, group
from checks.explain_input import Said, from_text
from checks.model import Complaint, ContainerKind, Owner
from checks.rules import RULES
from tests import builders as b
from tests.properties.conftest import Many
from tests.properties.screen import as_json, clean, harmless, show
from tests.properties.wild import HOST, IMAGES, JSON, MARKUP, WORDS, wild
from tui.explain import answers
from tui.render import safe
from tui.visible import visible

CAUSES = {*_NEXT, "unknown_ambiguous"}
CODES = {"HD000", *(rule.code for rule in RULES)}
SURE = {"none", "likely", "proven"}
IMAGE = f"{HOST}/shop/web:1.4.2"
PIECES = st.sampled_from(
    [
        ": ", "\n", '"', "\\", '\\"', "[", "]", ", ", "rpc error: code = Unknown desc = ", "denied", "unauthorized",
        "https://", "http://[", "docker://", "Failed to pull image ", "lookup ", " on ", "x509", "0", "\x011\x02", "?",
        "{name}", "message", "%", "dial tcp ", "failed to authorize", "unexpected status", "401", "sha256:", "/", "@",
        "not found", "unknown", "content at ", "Get ", "Head ", "StatusCode", "service=", "; artifact err: ",
        "Back-off pulling image ", "ErrImagePull", "toomanyrequests", "no such host", "manifest unknown",
        "no basic auth credentials", "certificate signed by unknown authority", "server gave HTTP response", IMAGE,
    ]
)  # fmt: skip
REAL = st.sampled_from(
    [
        b.unauthorized(), b.unauthorized(runtime="1.6"), b.nothing_sent(), b.not_found(), b.answered(IMAGE, "500 x"),
        b.unreached(IMAGE, f"dial tcp: lookup {HOST}: no such host"), b.backed_off(IMAGE, b.unauthorized()), "",
        b.unreached(IMAGE, "x509: certificate signed by unknown authority"), b.resolving(IMAGE, b.HUB_DENIAL),
    ]
)  # fmt: skip
CUT_IN = st.builds(
    lambda text, where, what: text[: where % (len(text) + 1)] + what + text[where % (len(text) + 1) :],
    REAL, st.integers(0, 400), wild(3) | PIECES,
)  # fmt: skip
LONG = st.builds(lambda text, times: text * times, wild(3) | PIECES, st.sampled_from([300, 3_000]))
MESSAGES = st.one_of(
    CUT_IN,
    st.lists(PIECES | wild(2), max_size=25).map("".join),
    REAL.map(lambda text: f"{MARKUP}{text}\x1b]0;t\x07"),
    CUT_IN.map(json.dumps),
    st.lists(PIECES | st.text(st.characters(), max_size=8), max_size=40).map("".join),
    LONG,
)
REASONS = st.sampled_from(["ImagePullBackOff", "ErrImagePull", "InspectFailed", "ErrImageNeverPull", ""]) | wild(2)
KINDS = st.sampled_from(list(ContainerKind))


def judged(reading: Reading) -> None:
    assert reading.cause in CAUSES
    assert CAUSES.issuperset(reading.alternatives)
    assert reading.confidence in SURE
    assert complaint.sentence(reading).endswith(".")
    assert complaint.next_step(reading).endswith(".")


def test_any_message_is_read_as_one_of_the_known_causes(many: Many[Any]) -> None:
    def check(case: tuple[str, str]) -> None:
        reading = complaint.read(*case)
        judged(reading)
        assert "\x1b" not in reading.detail + reading.image + reading.host
        harmless(safe(complaint.sentence(reading)), safe(reading.detail), holds=(complaint.sentence(reading),))

    many(st.tuples(MESSAGES, REASONS), check)


@st.composite
def inputs(draw: st.DrawFn) -> str:
    """What somebody may paste: a message, a pod, events, lists of them, kubectl's tables, and what is none of these."""
    message, reason, name = draw(MESSAGES), draw(REASONS), draw(WORDS)
    waiting: Any = draw(st.just({"reason": reason, "message": message}) | JSON)
    pod = {"kind": "Pod", "metadata": draw(st.just({"name": name}) | JSON), "spec": {},
           "status": {draw(st.sampled_from(["containerStatuses", "initContainerStatuses"])):
                      draw(st.just([{"name": name, "state": {"waiting": waiting}}]) | JSON)}}  # fmt: skip
    event = {"involvedObject": draw(st.just({"fieldPath": f"spec.containers{{{name}}}"}) | JSON),
             "reason": draw(st.sampled_from(["Failed", "BackOff"]) | REASONS), "message": message}  # fmt: skip
    described = (
        f"Containers:\n  app:\n    State:  Waiting\n      Reason:  {reason}\n      Message:  {message}\nEvents:\n"
    )
    table = f"  Type  Reason  Age  From  Message\n  Warning  Failed  5s  kubelet  {message}\n"
    return draw(
        st.one_of(
            st.just(message),
            st.just(json.dumps(pod)),
            st.just(json.dumps(event)),
            st.just(json.dumps({"items": [pod, pod, event]})),
            st.just(described + table),
            st.just(table + described),
            JSON.map(json.dumps),
        )
    )


def test_any_text_is_explained(many: Many[Any]) -> None:
    def check(text: str) -> None:
        said = from_text(text)
        assert all(isinstance(one, Said) for one in said)
        for one in said:
            judged(complaint.read(one.message, one.reason))
        found = answers(text)
        assert found
        for answer in found:
            assert answer["cause"] in CAUSES
            harmless(*(safe(str(value)) for value in answer.values()))
            clean("".join(visible(str(value)) for value in answer.values()))
        clean(as_json(found))

    many(inputs(), check)


def test_any_pod_with_any_message_is_one_problem_that_can_be_shown(many: Many[Any]) -> None:
    def check(case: tuple[str, str, str, str, str, ContainerKind, str]) -> None:
        message, reason, image, name, other, kind, source = case
        fields = {
            "pod": name, "namespace": other, "container": name, "node": other, "service_account": name, "kind": kind,
            "owner": Owner("Deployment", other), "phase": name, "pull_policy": reason,
        }  # fmt: skip
        evidence = b.evidence((name, b.MISSING), image=image, text=message, reason=reason, fields=fields)
        told = Complaint(reason, message, source)
        found = diagnose(replace(evidence, pull=replace(evidence.pull, complaint=told)))
        assert found.crashed == ()
        assert {found.cause.code, *(one.code for one in found.behind)} <= CODES
        (problem,) = group("lab", [found])
        show(problem)

    sources = st.sampled_from(["status", "event"])
    many(st.tuples(MESSAGES, REASONS, IMAGES, WORDS, WORDS, KINDS, sources), check)
