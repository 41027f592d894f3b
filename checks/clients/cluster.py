"""One Kubernetes cluster as one user: the typed reads of a scan, raw objects for repairs, and their writes."""

import threading
from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

import msgspec

from checks.clients import kubeconfig, writes
from checks.clients.contextsettings import with_context
from checks.clients.decode import Listed, ListReader
from checks.clients.kinds import EVENT, NAMESPACE, POD, SECRET, kind_of, path_of
from checks.clients.link import Link
from checks.clients.lists import METADATA_ONLY, PAGE, pages, snapshot
from checks.clients.stream import Change, watch
from checks.clients.transport import Ask, Transport
from checks.clients.wire import Event, Headed, Pod
from checks.clients.writes import Body
from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON
from checks.errors import ConfigError, Forbidden, Invalid, NotFound, ServerFault, Throttled
from checks.model import ObjectRef
from checks.settings import Settings, for_context
from checks.writegate import WriteGate

_UNFINISHED = (("fieldSelector", "status.phase!=Succeeded,status.phase!=Failed"),)
_PENDING = (("fieldSelector", "status.phase=Pending"),)

_PODS = ListReader(Pod)
_EVENTS = ListReader(Event)
_HEADS = ListReader(Headed)
_OBJECTS: ListReader[dict[str, Any]] = ListReader(dict[str, Any])


class Cluster:
    """The API server of one context. Making it reads no file; `connect()` or the first use of anything else does.

    Safe to use from several threads. All methods raise ClusterError subclasses with one sentence, which begins with
    the context's name; those that take `stop` raise Interrupted soon after it is set. Writes raise Refused where the
    gate is shut (read-only, protected), dry runs excepted.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: Transport | None = None
        self._user: str | None = None

    @property
    def name(self) -> str:
        """The context's name."""
        return self._transport.name

    @property
    def settings(self) -> Settings:
        """The settings in force, those of the context filled in; reads the kubeconfig, asks no network."""
        _ = self._transport
        return self._settings

    @property
    def gate(self) -> WriteGate:
        """What every write passes, those in Harbor too."""
        return self._transport.gate

    @property
    def namespace(self) -> str:
        """The context's own namespace."""
        return self._transport.link.access.namespace

    @property
    def server(self) -> str:
        """The API server's address."""
        return self._transport.link.access.server

    @property
    def ahead(self) -> timedelta | None:
        """How far the API server's clock is ahead of ours, by its last answer; None where it did not say."""
        return self._transport.ahead

    def connect(self, interactive: bool = False) -> None:
        """Read the kubeconfig, run its login plugin, and ask who we are; raises ClusterError.

        With `interactive` a plugin may read from the terminal: only before any screen is up.
        """
        self._open(interactive)
        self.who()

    def close(self) -> None:
        """Close all connections and remove key files; the next call opens them again."""
        with self._lock:
            if self._opened is not None:
                self._opened.link.close()
                self._opened = None

    def who(self) -> str:
        """Return the name the API server knows us by, or the kubeconfig's where it cannot say (before 1.28)."""
        if self._user is None:
            try:
                told = self._review("authentication.k8s.io/v1", "SelfSubjectReview", {})
                info = (told.get("status") or {}).get("userInfo") or {}
                self._user = str(info.get("username") or "")
            except (NotFound, Forbidden, Invalid) as error:
                if "cannot impersonate" in str(error):
                    raise
                self._user = self._transport.link.access.user_name
        return self._user

    def pods(
        self, namespace: str | None, limit: int = PAGE, stop: threading.Event | None = None
    ) -> Iterator[Listed[Pod]]:
        """Yield pages of the unfinished pods of one namespace, or with None of all."""
        return pages(self._transport, _PODS, POD, namespace, stop, selectors=_UNFINISHED, limit=limit)

    def pending_pods(self, stop: threading.Event | None = None) -> Listed[Pod]:
        """Return the Pending pods of all namespaces from the server's cache: a first look, perhaps a little old."""
        return snapshot(self._transport, _PODS, POD, stop, _PENDING)

    def namespaces(self, stop: threading.Event | None = None) -> tuple[str, ...]:
        """Return the names of all namespaces."""
        found = pages(self._transport, _HEADS, NAMESPACE, None, stop, accept=f"{METADATA_ONLY},application/json")
        return tuple(head.metadata.name for page in found for head in page.items)

    def secret_names(self, namespace: str, stop: threading.Event | None = None) -> tuple[str, ...]:
        """Return the names of the namespace's pull Secrets, sorted; no value is asked for or sent."""
        names: set[str] = set()
        for kind in (DOCKER_CONFIG_JSON, DOCKER_CFG):
            chosen = (("fieldSelector", f"type={kind}"),)
            found = pages(self._transport, _HEADS, SECRET, namespace, stop, selectors=chosen, accept=METADATA_ONLY)
            names.update(head.metadata.name for page in found for head in page.items)
        return tuple(sorted(names))

    def events(self, pod_uid: str, namespace: str, stop: threading.Event | None = None) -> tuple[Event, ...]:
        """Return the events about one pod, in no order; they live an hour or so."""
        chosen = (("fieldSelector", f"involvedObject.uid={pod_uid}"),)
        found = pages(self._transport, _EVENTS, EVENT, namespace, stop, selectors=chosen)
        return tuple(event for page in found for event in page.items)

    def list_objects(
        self,
        kind: str,
        namespace: str | None,
        field_selector: str = "",
        label_selector: str = "",
        stop: threading.Event | None = None,
    ) -> tuple[Body, ...]:
        """Return whole objects of one kind as JSON; raises UsageError for a kind that is not in `kinds`."""
        chosen = (("fieldSelector", field_selector), ("labelSelector", label_selector))
        selectors = tuple(pair for pair in chosen if pair[1])
        found = pages(self._transport, _OBJECTS, kind_of(kind), namespace, stop, selectors=selectors)
        return tuple(item for page in found for item in page.items)

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now, or None where it does not exist."""
        ask = Ask(path_of(ref))
        answer = self._transport.send(ask)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._transport.refused(ask, answer)
        return writes.decoded(self._transport, ask, answer.body)

    def may(self, verb: str, resource: str, group: str, namespace: str, name: str = "") -> bool | None:
        """Ask whether we may (SelfSubjectAccessReview); None where that cannot be asked. Empty namespace: everywhere.

        For `create` the name is left out: with one, RBAC says yes and then refuses.
        """
        wanted = {"verb": verb, "resource": resource, "group": group, "namespace": namespace}
        if name and verb != "create":
            wanted["name"] = name
        try:
            told = self._review(
                "authorization.k8s.io/v1", "SelfSubjectAccessReview", {"spec": {"resourceAttributes": wanted}}
            )
        except (Forbidden, NotFound, Invalid, ServerFault, Throttled):
            return None
        allowed = (told.get("status") or {}).get("allowed")
        return allowed if isinstance(allowed, bool) else None

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """POST; raises Conflict if the name is taken."""
        return writes.create(self._transport, ref, body, dry_run)

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """PUT with the body's resourceVersion; raises Conflict if somebody changed it."""
        return writes.replace(self._transport, ref, body, dry_run)

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        """DELETE with preconditions; raises Conflict if it is another object by now."""
        writes.delete(self._transport, ref, uid, resource_version, dry_run)

    def watch_pods(
        self,
        namespace: str | None,
        resource_version: str,
        stop: threading.Event,
        field_selector: str = "",
        deadline: float | None = None,
    ) -> Generator[Change, None, None]:
        """Yield (ADDED | MODIFIED | DELETED, pod) after that version; raises Expired: then list again.

        Ends when `stop` is set or `deadline` (a time.monotonic value) has passed.
        """
        return watch(self._transport, namespace, resource_version, stop, field_selector, deadline)

    @property
    def _transport(self) -> Transport:
        return self._opened or self._open()

    def _open(self, interactive: bool = False) -> Transport:
        with self._lock:
            if self._opened is None:
                access = kubeconfig.load(self._settings)
                own = with_context(self._settings, access.extension, access.settings_folder, access.source)
                self._settings = for_context(own, access.context)
                link = Link(access, self._settings, interactive)
                try:
                    link.pool()
                except ConfigError:
                    link.close()
                    raise
                gate = WriteGate(access.context, read_only=self._settings.read_only, protected=self._settings.protected)
                self._opened = Transport(link, self._settings.timeout, gate)
            return self._opened

    def _review(self, api_version: str, kind: str, more: Body) -> Body:
        body = msgspec.json.encode({"apiVersion": api_version, "kind": kind, **more})
        ask = Ask(f"/apis/{api_version}/{kind.lower()}s", method="POST", body=body)
        return writes.decoded(self._transport, ask, self._transport.get(ask).body)
