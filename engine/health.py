"""How this installation is doing: its checks of itself, its figures, the pulse of its duties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from engine.backup_folder import BackupFolder
from engine.checkpoints import AT_LEAST_EVERY, Checkpoints
from engine.errors import EngineError
from engine.model import Check, Figures, WrittenSteps
from engine.sources import Clock
from engine.store import Store

#: How often a worker writes down that it lives.
PULSE = timedelta(seconds=30)
#: A duty that nobody did for so long is failing; its longest rest is a minute.
_SILENCE = timedelta(minutes=3)
#: What was done later than now, by more than the clocks of machines differ, is no sign of life.
_AHEAD = timedelta(minutes=5)
#: After so long its name is one of a former version.
_FORGOTTEN = timedelta(days=7)
#: One is made a day at least.
_OLDEST_CHECKPOINT = AT_LEAST_EVERY + timedelta(hours=2)
#: One is made a day, and takes its time.
_OLDEST_BACKUP = timedelta(hours=26)
#: What a damaged log that is kept beside the database means.
DAMAGED_LOG = (
    "the log of the database was damaged when it was opened, and work behind the damage that had "
    "been committed was passed over: steps that were acknowledged may be missing"
)
#: Damaged rows that are named; the log has them all.
_NAMED = 20
#: Less free space than this is a failure: a step must still be kept, and the log of the database.
MIN_FREE_BYTES = 200 * 1024 * 1024


class Health:
    """Questions of those who run Alur. No check raises: what it meets is its answer."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        checkpoints: Checkpoints | None = None,
        *,
        backups: BackupFolder | None = None,
    ) -> None:
        self._store = store
        self._checkpoints = checkpoints
        self._backups = backups
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    # -------------------------------------------------------------------- checks

    def readiness(self) -> tuple[Check, ...]:
        """Whether requests can be served: the database with its schema, and room on its disk."""
        return (_check("database", self._look_at_database), _check("disk", self._look_at_disk))

    def checks(self) -> tuple[Check, ...]:
        """Readiness, the duties of workers, damaged rows, and whether checkpoints are made."""
        ready = self.readiness()
        if not ready[0].is_well:
            return ready
        proof = self._checkpoints is not None and self._checkpoints.outside is not None
        return (
            *ready,
            *self._duties(),
            _check("rows", self._look_at_rows),
            *self._damaged_logs(),
            *((_check("checkpoints", self._look_at_checkpoints),) if proof else ()),
            *self.backup_check(),
        )

    def backup_check(self) -> tuple[Check, ...]:
        """Whether the newest backup is old; nothing where no folder of backups is named."""
        if self._backups is None:
            return ()
        return (_check("backups", partial(self._look_at_backups, self._backups)),)

    def _look_at_database(self) -> tuple[bool, str]:
        self._store.check_schema()
        return True, f"{self._store.dialect} answers, with the schema of this version"

    def _look_at_disk(self) -> tuple[bool, str]:
        free = self._store.free_bytes()
        if free is None:
            return True, "the database has no disk of this machine"
        wanted = MIN_FREE_BYTES // 2**20
        return free >= MIN_FREE_BYTES, f"{free // 2**20} MiB are free; at least {wanted} are needed"

    def _look_at_rows(self) -> tuple[bool, str]:
        damaged = self._store.quarantine.rows
        if not damaged:
            return True, "this process has met no row that it cannot read"
        more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
        return False, f"cannot be read and left out: {'; '.join(damaged[:_NAMED])}{more}"

    def _damaged_logs(self) -> tuple[Check, ...]:
        """Nothing as long as there is none."""
        return tuple(
            Check("log", is_well=False, message=f"{kept}: {DAMAGED_LOG}")
            for kept in self._store.damaged_logs()
        )

    def _look_at_checkpoints(self) -> tuple[bool, str]:
        standing = self._checkpoints.standing() if self._checkpoints else None
        if standing is None or standing.at is None:
            return False, "no checkpoint was made yet; a worker makes the first one"
        if not standing.is_copied:
            return False, f"checkpoint {standing.number} is not in its folder"
        age = self._clock.now() - standing.at
        return (
            -_AHEAD < age < _OLDEST_CHECKPOINT,
            f"checkpoint {standing.number} was made {_ago(age)}",
        )

    def _look_at_backups(self, folder: BackupFolder) -> tuple[bool, str]:
        newest = next(iter(folder.backups()), None)
        if newest is None:
            return False, f"{folder.path}: there is no backup"
        if newest.is_damaged:
            sound = next((each.file.name for each in folder.backups() if not each.is_damaged), None)
            said = f"the database was damaged when {newest.file.name} was made of it"
            return False, f"{said}; the newest backup without damage: {sound or 'there is none'}"
        age = self._clock.now() - newest.made_at
        said = f"the newest backup, {newest.file.name}, was made {_ago(age)}"
        return -_AHEAD < age < _OLDEST_BACKUP, said

    def _duties(self) -> tuple[Check, ...]:
        now = self._clock.now()
        try:
            with self._store.reading() as tx:
                pulses = tx.duty_pulses()
        except EngineError as error:
            return (Check("worker", is_well=False, message=str(error)),)
        known = {duty: at for duty, at in pulses.items() if now - at < _FORGOTTEN}
        if not known:
            return (Check("worker", is_well=False, message="no worker has run for a week"),)
        return tuple(_duty(duty, now - at) for duty, at in known.items())

    # --------------------------------------------------------------------- pulse

    def note_pulse(self, duty: str) -> None:
        """A worker of this process did the duty; written down once in PULSE."""
        now, before = self._clock.now(), self._noted.get(duty)
        # A clock that was set back must not silence the pulse.
        if before is not None and before <= now < before + PULSE:
            return
        with self._store.writing() as tx:
            tx.note_pulse(duty, now)
        self._noted[duty] = now

    # ------------------------------------------------------------------- figures

    def figures(self) -> tuple[Figures, datetime]:
        """What there is to do, and at which moment."""
        now = self._clock.now()
        with self._store.reading() as tx:
            return tx.figures(now), now

    def watch_steps(self, watcher: Callable[[WrittenSteps], None]) -> None:
        """Tell the watcher of every transaction with steps of this process, after it is kept."""
        self._store.watch_steps(watcher)


def _check(name: str, look: Callable[[], tuple[bool, str]]) -> Check:
    try:
        is_well, message = look()
    except (EngineError, OSError) as error:
        return Check(name, is_well=False, message=str(error))
    return Check(name, is_well=is_well, message=message)


def _duty(duty: str, silence: timedelta) -> Check:
    return Check(f"duty {duty}", -_AHEAD < silence < _SILENCE, f"last done {_ago(silence)}")


def _ago(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if age < -_AHEAD:
        return f"{-seconds} seconds from now: the clock was, or is, wrong"
    return f"{max(0, seconds)} seconds ago"
