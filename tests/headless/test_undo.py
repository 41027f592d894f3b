"""`harbor-doctor undo` as its own process: what it puts back, what it leaves alone, and what receipts it trusts."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.headless.ground import Ground, as_json
from tests.headless.tool import Tool

PORT = ("fix", "HD106:crm/harbor-8443", "-n", "crm", "--wait", "0", "-o", "json")
PAGE = ("fix", "HD106:web/harbor-ui", "-n", "web", "--wait", "0", "-o", "json")
ATTACH = ("fix", "HD101:pay/default", "-n", "pay", "--wait", "0", "-o", "json", "--yes")
TYPE = ("fix", "HD104:infra/registry-login", "-n", "infra", "--wait", "0", "-o", "json", "--yes")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with Ground(tmp_path, "HD106", "HD101", "HD104") as made:
        yield made


def mended(tool: Tool, arguments: tuple[str, ...]) -> str:
    """Fix something; the receipt's id."""
    done = tool.run(*arguments)
    assert done.code == 0, done
    return str(done.json["receipt"])


def somebody_adds_a_host(secret: dict[str, Any]) -> None:
    document = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    document["auths"]["quay.io"] = {"auth": base64.b64encode(b"me:Somebody-Elses-Secret").decode()}
    secret["data"][".dockerconfigjson"] = base64.b64encode(json.dumps(document).encode()).decode()


def test_a_dry_run_shows_the_difference_and_writes_nothing(ground: Ground) -> None:
    tool = ground.tool()
    receipt, version = mended(tool, PORT), ground.version()
    done = tool.run("undo", "--dry-run")
    assert (done.code, done.out, ground.version()) == (0, "", version)
    assert done.lines == [
        "~ Secret crm/harbor-8443",
        "~   .dockerconfigjson",
        "-     harbor.demo.test  user name robot$crm+pull  password ••••••",
        "=     harbor.demo.test:8443",
    ]
    assert tool.run("undo", receipt, "--dry-run").code == 0


def test_an_undo_asks_first(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    version = ground.version()
    done = tool.run("undo")
    assert (done.code, ground.version()) == (5, version)
    assert done.last == "asked first and nobody answered: add --yes to put this back"


def test_read_only_puts_nothing_back(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    version = ground.version()
    done = tool.run("undo", "--yes", "--read-only")
    assert (done.code, done.out, ground.version()) == (5, "", version)
    assert "read-only" in done.last


def test_a_secret_that_somebody_changed_since_is_left_alone_and_the_difference_is_shown(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    ground.edit(somebody_adds_a_host, "crm", "harbor-8443")
    version = ground.version()
    done = tool.run("undo", "--yes")
    assert (done.code, done.out, ground.version()) == (5, "", version)
    assert done.last.startswith("Secret crm/harbor-8443 was changed after the repair and is left alone: ")
    assert "+     quay.io" in done.last or "+ quay.io" in done.last
    assert "Somebody-Elses-Secret" not in done.err


def test_a_secret_with_a_new_annotation_is_left_alone_too(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    ground.edit(lambda secret: secret["metadata"].update(annotations={"seen": "yes"}), "crm", "harbor-8443")
    version = ground.version()
    done = tool.run("undo", "--yes")
    assert (done.code, ground.version()) == (5, version)
    assert "seen" in done.last


def test_a_deleted_secret_is_not_made_again(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    ground.world.objects.delete("secrets", "crm", "harbor-8443")
    version = ground.version()
    done = tool.run("undo", "--yes")
    assert (done.code, ground.version()) == (5, version)
    assert "Secret crm/harbor-8443 was changed after the repair" in done.last


def test_a_secret_made_anew_for_its_type_comes_back_with_its_old_type(ground: Ground) -> None:
    tool = ground.tool()
    before = ground.declared()
    mended(tool, TYPE)
    assert ground.secret("infra", "registry-login")["type"] == "kubernetes.io/dockerconfigjson"
    done = tool.run("undo", "--yes")
    assert done.code == 0
    key = "secrets infra/registry-login"
    back, was = ground.declared()[key], before[key]
    for one in (back, was):
        one["metadata"] = {k: v for k, v in one["metadata"].items() if k not in ("uid", "creationTimestamp")}
    assert as_json(back) == as_json(was)


def test_pods_that_were_replaced_stay_replaced_and_that_is_said(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, ATTACH)
    done = tool.run("undo", "--yes")
    assert done.code == 0
    assert done.out.strip() == "Undone: ServiceAccount pay/default. 4 replaced pods stay replaced."
    account = ground.world.objects.get("serviceaccounts", "pay", "default")
    assert not account.get("imagePullSecrets")


def test_the_newest_repair_is_undone_unless_one_is_named(ground: Ground) -> None:
    tool = ground.tool()
    first, second = mended(tool, PORT), mended(tool, PAGE)
    listed = tool.run("undo", "--list", "-o", "json").json["receipts"]
    assert {r["id"] for r in listed} == {first, second}
    assert tool.run("undo", first, "--yes").out.strip() == "Undone: Secret crm/harbor-8443."
    assert tool.run("undo", "--yes").out.strip() == "Undone: Secret web/harbor-ui."
    assert ground.receipts() == []


def test_a_table_of_what_can_be_undone(ground: Ground) -> None:
    tool = ground.tool()
    receipt = mended(tool, PORT)
    done = tool.run("undo", "--list")
    assert done.code == 0
    assert done.out.startswith(f"{receipt}  20")
    assert "  crm  Write Secret crm/harbor-8443 with the login" in done.out


def test_nothing_to_list_is_no_error(ground: Ground) -> None:
    done = ground.tool().run("undo", "--list")
    assert (done.code, done.out, done.lines) == (0, "", ["there is nothing to undo"])


def test_prune_removes_receipts_and_nothing_else(ground: Ground) -> None:
    tool = ground.tool()
    mended(tool, PORT)
    receipt, mending = mended(tool, PAGE), ground.declared()
    assert tool.run("undo", receipt, "--prune").last == "1 receipt removed"
    assert tool.run("undo", "--prune").last == "1 receipt removed"
    assert tool.run("undo", "--prune").last == "0 receipts removed"
    assert ground.receipts() == []
    assert as_json(ground.declared()) == as_json(mending)
    assert tool.run("undo", "--yes").code == 2


def test_a_receipt_that_is_not_there_ends_with_2(ground: Ground) -> None:
    done = ground.tool().run("undo", "20260101-000000-abcdef", "--yes")
    assert (done.code, done.out) == (2, "")
    assert done.last == "there is no receipt 20260101-000000-abcdef: it was undone, pruned or never made"


# ── receipts that others wrote or broke ──────────────────────────────────────────────────────────────────────────


def forge(ground: Ground, receipt: str, change: Any) -> None:
    def edit(secret: dict[str, Any]) -> None:
        document = json.loads(base64.b64decode(secret["data"]["receipt.json"]))
        text = change(document)
        secret["data"]["receipt.json"] = base64.b64encode((text or json.dumps(document)).encode()).decode()

    ground.edit(edit, "crm", f"harbor-doctor-undo-{receipt}")


def _other_kind(document: dict[str, Any]) -> None:
    document["steps"][0] |= {"kind": "ClusterRoleBinding", "name": "admin"}


def _other_place(document: dict[str, Any]) -> None:
    document["namespace"] = "kube-system"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_other_kind, "names a ClusterRoleBinding, which no repair of ours touches"),
        (_other_place, "speaks of another namespace; it is not ours"),
        (lambda _: "{", "is damaged or not ours"),
    ],
)
def test_a_forged_or_damaged_receipt_is_not_followed(ground: Ground, change: Any, why: str) -> None:
    tool = ground.tool()
    receipt = mended(tool, PORT)
    forge(ground, receipt, change)
    version = ground.version()
    done = tool.run("undo", receipt, "--yes")
    assert (done.code, done.out, ground.version()) == (2, "", version)
    assert why in done.last


def test_a_damaged_receipt_is_told_when_receipts_are_listed(ground: Ground) -> None:
    tool = ground.tool()
    forge(ground, mended(tool, PORT), lambda _: "{")
    done = tool.run("undo", "--list")
    assert (done.code, done.out) == (0, "")
    assert any("is damaged or not ours" in line for line in done.lines)


# ── somebody else takes it back ──────────────────────────────────────────────────────────────────────────────────


def test_another_person_on_another_machine_can_take_a_repair_back(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD502", "HD109", workloads=1) as ground:
        before = ground.declared()
        done = ground.tool("developer", namespace="shop").run("fix", "HD109", "-n", "shop", "--wait", "0", "-o", "json")
        assert done.code == 0, done
        other = ground.tool("admin", home="elsewhere")
        assert other.run("undo", done.json["receipt"], "--yes").code == 0
        assert as_json(ground.declared(receipts=True)) == as_json(before)


def test_a_repair_made_where_receipts_may_not_be_listed_is_found_by_the_local_index(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD109", workloads=1) as ground:
        before = ground.declared()
        tool = ground.tool("developer", namespace="shop")
        assert tool.run("fix", "HD109", "-n", "shop", "--wait", "0").code == 0
        assert tool.run("undo", "--yes").code == 0, "the Secrets of all namespaces may not be listed"
        assert as_json(ground.declared(receipts=True)) == as_json(before)


def test_whoever_may_not_read_the_receipt_is_told_that_there_is_none(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106") as ground:
        receipt = mended(ground.tool(), PORT)
        done = ground.tool("reader", home="elsewhere").run("undo", receipt, "--yes")
        assert done.code in (2, 3)
        assert len(done.lines) == 1
        assert len(ground.receipts()) == 1
