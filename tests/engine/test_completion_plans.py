"""What completing a task reads does not grow with the instances that there are."""

from __future__ import annotations

import re

from tests.diagrams import end, field, form, line, parallel, process, start, user
from tests.office import Office, staff
from tests.statements import plans_of, statements_of

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

    with statements_of(office.store) as asked:
        for activity in ("a", "b", "c", "z"):
            values = {"isian": "contoh"} if activity == "a" else {}
            office.complete(instance_id, activity, CLERK, **values)

    looked_at = [each for each in asked if each.text != "COMMIT"]
    assert len(looked_at) > 12
    for statement, plan in zip(looked_at, plans_of(office.store, looked_at), strict=True):
        for step in plan.splitlines():
            table, by = searched(step)
            assert table in _FEW or by in {None, "instance_id", "task_id", "rowid"}, (
                step,
                statement.text,
            )


def searched(step: str) -> tuple[str, str | None]:
    """The table that is read, and the first column by which; None for what is computed."""
    found = re.match(r"SEARCH (\w+) USING .*?\((\w+)[=<>]", step)
    if found:
        return found[1], found[2]
    table = step.removeprefix("SCAN ").split()[0] if step.startswith("SCAN ") else ""
    is_computed = table in {"", "CONSTANT", "it"}
    return table, None if is_computed else "everything"
