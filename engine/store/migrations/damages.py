"""Damaged rows before a migration: passed over where it reads rows, named where they stop it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Inspector,
    Select,
    Table,
    column,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy import table as sql_table

from engine.store.driver import texts_as_far_as_they_are

_log = logging.getLogger(__name__)

#: Rows that are named of each kind of damage in a table.
_NAMED = 3


def object_in(payload: Any) -> dict[str, Any] | None:
    """The JSON object that an event has as its payload; None: it cannot be read."""
    try:
        found = json.loads(payload)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def are(kind: type[Any], *values: Any) -> bool:
    """Whether all of them are such a thing; SQLite keeps any in any column."""
    return all(type(value) is kind for value in values)


def tell_left_out(table: str, number: int) -> None:
    """So many rows of the table could not be read, or not be kept, by what the migration does."""
    if number:
        _log.warning(
            "%d rows of %s are damaged, and passed over by the migration: `alur verify --all` "
            "names whose they are, `alur reindex` makes anew what is kept beside history",
            *(number, table),
        )


def copy_what_can_be_kept(
    connection: Connection, table: Table, columns: Sequence[str], rows: Select[Any]
) -> None:
    """The rows, by instance, are in the new table too, which is kept beside history; on SQLite.

    What it refuses is left out, and told.
    """
    source = rows.get_final_froms()[0]
    instances = sql_table("process_instance", column("instance_id"))
    whole = rows.where(source.c.instance_id.in_(select(instances.c.instance_id)))
    connection.execute(insert(table).prefix_with("OR IGNORE").from_select(columns, whole))
    before, after = (
        connection.execute(select(func.count()).select_from(each)).scalar_one()
        for each in (source, table)
    )
    tell_left_out(table.name, before - after)


def obstacles(connection: Connection) -> list[str]:
    """Rows that no table takes which is made anew: table, row and column of each, and why.

    PostgreSQL never has any.
    """
    if connection.dialect.name != "sqlite":
        return []
    inspector = inspect(connection)
    return [
        told
        for table in sorted(inspector.get_table_names())
        for told in (
            *_missing(connection, inspector, table),
            *_broken_laws(connection, inspector, table),
            *_without_parent(connection, inspector, table),
        )
    ]


def _missing(connection: Connection, inspector: Inspector, table: str) -> Iterator[str]:
    for name in (each["name"] for each in inspector.get_columns(table) if not each["nullable"]):
        # Not IS NULL, which SQLite takes for false without looking, as the column says.
        for row in _rows(connection, inspector, table, f"typeof(\"{name}\") = 'null'"):
            yield f"{table}.{name}: expected a value, found none, in the row {row}"


def _broken_laws(connection: Connection, inspector: Inspector, table: str) -> Iterator[str]:
    for law in inspector.get_check_constraints(table):
        for row in _rows(connection, inspector, table, f"NOT ({law['sqltext']})"):
            yield f"{table}: expected {law['sqltext']}, which does not hold in the row {row}"


def _without_parent(connection: Connection, inspector: Inspector, table: str) -> Iterator[str]:
    for key in inspector.get_foreign_keys(table):
        of, to = key["constrained_columns"], key["referred_columns"]
        pairs = list(zip(of, to, strict=True))
        same = " AND ".join(f'parent."{to}" = "{table}"."{of}"' for of, to in pairs)
        given = " AND ".join(f'"{table}"."{of}" IS NOT NULL' for of, _ in pairs)
        parent = key["referred_table"]
        is_there = f'EXISTS (SELECT 1 FROM "{parent}" parent WHERE {same})'  # noqa: S608
        alone = f"{given} AND NOT {is_there}"
        for row in _rows(connection, inspector, table, alone):
            named = ", ".join(of)
            yield f"{table}.{named}: expected one of {parent}, found none, in the row {row}"


def _rows(
    connection: Connection, inspector: Inspector, table: str, condition: str
) -> Sequence[str]:
    """Keys of the first rows of which it is so, as literals."""
    names = inspector.get_pk_constraint(table)["constrained_columns"]
    key = ", ".join(f'"{name}"' for name in names) or "rowid"
    asked = f'SELECT {key} FROM "{table}" WHERE {condition} LIMIT {_NAMED}'  # noqa: S608
    with texts_as_far_as_they_are(connection):
        found = connection.execute(text(asked.replace(":", "\\:"))).all()
    return [
        ", ".join(f"{name} {kept!r}" for name, kept in zip(names or ["rowid"], row, strict=True))
        for row in found
    ]
