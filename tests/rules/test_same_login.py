"""One dead login in several Secrets is one problem, and what is not surely one login stays apart."""

from typing import Any

from checks.diagnose import diagnose, group
from checks.facts import Robot
from checks.model import Diagnosis, Problem, Subject
from tests import builders as b

FLEET = "robot$shop+fleet"


def pulled_with(namespace: str, user: str, password: str, robot: Robot | None = None) -> Diagnosis:
    login = b.login(user, password, where=f"{namespace}/harbor-pull")
    known: dict[str, Any] = {"harbor": {user: b.view(robot)}} if robot else {}
    return diagnose(
        b.evidence(
            b.secret(b.entry(user, password), namespace=namespace),
            text=b.unauthorized(),
            trials=[b.refused(login)],
            fields={"namespace": namespace, "pod_uid": f"uid-{namespace}"},
            **known,
        )
    )


def found(*diagnoses: Diagnosis) -> tuple[Problem, ...]:
    return group("lab", diagnoses)


def test_a_robot_that_expired_is_one_problem_in_all_namespaces_whatever_password_they_hold() -> None:
    robot = b.robot(FLEET, days=-1)
    (problem,) = found(*(pulled_with(space, FLEET, f"of {space}", robot) for space in ("a", "b", "c")))
    assert (problem.code, problem.subject) == ("HD302", Subject("login", "", f"{FLEET}@{b.HOST}"))
    assert problem.id == f"HD302:{FLEET}@{b.HOST}"
    assert "in Secret a/harbor-pull and 2 more" in problem.sentence
    assert {pull.namespace for pull in problem.pulls} == {"a", "b", "c"}


def test_a_robot_in_one_secret_is_a_problem_of_that_secret() -> None:
    (problem,) = found(pulled_with("a", FLEET, "x", b.robot(FLEET, days=-1)))
    assert problem.subject == Subject("Secret", "a", "harbor-pull")


def test_a_refused_login_is_one_problem_where_its_password_is_the_same() -> None:
    (problem,) = found(pulled_with("a", "alice", "old"), pulled_with("b", "alice", "old"))
    assert (problem.code, problem.subject.name) == ("HD301", f"alice@{b.HOST}")


def test_refused_logins_of_one_user_with_two_passwords_stay_apart_by_their_secrets() -> None:
    spaces = {"a": "old", "b": "old", "c": "older", "d": "older"}
    problems = found(*(pulled_with(space, "alice", password) for space, password in spaces.items()))
    assert {str(problem.subject) for problem in problems} == {f"{space}/harbor-pull" for space in spaces}
