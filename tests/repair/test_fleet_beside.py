"""A repair of many namespaces writes some of them at the same time; what is not under way when one breaks waits."""

import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from checks.credentials import Login
from checks.doctor import Doctor
from checks.errors import DoctorError, Forbidden, Unreachable
from checks.model import ObjectRef
from checks.repair.course import Course, stops, waves
from checks.repair.plan import FixPlan, Progress
from checks.repair.steps import Step, Unmade, Verb
from tests.headless.between import Between, Fault, Seen, Trap, wait_for
from tests.repair.harbors import House, quiet, undone
from tests.repair.test_fleet import FLEET, NAME, SPACES, known, offered, users

AT_ONCE = 4
OLD = "robot$platform+fleet"


def writes_a_login(seen: Seen) -> bool:
    return seen.writes and seen.path.endswith(f"/secrets/{NAME}")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, FLEET)
    yield made
    made.close()


@pytest.fixture
def between(house: House) -> Iterator[Between]:
    with Between(house.world) as made:
        yield made


def planned(house: House, between: Between) -> tuple[Doctor, FixPlan, Login]:
    login = known(house)
    through = between.kubeconfig(house.world.kubeconfig(house.folder / "config-through"))
    doctor = house.doctor(user="", through=through)
    plan = offered(doctor, login)
    assert isinstance(plan, FixPlan), plan
    between.clear()
    return doctor, plan, login


def _opens_after(cut: Trap, gate: threading.Event) -> None:
    assert cut.over.wait(30)
    time.sleep(0.5)
    gate.set()


def test_four_namespaces_are_under_way_at_the_same_time_and_never_more(house: House, between: Between) -> None:
    doctor, plan, login = planned(house, between)
    gate = threading.Event()
    trap = between.trap(writes_a_login, Fault("slow", gate=gate), times=len(SPACES))
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(doctor.apply, plan, quiet)
        try:
            wait_for(lambda: trap.count >= AT_ONCE)
            time.sleep(0.3)
            assert trap.count == AT_ONCE
        finally:
            gate.set()
        assert applied.result().applied
    assert users(house) == dict.fromkeys(SPACES, login.username)


def test_steps_of_one_namespace_are_written_in_turn(house: House, between: Between) -> None:
    doctor, plan, _ = planned(house, between)
    assert doctor.apply(plan, quiet).applied
    for space in SPACES:
        seen = [s for s in between.writes() if f"/namespaces/{space}/" in s.path]
        words = [f"{s.method} receipt" if s.receipt else f"{s.method} login" for s in seen]
        assert words == ["POST receipt", "PUT login", "PUT receipt", "PUT receipt"]


def test_when_the_server_goes_in_the_middle_what_is_under_way_ends_and_nothing_else_begins(
    house: House, between: Between
) -> None:
    doctor, plan, login = planned(house, between)
    cut = between.trap(writes_a_login, Fault("cut"), number=2)
    gate = threading.Event()
    between.trap(lambda seen: writes_a_login(seen) and cut.sprung.is_set(), Fault("slow", gate=gate), times=len(SPACES))
    threading.Thread(target=_opens_after, args=(cut, gate), daemon=True).start()
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "cut the connection" in outcome.sentence
    begun = sum(map(writes_a_login, between.seen))
    assert 2 <= begun <= AT_ONCE + 1
    mended = [space for space, user in users(house).items() if user == login.username]
    assert len(mended) == begun - 1
    assert undone(house.doctor(home="elsewhere")).applied
    assert users(house) == dict.fromkeys(SPACES, OLD)


def test_progress_is_told_by_one_thread_at_a_time_and_counts_up(house: House, between: Between) -> None:
    doctor, plan, _ = planned(house, between)
    inside, counts = threading.Lock(), []

    def told(progress: Progress) -> None:
        assert inside.acquire(blocking=False), "two threads tell at the same time"
        time.sleep(0.005)
        counts.append(progress.done)
        inside.release()

    assert doctor.apply(plan, told).applied
    assert counts == sorted(counts)
    assert counts[-1] == len(SPACES)


def test_ctrl_c_lets_what_is_under_way_end_and_undo_takes_it_back(house: House, between: Between) -> None:
    doctor, plan, login = planned(house, between)

    def interrupted(progress: Progress) -> None:
        if progress.phase == "applying" and progress.done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        doctor.apply(plan, interrupted)
    mended = [space for space, user in users(house).items() if user == login.username]
    assert 2 <= len(mended) < len(SPACES)
    assert undone(house.doctor(home="elsewhere")).applied
    assert users(house) == dict.fromkeys(SPACES, OLD)


def test_a_fault_of_ours_in_one_namespace_stops_the_others_quotes_nothing_and_is_undone(
    house: House, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctor, plan, login = planned(house, between)
    real = Course._step

    def step(self: Course, step: Step) -> None:
        if step.target.namespace == SPACES[1]:
            raise RuntimeError(f"inside {step.after and step.after.body()}")
        real(self, step)

    monkeypatch.setattr(Course, "_step", step)
    with pytest.raises(DoctorError) as raised:
        doctor.apply(plan, quiet)
    said = "".join(traceback.format_exception(raised.value))
    assert "RuntimeError" in said
    assert login.password.reveal() not in said
    assert "auths" not in said
    mended = [space for space, user in users(house).items() if user == login.username]
    assert SPACES[1] not in mended
    assert len(mended) < AT_ONCE, "only what was under way beside it"
    assert undone(house.doctor(home="elsewhere")).applied
    assert users(house) == dict.fromkeys(SPACES, OLD)


@dataclass(frozen=True)
class Wrote:
    """As much of a step as its place in the course rests on."""

    target: ObjectRef
    verb: Verb


def _wrote(kind: str, namespace: str, verb: Verb) -> Step:
    return cast(Step, Wrote(ObjectRef(kind, namespace, "x"), verb))


def test_what_is_made_in_harbor_comes_before_the_namespaces_each_of_which_keeps_its_order() -> None:
    plan = [
        _wrote("Robot", "harbor", Verb.CREATE), _wrote("Secret", "a", Verb.DELETE), _wrote("Secret", "b", Verb.REPLACE),
        _wrote("Secret", "a", Verb.CREATE), _wrote("Pod", "b", Verb.REPLACE_POD), _wrote("Pod", "a", Verb.REPLACE_POD),
    ]  # fmt: skip
    assert list(waves(plan)) == [((0,),), ((1, 3, 5), (2, 4))]


@pytest.mark.parametrize(("failed", "error", "later", "stops_it"), [
    (("Secret", "a", Verb.CREATE), Forbidden("no"), ("Secret", "b", Verb.CREATE), False),
    (("Secret", "a", Verb.CREATE), Forbidden("no"), ("Pod", "a", Verb.REPLACE_POD), True),
    (("Secret", "a", Verb.CREATE), Unreachable("gone"), ("Secret", "b", Verb.CREATE), True),
    (("Pod", "a", Verb.REPLACE_POD), Forbidden("no"), ("Pod", "a", Verb.REPLACE_POD), False),
    (("Pod", "a", Verb.REPLACE_POD), Forbidden("no"), ("Secret", "b", Verb.CREATE), False),
    (("Pod", "a", Verb.REPLACE_POD), Unmade("lost"), ("Secret", "b", Verb.CREATE), False),
    (("Pod", "a", Verb.REPLACE_POD), Unreachable("gone"), ("Secret", "b", Verb.CREATE), True),
    (("Pod", "a", Verb.REPLACE_POD), Unreachable("gone"), ("Pod", "b", Verb.REPLACE_POD), False),
    (("Robot", "harbor", Verb.CREATE), Forbidden("no"), ("Secret", "b", Verb.CREATE), True),
])  # fmt: skip
def test_what_must_not_go_on_after_a_failure(failed, error, later, stops_it) -> None:
    assert stops(_wrote(*failed), error, _wrote(*later)) is stops_it
