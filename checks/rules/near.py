"""Names that are nearly the one that is missing: what a person probably meant."""


def nearest(name: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to three candidates near to `name` by edit distance, nearest first; none if all are far."""
    limit = max(2, len(name) // 3)
    likely = {other for other in candidates if other != name and abs(len(other) - len(name)) <= limit}
    scored = sorted((distance(name, other), other) for other in likely)
    return tuple(other for steps, other in scored if steps <= limit)[:3]


def distance(one: str, two: str) -> int:
    """Edit distance with transposition of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
