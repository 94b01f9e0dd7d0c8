"""How large databases are."""

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


def plain_postgresql(url: str) -> str:
    """The URL as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
