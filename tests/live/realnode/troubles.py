"""Workloads that a real kubelet cannot pull for, each for another reason, and how each is to be mended."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.live.kube import Body
from tests.live.realnode.ground import SECRET, Spot
from tests.live.registry import PASSWORD, USER


@dataclass(frozen=True, slots=True)
class Trouble:
    """One cause: what lays it out, the problem that it is, and how the pods come to pull again."""

    code: str
    lay_out: Callable[[Spot], None]
    says: str = "401 Unauthorized"
    """Part of what the kubelet says."""
    subject: str = SECRET
    replaced: bool = False
    """The repair gives the pods successors; else the same pods pull at the kubelet's next attempt."""
    pods: int = 1
    types: str = ""
    """User name of the login that a person types."""

    @property
    def namespace(self) -> str:
        """Its namespace is called as its function."""
        return self.lay_out.__name__.replace("_", "-")

    @property
    def problem(self) -> str:
        """The problem's id."""
        return f"{self.code}:{self.namespace}/{self.subject}"

    @property
    def words(self) -> tuple[str, ...]:
        """The arguments that name a typed login."""
        return ("--username", self.types, "--password-stdin") if self.types else ()

    @property
    def given(self) -> str:
        """What is typed into standard input."""
        return PASSWORD + "\n" if self.types else ""


def known(password: str = PASSWORD) -> Body:
    """The plain registry's login."""
    return {"username": USER, "password": password}


def line_break_in_password(spot: Spot) -> None:
    """Two pods, whose Secret was made with `echo`."""
    registry = spot.ground.registry
    spot.secret({registry.host: known(PASSWORD + "\n")})
    spot.workload("Deployment", registry, [SECRET], replicas=2)


def no_pull_secret(spot: Spot) -> None:
    """A good Secret that nobody names."""
    harbor = spot.ground.harbor
    spot.secret({harbor.host: spot.harbor_login})
    spot.workload("Deployment", harbor, replicas=2)


def made_too_early(spot: Spot) -> None:
    """The ServiceAccount got its Secret after the pods had been made."""
    no_secret_yet(spot, "DaemonSet", "default")


def bare_pod_made_too_early(spot: Spot) -> None:
    """The same, and no controller makes a pod anew."""
    spot.cluster.service_account(spot.namespace, "builder")
    no_secret_yet(spot, "Pod", "builder")


def no_secret_yet(spot: Spot, kind: str, account: str) -> None:
    harbor = spot.ground.harbor
    spot.workload(kind, harbor, account=account)
    spot.await_one("Pod")
    spot.secret({harbor.host: spot.harbor_login})
    spot.cluster.patch("ServiceAccount", spot.namespace, account, {"imagePullSecrets": [{"name": SECRET}]})


def secret_is_missing(spot: Spot) -> None:
    """The Secret that the pod names was never made."""
    spot.workload("StatefulSet", spot.ground.registry, [SECRET])


def secret_of_wrong_type(spot: Spot) -> None:
    """`kubectl create secret generic`, for a Job, whose pod must not be deleted."""
    registry = spot.ground.registry
    spot.secret({registry.host: known()}, type_="Opaque")
    spot.workload("Job", registry, [SECRET])


def entry_for_another_port(spot: Spot) -> None:
    """The login is good, and stands under a port that is not the registry's."""
    registry = spot.ground.registry
    spot.secret({f"{registry.host.partition(':')[0]}:443": known()})
    spot.workload("Pod", registry, [SECRET])


def one_entry_unreadable(spot: Spot) -> None:
    """An entry of another registry cannot be decoded: the kubelet then uses none."""
    registry = spot.ground.registry
    spot.secret({"other.live.test": {"auth": "AAAA"}, registry.host: known()})
    spot.workload("Deployment", registry, [SECRET])


def robot_without_dollar(spot: Spot) -> None:
    """A shell has eaten `$shop` in the robot's name."""
    harbor = spot.ground.harbor
    login = spot.harbor_login
    spot.secret({harbor.host: {**login, "username": login["username"].replace("$shop", "")}})
    spot.workload("DaemonSet", harbor, [SECRET])


def robot_with_new_secret(spot: Spot) -> None:
    """The robot's secret was renewed in Harbor, and the cluster's Secret was not."""
    harbor = spot.ground.harbor
    spot.secret({harbor.host: {**spot.harbor_login, "password": "The0ldSecretOfThatRobot"}})
    spot.workload("StatefulSet", harbor, [SECRET])


def immutable_secret(spot: Spot) -> None:
    """Nodes keep what an immutable Secret said as long as a pod there names it: only a new name helps."""
    immutable_for(spot, "Deployment")


def immutable_secret_of_stateful_set(spot: Spot) -> None:
    """The same; a StatefulSet waits for its stuck pod for ever, whatever its template says."""
    immutable_for(spot, "StatefulSet")


def immutable_for(spot: Spot, kind: str) -> None:
    registry = spot.ground.registry
    spot.secret({registry.host: known(PASSWORD + "\n")}, immutable=True)
    spot.workload(kind, registry, [SECRET])


_UNREADABLE = "unable to parse auth field, must be formatted as base64(username:password)"

TROUBLES = (
    Trouble("HD109", line_break_in_password, pods=2),
    Trouble("HD101", no_pull_secret, subject="default", replaced=True, pods=2),
    Trouble("HD102", made_too_early, subject="default", replaced=True),
    Trouble("HD102", bare_pod_made_too_early, subject="builder", replaced=True),
    Trouble("HD103", secret_is_missing, types=USER),
    Trouble("HD104", secret_of_wrong_type),
    Trouble("HD106", entry_for_another_port),
    Trouble("HD105", one_entry_unreadable, says=_UNREADABLE),
    Trouble("HD110", robot_without_dollar),
    Trouble("HD301", robot_with_new_secret, types="robot$shop+robot-with-new-secret"),
    Trouble("HD109", immutable_secret, replaced=True),
    Trouble("HD109", immutable_secret_of_stateful_set, replaced=True),
)
