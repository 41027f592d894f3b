"""From an image to what the kubelet says about it: the same words that the pretend runtime comes to by itself.

The tests let the runtime try every scenario and compare.
"""

from collections.abc import Callable

from checks.demo.kubelet import runtime, words
from checks.demo.kubelet.statuses import Outcome
from checks.demo.scenarios.model import Says
from checks.image import ImageNameError, ImageRef, parse

_Text = Callable[[ImageRef, str, str], str]
"""From the image, its normalised reference and the address of its manifest to the text."""


def _pull(text: _Text) -> Says:
    def say(image: str, _: str) -> Outcome:
        parsed = parse(image)
        url = words.manifest_url(parsed.registry, parsed.repository, parsed.reference)
        return Outcome("ErrImagePull", text(parsed, runtime.reference(parsed), url), image)

    return say


def status(line: str) -> Says:
    """The registry answers HEAD with this status and no more."""
    return _pull(lambda _, ref, url: words.unresolved(ref, words.unexpected("HEAD", url, line)))


def no_request(cause: Callable[[str], str]) -> Says:
    """No HTTP answer; `cause` makes Go's words from the host."""
    return _pull(lambda image, ref, url: words.unresolved(ref, words.no_request("HEAD", url, cause(image.registry))))


def literal(text: Callable[[str], str]) -> Says:
    """A text made from the normalised reference."""
    return _pull(lambda _, ref, __: text(ref))


def no_token(kind: str, cause: Callable[[str], str]) -> Says:
    """The token service did not help; `cause` makes the words from the registry's host."""
    return _pull(lambda image, ref, _: words.unresolved(ref, words.token_failed(kind, cause(image.registry))))


unauthorized = status("401 Unauthorized")
policy = status("412 Precondition Failed")
bad_request = status("400 Bad Request")
unavailable = status("503 Service Unavailable")
nothing_sent = literal(words.nothing_sent)
not_found = literal(words.not_found)


def expired(until: str) -> Says:
    """The certificate's time is over since `until`."""

    def say(image: str, now: str) -> Outcome:
        return no_request(lambda _: words.expired(now, until))(image, now)

    return say


def platform(digest: Callable[[], str]) -> Says:
    """The index has nothing for the node."""
    return literal(lambda _: words.no_platform(digest()))


def never(image: str, _: str) -> Outcome:
    """Policy Never."""
    return Outcome("ErrImageNeverPull", words.never(image), image)


def invalid(image: str, _: str) -> Outcome:
    """The reference cannot be read."""
    try:
        parse(image)
    except ImageNameError as error:
        return Outcome("InvalidImageName", words.bad_name(image, str(error)), image)
    raise ValueError(f"{image} is a valid reference")


def malformed(text: str) -> Says:
    """A Secret cannot be decoded: the text is the reason."""
    return lambda image, _: Outcome(text, text, image)
