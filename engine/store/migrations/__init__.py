"""Schema versions, applied in order: which there are, and which one a database has.

A version is a file, `versions/v0001_first_schema.py`, whose number is its name for Alembic.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from engine.errors import StorageError, StorageOutdated, StorageUnusable
from engine.store.migrations.damages import obstacles

#: Any number will do, as long as every version of the program uses this one.
_ADVISORY_LOCK = 4_107_202_611
#: Where Alembic writes down which version a database has.
_TABLE = "alembic_version"
_VERSION = re.compile(r"\d{4,8}")


def upgrade(
    connection: Connection,
    version: str = "head",
    *,
    on_version: Callable[[str], None] = lambda _version: None,
) -> None:
    """Bring the schema to that version, the newest one, inside the caller's transaction.

    on_version: told each version that a database in use has come to. Raises StorageOutdated.
    """
    # Alembic and what it needs are a tenth of the time and memory of a start, and seldom needed.
    from engine.store.migrations import upgrading

    if connection.dialect.name == "postgresql":
        # Two processes that start together: the second one waits and finds nothing to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    found = current(connection)
    if found is not None and not is_known(found):
        raise StorageOutdated(
            f"the database has schema version {found}, this program knows those up to {head()}: a "
            "later version of Alur made it; install that one"
        )
    upgrading.upgrade(connection, version, on_version=on_version if found is not None else None)


def name_obstacles(connection: Connection, refused: StorageError) -> None:
    """Raises StorageUnusable naming the rows for which the database has refused a migration.

    Nothing when none is found. connection: after that was undone.
    """
    if not (found := obstacles(connection)):
        return
    raise StorageUnusable(
        f"the schema stays at version {current(connection)}, and nothing was changed: rows are "
        f"damaged which the migration copies, and the new table refuses them: {'; '.join(found)}. "
        "Keep a copy of the database, mend these rows (those of deliveries and tokens are no "
        "history, and may be deleted), and migrate again; or restore the last backup to a new one"
    ) from refused


def head() -> str:
    """The newest schema version that this program knows."""
    return max(_known())


def is_known(version: str) -> bool:
    """Whether this program knows that schema version."""
    return version in _known()


@cache
def _known() -> frozenset[str]:
    files = (Path(__file__).parent / "versions").glob("v*_*.py")
    return frozenset(file.name.removeprefix("v").partition("_")[0] for file in files)


def current(connection: Connection) -> str | None:
    """The schema version of the database; None when it has no schema yet.

    Raises StorageUnusable when nobody can say which one its tables have.
    """
    if not inspect(connection).has_table(_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar()  # noqa: S608
    if isinstance(found, str) and _VERSION.fullmatch(found):
        return found
    if found is None and inspect(connection).get_table_names() == [_TABLE]:
        return None
    told = "no row" if found is None else repr(found)
    raise StorageUnusable(
        f"{_TABLE}.version_num is damaged: expected a schema version such as {head()}, found "
        f"{told}; stop Alur, keep the database as it is, and restore the last backup to a new one"
    )
