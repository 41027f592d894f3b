"""The options that every command shares, and the settings they make."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from checks.config import Config, load
from checks.credentials import IDENTITY_USER, Login, Origin, OriginKind, Password
from checks.errors import UsageError
from checks.settings import Settings

_SHARED = (
    click.option("--kubeconfig", envvar="", help="Path of the kubeconfig; default: what kubectl would use."),
    click.option("--context", multiple=True, help="The context to use; several at once: a,b or several times."),
    click.option("--all-contexts", is_flag=True, help="Look at every context of the kubeconfig at once."),
    click.option("-n", "--namespace", "namespaces", multiple=True, help="Look only here; a,b or several times."),
    click.option("-A", "--all-namespaces", is_flag=True, help="Look everywhere you may (the default)."),
    click.option("--as", "impersonate", help="Act as this user."),
    click.option("--as-group", "impersonate_groups", multiple=True, help="Act as a member of this group."),
    click.option("--registry-ca", type=click.Path(path_type=Path), help="PEM file of authorities to trust."),
    click.option(
        "--resolve", multiple=True, metavar="HOST=ADDRESS[:PORT]", help="Where a registry name is to be found."
    ),
    click.option(
        "--harbor-host",
        help="The Harbor that HARBOR_USERNAME and HARBOR_PASSWORD are for. Without these two: your docker login for "
        "this very host (config.json or its credential helper) is used for Harbor's API.",
    ),
    click.option("--docker-config", type=click.Path(path_type=Path), help="docker config.json to offer logins from."),
    click.option("--read-only", is_flag=True, help="Write nothing, whatever is pressed."),
    click.option("--demo", is_flag=True, help="Work on a pretend cluster and Harbor, started for this process."),
)


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options to a command."""
    for option in reversed(_SHARED):
        command = option(command)
    return command


def confirm_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--confirm-context` to a command that writes."""
    text = "The context's name, which a protected context asks for; --yes is not enough there."
    return click.option("--confirm-context", metavar="NAME", help=text)(command)


def output_option(*choices: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `-o`; the first choice is the default."""
    return click.option("-o", "--output", type=click.Choice(choices), default=choices[0], show_default=True)


def merged(parent: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Join options given before and after the command's name; those after it win."""
    return {key: own.get(key) or parent.get(key) for key in {**parent, **own}}


def settings_of(options: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Make settings of options and environment; raises UsageError with one sentence."""
    namespaces = tuple(name for given in options["namespaces"] or () for name in given.split(",") if name)
    ca = options["registry_ca"] or environment.get("HARBOR_DOCTOR_REGISTRY_CA")
    if ca and not Path(ca).is_file():
        raise UsageError(f"--registry-ca {ca}: there is no such file")
    pairs = [*(options["resolve"] or ()), *environment.get("HARBOR_DOCTOR_RESOLVE", "").replace(",", " ").split()]
    given = tuple(filter(None, options["context"] or ()))
    if given and options["all_contexts"]:
        raise UsageError("--context and --all-contexts: one of them")
    one = len(given) == 1 and "," not in given[0]
    config = config_of(environment)
    return Settings(
        kubeconfig=options["kubeconfig"],
        context=given[0] if one else None,
        contexts=() if one else given,
        all_contexts=bool(options["all_contexts"]),
        namespaces=() if options["all_namespaces"] else namespaces,
        impersonate=options["impersonate"],
        impersonate_groups=tuple(options["impersonate_groups"] or ()),
        registry_ca=Path(ca) if ca else None,
        resolve=dict(_pair(text) for text in pairs),
        harbor_login=_harbor_login(options, environment),
        docker_config=_docker_config(options, environment),
        state_dir=_state_dir(environment),
        read_only=bool(options["read_only"] or environment.get("HARBOR_DOCTOR_READ_ONLY") or config.read_only),
        rules=config.contexts,
    )


def config_of(environment: Mapping[str, str]) -> Config:
    """Return what the configuration file says; raises UsageError with one sentence."""
    folder = Path(environment.get("XDG_CONFIG_HOME") or "~/.config")
    return load(environment.get("HARBOR_DOCTOR_CONFIG"), folder / "harbor-doctor" / "config.toml")


def _pair(text: str) -> tuple[str, str]:
    host, equals, address = text.partition("=")
    if not equals or not host or not address:
        raise UsageError(f"--resolve {text}: write HOST=ADDRESS or HOST=ADDRESS:PORT")
    return host, address


def _harbor_login(options: Mapping[str, Any], environment: Mapping[str, str]) -> Login | None:
    """The operator's own login for Harbor's API. It is sent to the one host named for it, to no other."""
    host = options["harbor_host"] or environment.get("HARBOR_HOST")
    user, password = environment.get("HARBOR_USERNAME"), environment.get("HARBOR_PASSWORD")
    if not host and not user:
        return None
    if host and not user and not password:
        return _docker_login(host, _docker_config(options, environment))
    if not (host and user and password):
        raise UsageError("a login for Harbor needs HARBOR_HOST (or --harbor-host), HARBOR_USERNAME and HARBOR_PASSWORD")
    return Login(user, Password(password), Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", host))


def _docker_login(host: str, config: Path | None) -> Login:
    """The user's docker login for exactly the Harbor that they named; it is looked for only because they named it."""
    from checks.clients.dockerconfig_helper import own_login
    from checks.facts import Unknown

    found = own_login(config, host) if config is not None and "*" not in host else None
    if isinstance(found, Unknown):
        raise UsageError(f"no login for Harbor at {host}: {found.why}; give HARBOR_USERNAME and HARBOR_PASSWORD")
    if found is None:
        none = "there is no docker config" if config is None else f"{config} names none for {host}"
        where = f"{host} names no single host" if "*" in host else none
        raise UsageError(f"no login for Harbor at {host}: {where}; give HARBOR_USERNAME and HARBOR_PASSWORD")
    if found.identity or found.username == IDENTITY_USER:
        why = f"{found.origin.where} holds an identity token for it, and the API wants a user name and a password"
        raise UsageError(f"no login for Harbor at {host}: {why}; give HARBOR_USERNAME and HARBOR_PASSWORD")
    return Login(found.username, found.password, Origin(OriginKind.OPERATOR, found.origin.where, host))


def _docker_config(options: Mapping[str, Any], environment: Mapping[str, str]) -> Path | None:
    if options["docker_config"]:
        return Path(options["docker_config"])
    path = Path(environment.get("DOCKER_CONFIG", "~/.docker")).expanduser() / "config.json"
    return path if path.is_file() else None


def _state_dir(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_STATE_HOME")
    return (Path(base) if base else Path("~/.local/state").expanduser()) / "harbor-doctor"
