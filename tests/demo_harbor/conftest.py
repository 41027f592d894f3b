"""A plain client for the pretend registries: one connection a request, nothing kept, nothing followed."""

import base64
import http.client
import json
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from checks.demo.harbor import HarborState, Role
from checks.demo.registries import Registries

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "*/*",
    )
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all_headers(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def cookies(self):
        return [value.partition("=")[0] for value in self.all_headers("Set-Cookie")]

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        (only,) = self.json["errors"]
        return only["code"], only["message"]


class Client:
    """Asks one address, over TLS if it is given a context."""

    def __init__(self, address, host, tls=None, timeout=10.0):
        self.address, self.host, self.tls, self.timeout = address, host, tls, timeout

    def connect(self):
        where, _, port = self.address.partition(":")
        raw = socket.create_connection((where, int(port)), self.timeout)
        if self.tls is None:
            return raw
        try:
            return self.tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def ask(self, method, path, login=None, token=None, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Host", self.host)
        headers.setdefault("Accept", ACCEPT)
        if login is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(login).encode()).decode()
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection(self.host)
        began = time.monotonic()
        try:
            connection.sock = self.connect()
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            content = answer.read()
            return Answer(answer.status, tuple(answer.getheaders()), content, time.monotonic() - began)
        finally:
            connection.close()

    def get(self, path, login=None, token=None, **headers):
        return self.ask("GET", path, login, token, **headers)

    def api(self, path, login=None, method="GET", body=None, **headers):
        return self.ask(method, "/api/v2.0" + path, login, body=body, **headers)

    def token(self, login=None, *scopes):
        """The whole answer to a token request; without scopes there is no `scope` in it."""
        query = "".join(f"&scope={quote(scope, safe=':/,')}" for scope in scopes)
        return self.get(f"/service/token?service=harbor-registry{query}", login)

    def pull_token(self, login, repository):
        return self.token(login, f"repository:{repository}:pull").json["token"]

    def manifest(self, repository, reference, login=None, method="GET", **headers):
        """Ask for a manifest as a runtime does: a token first, then the manifest with it."""
        token = self.pull_token(login, repository)
        return self.ask(method, f"/v2/{repository}/manifests/{reference}", token=token, **headers)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.fixture(scope="session")
def read_claims():
    return claims


def client_of(world, name, timeout=10.0, trusting=True):
    host = f"{name}.demo.test"
    tls = ssl.create_default_context(cafile=str(world.ca_file)) if trusting else None
    return Client(world.resolve[host], host, tls, timeout)


@pytest.fixture(scope="session")
def make_client():
    return client_of


@pytest.fixture(scope="session")
def raw_client():
    return Client


ADMIN = ("admin", "Harbor12345")
PASSWORD = "Right-Passw0rd"
SECRET = "RobotSecretOf32LettersAndDigits1"

PEOPLE = {
    "projadmin1": Role.PROJECT_ADMIN,
    "maint1": Role.MAINTAINER,
    "dev1": Role.DEVELOPER,
    "guest1": Role.GUEST,
    "limited1": Role.LIMITED_GUEST,
}


def lab(state):
    """The projects, people and robots of the recorded lab."""
    for name in ("team", "other", "signed", "vuln"):
        state.add_project(name)
    state.add_project("pub", public=True)
    state.set_policy("signed", cosign=True)
    state.set_policy("vuln", prevent_vul="high")
    state.push_image("team/app", "1.0", seed="app 1.0")
    state.push_image("pub/app", "1.0", seed="app 1.0")
    for repository, tag in (
        ("team/deep/nested/app", "2.0"),
        ("team/gone", "1.0"),
        ("signed/app", "1.0"),
        ("vuln/app", "1.0"),
    ):
        state.push_image(repository, tag)
    state.lose_manifest("team/gone", "1.0")
    state.add_user("stranger", PASSWORD)
    for name, role in PEOPLE.items():
        state.add_user(name, PASSWORD, email=f"{name}@lab.test")
        for project in ("team", "signed", "vuln"):
            state.add_member(project, name, role)
    state.add_robot("puller", "team", secret=SECRET)
    state.add_robot("pusher", "team", secret=SECRET, actions=("pull", "push"))
    state.add_robot("puller", "other", secret=SECRET)
    return state


@pytest.fixture(scope="session")
def furnish_lab():
    return lab


@pytest.fixture
def harbor():
    """An own Harbor with the lab in it, whose refusals are quick; time is not what is tested with it."""
    state = lab(HarborState())
    state.refusal_seconds = state.password_seconds = 0.0
    return state


@pytest.fixture
def world(harbor):
    with Registries(harbor) as registries:
        yield registries
    assert registries.log.failures == ()


@pytest.fixture
def client(world):
    return client_of(world, "harbor")


@pytest.fixture
def person():
    return lambda name: ADMIN if name == "admin" else (name, PASSWORD)


@pytest.fixture
def admin():
    return ADMIN


@pytest.fixture
def robot():
    """The login of a robot of the lab by its name as stored."""
    return lambda name: (f"robot${name}", SECRET)
