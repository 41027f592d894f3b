"""Signatures and vulnerabilities: who is held back, and with which words."""

import pytest

from checks.demo.harbor import Scan

TAIL = (
    'cannot be pulled due to configured policy in \'Prevent images with vulnerability severity of "High" or higher '
    "from running.' To continue with pull, please contact your project administrator "
)
BAD = Scan(findings=(("CVE-1", "High"), ("CVE-2", "Critical")))


def held(answer):
    assert answer.status == 412
    code, message = answer.error
    assert code == "PROJECTPOLICYVIOLATION"
    return message


@pytest.mark.parametrize("name", ["guest1", "limited1", "admin"])
def test_an_unsigned_image_is_held_back_from_everybody_by_tag_and_digest(harbor, client, person, name):
    for reference in ("1.0", harbor.digest("signed/app", "1.0")):
        assert held(client.manifest("signed/app", reference, person(name))) == "The image is not signed by cosign."
        assert client.manifest("signed/app", reference, person(name), "HEAD").status == 412


def test_a_signature_lets_it_through(harbor, client, person):
    harbor.sign("signed/app", "1.0")
    assert client.manifest("signed/app", "1.0", person("guest1")).status == 200


def test_notation_is_asked_for_in_its_own_name(harbor, client, person):
    harbor.set_policy("signed", notation=True)
    harbor.sign("signed/app", "1.0", "cosign")
    assert held(client.manifest("signed/app", "1.0", person("guest1"))) == "The image is not signed by notation."


def test_a_signing_tool_passes_if_it_may_push(client, person):
    for name, status in (("guest1", 412), ("dev1", 200)):
        assert client.manifest("signed/app", "1.0", person(name), User_Agent="cosign/v2").status == status


def test_what_is_missing_is_missing_whatever_the_policy(client, person):
    assert client.manifest("signed/app", "nope", person("guest1")).status == 404
    assert client.manifest("signed/none", "1.0", person("guest1")).status == 404


def test_tag_lists_and_blobs_are_not_held_back(harbor, client, person):
    token = client.pull_token(person("guest1"), "signed/app")
    config = harbor.artifacts[harbor.digest("signed/app", "1.0")].blobs[0]
    assert client.get("/v2/signed/app/tags/list", token=token).status == 200
    assert client.ask("HEAD", f"/v2/signed/app/blobs/{config}", token=token).status == 200


@pytest.mark.parametrize("status", ["Error", "Pending", "Running"])
def test_a_scan_that_is_not_done_holds_back(harbor, client, person, status):
    harbor.set_scan("vuln/app", "1.0", Scan(status))
    message = held(client.manifest("vuln/app", "1.0", person("guest1")))
    assert message == f'current image with "{status}" status of vulnerability scanning {TAIL}for help.'


def test_vulnerabilities_are_counted_without_the_allowed_ones(harbor, client, person):
    harbor.set_scan("vuln/app", "1.0", BAD)
    wish = "to exempt matched vulnerabilities through configuring the CVE allowlist."
    for allowed, count in (((), "2 vulnerabilities"), (("CVE-1",), "1 vulnerability")):
        harbor.allow_cves("vuln", *allowed)
        message = held(client.manifest("vuln/app", "1.0", person("guest1")))
        assert message == f"current image with {count} {TAIL}{wish}"
    harbor.allow_cves("vuln", "CVE-1", "CVE-2")
    assert client.manifest("vuln/app", "1.0", person("guest1")).status == 200


def test_low_and_no_findings_pass(harbor, client, person):
    for findings in ((), (("CVE-3", "Medium"),)):
        harbor.set_scan("vuln/app", "1.0", Scan(findings=findings))
        assert client.manifest("vuln/app", "1.0", person("guest1")).status == 200


def test_without_a_scanner_only_bad_reports_hold_back(harbor, client, person):
    harbor.scanner = False
    assert client.manifest("vuln/app", "1.0", person("guest1")).status == 200
    harbor.set_scan("vuln/app", "1.0", BAD)
    assert client.manifest("vuln/app", "1.0", person("guest1")).status == 412


def test_an_index_is_held_back_until_it_is_scanned_and_its_attestation_stays_so(harbor, client, person):
    harbor.push_image("vuln/multi", "1.0", platforms=("linux/amd64", "linux/arm64"), attested=True)
    held(client.manifest("vuln/multi", "1.0", person("guest1")))
    harbor.set_scan("vuln/multi", "1.0", Scan())
    index = client.manifest("vuln/multi", "1.0", person("guest1"))
    children = [
        client.manifest("vuln/multi", entry["digest"], person("guest1")).status for entry in index.json["manifests"]
    ]
    assert (index.status, children) == (200, [200, 200, 412])


def test_a_report_belongs_to_the_digest_not_to_the_repository(harbor, client, person):
    harbor.push_image("vuln/copy", "1.0", seed="vuln/app:1.0")
    harbor.set_scan("vuln/copy", "1.0", Scan())
    assert client.manifest("vuln/app", "1.0", person("guest1")).status == 200
