"""The whole pretend world: registries, API server, controllers and kubelet, started and stopped together.

with World() as world:
    world.kubeconfig(folder / "kubeconfig")     # context `demo`
    world.resolve, world.ca_file, world.harbor_login
"""

import base64
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from checks.credentials import Password
from checks.demo.api.access import User
from checks.demo.api.objects import Objects
from checks.demo.api.requests import Api
from checks.demo.api.server import CA_FILE, ApiServer
from checks.demo.api.store import Store
from checks.demo.controllers import Controllers
from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.kubelet import Faults, Kubelet
from checks.demo.kubelet.starts import Starter
from checks.demo.kubelet.wire import Wire
from checks.demo.registries import Registries
from checks.demo.scenarios import SCENARIOS, WORKLOADS, Scenario, Workload
from checks.demo.seeding import Clock, Seeding


class World:
    """A cluster with Harbor that is full of trouble.

    `scenarios` and `healthy`: what stands in it. `clock`: the cluster's time, for pictures that must not change.
    `moving=False`: no controller and no kubelet runs, everything stays as it was laid out. Once stopped it does not
    start again.
    """

    def __init__(
        self,
        scenarios: tuple[Scenario, ...] = SCENARIOS,
        healthy: tuple[Workload, ...] = WORKLOADS,
        clock: Callable[[], datetime] | None = None,
        *,
        moving: bool = True,
    ) -> None:
        self.scenarios, self._healthy, self._moving = scenarios, healthy, moving
        self.registries = Registries()
        self.faults = Faults()
        """Faults of the nodes; may be set and cleared while the world runs."""
        self._clock = Clock(clock)
        self.api = Api(Store(self._clock))
        self._server = ApiServer(self.api, secure=True)
        self.controllers = Controllers(self.objects)
        wire = Wire(self.registries.resolve, str(self.registries.ca_file), self._clock)
        self.starter = Starter(self.objects, wire, self.faults)
        self.kubelet = Kubelet(self.objects, self.starter)

    @property
    def objects(self) -> Objects:
        """The cluster from within: creates, edits and deletes without HTTP and without rights."""
        return self.api.objects

    @property
    def url(self) -> str:
        """Address of the API server."""
        return self._server.url

    @property
    def resolve(self) -> dict[str, str]:
        """Registry host → address to connect to."""
        return self.registries.resolve

    @property
    def ca_file(self) -> Path:
        """The certificate authority to trust besides the system's."""
        return self.registries.ca_file

    @property
    def harbor_login(self) -> tuple[str, Password]:
        """User name and password of somebody who manages the demo's Harbor."""
        return "admin", Password(ADMIN_PASSWORD)

    @property
    def users(self) -> dict[str, User]:
        """The cluster's users by name; add others to `api.users` by their token."""
        return {user.name: user for user in self.api.users.values()}

    def start(self) -> "World":
        """Start everything; returns once all failing pods show what their kubelet says."""
        for scenario in self.scenarios:
            if scenario.prepare:
                scenario.prepare(self.registries, self.faults)
        self.registries.start()
        Seeding(self.objects, self.controllers, self.kubelet, self._clock).run(self.scenarios, self._healthy)
        self._server.start()
        if self._moving:
            self.controllers.start()
            self.kubelet.start()
        return self

    def stop(self) -> None:
        """Stop everything and wait for what is in hand."""
        self.kubelet.ask_to_stop()
        self._server.stop()
        self.registries.stop()
        self.controllers.stop()
        self.kubelet.stop()

    def kubeconfig(self, path: Path | str, user: str = "admin", namespace: str = "default") -> Path:
        """Write an ordinary kubeconfig for one of `users`, readable by its owner only; returns its path."""
        path, token = Path(path), self.users[user].token
        authority = base64.b64encode(CA_FILE.read_bytes()).decode()
        places = {"registry-ca": str(self.ca_file), "resolve": dict(self.resolve)}
        extensions = [{"name": "harbor-doctor", "extension": places}]
        context = {"cluster": "demo", "user": user, "namespace": namespace, "extensions": extensions}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "demo",
            "clusters": [{"name": "demo", "cluster": {"server": self.url, "certificate-authority-data": authority}}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "demo", "context": context}],
        }
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(config, file, indent=2)
        path.chmod(0o600)
        return path

    def __enter__(self) -> "World":
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
