"""Makes, changes and removes robots, members and projects in Harbor, with the operator's login only.

Works on objects as `harbor_objects` shapes them, named by (kind, host, name), and fails with the same errors as the
cluster's writes do, so that one pipeline carries out and takes back both. Harbor knows no preconditions: an object is
read right before it is written, and a change in between is seen, but for the moment of the request itself. Every
request passes the gate of `session.Web`; none is sent twice.
"""

from typing import Any

from checks.clients.harbor_api import Reply, segment
from checks.clients.harbor_failures import failure
from checks.clients.harbor_holdings import holdings
from checks.clients.harbor_names import DEFAULT_PREFIX, homes
from checks.clients.harbor_objects import LIMITED_GUEST, Body, bare_name, member_body, project_body, robot_body
from checks.clients.harbor_questions import Questions
from checks.credentials import Login, Origin, OriginKind, Password
from checks.errors import Conflict, DoctorError, Forbidden, Invalid, NotFound, ServerFault
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
        host, projects = ref.namespace, self._homes(ref)
        if not projects and not self.operator(host).sysadmin:
            raise Forbidden(f"{self.user} sees no project at Harbor {host} that {ref.name} could be of", 403)
        shown = [one for project in projects for one in self.robots(host, project, self._own(ref, project))]
        exact = next((one for one in shown if one.get("name") == ref.name), None)
        ending = self._ending(ref, projects)
        alike = (one for one in shown if ending and str(one.get("name")).endswith(ending))
        found = exact or next(alike, None)
        return robot_body(host, found) if found else None

    def _ending(self, ref: ObjectRef, projects: tuple[str, ...]) -> str:
        """Return how the robot's name ends, whatever is before it; empty where only the whole name can be trusted."""
        if len(projects) == 1 and projects[0]:
            return f"{projects[0]}+{ref.name.rpartition('+')[2]}"
        # One that was made without Harbor's prefix being told.
        made = ref.project == "" and self.told(ref.namespace) is None
        return ref.name.removeprefix(DEFAULT_PREFIX) if made else ""

    def _homes(self, ref: ObjectRef) -> tuple[str, ...]:
        """Return the projects that a robot may be of; only one where it is told, or its name tells it."""
        if ref.project is not None:
            return (ref.project,)
        found = homes(self._api, ref.namespace, ref.name, self.told(ref.namespace))
        if isinstance(found, Reply):
            raise failure(found, ref.namespace, self.user, "list projects")
        return found

    def _own(self, ref: ObjectRef, project: str) -> str:
        """Return a robot's own name; empty, for all, where it is not known what stands before it."""
        if project:
            return ref.name.rpartition("+")[2]
        prefix = self.told(ref.namespace)
        return ref.name.removeprefix(prefix) if prefix and ref.name.startswith(prefix) else ""

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
        held = summary.get("repo_count") if isinstance(summary, dict) else None
        return project_body(host, reply.document, held, self.now(host))

    def held(self, ref: ObjectRef) -> tuple[str, ...]:
        """Name everything that a project holds and deleting it would take along; raises ClusterError if not shown."""
        self.operator(ref.namespace)
        number = self.number(ref.namespace, ref.name)
        return () if number is None else holdings(self._api, ref.namespace, ref.name, number)

    # ── creating ─────────────────────────────────────────────────────────────────────────────────────────────

    def mint(self, ref: ObjectRef, body: Body) -> tuple[Body, Login]:
        """Create a robot; return it as stored, and its login: the secret is told here and never again.

        Raises Conflict where the name is taken, Forbidden, ServerFault where it is not known whether it was made.
        """
        host, user = ref.namespace, self.operator(ref.namespace).name
        project = self._home(ref)
        prefix = "" if project else self.prefix(host, "")
        short = ref.name.rpartition("+")[2] if project else bare_name(ref.name, prefix)
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
        reply = self._api.write(ref.namespace, "POST", path, document)
        self._done(reply, ref.namespace, what, right)
        meta = {"namespace": ref.namespace, "name": ref.name, "uid": reply.number}
        return self._owned(ref, self._stored(ref, {**body, "kind": ref.kind, "metadata": meta}))

    def _stored(self, ref: ObjectRef, sent: Body) -> Body:
        """Return what Harbor shows after it took a write; where it shows nothing for the moment, what was sent.

        What fails now is the look, not the write. Raises ServerFault where the object is another one or not there.
        """
        try:
            stored = self.read(ref)
        except DoctorError:
            return sent
        made = str(sent["metadata"].get("uid") or "")
        if stored is None or made not in ("", stored["metadata"]["uid"]):
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
        return self._owned(ref, {**body, "kind": ref.kind})

    def _owned(self, ref: ObjectRef, body: Body) -> Body:
        """Note who makes a project: its owner is never another user."""
        owner = {"owner": self.user} if ref.kind == "Project" else {}
        return {**body, "metadata": {**body["metadata"], **owner}}

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
        # The version is that from before the write, so it is not handed on.
        meta = {k: v for k, v in current["metadata"].items() if k != "resourceVersion"}
        return self._stored(ref, {**body, "metadata": meta})

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
            return "robot", self._home(ref)
        return ("member", ref.name.partition("/")[0]) if ref.kind == "Member" else ("", "")

    def _home(self, ref: ObjectRef) -> str:
        """Return a robot's project, empty for the system; the likeliest where only its name is known."""
        return next(iter(self._homes(ref)), "")

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
