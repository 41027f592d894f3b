"""Logins that a Harbor does not take: HD3xx."""

import math

from checks.demo.harbor_content import BOTH, PASSWORD, SECRET
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import Scenario, Workload, one, pull_secret, work

_OIDC = "oidc.demo.test"
_NO = says.unauthorized


def _robots(registries: Registries, _: Faults) -> None:
    harbor = registries.harbor
    harbor.add_robot("nightly", "data", secret=SECRET, duration=30, age_days=30.2, description="nightly jobs")
    harbor.add_robot("preview", "web", secret=SECRET, disabled=True, age_days=12, description="preview environments")


def _retired(registries: Registries, _: Faults) -> None:
    """Somebody tidied up."""
    registries.harbor.add_robot("legacy", "pay", age_days=400, description="before there were robots for each cluster")
    registries.harbor.delete_robot("pay+legacy", by="dmitri", days_ago=2.1)


_FLEET = ("crm", "data", "infra", "monitoring", "pay", "shop", "web")
"""Namespaces that the platform team put its agent into, all with one robot account."""


def _tidied(registries: Registries, _: Faults) -> None:
    """The robot account of a whole fleet is deleted."""
    registries.harbor.add_project("platform")
    registries.harbor.push_image("platform/metrics-agent", "0.9.2", platforms=BOTH, attested=False)
    registries.harbor.add_robot("fleet", "platform", age_days=200, description="the agent in every namespace")
    registries.harbor.delete_robot("platform+fleet", by="olivia", days_ago=0.15)


def _lock(registries: Registries, _: Faults) -> None:
    """Somebody else tries an old password of this user without end, so that the right one is refused too."""
    registries.harbor.add_user("deploy", PASSWORD)
    registries.harbor.add_member("web", "deploy")
    registries.harbor.locks["deploy"] = math.inf


def _at_oidc(name: str, image: str, hours: float, secret: str, replicas: int) -> Workload:
    return Workload("web", name, f"{_OIDC}/{image}", hours, _NO, replicas=replicas, secrets=(secret,))


LOGIN = (
    one(
        *("HD301", "crm/lena-login"),
        work("crm", "reports", "crm/backend:12.5", 6.6, _NO, 1, "lena-login", slow=True),
        *("lena", PASSWORD + "!"),
    ),
    one(
        *("HD302", "data/nightly-robot"),
        work("data", "feature-loader", "data/etl:2026.10", 4.8, _NO, 3, "nightly-robot"),
        "robot$data+nightly",
        prepare=_robots,
    ),
    one(
        *("HD303", "web/preview-robot"),
        work("web", "preview", "web/frontend:3.2.0", 1.9, _NO, 2, "preview-robot"),
        "robot$web+preview",
    ),
    one(
        *("HD304", "pay/legacy-robot"),
        work("pay", "ledger", "pay/worker:7.1.1", 49.5, _NO, 2, "legacy-robot"),
        "robot$pay+legacy",
        prepare=_retired,
    ),
    Scenario(
        *("HD304", "robot$platform+fleet@harbor.demo.test"),
        tuple(
            work(space, "metrics-agent", "platform/metrics-agent:0.9.2", 3.3, _NO, 5 + (n < 5), "platform-pull")
            for n, space in enumerate(_FLEET)
        ),
        tuple(pull_secret(space, "platform-pull", "robot$platform+fleet", SECRET) for space in _FLEET),
        prepare=_tidied,
    ),
    one(
        *("HD305", "web/site-robot"),
        _at_oidc("site", "portal/site:1.1", 40.6, "site-robot", 3),
        "robot$portal+pull",
    ),
    one(
        *("HD306", "web/nora-login"),
        _at_oidc("site-preview", "portal/site:1.0", 14.9, "nora-login", 1),
        *("nora", "0ldSecret0fNoraThatHasEndedLongAgo"),
    ),
    one(
        *("HD307", "web/deploy-login"),
        work("web", "banner", "web/frontend:3.2.0", 0.7, _NO, 1, "deploy-login"),
        *("deploy", PASSWORD),
        prepare=_lock,
    ),
)
