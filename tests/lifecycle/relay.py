"""A wire to a real PostgreSQL that can end a connection between two messages, as the server itself may."""

from __future__ import annotations

import selectors
import socket
import struct
from collections.abc import Iterator
from threading import Thread

_HEAD = struct.Struct("!cI")
_READY = b"Z"


class Relay:
    """Passes on what both sides say to one connection, until it is told to hang up."""

    def __init__(self, host: str, port: int) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._server = socket.create_connection((host, port))
        self.hangs_up_when_ready = False
        Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """Forget the server."""
        self._listening.close()
        self._server.close()

    def _run(self) -> None:
        client, _ = self._listening.accept()
        with client, selectors.DefaultSelector() as both:
            both.register(client, selectors.EVENT_READ)
            both.register(self._server, selectors.EVENT_READ)
            pending = b""
            while True:
                for key, _ in both.select():
                    if key.fileobj is client:
                        if not (said := client.recv(65_536)):
                            return
                        self._server.sendall(said)
                        continue
                    pending += self._server.recv(65_536)
                    for message in _whole(pending):
                        pending = pending[len(message) :]
                        if self.hangs_up_when_ready and message.startswith(_READY):
                            client.sendall(_fatal("57P01", "gone instead"))
                            return
                        client.sendall(message)


def _whole(data: bytes) -> Iterator[bytes]:
    """Yield the messages that are there to their ends."""
    while len(data) >= _HEAD.size and len(data) > (length := _HEAD.unpack_from(data)[1]):
        yield data[: length + 1]
        data = data[length + 1 :]


def _fatal(sqlstate: str, words: str) -> bytes:
    fields = b"".join(
        name + text.encode() + b"\0" for name, text in ((b"S", "FATAL"), (b"C", sqlstate), (b"M", words))
    )
    return _HEAD.pack(b"E", 4 + len(fields) + 1) + fields + b"\0"
