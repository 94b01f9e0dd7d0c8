"""What statements of several threads share is finished before any of them asks."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy.sql.selectable import AliasedReturnsRows

from engine import store

#: Where SQLAlchemy keeps the columns that it has filled in.
_FILLED = "_columns"


def test_alias_of_a_module_has_its_columns_from_the_beginning() -> None:
    names = [f"engine.store.{each.name}" for each in pkgutil.iter_modules(store.__path__)]
    found = {
        f"{name}.{label}": value
        for name in names
        if name != "engine.store.migrations"
        for label, value in vars(importlib.import_module(name)).items()
        if isinstance(value, AliasedReturnsRows)
    }

    assert found
    assert [label for label, value in found.items() if _FILLED not in vars(value)] == []
