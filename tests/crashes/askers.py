"""People at their pages, and programs at the API, who ask while something is damaged."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import event
from werkzeug.exceptions import NotFound
from werkzeug.routing import Rule

from engine.errors import (
    DamagedHistory,
    DamagedRow,
    EngineError,
    ReplayMismatch,
    SecretKeyUnusable,
)
from engine.store import Store
from engine.store.tables import metadata
from tests.browser.pages import PAGES
from tests.crashes.full_office import FullOffice
from tests.office import ADMIN
from webhooks import LEFT_OUT, create_app

#: An account of each part; they ask the API in turn.
PARTS = ("admin", "auditor", "analis", "kadis")
#: What says that a thing is damaged, and which.
HONEST = (DamagedRow, DamagedHistory, ReplayMismatch, SecretKeyUnusable)
_LONG = re.compile(r"/(pdf|compare|state|verify|keutuhan)$|^/(bandingkan|putar-ulang/|laporan/)")
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")
TABLES_IN = re.compile(rf"\b({'|'.join(sorted(metadata.tables, key=len, reverse=True))})\b")


@dataclass(frozen=True)
class Question:
    """Who asks for what."""

    who: str | None
    path: str
    #: Whether it is about many things, of which a damaged one must not take the others with it.
    is_of_many: bool

    @property
    def is_of_program(self) -> bool:
        return self.path.startswith("/engine-rest")

    @property
    def takes_long(self) -> bool:
        """Whether it is answered by what is typeset, drawn, or run again."""
        return bool(_LONG.search(self.path))

    def __str__(self) -> str:
        return f"{self.who or 'somebody'} at {self.path}"


@dataclass
class Answer:
    """The status, and what the log has of the errors on the way."""

    status: int
    text: str
    errors: list[BaseException] = field(default_factory=list)
    #: How many rows it says that it lacks.
    left_out: str | None = None

    @property
    def is_unexpected(self) -> bool:
        return any(not isinstance(each, EngineError) for each in self.errors)

    @property
    def is_honest(self) -> bool:
        """Whether it gives what was asked, refuses it, or says what is damaged."""
        if self.is_unexpected:
            return False
        return self.status < 500 or all(isinstance(each, HONEST) for each in self.errors)


class Askers:
    """The app over a full office, with somebody logged in for each account."""

    def __init__(self, full: FullOffice) -> None:
        self.app, self._full = create_app(full.office.engine, full.settings), full
        self._errors = _Errors()
        self.app.logger.addHandler(self._errors)
        self.app.logger.propagate = False
        sessions, tokens = full.office.engine.sessions, full.office.engine.access_tokens
        self._browsers = {None: self.app.test_client()}
        self._tokens = {}
        for who in sorted({who for who, _ in PAGES if who} | set(PARTS)):
            browser = self._browsers[who] = self.app.test_client()
            browser.set_cookie("alur_session", sessions.open(who)[0])
            self._tokens[who] = tokens.create(who, "uji", actor=ADMIN)[1]

    def ask(self, question: Question) -> Answer:
        self._errors.met.clear()
        browser = self._browsers[None if question.is_of_program else question.who]
        token = self._tokens.get(question.who or "")
        headers = {"Authorization": f"Bearer {token}"} if question.is_of_program else {}
        response = browser.get(question.path, headers=headers)
        text = response.get_data().decode(errors="replace")
        response.close()
        return Answer(
            response.status_code, text, list(self._errors.met), response.headers.get(LEFT_OUT)
        )

    def questions(self, places: dict[str, str]) -> Iterator[Question]:
        """Every page, and every GET of the API; places: what stands for `<...>` in addresses."""
        for who, page in PAGES:
            path = self._full.paths.get(page, page)
            is_of_many = page.startswith("/") and not self._names_one(path)
            yield Question(who, path, is_of_many)
        rules = [rule for rule in self.app.url_map.iter_rules() if _is_asked(rule)]
        for number, rule in enumerate(sorted(rules, key=str)):
            path = _PLACE.sub(lambda found: places[found[1]], str(rule))
            who = PARTS[number % len(PARTS)]
            yield Question(who, path, not _PLACE.search(str(rule)))

    def _names_one(self, path: str) -> bool:
        """Whether something stands in the address that is one thing's name."""
        adapter = self.app.url_map.bind("localhost")
        try:
            return bool(adapter.match(path.partition("?")[0])[1])
        except NotFound:
            return False


@contextmanager
def noting_tables(store: Store) -> Iterator[set[str]]:
    """The names of the tables that statements meanwhile speak of."""
    noted: set[str] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        noted.update(TABLES_IN.findall(statement))

    event.listen(store._engine, "before_cursor_execute", note)
    yield noted
    event.remove(store._engine, "before_cursor_execute", note)


def _is_asked(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and str(rule).startswith("/engine-rest")


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.met: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        told = record.args if isinstance(record.args, tuple) else ()
        known = [each for each in told if isinstance(each, BaseException)]
        unexpected = [record.exc_info[1]] if record.exc_info and record.exc_info[1] else []
        self.met.extend(known or unexpected)
