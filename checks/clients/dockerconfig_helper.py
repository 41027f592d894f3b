"""Gets a user's own login for a registry: out of their docker config.json, or from the credential helper it names.

Helper protocol: docker/docker-credential-helpers, `client`: `docker-credential-NAME get` reads the server's address
on standard input and writes JSON with Username and Secret; `<token>` as user name marks an identity token, which is
good at the registry's token service and in no pull Secret.
"""

import contextlib
import json
import re
import shutil
import subprocess
from pathlib import Path

from checks.credentials import IDENTITY_USER, Login, Origin, OriginKind, Password
from checks.dockerlogin import find_login
from checks.errors import UsageError
from checks.facts import Unknown

PATIENCE = 15.0
"""Seconds: a helper may ask its keychain, which may ask the person."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LARGEST = 1 << 20
_NOT_THERE = "credentials not found"


def own_login(config: Path, host: str) -> Login | Unknown | None:
    """Return the login that docker on this machine would use for `host`, None if it has none; it may be an identity
    token (`Login.identity`).

    Unknown: the file or the helper cannot be read, or what it holds is a bearer token (`registrytoken`).
    """
    path = config.expanduser()
    try:
        found = find_login(path.read_bytes()[:_LARGEST], host, str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        return Unknown(f"{path} cannot be read ({error.strerror})")
    except UsageError as error:
        return Unknown(str(error).rstrip("."))
    if found.helper:
        told = ask_helper(found.helper, found.server)
        if told is not None:
            return told
    if found.login is None and found.token_only:
        return Unknown(f"{path} holds only a token for {host}, which no pull Secret can carry")
    return found.login


def ask_helper(name: str, server: str, seconds: float = PATIENCE) -> Login | Unknown | None:
    """Run `docker-credential-NAME get` for `server`; no shell, no terminal, and at most `seconds`."""
    program = shutil.which(f"docker-credential-{name}") if _NAME.fullmatch(name) else None
    if program is None:
        return Unknown(f"the credential helper docker-credential-{name} is not installed here")
    try:
        done = subprocess.run(  # noqa: S603
            [program, "get"],
            input=server.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Unknown(f"docker-credential-{name} did not answer within {seconds:.0f} s")
    except OSError as error:
        return Unknown(f"docker-credential-{name} cannot be run ({error.strerror})")
    if done.returncode != 0:
        absent = _NOT_THERE in done.stdout.decode("utf-8", "replace").lower()
        return None if absent else Unknown(f"docker-credential-{name} ended with status {done.returncode}")
    return _read(done.stdout, name, server)


def _read(output: bytes, name: str, server: str) -> Login | Unknown | None:
    told: object = None
    with contextlib.suppress(ValueError, RecursionError):
        told = json.loads(output[:_LARGEST])
    username, secret = (told.get(key) if isinstance(told, dict) else None for key in ("Username", "Secret"))
    if not isinstance(username, str) or not isinstance(secret, str):
        return Unknown(f"docker-credential-{name} answered with something that cannot be read")
    origin = Origin(OriginKind.HELPER, f"docker-credential-{name}", server)
    identity = username == IDENTITY_USER
    return Login(username, Password(secret), origin, identity) if username and secret else None
