"""The project's pretend Harbor where the real node can reach it: over TLS, by name and port."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from checks.demo.harbor.front import Front
from checks.demo.harbor.server import Server
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.web import RequestLog
from tests.live.certificates import Authority
from tests.live.registry import PASSWORD, Registry
from tests.live.web import Endpoint

NAME = "harbor.live.test"


@contextmanager
def harbor(authority: Authority, state: HarborState) -> Iterator[Registry]:
    """Run a Harbor with this content; its own failures fail the test."""
    pair = authority.server(NAME, (f"DNS:{NAME}",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    log = RequestLog()
    server = Server(NAME, Front(state), log, context)
    server.start()
    try:
        host = f"{NAME}:{server.server_port}"
        yield Registry(Endpoint(server.address, ca=authority.certificate, host=host), authority.certificate)
    finally:
        state.release()
        server.stop()
    assert not log.failures


def robot(state: HarborState, name: str, project: str = "shop") -> str:
    """Make a robot that may pull a project, with the tests' password; returns its full name."""
    return state.robot_name(state.add_robot(name, project, secret=PASSWORD))
