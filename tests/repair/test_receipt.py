"""Receipts: written and read back whole, and distrusted."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.errors import Refused
from checks.model import ObjectRef
from checks.repair.receipt import Done, Receipt, decode, encode
from checks.repair.sealed import Sealed
from checks.repair.shelves import KEY, LABEL, PREFIX, Index, InFolder, parse
from checks.repair.steps import Verb

NOW = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)


def receipt(*steps: Done, **more: Any) -> Receipt:
    values: dict[str, Any] = {
        "id": "20261124-140200-abc123", "namespace": "shop", "created": NOW, "title": "t", "problem": "p",
        "context": "c", "steps": steps,
    }  # fmt: skip
    return Receipt(**{**values, **more})


def secret(**more: Any) -> Sealed:
    return Sealed({"metadata": {"name": "s"}, "type": "Opaque", "data": {"a": "Yg=="}, **more})


def account(*names: str, **meta: Any) -> Sealed:
    return Sealed({"metadata": {"name": "a", **meta}, "imagePullSecrets": [{"name": name} for name in names]})


def change(kind: str, before: Sealed | None, after: Sealed | None, verb: Verb = Verb.REPLACE) -> Done:
    return Done(verb, ObjectRef(kind, "shop", "x"), before, after)


def as_secret(text: str, name: str = PREFIX + "20261124-140200-abc123", namespace: str = "shop") -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "labels": {LABEL: "x"}}
    return {"metadata": meta, "data": {KEY: base64.b64encode(text.encode()).decode()}}


def test_a_receipt_is_read_back_as_it_was_written() -> None:
    one = receipt(change("Secret", secret(), secret(data={"a": "Yw=="})), closed=True, who="me")
    assert parse(as_secret(encode(one))) == one


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=5))
def test_any_data_survives_a_receipt(data: dict[str, str]) -> None:
    one = receipt(change("Secret", secret(data=data), None, Verb.DELETE))
    assert decode(encode(one), "shop", "x") == one


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"schema":99}', "[" * 100_000, '{"schema":1,"steps":3}']
)
def test_a_damaged_receipt_gives_one_clear_sentence(text: str) -> None:
    with pytest.raises(
        Refused, match=r"^the receipt shop/harbor-doctor-undo-\S+ cannot be read; it is damaged or not ours$"
    ):
        parse(as_secret(text))


def test_a_receipt_without_its_key_gives_the_same_sentence() -> None:
    with pytest.raises(Refused, match="damaged or not ours"):
        parse({"metadata": {"name": PREFIX + "x", "namespace": "shop"}})


def test_a_receipt_copied_into_another_namespace_is_refused() -> None:
    with pytest.raises(Refused, match="another namespace"):
        parse(as_secret(encode(receipt()), namespace="pay"))


def test_a_receipt_under_another_name_is_refused() -> None:
    with pytest.raises(Refused, match="another name"):
        parse(as_secret(encode(receipt()), name=PREFIX + "other"))


@pytest.mark.parametrize("kind", ["ClusterRoleBinding", "RoleBinding", "ConfigMap", "Job", "PodDisruptionBudget"])
def test_a_forged_receipt_about_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(Refused, match="no repair of ours touches"):
        parse(as_secret(encode(receipt(change(kind, secret(), None, Verb.DELETE)))))


def test_a_forged_receipt_with_a_service_account_token_is_refused() -> None:
    token = secret(type="kubernetes.io/service-account-token")
    with pytest.raises(Refused, match="gives rights in the cluster"):
        parse(as_secret(encode(receipt(change("Secret", token, None, Verb.DELETE)))))


def test_a_forged_receipt_that_gives_a_service_account_a_role_annotation_is_refused() -> None:
    before = account("a", annotations={"eks.amazonaws.com/role-arn": "admin"})
    with pytest.raises(Refused, match="more of ServiceAccount shop/x than its pull secrets"):
        parse(as_secret(encode(receipt(change("ServiceAccount", before, account("a", "b"))))))


def test_a_forged_receipt_that_changes_a_pod_template_is_refused() -> None:
    def deployment(privileged: bool) -> Sealed:
        spec = {"containers": [{"name": "c", "securityContext": {"privileged": privileged}}]}
        return Sealed({"metadata": {"name": "x"}, "spec": {"template": {"spec": spec}}})

    with pytest.raises(Refused, match="more of Deployment shop/x than its pull secrets"):
        parse(as_secret(encode(receipt(change("Deployment", deployment(True), deployment(False))))))


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.DELETE])
@pytest.mark.parametrize("kind", ["ServiceAccount", "Deployment", "ReplicaSet"])
def test_a_forged_receipt_that_makes_or_deletes_a_service_account_or_workload_is_refused(kind: str, verb: Verb) -> None:
    with pytest.raises(Refused, match="makes or deletes"):
        parse(as_secret(encode(receipt(change(kind, account("a"), None, verb)))))


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.DELETE])
def test_a_forged_receipt_that_makes_or_deletes_a_pod_is_refused(verb: Verb) -> None:
    with pytest.raises(Refused, match=f"would {verb.value} Pod shop/x"):
        parse(as_secret(encode(receipt(change("Pod", account("a"), None, verb)))))


def test_a_forged_receipt_that_changes_more_of_a_pod_than_its_image_is_refused() -> None:
    before = Sealed({"metadata": {"name": "x", "labels": {"app": "other"}}})
    with pytest.raises(Refused, match="more of Pod shop/x than its pull secrets and images"):
        parse(as_secret(encode(receipt(change("Pod", before, Sealed({"metadata": {"name": "x"}}))))))


def test_a_receipt_about_pull_secrets_of_a_service_account_is_believed() -> None:
    one = receipt(change("ServiceAccount", account("a"), account("a", "b")))
    assert parse(as_secret(encode(one))) == one


def test_no_part_of_a_receipt_shows_in_its_repr() -> None:
    one = receipt(change("Secret", secret(data={"a": "Z2VoZWlt"}), secret()))
    assert "Z2VoZWlt" not in repr(one)


def test_a_local_receipt_is_private_and_read_back(tmp_path: Path) -> None:
    one = receipt(change("ServiceAccount", account("a"), account("a", "b")), source="local")
    folder = InFolder(tmp_path / "state", "prod/eu")
    folder.put(one)
    (file,) = [p for p in (tmp_path / "state").rglob("*") if p.is_file()]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert list(folder.found()) == [one]
    file.write_text("{")
    assert [str(found) for found in folder.found()] == [
        f"the receipt shop/{file.stem} cannot be read; it is damaged or not ours"
    ]
    folder.remove(one)
    assert list(folder.found()) == []


def test_the_index_holds_names_only(tmp_path: Path) -> None:
    index = Index(tmp_path)
    index.add(receipt(change("Secret", secret(data={"a": "Z2VoZWlt"}), None, Verb.DELETE)))
    text = (tmp_path / "index.json").read_text()
    assert set(json.loads(text)[0]) == {"id", "namespace", "context", "title", "created"}
    assert "Z2VoZWlt" not in text
    assert index.refs("c") == (ObjectRef("Secret", "shop", PREFIX + "20261124-140200-abc123"),)
    assert index.refs("other") == ()
    index.drop(receipt())
    assert index.refs("c") == ()
    (tmp_path / "index.json").write_text("not json")
    assert index.refs("c") == ()
