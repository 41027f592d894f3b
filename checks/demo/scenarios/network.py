"""The way to the registry and its certificate: HD2xx."""

from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import words
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import HARBOR, Says, Scenario, Workload, pull_secret

_BEHIND_PROXY = "library/vector:0.42"
_CUT_OFF = "library/loki:3.2"
_PROXY_NODE, _CUT_NODE = "node-6", "node-4"

EXPIRED_SINCE = "2020-01-01T00:00:00Z"


def _at(host: str, code: str, workload: Workload, secret: tuple[str, str]) -> Scenario:
    namespace, name = secret
    project = workload.image.split("/")[1]
    login = pull_secret(namespace, name, f"robot${project}+pull", SECRET, key=host)
    return Scenario(code, host, (workload,), (login,))


def _tls(host: str, code: str, workload: str, hours: float, text: Says, replicas: int = 1) -> Scenario:
    name = host.partition(".")[0] + "-pull"
    image = f"{host}/infra/agent:0.31"
    work = Workload("infra", workload, image, hours, text, replicas=replicas, secrets=(name,))
    return _at(host, code, work, ("infra", name))


def _no_request(image: str, cause: str) -> str:
    repository, _, tag = image.partition(":")
    url = words.manifest_url(HARBOR, repository, tag)
    return words.unresolved(f"{HARBOR}/{image}", words.no_request("HEAD", url, cause))


def _stop_at_proxy(registries: Registries, nodes: Faults) -> None:
    """From one node there is no way to the registry; from here there is."""
    registries.harbor.push_image(*_BEHIND_PROXY.split(":"))
    nodes.set(f"{HARBOR}/{_BEHIND_PROXY}", _no_request(_BEHIND_PROXY, words.NO_PROXY), _PROXY_NODE)


def _cut(registries: Registries, nodes: Faults) -> None:
    """From another node none that lasts."""
    registries.harbor.push_image(*_CUT_OFF.split(":"))
    nodes.set(f"{HARBOR}/{_CUT_OFF}", _no_request(_CUT_OFF, words.reset(HARBOR)), _CUT_NODE)


def _http_realm(host: str) -> str:
    return f'Post "http://{host}/service/token": {words.refused(f"{host}:80")}'


def _portal(_: str) -> str:
    return "unable to decode token response: invalid character '<' looking for beginning of value"


NETWORK = (
    Scenario(
        "HD201",
        "nowhere.demo.test",
        (
            Workload(
                "infra",
                "debug-shell",
                "nowhere.demo.test/tools/debug:1.2",
                1.4,
                says.no_request(words.no_such_host),
                "Pod",
            ),
        ),
    ),
    Scenario(
        "HD202",
        "down.demo.test",
        (
            Workload(
                *("data", "kafka-ui", "down.demo.test/data/kafka-ui:0.7.2", 0.8, says.no_request(words.refused)),
                replicas=2,
                secrets=("harbor-pull",),
            ),
        ),
    ),
    Scenario(
        "HD203",
        "slow.demo.test",
        (
            Workload(
                *("data", "feature-store", "slow.demo.test/data/features:3.0", 0.6),
                says.no_request(lambda _: words.TLS_TIMEOUT),
                secrets=("harbor-pull",),
                slow=True,
            ),
        ),
    ),
    Scenario(
        "HD204",
        HARBOR,
        (
            Workload(
                *("monitoring", "vector", f"{HARBOR}/{_BEHIND_PROXY}", 2.1),
                says.no_request(lambda _: words.NO_PROXY),
                node=_PROXY_NODE,
            ),
        ),
        prepare=_stop_at_proxy,
    ),
    Scenario(
        "HD205",
        "broken.demo.test",
        (
            Workload(
                *("web", "status-page", "broken.demo.test/web/status:2.2", 0.4, says.unavailable),
                replicas=2,
                secrets=("harbor-ui",),
            ),
        ),
    ),
    Scenario(
        "HD206",
        HARBOR,
        (Workload("monitoring", "loki", f"{HARBOR}/{_CUT_OFF}", 0.9, says.no_request(words.reset), node=_CUT_NODE),),
        prepare=_cut,
    ),
    _tls("unknown-ca.demo.test", "HD211", "edge-cache", 3.1, says.no_request(lambda _: words.UNKNOWN_CA), 3),
    _tls("expired.demo.test", "HD212", "log-shipper", 12.7, says.expired(EXPIRED_SINCE), 2),
    _tls(
        *("misnamed.demo.test", "HD213", "backup", 28.4),
        says.no_request(lambda host: words.wrong_name(("elsewhere.demo.test",), host)),
    ),
    _tls("plain.demo.test", "HD214", "dns-cache", 100.9, says.no_request(lambda _: words.PLAIN_HTTP)),
    _tls("http-realm.demo.test", "HD215", "mesh-gateway", 20.3, says.no_token("oauth", _http_realm), 2),
    _tls("portal.demo.test", "HD216", "dashboards", 6.7, says.no_token("oauth", _portal)),
)
