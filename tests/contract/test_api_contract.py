"""The pretend API server keeps the contract that tests/live runs against a real kube-apiserver."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from checks.demo.api.access import Rule, User
from checks.demo.api.requests import Api as Served
from checks.demo.api.server import ApiServer
from checks.demo.api.store import Store
from tests.contract.contract import ApiContract, Reply


class PretendApi:
    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._tokens = {"admin": "demo-admin"}

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
        headers = {"Authorization": f"Bearer {self._tokens[user]}", "Content-Type": content_type, "Accept": accept}
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self._server.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return Reply(answer.status, answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return Reply(refused.code, refused.read())

    def namespace(self) -> str:
        name = f"contract-{next(self._numbers)}"
        self.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self.request("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        return name

    def user(self, namespace: str, resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()) -> str:
        name = f"user-{next(self._numbers)}"
        rule = Rule(tuple(verbs), tuple(resources), (namespace,), tuple(names))
        self._tokens[name] = f"token-of-{name}"
        self._server.api.users[self._tokens[name]] = User(name, self._tokens[name], (rule,))
        return name


@pytest.fixture(scope="session")
def api() -> Iterator[PretendApi]:
    server = ApiServer(Served(Store()))
    server.start()
    yield PretendApi(server)
    server.stop()


class TestPretendApi(ApiContract):
    pass
