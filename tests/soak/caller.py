"""One client over HTTP: it asks whichever server it likes, and again when it was told nothing."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from tests.soak.ledger import Deed, Ledger, Outcome

#: Longer than a server that was stopped for a while needs to go on.
TIMEOUT_S = 20.0
#: The problems of a 503 that say that nothing was written.
_NOTHING = {"StorageBusyException", "StorageAwayException", "TooManySimulationsException"}
#: The other documented one: nobody knows.
_NOT_KNOWN = {"OutcomeUnknownException"}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|tanda\w+|(?<=definition/)[^/]+|(?<=hook/)[\w.=-]{20,}")


@dataclass(frozen=True)
class Answer:
    """What came back; `status` 0: nothing did. `is_sent`: whether a server was there at all."""

    status: int
    text: str = ""
    url: str = ""
    is_sent: bool = True

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400

    @property
    def outcome(self) -> Outcome:
        """What it says of a thing that was asked for once."""
        if self.is_good:
            return Outcome.DONE
        if not self.is_sent:
            return Outcome.NOTHING
        if self.status == 0 or (self.status == 503 and self.problem not in _NOTHING):
            return Outcome.UNKNOWN
        return Outcome.NOTHING

    @property
    def problem(self) -> str:
        found = self.json() if self.status >= 400 and self.text.startswith("{") else {}
        return str(found.get("type", ""))

    def json(self) -> Any:
        return json.loads(self.text) if self.text else None


@dataclass
class Caller:
    """One account at one or several servers, by a token; `requests` of its own."""

    account: str
    token: str
    origins: Sequence[str]
    ledger: Ledger
    rng: random.Random
    stopped: Event

    def __post_init__(self) -> None:
        self.session = requests.Session()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a listing, or None when there was no good answer."""
        answer = self.ask("GET", path, params=query)
        return answer.json() if answer.is_good else None

    def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Ask once."""
        headers = {"Authorization": f"Bearer {self.token}"} | options.pop("headers", {})
        return self.send(method, f"/engine-rest{path}", headers=headers, **options)

    def send(self, method: str, path: str, **options: Any) -> Answer:
        """Ask once, with nothing added; what is undocumented is a fault."""
        what = f"{method} {_ID.sub('…', path.partition('?')[0])}"
        origin = path if path.startswith("http") else self.rng.choice(self.origins) + path
        try:
            found = self.session.request(
                method, origin, timeout=TIMEOUT_S, allow_redirects=False, **options
            )
            answer = Answer(found.status_code, found.text, found.headers.get("Location", ""))
        except requests.RequestException as error:
            is_sent = not _is_refused(error)
            self.ledger.answered(what, type(error).__name__ if is_sent else "nobody listens")
            self.stopped.wait(0.2)
            return Answer(0, is_sent=is_sent)
        self.ledger.answered(what, f"{answer.status} {answer.problem}".strip())
        self._judge(what, answer, found)
        return answer

    def _judge(self, what: str, answer: Answer, found: requests.Response) -> None:
        if answer.status < 500:
            return
        is_json = "json" in found.headers.get("Content-Type", "")
        known = not is_json or answer.problem in _NOTHING | _NOT_KNOWN
        if answer.status != 503 or not known or "Retry-After" not in found.headers:
            self.ledger.fault(f"{what} by {self.account}: {answer.status} {answer.text[:300]}")
        self.stopped.wait(0.3)

    # ------------------------------------------------------------------- deeds

    def do(
        self, kind: str, mark: str, subject: str, method: str, path: str, **options: Any
    ) -> Answer:
        """Ask once for a thing without a key, and write down what became of it."""
        answer = self.ask(method, path, **options)
        self._note(kind, mark, subject, answer.outcome)
        return answer

    def do_once(
        self, kind: str, mark: str, subject: str, path: str, body: dict[str, Any], *, tries: int = 0
    ) -> Answer:
        """POST with a key until there is an answer, or `tries` times; write down what became of it.

        Whatever a request under the key became: the answer to it holds for all of them.
        """
        answers: list[Answer] = []
        while not answers or self._goes_on(answers, tries):
            key = {"Idempotency-Key": mark}
            answers.append(self.ask("POST", path, json=body, headers=key))
        last = answers[-1]
        outcome = last.outcome
        if outcome is Outcome.NOTHING and last.status in (0, 503):
            # An earlier one, of which nothing is known, may still have been the one.
            lost = any(each.outcome is Outcome.UNKNOWN for each in answers)
            outcome = Outcome.UNKNOWN if lost else Outcome.NOTHING
        if last.status == 409 and len(answers) > 1:
            told = last.json()
            if told.get("endedBy") == self.account:
                self.ledger.fault(f"{kind} {mark}: the same key again is a conflict: {told}")
        self._note(kind, mark, subject, outcome)
        return last

    def _goes_on(self, answers: list[Answer], tries: int) -> bool:
        if answers[-1].status not in (0, 503) or self.stopped.is_set():
            return False
        return tries == 0 or len(answers) < tries

    def _note(self, kind: str, mark: str, subject: str, outcome: Outcome) -> None:
        self.ledger.add(Deed(kind, mark, outcome, subject, self.account))


def _is_refused(error: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing was asked for."""
    reason = error.args[0] if error.args else None
    return isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
