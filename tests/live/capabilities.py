"""All that the program can do in a cluster, with the rights that each takes, as README's roles should have them."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from checks.demo.scenarios import SCENARIOS, Scenario
from checks.demo.world import World
from tests.headless.courses import BY_NAME, Course
from tests.headless.warm import Ended
from tests.live.rights import Bench, Capability, Right, rights
from tests.live.transplant import LiveStage

_ARGO = "argocd.argoproj.io/tracking-id"
_SEE = rights("pods list")
_READ = rights("pods list", "secrets get")
_RECEIPT = rights("secrets create,update")
"""In which the values from before are kept; where something else needs them too, they are refused."""
_PODS = rights("pods get,delete")
_ACCOUNT = rights("serviceaccounts get,update")


def _scenario(code: str, kind: str = "", subject: str = "") -> Scenario:
    """One workload of one pod, owned by nobody else."""
    found = next(s for s in SCENARIOS if s.code == code and subject in s.subject)
    works = tuple(replace(work, replicas=1, kind=kind or work.kind) for work in found.workloads[:1])
    secrets = tuple(
        replace(s, annotations={k: v for k, v in s.annotations.items() if k != _ARGO}) for s in found.secrets
    )
    return replace(found, workloads=works, secrets=secrets)


def _immutable(world: World) -> None:
    world.objects.edit("secrets", "shop", "harbor-pull", lambda secret: secret.update(immutable=True))


def _without_argo(world: World) -> None:
    world.objects.edit("serviceaccounts", "pay", "default", lambda account: account["metadata"].pop("annotations", 0))


def _orphaned(world: World) -> None:
    """A ReplicaSet that no Deployment made."""
    _without_argo(world)
    for pod in world.objects.store.select("pods", "pay"):
        world.objects.edit("pods", "pay", pod["metadata"]["name"], _without_hash)
    for made in world.objects.store.select("replicasets", "pay"):
        name = made["metadata"]["name"]
        world.objects.edit("replicasets", "pay", name, lambda body: body["metadata"].pop("ownerReferences", 0))


def _without_hash(pod: dict[str, Any]) -> None:
    pod["metadata"]["labels"].pop("pod-template-hash", None)


def _silent(stage: LiveStage) -> None:
    """As before Kubernetes 1.32: the status does not tell the cause, an event does."""
    for pod in stage.objects("pods"):
        meta, status = pod["metadata"], pod["status"]
        waiting = status["containerStatuses"][0]["state"]["waiting"]
        name = status["containerStatuses"][0]["name"]
        about = {key: meta[key] for key in ("name", "namespace", "uid")}
        event = {
            "reason": "Failed", "message": waiting["message"], "type": "Warning", "count": 1,
            "involvedObject": {**about, "kind": "Pod", "apiVersion": "v1", "fieldPath": f"spec.containers{{{name}}}"},
            "lastTimestamp": "2026-11-23T21:07:42Z",
        }  # fmt: skip
        stage.cluster.create("Event", meta["namespace"], f"{meta['name']}.1", event)
        image = pod["spec"]["containers"][0]["image"]
        waiting |= {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}
        stage.cluster.patch("Pod", meta["namespace"], meta["name"], {"status": status}, sub="status")


def _budgeted(stage: LiveStage) -> None:
    """A budget that covers every pod."""
    stage.cluster.create(
        "PodDisruptionBudget", stage.namespaces[0], "all", {"spec": {"minAvailable": 1, "selector": {}}}
    )


def _follows(bench: Bench, user: str) -> Ended:
    """Watch until a pod that goes is told to be gone, or that nothing can be watched."""
    space = bench.stage.namespaces[0]
    stop = threading.Event()
    late = threading.Timer(20, stop.set)
    late.start()
    gone = threading.Timer(0.5, bench.cluster.delete_all, ("Pod", space))
    with bench.stage.doctor(bench.folder / "state", user=user) as doctor:
        try:
            report = doctor.look(stop, None)
            if not report.scan.complete:
                return Ended(3, "", "; ".join(gap.why for gap in report.scan.not_looked))
            gone.start()
            for now, trouble in doctor.follow(report, stop):
                if trouble or not now.problems:
                    return Ended(3 if trouble else 0, "", trouble)
        finally:
            stop.set()
            late.cancel()
            gone.cancel()
    return Ended(3, "", "nothing was told")


def _of(course: Course | str, arguments: str = "", *, yes: bool = True) -> Callable[[str], tuple[str, ...]]:
    """The course's own command, without `--yes` where it should ask nothing."""
    found = BY_NAME[course] if isinstance(course, str) else course

    def command(space: str) -> tuple[str, ...]:
        made = (*found.command((space,)), *arguments.split())
        return made if yes else tuple(text for text in made if text != "--yes")

    return command


def _scan(space: str) -> tuple[str, ...]:
    return ("scan", "-n", space, "-o", "json")


def _finds(*texts: str) -> Callable[[Ended], bool]:
    """A look that finds a problem and tells these texts of it."""
    return lambda ended: ended.code == 1 and all(text in json.dumps(ended.json["problems"]) for text in texts)


def _mended(ended: Ended) -> bool:
    return ended.code == 0


def _looking(name: str, course: Course, needs: frozenset[Right], *texts: str, **more: Any) -> Capability:
    return Capability(name, course, more.pop("command", _scan), needs, more.pop("good", _finds(*texts)), **more)


def _mending(
    name: str, course: Course, needs: frozenset[Right], *, asks: bool = False, **more: Any
) -> Capability:  # fmt: skip
    """`asks`: it asks in any case, so that --yes is given, also to a receipt that cannot be kept."""
    return Capability(name, course, more.pop("command", _of(course, yes=asks)), needs, _mended, **more)


_BREAK = Course("line break", "recreate-secret", _scenario("HD109"), "shop")
_NEW = BY_NAME["new-login"]
_PLATFORM = Course("platform", "", _scenario("HD504"), "data")
_GONE = Course("tag gone", "", _scenario("HD503", subject="search"), "shop")
_GONE_SET = Course("tag gone, StatefulSet", "", _scenario("HD503", "StatefulSet", "search"), "shop")
_GONE_DAEMON = Course("tag gone, DaemonSet", "", _scenario("HD503", "DaemonSet", "search"), "shop")
_TYPE = Course("other type", "recreate-secret", _scenario("HD104"), "infra")
_NAMED = Course("copy", "copy-login", _scenario("HD103"), "data")


LOOKING = (
    _looking("list failing pulls of a namespace", _BREAK, _SEE, "ImagePull"),
    _looking(
        "go on where not all pods may be listed", _BREAK, _SEE | rights("namespaces list"), everywhere=False,
        command=lambda space: ("scan", "-o", "json"),
        good=lambda ended: _finds("shop-live")(ended) and "nor the namespaces" not in ended.out,
    ),
    _looking(
        "tell a namespace that is not there", _BREAK, _SEE | rights("namespaces get"), everywhere=True,
        command=lambda space: _scan(f"{space}x"), good=lambda ended: "there is no such namespace" in ended.out,
    ),
    _looking("judge pull Secrets", _BREAK, _READ, "HD109"),
    _looking("find a Secret's right name", _NAMED, _READ | rights("secrets list"), "harbor-pull is there"),
    _looking("judge ServiceAccounts", BY_NAME["replace-pods"], _SEE | rights("serviceaccounts get"), "HD102"),
    _looking("name the node's platform", _PLATFORM, _SEE | rights("nodes get"), "HD504", "not for linux/amd64"),
    _looking("read the cause in events", _BREAK, _SEE | rights("events list"), "401 Unauthorized", prepare=_silent),
    _looking(
        "tell what a Deployment ran before", _GONE,
        _READ | rights("apps/deployments get", "apps/replicasets list"), "HD503", "ReplicaSet shop-live",
    ),
    _looking(
        "tell what a StatefulSet ran before", _GONE_SET,
        _READ | rights("apps/statefulsets get", "apps/controllerrevisions list"),
        *("HD503", "ControllerRevision shop-live"),
    ),
    _looking(
        "tell what a DaemonSet ran before", _GONE_DAEMON,
        _READ | rights("apps/daemonsets get", "apps/controllerrevisions list"),
        *("HD503", "ControllerRevision shop-live"),
    ),
    _looking("follow live", _BREAK, _SEE | rights("pods watch"), act=_follows, good=_mended),
)  # fmt: skip

MENDING = (
    _mending("write a Secret in place", _BREAK, _READ | _RECEIPT),
    _mending("make a Secret of the wrong type anew", _TYPE, _READ | _RECEIPT | rights("secrets delete"), asks=False),
    _mending(
        "name another Secret in a Deployment", BY_NAME["recreate-secret, immutable"],
        _READ | _RECEIPT | rights("apps/deployments get,update"), asks=True, asked=rights("secrets update"),
    ),
    _mending("copy a login", _NAMED, _READ | _RECEIPT | rights("secrets list")),
    _mending(
        "write a new login and attach it", replace(_NEW, scenario=_scenario("HD101"), before=_without_argo),
        _READ | _RECEIPT | _ACCOUNT | _PODS | rights("apps/deployments get"),
    ),
    _mending(
        "attach to a ServiceAccount", Course("attach", "attach", _scenario("HD101"), "pay", before=_without_argo),
        _READ | _ACCOUNT | _PODS | rights("secrets list", "apps/deployments get"),
    ),
    _mending(
        "attach for a bare ReplicaSet", Course("attach", "attach", _scenario("HD101"), "pay", before=_orphaned),
        _READ | _ACCOUNT | _PODS | rights("secrets list", "apps/replicasets get"),
    ),
    *(
        _mending(
            f"name another Secret in a {kind}",
            Course(kind, "recreate-secret", _scenario("HD109", kind), "shop", before=_immutable),
            _READ | _RECEIPT | more, asks=True, asked=rights("secrets update"),
        )
        for kind, more in (
            ("StatefulSet", _PODS | rights("apps/statefulsets get,update")),
            ("DaemonSet", rights("apps/daemonsets get,update")),
            ("CronJob", rights("batch/jobs get", "batch/cronjobs get,update")),
        )
    ),
    _mending(
        "make a bare pod anew", BY_NAME["attach, bare pod"],
        _READ | _RECEIPT | _ACCOUNT | _PODS | rights("secrets list", "pods create"), asks=True, asked=_RECEIPT,
    ),
    _mending(
        "correct an image", BY_NAME["correct-image"], _READ | _RECEIPT | rights("apps/deployments get,update"),
        asks=True, asked=_RECEIPT,
    ),
    _mending(
        "correct an image in a bare pod", BY_NAME["correct-image, bare pod"],
        _READ | _RECEIPT | rights("pods get,update"), asks=True, asked=_RECEIPT,
    ),
    _mending("replace stuck pods", BY_NAME["replace-pods"], _READ | _PODS | rights("serviceaccounts get")),
    _mending(
        "make a robot account", BY_NAME["mint-robot"], _READ | _RECEIPT, asks=True, asked=rights("secrets create"),
    ),
    Capability(
        "name disruption budgets", BY_NAME["replace-pods"], lambda space: ("plan", "HD102", "-n", space, "-o", "json"),
        _SEE | rights("serviceaccounts get", "policy/poddisruptionbudgets list"),
        lambda ended: ended.code == 1 and "PodDisruptionBudget crm-live" in ended.out, prepare=_budgeted,
    ),
    _mending("enable a robot account", BY_NAME["enable-robot"], _READ, asks=True),
    _mending(
        "onboard a namespace", BY_NAME["onboard, robot"], rights("secrets get,create,update") | _ACCOUNT, asks=True,
        asked=rights("secrets update"),
    ),
    _mending(
        "undo a write in place", _BREAK, rights("secrets get,update,delete"),
        command=lambda space: ("undo", "--yes", "-n", space), first=True, asked=rights("secrets delete"),
    ),
    _mending(
        "undo what was made", replace(_NEW, scenario=_scenario("HD101"), before=_without_argo),
        rights("secrets get,delete") | _ACCOUNT, command=lambda space: ("undo", "--yes", "-n", space), first=True,
    ),
    _mending(
        "undo from another machine", _BREAK, rights("secrets get,list,update,delete"),
        command=lambda space: ("undo", "--yes", "-n", space), first=True, elsewhere=True,
        asked=rights("secrets delete"),
    ),
    Capability(
        "ask the node", _BREAK, lambda space: ("probe", "HD109", "-n", space, "--yes", "-o", "json"),
        _READ | rights("pods get,create,delete"), lambda ended: ended.code == 1 and '"answer": "fails"' in ended.out,
    ),
)  # fmt: skip

CAPABILITIES = (*LOOKING, *MENDING)
