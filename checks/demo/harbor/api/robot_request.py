"""Reads and judges what a client wants a robot to be."""

import re
from dataclasses import dataclass

from checks.demo.harbor.api.call import bad_request, invalid
from checks.demo.harbor.entities import NEVER, Access, Grant, Robot
from checks.demo.harbor.rights import CATALOGUE, SYSTEM_CATALOGUE

_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_LONGEST = 2147483646


@dataclass(frozen=True, slots=True)
class RobotRequest:
    """A robot as asked for; `project` is empty at system level."""

    name: str
    project: str
    grants: tuple[Grant, ...]
    duration: int
    description: str


def read(body: dict[str, object]) -> RobotRequest:
    """Return what the body asks for, or throw Harbor's 400 or 422 for it. `secret` and `disable` do not count."""
    name, level = body.get("name"), body.get("level")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise bad_request("robot name is not in lower case or contains illegal characters")
    duration = _duration(body.get("duration"))
    if level not in ("project", "system"):
        raise bad_request(f"bad request error level input: {level or ''}")
    grants = _grants(body.get("permissions"))
    if level == "project" and (len(grants) != 1 or grants[0].kind != "project" or grants[0].namespace == "*"):
        raise bad_request("bad request permission")
    for grant in grants:
        _known(grant)
    project = grants[0].namespace if level == "project" else ""
    return RobotRequest(name, project, grants, duration, str(body.get("description") or ""))


def _duration(value: object) -> int:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise invalid("duration in body must be of type int64")
    if not isinstance(value, int) or not (value == NEVER or 1 <= value <= _LONGEST):
        raise bad_request(f"bad request error duration input: {value or 0}")
    return value


def _grants(value: object) -> tuple[Grant, ...]:
    if not isinstance(value, list) or not value:
        raise bad_request("bad request empty permission")
    return tuple(_grant(entry) for entry in value)


def _grant(entry: object) -> Grant:
    if not isinstance(entry, dict) or not entry.get("access"):
        raise bad_request("bad request empty access")
    access = tuple(
        Access(str(each.get("resource")), str(each.get("action")), str(each.get("effect") or ""))
        for each in entry["access"]
    )
    return Grant(str(entry.get("kind")), str(entry.get("namespace")), access)


def _known(grant: Grant) -> None:
    catalogue = SYSTEM_CATALOGUE if grant.kind == "system" else CATALOGUE
    for access in grant.access:
        if (access.resource, access.action) not in catalogue:
            raise bad_request(f"bad request permission: {access.resource}:{access.action}")


def covered(grants: tuple[Grant, ...], creator: Robot) -> bool:
    """Are these permissions within the creator's? `effect` must match, too."""
    return all(
        any(_within(grant, access, own) for own in creator.grants) for grant in grants for access in grant.access
    )


def _within(grant: Grant, access: Access, own: Grant) -> bool:
    same_place = own.kind == grant.kind and own.namespace in (grant.namespace, "*")
    return same_place and access in own.access


def strong(secret: str) -> bool:
    """Is it 8 to 128 characters with upper case, lower case and a digit?"""
    kinds = (str.isupper, str.islower, str.isdigit)
    return 8 <= len(secret) <= 128 and all(any(kind(letter) for letter in secret) for kind in kinds)
