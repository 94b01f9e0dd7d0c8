"""How large databases are, and how safely PostgreSQL keeps them."""

from __future__ import annotations

from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url


def database_bytes(url: str) -> int:
    """The size of the database: its file with its log, or what PostgreSQL says."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
    with psycopg.connect(plain_postgresql(url), autocommit=True) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0


def settings_of(url: str) -> str:
    """What of the server's settings a figure depends on: all databases of a run are under them."""
    names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
    with psycopg.connect(plain_postgresql(url), autocommit=True) as connection:
        rows = [
            connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names
        ]
    return ", ".join(f"{name} {row[0]}" for name, row in zip(names, rows, strict=True) if row)


def plain_postgresql(url: str) -> str:
    """The URL as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
