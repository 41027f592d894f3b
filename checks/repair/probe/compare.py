"""Three vantage points beside each other: the kubelet's report, what was measured from here, the node's own answer."""

from collections.abc import Iterator

from checks.complaint import read
from checks.model import Diagnosis, Problem, Pull
from checks.repair.probe.answer import ProbeAnswer, Said
from checks.repair.probe.plan import ProbePlan


def compared(answer: ProbeAnswer, plan: ProbePlan, problem: Problem) -> tuple[str, ...]:
    """Say where the node agrees with what was reported and measured, and what follows where it does not."""
    diagnosis = next((d for d in problem.diagnoses if d.pull.key == plan.pull.key), problem.diagnoses[0])
    if answer.said is Said.UNKNOWN:
        return ()
    return (*_reported(answer, diagnosis), *_measured(answer, diagnosis))


def pulls_from_here(diagnosis: Diagnosis) -> bool | None:
    """Does the pull work from this machine, with the logins that the kubelet would send? None where not known."""
    trials = diagnosis.evidence.trials or (diagnosis.evidence.anonymous,)
    answers = [trial.pulls for trial in trials]
    if any(answers):
        return True
    return False if answers and all(each is False for each in answers) else None


def _reported(answer: ProbeAnswer, diagnosis: Diagnosis) -> Iterator[str]:
    complaint = diagnosis.pull.complaint
    if complaint is None:
        return
    if answer.said is Said.PULLS:
        yield _waits(diagnosis.pull)
        return
    before = read(complaint.message, complaint.reason)
    now = answer.reading
    if now is None or now.confidence == "none" or before.confidence == "none":
        return
    if now.cause == before.cause:
        yield "Agrees with what the kubelet reported."
    else:
        yield f"The kubelet reported something else before: {before.cause}; now it is {now.cause}."


def _waits(pull: Pull) -> str:
    """Why the failing pod still waits although a new one pulls."""
    if pull.pull_policy == "Never":
        return f"{pull.pod} itself may not pull (policy Never), so it goes on waiting."
    return f"The kubelet's report on {pull.pod} is older: it pulls at its next attempt, within 6 min, or once replaced."


def _measured(answer: ProbeAnswer, diagnosis: Diagnosis) -> Iterator[str]:
    here = pulls_from_here(diagnosis)
    if here is None:
        yield "From here it is not known whether these logins pull."
    elif here is (answer.said is Said.PULLS):
        yield "Agrees with what was measured from here."
    elif here:
        yield "From here the same pull works: what is wrong lies between the node and the registry, or on the node."
    else:
        yield (
            "From here the same pull fails: it was mended since, or the node has what is not seen from here "
            "(a login of its own, a mirror, another network)."
        )
