"""Policies of Harbor and of the nodes, and limits of a registry: HD6xx."""

from checks.demo.harbor import Scan
from checks.demo.harbor_content import SECRET
from checks.demo.kubelet import words
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import CRIO_NODE, HARBOR, Scenario, Workload, pull_secret

_LIMITED = "token.demo.test/tools/kubectl:1.34"
_BLOCKED = "token.demo.test/prometheus/node-exporter:1.9.0"
_BLOCKED_WHY = "registry token.demo.test is blocked in /etc/containers/registries.conf"
_UNSIGNED = f"{HARBOR}/library/kube-state-metrics:2.15"
_UNSIGNED_WHY = "Source image rejected: A signature was required, but no signature exists"


def _scan(registries: Registries, _: Faults) -> None:
    registries.harbor.set_scan("vault/signer", "2.4.0-rc1", Scan())


def _limit(registries: Registries, _: Faults) -> None:
    registries.tokens.push_image("tools/kubectl", "1.34")
    registries.tokens.public.add("tools/kubectl")
    registries.tokens.limited.add("tools/kubectl")


def _block(registries: Registries, nodes: Faults) -> None:
    """What the registries.conf of the CRI-O node forbids."""
    registries.tokens.push_image("prometheus/node-exporter", "1.9.0")
    registries.tokens.public.add("prometheus/node-exporter")
    nodes.set(_BLOCKED, words.crio(_BLOCKED, _BLOCKED_WHY), CRIO_NODE)


def _demand_signature(registries: Registries, nodes: Faults) -> None:
    """What its policy.json demands."""
    registries.harbor.push_image("library/kube-state-metrics", "2.15")
    nodes.set(_UNSIGNED, words.crio(_UNSIGNED, _UNSIGNED_WHY), CRIO_NODE)


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
    Scenario(
        "HD605",
        f"monitoring/{_BLOCKED}",
        (
            Workload(
                "monitoring",
                "node-exporter",
                _BLOCKED,
                9.5,
                says.literal(lambda ref: words.crio(ref, _BLOCKED_WHY)),
                node=CRIO_NODE,
            ),
        ),
        prepare=_block,
    ),
    Scenario(
        "HD606",
        f"monitoring/{_UNSIGNED}",
        (
            Workload(
                "monitoring",
                "kube-state",
                _UNSIGNED,
                9.2,
                says.literal(lambda ref: words.crio(ref, _UNSIGNED_WHY)),
                node=CRIO_NODE,
            ),
        ),
        prepare=_demand_signature,
    ),
)
