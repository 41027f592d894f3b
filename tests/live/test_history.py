"""What a workload ran before, and the API server's clock, as a real API server tells them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checks.clients.cluster import Cluster as Client
from checks.facts import Fact, Unknown
from checks.history import Histories
from checks.model import ObjectRef, Owner
from checks.settings import Settings
from tests import builders as b
from tests.live.kube import Cluster

pytestmark = pytest.mark.live

LABELS = {"app": "db"}


@pytest.fixture
def client(cluster: Cluster) -> Iterator[Client]:
    made = Client(Settings(kubeconfig=str(cluster.kubeconfig("admin", namespace="default"))))
    yield made
    made.close()


def _template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "web", "image": image}]}}


def _owner(kind: str, made: dict[str, Any]) -> list[dict[str, Any]]:
    name, uid = made["metadata"]["name"], made["metadata"]["uid"]
    return [{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}]


def _earlier(client: Client, namespace: str, kind: str) -> Any:
    pull = b.pull("registry.test/db:2", namespace=namespace, owner=Owner(kind, "db"))
    return Histories(client, lambda: datetime.now(UTC)).earlier(pull)


def test_the_controller_revisions_of_a_stateful_set_are_its_past(client: Client, namespace: str) -> None:
    """There is no controller manager here: its objects are written as it writes them (`getPatch`)."""
    spec = {"selector": {"matchLabels": LABELS}, "serviceName": "db", "template": _template("registry.test/db:2")}
    made = client.create(ObjectRef("StatefulSet", namespace, "db"), {"spec": spec})
    for number, image in ((1, "registry.test/db:1"), (2, "registry.test/db:2")):
        data = {"spec": {"template": {**_template(image), "$patch": "replace"}}}
        meta = {"labels": LABELS, "ownerReferences": _owner("StatefulSet", made)}
        body = {"metadata": meta, "data": data, "revision": number}
        client.create(ObjectRef("ControllerRevision", namespace, f"db-{number}"), body)
    found = _earlier(client, namespace, "StatefulSet")
    assert isinstance(found, Fact), found
    assert [(one.image, one.revision, one.ran) for one in found.value] == [("registry.test/db:1", 1, False)]
    assert found.value[0].holder == f"ControllerRevision {namespace}/db-1"


def test_the_replica_sets_of_a_deployment_are_its_past(client: Client, namespace: str) -> None:
    spec = {"selector": {"matchLabels": LABELS}, "template": _template("registry.test/db:2")}
    made = client.create(ObjectRef("Deployment", namespace, "db"), {"spec": spec})
    for number, image in ((1, "registry.test/db:1"), (2, "registry.test/db:2")):
        labels = {**LABELS, "pod-template-hash": f"h{number}"}
        template = {"metadata": {"labels": labels}, "spec": _template(image)["spec"]}
        meta = {
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "ownerReferences": _owner("Deployment", made),
        }
        body = {"metadata": meta, "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}}
        client.create(ObjectRef("ReplicaSet", namespace, f"db-h{number}"), body)
    found = _earlier(client, namespace, "Deployment")
    assert isinstance(found, Fact), found
    assert [(one.image, one.revision) for one in found.value] == [("registry.test/db:1", 1)]


def test_a_workload_that_is_not_there_has_no_known_past(client: Client, namespace: str) -> None:
    assert _earlier(client, namespace, "DaemonSet") == Unknown(f"DaemonSet {namespace}/db does not exist")


def test_the_api_servers_clock_is_known_from_its_answers(client: Client) -> None:
    client.connect()
    assert client.ahead is not None
    assert abs(client.ahead) < timedelta(seconds=30)
