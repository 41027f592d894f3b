"""What a proposer may ask before anything is written; the doctor answers from the clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from checks.credentials import Login
from checks.facts import Platform, Unknown
from checks.image import ImageRef
from checks.model import ObjectRef
from checks.repair.plan import LoginProof, Right
from checks.repair.steps import Body


@dataclass(frozen=True, slots=True)
class PodCounts:
    """How many pods name an object."""

    running: int = 0
    """Pods none of whose containers waits for its image: what a repair must not disturb."""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class PodMarks:
    """What a PodDisruptionBudget goes by."""

    labels: Mapping[str, str]
    ready: bool
    """Are all its containers? Only then does it count for a budget."""


class HarborDesk(Protocol):
    """Harbor's management with the operator's login. Asks the network; ClusterError, or Refused where it is no good."""

    @property
    def user(self) -> str:
        """The operator's user name."""

    def now(self, host: str) -> datetime:
        """Return what time it is for Harbor, by its last answer; by our clock where it told none. Asks nothing."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return a robot, member or project as it is now, or None where it does not exist."""

    def may(self, host: str, project: str, resource: str, action: str) -> bool | None:
        """Ask for one right on a project (empty: on the whole system); None where Harbor does not tell."""

    def prefix(self, host: str, project: str) -> str:
        """Return what Harbor puts before the names of robots."""

    def sample(self, host: str, project: str) -> str | Unknown:
        """Return `repository@digest` of any artifact of a project; empty where it holds none."""


class Bench(Protocol):
    """Reads and questions for proposing. All but the properties may ask the network; ClusterError where that fails."""

    @property
    def read_only(self) -> bool:
        """Every plan becomes advice."""

    @property
    def confirm(self) -> str:
        """The context's name, where it must be given before anything is written; else empty."""

    @property
    def context(self) -> str:
        """The kubeconfig context, for commands."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now, or None where it does not exist."""

    def may(self, right: Right) -> bool | None:
        """Ask the API server for one right; None where it cannot be asked."""

    def prove(self, login: Login, images: Sequence[ImageRef]) -> LoginProof:
        """Try a login on images of one registry; without images, on nothing, and unproven."""

    def harbor(self, host: str) -> HarborDesk | None:
        """Return Harbor's management at this host; None where the operator gave no login for it."""

    def granted(self, login: Login, image: ImageRef) -> LoginProof:
        """Ask whether a login is granted pull on the image's project, whether or not the image is there."""

    def pull_secret_names(self, namespace: str) -> tuple[str, ...]:
        """Names of the pull Secrets of a namespace; raises Forbidden where they may not be listed."""

    def try_secret(self, namespace: str, name: str, images: Sequence[ImageRef]) -> tuple[Login, LoginProof] | None:
        """Try what the kubelet would send from this Secret for all these images; None where it would send nothing."""

    def pulled_as_pod(
        self, namespace: str, secrets: Sequence[str], image: ImageRef, platform: Platform | None
    ) -> LoginProof:
        """Pull an image as a pod with this list would: with the keyring's logins in their order, or with none."""

    def personal_login(self, host: str) -> Login | Unknown | None:
        """The user's own login for a registry host (docker config, helper); None where there is none."""

    def budgets(self, namespace: str) -> tuple[Body, ...] | Unknown:
        """The PodDisruptionBudgets of a namespace, or why they are not known."""

    def pod_marks(self, namespace: str) -> Mapping[str, PodMarks]:
        """The unfinished pods of a namespace as budgets see them, by their names."""

    def pods_using_secret(self, namespace: str, name: str) -> PodCounts:
        """Count the pods that name a Secret in their imagePullSecrets."""

    def pods_using_account(self, namespace: str, name: str) -> PodCounts:
        """Count the pods of a ServiceAccount."""
