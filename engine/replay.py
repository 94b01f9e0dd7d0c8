"""Re-execution: recorded inputs run through the recorded diagram, at the recorded times.

It rebuilds a lost snapshot, and it is the heart of `verify`: the engine must observe again exactly
what history says it observed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from engine.errors import EngineError, ReplayMismatch
from engine.history import Input
from engine.model import NOTE_KINDS, EventKind, Fault, HistoryEvent, Observation
from engine.spiff.machine import Machine, Run
from engine.spiff.stepping import Step, step

#: Inputs that move no token: the machine does not see them.
_QUIET = {
    EventKind.TASK_CLAIMED,
    EventKind.TASK_UNCLAIMED,
    EventKind.TASK_ASSIGNED,
    EventKind.TASK_CHANGED,
    EventKind.TASK_ESCALATED,
    EventKind.ATTACHMENT_ADDED,
    EventKind.ATTACHMENT_WITHDRAWN,
    EventKind.COMMENT_ADDED,
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """The state that the inputs lead to. `run` is None when no input moved the machine."""

    run: Run | None
    faults: tuple[Fault, ...]
    inputs: int


def apply(machine: Machine, bound: Step, run: Run | None, given: HistoryEvent) -> Run:
    """Give one recorded input to the machine; the run that goes on from there."""
    if given.kind is EventKind.INSTANCE_STARTED:
        return machine.start(bound, given.payload["variables"], given.payload.get("startEvent"))
    if run is None:
        raise ReplayMismatch(
            given.instance_id, given.sequence, str(EventKind.INSTANCE_STARTED), str(given.kind)
        )
    if given.kind is EventKind.INSTANCE_MIGRATED:
        return machine.take_over(bound, run, given.payload["plan"])
    run.continue_in(bound)
    act(run, given)
    return run


_Given = Input | HistoryEvent


def _complete(run: Run, given: _Given) -> None:
    run.complete(given.activity_instance_id or "", given.payload["variables"])


def _answer_service(run: Run, given: _Given) -> None:
    run.answer_service(given.activity_instance_id or "", given.kind, given.payload)


def _hear_task(run: Run, given: _Given) -> None:
    run.hear_task(given.activity_instance_id or "", given.kind, given.payload)


def _hear_call(run: Run, given: _Given) -> None:
    run.hear_call(given.kind, given.payload)


def _receive(run: Run, given: _Given) -> None:
    run.receive(given.payload["subscription"], given.payload["variables"])


#: What each input does to the machine.
_DEEDS: Mapping[EventKind, Callable[[Run, _Given], None]] = {
    EventKind.TASK_COMPLETED: _complete,
    EventKind.VARIABLES_CHANGED: lambda run, given: run.change_variables(
        given.payload["variables"]
    ),
    EventKind.TIMERS_DUE: lambda run, _: run.fire_due(),
    EventKind.INCIDENT_RETRIED: lambda run, given: run.retry(given.payload["incident"]),
    EventKind.INSTANCE_CANCELLED: lambda run, _: run.cancel(),
    EventKind.CALLED_INSTANCE_ENDED: lambda run, given: run.finish_call(
        given.payload["call"], given.payload["variables"]
    ),
    EventKind.SERVICE_COMPLETED: _answer_service,
    EventKind.SERVICE_FAILED: _answer_service,
    EventKind.SERVICE_ERROR: _answer_service,
    EventKind.TASK_ERROR: _hear_task,
    EventKind.TASK_ESCALATION: _hear_task,
    EventKind.CALL_ERROR: _hear_call,
    EventKind.CALL_ESCALATION: _hear_call,
    EventKind.MESSAGE_RECEIVED: _receive,
    EventKind.SIGNAL_RECEIVED: _receive,
    EventKind.CALL_FAILED: lambda run, given: run.fail_call(
        given.payload["call"], given.payload["message"]
    ),
}


def act(run: Run, given: Input | HistoryEvent) -> None:
    """Give the machine an input that moves it: a live step and a replay do the very same."""
    _DEEDS[given.kind](run, given)


def replay(
    machine: Machine,
    events: Iterable[HistoryEvent],
    later: Mapping[str, Machine] = MappingProxyType({}),
) -> Replayed:
    """Run every input again and compare every observation; stops at the first difference.

    machine: of the version that the instance started in; later: definition id -> the machine of
    each that it was migrated to. After a difference the state is no longer the recorded one, so
    that later comparisons would report consequences as causes.
    """
    run: Run | None = None
    faults: list[Fault] = []
    inputs = 0
    for given, recorded in _steps(events):
        inputs += 1
        if not given.is_input:
            faults.append(_stray(given))
        elif given.kind in _QUIET:
            faults += [_difference(event, None) for event in recorded[:1]]
        else:
            if given.kind is EventKind.INSTANCE_MIGRATED:
                target = later.get(given.payload.get("to", ""))
                if target is None or target.digest != given.payload.get("toDigest"):
                    faults.append(_wrong_version(given, target))
                    break
                machine = target
            run, difference = _replay_step(machine, run, given, recorded)
            faults += [difference] if difference else []
        if faults:
            break
    return Replayed(run, tuple(faults), inputs)


def _replay_step(
    machine: Machine, run: Run | None, given: HistoryEvent, recorded: Sequence[HistoryEvent]
) -> tuple[Run | None, Fault | None]:
    stops = {
        event.activity_instance_id or "": event.payload["stopped"]
        for event in recorded
        if event.kind is EventKind.INCIDENT_RAISED and "stopped" in event.payload
    }
    try:
        with step(
            now=given.at,
            instance_id=given.instance_id,
            revision=given.revision,
            recorded_stops=stops,
        ) as bound:
            run = apply(machine, bound, run, given)
            run.prune()
            return run, _first_difference(given, recorded, run.observations)
    except (EngineError, KeyError) as error:
        return run, Fault(
            given.instance_id,
            given.sequence,
            "replay",
            f"the input cannot be run again: {error}",
            found=type(error).__name__,
        )


def _steps(
    events: Iterable[HistoryEvent],
) -> Iterator[tuple[HistoryEvent, list[HistoryEvent]]]:
    """Events grouped by revision: the input, then its observations, without notes."""
    for _, group in groupby(events, key=lambda event: event.revision):
        first, *rest = group
        yield first, [event for event in rest if event.kind not in NOTE_KINDS]


def _first_difference(
    given: HistoryEvent, recorded: Sequence[HistoryEvent], seen: Sequence[Observation]
) -> Fault | None:
    for event, observation in zip(recorded, seen, strict=False):
        is_same = (
            event.kind is observation.kind
            and event.activity_id == observation.activity_id
            and event.activity_instance_id == observation.activity_instance_id
            and event.payload == observation.payload
        )
        if not is_same:
            return _difference(event, observation)
    if len(recorded) > len(seen):
        return _difference(recorded[len(seen)], None)
    if len(seen) > len(recorded):
        missing = seen[len(recorded)]
        last = recorded[-1].sequence if recorded else given.sequence
        return Fault(
            given.instance_id,
            last + 1,
            "replay",
            "replay observes something that history does not have",
            expected=_in_words(missing),
            found="nothing",
        )
    return None


def _difference(event: HistoryEvent, observation: Observation | None) -> Fault:
    expected = _in_words(observation) if observation else "nothing"
    found = _in_words(_as_observation(event))
    if observation and expected == found:
        # What tells them apart must be read, too.
        expected += f" as {observation.activity_instance_id}"
        found += f" as {event.activity_instance_id}"
    return Fault(
        event.instance_id,
        event.sequence,
        "replay",
        "history records something else than what its inputs lead to",
        expected=expected,
        found=found,
    )


def _wrong_version(event: HistoryEvent, target: Machine | None) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "replay",
        "the kept diagram is not the one that the instance was migrated to",
        expected=str(event.payload.get("toDigest")),
        found=target.digest if target else "none",
    )


def _stray(event: HistoryEvent) -> Fault:
    return Fault(
        event.instance_id,
        event.sequence,
        "replay",
        "a step begins with an observation; an input was expected",
        found=str(event.kind),
    )


def _as_observation(event: HistoryEvent) -> Observation:
    return Observation(
        event.kind, event.activity_id, event.activity_instance_id, dict(event.payload)
    )


def _in_words(observation: Observation) -> str:
    place = f" {observation.activity_id}" if observation.activity_id else ""
    return f"{observation.kind}{place} {dict(sorted(observation.payload.items()))}"
