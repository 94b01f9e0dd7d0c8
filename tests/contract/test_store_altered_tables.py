"""Tables that somebody alters while others work, as a migration from another process does."""

from __future__ import annotations

import psycopg
import pytest

from engine.errors import StorageBusy
from engine.store import Store
from tests.contract.builders import a_task, deploy, first_step, start


@pytest.mark.parametrize("dialect", [pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_what_was_prepared_of_altered_tables_is_told_as_such_and_prepared_anew(
    store: Store,
) -> None:
    deploy(store)
    start(store, first_step(opened=(a_task("t1"),)))

    def asked() -> str:
        with store.writing() as tx:
            return tx.stored_task("t1", for_step=True)[0].task_id

    asked()
    url = store._engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("ALTER TABLE user_task ALTER COLUMN description TYPE varchar")

    with pytest.raises(StorageBusy, match="the tables of the database were changed meanwhile"):
        asked()

    assert asked() == "t1"
