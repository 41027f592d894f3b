"""What runs well: so that not everything is red, with two traps for whoever blames the first odd Secret."""

from checks.demo.harbor_content import SECRET
from checks.demo.scenarios.model import BASE, HARBOR, SeededSecret, Workload, pull_secret

_CLUSTER = "robot$cluster-pull"
_REDIS = f"{HARBOR}/hub/library/redis:7.4"

SECRETS: tuple[SeededSecret, ...] = (
    pull_secret("shop", "cluster-pull", _CLUSTER, SECRET),
    pull_secret("web", "cluster-pull", _CLUSTER, SECRET),
    pull_secret("web", "old-registry", "deploy", "no longer valid", key="registry.old.example"),
    pull_secret("web", "left-over", "robot$web+gone", "no longer valid"),
)

_WEB = ("cluster-pull", "old-registry")

WORKLOADS: tuple[Workload, ...] = (
    Workload("shop", "catalog", f"{HARBOR}/shop/web:1.4.1", 500.2, replicas=3, secrets=("cluster-pull",)),
    Workload("shop", "session-cache", _REDIS, 700.1, kind="StatefulSet", replicas=2),
    Workload("web", "shell", f"{HARBOR}/web/frontend:3.2.0", 240.4, replicas=4, secrets=_WEB),
    Workload("web", "page-cache", _REDIS, 90.6, replicas=2, secrets=("left-over",)),
    Workload("pay", "pay-cache", _REDIS, 310.3, kind="StatefulSet", replicas=2),
    Workload("crm", "crm-queue", _REDIS, 150.9, replicas=2),
    Workload("data", "scheduler", f"{HARBOR}/data/etl:2026.10", 77.7, replicas=2, secrets=("harbor-pull",)),
    Workload("infra", "node-problem-detector", BASE, 900.5, kind="DaemonSet"),
    Workload("infra", "metrics", f"{HARBOR}/infra/agent:0.30", 410.8, replicas=2, secrets=("infra-pull",)),
    Workload("kube-system", "coredns", BASE, 1500.2, replicas=2),
    Workload("kube-system", "network-agent", BASE, 1500.3, kind="DaemonSet"),
    Workload("monitoring", "prometheus", f"{HARBOR}/quay/prometheus/prometheus:v3.0.0", 820.6, kind="StatefulSet"),
    Workload("monitoring", "grafana", f"{HARBOR}/hub/grafana/grafana:11.3.0", 640.2),
)
