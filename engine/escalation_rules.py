"""To whom overdue tasks go up, and when: as the step says, the process, or the office's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.bpmn.elements import ProcessModel
from engine.bpmn.overdue_terms import EscalationTerms, OverdueTermError, escalation_in
from engine.model import EventKind, HistoryEvent, Superior, SuperiorsRevision, TaskEscalation
from engine.superiors import USUAL, chain_above
from engine.worktime import Rule, WorkCalendar, deadline, term_of


@dataclass(frozen=True, slots=True)
class Above:
    """The lanes above a step, level by level. `by`: who says so: "step", "process", "office"."""

    superiors: tuple[Superior, ...]
    by: str

    def after(self, told: Iterable[TaskEscalation]) -> Superior | None:
        """Who is told next; None when there is nobody above any more.

        Nobody twice, and nobody below who was told, though the order was changed in between.
        """
        lanes = {each.lane for each in told}
        places = [place for place, each in enumerate(self.superiors, 1) if each.lane in lanes]
        left = self.superiors[max(places, default=0) :]
        return left[0] if left else None


def above_step(
    model: ProcessModel, activity_id: str, lane: str | None, order: SuperiorsRevision
) -> Above:
    """Who stands above a step of that lane."""
    own, general = _terms(model.nodes[activity_id].properties), _terms(model.properties)
    by = "process" if own == EscalationTerms() else "step"
    terms = own.or_else(general)
    if terms.is_off:
        return Above((), by)
    if terms.lanes:
        lanes = terms.lanes
        # Who stands in the list himself has those above him there.
        lanes = lanes[lanes.index(lane) + 1 :] if lane in lanes else lanes
        return Above(tuple(Superior(each, terms.after or USUAL) for each in lanes), by)
    chain = chain_above(lane or "", order.superiors)
    if terms.after is None:
        return Above(tuple(chain), "office")
    return Above(tuple(replace(each, after=terms.after) for each in chain), by)


def counts_from(due_at: datetime, last_at: datetime | None) -> datetime:
    """From when the time to the next level counts: the due date, or when the last was told."""
    return due_at if last_at is None else max(due_at, last_at)


def rises_at(after: str, calendar: WorkCalendar, since: datetime) -> datetime:
    """When that much working time has passed, in UTC. Raises NoWorkingDay, TermError."""
    term = term_of(after)
    at = deadline(term, calendar, available_at=since, rule=Rule.FROM_AVAILABLE)
    assert at is not None  # noqa: S101 - it counts from when the work came
    return at


def begins_anew(event: HistoryEvent) -> bool:
    """Whether somebody set a due date that lies ahead, or took it away."""
    if event.kind is not EventKind.TASK_CHANGED or "dueDate" not in event.payload["changes"]:
        return False
    to = event.payload["changes"]["dueDate"]["to"]
    return to is None or datetime.fromisoformat(to) > event.at


def _terms(properties: Mapping[str, str]) -> EscalationTerms:
    """What a step or process says; nothing when it was deployed with what cannot be read."""
    try:
        return escalation_in(properties)
    except OverdueTermError:
        return EscalationTerms()
