"""What to do in Harbor, or about the image: login, permission, artifact, policy."""

from checks.repair.advice.case import Case, Text
from checks.repair.commands import quoted


def project_missing(case: Case) -> Text:
    """No such project (HD501)."""
    return f"Correct the image name, or create project {case.project}", (
        f"{case.host} has no project {case.project}. If it is misspelt, give the workload the right name:",
        case.set_image(case.written.replace(f"/{case.project}/", "/RIGHT_PROJECT/", 1)),
        f"If it should exist: Harbor → Projects → New Project → {case.project}, private; then push the image.",
    )


def repository_missing(case: Case) -> Text:
    """No such repository (HD502)."""
    return "Correct the repository name, or push the image", (
        f"Project {case.project} is there, this repository is not. What the project has:",
        f"https://{case.host}/harbor/projects (project {case.project})",
        "If the name is misspelt:",
        case.set_image("RIGHT_IMAGE"),
        *case.back(),
    )


def tag_missing(case: Case) -> Text:
    """No such tag or digest (HD503); the nearest tags are offered, never `latest`."""
    near = [tag for tag in case.param("near").split(", ") if tag and tag != "latest"]
    base = case.image.name if case.image else "IMAGE"
    choices = [f"{base}:{tag}" for tag in near]
    gone = case.param("gone").removeprefix("; it ")
    lines = [f"{case.written} {gone or 'was never pushed, or was deleted'}."]
    if case.param("retention"):
        rules = f"https://{case.host}/harbor/projects (project {case.project} → Policy → Tag Retention)"
        lines += [f"The project's tag retention removes what none of its rules keeps: {rules}"]
    if choices:
        lines += ["If it is a slip of the pen, one of:", *map(case.set_image, choices)]
    return "Use a tag that exists, or push this one", (
        *lines,
        *case.back(),
        "Otherwise push it again:",
        quoted("docker", "push", case.written),
    )


def platform(case: Case) -> Text:
    """Not built for the node (HD504)."""
    wanted = case.param("node")
    return f"Build the image for {wanted or 'the node'} too", (
        f"The image offers {case.param('offered') or 'other platforms'}.",
        quoted("docker", "buildx", "build", "--platform", wanted or "OS/ARCH", "--push", "-t", case.written, "."),
        "Or let the pods run on nodes that it suits (nodeSelector kubernetes.io/arch).",
    )


def storage(case: Case) -> Text:
    """The storage has lost what the registry lists (HD506)."""
    return "Push the image again", (
        "The registry lists the image, but its storage has lost it (garbage collection, a restored backup):",
        quoted("docker", "push", case.written),
    )


def member(case: Case) -> Text:
    """A user without a right on the project (HD401)."""
    return f"Let the login pull from {case.project}", (
        f"Harbor → Projects → {case.project} → Members → + User: {case.param('user')}, role Limited Guest.",
        "Or use a robot account of the project instead of a person's login: Robot Accounts → New, with pull only.",
    )


def robot(case: Case) -> Text:
    """A robot of another project (HD402)."""
    return f"Make a robot account in {case.project}", (
        "A robot cannot become a member of another project.",
        f"Harbor → Projects → {case.project} → Robot Accounts → New Robot Account: Repository, Pull.",
        "Then choose s and type its name and secret.",
    )


def robot_pull(case: Case) -> Text:
    """A robot that may not pull (HD403)."""
    return f"Give {case.param('user')} the right to pull", (
        f"Harbor → Robot Accounts → {case.param('user')} → Edit: Repository, Pull, project {case.project}.",
        "Its secret stays the same; the kubelet's next attempt gets the image.",
    )


def robot_renew(case: Case) -> Text:
    """A robot that has expired, is disabled or gone (HD302 to HD304)."""
    return f"Renew {case.param('user')}", (
        f"Harbor → Robot Accounts → {case.param('user')}: extend or enable it; its secret stays valid.",
        "If it is gone, make a new one with pull only, then choose s and type it.",
    )


def renamed(case: Case) -> Text:
    """Robots have another prefix (HD305)."""
    return "Write the robot's new name into the Secret", (
        f"{case.param('user')} {case.param('detail')}.",
        "Its secret is as before: choose s, type the new name and the secret that stands in the Secret.",
        "For all robots at once: Harbor → Configuration → System Settings → Robot Name Prefix, set back as it was.",
    )


def cli_secret(case: Case) -> Text:
    """A person's login at a Harbor with OIDC (HD306)."""
    return "Use a robot account instead of a person's login", (
        f"Harbor → Projects → {case.project} → Robot Accounts → New Robot Account: Repository, Pull; then choose s.",
        f"Until then: {case.param('user')} signs in to https://{case.host} once, which may revive the CLI secret,",
        "or copies a new one: the name at the top right → User Profile → CLI secret; then choose s.",
    )


def password(case: Case) -> Text:
    """A login that is refused (HD301, HD307)."""
    return f"Get a login that {case.host} accepts", (
        "Choose s and type it. For a robot: Harbor → Robot Accounts → Refresh Secret; the old one ends then.",
        "Who signs in by OIDC needs the CLI secret of the user profile, which ends with the session.",
    )


def vulnerable(case: Case) -> Text:
    """The project blocks vulnerable images (HD601)."""
    return f"Mend the image, or decide on its vulnerabilities in {case.project}", (
        f"What was found: Harbor → Projects → {case.project} → Repositories → the artifact → Vulnerabilities.",
        "Rebuild the image on a mended base and push it; or put the CVE on the project's allowlist, with an end date:",
        f"Harbor → Projects → {case.project} → Configuration → CVE allowlist.",
    )


def not_scanned(case: Case) -> Text:
    """The project wants a finished scan (HD602)."""
    return "Scan the image", (
        f"Harbor → Projects → {case.project} → Repositories → the artifact → Scan.",
        f"So that it is done at every push: Projects → {case.project} → Configuration → scan images on push.",
    )


def unsigned(case: Case) -> Text:
    """The project serves signed images only (HD603)."""
    return "Sign the image", (
        f"Harbor → Projects → {case.project} → Configuration says which kind of signature it wants:",
        quoted("cosign", "sign", case.written),
        quoted("notation", "sign", case.written),
    )


def limited(case: Case) -> Text:
    """Too many pulls (HD604)."""
    return "Wait, or raise the limit", (
        f"{case.host} answers 429; the pods go on by themselves when the limit is over.",
        "For a proxy cache: give the endpoint a login in Harbor → Registries, anonymous limits are much lower.",
    )
