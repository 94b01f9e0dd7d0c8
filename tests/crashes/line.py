"""The line between a program and PostgreSQL, which can be cut around a COMMIT."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Literal

from sqlalchemy.engine import make_url

#: "before": the server never hears of the COMMIT; "after": its answer is lost; "for good": nobody
#: comes through any more once it is answered.
Moment = Literal["before", "after", "for good"]


class Line:
    """Passes bytes on to the server of `url`. `url` of the line: the same database, through it."""

    def __init__(self, url: str, port: int = 0) -> None:
        """port: where it listens; 0 is one that is free."""
        server = make_url(url)
        self._server = (server.host or "127.0.0.1", server.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", port))
        port = self._listener.getsockname()[1]
        through = server.set(host="127.0.0.1", port=port)
        self.url = through.render_as_string(hide_password=False)
        self._moment: Moment | None = None
        self._deed = b""
        self._is_dead = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, moment: Moment, deed: str) -> None:
        """Break the next connection that commits after having sent `deed`."""
        self._moment, self._deed = moment, deed.encode()

    @property
    def was_cut(self) -> bool:
        """Whether what `cut` asked for has happened."""
        return bool(self._deed) and self._moment is None

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_dead:
                    client.close()
                    continue
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        is_cut = threading.Event()
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            back = threading.Thread(target=_pass_on, args=(server, client, is_cut), daemon=True)
            back.start()
            is_near = False
            while (content := client.recv(65536)) and not self._is_dead:
                is_near |= self._moment is not None and self._deed in content
                if is_near and b"COMMIT" in content:
                    moment = self._taken()
                    self._is_dead = moment == "for good"
                    if not self._is_dead:
                        is_cut.set()
                    if moment == "before":
                        break
                server.sendall(content)
                if is_cut.is_set():
                    break
            # What the server was told it does, and then sees that nobody is there any more.
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _taken(self) -> Moment | None:
        """The moment of the cut; there is no second one."""
        moment, self._moment = self._moment, None
        return moment


def _pass_on(source: socket.socket, target: socket.socket, is_cut: threading.Event) -> None:
    """Until the source ends; what comes after the cut is lost."""
    with suppress(OSError):
        while content := source.recv(65536):
            if not is_cut.is_set():
                target.sendall(content)
    _hang_up(target)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
