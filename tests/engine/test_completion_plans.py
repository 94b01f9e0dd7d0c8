"""What completing a task reads does not grow with the instances that there are."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from tests.diagrams import end, field, form, line, parallel, process, start, user
from tests.office import Office, staff

SOP = process(
    start(), user("a", form(field("isian"))), parallel("f"), user("b"), user("c"), parallel("j"),
    user("z"), end(),
    line("s", "a", "f", "b", "j", "z", "e"), line("f", "c", "j"),
    lanes={"Perencana": ["s", "a", "f", "b", "c", "j", "z", "e"]},
)  # fmt: skip
CLERK = staff("Perencana")
#: Whoever listens is few, and kept apart from what instances have.
_FEW = {"webhook_subscription", "contact"}


def test_completing_reads_by_keys_of_the_instance_only(office: Office) -> None:
    definition = office.deploy(SOP)
    office.start(definition, actor=CLERK)
    instance_id = office.start(definition, actor=CLERK)
    seen: list[tuple[str, Any]] = []

    def see(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        # Of many rows the first; what the driver is given without SQLAlchemy is a list of values.
        rows = parameters if isinstance(parameters, list) else [parameters]
        values = rows[0] if isinstance(rows[0], list | tuple | dict) else parameters
        seen.append((statement, values if isinstance(values, dict) else tuple(values)))

    event.listen(office.store._engine, "before_cursor_execute", see)
    for activity in ("a", "b", "c", "z"):
        values = {"isian": "contoh"} if activity == "a" else {}
        office.complete(instance_id, activity, CLERK, **values)
    event.remove(office.store._engine, "before_cursor_execute", see)

    looked_at = 0
    for statement, parameters in seen:
        if statement.startswith(("BEGIN", "COMMIT")):
            continue
        looked_at += 1
        for step in plan_of(office, statement, parameters):
            table, by = searched(step)
            assert table in _FEW or by in {None, "instance_id", "task_id", "rowid"}, (
                step,
                statement,
            )
    assert looked_at > 12


def plan_of(office: Office, statement: str, parameters: Any) -> list[str]:
    with office.store.reading() as tx:
        explained = f"EXPLAIN QUERY PLAN {statement}"
        return [row[3] for row in tx._connection.exec_driver_sql(explained, parameters)]


def searched(step: str) -> tuple[str, str | None]:
    """The table that is read, and the first column by which; None for what is computed."""
    found = re.match(r"SEARCH (\w+) USING .*?\((\w+)[=<>]", step)
    if found:
        return found[1], found[2]
    table = step.removeprefix("SCAN ").split()[0] if step.startswith("SCAN ") else ""
    is_computed = table in {"", "CONSTANT", "it"}
    return table, None if is_computed else "everything"
