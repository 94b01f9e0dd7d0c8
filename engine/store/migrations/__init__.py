"""Schema versions, applied in order by Alembic; run from code, so that no ini file is needed."""

from __future__ import annotations

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


def upgrade(connection: Connection, version: str = "head") -> None:
    """Bring the schema to that version, the newest one, inside the caller's transaction."""
    if connection.dialect.name == "postgresql":
        # Two processes that start together: the second one waits and finds nothing to do.
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
    config = _config()
    config.attributes["connection"] = connection
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
    return version in {
        each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()
    }


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
