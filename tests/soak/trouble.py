"""What goes wrong: processes killed and stopped, the database restarted, clocks that jump."""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from tests.soak.premises import Premises
from tests.soak.programs import Program

#: So much is done by clients between two troubles, on a machine that is slow too; but trouble does
#: not wait for it for longer than this.
_DEEDS, _PATIENCE_S = 5, 60.0
#: Longer than an external task is held in the soak, and than a client waits for an answer.
_LONG_STOP_S = 25.0


@dataclass
class Trouble:
    """Makes trouble at random moments until it is stopped. `pace`: seconds between, on average.

    `deeds`: how much clients have done by now.
    """

    premises: Premises
    programs: Sequence[Program]
    rng: random.Random
    stopped: threading.Event
    deeds: Callable[[], int]
    pace: float = 2.0
    done: Counter[str] = field(default_factory=Counter)
    #: What it could not do; it goes on with the next.
    failed: list[str] = field(default_factory=list)
    _seen: int = 0
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wait for what is under way; everything is up again afterwards."""
        self.stopped.set()
        if self._thread:
            self._thread.join()
        for program in self.programs:
            program.signal(signal.SIGCONT)

    def _run(self) -> None:
        while not self.stopped.wait(self.rng.expovariate(1 / self.pace)):
            self._let_work()
            kinds = self._kinds()
            [name] = self.rng.choices(list(kinds), [weight for weight, _ in kinds.values()])
            try:
                kinds[name][1](self.rng.choice(self.programs))
            except (OSError, subprocess.SubprocessError) as error:
                self.failed.append(f"trouble: {name}: {type(error).__name__}: {error}")
            self.done[name] += 1

    def _let_work(self) -> None:
        """What comes up slowly is not killed before it has done something."""
        enough, since = self._seen + _DEEDS, time.monotonic()
        while self.deeds() < enough and time.monotonic() < since + _PATIENCE_S:
            if self.stopped.wait(0.2):
                return
        self._seen = self.deeds()

    def _kinds(self) -> dict[str, tuple[float, Callable[[Program], None]]]:
        """Name -> how often beside the others, what it does."""
        found: dict[str, tuple[float, Callable[[Program], None]]] = {
            "kill -9": (10, lambda program: program.restart(signal.SIGKILL)),
            "kill -9 twice": (2, self._kill_at_start),
            "SIGTERM": (3, lambda program: program.restart(signal.SIGTERM)),
            "SIGSTOP for a moment": (3, lambda program: self._pause(program, 2)),
            "clock jumps": (3, lambda _: self._jump()),
        }
        if self.done["SIGSTOP for longer than leases"] * 60 < sum(self.done.values()):
            found["SIGSTOP for longer than leases"] = (
                1,
                lambda program: self._pause(program, _LONG_STOP_S),
            )
        if self.premises.cluster:
            found["backend terminated"] = (6, lambda _: self._terminate())
            found["PostgreSQL restarted"] = (1.5, lambda _: self._restart_database())
        return found

    def _kill_at_start(self, program: Program) -> None:
        """While it is coming up."""
        program.restart(signal.SIGKILL)
        self.stopped.wait(self.rng.uniform(0.1, 2))
        program.restart(signal.SIGKILL)

    def _pause(self, program: Program, seconds: float) -> None:
        program.signal(signal.SIGSTOP)
        self.stopped.wait(seconds)
        program.signal(signal.SIGCONT)

    def _jump(self) -> None:
        self.premises.set_clock(self.rng.choice([0, 0, 5, -5, 61, -3600, 130, 7200]))

    def _terminate(self) -> None:
        """Some of the database's connections are gone, whatever they were doing."""
        count = self.rng.randint(1, 6)
        with contextlib.suppress(psycopg.Error), self._connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                " ORDER BY random() LIMIT %s) AS some",
                [count],
            )

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self.premises.url, autocommit=True, connect_timeout=5)

    def _restart_database(self) -> None:
        assert self.premises.cluster
        self.premises.cluster.kill()
        self.stopped.wait(self.rng.uniform(0, 3))
        self.premises.cluster.start()
