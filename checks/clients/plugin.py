"""Runs a kubeconfig's exec plugin and reads the credential it prints.

Protocol: client.authentication.k8s.io/v1 and v1beta1 (Kubernetes docs, "client-go credential plugins"). The plugin's
stderr is captured, never handed to the terminal, and its stdin is empty unless asked: a screen may be up.
"""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from checks.clients.kubeconfig import Access, Stanza
from checks.credentials import Password
from checks.errors import ConfigError

PLUGIN_SECONDS = 60.0
_LAST_WORDS = 1.0
"""Seconds for the pipes of a plugin that was killed to end."""
_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_CLUSTER_FIELDS = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
_TOLD = 300
"""How much of the plugin's stderr goes into a sentence."""
_TERMINAL = threading.Lock()
"""Plugins of several contexts ask one after the other."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a plugin issued: a token, a client certificate with its key, or both."""

    header: Password | None
    """`Bearer TOKEN`, or None where there is a certificate only."""
    certificate: str
    key: Password | None
    expires: datetime | None


class _Status(msgspec.Struct, rename="camel"):
    token: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    expiration_timestamp: datetime | None = None


class _Credential(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    status: _Status | None = None


def issue(access: Access, interactive: bool = False, seconds: float = PLUGIN_SECONDS) -> Issued:
    """Run the plugin of this user; raises ConfigError with what it said where it fails or issues nothing."""
    spec = access.user["exec"]
    if not isinstance(spec, dict) or not spec.get("command") or spec.get("apiVersion") not in _VERSIONS:
        raise ConfigError(f"{access.source}: the exec plugin of user {access.user_name} is malformed or too old")
    terminal = _terminal(access, spec, interactive)
    with _TERMINAL if terminal else contextlib.nullcontext():
        out = _run(access, spec, terminal, seconds)
    return _read(access, spec, out)


def _terminal(access: Access, spec: Stanza, interactive: bool) -> bool:
    mode = spec.get("interactiveMode") or "IfAvailable"
    available = interactive and sys.stdin is not None and sys.stdin.isatty()
    if mode == "Always" and not available:
        raise ConfigError(
            f"{access.context}: the login plugin {spec['command']} wants a terminal to itself; "
            "log in with kubectl first, or use credentials that need no questions"
        )
    return available and mode != "Never"


def _run(access: Access, spec: Stanza, terminal: bool, seconds: float) -> bytes:
    try:
        process = subprocess.Popen(  # noqa: S603 - the kubeconfig is the user's own, as with kubectl
            [_command(access, str(spec["command"])), *map(str, spec.get("args") or ())],
            stdin=None if terminal else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(access, spec, terminal),
            start_new_session=not terminal,
        )
    except (OSError, ValueError) as error:
        hint = f"; {spec['installHint']}" if spec.get("installHint") else ""
        why = getattr(error, "strerror", None) or "its command line is malformed"
        raise ConfigError(
            f"{access.context}: the login plugin {spec['command']} cannot be started: {why}{hint}"
        ) from None
    return _output(access, spec, process, terminal, seconds)


def _output(access: Access, spec: Stanza, process: "subprocess.Popen[bytes]", terminal: bool, seconds: float) -> bytes:
    try:
        out, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process, terminal)
        raise ConfigError(
            f"{access.context}: the login plugin {spec['command']} did not finish within {seconds:.0f} s; "
            "log in with kubectl first"
        ) from None
    if process.returncode:
        told = _told(said)
        raise ConfigError(
            f"{access.context}: the login plugin {spec['command']} failed with exit code {process.returncode}{told}"
        )
    return out


def _kill(process: "subprocess.Popen[bytes]", terminal: bool) -> None:
    """End the plugin; what it started in a session of its own may go on and keep the pipes open, so leave them."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        process.kill() if terminal else os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=_LAST_WORDS)
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_LAST_WORDS)


def _told(said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return f": {text[-_TOLD:]}" if text else ""


def _command(access: Access, command: str) -> str:
    # client-go: a command with a path separator is relative to the kubeconfig, a bare name is looked up in PATH.
    return str(access.folder / Path(command).expanduser()) if os.sep in command else command


def _environment(access: Access, spec: Stanza, terminal: bool) -> dict[str, str]:
    asked: Stanza = {"interactive": terminal}
    if spec.get("provideClusterInfo"):
        asked["cluster"] = _cluster_info(access.cluster)
    info = {"apiVersion": spec["apiVersion"], "kind": "ExecCredential", "spec": asked}
    extra = {str(e["name"]): str(e.get("value", "")) for e in spec.get("env") or () if isinstance(e, dict)}
    return {**os.environ, **extra, "KUBERNETES_EXEC_INFO": json.dumps(info)}


def _cluster_info(cluster: Stanza) -> Stanza:
    info: dict[str, Any] = {key: cluster[key] for key in _CLUSTER_FIELDS if key in cluster}
    authority = cluster.get("certificate-authority")
    if authority and "certificate-authority-data" not in info and Path(authority).is_file():
        info["certificate-authority-data"] = base64.b64encode(Path(authority).read_bytes()).decode()
    for extension in cluster.get("extensions") or ():
        if isinstance(extension, dict) and extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info


def _read(access: Access, spec: Stanza, out: bytes) -> Issued:
    plugin = f"{access.context}: the login plugin {spec['command']}"
    try:
        answer = msgspec.json.decode(out, type=_Credential)
    except msgspec.DecodeError:
        raise ConfigError(f"{plugin} printed something that is no ExecCredential") from None
    if answer.api_version != spec["apiVersion"]:
        raise ConfigError(f"{plugin} speaks {answer.api_version or 'no version'}, the kubeconfig {spec['apiVersion']}")
    status = answer.status or _Status()
    pair = bool(status.client_certificate_data and status.client_key_data)
    if not status.token and not pair:
        raise ConfigError(f"{plugin} issued no token and no client certificate; log in again with its own command")
    return Issued(
        header=Password(f"Bearer {status.token}") if status.token else None,
        certificate=status.client_certificate_data if pair else "",
        key=Password(status.client_key_data) if pair else None,
        expires=status.expiration_timestamp,
    )
