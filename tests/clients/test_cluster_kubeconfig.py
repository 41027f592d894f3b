"""Which kubeconfig, context, user and namespace are used, and what is said where they are not usable."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from checks.clients import kubeconfig
from checks.clients.bearer import credential_of
from checks.clients.kubeconfig import Access
from checks.clients.link import Link, impersonation
from checks.errors import ConfigError
from checks.settings import Settings


def write(path: Path, *names: str, current: str = "", user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    """A kubeconfig with one context, cluster and user for each name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "current-context": current,
        "contexts": [{"name": n, "context": {"cluster": n, "user": n, "namespace": f"ns-{n}"}} for n in names],
        "clusters": [{"name": n, "cluster": {"server": f"https://{path.stem}.{n}.test/", **cluster}} for n in names],
        "users": [{"name": n, "user": user or {"token": f"token-{n}"}} for n in names],
    }
    path.write_text(json.dumps(content))
    return path


def load(environ: dict[str, str] | None = None, pod_dir: Path = Path("/nonexistent"), **settings: Any) -> Access:
    return kubeconfig.load(Settings(**settings), environ or {}, pod_dir)


def test_the_current_context_is_used(tmp_path: Path) -> None:
    access = load(kubeconfig=str(write(tmp_path / "one", "dev", "prod", current="prod")))
    assert (access.context, access.server, access.namespace) == ("prod", "https://one.prod.test", "ns-prod")
    assert "token" not in repr(access)


def test_a_context_may_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path / "one", "dev", "prod", current="prod")
    assert load(kubeconfig=str(path), context="dev").context == "dev"


def test_of_several_files_the_first_that_names_a_thing_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "first", "prod")
    second = write(tmp_path / "second", "prod", "dev", current="dev")
    third = write(tmp_path / "third", "qa", current="qa")
    environ = {"KUBECONFIG": f"{first}:{tmp_path}/missing::{second}:{third}"}
    assert load(environ).context == "dev"
    assert load(environ, context="prod").server == "https://first.prod.test"


def test_relative_paths_start_at_their_own_file(tmp_path: Path) -> None:
    path = write(tmp_path / "deep/config", "a", current="a", user={"tokenFile": "t"}, **{"certificate-authority": "ca"})
    access = load(kubeconfig=str(path))
    assert access.cluster["certificate-authority"] == str(tmp_path / "deep/ca")
    assert access.user["tokenFile"] == str(tmp_path / "deep/t")


def test_an_empty_file_among_others_is_passed_over(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("# nothing\n")
    assert load({"KUBECONFIG": f"{empty}:{write(tmp_path / 'one', 'a', current='a')}"}).context == "a"


def test_inside_a_pod_its_serviceaccount_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("inside")
    (tmp_path / "namespace").write_text("doctors\n")
    access = load({"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}, tmp_path)
    assert (access.context, access.namespace, access.server) == ("in-cluster", "doctors", "https://[fd00::1]:443")
    proof = credential_of(access).authorization()
    assert proof is not None
    assert proof.reveal() == "Bearer inside"


def test_a_kubeconfig_comes_before_the_pod(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("inside")
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    environ["KUBECONFIG"] = str(write(tmp_path / "one", "a", current="a"))
    assert load(environ, tmp_path).context == "a"


def test_no_kubeconfig_at_all_says_where_was_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(
        ConfigError, match=r"^no kubeconfig: ~/.kube/config does not exist and this is no pod; name one"
    ):
        load()
    with pytest.raises(ConfigError, match=r"^no kubeconfig: \$KUBECONFIG \(/nope\) does not exist"):
        load({"KUBECONFIG": "/nope"})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="/nope: no such kubeconfig file; name another with --kubeconfig"):
        load(kubeconfig=f"{tmp_path}/nope")


def test_an_unknown_context_names_those_that_exist(tmp_path: Path) -> None:
    path = write(tmp_path / "one", "b", "a", current="a")
    with pytest.raises(ConfigError, match=f"^{path}: no context nope; there are: a, b$"):
        load(kubeconfig=str(path), context="nope")
    many = write(tmp_path / "many", *(f"c{n:02}" for n in range(15)))
    with pytest.raises(ConfigError, match=r"no current context; choose one with --context: c00, .*c11 and 3 more$"):
        load(kubeconfig=str(many))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a: [1, 2", "is not valid YAML in line"),
        ("just text", "is no kubeconfig: it holds no mapping"),
        ("contexts: {a: b}\nclusters: []", "contexts is not a list"),
        ("contexts: [{nome: a}]", "an entry of contexts is malformed"),
        ("contexts: [{name: a, context: {cluster: c}}]\ncurrent-context: a", "names the cluster c, which is not there"),
        ("contexts: [{name: a}]\ncurrent-context: a", "the context a names no cluster"),
        (
            "contexts: [{name: a, context: {cluster: c, user: u}}]\ncurrent-context: a\n"
            "clusters: [{name: c, cluster: {server: 'https://x'}}]",
            "names the user u, which is not there",
        ),
        (
            "contexts: [{name: a, context: {cluster: c}}]\ncurrent-context: a\nclusters: [{name: c, cluster: {}}]",
            "has no server address",
        ),
        (
            "contexts: [{name: a, context: {cluster: c}}]\ncurrent-context: a\n"
            "clusters: [{name: c, cluster: {server: '10.0.0.1:6443'}}]",
            "is no http or https address: 10.0.0.1:6443",
        ),
        ("apiVersion: v1", "holds no cluster and no context"),
    ],
)
def test_a_broken_kubeconfig_is_told_in_one_sentence(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        load(kubeconfig=str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def access_with(tmp_path: Path, user: dict[str, Any], **cluster: Any) -> Access:
    return load(kubeconfig=str(write(tmp_path / "one", "a", current="a", user=user, **cluster)))


def test_impersonation_of_the_kubeconfig_is_kept(tmp_path: Path) -> None:
    user = {"token": "t", "as": "jane", "as-groups": ["a", "b"], "as-uid": "7", "as-user-extra": {"x/y": ["1"]}}
    access = access_with(tmp_path, user)
    assert impersonation(access, Settings()) == (
        ("Impersonate-User", "jane"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Extra-x%2Fy", "1"),
    )
    assert impersonation(access, Settings(impersonate="joe")) == (("Impersonate-User", "joe"),)


def test_groups_without_a_user_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="groups are impersonated without a user; name one with --as"):
        impersonation(access_with(tmp_path, {"token": "t"}), Settings(impersonate_groups=("a",)))


def header(access: Access) -> str | None:
    proof = credential_of(access).authorization()
    return proof.reveal() if proof else None


def test_user_and_password_become_basic(tmp_path: Path) -> None:
    expected = base64.b64encode(b"jane:s3cret").decode()
    assert header(access_with(tmp_path, {"username": "jane", "password": "s3cret"})) == f"Basic {expected}"


def test_a_certificate_alone_needs_no_header(tmp_path: Path) -> None:
    assert header(access_with(tmp_path, {"client-certificate": "c", "client-key": "k"})) is None


def test_an_empty_or_missing_token_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="/gone: the token file cannot be read"):
        header(access_with(tmp_path, {"tokenFile": "gone"}))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(ConfigError, match="/empty: the token file is empty"):
        header(access_with(tmp_path, {"tokenFile": "empty"}))


def jwt(expires: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).decode().rstrip("=")
    return f"e30.{claims}.sig"


def test_an_oidc_token_is_used_until_it_expires(tmp_path: Path) -> None:
    def user(token: str) -> dict[str, Any]:
        return {"auth-provider": {"name": "oidc", "config": {"id-token": token}}}

    good = jwt(time.time() + 600)
    assert header(access_with(tmp_path, user(good))) == f"Bearer {good}"
    with pytest.raises(ConfigError, match="has no valid OIDC token; run any kubectl command to renew it"):
        header(access_with(tmp_path, user(jwt(time.time() - 1))))


def test_auth_providers_that_kubectl_gave_up_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"uses the auth provider gcp, which kubectl gave up in 1.26"):
        header(access_with(tmp_path, {"auth-provider": {"name": "gcp"}}))


@pytest.mark.parametrize(
    ("cluster", "told"),
    [
        ({"certificate-authority": "gone.pem"}, "File does not exist: .*gone.pem"),
        ({"certificate-authority-data": "%%%"}, "not valid base64|not valid PEM"),
        ({"certificate-authority-data": base64.b64encode(b"no PEM").decode()}, "not valid PEM"),
        ({"certificate-authority-data": base64.b64encode(b"secret-pem").decode()[:-1]}, "not valid base64"),
    ],
)
def test_unreadable_certificates_are_errors_of_the_kubeconfig(
    tmp_path: Path, cluster: dict[str, str], told: str
) -> None:
    link = Link(access_with(tmp_path, {"token": "t"}, **cluster), Settings())
    with pytest.raises(ConfigError, match=told) as caught:
        link.pool()
    link.close()
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'one'}: context a: ")
