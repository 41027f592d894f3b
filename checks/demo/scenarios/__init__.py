"""The demo's troubles as data: at least one broken workload for every rule, and what runs well beside them."""

from checks.demo.scenarios.harbor import ARTIFACT, PERMISSION
from checks.demo.scenarios.healthy import SECRETS, WORKLOADS
from checks.demo.scenarios.login import LOGIN
from checks.demo.scenarios.model import Scenario, SeededSecret, Workload
from checks.demo.scenarios.network import NETWORK
from checks.demo.scenarios.node import NODE, UNKNOWN
from checks.demo.scenarios.policy import POLICY
from checks.demo.scenarios.reference import REFERENCE
from checks.demo.scenarios.wiring import WIRING

SCENARIOS: tuple[Scenario, ...] = (
    *REFERENCE,
    *WIRING,
    *NETWORK,
    *LOGIN,
    *PERMISSION,
    *ARTIFACT,
    *POLICY,
    *NODE,
    *UNKNOWN,
)
"""In the order of their codes, families first."""

NAMESPACES = ("crm", "data", "infra", "kube-system", "monitoring", "pay", "shop", "web")
NODES = tuple(f"node-{number}" for number in range(1, 8))

__all__ = ["NAMESPACES", "NODES", "SCENARIOS", "SECRETS", "WORKLOADS", "Scenario", "SeededSecret", "Workload"]
