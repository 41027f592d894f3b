"""The real kube-apiserver keeps the contract that the demo's pretend one is held to."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest

from tests.contract.contract import ApiContract, Reply
from tests.live.kube import Cluster

pytestmark = pytest.mark.live

_RBAC = "rbac.authorization.k8s.io"
_NUMBERS = count(1)


class RealApi:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        *,
        user: str = "admin",
        accept: str = "application/json",
    ) -> Reply:
        server = self._cluster.server
        endpoint = server.endpoint
        if user != "admin":
            endpoint = replace(endpoint, client=server.authority.client(user))
        data = None if body is None else json.dumps(body).encode()
        answer = endpoint.ask(method, path, data, {"Content-Type": content_type, "Accept": accept})
        return Reply(answer.status, answer.body)

    def namespace(self) -> str:
        return self._cluster.namespace(f"contract-{next(_NUMBERS)}")

    def user(self, namespace: str, resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()) -> str:
        name = f"contract-user-{next(_NUMBERS)}"
        rule = {"apiGroups": [""], "resources": list(resources), "verbs": list(verbs)}
        rule |= {"resourceNames": list(names)} if names else {}
        role = {"apiGroup": _RBAC, "kind": "Role", "name": name}
        subject = {"apiGroup": _RBAC, "kind": "User", "name": name}
        self._cluster.create("Role", namespace, name, {"rules": [rule]})
        self._cluster.create("RoleBinding", namespace, name, {"roleRef": role, "subjects": [subject]})
        return name


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> RealApi:
    return RealApi(cluster)


class TestRealApi(ApiContract):
    pass
