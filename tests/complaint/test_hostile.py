# ruff: noqa: E501  (texts stand as the runtimes write them)
"""Texts meant to break a reader: nothing is raised, and the time stays in line with the length."""

import time

import pytest

from checks.complaint import read

LONG = [
    '"' * 100_000,
    '\\"' * 50_000,
    "[" * 100_000,
    ": " * 50_000,
    "\n" * 100_000,
    "https://" * 12_500,
    'message":"' * 10_000,
    "rpc error: code = Unknown desc = " * 3_000,
    "lookup a on " * 8_000,
    "x" * 100_000,
    "unexpected status from GET request to " * 2_600,
    "adding 1 of storage resource, which when updated to current usage of " * 1_400,
    "a not allowed by policy" * 4_000,
    'Failed to pull image "x": ' * 4_000,
    "current image with " * 5_000,
]


@pytest.mark.parametrize("text", LONG, ids=lambda t: repr(t[:16]))
def test_a_long_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    read(text)
    assert time.perf_counter() - started < 2


def test_a_cause_survives_control_characters_around_it() -> None:
    text = '\x1b[31mFailed to pull image "a.example/b/c:1"\x1b[0m: Head "https://a.example/v2/": dial tcp: lookup a.example: no such host\x00'
    assert read(text).cause == "dns"


def test_the_end_of_a_very_long_text_still_counts() -> None:
    text = f'failed to pull and unpack image "a.example/b/c:1": {"x" * 100_000}: failed to do request: Head "https://a.example/v2/b/c/manifests/1": dial tcp 192.0.2.1:443: connect: connection refused'
    assert read(text).cause == "connection_refused"


def test_markup_in_a_text_stays_text() -> None:
    reading = read("Error response from daemon: [bold]unknown[/bold]: [/]")
    assert reading.cause == "unknown_ambiguous"
    assert "[/bold]" in reading.detail


def test_a_text_cut_off_inside_its_quotation_gives_no_cause_from_the_rest() -> None:
    assert read('Failed to pull image "a.example/denied: unauthorized: x509').cause == "unknown_ambiguous"


def test_a_web_page_in_the_answer_does_not_decide() -> None:
    page = '"<html><title>unauthorized: denied</title>\\n toomanyrequests: no such host</html>"'
    text = f"Error response from daemon: error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: {page}"
    assert read(text).cause == "unknown_ambiguous"


def test_a_text_copied_out_of_json_is_read_like_the_text_itself() -> None:
    text = (
        'Failed to pull image "a.example/b/c:1": Head "https://a.example/v2/": dial tcp: lookup a.example: no such host'
    )
    assert read(text.replace('"', '\\"')).cause == read(text).cause == "dns"


def test_two_logins_that_fail_differently_leave_both_causes_open() -> None:
    one = 'failed to pull and unpack image "h.example/p/a:1": failed to resolve reference "h.example/p/a:1": '
    tail = "failed to authorize: failed to fetch {} token: unexpected status: 401 Unauthorized"
    both = f"[{one}{tail.format('oauth')}, {one}{tail.format('anonymous')}]"
    reading = read(both)
    assert reading.confidence == "likely"
    assert {"bad_credentials", "no_credentials"} <= {reading.cause, *reading.alternatives}
