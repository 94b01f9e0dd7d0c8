"""Answers that take long: worked out beside the request, so that a page may ask for them again.

Each process works out its own, and keeps what took long for a while: with several processes an
answer may be worked out twice, and is there all the same. What must outlive a process, or be there
for all of them, is a row of the database instead: engine/evidence_packages.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, TypeVar, cast

from engine.sources import Clock

#: How long a request waits for its answer, in seconds.
PATIENCE_S = 2.0
#: How long after its question an answer is kept that nobody came back for.
KEPT_FOR = timedelta(minutes=10)
#: Answers worked out at the same time; a machine has few cores, and others wait too.
_THREADS = 2

_Answer = TypeVar("_Answer")


class StillWorking(Exception):
    """The answer is not there yet; since when it is worked on."""

    def __init__(self, since: datetime) -> None:
        self.since = since
        super().__init__(f"worked on since {since}")


@dataclass(frozen=True, slots=True)
class _Work:
    answer: Future[Any]
    since: datetime


class Patience:
    """Answers of one app that were asked for and took long."""

    def __init__(self, clock: Clock, *, patience_s: float = PATIENCE_S) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._lock = Lock()
        self._under_way: dict[Hashable, _Work] = {}
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="alur-answer")

    def answer(self, question: Hashable, work_out: Callable[[], _Answer]) -> _Answer:
        """What it comes to, when that takes no longer than our patience.

        Who asks the same again later gets the answer then, once. work_out: needs nothing of the
        request. Raises StillWorking, and whatever working it out raises.
        """
        work = self._work(question, work_out)
        try:
            found = work.answer.result(self._patience_s)
        except TimeoutError:
            if not work.answer.done():
                raise StillWorking(work.since) from None
            raise
        finally:
            self._forget(question, work)
        return cast("_Answer", found)

    def close(self) -> None:
        """Nothing is worked on any more; what was under way is finished."""
        self._pool.shutdown()

    def _work(self, question: Hashable, work_out: Callable[[], Any]) -> _Work:
        now = self._clock.now()
        with self._lock:
            old = [
                each
                for each, work in self._under_way.items()
                if each != question and work.answer.done() and now - work.since > KEPT_FOR
            ]
            for each in old:
                del self._under_way[each]
            if question not in self._under_way:
                self._under_way[question] = _Work(self._pool.submit(work_out), now)
            return self._under_way[question]

    def _forget(self, question: Hashable, work: _Work) -> None:
        """What was answered within the first request is worked out anew by the next one."""
        with self._lock:
            if work.answer.done() and self._under_way.get(question) is work:
                del self._under_way[question]
