"""Who is not blamed, and what is not shown: cases that a review of the verdicts brought up."""

import json
from itertools import permutations

from checks.diagnose import broken, diagnose, group
from checks.facts import Knows, Unknown, Variant
from checks.rules.base import blamed
from tests import builders as b

OTHER, OURS = "robot$other+ci", "robot$shop+pull"


def test_a_sound_robot_of_another_project_is_not_blamed_where_the_projects_own_is_refused(named) -> None:
    first, second = b.login(OTHER, where="shop/other"), b.login(OURS, where="shop/harbor-pull")
    trials = [b.accepted(first, b.denied()), b.refused(second)]
    secrets = (b.secret(b.entry(OTHER), name="other"), b.secret(b.entry(OURS)))
    found = b.evidence(*secrets, trials=trials, text=b.unauthorized())
    named(found, "HD301", "shop/harbor-pull")
    judged = blamed(found)
    assert judged is not None
    assert judged.login == second


def test_a_full_robot_name_that_is_refused_too_leaves_the_verdict_at_the_login(named) -> None:
    short, full = b.login("robot+pull"), b.login(OURS)
    variant = Variant("robot_dollar", short, b.refused(full))
    found = b.evidence(
        b.secret(b.entry("robot+pull")), trials=[b.refused(short)], text=b.unauthorized(), variants=(variant,)
    )
    named(found, "HD301", "shop/harbor-pull")


def test_a_password_inside_a_registry_key_is_shown_nowhere(named) -> None:
    key = f"https://robot:s3cret-Pw@{b.HOST}:8443"
    found = named(b.evidence(b.secret(b.entry(key=key)), text=b.nothing_sent()), "HD106", "shop/harbor-pull")
    shown = json.dumps([found.cause.params, [proof.text for proof in found.cause.proofs]])
    assert "s3cret-Pw" not in shown
    assert f"{b.HOST}:8443" in shown


def test_a_texts_own_cause_is_not_talked_away_where_this_machine_can_pull(named) -> None:
    login = b.login()
    text = b.resolving(b.IMAGE, "lease 4d1c2a77 is held by another writer: busy")
    found = b.evidence(b.secret(b.entry()), trials=[b.accepted(login, b.served(b.AMD64), "pull")], text=text)
    said = named(found, "HD000", "shop/web").cause.params["said"]
    assert "by now" not in said
    assert "from here the image can be pulled" in said


def test_events_that_may_not_be_read_are_named(named) -> None:
    found = b.evidence(b.secret(b.entry()), text="", events=Unknown("no right to read events in shop"))
    assert "events: no right to read events in shop" in named(found, "HD000", "shop/web").unknowns


def test_pulls_from_two_registries_that_lack_a_pull_secret_are_two_problems() -> None:
    mine = diagnose(b.evidence(text=b.nothing_sent()))
    image = "registry.example.net/team/app:1"
    theirs = diagnose(b.evidence(image=image, text=b.nothing_sent(image)))
    problems = group("prod", (mine, theirs))
    assert [p.code for p in problems] == ["HD101", "HD101"]
    assert {p.id for p in problems} == {f"HD101:shop/default@{b.HOST}", "HD101:shop/default@registry.example.net"}
    assert {p.id for p in group("prod", (mine,))} == {"HD101:shop/default"}


def test_a_pull_that_cannot_be_looked_at_is_a_problem_of_its_own_and_says_so() -> None:
    pull = b.evidence(text=b.unauthorized()).pull
    (problem,) = group("prod", (broken(pull, "looking at it failed inside: ValueError"),))
    assert problem.code == "HD000"
    assert problem.pulls == (pull,)
    assert problem.diagnoses[0].crashed == ("looking at it failed inside: ValueError",)


def test_a_locked_user_is_not_called_refused(named) -> None:
    login = b.login("dev1")
    trials = [b.refused(login, knows=Knows.LOCKED)]
    named(b.evidence(b.secret(b.entry("dev1")), trials=trials, text=b.unauthorized()), "HD307", "shop/harbor-pull")


def test_the_verdict_does_not_depend_on_which_pull_was_explained_first() -> None:
    images = [f"{b.HOST}/shop/app{number}:1" for number in range(3)]
    found = [
        diagnose(b.evidence(image=image, text=b.nothing_sent(image), fields={"pod": f"p{n}", "pod_uid": f"u{n}"}))
        for n, image in enumerate(images)
    ]
    seen = {(p.sentence, p.pulls) for order in permutations(found) for p in group("prod", order)}
    assert len(seen) == 1
