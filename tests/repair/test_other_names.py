"""Logins that a Secret holds in another form than the one that is sent: mended to it with one key, and taken back."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.credentials import Login, Origin, OriginKind
from checks.demo.harbor_content import SECRET
from checks.demo.world import World
from checks.doctor import Doctor
from checks.model import Problem
from checks.repair.plan import FixPlan, Safety
from checks.settings import Settings
from tests.repair.conftest import chosen, hurried


@pytest.fixture
def world() -> Iterator[World]:
    with hurried(World(chosen("HD108", "HD305"), ())) as made:
        yield made


@pytest.fixture
def doctor(world: World, tmp_path: Path) -> Iterator[Doctor]:
    user, password = world.harbor_login
    made = Doctor(
        Settings(
            kubeconfig=str(world.kubeconfig(tmp_path / "kubeconfig")),
            resolve=dict(world.resolve),
            registry_ca=world.ca_file,
            state_dir=tmp_path / "state",
            harbor_login=Login(user, password, Origin(OriginKind.OPERATOR, "test", "*.demo.test")),
        )
    )
    made.connect()
    yield made
    made.close()


def _problem(doctor: Doctor, code: str) -> Problem:
    *_, scan = doctor.find(threading.Event())
    found = doctor.diagnose(scan, threading.Event()).problems
    return next(problem for problem in found if problem.code == code)


def _logins(world: World, namespace: str, name: str) -> list[tuple[str, str, str]]:
    """User name and password as the fields have them, and `auth` in the clear, of each entry."""
    secret = world.objects.store.get("secrets", namespace, name)
    assert secret is not None
    auths = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"].values()
    return [(e["username"], e["password"], base64.b64decode(e["auth"]).decode()) for e in auths]


@pytest.mark.parametrize(("code", "namespace", "name", "user"), [
    ("HD108", "pay", "rotated-pull", "robot$pay+pull"),
    ("HD305", "web", "site-robot", "bot$portal+pull"),
])  # fmt: skip
def test_one_key_writes_the_login_that_the_registry_takes_and_the_pods_pull(
    world: World, doctor: Doctor, code: str, namespace: str, name: str, user: str
) -> None:
    problem = _problem(doctor, code)
    plan = doctor.offers(problem)[0]
    assert isinstance(plan, FixPlan)
    assert (plan.id, plan.safety) == ("recreate-secret", Safety.ONE_KEY)
    assert plan.proof is not None
    assert plan.proof.proven
    outcome = doctor.apply(plan, lambda _: None)
    outcome = doctor.verify(plan, problem, 40, lambda _: None, threading.Event(), outcome)
    assert outcome.mended, outcome
    assert _logins(world, namespace, name) == [(user, SECRET, f"{user}:{SECRET}")]


def test_a_robots_new_name_is_not_offered_where_its_password_is_not_taken(world: World, doctor: Doctor) -> None:
    world.registries.oidc.rotate_robot("portal+pull", "An0therSecretSinceThen")
    offers = doctor.offers(_problem(doctor, "HD305"))
    assert not [o for o in offers if isinstance(o, FixPlan) and o.id == "recreate-secret"]
