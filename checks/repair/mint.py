"""The step that makes a robot account in Harbor, proves that it pulls, and hands its secret to the steps after it.

Harbor tells a robot's secret in the answer to the request that makes it, and never again. So the Secrets of the plan
are made with a stand-in, which is exchanged once the robot is there; the receipt only ever holds the stand-in.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from checks.credentials import Login, Origin, OriginKind, Password
from checks.dockerpayload import decode_auth
from checks.errors import DoctorError, Refused
from checks.image import ImageRef
from checks.model import ObjectRef
from checks.repair.kinds import HARBOR
from checks.repair.ours import Left, another, ensure
from checks.repair.payload import RawEntry, find, put
from checks.repair.plan import LoginProof
from checks.repair.sealed import Sealed
from checks.repair.show import Lines, difference
from checks.repair.steps import NOT_WRITTEN, Body, Step, Verb, Writer
from checks.repair.writes import CreateObject, DeleteObject, ReplaceObject

DAYS = 90
"""For how long a robot account is made, in days."""
_MARK = "harbor-doctor repair"


class Handed:
    """Where the new login lies between the step that makes it and those that write it."""

    __slots__ = ("login",)

    def __init__(self) -> None:
        self.login: Login | None = None


@dataclass(frozen=True, slots=True)
class MintRobot:
    """POST a robot account that may pull, and prove it on `images` before anything else is written."""

    target: ObjectRef
    after: Sealed
    stand_in: Login
    """What the Secrets of this plan hold until the robot's own secret is known."""
    images: tuple[ImageRef, ...]
    prove: Callable[[Login, Sequence[ImageRef]], LoginProof] = field(compare=False, repr=False)
    handed: Handed = field(default_factory=Handed, compare=False, repr=False)
    before: None = field(default=None, init=False)
    verb: Verb = field(default=Verb.CREATE, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"make robot account {self.target.name} at {self.target.namespace} and prove that it pulls"

    def diff(self) -> Lines:
        """Show the new robot."""
        return difference(self.target, None, self.after.body())

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body | None:
        """Make it; raises Refused, with the robot deleted again, where it does not pull."""
        body = self.after.body()
        if dry_run:
            writer.create(self.target, body, dry_run=True)
            return None
        stored, login = self._minted(writer, body)
        proof = self._proof(login)
        if not proof.proven:
            why = f"the new robot account {login.username} {_does_not(proof)}"
            if not self.take_back(writer, why, stored):
                raise Left(f"{why}; it was not found again, so it was not deleted")
            raise Refused(f"{why}, so it was deleted again")
        self.handed.login = login
        return stored

    def _proof(self, login: Login) -> LoginProof:
        try:
            return self.prove(login, self.images)
        except DoctorError as error:
            return LoginProof(False, 0, len(self.images), f"not proven: {error}")

    def _minted(self, writer: Writer, body: Body) -> tuple[Body, Login]:
        try:
            return writer.mint(self.target, body)
        except NOT_WRITTEN:
            raise
        except DoctorError as error:
            # Its secret is lost with the answer, so it is of no use even where it was made.
            if self.take_back(writer, str(error)):
                raise Refused(f"{error}; the robot account was made all the same, and was deleted again") from None
            raise

    def take_back(self, writer: Writer, why: str, made: Body | None = None) -> bool:
        """Delete the robot if it is there, bears this repair's mark and is the one that was `made`; was it?

        Raises Left where it cannot be.
        """
        try:
            there = writer.read(self.target)
            if there is None or another(made, there) or description(there) != description(self.after.body()):
                return False
            DeleteObject(self.target, Sealed(there)).apply(writer)
        except DoctorError as error:
            raise Left(f"{why}; {self.target.name} could not be deleted again: {str(error).rstrip('.')}") from None
        return True


def _does_not(proof: LoginProof) -> str:
    said = proof.sentence
    return f"was tried and does not pull: {said}" if not said.startswith("not proven") else f"is {said}"


def stand_in(robot: str, host: str) -> Login:
    """Return a login of this name with a random password that nothing knows."""
    nothing = Password(f"stand-in-{secrets.token_hex(16)}")
    return Login(robot, nothing, Origin(OriginKind.OPERATOR, "the new robot", host))


def robot_spec(projects: Sequence[str], context: str, days: int = DAYS) -> Body:
    """Return what a robot account that may pull from exactly these projects is asked to be."""
    access = [{"resource": "repository", "action": "pull"}]
    return {
        "level": "project" if len(projects) == 1 else "system",
        "duration": days,
        "description": f"pulls for the cluster {context}",
        "permissions": [{"kind": "project", "namespace": name, "access": access} for name in projects],
    }


def mark(receipt: str, namespace: str) -> str:
    """Return what the description of a robot begins with that the repair of this receipt made.

    It names the receipt's namespace, so that a receipt forged elsewhere cannot claim the robot.
    """
    return f"{_MARK} {receipt} in {namespace}:"


def marked(step: Step, receipt: str, namespace: str) -> Step:
    """Return the step with its robot marked as made by this repair; other steps as they are."""
    if not isinstance(step, MintRobot):
        return step
    body = step.after.body()
    body["spec"]["description"] = f"{mark(receipt, namespace)} {body['spec'].get('description', '')}".strip()
    return replace(step, after=Sealed(body))


def is_marked(body: Body | None, receipt: str, namespace: str) -> bool:
    """Was this robot made by the repair of this receipt?"""
    return body is not None and description(body).startswith(mark(receipt, namespace))


def description(body: Body) -> str:
    """Return a robot's description."""
    return str((body.get("spec") or {}).get("description") or "")


def with_login(body: Body, old: Login, new: Login) -> Body:
    """Return a Secret in which every entry of one login holds another; the same body where none does."""
    payload = find(body) if body.get("kind", "Secret") == "Secret" else None
    changed = payload
    for entry in payload.entries if payload else ():
        if changed is not None and _holds(entry, old):
            changed = changed.with_login(entry.key, new)
    if payload is None or changed is None or changed is payload:
        return body
    return put(body, changed)


def _holds(entry: RawEntry, login: Login) -> bool:
    if entry.broken:
        return False
    fields = entry.fields
    username, password = decode_auth(fields.auth) if fields.auth else (fields.username, fields.password)
    return username == login.username and Password(password) == login.password


def bound(step: Step, old: Login, new: Login) -> Step:
    """Return the step that writes `new` where it would have written `old`."""
    if step.target.kind != "Secret" or step.after is None or not isinstance(step, CreateObject | ReplaceObject):
        return step
    return replace(step, after=Sealed(with_login(step.after.body(), old, new)))


def give_back(step: Step, made: Body | None, writer: Writer) -> bool:
    """Remove what a step made in Harbor, for which nothing was written in the cluster; was it?

    `made`: as stored. Raises DoctorError where it cannot be removed, Left where it is not ours or holds what is not.
    """
    if step.target.kind not in HARBOR or step.verb is not Verb.CREATE:
        return False
    if isinstance(step, MintRobot):
        return step.take_back(writer, "the Secret could not be written", made)
    there = writer.read(step.target)
    if there is not None:
        ensure(step.target, made, there, writer)
        DeleteObject(step.target, Sealed(there)).apply(writer)
    return True


def holds_login_of(body: Body, names: Collection[str]) -> bool:
    """Does a Secret hold a login with one of these user names?"""
    payload = find(body)
    return any(_username(entry) in names for entry in (payload.entries if payload else ()))


def _username(entry: RawEntry) -> str:
    if entry.broken:
        return ""
    fields = entry.fields
    return decode_auth(fields.auth)[0] if fields.auth else fields.username
