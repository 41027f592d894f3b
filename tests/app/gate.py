"""A port in front of the API server that refuses connections until it is opened, and passes bytes on from then."""

import json
import socket
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from checks.demo.world import World


class Gate:
    """Closed at first: whoever connects is refused, as by a server that is down."""

    def __init__(self, world: World) -> None:
        host, _, port = urlsplit(world.url).netloc.partition(":")
        self._target = (host, int(port))
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def kubeconfig(self, made: str) -> str:
        """Point a kubeconfig of the world here."""
        config = json.loads(Path(made).read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        path = Path(made).with_name("kubeconfig-gate")
        path.write_text(json.dumps(config))
        return str(path)

    def open(self) -> None:
        """Let connections through from now on."""
        self._socket.listen(64)
        self._spawn(self._accept)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._socket.accept()
                there = socket.create_connection(self._target)
                self._lines += [here, there]
                self._spawn(self._pump, here, there)
                self._spawn(self._pump, there, here)

    def _spawn(self, target: object, *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for line in (self._socket, *self._lines):
            line.close()
