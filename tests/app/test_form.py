"""The form for a new login: filled with what is known, tested on a key only, written after its plan was shown."""

from pathlib import Path

from textual.widgets import Input

from checks.demo.harbor_content import SECRET
from checks.demo.world import World
from tests.app.console import FORM, Hand, console, login_in, secret_data, settings_for, small_world
from tui.screens.form import FormScreen
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen


def field(hand: Hand, name: str) -> Input:
    return hand.screen.query_one(f"#form-{name}", Input)


async def fill(hand: Hand, user: str, password: str) -> None:
    """Put a login into the fields, the password by keys."""
    field(hand, "username").value = user
    field(hand, "password").value = ""
    field(hand, "password").focus()
    await hand.press(*password)


async def test_s_opens_the_form_where_no_login_is_known_with_what_is_known_filled_in(
    form: World, tmp_path: Path
) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        assert "s new login" in hand.lines[-1]
        await hand.press("s")
        assert isinstance(hand.screen, FormScreen)
        assert field(hand, "server").value == "harbor.demo.test"
        assert field(hand, "username").value == "robot$shop+pull"
        assert field(hand, "password").value == ""
        assert field(hand, "password").has_focus
        assert "Goes into Secret shop/shop-robot" in hand.box
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)


async def test_an_empty_field_is_named_and_nothing_is_asked(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        await hand.press("s")
        for key in ("ctrl+t", "ctrl+s", "enter"):
            hand.screen.query_one("#form-answer").update("")
            await hand.press(key)
            assert isinstance(hand.screen, FormScreen)
            assert "password" in hand.box
            assert "needed" in hand.box
            assert "asking" not in hand.box


async def test_ctrl_t_tells_whether_the_login_pulls_and_a_password_stays_dots(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        await hand.press("s")
        await fill(hand, "robot$pay+pull", SECRET)
        assert SECRET not in hand.text
        assert "•" * 10 in hand.text
        await hand.press("ctrl+t")
        await hand.until(lambda: "✔" in hand.box, "accepted")
        assert "✔ pulls 2 of 2 failing images" in hand.box or "✔ pulls 1 of 1 failing image" in hand.box
        await fill(hand, "robot$pay+pull", "not-this-one")
        await hand.press("ctrl+t")
        await hand.until(lambda: "✖" in hand.box, "refused")
        assert "✖ the registry refuses the login robot$pay+pull" in hand.box
        assert hand.board.repairs == {}


async def test_ctrl_s_shows_the_plan_and_enter_writes_it(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        target = hand.app.doctor.form(hand.board.problems[FORM]).secret
        namespace, _, name = target.partition("/")
        before = secret_data(form, namespace, name)
        await hand.press("s")
        await fill(hand, "robot$pay+pull", SECRET)
        await hand.press("ctrl+s")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the plan")
        assert f"Secret {target}" in hand.box
        assert SECRET not in hand.text
        await hand.press("escape")
        assert isinstance(hand.screen, FormScreen)
        assert secret_data(form, namespace, name) == before
        await hand.press("ctrl+s")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the plan, again")
        await hand.press("enter")
        assert isinstance(hand.screen, MainScreen)
        await hand.mended(FORM)
    assert login_in(form, namespace, name, "harbor.demo.test/pay") == ("robot$pay+pull", SECRET)
    assert login_in(form, namespace, name)[0] == "robot$shop+pull"


async def test_a_refused_login_asks_before_it_is_written(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        namespace, _, name = hand.app.doctor.form(hand.board.problems[FORM]).secret.partition("/")
        before = secret_data(form, namespace, name)
        await hand.press("s")
        await fill(hand, "robot$pay+pull", "not-this-one")
        await hand.press("ctrl+s")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen) or "✖" in hand.box, "an answer")
        assert "refuses" in hand.box
        await hand.press("escape", "escape")
        assert isinstance(hand.screen, MainScreen)
        assert secret_data(form, namespace, name) == before


async def test_the_keys_of_plans_are_letters_in_the_form(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await hand.select(FORM)
        await hand.press("s", *"fsarztq?")
        assert isinstance(hand.screen, FormScreen)
        assert field(hand, "password").value == "fsarztq?"


async def test_the_form_is_not_offered_where_no_login_could_help(tmp_path: Path) -> None:
    with small_world("HD001") as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.until(lambda: hand.board.rows and hand.board.rows[0] in hand.board.offers, "plans")
            await hand.press("s")
            assert isinstance(hand.screen, MainScreen)
            assert "s has no plan for this problem" in hand.said
