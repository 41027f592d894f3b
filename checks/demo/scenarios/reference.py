"""Broken references: HD0xx."""

from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import words
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import CRIO_NODE, HARBOR, Scenario, Workload, pull_secret

_HOSTLESS = "shop/web:1.4.2"
"""What the people of this shop mean is the Harbor's image."""
_SHORT = "prometheus/blackbox-exporter:0.25.0"


def _enforced(_: str) -> str:
    """CRI-O's words (containers/image, pkg/shortnames): it names the image as it is written."""
    return f"rpc error: code = Unknown desc = {words.short_name(_SHORT)}"


def _deny(_: Registries, nodes: Faults) -> None:
    """Docker Hub, which the demo does not have, as the nodes see it."""
    nodes.set(_HOSTLESS, words.insufficient_scope(f"docker.io/{_HOSTLESS}"))


def _enforce(_: Registries, nodes: Faults) -> None:
    """What the registries.conf of the CRI-O node leaves open."""
    nodes.set(_SHORT, _enforced(_SHORT), CRIO_NODE)


REFERENCE = (
    Scenario(
        "HD001",
        f"web/{HARBOR}/web/Frontend:3.2.1",
        (Workload("web", "landing-page", f"{HARBOR}/web/Frontend:3.2.1", 5.2, says.invalid),),
    ),
    Scenario(
        "HD002",
        f"shop/{_HOSTLESS}",
        (
            Workload(
                *("shop", "storefront", _HOSTLESS, 0.6, says.literal(words.insufficient_scope)),
                replicas=2,
                secrets=("cluster-pull",),
            ),
        ),
        prepare=_deny,
    ),
    Scenario(
        "HD003",
        f"infra/{HARBOR}/agent",
        (
            Workload(
                "infra",
                "node-agent",
                f"{HARBOR}/agent:0.31",
                30.5,
                says.bad_request,
                "DaemonSet",
                secrets=("infra-pull",),
            ),
        ),
        (pull_secret("infra", "infra-pull", "robot$infra+pull", SECRET),),
    ),
    Scenario(
        "HD004",
        f"monitoring/{_SHORT}",
        (Workload("monitoring", "blackbox", _SHORT, 12.2, says.literal(_enforced), node=CRIO_NODE),),
        prepare=_enforce,
    ),
)
