"""What a repair may ask before anything is written, answered from the clients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from checks import keyring
from checks.clients.cluster import Cluster
from checks.clients.dockerconfig_helper import own_login
from checks.clients.harbor_writes import HarborWrites
from checks.clients.once import Once
from checks.clients.prober import Prober
from checks.clients.wire import Pod
from checks.credentials import Login
from checks.dockerconfig import read_secret
from checks.errors import ClusterError, Forbidden, NotFound, UsageError
from checks.facts import Knows, Platform, Trial, Unknown
from checks.image import ImageRef
from checks.model import ObjectRef
from checks.repair.bench import PodCounts, PodMarks
from checks.repair.plan import LoginProof, Right
from checks.repair.steps import Body
from checks.rules.artifact.wrong_platform import fits
from checks.settings import Settings
from checks.waiting import failing


class Workbench:
    """Implements `repair.bench.Bench`. Pods are listed once for each namespace until `forget`."""

    def __init__(
        self, settings: Settings, cluster: Cluster, prober: Prober,
        harbor: Callable[[], HarborWrites | None] = lambda: None,
    ) -> None:  # fmt: skip
        self._harbor = harbor
        self._settings = settings
        self._cluster = cluster
        self._prober = prober
        self._pods: Once[str, tuple[Pod, ...]] = Once()
        self._budgets: Once[str, tuple[Body, ...] | Unknown] = Once()

    @property
    def read_only(self) -> bool:
        """Every plan becomes advice."""
        return self._settings.read_only

    @property
    def confirm(self) -> str:
        """The context's name, where it must be given before anything is written; else empty."""
        return self._cluster.gate.confirm

    @property
    def context(self) -> str:
        """The kubeconfig context, for commands."""
        return self._cluster.name

    def forget(self) -> None:
        """List pods and their budgets anew when next asked."""
        self._pods.forget(lambda _: True)
        self._budgets.forget(lambda _: True)

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now; raises ClusterError."""
        return self._cluster.read(ref)

    def may(self, right: Right) -> bool | None:
        """Ask the API server for one right."""
        return self._cluster.may(right.verb, right.resource, right.group, right.namespace, right.name)

    def prove(self, login: Login, images: Sequence[ImageRef]) -> LoginProof:
        """Try a login on images; the registry's own no is told apart from what could not be asked."""
        trials = [self._prober.trial(image, login) for image in images]
        return judge(login, trials)

    def harbor(self, host: str) -> HarborWrites | None:
        """Return Harbor's management at this host; None where the operator gave no login for it."""
        found = self._harbor()
        return found if found is not None and found.meant_for(host) else None

    def granted(self, login: Login, image: ImageRef) -> LoginProof:
        """Ask whether a login is granted pull on the image's project: its token's word, no image is fetched."""
        trial = self._prober.trial(image, login)
        judged = judge(login, (trial,))
        if trial.knows is not Knows.ACCEPTED or "pull" not in (trial.actions or ()):
            return judged
        said = f"nothing was fetched: its token grants {login.username} pull on {image.project}"
        return replace(judged, proven=True, sentence=said)

    def pull_secret_names(self, namespace: str) -> tuple[str, ...]:
        """Names of the pull Secrets of a namespace; raises ClusterError, Forbidden where they may not be listed."""
        return self._cluster.secret_names(namespace)

    def try_secret(self, namespace: str, name: str, images: Sequence[ImageRef]) -> tuple[Login, LoginProof] | None:
        """Try what the kubelet would send from this Secret for all these images; raises ClusterError."""
        login = self._login_for(namespace, name, images)
        return (login, self.prove(login, images)) if login is not None else None

    def _login_for(self, namespace: str, name: str, images: Sequence[ImageRef]) -> Login | None:
        try:
            body = self._cluster.read(ObjectRef("Secret", namespace, name))
            secret = read_secret(body) if body is not None else None
        except UsageError:
            return None
        if secret is None:
            return None
        firsts = [next(iter(keyring.answer(image, [secret]).attempts), None) for image in images]
        logins = {attempt.login for attempt in firsts if attempt is not None}
        if len(logins) != 1 or None in firsts:
            return None
        login = logins.pop()
        return login if login.username and login.password else None

    def pulled_as_pod(
        self, namespace: str, secrets: Sequence[str], image: ImageRef, platform: Platform | None
    ) -> LoginProof:
        """Pull an image as a pod with this list would; raises ClusterError where a Secret cannot be read."""
        bodies = (self._cluster.read(ObjectRef("Secret", namespace, name)) for name in secrets if name)
        try:
            answer = keyring.answer(image, [read_secret(body) for body in bodies if body is not None])
        except UsageError as error:
            return LoginProof(False, 0, 1, f"not proven: {error}")
        if answer.error is not None:
            return LoginProof(False, 0, 1, f"the kubelet cannot read Secret {answer.error.secret}, so it tries none")
        # As the kubelet does: each login in its turn, nobody only where there is none.
        logins: tuple[Login | None, ...] = tuple(attempt.login for attempt in answer.attempts) or (None,)
        trials = [self._prober.trial(image, login, platform) for login in logins]
        return as_pod(image, trials, platform)

    def budgets(self, namespace: str) -> tuple[Body, ...] | Unknown:
        """The PodDisruptionBudgets of a namespace, or why they are not known."""
        return self._budgets.get(namespace, lambda: self._budgets_of(namespace))

    def _budgets_of(self, namespace: str) -> tuple[Body, ...] | Unknown:
        try:
            return self._cluster.list_objects("PodDisruptionBudget", namespace)
        except NotFound:
            return ()
        except Forbidden:
            return Unknown("no right to list them")
        except ClusterError as error:
            return Unknown(str(error).rstrip("."))

    def pod_marks(self, namespace: str) -> Mapping[str, PodMarks]:
        """The unfinished pods of a namespace as budgets see them, by their names."""
        pods = self._pods.get(namespace, lambda: self._list(namespace))
        return {pod.metadata.name: PodMarks(pod.metadata.labels, _ready(pod)) for pod in pods}

    def personal_login(self, host: str) -> Login | Unknown | None:
        """The user's own login for a registry host."""
        path = self._settings.docker_config
        return own_login(path, host) if path is not None else None

    def pods_using_secret(self, namespace: str, name: str) -> PodCounts:
        """Count the pods that name a Secret."""
        return self._count(namespace, lambda pod: name in {s.name for s in pod.spec.image_pull_secrets or ()})

    def pods_using_account(self, namespace: str, name: str) -> PodCounts:
        """Count the pods of a ServiceAccount."""
        return self._count(namespace, lambda pod: (pod.spec.service_account_name or "default") == name)

    def _count(self, namespace: str, mine: Callable[[Pod], bool]) -> PodCounts:
        chosen = [pod for pod in self._pods.get(namespace, lambda: self._list(namespace)) if mine(pod)]
        waiting = sum(bool(failing(pod, "")) for pod in chosen)
        return PodCounts(running=len(chosen) - waiting, waiting=waiting)

    def _list(self, namespace: str) -> tuple[Pod, ...]:
        return tuple(pod for page in self._cluster.pods(namespace) for pod in page.items)


def _ready(pod: Pod) -> bool:
    statuses = pod.status.container_statuses
    return bool(statuses) and all(status.ready for status in statuses)


def as_pod(image: ImageRef, trials: Sequence[Trial], platform: Platform | None) -> LoginProof:
    """Say what the trials of a pod's own logins prove about an image."""
    served = next((trial for trial in trials if trial.pulls), None)
    if served is None:
        last = trials[-1]
        who = last.login.username if last.login else "nobody"
        status = last.manifest.status if last.manifest else 0
        why = f"the registry answers {status} to {who}" if last.manifest else last.why or "it could not be asked"
        return LoginProof(False, 0, 1, f"not proven: {why}")
    offered = served.manifest.platforms if served.manifest else ()
    if platform is not None and offered and not any(fits(one, platform) for one in offered):
        return LoginProof(False, 0, 1, f"it is built for {', '.join(map(str, offered))}, not for {platform}")
    who = served.login.username if served.login else "anybody"
    return LoginProof(True, 1, 1, f"{who} pulls {image.written}")


def judge(login: Login, trials: Sequence[Trial]) -> LoginProof:
    """Say what trials of one login on several images prove."""
    pulled = sum(trial.pulls is True for trial in trials)
    of = len(trials)
    powers = tuple(sorted({action for t in trials for action in t.actions or ()} - {"pull"}))
    robot = login.username.startswith("robot$")
    refused = any(t.knows is Knows.REFUSED or (robot and t.knows is Knows.LOCKED) for t in trials)
    # Harbor serves a login that it does not take as nobody: a public image proves nothing about it.
    proven = pulled == of and bool(trials) and all(t.knows is Knows.ACCEPTED for t in trials)
    return LoginProof(proven, pulled, of, _sentence(login, trials, pulled, refused), refused, powers)


def _sentence(login: Login, trials: Sequence[Trial], pulled: int, refused: bool) -> str:
    of = len(trials)
    what = f"{of} failing image{'s' * (of != 1)}"
    if refused:
        return f"the registry refuses the login {login.username}"
    if any(t.knows is Knows.LOCKED for t in trials):
        return f"the registry refuses the login {login.username}, or has locked it for a moment"
    if pulled == of and trials:
        return f"pulls {pulled} of {what}"
    unasked = next((t.why for t in trials if t.why and t.pulls is None), "")
    if unasked:
        return f"not proven from here: {unasked}"
    denied = next((t for t in trials if t.pulls is False), None)
    if denied is None:
        return "there is no image to prove it with"
    status = denied.manifest.status if denied.manifest else 0
    why = denied.manifest.message.partition(": ")[0] if denied.manifest else ""
    if not why and denied.knows is Knows.ACCEPTED and denied.actions is not None and "pull" not in denied.actions:
        why = "no right to pull"
    return f"pulls {pulled} of {what}; the registry answers {status}{f' ({why})' if why else ''}"
