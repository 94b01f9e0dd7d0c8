"""The duty of timers: what is due fires, and what fails rests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event

import pytest

from engine.due_timers import BATCH, DueTimers
from engine.errors import RevisionConflict, StorageBusy
from engine.instances import DueInstance
from engine.sources import ManualClock
from engine.worker import Worker
from tests.diagrams import end, line, process, start
from tests.office import Office, staff

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


class Due:
    """Instances that are due, and what happens when each is woken."""

    def __init__(self, **deeds: Callable[[], object]) -> None:
        self.deeds = deeds
        self.woken: list[str] = []
        self.limits: list[int] = []

    def due(self, limit: int = 100) -> list[str]:
        self.limits.append(limit)
        return list(self.deeds)[:limit]

    @contextmanager
    def claimed_due(self, among: Collection[str]) -> Iterator[DueInstance | None]:
        instance_id = min(among)
        self.woken.append(instance_id)
        yield DueInstance(instance_id, self.deeds[instance_id])


def moves() -> None:
    pass


def fails() -> None:
    raise StorageBusy


def loses() -> None:
    raise RevisionConflict("b", 2)


def goes_on() -> bool:
    return False


def test_one_failure_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    due = Due(a=fails, b=moves)

    moved = DueTimers(due, ManualClock(NOON)).turn(goes_on)

    assert (moved, due.woken) == (1, ["a", "b"])
    assert "instance a" in caplog.text


def test_failed_instance_rests_longer_each_time() -> None:
    due, clock = Due(a=fails), ManualClock(NOON)
    duty = DueTimers(due, clock)

    for _ in range(100):
        duty.turn(goes_on)
        clock.advance(seconds=1)

    # After 5, 10, 20, 40 seconds.
    assert len(due.woken) == 5


def test_resting_instances_do_not_fill_the_batch() -> None:
    due = Due(a=fails)
    duty = DueTimers(due, ManualClock(NOON))

    duty.turn(goes_on)
    duty.turn(goes_on)

    assert due.limits == [BATCH, BATCH + 1]


def test_instance_that_somebody_else_moved_is_no_failure(
    caplog: pytest.LogCaptureFixture,
) -> None:
    due = Due(b=loses)
    duty = DueTimers(due, ManualClock(NOON))

    assert duty.turn(goes_on) + duty.turn(goes_on) == 0
    assert due.woken == ["b", "b"]
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


def test_stop_is_heard_between_two_instances() -> None:
    stop = Event()
    due = Due(a=stop.set, b=moves)

    Worker([DueTimers(due, ManualClock(NOON))], ManualClock(NOON)).run(stop)

    assert due.woken == ["a"]


def test_due_timer_moves_its_instance(office: Office) -> None:
    wait = (
        '<bpmn:intermediateCatchEvent id="w"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1H'
        "</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>"
    )
    nodes = process(start(), wait, end(), line("s", "w", "e"), lanes={"Kadis": ["s", "w", "e"]})
    definition = office.deploy(nodes)
    instance = office.engine.instances.start(definition, {}, actor=staff("Kadis")).instance
    duty = DueTimers(office.engine.instances, office.clock)

    before = duty.turn(goes_on)
    office.clock.advance(hours=2)
    after = duty.turn(goes_on)

    found = office.engine.instances.instance(instance.instance_id, actor=staff("Kadis"))
    assert (before, after) == (0, 1)
    assert found.ended_at == office.clock.now()
