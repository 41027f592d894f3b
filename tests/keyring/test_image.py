"""Image references, as the kubelet takes them apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.image import ImageNameError, parse

SHA = "sha256:" + "0123456789abcdef" * 4
HOSTS = st.from_regex(r"[a-z0-9]{1,8}(\.[A-Za-z0-9]{1,8}){1,3}(:[0-9]{1,6})?", fullmatch=True)
PATHS = st.from_regex(r"[a-z0-9]{1,6}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}(/[a-z0-9]{1,6}){0,3}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(HOSTS, PATHS, TAGS)
def test_a_written_host_path_and_tag_come_back(host: str, path: str, tag: str) -> None:
    ref = parse(f"{host}/{path}:{tag}")
    wanted = ("docker.io", path) if host == "index.docker.io" else (host, path)
    assert (ref.registry, ref.repository, ref.tag, ref.digest) == (*wanted, tag, "")
    assert ref.reference == tag


@given(HOSTS, PATHS)
def test_latest_is_added_only_without_tag_and_digest(host: str, path: str) -> None:
    assert parse(f"{host}/{path}").tag == "latest"
    assert parse(f"{host}/{path}@{SHA}").tag == ""
    assert parse(f"{host}/{path}@{SHA}").reference == SHA
    assert parse(f"{host}/{path}:v1@{SHA}").tag == "v1"


@given(st.text(max_size=60))
def test_any_text_gives_a_reference_or_the_kubelets_refusal(image: str) -> None:
    try:
        name = parse(image).name
    except ImageNameError as error:
        name, text = "", str(error)
    if name:
        assert parse(f"{name}@{SHA}").name == name
    else:
        assert text.startswith("couldn't parse image name \"")


@given(PATHS.filter(lambda path: "." not in path.partition("/")[0] or "/" not in path))
def test_a_name_without_host_is_docker_hubs(path: str) -> None:
    ref = parse(path)
    assert ref.registry == "docker.io"
    assert ref.repository == (path if "/" in path else f"library/{path}")


@pytest.mark.parametrize(
    ("image", "registry", "repository"),
    [
        ("harbor.example.com", "docker.io", "library/harbor.example.com"),
        ("harbor/app", "docker.io", "harbor/app"),
        ("localhost/app", "localhost", "app"),
        ("HARBOR/app", "HARBOR", "app"),
        ("index.docker.io/ubuntu", "docker.io", "library/ubuntu"),
        ("DOCKER.IO/ubuntu", "DOCKER.IO", "ubuntu"),
        ("a_b.example.com/x", "a_b.example.com", "x"),
        ("[2001:db8::1]:443/p/a", "[2001:db8::1]:443", "p/a"),
    ],
)
def test_the_first_part_is_a_host_only_if_it_looks_like_one(image: str, registry: str, repository: str) -> None:
    ref = parse(image)
    assert (ref.registry, ref.repository) == (registry, repository)


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ("", "invalid reference format"),
        ("app\n", "invalid reference format"),
        ("App", "invalid reference format: repository name (library/App) must be lowercase"),
        ("$(IMAGE)", "invalid reference format: repository name (library/$(IMAGE)) must be lowercase"),
        ("A_b.c/x", "repository name must be lowercase"),
        ("a" * 64, f"invalid repository name ({'a' * 64}), cannot specify 64-byte hexadecimal strings"),
        ("h.x/" + "a" * 256, "repository name must not be more than 255 characters"),
        ("h.x/a:" + "t" * 129, "invalid reference format"),
        (f"h.x/a@{SHA[:-1]}", "invalid checksum digest length"),
        (f"h.x/a@{SHA[:-1]}F", "invalid checksum digest format"),
        (f"h.x/a:t@md5:{'0' * 32}", "unsupported digest algorithm"),
        ("ſ/x", "invalid reference format"),
        ("a/é", "invalid reference format"),
    ],
)
def test_refusals_are_in_the_kubelets_words(image: str, text: str) -> None:
    with pytest.raises(ImageNameError) as caught:
        parse(image)
    assert str(caught.value).endswith(f'": {text}')


def test_the_image_is_quoted_as_go_quotes() -> None:
    with pytest.raises(ImageNameError, match=r'"\\"\\\\\\n\\x7f\\u00a0ü\\U000e0001"'):
        parse('"\\\n\x7f\xa0ü\U000e0001')
