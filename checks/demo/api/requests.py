"""From a request's method, path, query and body to an answer: routing, rights, and the shapes that are sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checks.demo.api import access, kinds, table
from checks.demo.api.kinds import Resource
from checks.demo.api.objects import Deletion, Objects, Options
from checks.demo.api.problems import Cause, Obj, bad_request, invalid, method_not_allowed, no_such_path
from checks.demo.api.reads import Pages, Wanted, Watch, follow
from checks.demo.api.store import Store

VERSION = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.4",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-02-10T12:00:00Z",
    "goVersion": "go1.24.12",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_OPTIONS_KIND = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}
_OPEN_PATHS = ("/version", "/healthz", "/livez", "/readyz")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send: one object, or a stream of watch events."""

    code: int
    obj: Obj | None = None
    stream: Iterator[Obj | None] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path points."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class Api:
    """The pretend API server without its socket."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.objects = Objects(store)
        self.pages = Pages(store)
        self.users = {user.token: user for user in (access.ADMIN, access.DEVELOPER, access.READER)}
        self.bookmark_seconds = 10.0

    def answer(self, request: Request) -> Answer:
        """Return the answer; raises `Problem` for every refusal."""
        user = access.identify(self.users, request.headers.get("authorization", ""))
        acting = request.headers.get("impersonate-user", "")
        if acting:
            groups = tuple(g for g in request.headers.get("impersonate-group", "").split("\n") if g)
            user = access.impersonate(self.users, user, acting, groups)
        path = request.path.rstrip("/")
        if path in _OPEN_PATHS:
            return Answer(200, VERSION) if path == "/version" else Answer(200, text="ok")
        parts = [part for part in request.path.split("/") if part]
        special = self._review(request, parts, user) or self._discovery(request, parts)
        return special or self._object(request, parts, user)

    def _review(self, request: Request, parts: list[str], user: access.User) -> Answer | None:
        kind = kinds.REVIEWS.get((parts[1], parts[2], parts[3])) if len(parts) == 4 and parts[0] == "apis" else None
        if kind is None:
            return None
        if request.method != "POST":
            raise method_not_allowed()
        body = {"kind": kind, "apiVersion": f"{parts[1]}/{parts[2]}"} | _json(request.body)
        if kind == "SelfSubjectAccessReview":
            return Answer(201, access.access_review(user, body))
        return Answer(201, access.self_review(user, body))

    def _discovery(self, request: Request, parts: list[str]) -> Answer | None:
        if request.method != "GET" or not parts or len(parts) > 3:
            return None
        if parts == ["api"]:
            return Answer(200, kinds.versions())
        if parts == ["apis"]:
            return Answer(200, kinds.groups())
        group, version = ("", parts[1]) if parts[0] == "api" and len(parts) == 2 else ("-", "")
        if parts[0] == "apis" and len(parts) == 3:
            group, version = parts[1], parts[2]
        listed = kinds.resources(group, version)
        return Answer(200, listed) if listed else None

    def _object(self, request: Request, parts: list[str], user: access.User) -> Answer:
        place = locate(parts)
        verb = self._verb(request, place)
        part = f"/{place.subresource}" if place.subresource else ""
        resource = place.resource
        namespace = place.namespace or (place.name if resource.plural == "namespaces" else "")
        access.demand(user, access.Action(verb, resource.group, resource.plural + part, namespace, place.name))
        if verb in ("get", "list", "watch"):
            return self._read(request, place, verb)
        return self._write(request, place, verb)

    def _verb(self, request: Request, place: Place) -> str:
        verb = _VERBS.get(request.method, "")
        if verb == "get" and not place.name:
            return "watch" if request.query.get("watch") in ("true", "1") else "list"
        if (verb == "create") == bool(place.name) or not verb:
            raise method_not_allowed()
        if verb == "create" and place.resource.namespaced and not place.namespace:
            raise method_not_allowed()
        return verb

    def _read(self, request: Request, place: Place, verb: str) -> Answer:
        resource = place.resource
        if verb == "get":
            return self._shape(request, place, [self.objects.get(resource.plural, place.namespace, place.name)], None)
        wanted = _wanted(request, place)
        if verb == "watch":
            return Answer(200, stream=follow(self.store, self._watch(request, wanted)))
        items, meta = self.pages.fetch(wanted)
        return self._shape(request, place, items, meta)

    def _watch(self, request: Request, wanted: Wanted) -> Watch:
        query = request.query
        return Watch(
            wanted,
            float(query.get("timeoutSeconds") or 1800),
            bookmarks=query.get("allowWatchBookmarks") in ("true", "1"),
            initial=query.get("sendInitialEvents") in ("true", "1"),
            bookmark_seconds=self.bookmark_seconds,
        )

    def _shape(self, request: Request, place: Place, items: list[Obj], meta: Obj | None) -> Answer:
        resource, accept = place.resource, request.headers.get("accept", "")
        if "as=Table" in accept and resource.plural == "pods":
            include = request.query.get("includeObject", "Metadata")
            return Answer(200, table.render(items, meta or {}, include))
        if "as=PartialObjectMetadata" in accept:
            head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
            items = [head | {"metadata": item["metadata"]} for item in items]
            if meta is None:
                return Answer(200, items[0])
            return Answer(200, head | {"kind": "PartialObjectMetadataList", "metadata": meta, "items": items})
        if meta is None:
            return Answer(200, items[0])
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version}
        return Answer(200, head | {"metadata": meta, "items": [_bare(item) for item in items]})

    def _write(self, request: Request, place: Place, verb: str) -> Answer:
        plural, namespace, name = place.resource.plural, place.namespace, place.name
        options = _options(request, place)
        if verb == "delete":
            wish = _deletion(request)
            return Answer(200, self.objects.delete(plural, namespace, name, wish, options))
        if verb == "create":
            return Answer(201, self.objects.create(plural, namespace, _json(request.body), options))
        if verb == "update":
            return Answer(200, self.objects.update(plural, namespace, name, _json(request.body), options))
        media = request.headers.get("content-type", "").partition(";")[0].strip()
        body = _load(request.body)
        return Answer(200, self.objects.patch(plural, namespace, name, media, body, options))


def locate(parts: list[str]) -> Place:
    """Return where a path points; raises 404 where nothing is served."""
    if len(parts) > 2 and parts[0] == "api":
        group, version, rest = "", parts[1], parts[2:]
    elif len(parts) > 3 and parts[0] == "apis":
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = kinds.find(group, version, rest[0])
    padded = [*rest[1:], "", ""]
    if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
        raise no_such_path()
    if padded[1] and padded[1] not in resource.subresources:
        raise no_such_path()
    if padded[0] and resource.namespaced and not namespace:
        raise no_such_path()
    return Place(resource, namespace, padded[0], padded[1])


def _bare(item: Obj) -> Obj:
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}


def _wanted(request: Request, place: Place) -> Wanted:
    query = request.query
    return Wanted(
        place.resource,
        place.namespace,
        place.name,
        query.get("fieldSelector", ""),
        query.get("labelSelector", ""),
        int(query.get("limit") or 0),
        query.get("continue", ""),
        query.get("resourceVersion", ""),
    )


def _options(request: Request, place: Place) -> Options:
    dry = request.query.get("dryRun", "")
    if request.method == "DELETE" and not dry:
        dry = ",".join((_json(request.body) if request.body else {}).get("dryRun") or ())
    if dry not in ("", "All"):
        why = f'Unsupported value: ["{dry}"]: supported values: "All"'
        cause = Cause("FieldValueNotSupported", "dryRun", why)
        raise invalid(_OPTIONS_KIND[request.method], "meta.k8s.io", "", cause)
    software = request.headers.get("user-agent", "").partition("/")[0]
    manager = request.query.get("fieldManager") or software or "unknown"
    return Options(dry == "All", manager, place.subresource)


def _deletion(request: Request) -> Deletion:
    body = _json(request.body) if request.body else {}
    conditions = body.get("preconditions") or {}
    grace = request.query.get("gracePeriodSeconds", body.get("gracePeriodSeconds"))
    return Deletion(
        conditions.get("uid") or "", conditions.get("resourceVersion") or "", None if grace is None else int(grace)
    )


def _load(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        text = "the object provided is unrecognized (must be of type ...): couldn't get version/kind"
        raise bad_request(text) from error


def _json(body: bytes) -> Obj:
    value = _load(body)
    if not isinstance(value, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
    return value
