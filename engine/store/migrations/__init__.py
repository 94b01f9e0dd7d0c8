"""Schema versions, applied in order by Alembic; run from code, so that no ini file is needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from engine.errors import StorageOutdated

#: Any number will do, as long as every version of the program uses this one.
_ADVISORY_LOCK = 4_107_202_611


def upgrade(
    connection: Connection,
    version: str = "head",
    *,
    on_version: Callable[[str], None] = lambda _version: None,
) -> None:
    """Bring the schema to that version, the newest one, inside the caller's transaction.

    on_version: told each version that a database in use has come to. Raises StorageOutdated.
    """
    if connection.dialect.name == "postgresql":
        # Two processes that start together: the second one waits and finds nothing to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    found = current(connection)
    if found is not None and not is_known(found):
        raise StorageOutdated(
            f"the database has schema version {found}, this program knows those up to {head()}: a "
            "later version of Alur made it; install that one"
        )
    config = _config()
    config.attributes["connection"] = connection
    if found is not None:
        config.attributes["on_version_apply"] = lambda step, **_: on_version(
            str(step.up_revision_id)
        )
    try:
        command.upgrade(config, version)
    except CommandError as error:
        raise StorageOutdated(
            f"the schema of the database is not one that this program knows: {error}"
        ) from error


@cache
def head() -> str | None:
    """The newest schema version that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(version: str) -> bool:
    """Whether this program knows that schema version."""
    return version in _known()


@cache
def _known() -> frozenset[str]:
    found = ScriptDirectory.from_config(_config()).walk_revisions()
    return frozenset(each.revision for each in found)


def current(connection: Connection) -> str | None:
    """The schema version of the database; None when it has no schema yet."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    # A percent sign in the path would be read as interpolation.
    folder = str(Path(__file__).parent).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return config
