"""Who is calling? Harbor's order: OIDC CLI secret, bearer token, robot, user; a failure falls through to the next.

A refused user login costs 1.5 s and locks that name for as long, for right passwords too; robots with the right
secret are not touched by it (core/auth/authenticator.go, lock.go).
"""

import time
from dataclasses import dataclass
from enum import StrEnum

from checks.credentials import Password
from checks.demo.harbor.entities import Robot, User
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tokens import Claims, Mint
from checks.demo.harbor.web import Request


class Kind(StrEnum):
    """What a caller turned out to be."""

    NOBODY = "nobody"
    USER = "user"
    ROBOT = "robot"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, and whether a login was tried."""

    kind: Kind = Kind.NOBODY
    name: str = ""
    """The user name, or the robot's full name; empty for nobody."""
    user: User | None = None
    robot: Robot | None = None
    claims: Claims | None = None
    tried: str | None = None
    """The user name that was sent, accepted or not."""
    header: bool = False
    """An Authorization header was there and not empty."""

    @property
    def known(self) -> bool:
        """Somebody is logged in."""
        return bool(self.name)

    @property
    def admin(self) -> bool:
        """A system administrator."""
        return self.user is not None and self.user.admin

    @property
    def refused(self) -> bool:
        """A login came and was not accepted."""
        return self.tried is not None and not self.known


def identify(state: HarborState, mint: Mint, request: Request) -> Caller:
    """Return the caller; takes as long as Harbor would to refuse."""
    header = bool(request.header("Authorization"))
    login = request.basic()
    if login is not None:
        return _login(state, request.path, *login)
    if token := request.bearer():
        claims = mint.read(token, state.clock()) if request.path.startswith("/v2") else None
        return Caller(Kind.TOKEN, claims.subject if claims else "", claims=claims, header=True)
    return Caller(header=header)


def _login(state: HarborState, path: str, name: str, password: Password) -> Caller:
    robot = _robot(state, name, password)
    if robot is not None:
        return Caller(Kind.ROBOT, state.robot_name(robot), robot=robot, tried=name, header=True)
    user = _by_cli_secret(state, path, name, password) or _by_password(state, name, password)
    if user is not None:
        return Caller(Kind.USER, user.name, user, tried=name, header=True)
    return Caller(tried=name, header=True)


def _robot(state: HarborState, name: str, password: Password) -> Robot | None:
    if not name.startswith(state.robot_prefix):
        return None
    try:
        robot = state.robot(name)
    except KeyError:
        return None
    good = robot.secret == password and not robot.disabled and not robot.expired(state.clock())
    return robot if good else None


def _by_cli_secret(state: HarborState, path: str, name: str, password: Password) -> User | None:
    user = _user(state, name)
    if state.auth_mode != "oidc_auth" or user is None or user.cli_secret is None:
        return None
    good = user.cli_alive and user.cli_secret == password and path.startswith(("/v2", "/service/"))
    return user if good else None


def _by_password(state: HarborState, name: str, password: Password) -> User | None:
    user = _user(state, name)
    if state.auth_mode == "oidc_auth" and (user is None or user.id != 1):
        return None
    if state.locks.get(name, 0.0) > time.monotonic():
        return None
    if user is not None:
        state.pause(state.password_seconds)
        if user.password == password and password:
            return user
    state.locks[name] = time.monotonic() + state.refusal_seconds
    state.pause(state.refusal_seconds)
    return None


def _user(state: HarborState, name: str) -> User | None:
    try:
        return state.user(name)
    except KeyError:
        return None
