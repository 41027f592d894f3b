"""What the rules share that rest on the kubelet's text alone: nothing else can see what a node lacks."""

from checks.model import Evidence, Finding, Subject
from checks.rules.base import kubelet_proof


def text_finding(evidence: Evidence, code: str, subject: Subject) -> Finding:
    """Return the finding about `subject` that rests on the kubelet's text."""
    pull = evidence.pull
    return Finding(code, subject, {"node": pull.node or "the node", "image": pull.image}, (kubelet_proof(evidence),))


def node_subject(evidence: Evidence) -> Subject:
    """The pull's node, as a subject."""
    return Subject("node", "", evidence.pull.node or "unknown node")


def image_subject(evidence: Evidence) -> Subject:
    """The image as the pod names it, as a subject."""
    return Subject("image", evidence.pull.namespace, evidence.pull.image)
