"""Tables under another name, for statements that ask one twice."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.sql.selectable import NamedFromClause


def alias_of(table: Table, name: str) -> NamedFromClause:
    """The table under that name, with all of its columns at once.

    SQLAlchemy fills in an alias's columns when they are first asked for, and holds no lock: another
    thread that asks meanwhile finds some of them, and cannot make its statement.
    """
    alias = table.alias(name)
    len(alias.c)
    return alias
