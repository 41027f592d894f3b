"""What to do about the pod, its Secret or its node."""

from checks.model import ObjectRef
from checks.repair.advice.case import Case, Text
from checks.repair.commands import kubectl, new_type, quoted
from checks.repair.commands import rewrite as rewriting
from checks.repair.prove import verify_targets


def disk(case: Case) -> Text:
    """The node's disk is full (HD701)."""
    return f"Free the disk of {case.node}", (
        quoted("kubectl", "describe", "node", case.node),
        "On the node:",
        "crictl rmi --prune",
    )


def never(case: Case) -> Text:
    """The pod forbids pulling (HD702)."""
    return "Let the pods pull, or bring the image to the node", (
        f"imagePullPolicy is Never and {case.node} has no {case.written} that this pod may use.",
        "Set it to IfNotPresent,",
        "or on the node:",
        quoted("ctr", "-n", "k8s.io", "images", "import", "image.tar"),
    )


def name(case: Case) -> Text:
    """An image name that cannot be read, or names no project (HD001, HD003)."""
    return "Correct the image name", (f"Now: {case.written}", case.set_image("HOST/PROJECT/REPOSITORY:TAG"))


def no_registry(case: Case) -> Text:
    """An image that names no registry (HD002): written in full where it was found."""
    right = case.param("right")
    host = "the registry that was meant" if not right else right.partition("/")[0]
    return f"Write {host} in front of the image", (
        f"Now: {case.written}, which means Docker Hub.",
        case.set_image(right or f"HOST/{case.written}"),
        "Where the image really is Docker Hub's: correct its name, or give the pods a login for it.",
    )


def policy(case: Case) -> Text:
    """A policy of the node or the registry (HD605)."""
    return "Ask whose policy it is", (
        "For the node's runtime, the files that may say so:",
        "grep -rn . /etc/containers/registries.conf /etc/containers/registries.conf.d /etc/containers/policy.json",
        f"For the registry: who runs {case.host} knows its rules. The image stays {case.written}.",
    )


def signature(case: Case) -> Text:
    """The node demands a signature (HD606)."""
    return "Sign the image with a key that the nodes trust", (
        "What the node demands:",
        "cat /etc/containers/policy.json",
        quoted("cosign", "sign", case.written),
    )


def wait(case: Case) -> Text:
    """The kubelet's own limit (HD703)."""
    return "Wait; it heals by itself", (
        f"{case.node} was asked for more pulls at once than its kubelet allows; the next attempts go through.",
        "If it happens often: raise registryPullQPS and registryBurst in the kubelet's configuration.",
    )


def no_secret(case: Case) -> Text:
    """No Secret where one is needed (HD101 to HD103)."""
    pull = case.problem.pulls[0]
    return "Give the pods a login for the registry", (
        f"# pull-secret.json: a docker config for {case.host}",
        kubectl(
            case.bench.context, pull.namespace, "create", "secret", "generic", "harbor-pull",
            "--type=kubernetes.io/dockerconfigjson", "--from-file=.dockerconfigjson=pull-secret.json",
        ),
        "Then name it in imagePullSecrets of the ServiceAccount or the pod template, beside what stands there.",
    )  # fmt: skip


def rebuild(case: Case) -> Text:
    """What arrives cannot be used (HD704, HD705)."""
    return "Push the image again", (
        f"What {case.node} received of {case.written} cannot be used.",
        quoted("docker", "push", case.written),
    )


def other(case: Case) -> Text:
    """Nothing more exact is known (HD000)."""
    namespace, pod = verify_targets(case.problem)[0]
    return "Look closer", (
        kubectl(case.bench.context, namespace, "describe", "pod", pod),
        f"On {case.node}:",
        quoted("crictl", "pull", case.written),
    )


def wrong_type(case: Case) -> Text:
    """A Secret that the kubelet skips (HD104)."""
    ref = _secret(case)
    return f"Make Secret {ref.namespace}/{ref.name} anew with the right type", (
        "The type cannot be changed in place; the first command keeps the old one:",
        *new_type(case.bench.context, ref),
    )


def rewrite(case: Case) -> Text:
    """A Secret whose entry is no good (HD105 to HD110)."""
    ref = _secret(case)
    return f"Correct the login in Secret {ref.namespace}/{ref.name}", (
        f"The entry for {case.host} needs user name and password without blanks at their ends; the others stay:",
        *rewriting(case.bench.context, ref, ".dockerconfigjson"),
    )


def _secret(case: Case) -> ObjectRef:
    subject = case.problem.subject
    return ObjectRef("Secret", subject.namespace, subject.name)
