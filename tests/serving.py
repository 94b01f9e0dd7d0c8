"""An app behind the server that `alur serve` uses, at an address of this computer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from flask import Flask
from waitress.server import create_server


@contextlib.contextmanager
def served(app: Flask, **where: Any) -> Iterator[str]:
    """The address of the app while the block lasts; `where`, as waitress takes it, is a free port
    unless it is said.
    """
    anywhere = {} if "sockets" in where else {"host": "127.0.0.1", "port": 0}
    server = create_server(app, **{"threads": 4} | anywhere | where)

    def serve() -> None:
        # Closing from outside takes the socket from under the server's select.
        with contextlib.suppress(OSError, ValueError):
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Its threads first: they tell the server of what they have answered.
        server.task_dispatcher.shutdown()
        server.close()
        thread.join(timeout=5)
        for channel in list(server.active_channels.values()):
            channel.close()
