"""Who is called by web hooks: it fails now and then, and remembers what it took."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

#: How often it answers 500 although it took the delivery, or did not take it.
_FAILURES = 0.02

#: (kind, instance, sequence, subject) of what happened.
Told = tuple[str, str, int, str]


@dataclass
class Receiver:
    """`taken`: what happened -> the ids under which it was told, and how often."""

    rng: random.Random
    taken: dict[Told, Counter[str]] = field(default_factory=dict)
    url: str = ""
    is_failing: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, delivery_id: str, body: bytes) -> int:
        """The status that the sender is answered."""
        told = json.loads(body)
        data = told["data"]
        subject = str(data.get("taskId") or data.get("incidentId") or "")
        what = (told["type"], str(data["instanceId"]), int(data["sequence"] or 0), subject)
        with self._lock:
            luck = self.rng.random() if self.is_failing else 1.0
            if luck < _FAILURES:
                return 500
            self.taken.setdefault(what, Counter())[delivery_id] += 1
            return 500 if luck < 2 * _FAILURES else 204


@contextmanager
def receiving(rng: random.Random) -> Iterator[Receiver]:
    """A receiver that listens on this machine."""
    receiver = Receiver(rng)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(self.headers["webhook-id"], body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: there are thousands."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()
