"""How the rights that a plan needs are told."""

from checks.repair.plan import Right, RightAnswer
from tui.render import rights_rows


def told(*answers: tuple[str, str, bool | None]) -> list[str]:
    """The lines for (namespace, verb, allowed)."""
    given = [RightAnswer(Right(verb, "secrets", "", space), allowed) for space, verb, allowed in answers]
    return [text.plain for _, text in rights_rows(given)]


def test_namespaces_with_the_same_rights_stand_together() -> None:
    spaces = ("crm", "data", "shop")
    answers = [(space, verb, True) for space in spaces for verb in ("update", "create")]
    assert told(*answers) == ["✔ secrets update, secrets create in crm, data, shop"]
    assert told(("crm", "update", True), ("data", "create", True)) == [
        "✔ secrets update in crm; secrets create in data"
    ]


def test_of_many_namespaces_in_which_we_may_a_few_are_named() -> None:
    many = [f"team-{number:02}" for number in range(40)]
    (line,) = told(*((space, "update", True) for space in many))
    assert line == f"✔ secrets update in {', '.join(many[:8])} and 32 more"


def test_every_namespace_in_which_we_may_not_is_named() -> None:
    many = [f"team-{number:02}" for number in range(40)]
    (line,) = told(*((space, "update", False) for space in many))
    assert line == f"✖ secrets update in {', '.join(many)}"


def test_what_could_not_be_asked_is_neither_allowed_nor_forbidden() -> None:
    assert told(("crm", "update", True), ("crm", "create", None)) == [
        "✔ secrets update in crm",
        "? secrets create in crm",
    ]
