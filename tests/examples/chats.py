"""Telegram as far as the bot needs it: a server that speaks three methods of the Bot API."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

TOKEN = "123:abc"


@dataclass(frozen=True)
class Shown:
    """A message as its reader sees it; buttons: label -> what pressing sends."""

    chat: str
    text: str
    buttons: dict[str, str]
    message_id: int


@dataclass
class Telegram:
    """What the bot wrote, and what people answer."""

    url: str = ""
    shown: Queue[Shown] = field(default_factory=Queue)
    acknowledged: list[str] = field(default_factory=list)
    _updates: list[dict[str, Any]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _is_over: bool = False

    def read(self) -> Shown:
        """The next message; an error when none comes."""
        return self.shown.get(timeout=60)

    def write(self, chat: str, text: str) -> None:
        self._bring({"message": {"chat": {"id": int(chat)}, "text": text}})

    def reply(self, shown: Shown, text: str) -> None:
        """Answer to that very message."""
        message = {"chat": {"id": int(shown.chat)}, "text": text}
        self._bring({"message": {**message, "reply_to_message": {"message_id": shown.message_id}}})

    def press(self, shown: Shown, label: str) -> None:
        message = {"chat": {"id": int(shown.chat)}}
        query = {"id": str(next(self._ids)), "data": shown.buttons[label], "message": message}
        self._bring({"callback_query": query})

    def close(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

    def _bring(self, update: dict[str, Any]) -> None:
        with self._changed:
            self._updates.append({"update_id": next(self._ids), **update})
            self._changed.notify_all()

    # ----------------------------------------------------------- methods of the Bot API

    def answer(self, method: str, facts: dict[str, Any]) -> Any:
        """The `result` of one call."""
        if method == "getUpdates":
            return self._wait(facts["offset"], facts["timeout"])
        if method == "answerCallbackQuery":
            self.acknowledged.append(facts["callback_query_id"])
            return True
        assert method == "sendMessage", method
        rows = facts.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = {each["text"]: each["callback_data"] for row in rows for each in row}
        # Bot API, InlineKeyboardButton: 1 to 64 bytes.
        assert all(1 <= len(data.encode()) <= 64 for data in buttons.values()), buttons
        shown = Shown(str(facts["chat_id"]), facts["text"], buttons, next(self._ids))
        self.shown.put(shown)
        return {"message_id": shown.message_id}

    def _wait(self, offset: int, timeout: float) -> list[dict[str, Any]]:
        def new() -> list[dict[str, Any]]:
            return [each for each in self._updates if each["update_id"] >= offset]

        with self._changed:
            self._changed.wait_for(lambda: new() or self._is_over, timeout)
            return new()


@contextmanager
def telegram() -> Iterator[Telegram]:
    """The server while the block lasts."""
    made = Telegram()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            facts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            method = self.path.removeprefix(f"/bot{TOKEN}/")
            body = json.dumps({"ok": True, "result": made.answer(method, facts)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        server.shutdown()
        server.server_close()
        thread.join()
