"""What the API server does to pods: defaults, the ServiceAccount admission, and which changes it lets through.

Admission: kubernetes `plugin/pkg/admission/serviceaccount`: the ServiceAccount's pull Secrets are copied only into a
pod whose own list is absent or empty, and only at creation.
"""

import copy
from typing import Any

from checks.demo.api.problems import Cause, Obj, forbidden, invalid
from checks.demo.api.store import Store

_ENFORCE = "kubernetes.io/enforce-mountable-secrets"
_MAY_CHANGE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_SPEC_DEFAULTS = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
}
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def admit(store: Store, obj: Obj) -> Obj:
    """Return a new pod with defaults and its ServiceAccount's pull Secrets; raises 403 and 422."""
    pod = copy.deepcopy(obj)
    spec = pod.setdefault("spec", {})
    if not spec.get("containers"):
        raise invalid(
            "Pod", "", pod["metadata"]["name"], Cause("FieldValueRequired", "spec.containers", "Required value")
        )
    _service_account(store, pod)
    for key, value in _SPEC_DEFAULTS.items():
        spec.setdefault(key, value)
    for container in (c for name in _CONTAINER_LISTS for c in spec.get(name) or ()):
        container.setdefault("imagePullPolicy", _policy(container.get("image", "")))
    if not spec.get("imagePullSecrets"):
        spec.pop("imagePullSecrets", None)
    pod["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
    return pod


def _policy(image: str) -> str:
    last = image.rpartition("/")[2]
    floating = "@" not in image and (":" not in last or last.endswith(":latest"))
    return "Always" if floating else "IfNotPresent"


def _service_account(store: Store, pod: Obj) -> None:
    spec, meta = pod["spec"], pod["metadata"]
    name = spec.setdefault("serviceAccountName", spec.get("serviceAccount") or "default")
    spec["serviceAccount"] = name
    account = store.get("serviceaccounts", meta["namespace"], name)
    if account is None:
        why = f'error looking up service account {meta["namespace"]}/{name}: serviceaccount "{name}" not found'
        raise forbidden("pods", "", meta["name"], why)
    own = spec.get("imagePullSecrets") or []
    if not own and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = copy.deepcopy(account["imagePullSecrets"])
    elif (account["metadata"].get("annotations") or {}).get(_ENFORCE) == "true":
        _enforce(account, own, meta["name"])


def _enforce(account: Obj, own: list[Obj], pod: str) -> None:
    listed = {item.get("name") for item in account.get("imagePullSecrets") or ()}
    for place, item in enumerate(own):
        if item.get("name") not in listed:
            why = (
                f'imagePullSecrets[{place}].name="{item.get("name", "")}" is not allowed because service account '
                f"{account['metadata']['name']} does not reference that imagePullSecret"
            )
            raise forbidden("pods", "", pod, why)


def check_update(new: Obj, old: Obj) -> None:
    """Raise 422 where a live pod's spec would change in a field that cannot."""
    if _frozen(new["spec"]) != _frozen(old["spec"]):
        why = f"Forbidden: pod updates may not change fields other than {_MAY_CHANGE}\n"
        raise invalid("Pod", "", new["metadata"]["name"], Cause("FieldValueForbidden", "spec", why))


def _frozen(spec: Obj) -> Obj:
    free = ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds")
    frozen: dict[str, Any] = {key: value for key, value in spec.items() if key not in free}
    for name in ("containers", "initContainers"):
        frozen[name] = [
            {key: value for key, value in container.items() if key != "image"} for container in spec.get(name) or ()
        ]
    return frozen
