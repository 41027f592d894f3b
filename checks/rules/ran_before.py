"""What the workload ran before, for the rules about an image that is not there."""

from checks.earlier import Earlier, last_good
from checks.facts import NOT_LOOKED, Beginning, Fact, Unknown
from checks.image import ImageNameError, ImageRef, parse
from checks.model import Evidence, Proof

_MOST = 5
"""Revisions that are cited."""


def params(evidence: Evidence) -> dict[str, str]:
    """Return `before`, the end of the sentence, and for the advice `ran` and `revision`; empty where not known."""
    found = last_good(evidence.earlier.value) if isinstance(evidence.earlier, Fact) else None
    if found is None:
        return {"before": "", "ran": "", "revision": ""}
    ran = found.ran and found.revision > 0 and not _gone(evidence, found.image)
    return {
        "before": f"; {_sentence(evidence, found)}",
        "ran": found.image if ran else "",
        "revision": str(found.revision) if ran else "",
    }


def proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """The workload's other revisions, newest first, or why they are not known."""
    past = evidence.earlier
    if isinstance(past, Unknown):
        return () if past == NOT_LOOKED else (Proof("workload", f"what ran before is not known: {past.why}"),)
    if not past.value:
        return (Proof("workload", "it has had no other image, as far as its revisions go", past.at),)
    return tuple(Proof("workload", _line(one), past.at) for one in past.value[:_MOST])


def _line(one: Earlier) -> str:
    numbered = f", revision {one.revision}" if one.revision else ""
    pods = f"{one.running} pod" + ("s" if one.running > 1 else "")
    fate = f"runs in {pods}" if one.running else "ran" if one.ran else "rolled out, not known to have run"
    return f"{one.holder}{numbered}: {one.image}, {fate}"


def _sentence(evidence: Evidence, one: Earlier) -> str:
    owner = evidence.pull.owner
    who = f"{owner.kind} {owner.name}" if owner else "the workload"
    what = _short(evidence, one.image)
    fate = f"still runs {what}" if one.running else f"ran {what} before" if one.ran else f"had {what} before"
    return f"{who} {fate}{_gone(evidence, one.image)}"


def _short(evidence: Evidence, image: str) -> str:
    """The tag alone where the repository is the same."""
    ref = _parsed(image)
    same = ref is not None and evidence.image is not None and ref.name == evidence.image.name and not ref.digest
    return ref.tag if ref is not None and same else image


def _gone(evidence: Evidence, image: str) -> str:
    """That its tag is not there any more either, by the whole list: going back to it would not help for long."""
    tags, ref = evidence.nearby.tags, _parsed(image)
    if not isinstance(tags, Fact) or isinstance(tags, Beginning):
        return ""
    if ref is None or evidence.image is None or ref.digest:
        return ""
    return ", which is gone too" if ref.name == evidence.image.name and ref.tag not in tags.value else ""


def _parsed(image: str) -> ImageRef | None:
    try:
        return parse(image)
    except ImageNameError:
        return None
