"""Policies of Harbor, faults of the node, and one that nobody can name: HD6xx, HD7xx and HD000."""

from checks.demo.harbor import Scan
from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import faults, words
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import HARBOR, Scenario, Workload, pull_secret

FULL_NODE = "node-5"
_LAYER = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

_FULL = f"{HARBOR}/data/etl:2026.11"
_CORRUPT = f"{HARBOR}/web/assets/nginx:1.27"
_ODD = f"{HARBOR}/infra/agent:0.31"
_LIMITED = "token.demo.test/tools/kubectl:1.34"


def _odd(ref: str) -> str:
    cause = f'failed to prepare extraction snapshot "extract-771204518-qX1b sha256:{_LAYER}"'
    return words.failed(ref, f"{cause}: lease 4d1c2a77 is held by another writer: busy")


def _scan(registries: Registries, _: Faults) -> None:
    registries.harbor.set_scan("vault/signer", "2.4.0-rc1", Scan())


def _break_nodes(_: Registries, nodes: Faults) -> None:
    nodes.set(_FULL, faults.disk_full(_FULL, _LAYER), FULL_NODE)
    nodes.set(_CORRUPT, faults.corrupt_layer(_CORRUPT, _LAYER, 29538432))
    nodes.set(_ODD, _odd(_ODD), "node-2")


def _limit(registries: Registries, _: Faults) -> None:
    registries.tokens.push_image("tools/kubectl", "1.34")
    registries.tokens.public.add("tools/kubectl")
    registries.tokens.limited.add("tools/kubectl")


POLICY = (
    Scenario(
        "HD601",
        f"{HARBOR}/vault/signer:2.3.1",
        (Workload("pay", "signer", f"{HARBOR}/vault/signer:2.3.1", 8.3, says.policy, replicas=2, secrets=("vault",)),),
        (pull_secret("pay", "vault", "robot$vault+pull", SECRET),),
    ),
    Scenario(
        "HD602",
        f"{HARBOR}/vault/unscanned:1.0",
        (Workload("pay", "key-rotation", f"{HARBOR}/vault/unscanned:1.0", 2.9, says.policy, secrets=("vault",)),),
    ),
    Scenario(
        "HD603",
        f"{HARBOR}/vault/signer:2.4.0-rc1",
        (Workload("pay", "signer-next", f"{HARBOR}/vault/signer:2.4.0-rc1", 1.1, says.policy, secrets=("vault",)),),
        prepare=_scan,
    ),
    Scenario(
        "HD604",
        "token.demo.test",
        (Workload("infra", "cert-renewal", _LIMITED, 0.7, says.status("429 Too Many Requests"), "Pod"),),
        prepare=_limit,
    ),
)

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
)

UNKNOWN = (
    Scenario(
        "HD000",
        "infra/edge-agent",
        (Workload(*("infra", "edge-agent", _ODD, 2.4, says.literal(_odd)), secrets=("infra-pull",), node="node-2"),),
    ),
)
