"""Marks `checks.complaint.read` against the corpora, by cause word: `python tests/complaint/score.py`.

A reading is *right* if its cause is among those that the text leaves possible. It is *confidently wrong* if it says
`proven` of anything else: the worst outcome, none is allowed. It *hedges* if it is not `proven` where the text
proves its cause: where the same text, names aside, stands in both corpora for one cause only.
Exit code 1 below the bars.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORPORA = ("pull_errors", "kubelet_messages")
RIGHT, HEDGED, WRONG = 0.98, 0.05, 0
UNKNOWN = "unknown_ambiguous"

_WRAPPER = re.compile(r'^(?:Back-off pulling image "[^"]*": \w+: |Failed to pull image "[^"]*": )')
_NAMES = re.compile(
    r'"[^"]*"|https?://\S+|\(.*\);|[\w.-]+\.[\w.-]+(?::\d+)?(?:/[\w./-]+)?(?:[:@][\w.:-]+)?|[0-9a-f]{64}|\d+'
)


@dataclass
class Score:
    """The marks of one corpus, by the true cause."""

    rows: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    proving: Counter[str] = field(default_factory=Counter)
    hedged: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """Whether all three bars are met."""
        return self.share_right >= RIGHT and self.share_hedged <= HEDGED and self.wrong.total() <= WRONG

    @property
    def share_right(self) -> float:
        """Right answers among all."""
        return self.right.total() / self.rows.total()

    @property
    def share_hedged(self) -> float:
        """Hedged answers among the texts that prove their cause."""
        return self.hedged.total() / max(1, self.proving.total())


def rows(corpus: str) -> Iterator[dict[str, Any]]:
    """The rows of one corpus."""
    with (ROOT / "tests" / "corpus" / f"{corpus}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def without_names(text: str) -> str:
    """The text with its wrapper and every name taken out, so that like texts are equal."""
    return _NAMES.sub("*", _WRAPPER.sub("", text))


def families(corpora: Iterable[str] = CORPORA) -> dict[str, set[str]]:
    """Every cause that stands behind one text, names aside."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for corpus in corpora:
        for row in rows(corpus):
            found[without_names(row["message"])] |= {row["cause"], *row["acceptable"]}
    return found


def score(corpus: str) -> Score:
    """Reads every text of the corpus and marks the answers."""
    from checks.complaint import read

    marks, alike = Score(), families()
    for row in rows(corpus):
        truth = row["cause"]
        reading = read(row["message"], row.get("reason") or "")
        right = reading.cause in {truth, *row["acceptable"]}
        proves = len(alike[without_names(row["message"])]) == 1 and truth != UNKNOWN
        marks.rows[truth] += 1
        marks.right[truth] += right
        marks.proving[truth] += proves
        marks.hedged[truth] += proves and reading.confidence != "proven"
        marks.wrong[truth] += not right and reading.confidence == "proven"
        if not right:
            marks.misses.append(f"{row['id']}: {truth}, read as {reading.cause} ({reading.confidence})")
    return marks


def table(corpus: str, marks: Score) -> str:
    """The marks as text."""
    lines = [f"{corpus}: {'cause':24}{'texts':>6}{'right':>7}{'proving':>9}{'hedged':>8}{'confidently wrong':>19}"]
    lines += [
        f"{'':{len(corpus) + 2}}{cause:24}{n:6}{marks.right[cause]:7}{marks.proving[cause]:9}{marks.hedged[cause]:8}"
        f"{marks.wrong[cause]:19}"
        for cause, n in sorted(marks.rows.items())
    ]
    lines.append(
        f"{corpus}: right {marks.share_right:.1%} of {marks.rows.total()},"
        f" hedged {marks.share_hedged:.1%} of {marks.proving.total()}, confidently wrong {marks.wrong.total()}"
    )
    return "\n".join([*lines, *(f"  {miss}" for miss in marks.misses)])


def main() -> int:
    """Prints the marks of every corpus; 1 if one is below the bars."""
    sys.path.insert(0, str(ROOT))
    marks = {corpus: score(corpus) for corpus in CORPORA}
    sys.stdout.write("\n\n".join(table(corpus, m) for corpus, m in marks.items()) + "\n")
    return 0 if all(m.passes for m in marks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
