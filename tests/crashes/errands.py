"""What an administrator has done at the command line, and what may be damaged meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Column, Engine, event

from engine.store.tables import metadata
from tests.crashes.askers import TABLES_IN
from tests.crashes.clerk import UNEXPECTED, Answer, Clerk
from tests.crashes.unreadable import wrong_values

#: One row of these speaks for everything: a command may have to stop, and says which row it is.
SPEAK_FOR_ALL = {"account_log", "checkpoint", "superior_lanes", "work_calendar"}
_OF_LETTER = "--basis 1 --basis-date 2026-01-05 --reason surat"


@dataclass(frozen=True)
class Errand:
    """A command; {words} are things of the office."""

    command: str
    #: Whether it is about many things, of which a damaged one must not take the others with it.
    is_of_many: bool = True
    #: How often it is run: less often what takes long.
    tries: int = 2


ERRANDS = (
    Errand("verify --all", tries=4),
    Errand("reindex", tries=4),
    Errand("doctor"),
    Errand("migrate"),
    Errand("checkpoint"),
    Errand("retention"),
    Errand("personal list"),
    Errand("personal erasures"),
    Errand("personal reseal"),
    Errand(f"personal outlived {_OF_LETTER} --yes", is_of_many=False),
    Errand(f"personal erase --person {{person}} {_OF_LETTER} --yes", is_of_many=False),
    Errand("account list"),
    Errand("account log"),
    Errand("account unlock wakil", is_of_many=False),
    Errand("account deactivate wakil", is_of_many=False),
    Errand("account add baru --no-password --role staff --lane Bidang"),
    Errand("definitions --all-versions"),
    Errand("instances"),
    Errand("tasks --limit 0"),
    Errand("search 2026"),
    Errand("waiting"),
    Errand("kept list --state all"),
    Errand("substitution list --state all"),
    Errand("superiors list"),
    Errand("webhook list"),
    Errand("webhook deliveries"),
    Errand("contact list"),
    Errand("verify {instance}", is_of_many=False),
    Errand("verify --code {code}", is_of_many=False),
    Errand("reindex {instance}", is_of_many=False),
    Errand("history {instance}", is_of_many=False),
    Errand("replay {instance}", is_of_many=False),
    Errand("export history {instance} --documents -o {out}", is_of_many=False),
    Errand("export pdf {instance} {out}", is_of_many=False, tries=1),
    Errand("export log {out}.csv", is_of_many=False, tries=2),
    Errand("export akip --from 2026-01-01 --to 2026-12-31 --unverified {out}", False, tries=1),
    Errand("move revisi --from 1 --reason surat"),
    Errand("start isyarat"),
    Errand("signal AWAS"),
    Errand("message TANYA --all"),
)


class Round:
    """Errands in an office of which one value at a time is damaged."""

    def __init__(self, clerk: Clerk) -> None:
        self.clerk = clerk
        self._words = {
            "instance": clerk.paths["berkas"].rpartition("/")[2],
            "person": clerk.paths["data-pribadi"].rpartition("/")[2],
            "code": clerk.paths["kode"].rpartition("=")[2],
            "out": str(clerk.folder / "keluaran"),
        }
        self.usual: dict[Errand, Answer] = {}
        self.reads: dict[Errand, set[str]] = {}
        for errand in ERRANDS:
            with _noting_tables() as noted:
                self.usual[errand] = self._run(errand)
            self.reads[errand] = noted

    def tries(self, errand: Errand) -> Iterator[tuple[Column[object], str]]:
        """Values for columns that the errand reads: others for each errand, the same each time."""
        columns = [
            column
            for name in sorted(self.reads[errand])
            for column in metadata.tables[name].columns
            if wrong_values(column, "sqlite")
        ]
        place = ERRANDS.index(errand)
        # As far from one another as they can be; a prime number of steps between the values.
        step = max(1, len(columns) // errand.tries)
        chosen = chain(columns[place % step :: step], columns)
        for number, column in zip(range(errand.tries), chosen, strict=False):
            values = wrong_values(column, "sqlite")
            yield column, values[(7 * place + 3 * number) % len(values)]

    def fault_of(self, errand: Errand, column: Column[object], value: str) -> str | None:
        """What is wrong with how the command ends; None: nothing."""
        answer = self._run(errand, (column, value))
        told = f"{column} = {value}: {answer.code} {answer.err.strip()[-300:]}"
        if UNEXPECTED in answer.err or answer.code not in (0, 1, 2, 3, 5):
            return told
        if answer.code == self.usual[errand].code:
            return None
        if not answer.text.strip():
            return told
        is_told = answer.code == 1 or column.table.name in SPEAK_FOR_ALL
        return None if is_told or not errand.is_of_many else told

    def _run(self, errand: Errand, damage: tuple[Column[object], str] | None = None) -> Answer:
        self.clerk.renew()
        if damage is not None:
            self.clerk.damage(*damage)
        return self.clerk(*_filled(errand.command, self._words))


def _filled(command: str, words: Mapping[str, str]) -> list[str]:
    return [each.format(**words) for each in command.split()]


@contextmanager
def _noting_tables() -> Iterator[set[str]]:
    """The names of the tables that statements of any database meanwhile speak of."""
    noted: set[str] = set()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        noted.update(TABLES_IN.findall(statement))

    event.listen(Engine, "before_cursor_execute", note)
    yield noted
    event.remove(Engine, "before_cursor_execute", note)
