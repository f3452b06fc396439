"""A way to the broker that can be cut and mended, as a broker that restarts looks to those who are connected to it."""

import socket
import threading
from contextlib import suppress
from typing import Final

_PIECE: Final = 65_536


class FlakyBroker:
    """Forwards connections on a port of loopback to the broker, as long as it is up."""

    def __init__(self, broker: tuple[str, int]) -> None:
        self.broker = broker
        self.port = 0
        self.served = 0
        self._door: socket.socket | None = None
        self._open: list[socket.socket] = []
        self.start()

    def start(self) -> None:
        """Listen, on the same port as before."""
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", self.port))
        door.listen()
        self.port, self._door = door.getsockname()[1], door
        threading.Thread(target=self._serve, args=[door], daemon=True).start()

    def stop(self) -> None:
        """Cut every connection, and let nobody in."""
        assert self._door is not None
        for one in (self._door, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def _serve(self, door: socket.socket) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                client, _address = door.accept()
                server = socket.create_connection(self.broker)
                self._open += [client, server]
                self.served += 1
                for ends in ((client, server), (server, client)):
                    threading.Thread(target=_forward, args=ends, daemon=True).start()


def _forward(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_RDWR)
