"""The registry cannot be reached, or not safely: network and TLS."""

from checks.repair.advice.case import Case, Text
from checks.repair.commands import quoted


def _curl(host: str, path: str) -> str:
    return quoted("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\\n", f"https://{host}{path}")


def network(case: Case) -> Text:
    """No answer from the registry (HD202, HD203, HD206)."""
    return f"Make {case.host} reachable from the nodes", (
        f"On a node such as {case.node}:",
        quoted("getent", "hosts", case.host.partition(":")[0]),
        _curl(case.host, "/v2/"),
        "401 is the right answer: it means that the registry is there and asks for a login.",
    )


def dns(case: Case) -> Text:
    """The name does not resolve (HD201)."""
    name = case.host.partition(":")[0]
    return f"Make the name {name} known to the nodes", (
        f"On {case.node}, whose resolver the kubelet uses (the cluster's DNS does not count):",
        quoted("getent", "hosts", name),
        "cat /etc/resolv.conf",
        f"If the image name is misspelt, correct it: {case.written}",
    )


def proxy(case: Case) -> Text:
    """A proxy stands in the way (HD204)."""
    return f"Let the nodes reach {case.host} past the proxy", (
        f"Allow {case.host.partition(':')[0]} in the proxy, or add it to NO_PROXY of every node's container runtime:",
        "systemctl show --property=Environment containerd",
        "systemctl edit containerd",
        "systemctl restart containerd",
    )


def token(case: Case) -> Text:
    """The token service does not work (HD216)."""
    return f"Repair the token service of {case.host}", (
        "The address after realm= must be reachable from the nodes, answer over HTTPS and lead to Harbor:",
        quoted("curl", "-sSI", f"https://{case.host}/v2/"),
        "In Harbor it follows from external_url (Helm: externalURL); a load balancer must route /service/ too.",
    )


def realm(case: Case) -> Text:
    """The token service is named at another address (HD215)."""
    return f"Set Harbor's external_url to https://{case.host}", (
        f"Clients are sent to {case.param('realm')} for tokens. What the registry tells them:",
        quoted("curl", "-sSI", f"https://{case.host}/v2/"),
        f"In harbor.yml: external_url: https://{case.host} (Helm: externalURL), then restart Harbor.",
        "Or make that address work for the nodes too: its name, its port, its certificate.",
    )


def unknown_ca(case: Case) -> Text:
    """The nodes do not know the certificate authority (HD211)."""
    folder = f"/etc/containerd/certs.d/{case.host}"
    return f"Make the nodes trust the authority that signed {case.host}", (
        "Put the authority's certificate (ca.crt, from whoever runs the registry) on every node:",
        quoted("install", "-D", "-m", "0644", "ca.crt", f"{folder}/ca.crt"),
        f"and name it in {folder}/hosts.toml:",
        f'  server = "https://{case.host}"',
        f'  [host."https://{case.host}"]',
        f'    ca = "{folder}/ca.crt"',
        "containerd reads it at the next pull if config_path is set; CRI-O reads /etc/containers/certs.d.",
    )


def tls(case: Case) -> Text:
    """A certificate that has expired or is for another name (HD212, HD213)."""
    address = case.host if ":" in case.host else f"{case.host}:443"
    return f"Give {case.host} a valid certificate", (
        "See what it sends, its dates and its names:",
        quoted("openssl", "s_client", "-connect", address, "-servername", case.host.partition(":")[0], "-showcerts")
        + " < /dev/null | openssl x509 -noout -dates -ext subjectAltName",
        "Renew it at the registry or its load balancer, or use a name that the certificate holds.",
    )


def plain_http(case: Case) -> Text:
    """The registry speaks plain HTTP (HD214)."""
    return f"{case.host} speaks plain HTTP", (
        "Best: give the registry a certificate. Otherwise every node needs this in",
        f"/etc/containerd/certs.d/{case.host}/hosts.toml, and logins travel in the clear:",
        f'  server = "http://{case.host}"',
    )


def server(case: Case) -> Text:
    """The registry answers with a server error (HD205)."""
    return f"Look why {case.host} fails", (
        _curl(case.host, "/v2/"),
        "401 would be the right answer. For Harbor, the health of its parts:",
        quoted("curl", "-sS", f"https://{case.host}/api/v2.0/health"),
        "The reason is in the logs of harbor-core and registry; nothing in the cluster has to change.",
    )
