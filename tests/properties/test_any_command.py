"""Commands that are printed for copying: `sh` gives the programs the very words, whatever they hold.

A text is made twice, once of plain words and once of wild ones. What the plain one says to a shell, told by Python's
own reading of it, is what the wild one must say with the other words in place.
"""

import json
import re
import shlex
import stat
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from checks.diagnose import diagnose, group
from checks.facts import Exchange, Knows, Trial
from checks.image import ImageRef
from checks.model import Finding, ObjectRef, Owner, Problem, Stage, Subject
from checks.repair.commands import kubectl, of_steps, pod_in_receipt, quoted
from checks.repair.plan import FixPlan
from checks.repair.plans import PLANS
from checks.repair.pods import ReplacePod
from checks.repair.sealed import Sealed
from checks.repair.steps import Step
from checks.repair.writes import CreateObject, DeleteObject, ReplaceObject
from checks.rules import RULES
from tests import builders as b
from tests.properties.conftest import Many
from tests.properties.screen import harmless
from tests.properties.wild import NASTY, wild
from tui.evidence_text import evidence_text
from tui.render import grid, plan_rows, plan_title
from tui.visible import visible

PROGRAMS = (
    "kubectl", "docker", "curl", "cosign", "notation", "openssl", "getent", "install", "crictl", "ctr", "systemctl",
    "jq", "base64", "grep", "cat", "nerdctl", "podman", "skopeo", "helm", "update-ca-certificates",
)  # fmt: skip
_STUB = '#!/bin/sh\nprintf \'%s\\0\' "$#" "${0##*/}" "$@" >> "$RECORD"\n'
# No program can be given a NUL, and a shell's $(...) gives none.
WILD = wild(6).map(lambda text: text.replace("\0", ""))
Said = list[list[bytes]]


@dataclass(frozen=True, slots=True)
class Shell:
    """A real `sh` in which every program only notes how it was called."""

    folder: Path

    def says(self, script: str) -> Said:
        """Run a script; what was called with which words, in order of the words: a pipe's ends start together."""
        record = self.folder / "record"
        record.write_bytes(b"")
        env = {"PATH": str(self.folder / "bin"), "RECORD": str(record), "TOKEN": "t0", "PASSWORD": "p0"}
        done = subprocess.run(
            ["/bin/sh", "-c", script], cwd=self.folder / "cwd", env=env, capture_output=True, timeout=60
        )
        assert done.stderr == b"", done.stderr
        fields = record.read_bytes().split(b"\0")[:-1]
        calls: Said = []
        while fields:
            length = int(fields[0]) + 2
            calls.append(fields[1:length])
            fields = fields[length:]
        return sorted(calls)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("shell")
    (folder / "cwd").mkdir()
    (folder / "cwd" / "login.json").touch()
    (folder / "bin").mkdir()
    for program in PROGRAMS:
        stub = folder / "bin" / program
        stub.write_text(_STUB)
        stub.chmod(stat.S_IRWXU)
    return Shell(folder)


def coded(text: str) -> bytes:
    """A word's bytes: a lone surrogate stands for a byte, or for itself."""
    return b"".join(
        c.encode("utf-8", "surrogateescape" if "\udc80" <= c <= "\udcff" else "surrogatepass") for c in text
    )


def test_any_words_reach_a_command_as_they_were(many: Many[Any], shell: Shell) -> None:
    def check(lists: list[list[str]]) -> None:
        lines = [quoted(PROGRAMS[n], *words) for n, words in enumerate(lists)]
        for line in lines:
            assert len(line.splitlines()) == 1
            assert visible(line) == line
        wanted = [[PROGRAMS[n].encode(), *map(coded, words)] for n, words in enumerate(lists)]
        assert shell.says("\n".join(lines)) == sorted(wanted)

    words = st.sampled_from(NASTY) | WILD
    many(st.lists(st.lists(words, max_size=4), min_size=1, max_size=4), check)


# Whole texts, made of plain words and of wild ones.

Words = Mapping[str, str]


def substituted(word: str, words: Words) -> bytes:
    """A word of the plain text with the wild words in the plain ones' places; inside JSON they are written as JSON."""
    inside = word.startswith(("[{", "{"))
    found = re.split("(q[0-9]+z)", word)
    return b"".join(coded(json.dumps(words[w])[1:-1] if inside and w in words else words.get(w, w)) for w in found)


def calls_in(line: str) -> list[list[str]]:
    """The calls in a line of the plain text, in which nothing but pipes and redirections is a shell's own."""
    if line.partition(" ")[0] not in PROGRAMS:
        return []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>")
    lexer.whitespace_split = True
    calls: list[list[str]] = [[]]
    skip = False
    for token in lexer:
        if token == "|":
            calls.append([])
        elif token in ("<", ">"):
            skip = True
        elif skip:
            skip = False
        else:
            calls[-1].append(token)
    return [call for call in calls if call and call[0] in PROGRAMS]


def compare(shell: Shell, made: Callable[[Words], str], words: Words) -> None:
    """The wild text has the plain one's lines, and its commands say the same in other words."""
    plain, text = made({name: name for name in words}).split("\n"), visible(made(words), keep_newlines=True).split("\n")
    assert len(text) == len(plain)
    commands = [n for n, line in enumerate(plain) if calls_in(line)] if plain else []
    wanted = [[substituted(w, words) for w in call] for n in commands for call in calls_in(plain[n])]
    assert shell.says("\n".join(text[n] for n in commands)) == sorted(wanted)
    # Pasted as a whole, comments and all, a text of nothing but commands calls nothing else.
    if all(line.startswith(("#", "printf ")) or n in commands for n, line in enumerate(plain)):
        coding = [[b"base64", b"-w0"] for line in plain if line.startswith("printf ")]
        assert shell.says("\n".join(text)) == sorted([*wanted, *coding])


def in_order(words: Words) -> list[str]:
    """The words by the number of the plain ones."""
    return [words[f"q{n}z"] for n in range(len(words))]


def drawn(names: Sequence[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Words]:
    """Wild words by their plain names; each begins with its plain name, so that none stands for another."""
    return st.fixed_dictionaries({f"q{n}z": values.map(f"q{n}{{}}".format) for n in range(len(names))})


class Bench:
    """What advice asks of a bench: a context, no owner that could be read, and no login for Harbor's management."""

    read_only = True

    def __init__(self, context: str) -> None:
        self.context = context

    def read(self, ref: ObjectRef) -> None:
        """Nothing is there."""

    def harbor(self, host: str) -> None:
        """Nobody gave a login for it."""


FIELDS = ("context", "namespace", "pod", "container", "node", "written", "host", "project", "rest", "tag", "user",
          "right", "near", "offered", "realm", "detail", "platform", "owner", "subject", "ran", "revision")  # fmt: skip
CODES = ("HD000", *(rule.code for rule in RULES))


def advised(code: str, words: Words) -> FixPlan:
    """The advice for a problem of this code that consists of these words."""
    at = dict(zip(FIELDS, in_order(words), strict=True))
    image = ImageRef(at["written"], at["host"], f"{at['project']}/{at['rest']}", at["tag"], "")
    fields = {
        "namespace": at["namespace"], "pod": at["pod"], "container": at["container"], "node": at["node"],
        "owner": Owner("Deployment", at["owner"]),
    }  # fmt: skip
    found = diagnose(b.evidence(text="", fields=fields))
    pull = replace(found.pull, image=at["written"])
    params = {name: at[name] for name in ("user", "right", "near", "offered", "realm", "detail", "ran", "revision")}
    cause = Finding(code, Subject("Secret", at["namespace"], at["subject"]), {**params, "node": at["platform"]})
    one = replace(found, evidence=replace(found.evidence, pull=pull, image=image), cause=cause)
    stage = next((rule.stage for rule in RULES if rule.code == code), Stage.NODE)
    problem = Problem("lab", code, cause.subject, stage, "title", "cause", "sentence", (one,))
    plan = PLANS["advice"](problem, Bench(at["context"]), None)  # type: ignore[arg-type]
    assert isinstance(plan, FixPlan), plan
    return plan


def test_any_advice_holds_no_command_but_ours_and_each_gets_its_words(many: Many[Any], shell: Shell) -> None:
    def check(case: tuple[str, Words]) -> None:
        code, words = case
        plan = advised(code, words)
        harmless(grid([plan_title(plan), *plan_rows(plan)], 7))
        compare(shell, lambda chosen: advised(code, chosen).advice, words)

    # A host ends at its colon; tags are told apart by commas, and blanks at the ends of a path are no matter here.
    values = WILD.map(lambda text: re.sub("[:/,]", "", text))
    many(st.tuples(st.sampled_from(CODES), drawn(FIELDS, values)), check)


STEP_FIELDS = ("context", "namespace", "secret", "key", "account", "listed", "pod", "other", "receipt")


def steps_of(words: Words) -> tuple[str, tuple[Step, ...]]:
    context, namespace, secret, key, account, listed, pod, other, _ = in_order(words)
    ref, sa = ObjectRef("Secret", namespace, secret), ObjectRef("ServiceAccount", namespace, account)
    old, new = Sealed(b.secret(b.entry(key="h"))), Sealed(b.secret(b.entry(key=key)))
    had, has = ({"imagePullSecrets": [{"name": n} for n in names]} for names in (("a",), ("a", listed)))
    deployed = ObjectRef("Deployment", namespace, account)
    template: dict[str, Any] = {"spec": {"template": {"spec": {}}}}
    with_list: dict[str, Any] = {"spec": {"template": {"spec": {"imagePullSecrets": [{"name": listed}]}}}}
    return context, (
        DeleteObject(ref, old),
        CreateObject(ref, new),
        ReplaceObject(ref, old, new),
        ReplaceObject(sa, Sealed(had), Sealed(has)),
        ReplaceObject(deployed, Sealed(template), Sealed(with_list)),
        *(ReplacePod(ObjectRef("Pod", namespace, name), "uid", "ReplicaSet web") for name in (pod, other)),
    )


def test_any_steps_become_commands_that_get_their_words(many: Many[Any], shell: Shell) -> None:
    def made(words: Words) -> str:
        context, steps = steps_of(words)
        _, namespace, *_, pod, _, receipt = in_order(words)
        undo = pod_in_receipt(context, ObjectRef("Secret", namespace, receipt), pod)
        return "\n".join((of_steps(context, steps), undo, kubectl(context, namespace, "get", "pod", pod)))

    # These name files too. What ends in a line break ends a name that no API server takes.
    values = WILD.map(lambda text: text.replace("/", "").rstrip("\n")[:40])
    many(drawn(STEP_FIELDS, values), lambda words: compare(shell, made, words))


def test_any_request_becomes_a_curl_that_gets_its_words(many: Many[Any], shell: Shell) -> None:
    def check(case: list[tuple[str, str, str]]) -> None:
        url = f"https://{b.HOST}/v2/{{}}"
        asked = tuple(Exchange(b.NOW, method, url.format(path), user, 401, 0.1) for method, user, path in case)
        user = b.login("alice", "old")
        trial = Trial(user, Knows.REFUSED, manifest=b.denied(), exchanges=asked)
        found = diagnose(b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized(), trials=[trial],
                                    anonymous=Trial(None, Knows.UNKNOWN, "x")))  # fmt: skip
        (problem,) = group("lab", [found])
        commands = evidence_text(problem).partition("ask again (curl asks for the password)\n")[2]
        wanted = [words_of(one) for one in dict.fromkeys(asked) if ":" not in (one.user or "")]
        wanted.append([b"curl", b"-sS", f"https://{b.HOST}/v2/".encode()])
        assert shell.says(commands) == sorted({tuple(one): one for one in wanted}.values())

    methods = st.sampled_from(["GET", "HEAD"])
    many(st.lists(st.tuples(methods, WILD | st.just("(token)"), WILD), min_size=1, max_size=5), check)


def words_of(asked: Exchange) -> list[bytes]:
    """What curl must be called with."""
    who = ["-H", "Authorization: Bearer t0"] if asked.user == "(token)" else ["-u", asked.user] if asked.user else []
    glob = "g" if re.search(r"[\[\]{}]", asked.url) else ""
    head = ["-I"] if asked.method == "HEAD" else []
    return [coded(word) for word in ("curl", f"-sS{glob}", *head, *who, asked.url)]
