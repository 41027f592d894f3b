"""A pull Secret as it goes into Git: by what makes it there, and always without a password.

Sources: external-secrets.io, guides "Common K8S Secret Types" and "Advanced Templating v2" (apiVersion v1 since 0.16);
bitnami-labs/sealed-secrets README (`kubeseal` reads a Secret from standard input); kubernetes/kubernetes
pkg/apis/core/validation (a pull Secret must hold JSON under the key of its type).
"""

import json
from collections.abc import Sequence
from typing import Any

from checks.credentials import DOCKER_CFG
from checks.dockerpayload import DATA_KEYS
from checks.model import ObjectRef
from checks.repair.commands import kubectl, quoted
from checks.repair.export.yamltext import document

FILL_PASSWORD = "FILL-IN-THE-PASSWORD"
FILL_STORE = "FILL-IN-THE-NAME-OF-YOUR-STORE"
FILL_KEY = "FILL-IN-THE-KEY-OF-THE-LOGIN"
FILL_SEALED = "FILL-IN-WHAT-KUBESEAL-PRINTS"

Logins = Sequence[tuple[str, str]]
"""Registry keys and user names."""


def plain(ref: ObjectRef, kind: str, logins: Logins, marks: dict[str, dict[str, str]], was: str = "") -> str:
    """Return a Secret with stand-ins for passwords; `marks`: labels and annotations to keep; `was`: its type now."""
    auths = {key: {"username": user, "password": FILL_PASSWORD} for key, user in logins}
    config = auths if kind == DOCKER_CFG else {"auths": auths}
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {**_named(ref), **marks}, "type": kind}
    text = json.dumps(config, indent=2) + "\n"
    remarks = (
        f"{ref.namespace}/{ref.name}. {FILL_PASSWORD} stands for the password: do not commit it in the clear,",
        "seal it or let a store keep it, and leave this file without it.",
        *((f"Its type is {was} now and cannot be changed in place: delete the Secret first.",) if was != kind else ()),
    )
    return document({**head, "stringData": {DATA_KEYS[kind]: text}}, remarks)


def external(ref: ObjectRef, name: str, kind: str, logins: Logins) -> str:
    """Return an ExternalSecret that makes the docker config from passwords in its store."""
    keys = ["password"] if len(logins) == 1 else [f"password{number}" for number in range(1, len(logins) + 1)]
    entries = [
        f'{_template(key)}: {{"username": {_template(user)}, "password": {{{{ .{secret} | toJson }}}}}}'
        for (key, user), secret in zip(logins, keys, strict=True)
    ]
    inner = "{\n  " + ",\n  ".join(entries) + "\n}\n"
    text = inner if kind == DOCKER_CFG else f'{{"auths": {inner.rstrip()}}}\n'
    data = [{"secretKey": key, "remoteRef": {"key": FILL_KEY, "property": "password"}} for key in keys]
    spec: dict[str, Any] = {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "SecretStore", "name": FILL_STORE},
        "target": {
            "name": ref.name,
            "creationPolicy": "Owner",
            "template": {"engineVersion": "v2", "type": kind, "data": {DATA_KEYS[kind]: text}},
        },
        "data": data,
    }
    remarks = (
        f"Makes Secret {ref.namespace}/{ref.name}. Store, key and property are as in the ExternalSecret that you have;",
        *(f"{key}: the password of {user} for {host}" for (host, user), key in zip(logins, keys, strict=True)),
        "After a change in the store, it is fetched at once by an annotation with a new value:",
        "kubectl annotate externalsecret NAME force-sync=TIME --overwrite",
        "Before External Secrets 0.16 the apiVersion is external-secrets.io/v1beta1.",
    )
    head = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret"}
    return document({**head, "metadata": {"name": name, "namespace": ref.namespace}, "spec": spec}, remarks)


def sealed(ref: ObjectRef, kind: str) -> str:
    """Return the frame of a SealedSecret, to be filled with what kubeseal prints."""
    spec = {"encryptedData": {DATA_KEYS[kind]: FILL_SEALED}, "template": {"metadata": _named(ref), "type": kind}}
    remarks = (
        f"Unseals to Secret {ref.namespace}/{ref.name}. NOTES.md has the command that seals the login:",
        "it prints this object whole, with the ciphertext in its place.",
    )
    head = {"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": _named(ref)}
    return document({**head, "spec": spec}, remarks)


def sealing(context: str, ref: ObjectRef, kind: str) -> str:
    """Return the command line that seals a docker config from standard input; it never stands in an argument."""
    make = kubectl(
        "", ref.namespace, "create", "secret", "generic", ref.name, f"--type={kind}",
        f"--from-file={DATA_KEYS[kind]}=/dev/stdin", "--dry-run=client", "-o", "yaml",
    )  # fmt: skip
    where = ("--context", context) if context else ()
    return f"{make} | {quoted('kubeseal', *where, '--format', 'yaml')} > {quoted(f'sealedsecret-{ref.name}.yaml')}"


def _named(ref: ObjectRef) -> dict[str, Any]:
    return {"name": ref.name, "namespace": ref.namespace}


def _template(text: str) -> str:
    """A JSON text in which nothing is an action of Go's templates."""
    return json.dumps(text).replace("{{", '{{ "{{" }}')
