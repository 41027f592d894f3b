"""The clients and rooms that one run needs, put together: what is slow to import is imported here.

`doctor` imports this at the first use only, behind the first frame.
"""

import threading
from collections.abc import Callable, Collection, Iterator

from checks.clients.cluster import Cluster
from checks.clients.harbor import Harbor
from checks.clients.harbor_writes import HarborWrites
from checks.clients.prober import Prober
from checks.diagnose import broken, diagnose
from checks.errors import ClusterError
from checks.evidence import Gatherer
from checks.mender import Mender
from checks.model import Diagnosis, Pull
from checks.nodeside import NodeSide
from checks.repair.safely import where
from checks.scan import NO_RIGHT, Scan
from checks.settings import Settings
from checks.signin import SignIn
from checks.waiting import failing
from checks.workbench import Workbench

ProberOf = Callable[[Settings], Prober]


class Kit:
    """Connected when made; raises ClusterError."""

    def __init__(self, settings: Settings, interactive: bool, probers: ProberOf | None = None) -> None:
        self.cluster: Cluster = Cluster(settings)
        self.cluster.connect(interactive)
        self.settings = settings = self.cluster.settings
        self.prober = (probers or Prober)(settings)
        self.gate = self.cluster.gate
        self.harbor = Harbor(settings, gate=self.gate) if settings.harbor_login else None
        self.gatherer: Gatherer = Gatherer(self.cluster, self.prober, self.harbor)
        self.workbench = Workbench(settings, self.cluster, self.prober, self._writes)
        self.mender = Mender(settings, self.cluster, self._writes)
        self.nodeside = NodeSide(settings, self.cluster, self.workbench)
        self.signin = SignIn(settings, self.gate)
        self._hosts: set[str] = set()
        self._former: list[Harbor] = []

    def _writes(self) -> HarborWrites | None:
        return self.harbor.writes if self.harbor is not None else None

    def close(self) -> None:
        """Give back connections and key files."""
        self.prober.close()
        for harbor in (self.harbor, *self._former):
            if harbor is not None:
                harbor.close()
        self.cluster.close()

    def use_harbor(self, harbor: Harbor) -> None:
        """Ask Harbor's API through this client from now on; what was asked of it before is asked anew."""
        if self.harbor is not None:
            # Questions that are under way end with the client that they began with.
            self._former.append(self.harbor)
        self.harbor = harbor
        self.gatherer.use_harbor(harbor)

    def diagnosis(self, pull: Pull) -> Diagnosis:
        """Explain one pull. Whatever goes wrong inside becomes a diagnosis that says so: one pull ends no scan."""
        try:
            evidence = self.gatherer.gather(pull)
            if evidence.image is not None:
                self._hosts.add(evidence.image.registry)
            return diagnose(evidence)
        except Exception as error:
            return broken(pull, f"looking at it failed inside: {where(error)}")

    def forget_everything(self) -> None:
        """Read and ask anew; only refusals stay known, so that looking again locks nobody out."""
        self.gatherer.forget_all()
        self.forget_registries(self._hosts)

    def forget_registries(self, hosts: Collection[str]) -> None:
        """Ask these registries anew when next needed."""
        self.workbench.forget()
        for host in tuple(hosts):
            self.prober.forget(None, host)
            if self.harbor is not None:
                self.harbor.forget(host)

    def places(self, scan: Scan) -> tuple[str | None, ...]:
        """What to watch: the cluster as a whole, else each namespace that the scan was allowed to look into."""
        if scan.resource_version:
            return (None,)
        forbidden = {gap.namespace for gap in scan.not_looked if gap.why == NO_RIGHT}
        return tuple(place for place in self._namespaces() if place not in forbidden)

    def _namespaces(self) -> tuple[str, ...]:
        if self.settings.namespaces:
            return self.settings.namespaces
        if not self.settings.all_namespaces:
            return (self.cluster.namespace,)
        try:
            return self.cluster.namespaces()
        except ClusterError:
            return (self.cluster.namespace,)

    def failing(self, namespaces: set[str], stop: threading.Event) -> Iterator[Pull]:
        """Yield the failing pulls of these namespaces as they are now."""
        for namespace in sorted(namespaces):
            for page in self.cluster.pods(namespace, stop=stop):
                for pod in page.items:
                    yield from failing(pod, self.cluster.name)
