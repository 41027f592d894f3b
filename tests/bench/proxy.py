"""A TCP relay before the API server: counts what is sent to it, cuts and holds lines, and survives its restarts."""

import socket
import threading
import time
from contextlib import suppress

_STEPS = 200
"""Pieces in which held bytes are poured out."""


class Proxy:
    """Relays to `target` (IP:PORT), which may change; sees bytes only, for all of it is TLS."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.upstream = 0
        """Bytes that clients have sent; none means: no request."""
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._live: set[socket.socket] = set()
        self._clients: set[socket.socket] = set()
        self._held: dict[socket.socket, bytearray] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every line."""
        with self._lock:
            live, self._live = self._live, set()
            self._held.clear()
        for line in live:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """From now on keep back what the server sends on the lines that there are; new ones are not held."""
        with self._lock:
            self._held = {client: bytearray() for client in self._clients}

    @property
    def held(self) -> int:
        """Bytes that are kept back."""
        with self._lock:
            return sum(map(len, self._held.values()))

    def pour(self, seconds: float) -> None:
        """Send what was kept back, evenly over so many seconds, and hold no more."""
        began, most = time.monotonic(), self.held
        for step in range(1, _STEPS + 1):
            time.sleep(max(0.0, began + seconds * step / _STEPS - time.monotonic()))
            self._let_go(most // _STEPS + 1)
        self._let_go(None)

    def keeps(self, sink: socket.socket, piece: bytes) -> bool:
        """Take a piece for a held line; returns False where the line is not held."""
        with self._lock:
            if sink not in self._held:
                return False
            self._held[sink] += piece
            return True

    def sent(self, count: int) -> None:
        """Count bytes from a client."""
        with self._lock:
            self.upstream += count

    def close(self) -> None:
        """Take no more clients, and break every line."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _let_go(self, most: int | None) -> None:
        """Send at most so many bytes of each held line; all of them, under the lock, where it is to be held no more."""
        with self._lock:
            pieces = [(sink, bytes(kept[:most])) for sink, kept in self._held.items()]
            for sink, piece in pieces:
                del self._held[sink][: len(piece)]
                with suppress(OSError):
                    sink.sendall(piece)
            if most is None:
                self._held.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        host, _, port = self.target.rpartition(":")
        try:
            server = socket.create_connection((host, int(port)), 5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self._lock:
            self.connections += 1
            self._live |= {client, server}
            self._clients.add(client)
        back = threading.Thread(target=_pump, args=(server, client, self), daemon=True)
        back.start()
        _pump(client, server, self, counted=True)
        back.join()
        with self._lock:
            self._live -= {client, server}
            self._clients.discard(client)
            self._held.pop(client, None)
        client.close()
        server.close()


def _pump(source: socket.socket, sink: socket.socket, proxy: Proxy, *, counted: bool = False) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            if counted:
                proxy.sent(len(piece))
            if counted or not proxy.keeps(sink, piece):
                sink.sendall(piece)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
