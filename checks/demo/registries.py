"""The pretend registries: the demo's Harbor, good and bad addresses of it, and others that are not Harbor.

    with Registries() as world:
        world.resolve["harbor.demo.test"]    # 127.0.0.1:PORT, for Settings.resolve
        world.ca_file                        # for Settings.registry_ca
        world.harbor.disable_robot("shop+pull")
        world.log.refusals("robot$shop+pull")

`nowhere.demo.test` is left out of `resolve` on purpose: it is the name that DNS does not know.
"""

import ssl
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Protocol

from checks.demo.distribution import Distribution, TokenDistribution
from checks.demo.harbor.front import Front
from checks.demo.harbor.server import Nobody, Server, Silence
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tokens import Mint
from checks.demo.harbor.web import App, Request, RequestLog, Response, text
from checks.demo.harbor_content import furnish, furnish_oidc

CERTIFICATES = Path(__file__).with_name("certificates")
DOMAIN = "demo.test"
DOCKER_HUB = "registry-1.docker.io"
"""Where images of Docker Hub come from."""


class _Port(Protocol):
    @property
    def address(self) -> str: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


def _unavailable(_: Request) -> Response:
    return text(503, "<html><body><h1>503 Service Temporarily Unavailable</h1></body></html>\n", "text/html")


class Registries:
    """All pretend registries, started and stopped together.

    | host | is |
    | --- | --- |
    | harbor | Harbor over TLS, certificate of the demo CA |
    | unknown-ca, expired, misnamed | the same Harbor behind a certificate that does not hold |
    | plain | the same Harbor over plain HTTP |
    | realm | the same Harbor, whose challenge names `https://harbor.demo.test` (as before 2.14) |
    | http-realm | the same Harbor, whose challenge names an http realm (TLS ends in front of it) |
    | portal | the same Harbor behind a proxy that sends `/service/` to the portal: tokens are HTML |
    | oidc | another Harbor, that signs people in by OIDC: `oidc` |
    | down | refuses connections |
    | slow | accepts and never answers |
    | broken | 503 on everything |
    | htpasswd | distribution behind Basic: `htpasswd` |
    | token | distribution behind a token service that refuses bad logins: `tokens` |

    Each with `.demo.test`, and `registry-1.docker.io`, which refuses connections: nothing in the demo leaves this
    machine. `harbor`: the state of the Harbor, furnished unless given. `log`: what was asked of
    all of them. Changes take effect at the next request. Once stopped it does not start again.
    """

    def __init__(self, harbor: HarborState | None = None) -> None:
        self.harbor = harbor if harbor is not None else furnish(HarborState())
        self.oidc = furnish_oidc(HarborState())
        self.htpasswd = Distribution()
        self.tokens = TokenDistribution(host=f"token.{DOMAIN}")
        self.log = RequestLog()
        self.ca_file = CERTIFICATES / "ca.pem"
        self._ports = {f"{name}.{DOMAIN}": port for name, port in self._make().items()}
        self._ports[DOCKER_HUB] = Nobody()
        self.resolve: dict[str, str] = {host: port.address for host, port in self._ports.items()}

    def _make(self) -> dict[str, _Port]:
        mint = Mint()
        front = Front(self.harbor, mint)
        ports: dict[str, _Port] = {name: self._tls(name, front, name) for name in ("unknown-ca", "expired", "misnamed")}
        elsewhere = Front(self.harbor, mint, realm=f"https://harbor.{DOMAIN}/service/token")
        insecure = Front(self.harbor, mint, realm=f"http://http-realm.{DOMAIN}/service/token")
        apps: dict[str, App] = {
            "harbor": front,
            "realm": elsewhere,
            "http-realm": insecure,
            "oidc": Front(self.oidc),
            "portal": Front(self.harbor, mint, routes_tokens=False),
            "broken": _unavailable,
            "htpasswd": self.htpasswd,
            "token": self.tokens,
        }
        ports |= {name: self._tls(name, app, "harbor") for name, app in apps.items()}
        ports["plain"] = Server(f"plain.{DOMAIN}", front, self.log)
        ports["slow"] = Silence(f"slow.{DOMAIN}", self.log)
        ports["down"] = Nobody()
        return ports

    def _tls(self, name: str, app: App, certificate: str) -> Server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        return Server(f"{name}.{DOMAIN}", app, self.log, context)

    def start(self) -> "Registries":
        """Begin to answer; returns itself."""
        for state in (self.harbor, self.oidc):
            state.release(stopping=False)
        for port in self._ports.values():
            port.start()
        return self

    def stop(self) -> None:
        """Close all ports, cut all connections, let delayed answers go. Quick."""
        for state in (self.harbor, self.oidc):
            state.release()
        with ThreadPoolExecutor(len(self._ports)) as pool:
            list(pool.map(lambda port: port.stop(), self._ports.values()))

    def __enter__(self) -> "Registries":
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()
