"""`WWW-Authenticate` as registries, proxies and attackers write it."""

import string

from hypothesis import given
from hypothesis import strategies as st

from checks.clients.challenge import Challenge, parse


def test_harbors_challenge_names_realm_and_service():
    (one,) = parse('Bearer realm="https://h.test/service/token",service="harbor-registry"')
    assert one == Challenge("bearer", {"realm": "https://h.test/service/token", "service": "harbor-registry"})
    assert one.realm == "https://h.test/service/token"


def test_a_comma_inside_quotes_does_not_end_the_value():
    (one,) = parse('Bearer realm="https://h.test/token",scope="repository:a/b:pull,push"')
    assert one.params["scope"] == "repository:a/b:pull,push"


def test_several_challenges_in_one_header_are_kept_apart():
    found = parse('Negotiate, Basic realm="a, b", Bearer realm=x , NTLM TlRMTVNTUAAC==')
    assert [c.scheme for c in found] == ["negotiate", "basic", "bearer", "ntlm"]
    assert found[1].realm == "a, b"
    assert found[3].token68 == "TlRMTVNTUAAC=="


def test_scheme_and_parameter_names_are_read_in_any_case():
    (one,) = parse('BEARER Realm="r", SERVICE="s"')
    assert (one.scheme, one.params) == ("bearer", {"realm": "r", "service": "s"})


def test_white_space_around_the_equals_sign_is_allowed():
    assert parse('Basic realm = "r"')[0].realm == "r"


def test_the_first_of_two_equal_parameters_counts():
    assert parse('Bearer realm="https://good.test/t",realm="https://evil.test/t"')[0].realm == "https://good.test/t"


def test_backslash_escapes_are_undone():
    assert parse(r'Basic realm="say \"hi\" \\ now"')[0].realm == 'say "hi" \\ now'


def test_an_empty_header_holds_no_challenge():
    assert parse("") == ()
    assert parse(" , ,") == ()


def test_what_stands_before_a_break_is_kept():
    assert parse('Basic realm="ok", Bearer realm="cut')[0].realm == "ok"
    assert [c.scheme for c in parse('Bearer realm="cut')] == ["bearer"]


NAMES = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=12)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(st.tuples(NAMES, st.dictionaries(NAMES.map(str.lower), VALUES, min_size=1, max_size=4)), max_size=4))
def test_what_is_written_by_the_grammar_is_read_back(challenges: list[tuple[str, dict[str, str]]]):
    header = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in params.items())
        for scheme, params in challenges
    )
    assert [(c.scheme, c.params) for c in parse(header)] == [(s.lower(), p) for s, p in challenges]
