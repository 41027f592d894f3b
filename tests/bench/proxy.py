"""A TCP relay before the API server: counts what is sent to it, cuts lines, and survives its restarts."""

import socket
import threading
from contextlib import suppress


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
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every line."""
        with self._lock:
            live, self._live = self._live, set()
        for line in live:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more clients, and break every line."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

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
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server, self)
        back.join()
        with self._lock:
            self._live -= {client, server}
        client.close()
        server.close()

    def sent(self, count: int) -> None:
        """Count bytes from a client."""
        with self._lock:
            self.upstream += count


def _pump(source: socket.socket, sink: socket.socket, count: Proxy | None = None) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            if count is not None:
                count.sent(len(piece))
            sink.sendall(piece)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
