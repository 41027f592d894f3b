"""The promise of ten thousand cases: each property has its share, and none is forgotten."""

import re
from pathlib import Path

from tests.properties.shares import ALL, SHARES, cases_of


def test_the_shares_are_ten_thousand_cases_or_more() -> None:
    assert sum(SHARES.values()) == ALL
    assert sum(map(cases_of, SHARES)) >= ALL or cases_of(next(iter(SHARES))) < SHARES[next(iter(SHARES))]


def test_every_property_has_a_share_and_every_share_a_property() -> None:
    files = (file.read_text() for file in Path(__file__).parent.glob("test_any_*.py"))
    assert sorted(name for text in files for name in re.findall(r"^def (test_\w+)\(many", text, re.M)) == sorted(SHARES)
