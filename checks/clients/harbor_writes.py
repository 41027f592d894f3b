"""Makes, changes and removes robots, members and projects in Harbor, with the operator's login only.

Works on objects as `harbor_objects` shapes them, named by (kind, host, name), and fails with the same errors as the
cluster's writes do, so that one pipeline carries out and takes back both. Harbor knows no preconditions: an object is
read right before it is written, and a change in between is seen, but for the moment of the request itself. Every
request passes the gate of `session.Web`; none is sent twice.
"""

from typing import Any

from checks.clients.harbor_api import Reply, segment
from checks.clients.harbor_failures import failure
from checks.clients.harbor_objects import (
    LIMITED_GUEST,
    Body,
    bare_name,
    member_body,
    project_body,
    robot_body,
    same_robot,
)
from checks.clients.harbor_questions import Questions
from checks.credentials import Login, Origin, OriginKind, Password
from checks.errors import Conflict, Forbidden, Invalid, NotFound, ServerFault
from checks.model import ObjectRef

_ADMIN = "the project administrator's role (or a system administrator)"
_SYSTEM = "a system administrator"
KINDS = ("Robot", "Member", "Project")


class HarborWrites(Questions):
    """The writes of a step at Harbor; `namespace` of an ObjectRef is Harbor's host.

    Names: a robot's full name with its prefix, `project/user` of a member, a project's own. Every method raises
    Refused where the operator's login cannot be used at that host.
    """

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now, None where it is not there; Forbidden where that is not shown."""
        self.operator(ref.namespace)
        if ref.kind == "Robot":
            return self._robot(ref)
        return self._member(ref) if ref.kind == "Member" else self._project(ref)

    def _robot(self, ref: ObjectRef) -> Body | None:
        host, (project, short) = ref.namespace, self._parts(ref)
        prefix = self.prefix(host, project)
        shown = self.robots(host, project, short)
        exact = next((one for one in shown if one.get("name") == ref.name), None)
        found = exact or next((one for one in shown if same_robot(str(one.get("name")), ref.name, prefix)), None)
        return robot_body(host, found) if found else None

    def _parts(self, ref: ObjectRef) -> tuple[str, str]:
        """Return a robot's project (empty: system) and its short name."""
        guess = bare_name(ref.name, "").rpartition("+")[0]
        project, _, short = bare_name(ref.name, self.prefix(ref.namespace, guess)).rpartition("+")
        return project, short

    def _member(self, ref: ObjectRef) -> Body | None:
        host, (project, _, user) = ref.namespace, ref.name.partition("/")
        if self.number(host, project) is None:
            return None
        found = self._api.listed(host, f"/projects/{segment(project)}/members", entityname=user)
        if isinstance(found, Reply):
            raise failure(found, host, self._api.username, f"see the members of {project}")
        mine = (one for one in found if (one.get("entity_name"), one.get("entity_type")) == (user, "u"))
        shown = next(mine, None)
        return member_body(host, project, shown) if shown else None

    def _project(self, ref: ObjectRef) -> Body | None:
        host, project = ref.namespace, ref.name
        if self.number(host, project) is None:
            return None
        reply = self._api.call(host, "GET", f"/projects/{segment(project)}")
        if reply.status == 404:
            return None
        if not reply.ok or not isinstance(reply.document, dict):
            raise failure(reply, host, self._api.username, f"read the project {project}")
        summary = self._api.call(host, "GET", f"/projects/{segment(project)}/summary").document
        return project_body(host, reply.document, summary.get("repo_count") if isinstance(summary, dict) else None)

    # ── creating ─────────────────────────────────────────────────────────────────────────────────────────────

    def mint(self, ref: ObjectRef, body: Body) -> tuple[Body, Login]:
        """Create a robot; return it as stored, and its login: the secret is told here and never again.

        Raises Conflict where the name is taken, Forbidden, ServerFault where it is not known whether it was made.
        """
        host, user = ref.namespace, self.operator(ref.namespace).name
        _, short = self._parts(ref)
        document = {"name": short, "disable": False, **body["spec"]}
        reply = self._api.write(host, "POST", "/robots", document)
        what, right = self._about("create", ref)
        self._done(reply, host, what, right)
        made = reply.document if isinstance(reply.document, dict) else {}
        name, secret = made.get("name"), made.get("secret")
        if not isinstance(name, str) or not isinstance(secret, str) or not secret:
            raise ServerFault(f"Harbor at {host} made a robot account and did not tell its name and secret", 201)
        login = Login(name, Password(secret), Origin(OriginKind.OPERATOR, f"made by {user}", host))
        return robot_body(host, {**body["spec"], **{k: v for k, v in made.items() if k != "secret"}}), login

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """Create a member or project, or with `dry_run` look whether it could be; a robot only with `mint`."""
        if dry_run:
            return self._rehearsed(ref, body)
        what, right = self._about("create", ref)
        if ref.kind == "Member":
            project, _, user = ref.name.partition("/")
            role = body["spec"].get("role_id", LIMITED_GUEST)
            document: Any = {"role_id": role, "member_user": {"username": user}}
            path = f"/projects/{segment(project)}/members"
        elif ref.kind == "Project":
            public = "true" if body["spec"].get("public") else "false"
            document, path = {"project_name": ref.name, "metadata": {"public": public}}, "/projects"
        else:
            raise Invalid(f"{ref} is made by `mint` only")
        self._done(self._api.write(ref.namespace, "POST", path, document), ref.namespace, what, right)
        stored = self.read(ref)
        if stored is None:
            raise ServerFault(f"Harbor at {ref.namespace} took {ref} and does not show it", 201)
        return stored

    def _rehearsed(self, ref: ObjectRef, body: Body) -> Body:
        """Harbor has no dry run: say what can be known before."""
        what, right = self._about("create", ref)
        if self.read(ref) is not None:
            raise Conflict(f"{ref} is there already")
        resource, project = self._resource(ref)
        if resource and self.may(ref.namespace, project, resource, "create") is False:
            user = self.operator(ref.namespace).name
            raise Forbidden(f"{user} may not {what} at Harbor {ref.namespace}, which takes {right}", 403)
        return {**body, "kind": ref.kind}

    # ── changing and removing ────────────────────────────────────────────────────────────────────────────────

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """Change a robot: PUT with the whole object; raises Conflict if it changed since `body` was read."""
        if ref.kind != "Robot":
            raise Invalid(f"{ref} is never changed in place")
        current = self._still(ref, body["metadata"])
        if dry_run:
            return {**body, "metadata": current["metadata"]}
        host, number = ref.namespace, current["metadata"]["uid"]
        # PUT takes a missing `disable` for false, and everything but level and name is set (handler/robot.go).
        document = {"id": int(number), "name": current["metadata"]["name"], "disable": False, **body["spec"]}
        what, right = self._about("change", ref)
        self._done(self._api.write(host, "PUT", f"/robots/{number}", document), host, what, right)
        stored = self.read(ref)
        if stored is None:
            raise NotFound(f"{ref} was deleted meanwhile", 404)
        return stored

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        """Remove the object if it is the one with this number (and version); raises NotFound, Conflict, ..."""
        current = self._still(ref, {"uid": uid, "resourceVersion": resource_version})
        if dry_run:
            return
        number = current["metadata"]["uid"]
        path = f"/robots/{number}"
        if ref.kind == "Member":
            path = f"/projects/{segment(ref.name.partition('/')[0])}/members/{number}"
        elif ref.kind == "Project":
            path = f"/projects/{segment(ref.name)}"
        what, right = self._about("delete", ref)
        self._done(self._api.write(ref.namespace, "DELETE", path), ref.namespace, what, right)

    def _still(self, ref: ObjectRef, meta: dict[str, Any]) -> Body:
        current = self.read(ref)
        if current is None:
            raise NotFound(f"{ref} is not there", 404)
        now = current["metadata"]
        if str(meta.get("uid")) != now["uid"]:
            raise Conflict(f"{ref} was deleted and made anew meanwhile", 409)
        version = meta.get("resourceVersion")
        if version and version != now.get("resourceVersion", version):
            raise Conflict(f"{ref} was changed meanwhile", 409)
        return current

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────

    def _done(self, reply: Reply, host: str, what: str, right: str) -> None:
        if not reply.ok:
            raise failure(reply, host, self._api.username, what, right)

    def _resource(self, ref: ObjectRef) -> tuple[str, str]:
        """Return Harbor's resource word and the project that a right is asked on; none for projects themselves."""
        if ref.kind == "Robot":
            return "robot", self._parts(ref)[0]
        return ("member", ref.name.partition("/")[0]) if ref.kind == "Member" else ("", "")

    def _about(self, verb: str, ref: ObjectRef) -> tuple[str, str]:
        """Return what is wanted, in words, and the right that it takes."""
        _, project = self._resource(ref)
        if ref.kind == "Project":
            return f"{verb} the project {ref.name}", f"the right to {verb} projects"
        if ref.kind == "Member":
            return f"{verb} members of {project}", _ADMIN
        if not project:
            return f"{verb} robot accounts of the system", _SYSTEM
        return f"{verb} robot accounts of {project}", _ADMIN
