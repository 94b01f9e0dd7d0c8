"""What auditors and admins read of histories: recorded in the log of accounts, as logins are.

They see every history, whoever's work it tells of; so it is told what they looked at. Staff see the
histories that they take part in, and are not recorded: it costs them nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from engine.account_log import record
from engine.model import AccountEventKind, Actor, Json
from engine.permissions import sees_everything
from engine.sources import Clock
from engine.store import Store

#: Reading the same again is not recorded for so long: a page asks several times.
_PAUSE = timedelta(minutes=10)
#: Deeds that one process remembers.
_MOST = 10_000


class AccessLog:
    """Records reading. Before anything is given: who cannot be recorded reads nothing."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._noted: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()
        self._lock = Lock()

    def note(self, actor: Actor, kind: AccountEventKind, **what: Json) -> None:
        """It is recorded that the actor reads this, at most every 10 minutes in each process.

        what: ids. Not to be called within a transaction. Raises StorageError.
        """
        now = self._clock.now()
        key = (actor.account, str(kind), str(sorted(what.items())))
        if not sees_everything(actor) or self._is_noted(key, now):
            return
        with self._store.writing() as tx:
            record(tx, kind, actor.account, at=now, actor=actor, **what)
        with self._lock:
            self._noted[key] = now
            self._noted.move_to_end(key)
            while len(self._noted) > _MOST:
                self._noted.popitem(last=False)

    def _is_noted(self, key: tuple[str, str, str], now: datetime) -> bool:
        with self._lock:
            noted = self._noted.get(key)
        # A clock that was set back must not silence the log.
        return noted is not None and noted <= now < noted + _PAUSE
