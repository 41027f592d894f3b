"""What holds back a manifest that the caller may pull: missing signatures and vulnerabilities.

Sources: middleware/contenttrust, middleware/vulnerable. The administrator is held back too; only manifests are, never
blobs or tag lists.
"""

from checks.demo.harbor.entities import Project, Scan
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.web import Request, Response, problem

_LEVELS = ("None", "Low", "Medium", "High", "Critical")
_TAIL = (
    'cannot be pulled due to configured policy in \'Prevent images with vulnerability severity of "{severity}" or '
    "higher from running.' To continue with pull, please contact your project administrator {wish}."
)
_HELP = "for help"
_ALLOWLIST = "to exempt matched vulnerabilities through configuring the CVE allowlist"


def gate(state: HarborState, project: Project, repository: str, digest: str) -> Response | None:
    """Return the 412 that holds the manifest back, or None."""
    for key, how in (("enable_content_trust_cosign", "cosign"), ("enable_content_trust", "notation")):
        wanted = project.metadata.get(key) == "true"
        if wanted and (repository, digest, how) not in state.signatures:
            return _held(f"The image is not signed by {how}.")
    if project.metadata.get("prevent_vul") == "true":
        return _vulnerable(state, project, digest)
    return None


def skips(request: Request, actions: frozenset[str]) -> bool:
    """Signing tools with push right pass every gate (middleware/util/util.go)."""
    agent = request.header("User-Agent").lower()
    return "push" in actions and ("cosign" in agent or "notation" in agent)


def _held(message: str) -> Response:
    return problem(412, "PROJECTPOLICYVIOLATION", message)


def _vulnerable(state: HarborState, project: Project, digest: str) -> Response | None:
    severity = project.metadata.get("severity", "low").capitalize()
    scan = state.scans.get(digest)
    if scan is None:
        if not state.scanner:
            return None
        start = "current image without vulnerability scanning "
    elif scan.status != "Success":
        start = f'current image with "{scan.status}" status of vulnerability scanning '
    else:
        return _too_severe(scan, project, severity, state.clock())
    return _held(start + _TAIL.format(severity=severity, wish=_HELP))


def _too_severe(scan: Scan, project: Project, severity: str, now: float) -> Response | None:
    over = project.allowlist_until is not None and project.allowlist_until <= now
    left = [level for cve, level in scan.findings if over or cve not in project.allowlist]
    if not left or max(map(_LEVELS.index, left)) < _LEVELS.index(severity):
        return None
    things = "vulnerability" if len(left) == 1 else "vulnerabilities"
    start = f"current image with {len(left)} {things} "
    return _held(start + _TAIL.format(severity=severity, wish=_ALLOWLIST))
