"""HD6xx and HD7xx: what the registry will not serve, and what the node cannot take."""

import pytest

from checks.facts import Fact
from tests import builders as b

TAG = f"{b.HOST}/shop/web:1.4.2"
BLOCKED = b.answered(b.IMAGE, "412 Precondition Failed")
PENDING = b.blocked('current image with "Pending" status of vulnerability scanning cannot be pulled due to policy')
NOTARY = b.blocked("The image is not signed in Notary.")
ONE = b.blocked("current image with 1 vulnerability cannot be pulled due to configured policy")
POLICIES = {"HD601": (b.VULNERABLE, ONE), "HD602": (b.UNSCANNED, PENDING), "HD603": (b.UNSIGNED, NOTARY)}


def _blocked(manifest, text=BLOCKED):
    return b.evidence(b.secret(), text=text, trials=[b.accepted(b.login(), manifest, "pull")])


@pytest.mark.parametrize("code", POLICIES)
def test_a_policy_is_named_by_harbors_own_words(named, code) -> None:
    for manifest in POLICIES[code]:
        for text in (BLOCKED, ""):
            named(_blocked(manifest, text), code, TAG)


@pytest.mark.parametrize("code", POLICIES)
def test_another_policy_or_one_in_unknown_words_is_not_guessed(named, silent, code) -> None:
    for other, manifests in POLICIES.items():
        if other != code:
            silent(_blocked(manifests[0]), code)
    unknown = _blocked(b.blocked("this image is in quarantine"))
    silent(unknown, code)
    named(unknown, "HD000", "shop/web")


@pytest.mark.parametrize("code", POLICIES)
def test_a_block_seen_now_is_not_blamed_for_a_login_that_the_kubelet_lacked(silent, code) -> None:
    silent(_blocked(POLICIES[code][0], b.nothing_sent()), code)


def test_a_registry_that_limits_pulls_is_named(named) -> None:
    named(b.evidence(b.secret(), text=b.answered(b.IMAGE, "429 Too Many Requests")), "HD604", b.HOST)


def test_the_kubelets_own_limit_is_not_blamed_on_the_registry(named, silent) -> None:
    found = b.evidence(b.secret(), text=b.backed_off(b.IMAGE, "pull QPS exceeded"))
    silent(found, "HD604")
    named(found, "HD703", "node-1")


def test_a_registrys_limit_is_not_the_nodes_and_a_missing_tag_is_neither(silent) -> None:
    silent(b.evidence(b.secret(), text=b.answered(b.IMAGE, "429 Too Many Requests")), "HD703")
    silent(b.evidence(b.secret(), text=b.not_found()), "HD604")


_HEAD = f'failed to pull and unpack image "{b.IMAGE}": '
NODE = {
    "HD701": (f'{_HEAD}failed to extract layer sha256:1: write /x: no space left on device', "node-1"),
    "HD702": (f'Container image "{b.IMAGE}" is not present with pull policy of Never', f"shop/{b.IMAGE}"),
    "HD704": (f'{_HEAD}failed to copy: unexpected commit digest sha256:1, expected sha256:2: failed precondition',
              f"shop/{b.IMAGE}"),
    "HD705": (f'{_HEAD}media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported '
              "since containerd v2.1", f"shop/{b.IMAGE}"),
}  # fmt: skip


@pytest.mark.parametrize("code", NODE)
def test_what_the_node_cannot_take_is_named_by_the_kubelets_words(named, code) -> None:
    text, subject = NODE[code]
    reason = "ErrImageNeverPull" if code == "HD702" else "ErrImagePull"
    named(b.evidence(b.secret(), text=text, reason=reason), code, subject)
    if code != "HD702":
        named(b.evidence(b.secret(), text=b.backed_off(b.IMAGE, text)), code, subject)


@pytest.mark.parametrize("code", NODE)
def test_a_text_about_something_else_leaves_the_node_alone(silent, code) -> None:
    for text in ("", b.unauthorized(), b.not_found(), b.answered(b.IMAGE, "503 Service Unavailable")):
        silent(b.evidence(b.secret(), text=text, node=Fact(b.ARM64, "Node", b.NOW)), code)


def test_a_registry_whose_own_disk_is_full_is_no_full_node(silent) -> None:
    text = b.resolving(b.IMAGE, "unexpected status code https://harbor.example.com/v2/: 500 Internal Server Error - "
                       "Server message: unknown: write /storage: no space left on device")  # fmt: skip
    silent(b.evidence(b.secret(), text=text), "HD701")


def test_a_pod_with_policy_never_whose_image_is_on_the_node_is_named_too(named) -> None:
    """Kubelets that check logins say so of an image that is there, but not for this pod (KEP-2535)."""
    found = b.evidence(text=NODE["HD702"][0], reason="ErrImageNeverPull", fields={"pull_policy": "Never"})
    named(found, "HD702", f"shop/{b.IMAGE}")
