"""Problems → plain dict: the versioned JSON contract (`"schema": 1`), described in the README. Holds no secret."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from checks.model import Diagnosis, Problem, Proof, Pull
from checks.repair.plan import FixPlan, Refusal
from checks.scan import NotLooked, Scan
from checks.vantage import View, views

SCHEMA = 1
Offers = Sequence[FixPlan | Refusal]


def report(
    context: str, scan: Scan, problems: Sequence[Problem], offers: Mapping[str, Offers], unknowns: Sequence[str],
    several: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return the whole result of a scan; `offers` holds the plans by problem id, `several` the contexts of many."""
    contexts = {"contexts": [_context(name, scan) for name in several]} if several else {}
    return {
        "schema": SCHEMA,
        "context": context,
        **contexts,
        "at": _time(scan.at),
        "complete": scan.complete,
        "pods_seen": scan.pods_seen,
        "namespaces_seen": scan.namespaces_seen,
        "not_looked": [_gap(gap) for gap in scan.not_looked],
        "problems": [problem_dict(problem, offers.get(problem.id, ())) for problem in problems],
        "unknowns": list(unknowns),
    }


def _context(name: str, scan: Scan) -> dict[str, Any]:
    """One of several clusters; one that gave no answer at all was seen nothing of."""
    part = dict(scan.parts).get(name)
    missed = any(gap.cluster == name for gap in scan.not_looked)
    return {
        "context": name,
        "at": _time(part.at) if part else None,
        "complete": part is not None and part.complete and not missed,
        "pods_seen": part.pods_seen if part else 0,
        "namespaces_seen": part.namespaces_seen if part else 0,
    }


def _gap(gap: NotLooked) -> dict[str, Any]:
    place = {"context": gap.cluster} if gap.cluster else {}
    return {**place, "namespace": gap.namespace, "why": gap.why}


def problem_dict(problem: Problem, offers: Offers) -> dict[str, Any]:
    """Return one problem with its pods, evidence and plans."""
    first = problem.diagnoses[0]
    return {
        "id": problem.id,
        "context": problem.cluster,
        "code": problem.code,
        "stage": str(problem.stage),
        "title": problem.title,
        "cause": problem.cause,
        "sentence": problem.sentence,
        "subject": {
            "kind": problem.subject.kind,
            "namespace": problem.subject.namespace or None,
            "name": problem.subject.name,
        },
        "pods": [_pod(pull) for pull in problem.pulls],
        "evidence": [_proof(proof) for proof in first.cause.proofs],
        "behind": [{"code": f.code, "subject": str(f.subject)} for f in first.behind],
        "path": [{"stage": str(s.stage), "state": str(s.passed), "text": s.text} for s in first.path],
        "fixes": [_fix(plan) for plan in offers if isinstance(plan, FixPlan)],
        "not_offered": [{"id": o.id, "summary": o.title, "why": o.why} for o in offers if isinstance(o, Refusal)],
        "vantage": [_view(view) for view in views(first.evidence)],
        "unknowns": _unknowns(problem.diagnoses),
    }


def _unknowns(diagnoses: Sequence[Diagnosis]) -> list[str]:
    lines = [line for d in diagnoses for line in (*d.unknowns, *(f"rule {c}" for c in d.crashed))]
    return list(dict.fromkeys(lines))


def _pod(pull: Pull) -> dict[str, Any]:
    return {
        "namespace": pull.namespace,
        "name": pull.pod,
        "container": pull.container,
        "kind": str(pull.kind),
        "image": pull.image,
        "node": pull.node or None,
        "reason": pull.complaint.reason if pull.complaint else None,
        "message": pull.complaint.message if pull.complaint else None,
    }


def _view(view: View) -> dict[str, Any]:
    return {"about": view.about, "node": view.node or None, "here": view.here or None, "agree": view.agree}


def _proof(proof: Proof) -> dict[str, Any]:
    return {"source": proof.source, "text": proof.text, "at": _time(proof.at)}


def _fix(plan: FixPlan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "safety": str(plan.safety),
        "summary": plan.title,
        "asks": list(plan.questions),
        "warnings": list(plan.warnings),
        "diff": [f"{mark} {text}" for mark, text in plan.lines],
        "proof": plan.proof.sentence if plan.proof else None,
        "rights": [{"right": str(answer.right), "allowed": answer.allowed} for answer in plan.rights],
        "advice": plan.advice or None,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None
