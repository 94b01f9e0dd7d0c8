"""Brings a schema to a version by Alembic; run from code, so that no ini file is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from engine.errors import StorageOutdated


def upgrade(
    connection: Connection, version: str, *, on_version: Callable[[str], None] | None
) -> None:
    """Bring the schema to that version inside the caller's transaction. Raises StorageOutdated.

    on_version: told each version that it has come to.
    """
    config = config_of_migrations()
    config.attributes["connection"] = connection
    if on_version is not None:
        config.attributes["on_version_apply"] = lambda step, **_: on_version(
            str(step.up_revision_id)
        )
    try:
        command.upgrade(config, version)
    except CommandError as error:
        raise StorageOutdated(
            f"the schema of the database is not one that this program knows: {error}"
        ) from error


def config_of_migrations() -> Config:
    """Where Alembic finds the versions."""
    config = Config()
    # A percent sign in the path would be read as interpolation.
    folder = str(Path(__file__).parent).replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    return config
