"""Which logins an entry may mean, though the kubelet reads one of them, another, or none.

Each is one guess at what the person who made the Secret meant; the registry decides which one is right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checks.credentials import Login, Origin, OriginKind, Password
from checks.dockerpayload import Fields, decode_auth
from checks.gotext import decode_base64
from checks.repair.payload import RawEntry

MOST = 6
"""Guesses tried for one entry: each one is a login at somebody's directory."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A login that an entry may mean."""

    login: Login
    how: str = ""
    """Empty: as the kubelet reads it. Otherwise how it is mended, for a title: `without the line break`."""


def readings(entry: RawEntry, where: str, project: str) -> tuple[Reading, ...]:
    """Return the logins that an entry may mean, likeliest first, at most MOST; empty where it holds none.

    `where` is `namespace/name` of the Secret, `project` the image's, for robot names that lost theirs.
    """
    origin = Origin(OriginKind.SECRET, where, entry.key)
    found: list[Reading] = []
    for plain in _plain(entry.fields, origin):
        # What stands there is likeliest; then what a copy or a shell has done to it.
        guesses = (plain, _stripped(plain), *_robots(_stripped(plain) or plain, project))
        found += [g for g in guesses if g is not None and all(g.login != f.login for f in found)]
    return tuple(r for r in found if r.login.username and r.login.password)[:MOST]


def under_new_names(found: Sequence[Reading], renamed: Sequence[Login]) -> tuple[Reading, ...]:
    """Add to what an entry may mean its own password under the name that Harbor shows the robot under by now."""
    how = "with the name that the robot has now"
    passwords = {reading.login.password: reading.login for reading in found if not reading.how}
    mine = (login for login in renamed if login.password in passwords)
    return (*found, *(Reading(replace(passwords[m.password], username=m.username), how) for m in mine))


def _plain(fields: Fields, origin: Origin) -> Iterator[Reading]:
    if fields.auth:
        yield from _from_auth(fields, origin)
    if fields.username or fields.password:
        how = "with the user name and password beside auth" if fields.auth else ""
        yield Reading(Login(fields.username, Password(fields.password), origin), how)


def _from_auth(fields: Fields, origin: Origin) -> Iterator[Reading]:
    try:
        yield _reading(*decode_auth(fields.auth), origin, "")
        return
    except ValueError:
        pass
    plain = _decoded(fields.auth)
    if plain is None and ":" in fields.auth:
        yield _reading(*_split(fields.auth), origin, "with auth in base64")
    if plain is None:
        return
    twice = _decoded(plain)
    if ":" in plain:
        yield _reading(*_split(plain), origin, "without the blanks inside auth")
    elif twice is not None and ":" in twice:
        yield _reading(*_split(twice), origin, "with auth encoded once")
    elif fields.username:
        yield _reading(fields.username, plain, origin, "with the user name in auth")


def _reading(username: str, password: str, origin: Origin, how: str) -> Reading:
    return Reading(Login(username, Password(password), origin), how)


def _split(text: str) -> tuple[str, str]:
    username, _, password = text.partition(":")
    return username, password


def _decoded(text: str) -> str | None:
    packed = "".join(text.split()).rstrip("=")
    try:
        raw = decode_base64(packed.encode("utf-8", "surrogateescape"), padded=False)
    except ValueError:
        return None
    return raw.decode("utf-8", "surrogateescape")


def _stripped(reading: Reading) -> Reading | None:
    login = reading.login
    bare = replace(login, username=login.username.strip(), password=login.password.stripped())
    if bare == login:
        return None
    end = login.password.trailing_white_space()
    return Reading(bare, f"without {end.replace('a ', 'the ', 1) if end else 'the white space'}")


def _robots(reading: Reading, project: str) -> Iterator[Reading]:
    """Robot names as a shell may have left them: `robot$shop+ci` became `robot+ci`, `robotshop+ci`, `shop+ci`..."""
    head, plus, name = reading.login.username.partition("+")
    if not plus or not name or not project:
        return
    eaten = ("robot", "", "robot\\$" + project, "robot$$" + project, "robot" + project, project, "$" + project)
    if head in eaten:
        yield Reading(replace(reading.login, username=f"robot${project}+{name}"), "with the full robot name")
