"""HD5xx: project, repository, tag, platform, storage."""

from dataclasses import replace

import pytest

from checks.diagnose import diagnose, sentence
from checks.facts import Fact, Manifest, Platform, Unknown
from tests import builders as b

TAG = f"{b.HOST}/shop/web:1.4.2"


def _got(manifest: Manifest, text: str = "", **known):
    return b.evidence(b.secret(), text=text or b.not_found(), trials=[b.accepted(b.login(), manifest, "pull")], **known)


# HD501


@pytest.mark.parametrize("manifest", [
    b.no_project(),
    replace(b.no_project(), code="", message=""),
    replace(b.no_project(), empty_challenge=False),
], ids=["both signs", "by HEAD", "in words"])  # fmt: skip
@pytest.mark.parametrize("text", ["", b.unauthorized(), b.unauthorized(runtime="1.6")])
def test_a_missing_project_is_named_whoever_asked(named, manifest, text) -> None:
    for secrets, trials in (((), []), ((b.secret(),), [b.accepted(b.login(), manifest)])):
        named(b.evidence(*secrets, text=text, trials=trials, anonymous=manifest), "HD501", f"{b.HOST}/shop")


def test_a_private_project_is_not_called_missing(silent) -> None:
    silent(b.evidence(text=b.unauthorized()), "HD501")


def test_an_empty_challenge_means_nothing_elsewhere_than_on_harbor(silent) -> None:
    said_by_a_proxy = Manifest(401, empty_challenge=True)
    silent(b.evidence(anonymous=said_by_a_proxy, ping=b.ping(harbor=False)), "HD501")


def test_the_name_of_another_project_in_the_words_proves_nothing(silent) -> None:
    silent(b.evidence(anonymous=replace(b.no_project("workshop"), empty_challenge=False)), "HD501")


# HD502, HD503


def test_a_missing_repository_is_named(named, silent) -> None:
    named(_got(b.no_repository()), "HD502", f"{b.HOST}/shop/web")
    silent(_got(b.no_repository()), "HD503")


def test_a_missing_tag_is_named_with_those_that_are_near(named, silent) -> None:
    found = _got(b.no_tag(), nearby=b.tags("1.4.1", "1.4.20", "nightly-2026"))
    assert named(found, "HD503", TAG).cause.params["hint"] == "; nearest: 1.4.1, 1.4.20"
    silent(found, "HD502")


def test_a_missing_digest_is_named(named) -> None:
    image = f"{b.HOST}/shop/web@{b.DIGEST}"
    found = b.evidence(b.secret(), image=image, text=b.not_found(image),
                       trials=[b.accepted(b.login(), b.no_tag(f"shop/web@{b.DIGEST}"), "pull")],
                       nearby=b.tags("1.4.2"))  # fmt: skip
    assert "digest sha256:94a263" in named(found, "HD503", image).cause.params["what"]


def test_a_repository_whose_artifacts_have_lost_their_tags_is_there(named) -> None:
    named(_got(b.no_tag(), nearby=b.tags()), "HD503", TAG)


def test_what_a_proxy_project_was_told_by_its_upstream_is_a_missing_tag(named) -> None:
    told = Manifest(404, "NOT_FOUND", "resource not found: repo shop/web, tag 1.4.2 not found")
    named(_got(told), "HD503", TAG)


def test_a_tag_that_the_list_holds_is_not_called_missing(named, silent) -> None:
    found = _got(b.no_tag(), nearby=b.tags("1.4.1", "1.4.2"))
    silent(found, "HD503")
    named(found, "HD000", "shop/web")


@pytest.mark.parametrize("code", ["HD502", "HD503", "HD506"])
def test_nothing_is_missing_where_the_image_is_served_or_the_answer_is_a_web_page(silent, code) -> None:
    silent(_got(b.served(b.AMD64)), code)
    silent(_got(Manifest(404)), code)


@pytest.mark.parametrize("manifest", [b.no_repository(), b.no_tag(), b.LOST])
def test_what_is_missing_now_is_not_blamed_for_a_node_that_is_full(named, manifest) -> None:
    text = b.resolving(b.IMAGE, "x").partition(": ")[0] + ": failed to extract layer: write: no space left on device"
    named(_got(manifest, text), "HD701", "node-1")


@pytest.mark.parametrize(("manifest", "code", "subject"), [
    (Manifest(404, "NAME_UNKNOWN", "repository name not known to registry"), "HD502", "reg.example.com/team/app"),
    (Manifest(404, "MANIFEST_UNKNOWN", "manifest unknown"), "HD503", "reg.example.com/team/app:1"),
])  # fmt: skip
def test_the_codes_of_other_registries_are_understood(named, manifest, code, subject) -> None:
    image = "reg.example.com/team/app:1"
    found = b.evidence(image=image, text=b.not_found(image), anonymous=manifest,
                       ping=b.ping("reg.example.com", harbor=False))  # fmt: skip
    named(found, code, subject)


def test_someone_without_the_right_to_pull_knows_nothing_of_tags(silent) -> None:
    silent(b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized()), "HD503")


# HD504

NO_MATCH = b.resolving(b.IMAGE, "x").partition(": ")[0] + ": no match for platform in manifest: not found"


def test_an_index_without_the_nodes_platform_is_named(named) -> None:
    found = named(_got(b.served(b.ARM64), NO_MATCH), "HD504", TAG)
    assert (found.cause.params["offered"], found.cause.params["node"]) == ("linux/arm64", "linux/amd64")
    named(b.evidence(b.secret(), trials=[b.accepted(b.login(), b.served(b.ARM64), "pull")]), "HD504", TAG)


def test_the_kubelets_word_is_enough_where_the_node_is_not_known(named) -> None:
    found = _got(b.served(b.ARM64), NO_MATCH, node=Unknown("no right to read Nodes"))
    assert named(found, "HD504", TAG).cause.params["offered"] == "other platforms"


def test_an_index_that_was_mended_since_is_not_said_to_offer_what_the_node_lacks(named) -> None:
    assert named(_got(b.served(b.AMD64), NO_MATCH), "HD504", TAG).cause.params["offered"] == "other platforms"


@pytest.mark.parametrize(("offered", "node"), [
    (Platform("linux", "386"), b.AMD64),
    (Platform("linux", "arm", "v7"), b.ARM64),
    (Platform("linux", "amd64", "v2"), b.AMD64),
    (Platform("linux", "arm64", "v8"), b.ARM64),
])  # fmt: skip
def test_what_a_node_runs_besides_its_own_is_no_wrong_platform(silent, offered, node) -> None:
    found = b.evidence(b.secret(), trials=[b.accepted(b.login(), b.served(offered), "pull")],
                       node=Fact(node, "Node", b.NOW))  # fmt: skip
    silent(found, "HD504")


def test_a_single_image_of_another_platform_is_pulled_all_the_same(silent) -> None:
    """It fails when it starts (node-lab), which is not a pull's failure."""
    one = b.served(b.ARM64, media_type=b.SINGLE)
    silent(b.evidence(b.secret(), trials=[b.accepted(b.login(), one, "pull")]), "HD504")


# HD505


@pytest.mark.parametrize("manifest", [b.no_repository(), b.no_tag()])
@pytest.mark.parametrize(
    ("healthy", "state"), [(False, "is not well"), (None, "may not be well"), (True, "said to be well")]
)
def test_a_proxy_cache_that_got_nothing_is_named_and_not_its_image(named, manifest, healthy, state) -> None:
    found = named(_got(manifest, project=b.proxy(healthy)), "HD505", f"{b.HOST}/shop")
    assert state in found.cause.params["state"]
    assert found.behind == ()


def test_an_upstream_that_has_no_such_tag_is_not_blamed(named, silent) -> None:
    told = Manifest(404, "NOT_FOUND", "resource not found: repo shop/web, tag 1.4.2 not found")
    silent(_got(told, project=b.proxy()), "HD505")
    named(_got(told, project=b.proxy()), "HD503", TAG)


@pytest.mark.parametrize("project", [b.proxy(is_one=False), Fact(None, "project", b.NOW), Unknown("not asked")])
def test_an_ordinary_or_unknown_project_is_no_failing_proxy_cache(silent, project) -> None:
    silent(_got(b.no_tag(), project=project), "HD505")


@pytest.mark.parametrize(("manifest", "code"), [(b.no_repository(), "HD502"), (b.no_tag(), "HD503")])
def test_where_the_project_may_be_a_proxy_cache_the_verdict_says_so(manifest, code) -> None:
    unless = "unless that project is a proxy cache whose upstream fails"
    asked, unasked = (diagnose(_got(manifest, project=p)) for p in (b.proxy(is_one=False), Unknown("not asked")))
    assert (asked.cause.code, unasked.cause.code) == (code, code)
    assert unless in sentence(unasked)
    assert unless not in sentence(asked)


# HD506


def test_a_manifest_that_the_storage_lost_is_named(named, silent) -> None:
    found = _got(b.LOST, nearby=b.tags("1.4.2"))
    named(found, "HD506", TAG)
    silent(found, "HD503")


def test_a_missing_tag_is_not_blamed_on_the_storage(silent) -> None:
    silent(_got(b.no_tag()), "HD506")
