"""Who may do what: role rights of a project (common/rbac/project/rbac_role.go) and those of robots.

Only the resources that a client of pulls, members and robots meets.
"""

from types import MappingProxyType

from checks.demo.harbor.entities import Project, Robot, Role
from checks.demo.harbor.security import Caller, Kind
from checks.demo.harbor.state import HarborState

Right = tuple[str, str]


def _rights(text: str) -> frozenset[Right]:
    pairs = (word.partition(":") for word in text.split())
    return frozenset((resource, action) for resource, _, actions in pairs for action in actions.split(","))


_PUBLIC = _rights("project:read repository:list,read,pull artifact:list,read tag:list accessory:list")
_LIMITED = _PUBLIC | _rights("quota:read metadata:read scan:read artifact-addition:read configuration:read")
_GUEST = _LIMITED | _rights("member:list,read robot:list,read label:list,read")
_DEVELOPER = _GUEST | _rights("repository:push artifact:create tag:create tag-retention:read,list")
_MAINTAINER = _DEVELOPER | _rights(
    "repository:update,delete artifact:delete tag:delete scan:create metadata:create,update,delete "
    "immutable-tag:list notification-policy:list"
)
_ADMIN = _MAINTAINER | _rights("member:create,update,delete robot:create,update,delete log:list project:update,delete")

OF_ROLE = MappingProxyType(
    {
        Role.LIMITED_GUEST: _LIMITED,
        Role.GUEST: _GUEST,
        Role.DEVELOPER: _DEVELOPER,
        Role.MAINTAINER: _MAINTAINER,
        Role.PROJECT_ADMIN: _ADMIN,
    }
)

CATALOGUE = _rights(
    "label:create,read,update,delete,list project:read,update,delete metadata:create,read,update,delete,list "
    "repository:read,list,update,delete,push,pull artifact:create,read,delete,list scan:create,read,stop "
    "sbom:create,read,stop tag:create,delete,list accessory:list artifact-addition:read "
    "artifact-label:create,delete scanner:create,read preheat-policy:create,read,update,delete,list "
    "immutable-tag:create,update,delete,list tag-retention:create,read,update,delete,list,operate log:list "
    "notification-policy:create,read,update,delete,list robot:create,read,list,delete "
    "member:create,read,update,delete,list quota:read"
)
"""What a robot may be given on a project (GET /permissions)."""

SYSTEM_CATALOGUE = _rights(
    "audit-log:list preheat-instance:create,read,update,delete,list project:list,create "
    "replication-policy:create,read,update,delete,list replication:create,read,list "
    "replication-adapter:list registry:create,read,update,delete,list scan-all:create,read,update,stop "
    "system-volumes:read garbage-collection:create,read,update,stop,list purge-audit:create,read,update,stop,list "
    "jobservice-monitor:list,stop scanner:create,read,update,delete,list label:create,read,update,delete "
    "export-cve:create,read security-hub:read,list catalog:read robot:create,read,list,delete "
    "user:create,read,update,delete,list user-group:create,read,update,delete,list "
    "ldap-user:create,list quota:read,update,list"
)


def allowed(state: HarborState, caller: Caller, project: Project, resource: str, action: str) -> bool:
    """May the caller do `action` on `resource` of the project? Not for bearer tokens, which carry their own list."""
    if caller.admin:
        return True
    if project.public and (resource, action) in _PUBLIC:
        return True
    if caller.robot is not None:
        return _granted(caller.robot, project.name, resource, action)
    role = state.role(project, caller.user) if caller.user is not None else None
    return role is not None and (resource, action) in OF_ROLE[role]


def _granted(robot: Robot, project: str, resource: str, action: str) -> bool:
    return any(
        (access.resource, access.action) == (resource, action)
        for grant in robot.grants
        if grant.kind == "project" and grant.namespace in (project, "*")
        for access in grant.access
    )


def allowed_on_system(caller: Caller, resource: str, action: str) -> bool:
    """May the caller do `action` on a resource of the whole system?"""
    if caller.robot is None:
        return caller.admin
    return any(
        (access.resource, access.action) == (resource, action)
        for grant in caller.robot.grants
        if grant.kind == "system"
        for access in grant.access
    )


def repository_actions(state: HarborState, caller: Caller, project: Project | None) -> frozenset[str]:
    """Return all repository actions that the caller has on a project: what a token says, whatever was asked for."""
    if project is None:
        return frozenset()
    if caller.kind is Kind.TOKEN:
        return caller.claims.actions(project.name) if caller.claims else frozenset()
    names = ("pull", "push", "delete")
    return frozenset(name for name in names if allowed(state, caller, project, "repository", name))


def sees(state: HarborState, caller: Caller, project: Project) -> bool:
    """Does the project stand in the caller's list of projects?"""
    if caller.admin or project.public:
        return True
    if caller.robot is not None:
        spaces = {grant.namespace for grant in caller.robot.grants if grant.kind == "project"}
        return bool({project.name, "*"} & spaces)
    return caller.user is not None and state.role(project, caller.user) is not None
