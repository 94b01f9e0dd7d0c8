"""The programs of the soak: `alur serve` and `alur worker`, killed and started again, measured."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.store.connection import MAX_CONNECTIONS

#: Files of all connections that a process may have to a SQLite, each with its log and its index of
#: that: it opens them as it needs them.
_OF_CONNECTIONS = 3 * MAX_CONNECTIONS

_ROOT = Path(__file__).resolve().parents[2]
#: How long one that was told to end may take; what it does is short, but the machine is slow.
FAREWELL_S = 60.0
_TRACEBACK = "Traceback (most recent call last):"
#: The last line of a traceback: the error's name, indented as the log does.
_ERROR = re.compile(r"^ *([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Timeout)?)(?::|$)")
#: What stands between an error and the one that it led to.
_LED_TO = re.compile(r"\s*(The above exception was the direct cause|During handling of the above)")


@dataclass
class Life:
    """One process from its start to its end."""

    process: subprocess.Popen[bytes]
    begun: float = field(default_factory=time.monotonic)
    #: (seconds since its start, MiB of memory, open files).
    sizes: list[tuple[float, float, int]] = field(default_factory=list)

    def measure(self) -> None:
        place = Path(f"/proc/{self.process.pid}")
        with contextlib.suppress(OSError, StopIteration):
            lines = (place / "status").read_text().splitlines()
            memory = next(int(each.split()[1]) / 1024 for each in lines if each[:6] == "VmRSS:")
            files = len(list((place / "fd").iterdir()))
            self.sizes.append((time.monotonic() - self.begun, memory, files))


@dataclass
class Program:
    """One of the programs; it is always up, but for moments."""

    name: str
    words: tuple[str, ...]
    environ: Mapping[str, str]
    log: Path
    lives: list[Life] = field(default_factory=list)
    #: What ended it -> how often.
    ends: Counter[str] = field(default_factory=Counter)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def life(self) -> Life:
        return self.lives[-1]

    def start(self) -> None:
        with self._lock, self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.child", *self.words],
                cwd=_ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            self.lives.append(Life(process))

    def signal(self, number: signal.Signals) -> None:
        if self.life.process.poll() is None:
            os.kill(self.life.process.pid, number)

    def restart(self, number: signal.Signals) -> None:
        """End it so, wait for its end, and start it again."""
        with self._lock:
            was_up = self.life.process.poll() is None
            self.signal(number)
            self.ends[number.name if was_up else "by itself"] += 1
            self._see_the_end()
            self.start()

    def _see_the_end(self) -> None:
        """Wait for it; who does not end when told to says where it is, and is killed."""
        try:
            self.life.process.wait(timeout=FAREWELL_S)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGUSR1)
            self.ends["does not end"] += 1
            threading.Event().wait(2)
            self.life.process.kill()
            self.life.process.wait()

    def is_up(self) -> bool:
        return self.life.process.poll() is None

    def revive(self) -> bool:
        """Start it when it ended by itself; whether it had."""
        with self._lock:
            if self.is_up():
                return False
            self.ends[f"by itself: {self.life.process.returncode}"] += 1
            self.start()
            return True

    def stop(self) -> int:
        """As an operator does; its exit code."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self._see_the_end()
        return self.life.process.wait()

    # --------------------------------------------------------------- what is seen

    def tracebacks(self) -> list[str]:
        """The error that each traceback of the log ends with.

        A database that is away or held has none: what the log says of that is enough.
        """
        return [f"{self.name}: {each}" for each in traced_errors(self.log)]

    def growth(self, *, after_s: float = 60) -> list[str]:
        """What grew without a bound in its longer lives."""
        found = []
        for life in self.lives:
            settled = [each for each in life.sizes if each[0] >= after_s]
            if len(settled) < 20:
                continue
            quarter = len(settled) // 4
            early, late = settled[:quarter], settled[-quarter:]
            memory = (min(m for _, m, _ in early), min(m for _, m, _ in late))
            files = (min(f for *_, f in early), min(f for *_, f in late))
            lasted = f"{life.sizes[-1][0]:.0f} s"
            if memory[1] > 1.5 * memory[0] + 50:
                found.append(f"{self.name}: {memory[0]:.0f} to {memory[1]:.0f} MiB in {lasted}")
            if files[1] > files[0] + _OF_CONNECTIONS + 15:
                found.append(f"{self.name}: {files[0]} to {files[1]} open files in {lasted}")
        return found


def traced_errors(log: Path) -> list[str]:
    """The last error of each traceback; those that led to it are not told apart."""
    lines = log.read_text("utf-8", "replace").splitlines()
    found: list[str] = []
    for number, text in enumerate(lines):
        if _TRACEBACK not in text:
            continue
        if any(_LED_TO.match(each) for each in lines[max(0, number - 2) : number]):
            found.pop()
        block = lines[number + 1 : number + 400]
        last = next((each for each in block if _is_error(each, text)), "?")
        found.append(last.strip()[:300])
    return found


def _is_error(text: str, first: str) -> bool:
    """Whether this line ends the traceback that begins so: as far in, and it names an error."""
    indent = len(first) - len(first.lstrip())
    return len(text) - len(text.lstrip()) == indent and bool(_ERROR.match(text))
