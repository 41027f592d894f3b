"""Starts the console, the demo, and what they need: the heavy imports happen behind the first frame."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checks.credentials import Login, Origin, OriginKind
from checks.errors import UsageError
from checks.settings import Settings
from tui.options import settings_of

if TYPE_CHECKING:
    from checks.facade import Facade

TURN = 0.001
"""Seconds after which a busy thread lets the screen's have its turn; Python's own 0.005 is felt in every key."""
FRAMES = "240"
"""Frames a second that Textual may draw (`TEXTUAL_FPS`). It waits for the next one before it draws, and at its own 60
that is half of what a key takes; nothing here moves by itself, so no more frames are drawn for it."""
PATIENCE = 3.0
"""Seconds that the console waits for clusters that say nothing, once another has been looked at."""

DEMO_HARBOR = "harbor.demo.test"
"""The Harbor of the demo that a command means where it names none; other registries there play Harbors in trouble."""


@contextmanager
def world_for(options: Mapping[str, Any]) -> Iterator[Settings]:
    """Yield the settings to work with: the user's, or those of a pretend world that lives as long as the block."""
    if not options["demo"]:
        yield settings_of(options)
        return
    import tempfile

    from checks.demo.world import World

    with tempfile.TemporaryDirectory(prefix="harbor-doctor-demo-") as folder, World() as world:
        yield demo_settings(world, Path(folder), options)


def demo_settings(world: Any, folder: Path, options: Mapping[str, Any]) -> Settings:
    """Return settings for a pretend world: its own state folder, no docker config, no proxy, no other cluster."""
    kubeconfig = folder / "kubeconfig"
    world.kubeconfig(kubeconfig, user=options["impersonate"] or "admin")
    user, password = world.harbor_login
    host = "*.demo.test"
    namespaces = tuple(name for given in options["namespaces"] or () for name in given.split(",") if name)
    return Settings(
        kubeconfig=str(kubeconfig),
        context="demo",
        namespaces=() if options["all_namespaces"] else namespaces,
        registry_ca=world.ca_file,
        resolve=dict(world.resolve),
        harbor_login=Login(user, password, Origin(OriginKind.OPERATOR, "the demo", host)),
        state_dir=folder / "state",
        read_only=bool(options["read_only"]),
    )


def console(options: Mapping[str, Any]) -> int:
    """Run the full-screen console; returns the exit code. Doctor and demo are made behind the first frame.

    Raises ConfigError where one of several contexts is not known.
    """
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    from tui.app import HarborDoctor

    given = [name for text in options["namespaces"] or () for name in text.split(",") if name]
    scope = ", ".join(given) if given and not options["all_namespaces"] else "all namespaces"
    with ExitStack() as stack:
        settings = None if options["demo"] else settings_of(options)
        opens = cache(partial(_opened, options, settings, stack))
        if settings is not None and (settings.contexts or settings.all_contexts):
            # A context that is not there is told before the screen changes.
            opens()
        sys.setswitchinterval(TURN)
        return HarborDoctor(opens, scope).run() or 0


def _opened(options: Mapping[str, Any], settings: Settings | None, stack: ExitStack) -> Facade:
    """Make the doctor, of a pretend world without `settings`; closed with the stack."""
    from checks.doctor import Doctor
    from checks.fleet import doctor_for

    if settings is None:
        doctor: Facade = Doctor(lambda: stack.enter_context(world_for(options)))
    else:
        doctor = doctor_for(settings, PATIENCE)
    stack.callback(doctor.close)
    return doctor


def serve_demo(directory: str) -> int:
    """Serve a pretend world until stopped; writes a kubeconfig and an env file that other processes use."""
    from checks.demo.world import World
    from tui.exits import say

    folder = Path(directory).absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--directory {folder}: {error.strerror}") from None
    with World() as world:
        path = folder / "kubeconfig"
        world.kubeconfig(path, user="admin")
        env = _environment(world, path)
        _write_private(folder / "env", env)
        sys.stdout.write(env)
        sys.stdout.flush()
        say(f"a pretend cluster is served until you press ctrl+c; in another terminal: . {folder / 'env'}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("the demo has ended")
    return 0


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read: it holds the password of the demo's administrator."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
    path.chmod(0o600)


def _environment(world: Any, kubeconfig: Path) -> str:
    import shlex

    user, password = world.harbor_login
    pairs = {
        "KUBECONFIG": str(kubeconfig),
        "HARBOR_DOCTOR_REGISTRY_CA": str(world.ca_file),
        "HARBOR_DOCTOR_RESOLVE": ",".join(f"{host}={address}" for host, address in world.resolve.items()),
        "HARBOR_HOST": "*.demo.test",
        "HARBOR_USERNAME": user,
        "HARBOR_PASSWORD": password.reveal(),
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in pairs.items())


def completion(group: Any, shell: str) -> int:
    """Print click's completion script for a shell."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    sys.stdout.write(kind(group, {}, "harbor-doctor", "_HARBOR_DOCTOR_COMPLETE").source())
    return 0
