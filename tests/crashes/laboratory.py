"""A full office in which one value at a time is damaged while somebody asks for a page or a list.

Every column of every table is tried with every value of `unreadable.py`. Each try asks one of the
pages and lists that read the table, the next try asks the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table

from engine.store import Store
from engine.store.tables import metadata
from tests.crashes.askers import Askers, Question, noting_tables
from tests.crashes.damages import Damages
from tests.crashes.full_office import FullOffice, full_office
from tests.crashes.unreadable import lay_open, wrong_values

TABLES = sorted(metadata.tables)
#: One row of these speaks for everything, or figures add all of them up: who asks is told so.
SPEAK_FOR_ALL = {"superior_lanes", "checkpoint", "instance_time", "task_time", "personal_key"} | {
    *("tallied_span", "task_tally", "instance_tally", "spread_tally")
}


@dataclass
class Laboratory:
    """A full office whose rows are damaged one by one, and mended again."""

    full: FullOffice
    askers: Askers
    #: Each question that is answered as long as all is sound, and which tables it reads.
    reads: dict[Question, set[str]] = field(default_factory=dict)
    #: By table the questions that take long and are asked once, when a value of it is damaged.
    once: dict[str, list[Question]] = field(default_factory=dict)
    damages: Damages = field(init=False)
    _turns: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        instance_id = self.full.paths["berkas"].rpartition("/")[2]
        self.damages = Damages(self.full.office.store, instance_id)

    def look(self) -> None:
        """Ask everything once; what is not given now says nothing later."""
        for question in self.askers.questions(self._places()):
            with noting_tables(self.full.office.store) as noted:
                answer = self.askers.ask(question)
            assert answer.is_honest, f"{question}: {answer.status} {answer.errors}"
            if answer.status == 200:
                self.reads[question] = noted
        for question in [each for each in self.reads if each.takes_long]:
            # That of which the fewest others tell.
            table = min(sorted(self.reads[question]), key=lambda name: len(self._readers(name)))
            self.once.setdefault(table, []).append(question)

    def next_of(self, table: Table) -> Question | None:
        """One of the questions that read the table, each in its turn."""
        if self.once.get(table.name):
            return self.once[table.name].pop()
        its = self._readers(table.name)
        its = [each for each in its if not each.takes_long] or its
        return its[next(self._turns) % len(its)] if its else None

    def _readers(self, name: str) -> list[Question]:
        return [each for each, tables in self.reads.items() if name in tables]

    def damaged(self, column: Column[Any], value: str) -> AbstractContextManager[None]:
        """The value stands there meanwhile, in the row of the story or of who is away."""
        return self.damages.at(column, value)

    def _places(self) -> dict[str, str]:
        """What stands for `<...>` in the addresses of the API: things of the story."""
        paths = self.full.paths
        instance = paths["berkas"].rpartition("/")[2]
        ask, keys = self.damages.run, {
            "delivery_id": "delivery", "deployment_id": "deployment",
            "subscription_id": "webhook_subscription", "external_task_id": "external_task",
            "kept_id": "kept_message", "substitution_id": "substitution", "person": "personal_key",
            "erasure_id": "erasure", "number": "checkpoint",
        }  # fmt: skip
        of_instance = {"definition_id": "definition_id", "key": "definition_key"}
        its = f"FROM process_instance WHERE instance_id = '{instance}'"
        document = f"SELECT document_id FROM document WHERE instance_id = '{instance}'"
        visit = (
            f"SELECT activity_instance_id FROM history_event WHERE instance_id = '{instance}' "
            "AND kind = 'activity_completed'"
        )
        updated = (
            "SELECT instance_id || '.' || sequence || '.' || name FROM variable_update "
            f"WHERE instance_id = '{instance}'"
        )
        resource = (
            "SELECT resource_id FROM resource JOIN deployment USING (deployment_id) "
            "WHERE deployment_id = (SELECT deployment_id FROM deployment LIMIT 1)"
        )
        return {
            "instance_id": instance,
            "execution_id": instance,
            "task_id": paths["tugas"].rpartition("/")[2],
            "account": "kadis",
            "code": paths["kode"].rpartition("=")[2],
            "name": "periode_tahun",
            "comment_id": "x",
            "attachment_id": str(ask(document)[0]),
            "document_id": str(ask(document)[0]),
            "visit_id": str(ask(visit)[0]),
            "variable_id": str(ask(updated)[0]),
            "detail_id": str(ask(updated)[0]),
            "resource_id": str(ask(resource)[0]),
            **{word: str(ask(f"SELECT {of} {its}")[0]) for word, of in of_instance.items()},
            **{
                word: str(ask(f"SELECT {word} FROM {of} WHERE {word} IS NOT NULL LIMIT 1")[0])
                for word, of in keys.items()
            },
        }


def laboratory_over(store: Store, folder: Path) -> Laboratory:
    full = full_office(store, folder)
    lay_open(store)
    made = Laboratory(full, Askers(full))
    made.look()
    return made


def faults_of(laboratory: Laboratory, table: Table) -> list[str]:
    """Each value that was not answered as it must be, and how."""
    dialect = laboratory.full.office.store.dialect
    return [
        f"{column} = {value}: {fault}"
        for column in table.columns
        for value in wrong_values(column, dialect)
        if (fault := fault_of(laboratory, column, value))
    ]


def fault_of(laboratory: Laboratory, column: Column[Any], value: str) -> str | None:
    """What is wrong with the answer to the next question; None: nothing."""
    question = laboratory.next_of(column.table)
    return None if question is None else fault_at(question, laboratory, column, value)


def fault_at(
    question: Question, laboratory: Laboratory, column: Column[Any], value: str
) -> str | None:
    """The same of the answer to this question."""
    with laboratory.damaged(column, value):
        answer = laboratory.askers.ask(question)
    told = f"{question}: {answer.status} {[f'{type(e).__name__}: {e}' for e in answer.errors]}"
    if not answer.is_honest:
        return told
    is_given = answer.status == 200 or column.table.name in SPEAK_FOR_ALL
    return None if is_given or not question.is_of_many else told
