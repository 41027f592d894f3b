"""Which name a misspelt one must mean, and when nobody can tell."""

import pytest

from checks.slips import distance, meant


@pytest.mark.parametrize(
    ("name", "there", "means"),
    [
        ("taem", ("team", "web", "library"), "team"),
        ("v1.4.2", ("1.4.2", "1.4.1"), "1.4.2"),
        ("1.4.2", ("v1.4.2", "v1.4.1"), "v1.4.2"),
        ("1.4.2-apline", ("1.4.2-alpine", "1.4.1-alpine"), "1.4.2-alpine"),
        ("1.4-2", ("1.4.2", "1.4.1"), "1.4.2"),
        ("stabel", ("stable", "unstable"), "stable"),
        ("wish-list", ("wishlist",), "wishlist"),
        ("shop/wbe-frontend", ("shop/web-frontend", "shop/backend"), ""),
        ("shop/frontned", ("shop/frontend", "shop/backend"), "shop/frontend"),
    ],
)
def test_a_slip_of_the_pen_means_the_one_name_that_is_nearest(name: str, there: tuple[str, ...], means: str) -> None:
    assert meant(name, there) == ((means,) if means else ())


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("1.4.2", ("1.4.1", "1.4.20", "1.5.0")),
        ("1.42", ("1.4.2",)),
        ("2026.11", ("2026.12",)),
        ("5.2", ("5.1", "5.1-arm")),
        ("1.0-amd64", ("1.0-arm64",)),
        ("eu", ("us", "en")),
        ("1.4.2a", ("1.4.2", "1.4.2b")),
        ("1.4.2", ("1.4.2-rc",)),
        ("team", ("payments",)),
        ("team", ("team",)),
        ("", ("a",)),
        ("team", ()),
    ],
)
def test_another_version_platform_or_word_is_never_a_slip(name: str, there: tuple[str, ...]) -> None:
    assert meant(name, there) == ()


@pytest.mark.parametrize(
    ("name", "there", "near"),
    [
        ("teem", ("team", "teen"), {"team", "teen"}),
        ("1.4.2-alpin", ("1.4.2-alpine", "1.4.2-alpina", "1.4.2"), {"1.4.2-alpine", "1.4.2-alpina"}),
    ],
)
def test_names_that_are_equally_near_are_all_told_and_none_is_certain(
    name: str, there: tuple[str, ...], near: set[str]
) -> None:
    found = meant(name, there)
    assert set(found) == near
    assert len(found) > 1


def test_a_near_number_makes_an_equally_near_word_uncertain() -> None:
    assert len(meant("1.4.2-apline", ("1.4.2-alpine", "1.4.3-apline"))) == 2


def test_neighbours_that_changed_places_count_as_one_letter() -> None:
    assert [distance("taem", "team"), distance("", "ab"), distance("ab", "ab"), distance("kitten", "sitting")] == [
        1, 2, 0, 3,
    ]  # fmt: skip
