"""One value of a full office at a time is another one, and then as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, text

from engine.store import Store
from tests.crashes.full_office import AWAY


@dataclass(frozen=True)
class Damages:
    """Of a store whose tables take anything. instance_id: whose rows are taken, if there are."""

    store: Store
    instance_id: str

    @contextmanager
    def at(self, column: Column[Any], value: str) -> Iterator[None]:
        """The value stands there meanwhile, in the row of the instance or of who is away."""
        table = column.table
        where, names = self._row(column)
        [former] = self.run(f'SELECT "{column.name}" FROM {table} WHERE {where}', **names)
        change = f'UPDATE {table} SET "{column.name}" = {{}} WHERE {{}}'
        self.put(column, value)
        try:
            yield
        finally:
            is_ = "IS" if self.store.dialect == "sqlite" else "="
            again = f'"{column.name}" {is_} {value}' if column.name in names else where
            self.run(change.format(":former", again), former=former, **names)

    def put(self, column: Column[Any], value: str) -> None:
        """The value stands there from now on."""
        where, names = self._row(column)
        self.run(f'UPDATE {column.table} SET "{column.name}" = {value} WHERE {where}', **names)

    def _row(self, column: Column[Any]) -> tuple[str, dict[str, Any]]:
        table = column.table
        story = {"instance_id": self.instance_id, "account": AWAY}
        if table.name == "account":
            story["name"] = AWAY
        keys = [each.name for each in table.primary_key.columns]
        wanted = [f"({name} = '{story[name]}') DESC" for name in story if name in table.columns]
        found = self.run(
            f"SELECT {', '.join(keys)} FROM {table} "
            f"ORDER BY {', '.join([*wanted, chr(34) + column.name + chr(34) + ' IS NULL'])} LIMIT 1"
        )
        assert found, f"{table} has no row: let full_office.py make one"
        return " AND ".join(f"{key} = :{key}" for key in keys), dict(zip(keys, found, strict=True))

    def run(self, statement: str, **values: Any) -> Any:
        """The first row that the statement gives, if it gives any."""
        with self.store._engine.begin() as connection:
            done = connection.execute(text(statement), values)
            return done.first() if done.returns_rows else None
