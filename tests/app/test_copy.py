"""`y`: the evidence as plain text. Whatever a tenant calls a thing, a shell gets it back as it was."""

import os
import stat
import subprocess
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from checks.demo.harbor_content import SECRET
from checks.demo.world import World
from checks.diagnose import diagnose, group
from checks.facts import Exchange, Knows, Trial, Unknown
from checks.model import Problem
from tests import builders as b
from tests.app.console import NARROW, PORT, WIDE, console, settings_for
from tui.evidence_text import PODS, command, evidence_text

URL = f"https://{b.HOST}/service/token?service=harbor-registry&scope=repository%3Ashop%2Fweb%3Apull"
HOSTILE = (
    "robot$shop+pull", "$(touch /tmp/x)", "`id`", "a'b", '"', "a b", "-u", "", "\\0101", "%s%n", "\\", "ä€🙂",
    "new\nline", "end\n", "\n", "\n\n", "\x1b[2Jred", "tab\t", "cr\r\n", "‮evil", "a;b|c&d>e", "!!", "~", "*", "\udcff",
)  # fmt: skip


def problem(*pulls: int, exchanges: tuple[Exchange, ...] = (), text: str = b.unauthorized()) -> Problem:
    """One refused login that breaks so many pods."""
    user = b.login("alice", "old")
    asked = (*exchanges, Exchange(b.NOW, "GET", URL, "alice", 401, 1.5))
    trial = Trial(user, Knows.REFUSED, manifest=b.denied(), exchanges=asked)
    found = [
        b.evidence(b.secret(b.entry("alice", "old")), text=text, trials=[trial],
                   fields={"pod": f"web-{n:03}", "pod_uid": f"uid-{n}"})
        for n in pulls or (1,)
    ]  # fmt: skip
    (made,) = group("lab", [diagnose(evidence) for evidence in found])
    return made


def sh(script: str, *, path: str = "") -> bytes:
    env = {"PATH": f"{path}:{os.environ['PATH']}", "TOKEN": "t0"}
    done = subprocess.run(["sh", "-c", script], capture_output=True, env=env, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def curls(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a `curl` that prints what it was called with."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "curl").write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    (folder / "curl").chmod(stat.S_IRWXU)
    return str(folder)


# What stands in it.


def test_it_tells_sentence_subject_pods_evidence_and_times_in_utc() -> None:
    text = evidence_text(problem(1, 2))
    lines = text.splitlines()
    assert lines[0] == "HD301:shop/harbor-pull  login refused"
    assert lines[1].endswith("a wrong password, or no such user.")
    assert "subject  Secret shop/harbor-pull" in lines
    assert "2 pods" in lines
    assert f"  shop/web-001  container web  {b.IMAGE} on node-1" in lines
    evidence = lines[lines.index("evidence") + 1 : lines.index("ask again (curl asks for the password)") - 1]
    assert [line[:23].strip() for line in evidence] == ["-", "2026-11-24T11:59:00Z"]
    assert [line[23:39].strip() for line in evidence] == ["secret", "kubelet"]
    assert evidence[1].endswith("/v2/shop/web/manifests/1.4.2: 401 Unauthorized")


def test_what_could_not_be_known_is_told() -> None:
    dark = b.evidence(("harbor-pull", b.FORBIDDEN), text="", anonymous=b.nobody(None, "no answer"),
                      ping=Unknown("not asked"))  # fmt: skip
    (made,) = group("lab", [diagnose(dark)])
    text = evidence_text(made)
    assert "\nnot known\n  Secret shop/harbor-pull: no right to read Secrets in shop\n" in text


def test_of_many_pods_the_first_ones_are_listed_and_the_rest_counted() -> None:
    text = evidence_text(problem(*range(PODS + 7)))
    assert text.count("  shop/web-") == PODS
    assert "  and 7 more\n" in text


def test_every_distinct_request_is_there_once() -> None:
    text = evidence_text(problem(1, 2, 3))
    assert text.count(f"curl -sS -u alice '{URL}'") == 1
    assert f"  curl -sS https://{b.HOST}/v2/\n" in text


def test_no_password_and_no_control_character_is_in_it() -> None:
    text = evidence_text(problem(text=f"{b.unauthorized()} \x1b]52;c;aGk=\x07‮"))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "old" not in text.replace("gold", "")
    assert b.PASSWORD not in text


# Commands.


def _asked(user: str | None, url: str = URL, method: str = "GET") -> Exchange:
    return Exchange(b.NOW, method, url, user, 401, 0.1)


GRANT = (
    ("grant_type", "password"), ("username", "a'b:c"), ("client_id", "harbor-doctor"), ("scope", "repository:x:pull")
)  # fmt: skip
REALM = "https://token.example.com/token"


def _posted(*form: tuple[str, str]) -> Exchange:
    return replace(_asked(dict(form).get("username", "<token>"), REALM, "POST"), form=form)


def test_a_posted_form_comes_back_whole_and_its_secret_over_standard_input(tmp_path: Path) -> None:
    (tmp_path / "curl").write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"; cat\n")
    (tmp_path / "curl").chmod(stat.S_IRWXU)
    told = sh(f"PASSWORD='se cret'; {command(_posted(*GRANT))}", path=str(tmp_path)).split(b"\0")
    fields = [b"grant_type=password", b"username=a'b:c", b"client_id=harbor-doctor", b"scope=repository:x:pull"]
    assert told[0] == b"-sS"
    assert told[2:-2:2] == [*fields, b"password@-"]
    assert told[1:-2:2] == [b"--data-urlencode"] * 5
    assert told[-2:] == [REALM.encode(), b"se cret"]


def test_an_identity_token_is_named_by_a_variable_that_is_explained() -> None:
    form = (("grant_type", "refresh_token"), ("client_id", "harbor-doctor"))
    text = evidence_text(problem(exchanges=(_posted(*form), _posted(*GRANT))))
    assert "  # IDENTITY_TOKEN: the identity token that docker keeps for the registry\n" in text
    assert "  # PASSWORD: the password, which curl does not ask for where it is posted\n" in text
    assert '  printf %s "$IDENTITY_TOKEN" | curl -sS --data-urlencode grant_type=refresh_token ' in text
    assert "# TOKEN:" not in text


@pytest.mark.parametrize(("asked", "line"), [
    (_asked("robot$shop+pull"), f"curl -sS -u 'robot$shop+pull' '{URL}'"),
    (_asked(None), f"curl -sS '{URL}'"),
    (_asked("(token)", f"https://{b.HOST}/v2/shop/web/manifests/1.4.2", "HEAD"),
     f'curl -sS -I -H "Authorization: Bearer $TOKEN" https://{b.HOST}/v2/shop/web/manifests/1.4.2'),
    (_asked(None, "https://[2001:db8::1]/v2/"), "curl -sSg 'https://[2001:db8::1]/v2/'"),
])  # fmt: skip
def test_a_request_is_a_command_in_which_curl_asks_for_the_password(asked, line) -> None:
    assert command(asked) == line


@pytest.mark.parametrize("user", HOSTILE)
def test_a_hostile_user_name_reaches_curl_as_it_is(curls, user) -> None:
    line = command(_asked(user))
    subprocess.run(["sh", "-n", "-c", line], check=True, timeout=30)
    flags = ["-u", user] if user else []
    sent = sh(line, path=curls).split(b"\0")[:-1]
    assert sent == [word.encode("utf-8", "surrogateescape") for word in ("-sS", *flags, URL)]


def test_all_commands_of_a_hostile_problem_run_and_call_nothing_but_curl(curls, tmp_path: Path) -> None:
    names = [f"{name}\ntouch {tmp_path}/stolen\n" for name in HOSTILE if name]
    urls = [f"https://{b.HOST}/v2/;touch${{IFS}}{tmp_path}/x/$(id)/`id`/'\"/manifests/1", URL]
    asked = tuple(_asked(user, url) for user in (*names, *HOSTILE) for url in urls)
    text = evidence_text(problem(exchanges=asked))
    commands = text.partition("ask again (curl asks for the password)\n")[2]
    assert commands.count("curl -sS") == 40
    subprocess.run(["sh", "-n", "-c", commands], check=True, timeout=30)
    sent = sh(commands, path=curls).split(b"\0")
    assert sum(word in (b"-sS", b"-sSg") for word in sent) == 40
    assert not list(tmp_path.iterdir())


def test_a_request_that_would_send_the_password_in_the_clear_or_in_the_line_is_left_out() -> None:
    asked = (_asked("alice", f"http://{b.HOST}/token"), _asked("alice:secret"))
    text = evidence_text(problem(exchanges=asked))
    commands = text.partition("ask again")[2]
    assert "curl" in commands
    assert "http://" not in commands
    assert "alice:secret" not in commands


def test_a_time_in_another_zone_is_told_in_utc() -> None:
    made = problem()
    there = b.NOW.astimezone(timezone(timedelta(hours=5)))
    first = made.diagnoses[0]
    moved = replace(first, cause=replace(first.cause, proofs=tuple(replace(p, at=there) for p in first.cause.proofs)))
    assert "2026-11-24T12:00:00Z" in evidence_text(replace(made, diagnoses=(moved,)))


# The key.


@pytest.mark.parametrize("opened", [False, True])
@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_y_copies_the_evidence_of_the_problem_in_hand(port: World, tmp_path: Path, size, opened) -> None:
    async with console(settings_for(port, tmp_path), size) as hand:
        await hand.select(PORT)
        if opened:
            await hand.press("enter")
        await hand.press("y")
        await hand.until(lambda: "copied" in hand.said, "copied")
        copied = hand.app.clipboard
        assert copied == evidence_text(hand.board.problems[PORT])
        assert copied.startswith(f"{PORT}  no entry for registry\n")
        assert SECRET not in copied


async def test_y_where_there_is_nothing_says_so(tmp_path: Path) -> None:
    with World((), ()) as quiet:
        async with console(settings_for(quiet, tmp_path)) as hand:
            await hand.scanned()
            await hand.press("y")
            await hand.until(lambda: "there is no problem to copy" in hand.said, "told")
            assert hand.app.clipboard == ""
