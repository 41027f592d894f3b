"""An identity token of the user's own docker config pulls by itself, and never becomes a pull Secret's password."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.clients.prober import Prober
from checks.image import parse
from checks.model import ObjectRef
from checks.repair.plan import Refusal
from checks.repair.plans import PLANS
from checks.repair.sources import best
from checks.workbench import Workbench
from tests.clients.products import PRIVATE, PRODUCTS, serving

HOST = "token.demo.test"
SECRET = ObjectRef("Secret", "shop", "harbor-pull")
NULL_GUID = "00000000-0000-0000-0000-000000000000"


def docker_config(folder: Path, host: str, token: str) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": {host: {"identitytoken": token}}}))
    return path


@pytest.mark.parametrize(("token", "methods", "tried"), [
    ("good", ("GET", "POST"), " which pulls them,"),
    ("stale", ("GET", "POST"), f" which {HOST} refuses,"),
    ("good", ("GET",), ""),
])  # fmt: skip
def test_the_reason_says_what_the_token_itself_is_worth(
    desk: Callable[..., Any], tmp_path: Path, token: str, methods: tuple[str, ...], tried: str
) -> None:
    here = desk("HD109", docker_config=docker_config(tmp_path, HOST, token))
    service = here.world.registries.tokens
    service.methods, service.identities = methods, {"good": "ann"}
    service.add_user("ann", "right")
    service.push_image("team/app", "1.0")
    assert best(SECRET, [parse(f"{HOST}/team/app:1.0")], here.bench) == (
        "no other Secret here has a login that pulls these images, and your own for token.demo.test is an identity "
        f"token,{tried} and a pull Secret needs a user name and a password"
    )


def test_no_plan_is_made_of_an_identity_token_and_nothing_shows_it(desk: Callable[..., Any], tmp_path: Path) -> None:
    here = desk("HD107", docker_config=docker_config(tmp_path, "harbor.demo.test", "s3cret-identity"))
    offered = PLANS["new_login"](here.problem("HD107"), here.bench, None)
    assert isinstance(offered, Refusal)
    assert "identity token" in offered.why
    assert "s3cret" not in repr(offered)


def test_at_azure_the_reason_names_what_has_a_password_that_lasts(desk: Callable[..., Any], tmp_path: Path) -> None:
    """Azure takes an identity token as the password of a null GUID for a while, and that is not done unasked."""
    here = desk("HD109")
    with serving(next(product for product in PRODUCTS if product.name == "ACR")) as azure:
        host = azure.product.image
        config = docker_config(tmp_path, host, azure.door.identity.reveal())
        chosen = replace(here.settings, docker_config=config, resolve=azure.resolve, registry_ca=azure.ca)
        why = best(SECRET, [parse(f"{host}/{PRIVATE}:1.0")], Workbench(chosen, here.cluster, Prober(chosen)))
    assert isinstance(why, str)
    assert ", which pulls them, and a pull Secret needs a user name and a password: a service principal or" in why
    assert {form["grant_type"] for form in azure.door.forms} == {"refresh_token"}
    assert not any(entry.user == NULL_GUID for entry in azure.log.entries)
