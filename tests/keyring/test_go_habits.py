"""JSON, base64 and URLs as Go reads them."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import gojson, gourl
from checks.gotext import Base64Error, decode_base64
from checks.registrykey import matches, read_key, target

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def plain(node: gojson.Node, document: bytes) -> Any:
    """The node's value; scalars by Python's own reader from the bytes that the node claims."""
    if node.kind == "object":
        return {name: plain(value, document) for name, value in node.members}
    if node.kind == "array":
        return [plain(item, document) for item in node.items]
    return node.text if node.kind == "string" else json.loads(document[node.start : node.end])


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_valid_json_is_read_whatever_its_layout(value: Any, ascii_only: bool, indent: int | None) -> None:
    document = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert plain(gojson.read(document), document) == value


@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:\\u0aeE+-.tfn \n\x00', max_size=40).map(str.encode))
def test_any_bytes_are_read_or_refused_in_gos_words(document: bytes) -> None:
    text = ""
    try:
        gojson.read(document)
    except gojson.JsonError as error:
        text = str(error)
    assert text in ("", "unexpected end of JSON input") or text.startswith("invalid character '")


@given(VALUES, st.data())
def test_a_document_cut_off_is_never_read(value: Any, data: st.DataObject) -> None:
    document = json.dumps([value]).encode()
    with pytest.raises(gojson.JsonError):
        gojson.read(document[: data.draw(st.integers(0, len(document) - 1))])


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (b"", "unexpected end of JSON input"),
        (b"\xef\xbb\xbf{}", "invalid character 'ï' looking for beginning of value"),
        (b"{'a'", "invalid character '\\'' looking for beginning of object key string"),
        (b'{"a"x', "invalid character 'x' after object key"),
        (b'{"a":1x', "invalid character 'x' after object key:value pair"),
        (b"[1x", "invalid character 'x' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b'"\n"', "invalid character '\\n' in string literal"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"),
        (b"-a", "invalid character 'a' in numeric literal"),
        (b"1.a", "invalid character 'a' after decimal point in numeric literal"),
        (b"1e+a", "invalid character 'a' in exponent of numeric literal"),
        (b"nul", "invalid character ' ' in literal null (expecting 'l')"),
        (b"01", "invalid character '1' after top-level value"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
    ],
)
def test_faults_are_told_in_gos_words(document: bytes, text: str) -> None:
    with pytest.raises(gojson.JsonError) as caught:
        gojson.read(document)
    assert str(caught.value) == text


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_ten_thousand_levels_are_read_and_one_more_is_refused(opening: bytes) -> None:
    step = opening.count(b"[") + opening.count(b"{")
    closing = opening[::-1].translate(bytes.maketrans(b"[{", b"]}"), b'"a:')
    fits = 10_000 // step
    gojson.read(opening * fits + b"0" + closing * fits)
    with pytest.raises(gojson.JsonError, match="exceeded max depth") as caught:
        gojson.read(opening * fits + opening + b"0" + closing * (fits + 1))
    assert caught.value.too_deep


def test_a_flood_of_brackets_does_no_harm() -> None:
    with pytest.raises(gojson.JsonError, match="exceeded max depth"):
        gojson.read(b"[" * 2_000_000)


@given(st.binary(max_size=20))
def test_each_bad_byte_becomes_one_replacement_character(raw: bytes) -> None:
    clean = bytes(b for b in raw if b >= 0x20 and b not in b'"\\')
    text = gojson.read(b'"' + clean + b'"').text
    good = "".join(c for c in clean.decode("utf-8", "ignore") if c != "\ufffd")
    bad = len(clean) - len(clean.decode("utf-8", "ignore").encode())
    assert text.replace("\ufffd", "") == good
    assert text.count("\ufffd") == bad + clean.decode("utf-8", "ignore").count("\ufffd")


@given(st.lists(st.integers(0, 0xFFFF), max_size=6))
def test_escaped_surrogates_pair_up_or_are_replaced(units: list[int]) -> None:
    text = gojson.read(('"' + "".join(f"\\u{unit:04x}" for unit in units) + '"').encode()).text
    raw = b"".join(unit.to_bytes(2, "little") for unit in units)
    assert text == raw.decode("utf-16-le", "replace")


@pytest.mark.parametrize("name", ["auths", "AUTHS", "authſ", "AUTHſ"])
def test_field_names_fold_by_unicode(name: str) -> None:
    assert gojson.fold(name) == "auths"


@pytest.mark.parametrize("name", ["auths ", "auths\x00", "emaıl", "İ", "a\u0301uths"])
def test_other_look_alikes_do_not_fold(name: str) -> None:
    assert gojson.fold(name) not in ("auths", "email", "i")


@given(st.binary(max_size=40), st.booleans(), st.lists(st.integers(0, 60), max_size=4))
def test_base64_is_read_with_line_breaks_anywhere(raw: bytes, padded: bool, breaks: list[int]) -> None:
    text = base64.b64encode(raw)
    text = text if padded else text.rstrip(b"=")
    for at in breaks:
        text = text[:at] + b"\r\n" + text[at:]
    assert decode_base64(text, padded=padded) == raw


@given(st.binary(min_size=1, max_size=20), st.data())
def test_any_other_byte_in_base64_is_refused_at_its_place(raw: bytes, data: st.DataObject) -> None:
    text = base64.b64encode(raw).rstrip(b"=")
    at = data.draw(st.integers(0, len(text)))
    wrong = data.draw(st.sampled_from([b" ", b"-", b"_", b"\t", b"\xc2"]))
    with pytest.raises(Base64Error) as caught:
        decode_base64(text[:at] + wrong + text[at:], padded=False)
    assert caught.value.offset == at


@pytest.mark.parametrize(
    ("text", "padded", "offset"),
    [(b"dTpw=", True, 4), (b"dTpwcA=", True, 7), (b"dTpwcA", True, 4), (b"dTpwcA==", False, 6), (b"dTpwd", False, 4),
     (b"dTpwcA==x", True, 8), (b"dTpwcA=\n=", True, None), (b"dTpwcB==", True, None), (b"=", True, 0)],
)  # fmt: skip
def test_padding_is_whole_or_absent(text: bytes, padded: bool, offset: int | None) -> None:
    if offset is None:
        assert decode_base64(text, padded=padded) == b"u:pp"
        return
    with pytest.raises(Base64Error, match=f"^illegal base64 data at input byte {offset}$"):
        decode_base64(text, padded=padded)


@given(st.text(max_size=40))
def test_any_key_is_filed_or_dropped(written: str) -> None:
    key = read_key(written)
    if key is not None and key.target is not None:
        assert gourl.parse(key.index).path == key.target.path


@pytest.mark.parametrize(
    ("key", "image", "serves"),
    [
        ("h.x", "h.x/p/a", True),
        ("h.x/p", "h.x/project/a", True),
        ("h.x/p/", "h.x/project/a", False),
        ("h.x/v2/", "h.x/p/a", True),
        ("h.x/v2", "h.x/p/a", False),
        ("h.x/v2/v1/", "h.x/p/a", False),
        ("h.x/%61pp", "h.x/app", True),
        ("h.x/%2561pp", "h.x/app", True),
        ("h.x/%252561pp", "h.x/app", False),
        ("h.x/other%23", "h.x/other/a", True),
        ("h.x/%3Fother", "h.x/a", True),
        ("u:p@h.x?q#f", "h.x/a", True),
        ("h.x:", "h.x/a", True),
        ("h.x:443", "h.x/a", False),
        ("h.x:0443", "h.x:443/a", False),
        ("h.x:99999", "h.x:99999/a", True),
        ("*.x", "h.x/a", True),
        ("*", "h.x/a", False),
        ("*.*", "h.x/a", True),
        ("h*r.*ple.c*", "harbor.example.com/a", True),
        ("h*a*r.example.com", "har.example.com/a", True),
        ("h*ar*r.example.com", "har.example.com/a", False),
        ("*.*:5000", "h.x:5000/a", True),
        ("[::1]:5000", "[::1]:5000/a", True),
        ("[::1]", "[::1]/a", False),
        ("*", "[::1]/a", True),
        ("[::1]:5000", "[0::1]:5000/a", False),
        ("H.x", "h.x/a", False),
        ("HTTPS://h.x", "h.x/a", False),
        ("h.x.", "h.x/a", False),
    ],
)
def test_keys_match_by_the_kubelets_rules(key: str, image: str, serves: bool) -> None:
    filed, wanted = read_key(key), target(image)
    assert filed is not None
    assert wanted is not None
    assert matches(filed, wanted) is serves


@pytest.mark.parametrize(
    "key",
    ["a b.x", "h.x:5a", "h.x:50*", "h[a-c].x", "h\\.x", "h.x\n", "h.x/\x7f", "h.x/%zz", "h.x#%z", "h%41.x", "[::1",
     "[1.2.3.4]:1", "[::g]:1", "u p@h.x", "%zz@h.x", "h{1}.x", "h^.x"],
)  # fmt: skip
def test_keys_that_gos_url_parser_refuses_are_dropped(key: str) -> None:
    assert read_key(key) is None


def test_many_stars_cost_no_time() -> None:
    key, wanted = read_key("*a" * 200 + "*b.x"), target("a" * 5000 + ".x/p")
    assert key is not None
    assert wanted is not None
    assert not matches(key, wanted)
