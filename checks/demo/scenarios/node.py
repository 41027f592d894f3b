"""Faults of the node, and one that nobody can name: HD7xx and HD000."""

from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import faults, words
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import HARBOR, Scenario, Workload, pull_secret

FULL_NODE = "node-5"
_SCHEMA_1 = (
    'media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd '
    "v2.1, please rebuild the image as application/vnd.docker.distribution.manifest.v2+json"
)
_LAYER = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

_FULL = f"{HARBOR}/data/etl:2026.11"
_CORRUPT = f"{HARBOR}/web/assets/nginx:1.27"
_ODD = f"{HARBOR}/infra/agent:0.31"
_BURST = f"{HARBOR}/library/busybox:1.36"
_OLD = f"{HARBOR}/crm/legacy:2.0"
BUSY_NODE = "node-3"


def _odd(ref: str) -> str:
    cause = f'failed to prepare extraction snapshot "extract-771204518-qX1b sha256:{_LAYER}"'
    return words.failed(ref, f"{cause}: lease 4d1c2a77 is held by another writer: busy")


def _break_nodes(_: Registries, nodes: Faults) -> None:
    nodes.set(_FULL, faults.disk_full(_FULL, _LAYER), FULL_NODE)
    nodes.set(_CORRUPT, faults.corrupt_layer(_CORRUPT, _LAYER, 29538432))
    nodes.set(_ODD, _odd(_ODD), "node-2")


def _hold_back(_: Registries, nodes: Faults) -> None:
    nodes.set(_BURST, faults.PULL_QPS, BUSY_NODE)


def _push_old(registries: Registries, nodes: Faults) -> None:
    registries.harbor.push_image("crm/legacy", "2.0")
    nodes.set(_OLD, words.failed(_OLD, _SCHEMA_1))


NODE = (
    Scenario(
        "HD701",
        FULL_NODE,
        (
            Workload(
                *("data", "etl-backfill", _FULL, 1.3, says.literal(lambda ref: faults.disk_full(ref, _LAYER))),
                replicas=2,
                secrets=("harbor-pull",),
                node=FULL_NODE,
            ),
        ),
        prepare=_break_nodes,
    ),
    Scenario(
        "HD702",
        f"web/{HARBOR}/web/assets/warm:local",
        (
            Workload(
                *("web", "image-warmer", f"{HARBOR}/web/assets/warm:local", 60.2, says.never),
                secrets=("cluster-pull",),
                policy="Never",
            ),
        ),
    ),
    Scenario(
        "HD703",
        BUSY_NODE,
        (
            Workload(
                *("infra", "nightly-burst", _BURST, 0.1, says.literal(lambda _: faults.PULL_QPS)),
                replicas=2,
                node=BUSY_NODE,
            ),
        ),
        prepare=_hold_back,
    ),
    Scenario(
        "HD704",
        f"web/{_CORRUPT}",
        (
            Workload(
                *("web", "assets", _CORRUPT, 3.8),
                says.literal(lambda ref: faults.corrupt_layer(ref, _LAYER, 29538432)),
                replicas=2,
                secrets=("cluster-pull",),
            ),
        ),
    ),
    Scenario(
        "HD705",
        f"crm/{_OLD}",
        (
            Workload(
                *("crm", "legacy-forms", _OLD, 55.5, says.literal(lambda ref: words.failed(ref, _SCHEMA_1))),
                secrets=("crm-old",),
            ),
        ),
        (pull_secret("crm", "crm-old", "robot$crm+pull", SECRET),),
        prepare=_push_old,
    ),
)

UNKNOWN = (
    Scenario(
        "HD000",
        "infra/edge-agent",
        (Workload(*("infra", "edge-agent", _ODD, 2.4, says.literal(_odd)), secrets=("infra-pull",), node="node-2"),),
    ),
)
