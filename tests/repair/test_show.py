"""What a person sees of a change: differences plain, passwords never."""

import base64
import json
from typing import Any

from checks.model import ObjectRef
from checks.repair.show import difference

SECRET = ObjectRef("Secret", "shop", "harbor-pull")


def secret(auths: dict[str, Any], **more: Any) -> dict[str, Any]:
    text = base64.b64encode(json.dumps({"auths": auths}).encode()).decode()
    return {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": text}, **more}


def entry(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_line_break_at_the_end_of_a_password_is_seen_and_the_password_is_not() -> None:
    lines = difference(SECRET, secret({"h.io": entry("u", "geheim\n")}), secret({"h.io": entry("u", "geheim")}))
    assert ("~", "    h.io  password  ••••••⏎ → ••••••") in lines
    assert "geheim" not in str(lines)


def test_blanks_at_both_ends_are_seen() -> None:
    lines = difference(SECRET, secret({"h.io": entry("u", " \tpw\r\n")}), secret({"h.io": entry("u", "pw")}))
    assert ("~", "    h.io  password  ␣⇥••••••␍⏎ → ••••••") in lines


def test_another_password_is_told_apart_though_both_show_as_dots() -> None:
    lines = difference(SECRET, secret({"h.io": entry("u", "one")}), secret({"h.io": entry("u", "two")}))
    assert ("~", "    h.io  password  •••••• → ••••••  (another)") in lines


def test_the_length_of_a_password_does_not_show() -> None:
    long = difference(SECRET, None, secret({"h.io": entry("u", "x" * 90)}))
    assert long == difference(SECRET, None, secret({"h.io": entry("u", "x")}))


def test_entries_that_stay_are_named_as_staying() -> None:
    other = {"o.io": entry("a", "b")}
    lines = difference(SECRET, secret(other), secret({**other, "h.io": entry("u", "p")}))
    assert ("=", "    o.io") in lines
    assert ("+", "    h.io  user name u  password ••••••") in lines


def test_a_password_in_the_user_part_of_a_key_is_not_shown() -> None:
    lines = difference(SECRET, None, secret({"https://me:geheim@h.io/v1/": entry("u", "p")}))
    assert "geheim" not in str(lines)
    assert any("https://…@h.io/v1/" in text for _, text in lines)


def test_values_of_annotations_are_not_shown() -> None:
    before = secret({}, metadata={"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "geheim"}})
    lines = difference(SECRET, before, secret({}))
    assert ("-", "  annotation kubectl.kubernetes.io/last-applied-configuration") in lines
    assert "geheim" not in str(lines)


def test_a_list_is_shown_whole_on_both_sides() -> None:
    ref = ObjectRef("ServiceAccount", "pay", "default")
    names = [{"name": "registry-a"}]
    lines = difference(ref, {"imagePullSecrets": names}, {"imagePullSecrets": [*names, {"name": "harbor-pull"}]})
    assert lines == (
        ("~", "ServiceAccount pay/default"),
        ("~", "  imagePullSecrets  [registry-a] → [registry-a, harbor-pull]"),
    )


def test_objects_that_differ_in_nothing_declared_show_nothing() -> None:
    one = secret({}, metadata={"uid": "1", "resourceVersion": "5", "managedFields": [{}]})
    two = secret({}, metadata={"uid": "2", "resourceVersion": "9", "labels": {}})
    assert difference(SECRET, one, two) == ()


def test_a_change_of_the_pod_template_beside_the_list_is_told() -> None:
    ref = ObjectRef("Deployment", "shop", "web")
    one = {"spec": {"template": {"spec": {"containers": [{"image": "a"}]}}}}
    two = {"spec": {"template": {"spec": {"containers": [{"image": "b"}]}}}}
    assert ("~", "  pod template") in difference(ref, one, two)
