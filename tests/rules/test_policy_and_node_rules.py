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


# HD605, HD606: policies outside Harbor's projects.

CRIO = f"rpc error: code = Unknown desc = initializing source docker://{b.IMAGE}: "
BLOCKED_REGISTRY = f"{CRIO}registry {b.HOST} is blocked in /etc/containers/registries.conf"
REJECTED = f"Source image rejected: Running image docker://{b.IMAGE} is rejected by policy."
VERIFIER = f"{_HEAD}image verifier cosign blocked pull of {b.IMAGE} with digest sha256:1 for reason: no signature"
BY_LAW = b.answered(b.IMAGE, "451 Unavailable For Legal Reasons")
BY_ADDRESS = (
    f"{_HEAD}failed to copy: httpReadSeeker: failed open: unexpected status code https://{b.HOST}/v2/shop/web/manifests/"
    "sha256:1: 403 Forbidden - Server message: denied: your IP 192.0.2.2 is not allowed by policy"
)


@pytest.mark.parametrize("text", [BLOCKED_REGISTRY, REJECTED, VERIFIER])
def test_a_policy_of_the_node_is_named_as_the_nodes(named, text) -> None:
    found = named(b.evidence(b.secret(), text=text), "HD605", f"shop/{b.IMAGE}")
    assert found.cause.params["who"] == "The container runtime of the node"


def test_a_policy_of_the_registry_is_named_as_the_registrys(named) -> None:
    for text in (BY_LAW, BY_ADDRESS):
        assert named(b.evidence(b.secret(), text=text), "HD605", f"shop/{b.IMAGE}").cause.params["who"] == b.HOST


def test_a_refusal_that_may_as_well_be_a_matter_of_rights_is_no_policy_yet(named, silent) -> None:
    """The registry's words allow for both, and nobody could be asked."""
    dark = {"trials": [b.not_asked(b.login(), "no answer")], "anonymous": b.nobody(None, "no answer")}
    found = b.evidence(b.secret(), text=BY_ADDRESS, **dark)
    silent(found, "HD605")
    named(found, "HD000", "shop/web")


@pytest.mark.parametrize("text", ["", b.unauthorized(), b.not_found(), BLOCKED])
def test_a_refusal_in_other_words_is_no_policy_of_the_node(silent, text) -> None:
    silent(b.evidence(b.secret(), text=text), "HD605")
    silent(b.evidence(b.secret(), text=text), "HD606")


@pytest.mark.parametrize("cause", [
    "Source image rejected: A signature was required, but no signature exists",
    "Source image rejected: None of the signatures were accepted, reasons: Invalid GPG signature",
    f"remote trust data does not exist for {b.HOST}/shop/web: notary.example.net does not have trust data",
])  # fmt: skip
def test_a_signature_that_the_node_demands_is_named(named, cause) -> None:
    named(b.evidence(b.secret(), text=f"{CRIO}{cause}"), "HD606", f"shop/{b.IMAGE}")


def test_harbors_own_signature_policy_is_not_the_nodes(named, silent) -> None:
    text = f"reading manifest 1.4.2 in {b.HOST}/shop/web: unknown: The image is not signed by cosign."
    found = _blocked(b.UNSIGNED, text)
    silent(found, "HD606")
    named(found, "HD603", TAG)
