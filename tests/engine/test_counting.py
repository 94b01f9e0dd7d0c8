"""Counts of work: pages say the same with them and without, whatever has happened since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import text

from engine.model import Actor, InstanceState, UserTask
from engine.queries import InstanceQuery, OverviewQuery, TaskQuery, TaskScope
from engine.store import StoreTransaction
from tests.diagrams import end, line, parallel, process, start, user
from tests.engine.moving import move
from tests.engine.test_verify import tamper
from tests.office import ADMIN, AUDITOR, Office

#: Two steps at once that are due, then one that is not; and one that is offered to people by name.
_SOPS = {
    "surat": process(
        start(), parallel("p"), user("a"), user("b"), parallel("j"), user("c"), end(),
        line("s", "p", "a", "j", "c", "e"), line("p", "b", "j"),
        key="surat", lanes={"Bidang": ["s", "p", "a", "j"], "Kadis": ["b", "c", "e"]},
    ).replace('id="a"', 'id="a" camunda:dueDate="PT3H"')
    .replace('id="b"', 'id="b" camunda:dueDate="PT30H"'),
    "lain": process(
        start(), user("a"), user("f"), end(), line("s", "a", "f", "e"),
        key="lain", lanes={"Sekretaris": ["s", "a", "f", "e"]},
    ).replace('id="a"', 'id="a" camunda:candidateUsers="kadis" camunda:dueDate="PT9H"'),
}  # fmt: skip
_LANES = ("Bidang", "Kadis", "Sekretaris")
Rows = list[tuple[Any, ...]]


class _Undone(Exception):
    """So that a transaction keeps nothing."""


def queries() -> list[OverviewQuery]:
    ours = {"visible_to_lanes": frozenset({"Kadis"}), "visible_to_account": "kadis"}
    nobody = {"visible_to_lanes": frozenset({"Bidang"}), "visible_to_account": "sekretaris"}
    of_sop = {"definition_key": "surat"}
    return [OverviewQuery(**each) for each in ({}, ours, nobody, of_sop, {**ours, **of_sop})]


def told(tx: StoreTransaction, now: datetime) -> list[object]:
    """Everything that is counted, for all kinds of people."""
    found: list[object] = []
    for query in queries():
        found += [
            _work(tx, query, now),
            sorted((each.definition_id, each.number) for each in tx.running_instances(query)),
            tx.late_by_definition(query, now),
            [
                (each.instance.instance_id, each.since, each.number)
                for limit in (2, 50)
                for each in tx.late_instances(query, now, limit)
            ],
            tx.count_instances(
                InstanceQuery(
                    states=frozenset({InstanceState.ACTIVE}),
                    definition_key=query.definition_key,
                    visible_to_lanes=query.visible_to_lanes,
                    visible_to_account=query.visible_to_account,
                )
            ),
        ]
    for key in (None, "surat", "tiada"):
        found += [tx.count_tasks(each) for each in _of_tasks(key)]
    return found


def _work(tx: StoreTransaction, query: OverviewQuery, now: datetime) -> Rows:
    """By definition and lane."""
    return sorted((astuple(each) for each in tx.open_work(query, now)), key=str)


def _of_tasks(key: str | None) -> list[TaskQuery]:
    scope = TaskScope("kadis", frozenset({"Kadis", "Bidang"}))
    offered: dict[str, Any] = {"candidate_user": "kadis", "candidate_groups": ("Kadis",)}
    return [
        TaskQuery(definition_key=key, **each)
        for each in (
            {},
            {"visible_to": scope},
            {"visible_to": scope, **offered},
            {"visible_to": scope, "include_assigned": True, **offered},
            {"visible_to": scope, "assignee": "kadis"},
        )
    ]


def assert_counted_right(office: Office) -> None:
    with pytest.raises(_Undone):
        _compare(office)
    assert list(office.engine.counting.faults(actor=AUDITOR)) == []


def _compare(office: Office) -> None:
    """Ask with counts, and without; then undo that there are none."""
    now = office.clock.now()
    with office.store.writing() as tx:
        assert tx.counted() is not None
        by_counts = told(tx, now)
        tx.forget_counts()
        assert tx.counted() is None
        assert by_counts == told(tx, now)
        raise _Undone


def count(office: Office) -> int:
    office.clock.advance(seconds=6)
    return office.engine.counting.turn(lambda: False)


class Day:
    """What people do, at random."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.random = office, Random(seed)
        self.versions = {key: office.deploy(each) for key, each in _SOPS.items()}

    def go_on(self) -> None:
        """One thing more."""
        deeds: list[tuple[int, Callable[[], object]]] = [
            (9, self._start),
            (6, self._complete),
            (3, self._claim),
            (1, self._unclaim),
            (2, self._cancel),
            (1, self._move),
            (2, self._put_off),
            (4, lambda: self.office.clock.advance(hours=self.random.choice((0.01, 1, 7)))),
        ]
        self.random.choices([each for _, each in deeds], [weight for weight, _ in deeds])[0]()

    def _start(self) -> None:
        definition = self.versions[self.random.choice(list(_SOPS))]
        # Whoever it is: who started an instance sees it, though their lanes take no part.
        starter = self.random.choice(_LANES).lower()
        self.office.start(definition, replace(ADMIN, account=starter))

    def _tasks(self) -> list[UserTask]:
        with self.office.store.reading() as tx:
            return sorted(tx.tasks(TaskQuery()), key=lambda each: each.task_id)

    def _task(self) -> UserTask | None:
        return self.random.choice([*self._tasks()] or [None])

    def _worker(self, task: UserTask) -> Actor:
        return self.office.people["Kadis" if task.candidate_users else task.lane or ""]

    def _complete(self) -> None:
        if task := self._task():
            self.office.engine.tasks.complete(task.task_id, {}, actor=self._worker(task))

    def _claim(self) -> None:
        if (task := self._task()) and task.assignee is None:
            self.office.engine.tasks.claim(task.task_id, actor=self._worker(task))

    def _unclaim(self) -> None:
        if held := [each for each in self._tasks() if each.assignee]:
            task = self.random.choice(held)
            self.office.engine.tasks.unclaim(task.task_id, actor=self._worker(task))

    def _cancel(self) -> None:
        if task := self._task():
            self.office.engine.instances.cancel(task.instance_id, reason="salah", actor=ADMIN)

    def _move(self) -> None:
        if task := self._task():
            key = task.definition_key
            content = _SOPS[key].replace('id="s"', f'id="s" name="{self.random.random()}"')
            move(self.office, task.instance_id, content)

    def _put_off(self) -> None:
        if task := self._task():
            due_at = self.office.clock.now() + timedelta(hours=self.random.randint(-9, 9))
            self.office.engine.task_changes.change(
                task.task_id, {"due_at": due_at}, reason="perintah", actor=ADMIN
            )


@pytest.mark.parametrize("seed", range(2))
def test_pages_say_the_same_with_counts_and_without(office_on_both: Office, seed: int) -> None:
    office = office_on_both
    day, most = Day(office, seed), defaultdict[str, int](int)
    for number in range(70):
        day.go_on()
        if number % 23 == 7:
            assert count(office)
        if number >= 7 and number % 3 == 0:
            assert_counted_right(office)
            for name, found in seen(office).items():
                most[name] = max(most[name], found)
    # So that it is no comparison of nothing with nothing.
    assert min(most["open"], most["late"], most["changes"]) >= 3


def seen(office: Office) -> dict[str, int]:
    """How much there is to be compared."""
    with office.store.reading() as tx:
        late = tx.late_by_definition(OverviewQuery(), office.clock.now())
        [changes] = tx._all(text("SELECT count(*) FROM work_change"))
        return {
            "open": tx.count_tasks(TaskQuery()),
            "late": sum(late.values()),
            "changes": changes[0],
        }


def test_what_becomes_late_is_late_at_once(office_on_both: Office) -> None:
    office = office_on_both
    office.start(office.deploy(_SOPS["surat"]))
    assert count(office)
    late = []
    for _ in range(3):
        late.append(seen(office)["late"])
        office.clock.advance(hours=20)
        assert_counted_right(office)

    assert late == [0, 1, 1]
    assert count(office)
    assert_counted_right(office)


def test_a_clock_that_is_set_back_makes_nothing_late_that_is_not(office_on_both: Office) -> None:
    office = office_on_both
    for _ in range(3):
        office.start(office.deploy(_SOPS["surat"]))
    office.clock.advance(hours=20)
    assert count(office)
    assert seen(office)["late"] == 3

    office.clock.advance(hours=-19)

    assert seen(office)["late"] == 0
    assert_counted_right(office)
    assert count(office)
    assert_counted_right(office)


def test_nothing_is_written_while_nothing_changes(office_on_both: Office) -> None:
    office = office_on_both
    office.start(office.deploy(_SOPS["surat"]))

    assert [count(office) for _ in range(3)] == [1, 0, 0]
    office.clock.advance(hours=20)
    assert [count(office) for _ in range(3)] == [1, 0, 0]


def test_it_counts_not_more_often_than_every_five_seconds(office: Office) -> None:
    office.deploy(_SOPS["surat"])
    counting = office.engine.counting
    turns = []
    for _ in range(3):
        office.start(office.deploy(_SOPS["surat"]))
        turns.append(counting.turn(lambda: False))
        office.clock.advance(seconds=3)

    assert turns == [1, 0, 1]


_WRONG = (
    "UPDATE work_count SET open_tasks = open_tasks + 1",
    "UPDATE work_count SET lane = NULL WHERE open_tasks > 0",
    "UPDATE work_count SET late_instances = late_instances + 1 WHERE running > 0",
    "DELETE FROM work_count",
    "DELETE FROM work_change",
    "DELETE FROM late_instance",
    "UPDATE late_instance SET since = since - 1",
    "UPDATE work_counted SET late_before = late_before - 86400000",
)


@pytest.mark.parametrize("statement", _WRONG)
def test_a_count_that_is_wrong_is_told_and_made_anew(office: Office, statement: str) -> None:
    definition = office.deploy(_SOPS["surat"])
    for _ in range(3):
        office.start(definition)
    office.clock.advance(hours=20)
    count(office)
    right = seen(office)
    office.start(definition)
    assert list(office.engine.counting.faults(actor=AUDITOR)) == []

    tamper(office.store, statement)
    faults = list(office.engine.counting.faults(actor=AUDITOR))
    assert faults
    assert {each.instance_id for each in faults} == {"counts"}

    office.engine.reindexing.rebuild(actor=ADMIN)
    assert list(office.engine.counting.faults(actor=AUDITOR)) == []
    assert seen(office)["open"] == right["open"] + 2
    assert count(office)
    assert list(office.engine.counting.faults(actor=AUDITOR)) == []
    assert seen(office)["open"] == right["open"] + 2
    assert_counted_right(office)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE work_count SET open_tasks = 'x'",
        "UPDATE work_change SET open_tasks = 'x'",
        "UPDATE work_counted SET late_before = 'x'",
    ],
)
def test_pages_count_themselves_when_a_count_cannot_be_read(office: Office, statement: str) -> None:
    definition = office.deploy(_SOPS["surat"])
    office.start(definition)
    count(office)
    office.start(definition)
    right = seen(office)

    tamper(office.store, statement)

    assert seen(office) == right


def test_pages_count_themselves_until_a_worker_has_counted(office_on_both: Office) -> None:
    office = office_on_both
    office.start(office.deploy(_SOPS["surat"]))

    with office.store.reading() as tx:
        assert tx.counted() is None
        assert tx.count_tasks(TaskQuery()) == 2


def test_who_counts_misses_nothing_that_is_being_written(office_on_both: Office) -> None:
    """On PostgreSQL: what is kept while it is counted is noted still, and not counted twice."""
    office = office_on_both
    definition = office.deploy(_SOPS["surat"])
    for _ in range(4):
        office.start(definition)
    is_over, errors = Event(), list[BaseException]()

    def work() -> None:
        try:
            for _ in range(25):
                instance = office.start(definition)
                office.complete(instance, "a", office.people["Bidang"])
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            is_over.set()

    def count_on() -> None:
        try:
            while not is_over.is_set():
                with office.store.writing() as tx:
                    tx.count_work(office.clock.now())
        except BaseException as error:
            errors.append(error)
            raise

    threads = [Thread(target=each) for each in (work, count_on, count_on)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    assert errors == []
    assert seen(office)["open"] == 4 * 2 + 25
    assert_counted_right(office)
