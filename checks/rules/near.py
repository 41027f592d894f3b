"""Names that are nearly the one that is missing: what a person probably meant."""

from checks.slips import distance


def nearest(name: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to three candidates near to `name` by edit distance, nearest first; none if all are far."""
    limit = max(2, len(name) // 3)
    likely = {other for other in candidates if other != name and abs(len(other) - len(name)) <= limit}
    scored = sorted((distance(name, other), other) for other in likely)
    return tuple(other for steps, other in scored if steps <= limit)[:3]
