"""Reads `WWW-Authenticate` (RFC 9110, 11.6.1): which schemes a registry offers, and where its tokens are made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAM = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))', re.DOTALL)
_SCHEME = re.compile(_TOKEN)
_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST = 16_384


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: scheme and parameter names in lower case, values as sent."""

    scheme: str
    params: Mapping[str, str] = field(default_factory=dict)
    token68: str = ""

    @property
    def realm(self) -> str:
        """The `realm`: for Bearer the address of the token service (distribution spec, "Token Authentication")."""
        return self.params.get("realm", "")


def parse(header: str) -> tuple[Challenge, ...]:
    """Return the challenges of one header value (several headers joined by commas), in order.

    What cannot be read ends the list: a broken header yields the challenges before the break. Never raises.
    """
    return tuple(_challenges(header[:_LONGEST]))


def _challenges(text: str) -> Iterator[Challenge]:
    at = _skip(_BETWEEN, text, 0)
    while scheme := _SCHEME.match(text, at):
        at = _skip(_SPACE, text, scheme.end())
        if at == scheme.end() and at < len(text) and text[at] != ",":
            return
        params, token68, at = _rest(text, at)
        yield Challenge(scheme.group().lower(), params, token68)
        at = _skip(_BETWEEN, text, at)


def _rest(text: str, at: int) -> tuple[dict[str, str], str, int]:
    """What follows a scheme: parameters or one token68, and where it ends."""
    single = _TOKEN68.match(text, at)
    if single and not _PARAM.match(text, at):
        return {}, single.group(), single.end()
    params: dict[str, str] = {}
    while found := _PARAM.match(text, at):
        quoted, plain = found.group(2), found.group(3)
        value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
        params.setdefault(found.group(1).lower(), value)
        at = _skip(_BETWEEN, text, found.end())
    return params, "", at


def _skip(what: re.Pattern[str], text: str, at: int) -> int:
    found = what.match(text, at)
    return found.end() if found else at
