"""The outcome of a reading in plain words: what the text says and leaves open, and what to do next."""

from checks.answers import Reading

_SAYS = {
    "bad_credentials": "{host} refuses the login that was sent",
    "connection_refused": "{host} refuses the connection",
    "connection_reset": "the connection to {host} broke off",
    "corrupt_layer": "what {host} delivers of {image} is not what the manifest promises",
    "disk_full": "the node has no room left to store {image}",
    "dns": "the node cannot resolve the name of {host}",
    "http_vs_https": "one side speaks plain HTTP and the other HTTPS at {host}",
    "invalid_image_name": "{image} is not a valid image reference",
    "never_pull": "the pull policy is Never and the kubelet does not find {image} on the node",
    "no_credentials": "{host} wants a login and the kubelet sent none",
    "no_permission": "{host} does not allow this login to pull {image}",
    "not_found_project": "the project of {image} does not exist on {host}",
    "not_found_repository": "the repository of {image} does not exist on {host}",
    "not_found_tag": "the tag or digest of {image} does not exist on {host}",
    "platform_mismatch": "{image} has no build for the node's platform",
    "policy_other": "a policy forbids the pull of {image}",
    "policy_signature": "{image} lacks a signature that a policy demands",
    "policy_vulnerability": "a vulnerability policy on {host} blocks {image}",
    "proxy": "the proxy between the node and {host} does not let the request through",
    "quota": "a storage quota on {host} is used up",
    "rate_limited": "a rate limit stops the pull of {image}",
    "registry_5xx": "{host} answers with a server error",
    "secret_malformed": "a pull secret of the pod cannot be decoded, so nothing was tried",
    "secret_missing": "a pull secret that the pod names could not be read",
    "short_name": "{image} names no registry, and none was found that has it",
    "timeout": "{host} did not answer in time",
    "tls_expired": "the certificate of {host} is expired or not yet valid",
    "tls_hostname": "the certificate of {host} is made out to another name",
    "tls_unknown_ca": "the node does not trust the authority that signed the certificate of {host}",
    "token_service_failure": "the token service at {host} gave no usable token",
    "unsupported_format": "{image} is stored in a format that the node's runtime does not take",
}
_OTHERWISE = {
    "bad_credentials": "a refused login",
    "connection_refused": "a refused connection",
    "connection_reset": "a broken connection",
    "corrupt_layer": "damaged content",
    "disk_full": "a full disk",
    "dns": "a name that does not resolve",
    "http_vs_https": "HTTP where HTTPS is spoken",
    "invalid_image_name": "an invalid image name",
    "no_credentials": "no login sent",
    "no_permission": "a login without the right to pull",
    "not_found_project": "a missing project",
    "not_found_repository": "a missing repository",
    "not_found_tag": "a missing tag",
    "policy_other": "another policy",
    "policy_signature": "a signature policy",
    "policy_vulnerability": "a vulnerability policy",
    "proxy": "a proxy in between",
    "registry_5xx": "an error inside the registry",
    "secret_missing": "a missing pull secret",
    "rate_limited": "a rate limit",
    "secret_malformed": "an undecodable pull secret",
    "never_pull": "the pull policy Never",
    "quota": "a used-up quota",
    "platform_mismatch": "a build for another platform",
    "short_name": "a name without a registry",
    "timeout": "a timeout",
    "tls_expired": "an expired certificate",
    "tls_hostname": "a certificate for another name",
    "tls_unknown_ca": "a certificate that is not trusted",
    "token_service_failure": "a failing token service",
    "unsupported_format": "an unsupported format",
}
_NEXT = {
    "bad_credentials": "Try the login in the pull secret against the registry, then renew it there.",
    "connection_refused": "Check address and port, and that the registry runs and is reachable from the node.",
    "connection_reset": "Look for a load balancer, firewall or proxy on the way from the node, and try again.",
    "corrupt_layer": "Push the image again, and check the registry's storage and any cache in front of it.",
    "disk_full": "Free disk space on the node, or let the kubelet collect unused images.",
    "dns": "Resolve the name on the node, which does not use the cluster's DNS.",
    "http_vs_https": "Set the scheme for this host in the node's runtime configuration, or serve HTTPS there.",
    "invalid_image_name": "Correct the image reference in the workload.",
    "never_pull": "Load the image on the node or set the pull policy to IfNotPresent; where the kubelet checks"
    " credentials, name a pull secret.",
    "no_credentials": "Check that the pod names a pull secret, that it exists, and that its key fits the image's host.",
    "no_permission": "Ask for the right to pull from this project, or use a login that has it.",
    "not_found_project": "Compare the project in the image reference with the projects of the registry.",
    "not_found_repository": "Compare the repository in the image reference with those of the project.",
    "not_found_tag": "List the tags of the repository and correct the reference, or push the tag.",
    "platform_mismatch": "Build the image for the node's platform, or schedule the pod on a node that fits.",
    "policy_other": "Ask who runs the registry or the node which policy it is.",
    "policy_signature": "Sign the image, or change the policy that demands a signature.",
    "policy_vulnerability": "Look at the scan in the registry: mend the image, wait for the scan, or allow the CVE.",
    "proxy": "Check the proxy settings of the node's runtime, and what the proxy allows.",
    "quota": "Free space in the project or raise its quota.",
    "rate_limited": "Wait, log in for a higher limit, or pull through a proxy project.",
    "registry_5xx": "Look at the registry's health and logs; the node and the pull secret are not at fault.",
    "secret_malformed": "Write the pull secret again; until then no login of the pod is tried.",
    "secret_missing": "Create the Secret in the pod's namespace, or correct the name in the pod or ServiceAccount.",
    "short_name": "Write the reference with its registry and project.",
    "timeout": "Check routes and firewalls from the node, and the load of the registry.",
    "tls_expired": "Renew the certificate of the registry, and compare the node's clock.",
    "tls_hostname": "Use a name that the certificate holds, or have one made out for this name.",
    "tls_unknown_ca": "Install the registry's CA on every node; no pull secret can mend this.",
    "token_service_failure": "Ask the registry for its challenge and follow the realm: it must be reachable from the"
    " node.",
    "unsupported_format": "Build the image again with a current tool.",
}
_ASK = "Ask the registry itself, once with each login that the pod has and once without."
_READ_EVENTS = "Look at the pod's events or wait for the next attempt: this text holds no cause."


def sentence(reading: Reading) -> str:
    """One sentence: what the text says, and what it leaves open."""
    says = _SAYS.get(reading.cause, "")
    others = [_OTHERWISE[a] for a in reading.alternatives if a in _OTHERWISE]
    if not says:
        return _capital(_undecided(others))
    said = says.format(host=reading.host or "the registry", image=reading.image or "the image")
    if not others:
        return _capital(f"{said}.")
    return _capital(f"most likely {said}; the text also allows {_listed(others)}.")


def next_step(reading: Reading) -> str:
    """What would tell, where the text leaves several causes; else what to do."""
    if reading.confidence == "proven":
        return _NEXT.get(reading.cause, _READ_EVENTS)
    if reading.confidence == "likely":
        return f"{_ASK} {_NEXT.get(reading.cause, '')}".strip() if _open_to_registry(reading) else _NEXT[reading.cause]
    return _ASK if reading.alternatives else _READ_EVENTS


_ASKABLE = frozenset(
    {"bad_credentials", "no_credentials", "no_permission", "not_found_project", "not_found_repository"}
    | {"not_found_tag", "policy_vulnerability", "policy_signature", "token_service_failure", "secret_missing"}
)


def _open_to_registry(reading: Reading) -> bool:
    return reading.cause in _ASKABLE and bool(_ASKABLE & set(reading.alternatives))


def _undecided(others: list[str]) -> str:
    if others:
        return f"the text does not tell the cause: it may be {_listed(others)}."
    return "the text names no cause."


def _listed(others: list[str]) -> str:
    return others[0] if len(others) == 1 else f"{', '.join(others[:-1])} or {others[-1]}"


def _capital(text: str) -> str:
    """A capital first, unless the sentence begins with a host or image as it is written."""
    return text[:1].upper() + text[1:] if text.startswith(("most ", "the ", "a ", "one ", "what ")) else text
