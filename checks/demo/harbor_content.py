"""What the demo's Harbor holds from the start: projects, images, people and robots of a small company.

Passwords are fixed where a scenario or a reader needs to know them; robots that nobody logs in with get random ones.
"""

from checks.demo.harbor import HarborState, Reach, Role, Scan, pull_grant

PROJECTS = ("shop", "web", "pay", "crm", "data", "infra")
BOTH = ("linux/amd64", "linux/arm64")

IMAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("shop/web", ("1.4.0", "1.4.1", "1.4.2", "1.5.0")),
    ("shop/cart", ("2.0.3", "2.1.0")),
    ("shop/search", ("0.9.7", "0.9.8")),
    ("web/frontend", ("3.2.0", "3.2.1")),
    ("web/assets/nginx", ("1.27",)),
    ("pay/api", ("7.1.0", "7.1.1", "7.2.0")),
    ("pay/worker", ("7.1.1", "7.2.0")),
    ("crm/backend", ("12.4", "12.5")),
    ("crm/mailer", ("4.0",)),
    ("data/etl", ("2026.10", "2026.11")),
    ("data/notebook", ("5.1",)),
    ("infra/ingress", ("1.11.3",)),
    ("infra/agent", ("0.30", "0.31")),
    ("library/busybox", ("1.36", "1.37")),
)

PASSWORD = "Sunny-Day-42"
"""Of every person in the demo but the administrator."""

PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("olivia", "shop", Role.PROJECT_ADMIN),
    ("olivia", "web", Role.PROJECT_ADMIN),
    ("dmitri", "shop", Role.DEVELOPER),
    ("dmitri", "pay", Role.MAINTAINER),
    ("grace", "pay", Role.GUEST),
    ("lena", "crm", Role.LIMITED_GUEST),
)

SECRET = "Demo1RobotSecretForPullingImages"
"""Of the pull robots of the projects."""


def furnish(state: HarborState) -> HarborState:
    """Fill an empty Harbor with the demo's content and return it.

    Every project of PROJECTS has a robot `robot$PROJECT+pull` with SECRET. There are `robot$shop+ci` (pull
    and push) and the system robot `robot$cluster-pull` (pull on shop, web and infra).
    `hub` is a proxy cache whose upstream works, `quay` one whose upstream does not answer. `vault` wants
    cosign signatures and scanned images.
    """
    for project in PROJECTS:
        state.add_project(project)
        state.add_robot("pull", project, secret=SECRET, description=f"pulls {project} in the clusters")
    for repository, tags in IMAGES:
        for tag in tags:
            state.push_image(repository, tag, platforms=BOTH, attested=False)
    state.push_image("data/notebook", "5.1-arm", platforms=("linux/arm64",), index=True)
    _people(state)
    state.add_robot("ci", "shop", actions=("pull", "push"), description="pushes from CI")
    grants = tuple(pull_grant(project) for project in ("shop", "web", "infra"))
    state.add_robot("cluster-pull", secret=SECRET, grants=grants, description="pulls for the whole cluster")
    _proxies(state)
    _vault(state)
    return state


def _people(state: HarborState) -> None:
    for name in dict.fromkeys(name for name, _, _ in PEOPLE):
        state.add_user(name, PASSWORD)
    state.add_user("sam", PASSWORD)
    for name, project, role in PEOPLE:
        state.add_member(project, name, role)


def _proxies(state: HarborState) -> None:
    state.add_proxy_project("hub", "https://hub.docker.com", kind="docker-hub", public=True)
    state.push_image("hub/library/redis", "7.4", platforms=BOTH)
    state.push_image("hub/grafana/grafana", "11.3.0", platforms=BOTH, upstream_only=True)
    state.add_proxy_project("quay", "https://quay.io", kind="quay", reach=Reach.DOWN, public=True)
    state.push_image("quay/prometheus/prometheus", "v3.0.0", platforms=BOTH)


def furnish_oidc(state: HarborState) -> HarborState:
    """Fill the Harbor that signs people in by OIDC, and whose robots have another prefix than they once had."""
    state.auth_mode = "oidc_auth"
    state.add_project("portal")
    for tag in ("1.0", "1.1"):
        state.push_image("portal/site", tag, platforms=BOTH)
    state.robot_prefix = "bot$"
    state.add_robot("pull", "portal", secret=SECRET, description="pulls portal in the clusters")
    state.add_user("nora", PASSWORD, cli_secret="0ldSecret0fNoraThatHasEndedLongAgo")
    state.add_member("portal", "nora")
    state.kill_cli_secret("nora")
    return state


def _vault(state: HarborState) -> None:
    state.add_project("vault")
    state.set_policy("vault", cosign=True, prevent_vul="high")
    state.add_robot("pull", "vault", secret=SECRET)
    for tag, findings in (("2.3.0", ()), ("2.3.1", (("CVE-2026-1201", "Critical"), ("CVE-2026-1733", "High")))):
        state.push_image("vault/signer", tag)
        state.sign("vault/signer", tag)
        state.set_scan("vault/signer", tag, Scan(findings=findings))
    state.push_image("vault/signer", "2.4.0-rc1")
    state.push_image("vault/unscanned", "1.0")
    state.sign("vault/unscanned", "1.0")
