"""HD0xx: the image reference itself."""

import pytest

from checks.facts import Fact, Manifest, Unknown
from tests import builders as b

BAD_REQUEST = Manifest(400, "BAD_REQUEST", "bad request: invalid repository name: agent")


@pytest.mark.parametrize("image", ["harbor.example.com/shop/Web:1", "$(IMAGE)", "harbor.example.com/shop/web:a/b"])
def test_a_reference_that_the_kubelet_cannot_read_is_named(named, image) -> None:
    found = named(b.evidence(image=image, reason="InvalidImageName", text="InvalidImageName"), "HD001", f"shop/{image}")
    assert image in found.cause.params["image"]


def test_a_valid_reference_is_never_called_invalid(silent) -> None:
    silent(b.evidence(b.secret(), text=b.not_found()), "HD001")


def test_a_harbor_image_without_project_is_named(named) -> None:
    image = f"{b.HOST}/agent:0.31"
    trials = [b.accepted(b.login(), BAD_REQUEST)]
    text = b.answered(image, "400 Bad Request")
    named(b.evidence(b.secret(), image=image, text=text, trials=trials, anonymous=BAD_REQUEST), "HD003",
          f"shop/{b.HOST}/agent")  # fmt: skip


def test_a_single_segment_is_in_order_at_a_registry_that_is_no_harbor(silent) -> None:
    image = "registry.example.com/agent:0.31"
    silent(
        b.evidence(image=image, anonymous=b.served(b.AMD64), ping=b.ping("registry.example.com", harbor=False)), "HD003"
    )


# HD002: no registry, so Docker Hub is asked.

HOSTLESS = "shop/web:1.4.2"
SERVED = b.elsewhere(b.IMAGE, b.accepted(b.login(), b.served(b.AMD64), "pull"))
OTHER_HUB = b.secret(b.entry("alice", "x", "registry-1.docker.io"))
"""A key that never serves, and names no registry but Docker Hub's own."""
NOWHERE = Fact((), "registries of the pull secrets", b.NOW)


def _hub(image: str = HOSTLESS, *secrets, meant=SERVED, **known):
    full = image if image.startswith("docker.io/") else f"docker.io/{image if '/' in image else f'library/{image}'}"
    known = {"anonymous": b.hub_denied(), "text": b.resolving(full, b.HUB_DENIAL)} | known
    nearby = b.Nearby(elsewhere=meant)
    hub = b.ping("docker.io", harbor=False)
    return b.evidence(*(secrets or (b.secret(),)), image=image, ping=hub, nearby=nearby, **known)


def test_an_image_that_is_at_the_registry_of_the_pull_secret_lacks_its_host(named) -> None:
    found = named(_hub(), "HD002", f"shop/{HOSTLESS}")
    assert found.cause.params["right"] == b.IMAGE
    assert found.behind == ()
    named(_hub(text=""), "HD002", f"shop/{HOSTLESS}")


def test_a_pull_secret_for_a_registry_that_cannot_be_asked_is_told_as_a_hint_only(named) -> None:
    found = named(_hub(meant=Unknown("no answer")), "HD002", f"shop/{HOSTLESS}")
    assert found.cause.params["meant"] == f"the pull secrets are for {b.HOST}"
    assert found.cause.params["right"] == ""


def test_a_host_without_a_dot_is_told_to_be_a_part_of_the_path(named) -> None:
    found = named(_hub("harbor/shop/web:1", meant=NOWHERE), "HD002", "shop/harbor/shop/web:1")
    assert f"not the host {b.HOST}" in found.cause.params["meant"]


def test_a_name_that_no_official_image_has_lacks_its_registry_whatever_the_secrets(named) -> None:
    named(_hub("team-app:1", meant=NOWHERE), "HD002", "shop/team-app:1")
    without = b.evidence(image="team-app:1", text=b.resolving("docker.io/library/team-app:1", b.HUB_DENIAL),
                         ping=b.ping("docker.io", harbor=False), anonymous=b.hub_denied())  # fmt: skip
    named(without, "HD002", "shop/team-app:1")


@pytest.mark.parametrize("found", [
    _hub("docker.io/shop/web:1.4.2"),  # it names its registry
    _hub(meant=NOWHERE),  # the registry of the Secret does not have it either
    _hub(HOSTLESS, OTHER_HUB, meant=Unknown("no pull secret names another registry")),
    _hub(anonymous=b.served(b.AMD64), text=""),
    _hub(anonymous=Manifest(404, "MANIFEST_UNKNOWN", "manifest unknown"), text=b.not_found(HOSTLESS)),
    _hub(anonymous=Manifest(429, "TOOMANYREQUESTS", "slow down"), text=b.answered(HOSTLESS, "429 Too Many Requests")),
    _hub(text=b.unreached(HOSTLESS, "dial tcp: lookup registry-1.docker.io: no such host")),
])  # fmt: skip
def test_an_image_of_docker_hub_is_not_moved_elsewhere(silent, found) -> None:
    silent(found, "HD002")


def test_a_private_image_of_docker_hub_with_its_login_is_not_moved_elsewhere(silent) -> None:
    own = b.secret(b.entry("alice", "x", "https://index.docker.io/v1/"))
    served = [b.accepted(b.login("alice", "x", key="https://index.docker.io/v1/"), b.served(b.AMD64), "pull")]
    silent(_hub(HOSTLESS, own, trials=served, text=""), "HD002")
    refused = [b.refused(b.login("alice", "x", key="https://index.docker.io/v1/"), b.hub_denied())]
    silent(_hub(HOSTLESS, own, trials=refused, meant=Unknown("no pull secret names another registry")), "HD002")


# HD004: a short name that the runtime does not resolve.


@pytest.mark.parametrize("cause", [
    f"short name mode is enforcing, but image name {HOSTLESS} returns ambiguous list",
    f'short-name "{HOSTLESS}" did not resolve to an alias and no unqualified-search registries are defined in "/etc/x"',
    "no registries configured while trying to pull an unqualified image, add at least one in /etc/crio/crio.conf",
])  # fmt: skip
def test_a_short_name_that_the_runtime_does_not_settle_is_named(named, silent, cause) -> None:
    for text in (cause, f"rpc error: code = Unknown desc = {cause}", b.backed_off(HOSTLESS, cause)):
        found = b.evidence(b.secret(), image=HOSTLESS, text=text, anonymous=b.nobody(None, "no answer"))
        named(found, "HD004", f"shop/{HOSTLESS}")
        silent(found, "HD002")


def test_a_short_name_that_went_to_docker_hub_is_resolved(silent) -> None:
    silent(_hub("team-app:1"), "HD004")
