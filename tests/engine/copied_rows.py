"""Instances in numbers, for lists that are read page by page: copies of one instance's row."""

from __future__ import annotations

from sqlalchemy import text

from engine.store import Store
from engine.store.tables import process_instance

_ITS_OWN = ("instance_id", "business_key")


def copied(store: Store, instance_id: str, *, times: int, damaged: str) -> None:
    """So many more instances in a SQLite; the first has what is damaged (SQL) for its key."""
    columns = [each.name for each in process_instance.columns if each.name not in _ITS_OWN]
    with store._engine.begin() as connection:
        connection.execute(
            text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :times) "
                f"INSERT INTO process_instance ({', '.join((*_ITS_OWN, *columns))}) "
                f"SELECT '!' || i, CASE i WHEN 1 THEN {damaged} END, {', '.join(columns)} "
                "FROM n, process_instance WHERE instance_id = :instance_id"
            ),
            {"times": times, "instance_id": instance_id},
        )
