"""The kubelet's own answers and Go's own, case by case.

keyring.jsonl: what kubelet 1.34.4 answered for 398 images and Secrets. go_answers.jsonl: what Go 1.24.12 (net/url,
encoding/json, encoding/base64) and distribution/reference v0.6.0 answered for made-up keys, payloads and images; for
images the tag `latest` is added as the kubelet adds it.
"""

import base64
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from checks.answers import KeyringAnswer
from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Origin, OriginKind, PullSecret
from checks.dockerconfig import read_secret
from checks.dockerpayload import PayloadError, decode
from checks.image import ImageNameError, parse
from checks.keyring import answer
from checks.registrykey import matches, read_key, target

CORPUS = Path(__file__).parent.parent / "corpus"
BARS = {"random_mix": 1.0, "json_syntax": 1.0, "json_case": 1.0, "json_dup_keys": 1.0, "json_values": 1.0}
"""Lowest share of exact answers per category; every other category must be exact."""


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / name).read_text("utf-8").splitlines()]


def by_category(name: str, field: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(name):
        groups[row[field]].append(row)
    return groups


KUBELET, GO = by_category("keyring.jsonl", "category"), by_category("go_answers.jsonl", "op")


def test_the_corpora_are_all_there() -> None:
    assert sum(map(len, KUBELET.values())) == 398
    assert len(KUBELET) == 19
    assert sum(map(len, GO.values())) > 900


@pytest.mark.parametrize("category", sorted(KUBELET))
def test_the_answers_are_those_of_the_kubelet(category: str, figures: dict[str, tuple[int, int]]) -> None:
    cases = KUBELET[category]
    wrong = {case["id"]: difference for case in cases if (difference := differences(case))}
    figures[category] = (len(cases) - len(wrong), len(cases))
    assert len(wrong) <= len(cases) * (1 - BARS.get(category, 1.0)), wrong


def differences(case: dict[str, Any]) -> list[str]:
    expect, read = case["expect"], [read_secret(as_manifest(secret)) for secret in case["secrets"]]
    found = [*image_differences(case["image"], expect), *index_differences(read, expect)]
    try:
        image = parse(case["image"])
    except ImageNameError:
        return found + (["credentials without an image"] if expect["credentials"] else [])
    return found + answer_differences(answer(image, read), case)


def as_manifest(secret: dict[str, Any]) -> dict[str, Any]:
    meta = {name: secret[name] for name in ("name", "namespace", "uid")}
    return {"metadata": meta, "type": secret["type"], "data": secret["data"]}


def image_differences(image: str, expect: dict[str, Any]) -> list[str]:
    try:
        ref = parse(image)
        got = {"image_error": None, "lookup_name": ref.name, "tag": ref.tag, "digest": ref.digest}
    except ImageNameError as error:
        got = {"image_error": str(error)}
    return [] if got == {field: expect[field] for field in got} else [f"image: {got}"]


def index_differences(secrets: list[PullSecret], expect: dict[str, Any]) -> list[str]:
    faults: list[tuple[Any, ...]] = [(s.fault.text, s.fault.kind, at) for at, s in enumerate(secrets) if s.fault]
    wanted = tuple(expect[f"keyring_error{suffix}"] for suffix in ("", "_kind", "_secret"))
    if (faults or [(None, None, None)])[0] != wanted:
        return [f"fault: {faults}"]
    if faults:
        return []
    keys = [(at, entry.key, read_key(entry.key)) for at, s in enumerate(secrets) for entry in s.entries]
    index = sorted({key.index for _, _, key in keys if key}, reverse=True)
    dropped = sorted((at, written) for at, written, key in keys if key is None)
    texts = expect.get("index_b64")
    right = [base64.b64decode(t) for t in texts] if texts else [t.encode() for t in expect["index"]]
    ignored = sorted((row["secret"], row["key"]) for row in expect["ignored_keys"])
    return [] if (index, dropped) == (right, ignored) else [f"index: {index}, dropped: {dropped}"]


def answer_differences(got: KeyringAnswer, case: dict[str, Any]) -> list[str]:
    expect, found = case["expect"], []
    groups = [attempt.group for attempt in got.attempts]
    if groups != sorted(groups):
        found.append(f"groups out of order: {groups}")
    tried = [
        (a.group, exact(a.login.username), exact(a.login.password.reveal()), a.secret, a.key) for a in got.attempts
    ]
    names = [secret["name"] for secret in case["secrets"]]
    wanted = [
        (c["group"], plain(c, "username"), plain(c, "password"), names[c["secret_index"]], c["key"])
        for c in expect["credentials"]
    ]
    if sorted(tried) != sorted(wanted):
        found.append(f"tried: {tried}")
    if (got.error.text if got.error else None) != expect["keyring_error"]:
        found.append(f"error: {got.error}")
    serving = sorted(v.key for v in got.entries if v.serves)
    if serving != sorted(c["key"] for c in expect["credentials"]):
        found.append(f"verdicts: {serving}")
    return found


def exact(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def plain(credential: dict[str, Any], field: str) -> bytes:
    packed = credential.get(f"{field}_b64")
    return base64.b64decode(packed) if packed else str(credential[field]).encode()


@pytest.mark.parametrize("operation", sorted(GO))
def test_the_answers_are_those_of_go(operation: str, figures: dict[str, tuple[int, int]]) -> None:
    cases = GO[operation]
    answers = [(case, ours(operation, *map(base64.b64decode, (case["a"], case.get("b", ""))))) for case in cases]
    wrong = [(base64.b64decode(case["a"]), got, case["go"]) for case, got in answers if got != case["go"]]
    figures[f"go: {operation}"] = (len(cases) - len(wrong), len(cases))
    assert not wrong


def ours(operation: str, first: bytes, second: bytes) -> dict[str, Any]:
    if operation == "image":
        return our_image(first.decode())
    if operation == "match":
        return our_match(first.decode(), second.decode())
    return our_payload(first, DOCKER_CONFIG_JSON if operation == "modern" else DOCKER_CFG)


def our_image(image: str) -> dict[str, Any]:
    try:
        ref = parse(image)
    except ImageNameError as error:
        return {"err": str(error)}
    return {"name": ref.name, "tag": ref.tag, "digest": ref.digest}


def our_match(written: str, image: str) -> dict[str, Any]:
    key, wanted = read_key(written), target(image)
    if key is None:
        return {"dropped": True}
    return {"index": packed(key.index), "match": bool(wanted and matches(key, wanted))}


def our_payload(payload: bytes, secret_type: str) -> dict[str, Any]:
    try:
        entries = decode(payload, secret_type, Origin(OriginKind.SECRET, "finance/pull"))
    except PayloadError as error:
        syntax = {"syntax": True} if error.fault.kind in ("json_syntax", "json_depth") else {}
        return {"err": error.fault.text} | syntax
    fields = [(e.key, e.login.username, e.login.password.reveal(), e.email) for e in entries]
    return {"rows": [[packed(exact(text)) for text in row] for row in sorted(fields)]}


def packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
