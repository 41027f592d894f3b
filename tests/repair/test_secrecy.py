"""A planted password is in the cluster and in the request, and nowhere else: not in any form."""

import base64
import json
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import pytest

from checks.credentials import Login, Password
from checks.demo.harbor_content import SECRET
from checks.errors import DoctorError, Forbidden
from checks.model import ObjectRef
from checks.repair.apply import apply
from checks.repair.audit import Audit
from checks.repair.gate import as_advice
from checks.repair.plan import FixPlan, Progress
from checks.repair.plans import PLANS
from checks.repair.undo import preview, undo

TYPED = 'Pl@nted/"Secret"+&ü'


def forms(password: str) -> Iterator[str]:
    """Every form in which a password may leak."""
    raw = password.encode()
    yield password
    yield quote(password, safe="")
    yield json.dumps(password)[1:-1]
    for offset in range(3):
        whole = base64.b64encode(b"x" * offset + raw).decode()
        # Without the letters that the neighbours decide.
        yield whole[4 * bool(offset) : len(whole) // 4 * 4 - 4]


def assert_hidden(*texts: str) -> None:
    for text in texts:
        for password in (SECRET, TYPED):
            for form in forms(password):
                assert form not in text, "a password shows"


def files(folder: Path) -> str:
    return "\n".join(p.read_text(errors="replace") for p in folder.rglob("*") if p.is_file())


def shown(plan: FixPlan) -> str:
    return "\n".join(
        [repr(plan), str(plan.lines), *(step.describe() for step in plan.steps), *map(repr, plan.steps), plan.advice]
    )


def quiet(_: Progress) -> None:
    pass


def test_the_forms_are_found_where_they_do_stand() -> None:
    for before in ("", "u", "us"):
        with pytest.raises(AssertionError):
            assert_hidden(base64.b64encode(f"{before}:{SECRET}:".encode()).decode())
    with pytest.raises(AssertionError):
        assert_hidden(json.dumps({"p": TYPED}))


@pytest.mark.parametrize(
    ("name", "code"),
    [("mend_payload", "HD109"), ("mend_payload", "HD104"), ("mend_payload", "HD105"), ("new_login", "HD106")],
)
def test_no_password_shows_in_a_plan_its_advice_progress_outcome_files_or_receipts(
    name: str, code: str, desk: Any
) -> None:
    here = desk(code)
    plan = here.plan(name, code)
    said: list[str] = [shown(plan), shown(as_advice(plan, here.bench, "No."))]
    audit = Audit(here.settings.state_dir, "demo", "me")
    outcome = apply(plan, here, here.journal(), lambda p: said.append(repr(p)), audit)
    receipts = here.journal().all()
    said += [repr(outcome), repr(receipts), repr(preview(receipts, here)), files(here.settings.state_dir)]
    said.append(repr(undo(receipts, here, here.journal(), lambda p: said.append(repr(p)), audit)))
    assert_hidden(*said, files(here.settings.state_dir))


def test_no_password_shows_where_a_typed_login_is_written(desk: Any) -> None:
    here = desk("HD101")
    plan = here.plan("new_login", "HD101", here.typed("robot$pay+pull", TYPED))
    outcome = apply(plan, here, here.journal(), quiet)
    assert outcome.applied
    assert_hidden(shown(plan), repr(outcome), repr(here.journal().all()), files(here.settings.state_dir))


def test_no_password_shows_in_a_refusal_to_undo(desk: Any) -> None:
    here = desk("HD109")
    apply(here.plan("mend_payload", "HD109"), here, here.journal(), quiet)
    other = base64.b64encode(json.dumps({"auths": {"h.io": {"username": "u", "password": TYPED}}}).encode()).decode()
    here.world.objects.edit("secrets", "shop", "harbor-pull", lambda s: s["data"].update({".dockerconfigjson": other}))
    with pytest.raises(DoctorError) as caught:
        preview(here.journal().all(), here)
    assert_hidden(repr(caught.value), "".join(traceback.format_exception(caught.value)))


def with_locals(error: BaseException) -> str:
    """A traceback as a crash screen prints it: with the locals of every frame, and of every error behind it."""
    return "".join(
        line
        for one in chain(error)
        for line in traceback.TracebackException.from_exception(one, capture_locals=True).format()
    )


def beyond_here(error: BaseException) -> TracebackType | None:
    """The frames below the test's own, whose locals hold the planted password on purpose."""
    return error.__traceback__.tb_next if error.__traceback__ else None


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("failure", [Forbidden("no"), RuntimeError(SECRET), OSError(5, "disk")])
def test_no_frame_of_a_failed_apply_reaches_a_crash_screen(desk: Any, failure: Exception) -> None:
    here = desk("HD109")
    plan = here.plan("mend_payload", "HD109")

    class Failing:
        read, receipts, create, delete = here.read, here.receipts, here.create, here.delete

        def replace(self, ref: ObjectRef, body: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
            raise failure

    writer, journal = Failing(), here.journal()
    del here
    with pytest.raises(DoctorError) as caught:
        apply(plan, writer, journal, quiet)
    assert_hidden(with_locals(caught.value.with_traceback(beyond_here(caught.value))))


def test_a_proposal_that_fails_inside_says_where_and_quotes_nothing(desk: Any) -> None:
    here = desk("HD109")
    problem = here.problem("HD109")

    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(SECRET)

    refusal = PLANS["mend_payload"](problem, Broken(), None)  # type: ignore[arg-type]
    assert "RuntimeError in" in repr(refusal)
    assert_hidden(repr(refusal))


def test_the_audit_log_tells_equal_content_by_fingerprint_and_the_key_is_private(tmp_path: Path) -> None:
    audit = Audit(tmp_path, "demo", "me")
    one = {"type": "Opaque", "data": {"a": base64.b64encode(SECRET.encode()).decode()}}
    ref = ObjectRef("Secret", "shop", "s")
    audit.note("recreate-secret", "HD109:shop/s", "replace", ref, one, {**one, "type": "x"}, "written")
    audit.note("undo", "HD109:shop/s", "replace", ref, {**one, "type": "x"}, one, "undone")
    first, second = (json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines())
    assert first["before"] == second["after"] != first["after"] == second["before"]
    assert {p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {0o600}
    assert_hidden(files(tmp_path))
    assert Audit(tmp_path / "elsewhere", "demo").fingerprint("Secret", one) != first["before"]


def test_an_audit_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    audit = Audit(blocked, "demo")
    audit.note("p", "q", "replace", ObjectRef("Secret", "a", "b"), None, None, "written")
    assert "cannot be written" in audit.trouble


def test_a_login_hides_itself_wherever_a_plan_carries_it() -> None:
    from checks.credentials import Origin, OriginKind
    from checks.repair.payload import new_secret
    from checks.repair.sealed import Sealed

    login = Login("u", Password(TYPED), Origin(OriginKind.FORM, "form"))
    assert_hidden(repr(Sealed(new_secret("n", "s", "h.io", login))), repr(login))
    with pytest.raises(TypeError):
        __import__("pickle").dumps(Sealed({}))
