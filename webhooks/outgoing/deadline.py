"""A deadline over a whole exchange: when it is over the connection ends, whatever it waits for.

The timeouts of sockets begin anew with each byte: a receiver that drips holds them for ever.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType


class Deadline:
    """Within the block every socket that it watches is shut down after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._lock = Lock()
        self._timer = Timer(seconds, self._strike)
        self._timer.daemon = True

    def watch(self, sock: socket.socket) -> None:
        """Shut this one down too. TimeoutError when the time is over already."""
        # A handle of our own: closing or wrapping theirs leaves it as it is.
        own = socket.socket(fileno=os.dup(sock.fileno()))
        with self._lock:
            self._sockets.append(own)
            if self.is_over:
                raise TimeoutError("the deadline is over")

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def _strike(self) -> None:
        with self._lock:
            self.is_over = True
            for sock in self._sockets:
                with suppress(OSError):  # it ended by itself
                    sock.shutdown(socket.SHUT_RDWR)
