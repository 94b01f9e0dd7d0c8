"""Compares what clients were told with what the database has: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.soak.ledger import Deed, Ledger, Outcome
from tests.soak.receiver import Receiver, Told
from tests.soak.records import Records, Row

#: Kind of deed -> kind of the event that it becomes.
EVENT_OF = {
    "start": "instance_started",
    "complete": "task_completed",
    "link": "task_completed",
    "comment": "comment_added",
    "attach": "attachment_added",
    "message": "message_received",
    "external": "service_completed",
    "cancel": "instance_cancelled",
    "variables": "variables_changed",
    "migrate": "instance_migrated",
}
#: What a visit of an element has once at most.
_ONCE = frozenset(
    {
        "activity_entered",
        "activity_completed",
        "activity_cancelled",
        "task_completed",
        "service_completed",
        "service_requested",
        "called_instance_ended",
    }
)
#: Kind of what is told -> kinds of events of history, one of which it must be about.
_TOLD_OF = {
    "instance_started": "instance_started",
    "task_completed": "task_completed",
    "instance_completed": "instance_completed",
    "instance_cancelled": "instance_cancelled",
}


def lost_or_doubled(ledger: Ledger, records: Records) -> Iterator[str]:
    """Each deed that is not there as often as who asked for it was told."""
    found = _marks(ledger, records)
    for deed in list(ledger.deeds):
        if deed.kind in EVENT_OF and deed.kind not in ("complete", "link"):
            yield from _judged(deed, found[deed.kind, deed.mark])
    yield from _judged_by(ledger.of("deploy"), Counter(records.deployments))
    yield from _judged_by(ledger.of("erase"), Counter(records.erasures))
    yield from _completions(ledger, records)
    yield from _claims(ledger, records)


def _judged(deed: Deed, times: int) -> Iterator[str]:
    if not deed.least <= times <= deed.most:
        yield f"{deed.kind} {deed.mark} of {deed.subject}: told {deed.outcome}, is there {times} x"


def _judged_by(deeds: list[Deed], found: Counter[str]) -> Iterator[str]:
    for deed in deeds:
        yield from _judged(deed, found[deed.mark])


def _marks(ledger: Ledger, records: Records) -> Counter[tuple[str, str]]:
    """(kind of deed, mark) -> how many events have it."""
    wanted: dict[str, set[str]] = {}
    for deed in list(ledger.deeds):
        if deed.kind in EVENT_OF:
            wanted.setdefault(EVENT_OF[deed.kind], set()).add(deed.mark)
    kinds = {event: [k for k, e in EVENT_OF.items() if e == event] for event in wanted}
    found: Counter[tuple[str, str]] = Counter()
    for row in records.rows:
        if row.kind in wanted:
            for mark in _marks_in(row.payload) & wanted[row.kind]:
                found.update((kind, mark) for kind in kinds[row.kind])
    return found


def _marks_in(payload: str) -> set[str]:
    words = "".join(c if c.isalnum() else " " for c in payload).split()
    return {each for each in words if each.startswith("tanda")}


def _completions(ledger: Ledger, records: Records) -> Iterator[str]:
    """A task is completed once, by whom it was acknowledged to, with what he typed."""
    done: dict[str, list[Row]] = {}
    for row in records.rows:
        if row.kind == "task_completed":
            done.setdefault(row.visit, []).append(row)
    for deed in ledger.of("complete", "link"):
        rows = done.get(deed.subject, [])
        theirs = [row for row in rows if row.actor == deed.account]
        marked = [row for row in rows if deed.mark in _marks_in(row.payload)]
        if deed.outcome is Outcome.DONE and len(theirs) != 1:
            yield f"{deed.kind} of {deed.subject} by {deed.account}: done, is there {len(theirs)} x"
        if deed.outcome is Outcome.NOTHING and marked:
            yield f"{deed.kind} {deed.mark} of {deed.subject}: told nothing was done, is there"
        others = [row for row in theirs if "tanda" in row.payload and row not in marked]
        if deed.outcome is Outcome.DONE and others:
            yield f"{deed.kind} {deed.mark} of {deed.subject}: something else was kept"


def _claims(ledger: Ledger, records: Records) -> Iterator[str]:
    """Who was told that he has it took it, at some time."""
    taken = {(row.visit, row.actor) for row in records.rows if row.kind == "task_claimed"}
    for deed in ledger.of("claim"):
        if deed.outcome is Outcome.DONE and (deed.subject, deed.account) not in taken:
            yield f"claim of {deed.subject} by {deed.account}: told done, is not there"


def done_twice(records: Records) -> Iterator[str]:
    """What a visit, or an instance, has more often than once; holes in the numbers of events."""
    found = Counter(
        (row.instance_id, row.visit, row.kind) for row in records.rows if row.kind in _ONCE
    )
    for (instance, visit, kind), times in found.items():
        if visit and times > 1:
            yield f"instance {instance}: {kind} of visit {visit} is there {times} x"
    for instance, rows in records.by_instance().items():
        due = Counter((r.visit, r.facts()["dueAt"]) for r in rows if r.kind == "timer_scheduled")
        for (visit, at), times in due.items():
            if times > 1:
                yield f"instance {instance}: the timer {visit} waits {times} x for {at}"
        if [row.sequence for row in rows] != list(range(1, len(rows) + 1)):
            yield f"instance {instance}: its events are not numbered from 1 on"
        ends = [r for r in rows if r.kind in ("instance_completed", "instance_cancelled")]
        is_over = records.states[instance] != "ACTIVE"
        if len(ends) != int(is_over):
            yield f"instance {instance} is {records.states[instance]} with {len(ends)} ends"
    for key, times in Counter(records.business_keys).items():
        if times > 1:
            yield f"business key {key}: {times} instances"


def undelivered(receiver: Receiver, records: Records) -> Iterator[str]:
    """What happened and was never told, or was told under two ids."""
    told = dict(receiver.taken)
    expected: set[Told] = set()
    for row in records.rows:
        if kind := next((k for k, event in _TOLD_OF.items() if event == row.kind), None):
            subject = row.visit if kind == "task_completed" else ""
            expected.add((kind, row.instance_id, row.sequence, subject))
    for what in sorted(expected - told.keys()):
        rows = [each for each in records.deliveries if each[:3] == what[:3]]
        yield f"never told: {what}; its deliveries: {rows}; outbox: {records.announcements}"
    for what, ids in told.items():
        if len(ids) > 1 and not what[0].startswith(("task_due", "task_overdue")):
            yield f"told under {len(ids)} ids: {what}"
        if what[0] in _TOLD_OF and what not in expected:
            yield f"told, and never happened: {what}"
