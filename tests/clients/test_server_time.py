"""The clocks of those who answer, by their `Date`: a registry's and the API server's."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from checks.clients.prober import Prober
from checks.clients.servertime import server_time
from checks.facts import Exchange
from checks.model import ObjectRef
from checks.settings import Settings
from tests.clients.kubeserver import KubeServer, cluster_at, pod_list
from tests.clients.scripted import CERTIFICATES, Scripted, http

HOST = "harbor.demo.test"
SLACK = timedelta(seconds=10)


def date(minutes: float) -> str:
    return f"Date: {format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)}"


def asked(*headers: str) -> Exchange:
    """What a registry with these headers leaves as evidence."""
    server = Scripted(lambda _: http(401, b"", *headers))
    prober = Prober(Settings(resolve=server.resolve, registry_ca=CERTIFICATES / "ca.pem"))
    try:
        return prober.ping(HOST).exchange
    finally:
        prober.close()
        server.close()


@pytest.mark.parametrize("minutes", [-90, -7, 0, 7, 60 * 24])
def test_how_far_a_registrys_clock_is_off_is_known(minutes: float) -> None:
    ahead = asked(date(minutes)).ahead
    assert ahead is not None
    assert abs(ahead - timedelta(minutes=minutes)) < SLACK


@pytest.mark.parametrize("headers", [(), ("Date: yesterday",), ("Date:",), (date(9), "Age: 540"), ("Date: 99999999",)])
def test_a_registry_that_tells_no_time_or_a_stored_one_has_no_clock(headers: tuple[str, ...]) -> None:
    assert asked(*headers).ahead is None


def test_a_zone_is_reckoned_with_and_none_is_utc() -> None:
    told = datetime(2026, 11, 24, 12, tzinfo=UTC)
    for text in ("Tue, 24 Nov 2026 12:00:00 GMT", "Tue, 24 Nov 2026 14:00:00 +0200", "Tue, 24 Nov 2026 12:00:00 -0000"):
        assert server_time({"Date": text}) == told


@pytest.mark.parametrize("minutes", [-30, 20])
def test_how_far_the_api_servers_clock_is_off_is_known(tmp_path: Path, minutes: float) -> None:
    def answer(request) -> None:  # type: ignore[no-untyped-def]
        handler = request.handler
        handler.date_time_string = lambda *_: date(minutes).removeprefix("Date: ")
        request.say(200, pod_list())

    server = KubeServer(answer)
    cluster = cluster_at(tmp_path, server.url)
    assert cluster.ahead is None
    cluster.read(ObjectRef("Pod", "shop", "web"))
    told = cluster.ahead
    cluster.close()
    server.close()
    assert told is not None
    assert abs(told - timedelta(minutes=minutes)) < SLACK
