"""The judge of the soak; the soak itself is `make soak MINUTES=60`."""

from __future__ import annotations

import random
import socket
import threading
from pathlib import Path

import pytest

from tests.soak.caller import Caller
from tests.soak.judge import done_twice, lost_or_doubled
from tests.soak.ledger import Deed, Ledger, Outcome
from tests.soak.premises import free_port
from tests.soak.programs import traced_errors
from tests.soak.records import Records, Row


def _records(*rows: Row) -> Records:
    states = {row.instance_id: "ACTIVE" for row in rows}
    return Records(list(rows), states, [], [], [], [], [], 0, {})


def _comment(mark: str, sequence: int = 1) -> Row:
    return Row("i", sequence, "comment_added", "siti", "", f'{{"message":"{mark}"}}')


@pytest.mark.parametrize(
    ("outcome", "times", "is_right"),
    [
        (Outcome.DONE, 0, False),
        (Outcome.DONE, 1, True),
        (Outcome.DONE, 2, False),
        (Outcome.UNKNOWN, 0, True),
        (Outcome.UNKNOWN, 1, True),
        (Outcome.UNKNOWN, 2, False),
        (Outcome.NOTHING, 0, True),
        (Outcome.NOTHING, 1, False),
    ],
)
def test_judge_finds_what_is_lost_and_what_is_there_twice(
    outcome: Outcome, times: int, is_right: bool
) -> None:
    ledger = Ledger()
    mark = ledger.mark("k")
    ledger.add(Deed("comment", mark, outcome, "i", "siti"))
    rows = [_comment(mark, number + 1) for number in range(times)]

    found = list(lost_or_doubled(ledger, _records(*rows)))

    assert (found == []) is is_right


def test_judge_finds_a_visit_that_ended_twice_and_an_event_that_is_missing() -> None:
    rows = [Row("i", n, "activity_completed", "", "v", "{}") for n in (1, 3)]

    assert len(list(done_twice(_records(*rows)))) == 2


def test_who_finds_nobody_listening_knows_that_nothing_was_done() -> None:
    def outcome_at(port: int) -> Outcome:
        origin = f"http://127.0.0.1:{port}"
        caller = Caller("siti", "token", [origin], Ledger(), random.Random(1), threading.Event())
        return caller.ask("POST", "/task/t1/claim").outcome

    def hang_up() -> None:
        listener.accept()[0].close()

    assert outcome_at(free_port()) is Outcome.NOTHING
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=hang_up)
        thread.start()
        assert outcome_at(listener.getsockname()[1]) is Outcome.UNKNOWN
        thread.join()


def test_judge_names_the_error_that_a_traceback_ends_with(tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    log.write_text(
        """2026-11-22T01:00:00 ERROR engine.worker: duty timers failed: x
    Traceback (most recent call last):
      File "a.py", line 1, in b
    psycopg.OperationalError: the connection is lost

    The above exception was the direct cause of the following exception:

    Traceback (most recent call last):
      File "a.py", line 2, in c
    KeyError: 'tugas'
2026-11-22T01:00:01 INFO engine.worker: duty timers: 1 done
Traceback (most recent call last):
  File "a.py", line 3, in d
ValueError: 2
"""
    )

    assert traced_errors(log) == ["KeyError: 'tugas'", "ValueError: 2"]
