"""Whether what is kept of an instance beside its history is what its history leads to.

Table by table, row by row and field by field: from `projections`, and from the run itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from engine import projections
from engine.differences import Difference, differing, of_rows
from engine.led_to import LedTo
from engine.measure_proof import Measured, MeasureProof
from engine.model import Fault, HistoryEvent, Incident, KeptBeside, ProcessInstance
from engine.search_words import words_of_history
from engine.store import StoreTransaction
from engine.task_proof import differences_of_tasks

#: What the start of an instance tells, and what its steps give it.
_OF_INSTANCE = (
    *("business_key", "start_activity_id", "super_instance_id"),
    *("state", "ended_at", "end_reason", "next_due_at"),
)
_OF_INCIDENT = (
    *("definition_id", "activity_id", "raised_at", "message", "resolved_at"),
    *("kind", "activity_instance_id"),
)
#: Not who holds it, until when, and how often it may still fail: no event says so.
_OF_SERVICE = (
    *("definition_id", "definition_key", "activity_id", "topic", "created_at", "priority"),
    *("business_key", "error_message", "error_details"),
)
_OF_SUBSCRIPTION = ("activity_id", "activity_instance_id", "kind", "name", "created_at")
#: Words that a fault shows.
_SHOWN = 10
_OF_VARIABLE = ("scope", "at", "activity_instance_id", "is_first")


def state_faults(
    tx: StoreTransaction, kept: KeptBeside, led: LedTo, measures: MeasureProof, *, zone: ZoneInfo
) -> list[Fault]:
    """Each fact that differs, by its name."""
    instance = kept.stored.instance
    tasks = led.tasks(kept.tasks, zone=zone)
    measured = measures.wrong(tx, Measured(led, tasks, kept.measures))
    return [
        Fault(
            instance.instance_id,
            instance.last_sequence,
            "state",
            f"{what} kept beside history is not what history leads to",
            expected=told,
            found=found,
        )
        for what, told, found in (
            *_differences_of_instance(kept, led),
            *differences_of_tasks(kept, tasks),
            *_differences_of_others(kept, led),
            *_differences_of_words(kept, led),
            *(difference for _, difference in measured),
        )
    ]


def miscopied_faults(instance_id: str, miscopied: Iterable[int]) -> list[Fault]:
    """Each event whose row has another name or type beside it.

    No hash covers those columns; listings filter by them, and show them.
    """
    text = "the name or type kept in columns beside the event is not the event's own"
    return [Fault(instance_id, sequence, "state", text) for sequence in miscopied]


def _differences_of_instance(kept: KeptBeside, led: LedTo) -> Iterator[Difference]:
    instance, expected = kept.stored.instance, led.instance
    if expected.definition_id != instance.definition_id:
        yield "the version", expected.definition_id, instance.definition_id
    last = led.events[-1].revision
    if last != instance.revision:
        yield "the revision", str(last), str(instance.revision)
    key = led.lineage.machine(expected.definition_id).model.id
    if key != instance.definition_key:
        yield "the definition_key", key, instance.definition_key
    snapshot = kept.stored.snapshot
    if snapshot is not None and snapshot != led.run.dump():
        yield "the snapshot", "the state that the inputs lead to", "another one"
    yield from differing("", expected, instance, _OF_INSTANCE)
    yield from _differences_of_start(instance, led.events[0])


def _differences_of_start(instance: ProcessInstance, started: HistoryEvent) -> Iterator[Difference]:
    if started.actor is not None and started.actor != instance.started_by:
        yield "the account that started it", started.actor, instance.started_by
    if started.at != instance.started_at:
        yield "the time of the start", started.at.isoformat(), instance.started_at.isoformat()


def _differences_of_others(kept: KeptBeside, led: LedTo) -> Iterator[Difference]:
    expected, run, events = led.instance, led.run, led.events
    yield from of_rows(
        "subscription",
        {e.subscription_id: e for e in projections.subscriptions_of(expected, run, events)},
        {e.subscription_id: e for e in kept.subscriptions},
        _OF_SUBSCRIPTION,
    )
    yield from of_rows(
        "external task",
        {e.external_task_id: e for e in projections.services_of(expected, run, events)},
        {e.external_task_id: e for e in kept.services},
        _OF_SERVICE,
    )
    incidents = {each.incident_id: each for each in kept.incidents}
    yield from of_rows(
        "incident",
        {
            each.incident_id: _as_told_to(incidents.get(each.incident_id), each)
            for each in projections.incidents_of(expected, events)
        },
        incidents,
        _OF_INCIDENT,
    )
    variables = projections.variables_of(events)
    if variables != kept.variables:
        yield from of_rows(
            "variable_update",
            {f"{e.name} of event {e.sequence}": e for e in variables},
            {f"{e.name} of event {e.sequence}": e for e in kept.variables},
            _OF_VARIABLE,
        )


def _as_told_to(kept: Incident | None, told: Incident) -> Incident:
    """The incident; without what a row does not have that was written before there were kinds."""
    if kept is None or kept.activity_instance_id is not None:
        return told
    return replace(told, kind=kept.kind, activity_instance_id=None)


def _differences_of_words(kept: KeptBeside, led: LedTo) -> Iterator[Difference]:
    """By which words the search finds the instance, in whichever order they came."""
    if kept.words is None:
        yield "search_entry", "a row", "none"
        return
    led_to = words_of_history(led.instance, led.events, led.lineage.models)
    expected, found = set(led_to.words), set(kept.words.split(" "))
    # Which words had room may have been told otherwise by an older version, or of equal words.
    missing = set() if led_to.left_out else expected - found
    strange = found - expected - led_to.left_out
    if missing or strange:
        yield "the words of search_entry", _some(missing), _some(strange)


def _some(words: set[str]) -> str:
    """Enough of them to see what it is about."""
    shown = sorted(words)[:_SHOWN]
    more = f" and {len(words) - len(shown)} more" if len(words) > len(shown) else ""
    return f"{shown}{more}"
