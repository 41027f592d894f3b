"""What README's roles give is needed, right by right, on a real kube-apiserver. `pytest -rP` shows the table."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.headless.stage import in_parallel
from tests.headless.warm import Ended
from tests.live.capabilities import CAPABILITIES, LOOKING, MENDING
from tests.live.kube import Cluster
from tests.live.rights import Bench, Capability, Right, names, roles_of

pytestmark = pytest.mark.live

_README = Path(__file__).resolve().parents[2] / "README.md"
_LOOK, _MEND = "harbor-doctor-look", "harbor-doctor-mend"
_NAMES = tuple(capability.name for capability in CAPABILITIES)
FULL, EXACT = "the roles", "exactly its rights"


@dataclass(slots=True)
class Row:
    """What came of one capability: with the roles of README, with its rights alone, and with each of them less."""

    full: str = ""
    exact: str = ""
    less: dict[Right, str] = field(default_factory=dict)


def _roles() -> dict[str, frozenset[Right]]:
    return roles_of(_README.read_text(encoding="utf-8"))


def _row(capability: Capability, cluster: Cluster, folder: Path) -> Row:
    row = Row()
    with Bench(capability, cluster, folder) as bench:
        less = {right: bench.user(capability.needs - {right}) for right in sorted(capability.needs)}
        exact, full = bench.user(capability.needs), bench.user(frozenset().union(*_roles().values()))
        row.full, row.exact = _able(*bench.run(full), capability), _able(*bench.run(exact), capability)
        for right, user in less.items():
            row.less[right] = _unable(*bench.run(user), right, capability)
    return row


def _able(ended: Ended, written: list[str], capability: Capability) -> str:
    return "works" if capability.good(ended) else f"FAILED: {ended.code} {(ended.err + ended.out)[-600:]}"


def _unable(ended: Ended, written: list[str], right: Right, capability: Capability) -> str:
    text = ended.out + ended.err
    if not names(right, text):
        return f"FAILED: it is not named: {ended.code} {text[-600:]}"
    if right in capability.asked:
        return "asked" if capability.good(ended) else f"FAILED: {ended.code} {text[-600:]}"
    if capability.good(ended):
        return "FAILED: it is not needed"
    return f"FAILED: written before: {', '.join(written)}" if written else "refused"


@pytest.fixture(scope="module")
def found(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    made: dict[str, Row] = {}
    folder = tmp_path_factory.mktemp("rights")

    def one(number: int, capability: Capability) -> None:
        made[capability.name] = _row(capability, cluster, folder / f"{number}")

    in_parallel([lambda n=n, c=c: one(n, c) for n, c in enumerate(CAPABILITIES)])  # type: ignore[misc]
    _print({name: made[name] for name in _NAMES})
    return made


def _print(rows: dict[str, Row]) -> None:
    for name, row in rows.items():
        cells = {FULL: row.full, EXACT: row.exact} | {_text(right): cell for right, cell in row.less.items()}
        lines = (f"    {_left(what):<44} {cell}" for what, cell in cells.items())
        sys.stdout.write("\n".join((name, *lines, "")))


def _text(right: Right) -> str:
    group, resource, verb = right
    return f"{group}{'/' * bool(group)}{resource} {verb}"


def _left(what: str) -> str:
    return f"with {what}" if what in (FULL, EXACT) else f"without {what}"


@pytest.mark.parametrize("name", _NAMES)
def test_the_roles_of_the_readme_are_enough(name: str, found: dict[str, Row]) -> None:
    assert found[name].full == "works"


@pytest.mark.parametrize("name", _NAMES)
def test_a_capability_takes_no_other_rights_than_its_own(name: str, found: dict[str, Row]) -> None:
    assert found[name].exact == "works"


@pytest.mark.parametrize("name", _NAMES)
def test_with_one_right_less_it_is_refused_before_any_write_and_the_verb_is_named(
    name: str, found: dict[str, Row]
) -> None:
    row = found[name]
    assert row.less
    failed = [f"without {_text(right)}: {cell or 'an empty cell'}" for right, cell in row.less.items()
              if cell not in ("refused", "asked")]  # fmt: skip
    assert not failed, "\n".join(failed)


def test_the_role_for_looking_holds_what_looking_takes_and_nothing_else() -> None:
    needed = frozenset[Right]().union(*(capability.needs for capability in LOOKING))
    assert _texts(_roles()[_LOOK]) == _texts(needed)


def test_the_role_for_mending_holds_what_mending_takes_besides_and_nothing_else() -> None:
    needed = frozenset[Right]().union(*(capability.needs for capability in MENDING))
    assert _texts(_roles()[_MEND]) == _texts(needed - _roles()[_LOOK])


def _texts(chosen: frozenset[Right]) -> set[str]:
    return {_text(right) for right in chosen}
