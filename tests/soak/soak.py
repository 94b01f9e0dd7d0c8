"""The whole soak: programs, clients and trouble for some minutes; then everything is judged."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.soak import judge
from tests.soak.caller import Caller
from tests.soak.hands import Staff, onward
from tests.soak.ledger import Ledger
from tests.soak.others import Admin, Analyst, Keeper, Reader, Robot
from tests.soak.premises import ADMIN, Premises, free_port, premises
from tests.soak.programs import Program
from tests.soak.receiver import Receiver, receiving
from tests.soak.records import Records
from tests.soak.trouble import Trouble

_ROOT = Path(__file__).resolve().parents[2]
#: Later than any clock of the load was.
_LATER_S = 7_300
_DAY_S = 86_400
#: Nothing was done for so long, and waits still: it waits for ever.
_STANDSTILL_S = 60.0
#: How long programs may take to come up, on a machine that does much else.
_COMING_UP_S = 240.0


@dataclass
class Report:
    """What was done and what was found. `faults` empty: all is as it should be."""

    database: str
    seed: int
    seconds: float = 0.0
    troubles: Counter[str] = field(default_factory=Counter)
    deeds: dict[str, Counter[str]] = field(default_factory=dict)
    ends: dict[str, Counter[str]] = field(default_factory=dict)
    events: int = 0
    instances: Counter[str] = field(default_factory=Counter)
    deliveries: int = 0
    backups: Counter[str] = field(default_factory=Counter)
    #: Program -> (most MiB of memory, most open files).
    sizes: dict[str, tuple[float, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass
class Soak:
    """One soak on its way."""

    place: Premises
    receiver: Receiver
    seed: int
    say: Callable[[str], object]
    ledger: Ledger = field(default_factory=Ledger)
    programs: list[Program] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    #: Set while clients may work; and when they are to go home.
    open: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)
    origins: list[str] = field(default_factory=list)
    _at_work: int = 0
    _changed: threading.Condition = field(default_factory=threading.Condition)

    # --------------------------------------------------------------- programs

    def start_programs(self) -> None:
        """One server and two workers; on PostgreSQL three servers, one of which works too."""
        servers = 3 if self.place.cluster else 1
        for number in range(servers):
            port = free_port()
            self.origins.append(f"http://127.0.0.1:{port}")
            words = ["serve", "--port", str(port)] + ["--no-worker"] * (number != 2)
            self._add(f"serve-{number}", *words)
        for number in range(2):
            self._add(f"worker-{number}", "worker")
        for program in self.programs:
            program.start()
        self.wait_until_up()

    def _add(self, name: str, *words: str) -> None:
        log = self.place.folder / f"{name}.log"
        self.programs.append(Program(name, words, self.place.environ(), log))

    def wait_until_up(self) -> None:
        """Every server answers, every program is there."""
        waiting = threading.Event()
        until = time.monotonic() + _COMING_UP_S
        for program in self.programs:
            program.revive()
        for origin in self.origins:
            caller = self.caller("auditor", origin=origin)
            while caller.get("/process-instance/count") is None:
                assert time.monotonic() < until, f"{origin} does not come up again"
                waiting.wait(0.2)

    def measure(self) -> None:
        """Sizes of all programs, each few seconds, until the end."""
        while not self.closed.wait(2):
            for program in self.programs:
                program.life.measure()

    # ---------------------------------------------------------------- clients

    def caller(self, account: str, *, origin: str = "", number: int = 0) -> Caller:
        return Caller(
            account,
            self.place.tokens[account],
            [origin] if origin else self.origins,
            self.ledger,
            random.Random(f"{self.seed} {account} {number}"),
            self.closed,
        )

    def hands(self) -> list[Any]:
        """Everybody of the load."""
        staff = [Staff(self.caller(name)) for name in self.place.staff]
        self.keeper = Keeper(self.caller("admin", number=1), self.place, self.place.folder)
        readers = [Reader(self.caller(name, number=2)) for name in ("kadis1", "auditor", "admin")]
        return [
            *staff,
            *readers,
            *(Robot(self.caller("robot", number=n), self.place) for n in range(2)),
            Analyst(self.caller("analis")),
            Admin(self.caller("admin")),
            self.keeper,
        ]

    def work(self, hand: Any) -> None:
        """Its turns, as long as it is open; in a thread of its own."""
        while not self.closed.is_set():
            self.open.wait(0.5)
            with self._counted() as may:
                if not may:
                    continue
                try:
                    hand.turn()
                except Exception as error:  # noqa: BLE001 - a client that dies would hide the rest
                    self.ledger.fault(f"{type(hand).__name__}: {type(error).__name__}: {error}")

    @contextmanager
    def _counted(self) -> Iterator[bool]:
        with self._changed:
            may = self.open.is_set() and not self.closed.is_set()
            self._at_work += may
        yield may
        with self._changed:
            self._at_work -= may
            self._changed.notify_all()

    def pause(self) -> None:
        """Nobody begins anything new; wait until all have their answers."""
        self.open.clear()
        with self._changed:
            assert self._changed.wait_for(lambda: self._at_work == 0, timeout=600)

    # ----------------------------------------------------------------- judging

    def alur(self, *words: str, url: str = "") -> None:
        """Do a command; that it ends otherwise than well is a fault, with what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak.child", *words],
            cwd=_ROOT,
            env=self.place.environ(url),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()
            self.faults.append(f"alur {' '.join(words)}: {done.returncode} {said[:1500]}")

    def look(self, when: str) -> Records:
        """Everything that can be judged at any moment at which nobody asks for anything."""
        began = time.monotonic()
        self.alur("verify", "--all")
        records = Records.read(self.place.url)
        found = [*judge.lost_or_doubled(self.ledger, records), *judge.done_twice(records)]
        for each in found:
            self.say(f"{when}: {each}")
        self.faults += [f"{when}: {each}" for each in found]
        self.say(
            f"{when}: {len(records.states)} instances, {len(records.rows)} events,"
            f" {len(self.ledger.deeds)} deeds, {len(found)} wrong"
            f" ({time.monotonic() - began:.0f} s)"
        )
        return records

    def drive_to_the_ends(self) -> None:
        """Without trouble every instance comes to its end, however slow the machine is."""
        desks = [Staff(self.caller(name, number=3), most_running=0) for name in self.place.staff]
        robot = Robot(self.caller("robot", number=3), self.place)
        admin = self.caller("auditor", number=3)
        for desk in desks:
            desk.choose = onward  # type: ignore[method-assign]
        done = threading.Event()

        def drive(desk: Staff) -> None:
            while not done.is_set():
                (task := desk.some_task()) and desk.complete(task)
                task or done.wait(0.3)

        threads = [threading.Thread(target=drive, args=(desk,), daemon=True) for desk in desks]
        for thread in threads:
            thread.start()
        moved, last = time.monotonic(), -1
        while time.monotonic() < moved + _STANDSTILL_S:
            robot.turn()
            left = admin.get("/process-instance/count")
            if left is not None and left["count"] == 0:
                break
            if (now := self.ledger.done("complete", "external", "message")) != last:
                moved, last = time.monotonic(), now
        done.set()
        for thread in threads:
            thread.join()
        for each in admin.get("/process-instance", maxResults=50) or []:
            tasks = admin.get("/task", processInstanceId=each["id"])
            self.faults.append(f"does not come to its end: {each} with {tasks}")

    def drain(self) -> None:
        """Everything is delivered, by a clock that goes on to each next try."""
        self.receiver.is_failing = False
        admin = self.caller("admin", number=4)
        moved, last, wrong = time.monotonic(), None, _LATER_S
        while time.monotonic() < moved + _STANDSTILL_S:
            # In this order: what leaves the outbox is pending from then on.
            waiting = Records.read(self.place.url).announcements
            left = admin.get("/delivery/count", state="pending")
            if left is not None and left["count"] == 0 and waiting == 0:
                return
            if (waiting, left) != last:
                moved, last = time.monotonic(), (waiting, left)
            wrong += _DAY_S // 2
            self.place.set_clock(wrong)
            threading.Event().wait(5)
        self.faults.append(f"deliveries that do not end: {left}")

    def compare_search(self, before: Records) -> None:
        """The index says what history says."""
        self.alur("reindex")
        after = Records.read(self.place.url)
        for instance in sorted(before.words.keys() | after.words.keys()):
            was, now = before.words.get(instance, set()), after.words.get(instance, set())
            if was != now:
                changed = f"takes away {sorted(was - now)}, adds {sorted(now - was)}"
                self.faults.append(f"search of {instance}: reindex {changed}")

    def judge_backup(self) -> None:
        """The last backup that was acknowledged is whole: it is restored, and verified."""
        self.faults += [f"backup: {each}" for each in self.keeper.failed if not _is_away(each)]
        for file in [each for each in self.keeper.made if each.exists()][-1:]:
            url = f"sqlite:///{self.place.folder / 'restored.db'}"
            # Its checkpoints are those of the moment; the folder's later ones are another matter.
            self.alur("restore", str(file), "--unverified", url=url)
            with self.place.engine(url) as engine:
                for each in engine.history.verify_all(actor=ADMIN):
                    self.faults += [f"backup: {fault}" for fault in each.faults]

    def judge_programs(self) -> None:
        """They end when they are told to, wrote nothing unexpected, and did not grow."""
        for program in self.programs:
            code = program.stop()
            if code != 0:
                self.faults.append(f"{program.name}: SIGTERM gives {code}")
            if late := program.ends["does not end"]:
                self.faults.append(
                    f"{program.name}: {late} x it did not end by SIGTERM; see its log"
                )
            self.faults += program.tracebacks() + program.growth()


def _is_away(said: str) -> bool:
    return any(word in said for word in ("Storage", "storage", "database", "connection"))


def run(
    database: str,
    *,
    seconds: float,
    seed: int,
    folder: Path,
    say: Callable[[str], object] = lambda _line: None,
    looks: int = 3,
    pace: float = 4.0,
) -> Report:
    """Soak a new database in the folder. looks: pauses in which everything is judged."""
    rng = random.Random(seed)
    report, began = Report(database, seed), time.monotonic()
    with premises(database, folder) as place, receiving(random.Random(f"{seed} r")) as receiver:
        place.prepare(receiver.url)
        soak = Soak(place, receiver, seed, say)
        try:
            soak.start_programs()
            _load(soak, seconds, rng, looks, pace, report)
            _end(soak, report)
        finally:
            soak.closed.set()
            for program in (each for each in soak.programs if each.lives):
                program.signal(signal.SIGCONT)
                program.signal(signal.SIGKILL)
        _sum_up(soak, report)
    report.seconds = time.monotonic() - began
    return report


def _load(
    soak: Soak,
    seconds: float,
    rng: random.Random,
    looks: int,
    pace: float,
    report: Report,
) -> None:
    threads = [threading.Thread(target=soak.work, args=(hand,)) for hand in soak.hands()]
    threads.append(threading.Thread(target=soak.measure))
    for thread in threads:
        thread.daemon = True
        thread.start()
    for number in range(looks):
        trouble = Trouble(
            soak.place,
            soak.programs,
            random.Random(rng.random()),
            threading.Event(),
            lambda: len(soak.ledger.deeds),
            pace,
        )
        soak.open.set()
        trouble.begin()
        threading.Event().wait(seconds / looks)
        soak.pause()  # the trouble goes on until the last has an answer
        trouble.end()
        report.troubles.update(trouble.done)
        soak.faults += trouble.failed
        soak.wait_until_up()
        soak.look(f"look {number + 1} of {looks}")


def _end(soak: Soak, report: Report) -> None:
    soak.place.set_clock(_LATER_S)
    soak.drive_to_the_ends()
    soak.drain()
    records = soak.look("in the end")
    soak.faults += judge.undelivered(soak.receiver, records)
    soak.compare_search(records)
    soak.judge_backup()
    soak.closed.set()
    soak.judge_programs()
    report.events, report.instances = len(records.rows), Counter(records.states.values())


def _sum_up(soak: Soak, report: Report) -> None:
    report.deeds = soak.ledger.counts()
    report.ends = {program.name: program.ends for program in soak.programs}
    report.deliveries = len(soak.receiver.taken)
    keeper = soak.keeper
    report.backups = Counter(made=len(keeper.made), killed=keeper.killed, failed=len(keeper.failed))
    for program in soak.programs:
        sizes = [size for life in program.lives for size in life.sizes] or [(0, 0, 0)]
        report.sizes[program.name] = (max(m for _, m, _ in sizes), max(f for *_, f in sizes))
    report.faults = [*soak.ledger.faults, *soak.faults]
    soak.place.folder.joinpath("answers.txt").write_text(
        "\n".join(f"{n:6} {what}: {how}" for (what, how), n in soak.ledger.answers.most_common())
    )
