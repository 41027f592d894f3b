"""The outcome of one judge, and the three ways to word how sure it is."""

from dataclasses import dataclass

UNKNOWN = "unknown_ambiguous"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A cause word, what else is possible (likeliest first), and the link that decided."""

    cause: str
    alternatives: tuple[str, ...] = ()
    decisive: str = ""

    @property
    def confidence(self) -> str:
        """`proven` where nothing else is possible, `none` where no cause could be named, else `likely`."""
        if self.cause == UNKNOWN:
            return "none"
        return "likely" if self.alternatives else "proven"


def proven(cause: str) -> Verdict:
    """The text leaves nothing else possible."""
    return Verdict(cause)


def likely(cause: str, *others: str) -> Verdict:
    """The likeliest cause first, then what the text also allows."""
    return Verdict(cause, tuple(dict.fromkeys(o for o in others if o != cause))[:4])


def unknown(*others: str) -> Verdict:
    """No cause can be named; `others` are those that stay possible."""
    return Verdict(UNKNOWN, tuple(others)[:4])
