"""What the two readers answer: which logins the kubelet sends (`keyring`), and what its text says (`complaint`)."""

from dataclasses import dataclass

from checks.credentials import Login


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kubelet text says, read by `checks.complaint`."""

    cause: str
    """One of the corpus's cause words."""
    alternatives: tuple[str, ...] = ()
    """What else the text leaves possible, likeliest first, at most four."""
    confidence: str = "proven"
    """`proven` (the text proves its cause), `likely`, or `none`."""
    image: str = ""
    host: str = ""
    detail: str = ""
    """The decisive part of the text."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login that the kubelet would send, in its place in the order."""

    login: Login
    secret: str
    """Name of the Secret."""
    key: str
    """The registry key as written."""
    group: int
    """Attempts of one group come in random order."""


@dataclass(frozen=True, slots=True)
class EntryVerdict:
    """Does this entry serve the image, and if not, why not."""

    secret: str
    key: str
    serves: bool
    why: str
    """In words: `the key names port 8443, the image none`."""
    near: str = ""
    """How near it came: host, port, path, scheme, case, labels, v2_slash, ui_address, wildcard, hub, or empty."""


@dataclass(frozen=True, slots=True)
class KeyringError:
    """The keyring could not be built: nothing is tried at all."""

    kind: str
    """json_syntax, json_depth, json_type, auth_base64, auth_format."""
    secret: str
    text: str
    """The kubelet's (Go's) own text."""


@dataclass(frozen=True, slots=True)
class KeyringAnswer:
    """Which logins the kubelet sends for an image, or why it sends none."""

    attempts: tuple[Attempt, ...] = ()
    entries: tuple[EntryVerdict, ...] = ()
    error: KeyringError | None = None
