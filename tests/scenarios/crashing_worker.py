"""A process that completes the tasks of one SOP and says so; the test kills it with -9.

Arguments: database URL, instance id, and after how many SQL statements it kills itself (0: never).
Prints the sequence of every acknowledged completion, flushed, before it goes on.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import event

from engine.process_engine import open_engine
from engine.queries import TaskQuery
from engine.settings import Settings
from tests.office import AUDITOR, LANES, every_return_once, filled_in, staff


def main() -> None:
    url, instance_id, fatal = sys.argv[1], sys.argv[2], int(sys.argv[3])
    engine = open_engine(Settings(database_url=url))
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1
        if statements == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(engine.store._engine, moment, count)
    people = {lane: staff(lane) for lane in LANES}
    choose = every_return_once()
    while tasks := engine.tasks.tasks(TaskQuery(instance_id=instance_id), actor=AUDITOR):
        task = min(tasks, key=lambda t: (t.created_at, t.activity_id))
        person = people[task.lane or ""]
        form = engine.tasks.form(task.task_id, actor=person)
        done = engine.tasks.complete(
            task.task_id,
            filled_in(form.fields, choose),
            actor=person,
            idempotency_key=f"kerjakan-{task.task_id}",
        )
        _say(done.sequence)
    _say("selesai")


def _say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
