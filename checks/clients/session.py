"""One HTTP request to a registry or Harbor: the only place where such requests leave this machine.

HTTPS only, redirects never followed, cookies and .netrc never used, answers capped in bytes and time. A stored
`sid` cookie would make Harbor ask for a CSRF token (src/server/middleware/csrf).
"""

import http.cookiejar
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import requests
import requests.adapters
import requests.utils
import urllib3.exceptions

from checks import __version__
from checks.clients.authorize import Authorization
from checks.clients.breaks import classify
from checks.clients.channel import Call, RegistryAdapter, begin, trusting
from checks.clients.netaddr import Dialer, split_host
from checks.clients.urls import host_of, origin
from checks.credentials import Login
from checks.errors import UsageError
from checks.facts import Break
from checks.settings import Settings
from checks.writegate import WriteGate

USER_AGENT = f"harbor-doctor/{__version__}"
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer's body, after decompression."""

_CHUNK = 16_384
_READS = ("GET", "HEAD")
_SHORTEST_TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or why nothing did. Holds no secret but perhaps `body` (a token answer)."""

    at: datetime
    method: str
    url: str
    seconds: float
    """Time the server took, without connecting."""
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    broken: Break | None = None
    failure: str = ""
    """With `broken`: why there is no answer, or no whole one, in words."""


class _Session(requests.Session):
    """A session to which no answer is a redirect.

    requests prepares the next request even where it may not follow: for that it reads the whole body, past all
    limits, and a crooked Location makes it lose the answer.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None."""


class Web:
    """Asks registries. One per run; safe for many threads."""

    def __init__(self, settings: Settings, gate: WriteGate | None = None) -> None:
        """`gate`: that of the cluster for whose sake it is asked; without one, what the settings say."""
        self.dialer = Dialer(settings)
        self.timeout = max(settings.timeout, _SHORTEST_TIMEOUT)
        self._gate = gate or WriteGate(read_only=settings.read_only, protected=settings.protected)
        _check_ca(settings.registry_ca)
        self._closed = False
        self._session = _Session()
        self._session.trust_env = False
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.clear()
        self._session.adapters.clear()
        self._session.mount("https://", RegistryAdapter(self.dialer, settings.registry_ca, max(1, settings.workers)))

    def ask(
        self,
        method: str,
        url: str,
        *,
        login: Login | None = None,
        token: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and return the answer; never raises for what the other side does or fails to do.

        With a `form` its fields are posted to ask for a token, the login's secret among them instead of in a header.

        What would change anything has to pass the gate: Refused is raised before anything is sent. Asking for a token
        changes nothing.

        What breaks off before an answer may be a kept connection that has just been closed, so it is asked once more,
        but never with a login: that may have been counted.
        """
        if method not in _READS and form is None:
            self._gate.pass_write(f"a change at {host_of(url)}")
        auth = Authorization(login, token, form)
        answer = self._ask(method, url, auth, headers or {}, body)
        again = answer.broken is Break.RESET and login is None and method in _READS
        return self._ask(method, url, auth, headers or {}, body) if again else answer

    def _ask(
        self, method: str, url: str, auth: Authorization, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        at, begun = datetime.now(UTC), time.monotonic()
        if not url.startswith("https://"):
            return Answer(at, method, url, 0.0, failure="only HTTPS addresses are asked")
        if self._closed:
            return Answer(at, method, url, 0.0, failure="harbor-doctor ends")
        call = begin(self.timeout)
        try:
            with self._send(method, url, auth, headers, body) as response:
                return _read(response, call, Answer(at, method, url, call.seconds))
        except Exception as error:
            broken = classify(error, host_of(url), self.timeout, call.expired)
            spent = call.seconds or time.monotonic() - begun
            return Answer(at, method, url, spent, broken=broken.kind, failure=broken.sentence)
        finally:
            call.end()
            if self._closed:  # meanwhile: a pool made after closing would keep its connection for good
                self._session.close()

    def _send(
        self, method: str, url: str, auth: Authorization, headers: Mapping[str, str], body: bytes | None
    ) -> requests.Response:
        own = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", "Accept": "*/*", **headers}
        return self._session.request(
            method,
            url,
            headers=own,
            data=body,
            auth=auth,
            timeout=self.timeout,
            allow_redirects=False,
            stream=True,
            proxies=self.proxies(url),
        )

    def proxies(self, url: str) -> dict[str, str]:
        """HTTP(S)_PROXY and NO_PROXY for this address; none where the user said where to connect."""
        chosen = self.dialer.chosen(*split_host(host_of(url)))
        return {} if chosen else requests.utils.get_environ_proxies(url)

    def proxy(self, url: str) -> str:
        """Return the proxy through which this address is asked, without its login; empty where there is none."""
        chosen = requests.utils.select_proxy(url, self.proxies(url))
        return (origin(chosen) or chosen.rpartition("@")[2]) if chosen else ""

    def close(self) -> None:
        """Close all connections; threads that still ask get no answer."""
        self._closed = True
        self._session.close()


def _check_ca(path: Path | None) -> None:
    """Say at once, in a sentence, that the user's CA file is of no use."""
    try:
        trusting(path)
    except (OSError, ValueError):
        raise UsageError(f"{path} cannot be read as a file of PEM certificates") from None


def _read(response: requests.Response, call: Call, answer: Answer) -> Answer:
    """Read the body within the limits; an answer that breaks off keeps its status and headers."""
    answer = replace(answer, status=response.status_code, headers=response.headers, seconds=call.seconds)
    slow = f"the answer did not end within {call.limit:.0f} s"
    body = b""
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > LARGEST:
                return replace(answer, failure=f"the answer is longer than {LARGEST >> 20} MiB")
    except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException, ValueError):
        return replace(answer, failure=slow if call.expired else "the answer broke off or cannot be unpacked")
    # Without a length, the end that our own clock made looks like the answer's.
    return replace(answer, failure=slow) if call.expired else replace(answer, body=body)
