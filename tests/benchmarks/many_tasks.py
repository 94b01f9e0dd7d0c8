"""An office with very many open tasks: the rows of a few real instances, again and again.

Histories are not among them, as in `seeding.py` they are, so that 100,000 take half a minute.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, text

from engine.model import Role
from engine.process_engine import ProcessEngine, build_engine
from engine.settings import Settings
from engine.sources import RandomIds, SystemClock
from engine.store import Store
from engine.store.connection import open_engine
from engine.store.tables import process_instance, search_entry, user_task
from tests.office import ADMIN, SOP_FILES, Office, quick_passwords, straight

PASSWORD = "prosedur-resmi-1"
_BATCH = 5_000
_STEPS = 16

Row = dict[str, Any]


def busy_office(url: str, tasks: int) -> ProcessEngine:
    """An engine on a new database at this URL with that many open tasks, most of them unclaimed.

    Its people are `perencana` with one of a hundred of the lane's tasks in hand, and `admin`.
    """
    store = Store.open(url)
    store.migrate()
    office = Office(store)
    office.engine = build_engine(
        store,
        SystemClock(),
        RandomIds(),
        Settings(database_url=url),
        passwords=quick_passwords(),
    )
    for name, roles, lanes in (
        ("perencana", [Role.STAFF], ["Perencana"]),
        ("admin", [Role.ADMIN], []),
    ):
        office.engine.accounts.add(
            name, display_name=name, password=PASSWORD, roles=roles, lanes=lanes, actor=ADMIN
        )
    for stem in SOP_FILES:
        definition = office.deploy_sop(stem)
        for limit in range(_STEPS):
            office.run_to_end(office.start_sop(definition), straight, limit=limit)
    pool = open_engine(url)
    with pool.begin() as connection:
        _multiply(connection, tasks, now=SystemClock().now())
    with pool.begin() as connection:
        connection.execute(text("ANALYZE"))
    pool.dispose()
    return office.engine


def _multiply(connection: Connection, tasks: int, *, now: datetime) -> None:
    """Copy instances that have an open task, until there are that many open tasks."""
    open_ones = [
        dict(row._mapping)
        for row in connection.execute(select(user_task).where(user_task.c.state == "open"))
    ]
    instances = {
        row.instance_id: dict(row._mapping) for row in connection.execute(select(process_instance))
    }
    words = {
        row.instance_id: row.words
        for row in connection.execute(select(search_entry.c.instance_id, search_entry.c.words))
    }
    numbers = random.Random(5)
    copies: list[tuple[Row, Row, Row]] = []
    for number in range(tasks - len(open_ones)):
        task = open_ones[number % len(open_ones)]
        instance_id = task["instance_id"]
        copies.append(
            _copy(instances[instance_id], task, words[instance_id], number, numbers, now=now)
        )
        if len(copies) == _BATCH:
            _insert(connection, copies)
            copies = []
    _insert(connection, copies)


def _copy(
    instance: Row, task: Row, words: str, number: int, numbers: random.Random, *, now: datetime
) -> tuple[Row, Row, Row]:
    """An instance, its open task and its words, with ids and times of their own."""
    ids = [str(uuid.UUID(int=numbers.getrandbits(128), version=4)) for _ in range(2)]
    key = f"LKJ-{number}"
    began = now - timedelta(minutes=number % 40_000)
    due = now + timedelta(minutes=numbers.randrange(-9_000, 9_000)) if number % 5 else None
    in_hand = task["lane"] == "Perencana" and numbers.random() < 0.01
    return (
        {**instance, "instance_id": ids[0], "business_key": key, "started_at": began},
        {
            **task,
            "instance_id": ids[0],
            "task_id": ids[1],
            "business_key": key,
            "created_at": began,
            "due_at": due,
            "assignee": "perencana" if in_hand else None,
            "claimed_at": began if in_hand else None,
            "priority": numbers.choice([50, 50, 50, 75, 100]),
        },
        {"instance_id": ids[0], "words": f"{words} lkj {number}"},
    )


def _insert(connection: Connection, copies: list[tuple[Row, Row, Row]]) -> None:
    if not copies:
        return
    for table, rows in zip(
        (process_instance, user_task, search_entry), zip(*copies, strict=True), strict=True
    ):
        connection.execute(insert(table), list(rows))
