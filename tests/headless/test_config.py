"""The configuration file: who it makes strict, and one sentence with file and line where it is wrong."""

from pathlib import Path

import pytest

from checks.config import Config
from checks.errors import UsageError
from checks.settings import ContextRule, Settings, for_context
from tests.headless.tool import Tool
from tui.options import config_of as load
from tui.options import settings_of

NOTHING: dict[str, object] = dict.fromkeys((
    "kubeconfig", "context", "all_contexts", "namespaces", "all_namespaces", "impersonate", "impersonate_groups",
    "registry_ca", "resolve", "harbor_host", "docker_config", "read_only",
))  # fmt: skip

GOOD = """
read_only = false
[[contexts]]
name = "prod-*"
protected = true

[[contexts]]
name = "prod-audit"
read_only = true
"""


def written(folder: Path, text: str | bytes) -> dict[str, str]:
    path = folder / "c.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return {"HARBOR_DOCTOR_CONFIG": str(path)}


def test_without_a_file_nothing_is_held_back(tmp_path: Path) -> None:
    assert load({"XDG_CONFIG_HOME": str(tmp_path)}) == Config()


def test_it_is_read_from_its_usual_place_and_from_the_place_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "harbor-doctor").mkdir()
    (tmp_path / "harbor-doctor" / "config.toml").write_text("read_only = true\n")
    usual = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load(usual).read_only
    assert not load({**usual, **written(tmp_path, GOOD)}).read_only


@pytest.mark.parametrize(
    ("context", "strict"),
    [("prod-eu", (False, True)), ("prod-audit", (True, True)), ("stage", (False, False)), ("PROD-EU", (False, False))],
)
def test_rules_are_for_contexts_by_name_or_pattern_and_add_up(
    tmp_path: Path, context: str, strict: tuple[bool, bool]
) -> None:
    made = for_context(Settings(rules=load(written(tmp_path, GOOD)).contexts), context)
    assert (made.read_only, made.protected) == strict


def test_a_name_that_looks_like_a_pattern_means_itself_too() -> None:
    assert ContextRule("arn:aws:eks:eu[1]").fits("arn:aws:eks:eu[1]")


@pytest.mark.parametrize("said", ['[[contexts]]\nname = "x"\nread_only = false\n', "read_only = false\n", ""])
def test_it_never_makes_looser_what_the_options_or_the_environment_say(tmp_path: Path, said: str) -> None:
    place = written(tmp_path, said)
    for options, environment in (({"read_only": True}, {}), ({}, {"HARBOR_DOCTOR_READ_ONLY": "1"})):
        made = settings_of({**NOTHING, **options}, {**place, **environment})
        assert for_context(made, "x").read_only


WRONG = [
    ("read_only = yes\n", "is not valid TOML: .*line 1"),
    ("read_only = true\n[[contexts\n", "is not valid TOML: .*line 2"),
    ("\nread-only = true\n", "line 2: there is no setting read-only at the top; is it read_only$"),
    ("colour = 1\n", "line 1: there is no setting colour at the top; there are: read_only, contexts$"),
    ('read_only = "true"\n', "line 1: read_only is neither true nor false$"),
    ("contexts = 3\n", r"line 1: contexts is not a list of tables: begin each with \[\[contexts\]\]$"),
    ('[contexts]\nname = "x"\n', r"line 1: contexts is not a list of tables: begin each with \[\[contexts\]\]$"),
    ("[[contexts]]\nprotected = true\n", 'line 1: an entry of contexts names none: write name = "CONTEXT"'),
    ('[[contexts]]\nname = ""\n', 'line 2: an entry of contexts names none: write name = "CONTEXT"'),
    ('[[contexts]]\nname="a"\n[[contexts]]\nname="b"\nprotect = true\n', "line 5: .*contexts; is it protected$"),
    ('[[contexts]]\nname="a"\n\n[[contexts]]\nname="b"\nprotected = 1\n', "line 6: protected is neither true"),
    (b"\xff\xfe", "is not UTF-8 text"),
    ("a = " + "[" * 5000, "nested too deeply|not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_file_is_one_sentence_with_file_and_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    place = written(tmp_path, text)
    with pytest.raises(UsageError, match=says) as raised:
        load(place)
    assert str(raised.value).startswith(place["HARBOR_DOCTOR_CONFIG"])
    assert "\n" not in str(raised.value)


def test_a_file_that_is_named_and_not_there_or_not_readable_is_told(tmp_path: Path) -> None:
    for place in (tmp_path / "gone.toml", tmp_path):
        with pytest.raises(UsageError, match=r"cannot be read: .*; HARBOR_DOCTOR_CONFIG may name another"):
            load({"HARBOR_DOCTOR_CONFIG": str(place)})


def test_the_command_line_ends_with_2_and_the_demo_reads_no_file(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "home", written(tmp_path, "read-only = true\n"))
    done = tool.run("scan")
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "is it read_only" in done.last
    assert tool.run("scan", "--demo", "-n", "nowhere").code in (0, 4)
