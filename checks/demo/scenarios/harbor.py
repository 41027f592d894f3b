"""Rights and images in Harbor: HD4xx and HD5xx."""

from checks.demo.harbor import Reach, pull_grant
from checks.demo.harbor.images import build
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import says
from checks.demo.scenarios.model import HARBOR, Prepare, Scenario, Workload, one, work

_ARM = "data/notebook", "5.1-arm"


def _uploader(registries: Registries, _: Faults) -> None:
    grants = (pull_grant("infra", "push"),)
    registries.harbor.add_robot("uploader", secret=SECRET, grants=grants, description="uploads only")


def _team(registries: Registries, _: Faults) -> None:
    harbor = registries.harbor
    harbor.add_project("team")
    harbor.push_image("team/app", "2.1")
    harbor.add_robot("pull", "team", secret=SECRET)


def _upstream_dead(registries: Registries, _: Faults) -> None:
    registries.harbor.push_image("quay/coreos/etcd", "v3.6.1", upstream_only=True)
    registries.harbor.set_reach("quay", Reach.DOWN)


def _lost(registries: Registries, _: Faults) -> None:
    registries.harbor.push_image("shop/receipts", "3.3")
    registries.harbor.lose_manifest("shop/receipts", "3.3")


def _withdrawn(registries: Registries, _: Faults) -> None:
    registries.harbor.push_image("shop/wishlist", "1.0.0")
    registries.harbor.delete_repository("shop/wishlist", by="olivia", days_ago=1 / 24)


def _not_retained(registries: Registries, _: Faults) -> None:
    registries.harbor.push_image("data/notebook", "5.2")
    registries.harbor.set_retention("data", 2)
    registries.harbor.run_retention("data", ("data/notebook", "5.2"), days_ago=1 / 48)


_NO = says.unauthorized

PERMISSION = (
    one(
        *("HD401", f"sam@{HARBOR}/pay"),
        work("pay", "fraud-check", "pay/api:7.1.1", 3.4, _NO, 2, "sam-login"),
        *("sam", PASSWORD),
    ),
    one(
        *("HD402", f"robot$shop+pull@{HARBOR}/pay"),
        work("shop", "payments-bridge", "pay/api:7.1.0", 10.5, _NO, 2, "shop-robot"),
        "robot$shop+pull",
    ),
    one(
        *("HD403", f"robot$uploader@{HARBOR}/infra"),
        work("infra", "agent-canary", "infra/agent:0.30", 2.2, _NO, 1, "uploader"),
        "robot$uploader",
        prepare=_uploader,
    ),
)


def _arm_digest() -> str:
    repository, tag = _ARM
    return build(f"{repository}:{tag}", ("linux/arm64",), True).top.digest


_CLUSTER = "cluster-pull"


def _shop(code: str, subject: str, workload: Workload, prepare: Prepare | None = None) -> Scenario:
    """A scenario whose login, the robot of the whole cluster, is right; the Secret is seeded once, by `HEALTHY`."""
    return Scenario(code, subject, (workload,), (), prepare)


ARTIFACT = (
    one(
        *("HD501", f"{HARBOR}/taem"),
        work("web", "team-app", "taem/app:2.1", 0.2, _NO, 4, "team-pull"),
        "robot$team+pull",
        prepare=_team,
    ),
    _shop(
        *("HD502", f"{HARBOR}/shop/wishlist"),
        work("shop", "wishlist", "shop/wishlist:1.0.0", 0.9, says.not_found, 2, _CLUSTER),
        _withdrawn,
    ),
    Scenario(
        *("HD503", f"{HARBOR}/shop/search:0.9.9"),
        (
            Workload(
                *("shop", "recommender", f"{HARBOR}/shop/search:0.9.9", 0.5, says.not_found),
                replicas=3,
                secrets=(_CLUSTER,),
                before=(f"{HARBOR}/shop/search:0.9.7", f"{HARBOR}/shop/search:0.9.8"),
            ),
        ),
    ),
    Scenario(
        *("HD503", f"{HARBOR}/data/notebook:5.2"),
        (
            Workload(
                *("data", "inference", f"{HARBOR}/data/notebook:5.2", 0.3, says.not_found),
                secrets=("harbor-pull",),
                where="volume",
            ),
        ),
        prepare=_not_retained,
    ),
    Scenario(
        *("HD504", f"{HARBOR}/data/notebook:5.1-arm"),
        (
            Workload(
                *("data", "notebook", f"{HARBOR}/data/notebook:5.1-arm", 1.7, says.platform(_arm_digest)),
                secrets=("harbor-pull",),
            ),
        ),
    ),
    Scenario(
        *("HD505", f"{HARBOR}/quay"),
        (Workload("infra", "etcd-backup", f"{HARBOR}/quay/coreos/etcd:v3.6.1", 15.5, says.not_found, "CronJob"),),
        prepare=_upstream_dead,
    ),
    _shop(
        *("HD506", f"{HARBOR}/shop/receipts:3.3"),
        work("shop", "receipts", "shop/receipts:3.3", 33.3, says.not_found, 1, _CLUSTER),
        _lost,
    ),
)
