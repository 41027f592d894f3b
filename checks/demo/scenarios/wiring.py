"""Broken wiring: HD1xx."""

import base64
import json

from checks.demo.api.objects import Objects
from checks.demo.harbor_content import SECRET
from checks.demo.scenarios import says
from checks.demo.scenarios.model import HARBOR, Scenario, SeededSecret, Workload, entry, payload, pull_secret

_ARGO = "argocd.argoproj.io/tracking-id"
_ESO = "reconcile.external-secrets.io"


def _patch_account(namespace: str, *names: str, argo: str = "") -> "_Patch":
    return _Patch(namespace, names, argo)


class _Patch:
    """Gives a namespace's default ServiceAccount its pull Secrets, after the pods were made."""

    def __init__(self, namespace: str, names: tuple[str, ...], argo: str) -> None:
        self._namespace, self._names, self._argo = namespace, names, argo

    def __call__(self, objects: Objects) -> None:
        objects.edit("serviceaccounts", self._namespace, "default", self._change, manager="kubectl-patch")

    def _change(self, account: dict[str, object]) -> None:
        if self._names:
            account["imagePullSecrets"] = [{"name": name} for name in self._names]
        if self._argo:
            meta = account["metadata"]
            assert isinstance(meta, dict)
            meta["annotations"] = {_ARGO: self._argo}


def _cut_base64() -> bytes:
    good = entry("robot$crm+pull", SECRET)
    broken = good | {"auth": "robot$crm+pull:" + good["auth"]}
    return json.dumps({"auths": {HARBOR: broken}}).encode()


def _stale_auth() -> bytes:
    """Somebody changed the password, and not `auth`, which holds it too."""
    entries = {HARBOR: entry("robot$pay+pull", "TheOldSecret0fLastYear") | {"password": SECRET}}
    return json.dumps({"auths": entries}).encode()


def _newline() -> bytes:
    text = base64.b64encode(f"robot$shop+pull:{SECRET}\n".encode()).decode()
    entries = {HARBOR: {"username": "robot$shop+pull", "password": f"{SECRET}\n", "auth": text}}
    return json.dumps({"auths": entries}).encode()


_EXTERNAL = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "ExternalSecret",
    "name": "harbor-pull",
    "uid": "0f3b3b8e-52c1-4e0a-9d5e-1d6f3a7c9b21",
    "controller": True,
    "blockOwnerDeletion": True,
}

WIRING = (
    Scenario(
        "HD101",
        "pay/default",
        (
            Workload("pay", "pay-api", f"{HARBOR}/pay/api:7.2.0", 5.3, says.nothing_sent, replicas=4),
            Workload("pay", "pay-worker", f"{HARBOR}/pay/worker:7.2.0", 5.4, says.nothing_sent, replicas=2),
            Workload("pay", "migrate-7-2", f"{HARBOR}/pay/api:7.2.0", 5.3, says.nothing_sent, "Job"),
        ),
        (pull_secret("pay", "harbor-pull", "robot$pay+pull", SECRET),),
        afterwards=_patch_account("pay", argo="pay:/ServiceAccount:pay/default"),
    ),
    Scenario(
        "HD102",
        "crm/default",
        (Workload("crm", "crm-backend", f"{HARBOR}/crm/backend:12.5", 2.6, says.nothing_sent, replicas=3),),
        (pull_secret("crm", "crm-pull", "robot$crm+pull", SECRET),),
        afterwards=_patch_account("crm", "crm-pull"),
    ),
    Scenario(
        "HD103",
        "data/harbor-pul",
        (
            Workload(
                *("data", "etl-worker", f"{HARBOR}/data/etl:2026.11", 7.5, says.nothing_sent),
                replicas=2,
                secrets=("harbor-pul",),
            ),
        ),
        (pull_secret("data", "harbor-pull", "robot$data+pull", SECRET),),
    ),
    Scenario(
        "HD104",
        "infra/registry-login",
        (
            Workload(
                *("infra", "ingress", f"{HARBOR}/infra/ingress:1.11.3", 26.2, says.nothing_sent),
                replicas=2,
                secrets=("registry-login",),
            ),
        ),
        (
            SeededSecret(
                *("infra", "registry-login", payload(harbor=entry("robot$infra+pull", SECRET)), "Opaque"),
                annotations={_ARGO: "infra:/Secret:infra/registry-login"},
            ),
        ),
    ),
    Scenario(
        "HD105",
        "crm/mailer-pull",
        (
            Workload(
                *("crm", "mailer", f"{HARBOR}/crm/mailer:4.0", 50.3),
                says.malformed("illegal base64 data at input byte 5"),
                "StatefulSet",
                3,
                ("crm-pull", "mailer-pull"),
            ),
        ),
        (SeededSecret("crm", "mailer-pull", _cut_base64()),),
    ),
    Scenario(
        "HD106",
        "crm/harbor-8443",
        (
            Workload(
                *("crm", "portal", f"{HARBOR}/crm/backend:12.4", 27.1, says.nothing_sent),
                replicas=2,
                secrets=("harbor-8443",),
            ),
        ),
        (pull_secret("crm", "harbor-8443", "robot$crm+pull", SECRET, key=f"{HARBOR}:8443"),),
    ),
    Scenario(
        "HD106",
        "web/harbor-ui",
        (Workload("web", "docs", f"{HARBOR}/web/frontend:3.2.0", 4.4, says.nothing_sent, secrets=("harbor-ui",)),),
        (pull_secret("web", "harbor-ui", "robot$web+pull", SECRET, key=f"https://{HARBOR}/harbor/projects"),),
    ),
    Scenario(
        "HD107",
        "data/desktop-config",
        (
            Workload(
                *("data", "nightly-report", f"{HARBOR}/data/notebook:5.1", 22.4, says.nothing_sent, "CronJob"),
                secrets=("desktop-config",),
            ),
        ),
        (
            SeededSecret(
                "data", "desktop-config", json.dumps({"auths": {HARBOR: {}}, "credsStore": "desktop"}).encode()
            ),
        ),
    ),
    Scenario(
        "HD108",
        "pay/rotated-pull",
        (
            Workload(
                *("pay", "refunds", f"{HARBOR}/pay/worker:7.1.1", 18.6, says.unauthorized),
                replicas=2,
                secrets=("rotated-pull",),
            ),
        ),
        (SeededSecret("pay", "rotated-pull", _stale_auth()),),
    ),
    Scenario(
        "HD109",
        "shop/harbor-pull",
        (
            Workload(
                *("shop", "web", f"{HARBOR}/shop/web:1.4.2", 75.3, says.unauthorized),
                replicas=5,
                secrets=("harbor-pull",),
            ),
            Workload(
                *("shop", "cart", f"{HARBOR}/shop/cart:2.1.0", 74.8, says.unauthorized),
                replicas=3,
                secrets=("harbor-pull",),
                where="init",
            ),
            Workload(
                *("shop", "search", f"{HARBOR}/shop/search:0.9.8", 74.6, says.unauthorized),
                replicas=2,
                secrets=("harbor-pull",),
                where="sidecar",
            ),
            Workload(
                *("shop", "checkout", f"{HARBOR}/shop/web:1.5.0", 6.1, says.unauthorized),
                secrets=("harbor-pull",),
                where="ephemeral",
            ),
        ),
        (SeededSecret("shop", "harbor-pull", _newline()),),
    ),
    Scenario(
        "HD110",
        "web/harbor-pull",
        (
            Workload(
                *("web", "frontend", f"{HARBOR}/web/frontend:3.2.1", 9.3, says.unauthorized),
                replicas=4,
                secrets=("harbor-pull",),
                slow=True,
            ),
        ),
        (
            SeededSecret(
                *("web", "harbor-pull", payload(harbor=entry("robot+pull", SECRET))),
                labels={f"{_ESO}/managed": "true", f"{_ESO}/created-by": "5d1f8c0e6a"},
                annotations={f"{_ESO}/data-hash": "c1f2aa7b9d"},
                owners=(_EXTERNAL,),
            ),
        ),
    ),
)
