"""Who may do what: bearer tokens, a small role model, and the two self reviews that answer by it."""

from dataclasses import dataclass, field

from checks.demo.api.problems import Cause, Obj, forbidden, invalid, unauthorized

_EVERY = ("*",)
READ = ("get", "list", "watch")
WRITE = ("create", "update", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is allowed; `*` stands for everything in its field, no namespaces for the whole cluster."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    """Plurals, with `/status` and the like for subresources."""
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Only these objects; such a rule never allows create or list."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a token."""

    name: str
    token: str = field(repr=False)
    rules: tuple[Rule, ...] = ()
    groups: tuple[str, ...] = ("system:authenticated",)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that somebody wants to do."""

    verb: str
    group: str
    resource: str
    """With its subresource after a slash."""
    namespace: str = ""
    name: str = ""


ANONYMOUS = User("system:anonymous", "", (), ("system:unauthenticated",))

ADMIN = User("admin", "demo-admin", (Rule(_EVERY, _EVERY),), ("system:masters", "system:authenticated"))
"""May do everything."""
DEVELOPER = User(
    "developer",
    "demo-developer",
    (
        Rule(_EVERY, ("pods", "secrets", "serviceaccounts", "events", "controllerrevisions"), ("shop",)),
        Rule(_EVERY, ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs"), ("shop",)),
    ),
)
"""At home in the namespace shop, a stranger everywhere else."""
READER = User(
    "reader",
    "demo-reader",
    (
        Rule(READ, ("pods", "serviceaccounts", "events", "namespaces", "nodes", "poddisruptionbudgets")),
        Rule(READ, ("controllerrevisions",)),
        Rule(READ, ("deployments", "replicasets", "statefulsets", "daemonsets", "jobs", "cronjobs")),
    ),
)
"""Sees everything in the cluster except Secrets, changes nothing."""


def allows(user: User, action: Action) -> bool:
    """Tell whether the user may do it."""
    return any(_fits(rule, action) for rule in user.rules)


def _fits(rule: Rule, action: Action) -> bool:
    named = not rule.names or (action.name in rule.names and action.verb not in ("create", "list", "watch"))
    placed = not rule.namespaces or action.namespace in rule.namespaces
    return named and placed and _in(action.verb, rule.verbs) and _in(action.resource, rule.resources)


def _in(value: str, allowed: tuple[str, ...]) -> bool:
    return "*" in allowed or value in allowed


def demand(user: User, action: Action) -> None:
    """Raise 403 in the real server's words where the user may not."""
    if allows(user, action):
        return
    where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {action.verb} resource "{action.resource}" in API group "{action.group}" {where}'
    raise forbidden(action.resource.partition("/")[0], action.group, action.name, why)


def identify(users: dict[str, User], authorization: str) -> User:
    """Return who sent `Authorization`; nobody is the anonymous user, an unknown token is 401."""
    if not authorization:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    user = users.get(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise unauthorized()
    return user


def impersonate(users: dict[str, User], user: User, name: str, groups: tuple[str, ...]) -> User:
    """Return the user to act as; only somebody who may do everything can, others get 403."""
    for resource, wanted in (("users", (name,)), ("groups", groups)):
        for one in wanted:
            _demand_impersonation(user, resource, one)
    known = next((other for other in users.values() if other.name == name), None)
    rules = known.rules if known else ()
    admin = ADMIN.rules if "system:masters" in groups else ()
    return User(name, "", rules + admin, (*groups, "system:authenticated"))


def _demand_impersonation(user: User, resource: str, name: str) -> None:
    if allows(user, Action("impersonate", "", resource, "", name)):
        return
    why = f'User "{user.name}" cannot impersonate resource "{resource}" in API group "" at the cluster scope'
    raise forbidden(resource, "", name, why)


def access_review(user: User, body: Obj) -> Obj:
    """Answer a SelfSubjectAccessReview.

    A `create` with a name is answered as if the rule's names did not matter, as the real server does: it says
    allowed, and the create is refused all the same. So ask without a name.
    """
    asked = (body.get("spec") or {}).get("resourceAttributes")
    if asked is None:
        why = "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise invalid("", "authorization.k8s.io", "", Cause("FieldValueInvalid", "spec.resourceAttributes", why))
    part = asked.get("subresource", "")
    resource = asked.get("resource", "") + (f"/{part}" if part else "")
    action = Action(
        asked.get("verb", ""), asked.get("group", ""), resource, asked.get("namespace", ""), asked.get("name", "")
    )
    allowed = allows(user, action) or _create_by_name(user, action)
    return body | {"metadata": {}, "status": {"allowed": allowed}}


def _create_by_name(user: User, action: Action) -> bool:
    return action.verb == "create" and any(
        action.name in rule.names and _in("create", rule.verbs) and _in(action.resource, rule.resources)
        for rule in user.rules
        if not rule.namespaces or action.namespace in rule.namespaces
    )


def self_review(user: User, body: Obj) -> Obj:
    """Answer a SelfSubjectReview: who we are."""
    info = {"username": user.name, "groups": list(user.groups)}
    return body | {"metadata": {}, "status": {"userInfo": info}}
