"""What the database says, read past the product: rows of history and what stands beside it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text


@dataclass(frozen=True, slots=True)
class Row:
    """An event of history. `payload`: its JSON text."""

    instance_id: str
    sequence: int
    kind: str
    actor: str
    visit: str
    payload: str

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.payload)
        return found


@dataclass
class Records:
    """A database, read at one moment."""

    rows: list[Row]
    #: Instance -> its state.
    states: Mapping[str, str]
    business_keys: list[str]
    deployments: list[str]
    erasures: list[str]
    kept_messages: list[str]
    #: (kind, instance, sequence, state) of each delivery of a web hook.
    deliveries: list[tuple[str, str, int, str]]
    #: What is in the outbox still.
    announcements: int
    #: Instance -> its words of the search, each once.
    words: Mapping[str, set[str]]

    @classmethod
    def read(cls, url: str) -> Records:
        engine = create_engine(_driven(url))
        with engine.connect() as connection:

            def ask(statement: str) -> list[Any]:
                return list(connection.execute(text(statement)).all())

            found = cls(
                rows=[
                    Row(each[0], each[1], each[2], each[3] or "", each[4] or "", str(each[5]))
                    for each in ask(
                        "SELECT instance_id, sequence, kind, actor, activity_instance_id, payload"
                        " FROM history_event ORDER BY instance_id, sequence"
                    )
                ],
                states=dict(map(tuple, ask("SELECT instance_id, state FROM process_instance"))),
                business_keys=_firsts(ask("SELECT business_key FROM process_instance")),
                deployments=_firsts(ask("SELECT name FROM deployment")),
                erasures=_firsts(ask("SELECT basis FROM erasure")),
                kept_messages=_firsts(ask("SELECT variables FROM kept_message")),
                deliveries=[
                    (each[0], str(each[1]), each[2] or 0, each[3])
                    for each in ask("SELECT kind, instance_id, sequence, state FROM delivery")
                ],
                announcements=ask("SELECT count(*) FROM announcement")[0][0],
                words={
                    each[0]: set(each[1].split())
                    for each in ask("SELECT instance_id, words FROM search_entry")
                },
            )
        engine.dispose()
        return found

    def by_instance(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[row.instance_id].append(row)
        return found


def _firsts(rows: list[Any]) -> list[str]:
    return [str(each[0]) for each in rows]


def _driven(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
