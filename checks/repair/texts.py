"""The advice for every cause that cannot be mended from here: a title, then lines of text and commands.

None of them makes a project public or takes another tag than the one that was meant.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from checks.errors import DoctorError
from checks.image import ImageRef
from checks.model import Problem
from checks.repair.bench import Bench
from checks.repair.commands import kubectl, quoted
from checks.repair.prove import images_of, registry_of, verify_targets
from checks.repair.workload import workload

Text = tuple[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """What the texts are filled with."""

    problem: Problem
    bench: Bench

    @property
    def host(self) -> str:
        """The registry, or a word for it."""
        return registry_of(self.problem) or "REGISTRY"

    @property
    def image(self) -> ImageRef | None:
        """One image of the problem."""
        return next(iter(images_of(self.problem)), None)

    @property
    def written(self) -> str:
        """The image as the pod has it."""
        return self.problem.pulls[0].image

    @property
    def project(self) -> str:
        """Harbor's project, or a word for it."""
        return (self.image.project if self.image else "") or "PROJECT"

    @property
    def node(self) -> str:
        """A node that failed, or a word for it."""
        return next((pull.node for pull in self.problem.pulls if pull.node), "NODE")

    def param(self, name: str) -> str:
        """A parameter of the finding."""
        return self.problem.finding.params.get(name, "")

    def set_image(self, image: str) -> str:
        """The command that gives the workload another image."""
        pull = self.problem.pulls[0]
        try:
            found = workload(pull, self.bench)
        except DoctorError:
            found = None
        kind, name = (found.ref.kind, found.ref.name) if found else ("pod", pull.pod)
        target = f"{kind.lower()}/{name}"
        return kubectl(self.bench.context, pull.namespace, "set", "image", target, f"{pull.container}={image}")


def _curl(host: str, path: str) -> str:
    return quoted("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}\\n", f"https://{host}{path}")


def _network(case: Case) -> Text:
    return f"Make {case.host} reachable from the nodes", (
        f"On a node such as {case.node}:",
        quoted("getent", "hosts", case.host.partition(":")[0]),
        _curl(case.host, "/v2/"),
        "401 is the right answer: it means that the registry is there and asks for a login.",
    )


def _dns(case: Case) -> Text:
    name = case.host.partition(":")[0]
    return f"Make the name {name} known to the nodes", (
        f"On {case.node}, whose resolver the kubelet uses (the cluster's DNS does not count):",
        quoted("getent", "hosts", name),
        "cat /etc/resolv.conf",
        f"If the image name is misspelt, correct it: {case.written}",
    )


def _proxy(case: Case) -> Text:
    return f"Let the nodes reach {case.host} past the proxy", (
        f"Add {case.host.partition(':')[0]} to NO_PROXY of the container runtime on every node, or allow it in the proxy:",
        "systemctl show --property=Environment containerd",
        "systemctl edit containerd",
        "systemctl restart containerd",
    )


def _token(case: Case) -> Text:
    return f"Repair the token service of {case.host}", (
        "The address after realm= must be reachable from the nodes, answer over HTTPS and lead to Harbor:",
        quoted("curl", "-sSI", f"https://{case.host}/v2/"),
        "In Harbor it follows from external_url (harbor.yml) or externalURL (Helm); a load balancer must route /service/ too.",
    )


def _unknown_ca(case: Case) -> Text:
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


def _tls(case: Case) -> Text:
    address = case.host if ":" in case.host else f"{case.host}:443"
    return f"Give {case.host} a valid certificate", (
        "See what it sends, its dates and its names:",
        quoted("openssl", "s_client", "-connect", address, "-servername", case.host.partition(":")[0], "-showcerts")
        + " < /dev/null | openssl x509 -noout -dates -ext subjectAltName",
        "Renew it at the registry or its load balancer, or use a name that the certificate holds.",
    )


def _plain_http(case: Case) -> Text:
    return f"{case.host} speaks plain HTTP", (
        "Best: give the registry a certificate. Otherwise every node needs this in",
        f"/etc/containerd/certs.d/{case.host}/hosts.toml, and logins travel in the clear:",
        f'  server = "http://{case.host}"',
    )


def _project_missing(case: Case) -> Text:
    return f"Correct the image name, or create project {case.project}", (
        f"{case.host} has no project {case.project}. If it is misspelt, give the workload the right name:",
        case.set_image(case.written.replace(f"/{case.project}/", "/RIGHT_PROJECT/", 1)),
        f"If it should exist: Harbor → Projects → New Project → {case.project}, access level private, then push the image.",
    )


def _repository_missing(case: Case) -> Text:
    return "Correct the repository name, or push the image", (
        f"Project {case.project} is there, this repository is not. What the project has:",
        f"https://{case.host}/harbor/projects (project {case.project})",
        "If the name is misspelt:",
        case.set_image("RIGHT_IMAGE"),
    )


def _tag_missing(case: Case) -> Text:
    near = [tag for tag in case.param("near").split(", ") if tag and tag != "latest"]
    base = case.image.name if case.image else "IMAGE"
    ran = case.problem.diagnoses[0].evidence.nearby.ran_before[:2]
    choices = [*(f"{base}:{tag}" for tag in near), *ran]
    lines = [f"{case.written} was never pushed, or was deleted."]
    if choices:
        lines += ["If it is a slip of the pen, one of:", *(case.set_image(image) for image in dict.fromkeys(choices))]
    return "Use a tag that exists, or push this one", (*lines, "Otherwise push it again:", quoted("docker", "push", case.written))


def _platform(case: Case) -> Text:
    wanted = case.param("node")
    return f"Build the image for {wanted or 'the node'} too", (
        f"The image offers {case.param('offered') or 'other platforms'}.",
        quoted("docker", "buildx", "build", "--platform", wanted or "OS/ARCH", "--push", "-t", case.written, "."),
        "Or let the pods run on nodes that it suits (nodeSelector kubernetes.io/arch).",
    )


def _storage(case: Case) -> Text:
    return "Push the image again", (
        "The registry lists the image, but its storage has lost it (garbage collection, a restored backup):",
        quoted("docker", "push", case.written),
    )


def _member(case: Case) -> Text:
    return f"Let the login pull from {case.project}", (
        f"Harbor → Projects → {case.project} → Members → + User: {case.param('user')}, role Limited Guest.",
        "Or use a robot account of the project instead of a person's login: Robot Accounts → New, with pull only.",
    )


def _robot(case: Case) -> Text:
    return f"Make a robot account in {case.project}", (
        "A robot cannot become a member of another project.",
        f"Harbor → Projects → {case.project} → Robot Accounts → New Robot Account: Repository, Pull; then choose s and type it.",
    )


def _robot_pull(case: Case) -> Text:
    return f"Give {case.param('user')} the right to pull", (
        f"Harbor → Robot Accounts → {case.param('user')} → Edit: Repository, Pull, project {case.project}.",
    )


def _robot_renew(case: Case) -> Text:
    return f"Renew {case.param('user')}", (
        f"Harbor → Robot Accounts → {case.param('user')}: extend or enable it; its secret stays valid and nothing else is needed.",
        "If it is gone, make a new one with pull only, then choose s and type it.",
    )


def _password(case: Case) -> Text:
    return f"Get a login that {case.host} accepts", (
        "Choose s and type it. For a robot: Harbor → Robot Accounts → Refresh Secret (all Secrets with the old one stop).",
        "A person who signs in by OIDC needs the CLI secret of the user profile, which ends with the session; a robot does not.",
    )


def _policy(case: Case) -> Text:
    return f"Meet the policy of project {case.project}", (
        f"Harbor → Projects → {case.project} → Configuration shows which policy stops it.",
        "Not scanned: Repositories → the artifact → Scan. Vulnerable: rebuild on a mended base, or add the CVE to the",
        "project's allowlist with an end date. Unsigned:",
        quoted("cosign", "sign", case.written),
    )


def _limited(case: Case) -> Text:
    return "Wait, or raise the limit", (
        f"{case.host} answers 429; the pods go on by themselves when the limit is over.",
        "For a proxy cache: give the endpoint a login in Harbor → Registries, anonymous limits are much lower.",
    )


def _disk(case: Case) -> Text:
    return f"Free the disk of {case.node}", (
        quoted("kubectl", "describe", "node", case.node),
        "On the node:",
        "crictl rmi --prune",
    )


def _never(case: Case) -> Text:
    return "Let the pods pull, or bring the image to the node", (
        f"imagePullPolicy is Never and {case.node} has no {case.written} that this pod may use. Set it to IfNotPresent,",
        "or on the node:",
        quoted("ctr", "-n", "k8s.io", "images", "import", "image.tar"),
    )


def _name(case: Case) -> Text:
    return "Correct the image name", (f"Now: {case.written}", case.set_image("HOST/PROJECT/REPOSITORY:TAG"))


def _wiring(case: Case) -> Text:
    pull = case.problem.pulls[0]
    return "Give the pods a login for the registry", (
        f"# pull-secret.json: a docker config for {case.host}",
        kubectl(
            case.bench.context, pull.namespace, "create", "secret", "generic", "harbor-pull",
            "--type=kubernetes.io/dockerconfigjson", "--from-file=.dockerconfigjson=pull-secret.json",
        ),
        "Then name it in imagePullSecrets of the ServiceAccount or the pod template, beside what stands there.",
    )  # fmt: skip


def _rebuild(case: Case) -> Text:
    return "Push the image again", (
        f"What {case.node} received of {case.written} cannot be used.",
        quoted("docker", "push", case.written),
    )


def _other(case: Case) -> Text:
    namespace, pod = verify_targets(case.problem)[0]
    return "Look closer", (
        kubectl(case.bench.context, namespace, "describe", "pod", pod),
        f"On {case.node}:",
        quoted("crictl", "pull", case.written),
    )


TEXTS: Mapping[str, Callable[[Case], Text]] = MappingProxyType(
    {
        "HD001": _name, "HD003": _name, "reference": _name, "wiring": _wiring,
        "HD201": _dns, "HD204": _proxy, "HD216": _token, "network": _network,
        "HD211": _unknown_ca, "HD212": _tls, "HD213": _tls, "HD214": _plain_http, "tls": _tls,
        "HD301": _password, "HD302": _robot_renew, "HD303": _robot_renew, "HD304": _robot_renew, "login": _password,
        "HD401": _member, "HD402": _robot, "HD403": _robot_pull, "permission": _member,
        "HD501": _project_missing, "HD502": _repository_missing, "HD503": _tag_missing, "HD504": _platform,
        "HD506": _storage, "artifact": _storage, "HD604": _limited, "policy": _policy,
        "HD701": _disk, "HD702": _never, "HD704": _rebuild, "HD705": _rebuild, "other": _other, "node": _other,
    }
)  # fmt: skip
"""Code, or stage where a code has no text of its own → its advice."""
