"""A worker that gets a signal in the middle of a step, as `kill` would send it.

Arguments: the signal's number, before which step (counted from 1) it comes, and the words of
`alur worker`. A step is known by the insertion of its events.
"""

from __future__ import annotations

import os
import sys

from sqlalchemy import Engine, event

from engine.__main__ import main


def run() -> int:
    number, fatal, words = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    steps = 0

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal steps
        if statement.startswith("INSERT INTO history_event"):
            steps += 1
            if steps == fatal:
                os.kill(os.getpid(), number)

    event.listen(Engine, "before_cursor_execute", count)
    return main(["worker", *words])


if __name__ == "__main__":
    sys.exit(run())
