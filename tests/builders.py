"""Builds evidence for tests: a pod that pulls one image from a Harbor, healthy unless a test says otherwise.

Secrets are read and the keyring is made by the code of the house; kubelet texts are real ones, read by the house's
reader; answers of the registry are those recorded from Harbor 2.15.2 (answers A to H of its matrix).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from checks import complaint
from checks.answers import KeyringAnswer
from checks.credentials import Login, Origin, OriginKind, Password, PullSecret
from checks.dockerconfig import read_secret
from checks.facts import (
    Break,
    Elsewhere,
    Exchange,
    Fact,
    HarborView,
    Knows,
    Manifest,
    Nearby,
    Ping,
    Platform,
    ProjectView,
    RegistryMessage,
    Robot,
    Trial,
    Unknown,
    Variant,
)
from checks.followup import needless
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer
from checks.model import (
    Complaint,
    ContainerKind,
    Evidence,
    NamedSecret,
    Owner,
    Pull,
    ServiceAccountView,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOST = "harbor.example.com"
IMAGE = f"{HOST}/shop/web:1.4.2"
ROBOT = "robot$shop+pull"
PASSWORD = "Kettle-7-Lantern"
DIGEST = "sha256:" + "94a263444f03aa2d" * 4
AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
INDEX = "application/vnd.oci.image.index.v1+json"
SINGLE = "application/vnd.oci.image.manifest.v1+json"


# The kubelet's words, by containerd's version.


def unauthorized(image: str = IMAGE, runtime: str = "1.7") -> str:
    """A login was sent and refused, or there is no such project. Up to 1.6 also: none was sent."""
    ref = parse(image)
    if runtime == "1.6":
        status = f"failed with status code [manifests {ref.reference}]: 401 Unauthorized"
        return resolving(image, f"pulling from host {ref.registry} {status}")
    return answered(image, "401 Unauthorized", runtime)


def nothing_sent(image: str = IMAGE, runtime: str = "1.7") -> str:
    """containerd 1.7 and later, of an existing private project."""
    cause = "pull access denied, repository does not exist or may require authorization: authorization failed"
    return resolving(image, f"{cause}: no basic auth credentials", runtime)


def not_found(image: str = IMAGE, runtime: str = "1.7") -> str:
    return "rpc error: code = NotFound desc = " + resolving(image, f"{image}: not found", runtime)


def answered(image: str, status: str, runtime: str = "1.7") -> str:
    ref = parse(image)
    url = f"https://{ref.registry}/v2/{ref.repository}/manifests/{ref.reference}"
    return resolving(image, f"unexpected status from HEAD request to {url}: {status}", runtime)


def unreached(image: str, cause: str, runtime: str = "1.7") -> str:
    ref = parse(image)
    url = f"https://{ref.registry}/v2/{ref.repository}/manifests/{ref.reference}"
    return resolving(image, f'failed to do request: Head "{url}": {cause}', runtime)


def resolving(image: str, cause: str, runtime: str = "1.7") -> str:
    step = "failed to resolve image" if runtime == "2.1" else f'failed to resolve reference "{image}"'
    return f'failed to pull and unpack image "{image}": {step}: {cause}'


def backed_off(image: str, text: str) -> str:
    """What the waiting message says since kubelet 1.32 while it waits for the next attempt."""
    return f'Back-off pulling image "{image}": ErrImagePull: {text}'


HUB_DENIAL = (
    "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: "
    "authorization failed"
)
"""containerd, of whatever Docker Hub does not show."""


# Secrets, as the API returns them.


def secret(
    auths: object = None,
    *,
    name: str = "harbor-pull",
    namespace: str = "shop",
    type_: str = "kubernetes.io/dockerconfigjson",
    key: str = ".dockerconfigjson",
    payload: object = None,
) -> dict[str, Any]:
    raw = payload if payload is not None else {"auths": entry() if auths is None else auths}
    text = raw if isinstance(raw, str) else json.dumps(raw)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"},
        "type": type_,
        "data": {key: base64.b64encode(text.encode()).decode("ascii")},
    }


def entry(user: str = ROBOT, password: str = PASSWORD, key: str = HOST) -> dict[str, Any]:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {key: {"username": user, "password": password, "auth": auth}}


Found = dict[str, Any] | tuple[str, Fact[PullSecret | None] | Unknown]
"""A Secret as the API returns it, or a name with `MISSING` or `FORBIDDEN`."""
MISSING: Fact[PullSecret | None] = Fact(None, "Secret", NOW)
FORBIDDEN = Unknown("no right to read Secrets in shop")


def named(*found: Found) -> tuple[NamedSecret, ...]:
    return tuple(
        NamedSecret(*each)
        if isinstance(each, tuple)
        else NamedSecret(each["metadata"]["name"], Fact(read_secret(each), "Secret", NOW))
        for each in found
    )


def keyring(image: ImageRef | None, secrets: Sequence[NamedSecret]) -> KeyringAnswer | Unknown:
    if image is None:
        return Unknown("the image name is invalid")
    for each in secrets:
        if isinstance(each.found, Unknown):
            return Unknown(f"Secret {each.name}: {each.found.why}")
    return answer(image, [s.found.value for s in secrets if isinstance(s.found, Fact) and s.found.value is not None])


# The registry's answers.


def served(*platforms: Platform, media_type: str = INDEX) -> Manifest:
    return Manifest(200, digest=DIGEST, media_type=media_type, platforms=platforms)


def denied(repository: str = "shop/web") -> Manifest:
    text = f"unauthorized to access repository: {repository}, action: pull"
    return Manifest(401, "UNAUTHORIZED", f"{text}: {text}")


def no_project(project: str = "shop") -> Manifest:
    text = f"project {project} not found"
    return Manifest(401, "UNAUTHORIZED", f"{text}: {text}", empty_challenge=True)


def no_repository(repository: str = "shop/web") -> Manifest:
    return Manifest(404, "NOT_FOUND", f"repository {repository} not found")


def no_tag(artifact: str = "shop/web:1.4.2") -> Manifest:
    return Manifest(404, "NOT_FOUND", f"artifact {artifact} not found")


def hub_denied() -> Manifest:
    """Docker Hub, of what is private and of what is not there."""
    return Manifest(401, "UNAUTHORIZED", "authentication required")


LOST = Manifest(404, "MANIFEST_UNKNOWN", "manifest unknown", in_database=False)
_BLOCKED = "cannot be pulled due to configured policy in 'Prevent images with vulnerability severity of High or higher'"


def blocked(message: str) -> Manifest:
    return Manifest(412, "PROJECTPOLICYVIOLATION", message)


UNSIGNED = blocked("The image is not signed by cosign.")
UNSCANNED = blocked(f"current image without vulnerability scanning {_BLOCKED}")
VULNERABLE = blocked(f"current image with 2 vulnerabilities {_BLOCKED}")


def login(user: str = ROBOT, password: str = PASSWORD, where: str = "shop/harbor-pull", key: str = HOST) -> Login:
    return Login(user, Password(password), Origin(OriginKind.SECRET, where, key))


def exchange(user: str | None, status: int | None = 200, seconds: float = 0.02, host: str = HOST) -> Exchange:
    said = (RegistryMessage("UNAUTHORIZED", "unauthorized"),) if status == 401 else ()
    return Exchange(NOW, "GET", f"https://{host}/service/token", user, status, seconds, errors=said)


def accepted(who: Login, manifest: Manifest | None, *actions: str) -> Trial:
    granted = frozenset(actions)
    return Trial(who, Knows.ACCEPTED, subject=who.username, actions=granted, manifest=manifest,
                 exchanges=(exchange(who.username),))  # fmt: skip


def refused(who: Login, manifest: Manifest | None = None, knows: Knows = Knows.REFUSED) -> Trial:
    """Harbor serves a refused login as nobody: `manifest` is what nobody gets."""
    seconds = 0.02 if knows is Knows.LOCKED else 1.52
    return Trial(who, knows, actions=frozenset(), manifest=manifest or denied(),
                 exchanges=(exchange(who.username, 401, seconds),))  # fmt: skip


def not_asked(who: Login | None, why: str, knows: Knows = Knows.UNKNOWN) -> Trial:
    return Trial(who, knows, why)


def nobody(manifest: Manifest | None, why: str = "") -> Trial:
    return Trial(None, Knows.NOT_ASKED, why or "it was asked without a login", manifest=manifest,
                 exchanges=(exchange(None, 200),))  # fmt: skip


def ping(
    host: str = HOST, *, harbor: bool = True, scheme: str = "bearer", broken: Break | None = None, realm: str = ""
) -> Fact[Ping]:
    asked = Exchange(NOW, "GET", f"https://{host}/v2/", None, None if broken else 401, 0.03)
    told = f"{host} gave no answer" if broken else ""
    scheme = "" if broken else scheme
    made = Ping(host, asked, broken, told, harbor=harbor and not broken, scheme=scheme, realm=realm)
    return Fact(made, "ping", NOW)


NO_ROBOT = Unknown("this is not the name of a robot account")


def view(robot: Robot | Unknown | None = NO_ROBOT, *, member: bool | None = None) -> HarborView:
    seen = robot if isinstance(robot, Unknown) else Fact(robot, "robots", NOW)
    belongs = Unknown("not looked up") if member is None else Fact(member, "members", NOW)
    return HarborView(seen, Fact(True, "project", NOW), belongs)


def robot(name: str = ROBOT, *, disabled: bool = False, days: float | None = 30) -> Robot:
    """`days` until it expires, negative for the past, None for never."""
    expires = None if days is None else NOW + timedelta(days=days)
    return Robot(7, name, "project", disabled, expires, ("shop",), ("repository:pull",))


def variant(kind: str, of: Login, changed: Login, knows: Knows = Knows.ACCEPTED) -> Variant:
    trial = accepted(changed, served(), "pull") if knows is Knows.ACCEPTED else refused(changed)
    return Variant(kind, of, trial)


def account(*names: str) -> Fact[ServiceAccountView | None]:
    return Fact(ServiceAccountView("default", names), "ServiceAccount", NOW)


def proxy(healthy: bool | None = False, *, is_one: bool = True) -> Fact[ProjectView | None]:
    """A project as Harbor's API shows it; a proxy cache unless `is_one` says otherwise."""
    return Fact(ProjectView(is_one, "https://quay.io" if is_one else "", healthy), "project", NOW)


OIDC = Fact("oidc_auth", "GET https://harbor.example.com/api/v2.0/systeminfo", NOW)


def elsewhere(image: str, trial: Trial) -> Fact[tuple[Elsewhere, ...]]:
    return Fact((Elsewhere(image, trial),), "registries of the pull secrets", NOW)


def tags(*names: str) -> Nearby:
    return Nearby(Fact(names, "tags", NOW))


# The pull and its evidence.


def pull(image: str = IMAGE, text: str = "", **fields: Any) -> Pull:
    made = Pull(
        cluster="lab",
        namespace="shop",
        pod="web-7d9c",
        pod_uid="uid-1",
        container="web",
        kind=ContainerKind.REGULAR,
        image=image,
        pull_secrets=("harbor-pull",),
        service_account="default",
        node="node-1",
        phase="Pending",
        pull_policy="IfNotPresent",
        owner=Owner("Deployment", "web"),
        created=NOW - timedelta(minutes=7),
        complaint=Complaint("ImagePullBackOff", text, "status", NOW - timedelta(minutes=1)),
    )
    return replace(made, **fields)


def evidence(
    *secrets: Found,
    image: str = IMAGE,
    text: str = "",
    reason: str = "ImagePullBackOff",
    trials: Sequence[Trial] | None = None,
    anonymous: Manifest | Trial | None = None,
    fields: Mapping[str, Any] | None = None,
    **known: Any,
) -> Evidence:
    """Evidence of one pull. Without `trials`, a good login is served and any other one is as good as nobody.

    Without `anonymous`, nobody is asked only where Harbor's answers to the logins do not stand for it.
    """
    ref, error = _reference(image)
    names = named(*secrets)
    ring = keyring(ref, names)
    nobodys = anonymous if isinstance(anonymous, Trial) else nobody(anonymous or denied(ref.repository if ref else ""))
    if trials is None:
        attempts = () if isinstance(ring, Unknown) else ring.attempts
        trials = tuple(_tried(attempt.login, nobodys.manifest) for attempt in attempts)
    at = known.pop("ping", None) or (ping(ref.registry) if ref else Unknown("the image name is invalid"))
    if anonymous is None:
        nobodys = needless(at, tuple(trials)) or nobodys
    made = pull(image, text, pull_secrets=tuple(n.name for n in names), **(fields or {}))
    made = replace(made, complaint=Complaint(reason, text, "status", NOW - timedelta(minutes=1)))
    return replace(
        Evidence(
            pull=made,
            gathered=NOW,
            image=ref,
            image_error=error,
            reading=complaint.read(text, reason),
            secrets=names,
            keyring=ring,
            service_account=account(),
            ping=at,
            trials=tuple(trials),
            anonymous=nobodys,
            node=Fact(AMD64, "Node", NOW),
            secret_names=Unknown("not looked up"),
        ),
        **known,
    )


def _tried(who: Login, nobodys: Manifest | None) -> Trial:
    if not (who.username and who.password):
        return Trial(who, Knows.NOT_ASKED, "the entry holds no login")
    if (who.username, who.password) == (ROBOT, Password(PASSWORD)):
        return accepted(who, served(AMD64, ARM64), "pull")
    return refused(who, nobodys)


def _reference(image: str) -> tuple[ImageRef | None, str]:
    try:
        return parse(image), ""
    except ImageNameError as error:
        return None, str(error)
