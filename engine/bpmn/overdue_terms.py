"""What a step says of its reminders, and of going up to superiors when it is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from engine.worktime.terms import TermError, term_of

#: Of a user task, or of the process for all of its steps: how long after the due date it goes up,
#: as P1D (working days) or PT4H (working time), or `tidak`; and to which lanes, level by level.
AFTER, TO = "sop:eskalasiSetelah", "sop:eskalasiKe"
#: Of a user task: how long before it is due it is reminded of (P1D is 24 hours here, PT2H), several
#: between commas, or `tidak`; and whether when it is due and after that.
BEFORE_DUE, SINCE_DUE = "sop:ingatkanSebelum", "sop:ingatkanSesudah"

_NO = "tidak"


class SinceDue(StrEnum):
    """Whether a step is reminded of from its due date on."""

    DAILY = "harian"
    ONCE = "sekali"
    NEVER = "tidak"


class OverdueTermError(ValueError):
    """A property cannot be read. `name`: which one."""

    def __init__(self, name: str, told: str) -> None:
        self.name = name
        super().__init__(told)


@dataclass(frozen=True, slots=True)
class EscalationTerms:
    """What a diagram says of going up. `after` None, `lanes` empty: it says nothing of that."""

    after: str | None = None
    lanes: tuple[str, ...] = ()
    is_off: bool = False

    def or_else(self, general: EscalationTerms) -> EscalationTerms:
        """These, and what they leave open as in `general`."""
        if self.is_off:
            return self
        if general.is_off:
            # A step that says anything of it goes up all the same.
            return general if self == EscalationTerms() else self
        return EscalationTerms(self.after or general.after, self.lanes or general.lanes)


@dataclass(frozen=True, slots=True)
class ReminderTerms:
    """When a step is reminded of. `before` None: as the office does."""

    before: tuple[timedelta, ...] | None = None
    since_due: SinceDue = SinceDue.DAILY


def escalation_in(properties: Mapping[str, str]) -> EscalationTerms:
    """What the properties of a step or process say. Raises OverdueTermError."""
    after = properties.get(AFTER, "").strip()
    lanes = tuple(name for each in properties.get(TO, "").split(",") if (name := each.strip()))
    if len(set(lanes)) < len(lanes):
        raise OverdueTermError(TO, "expected each lane once")
    if after.lower() == _NO:
        return EscalationTerms(is_off=True)
    if after:
        _require_term(after)
    return EscalationTerms(after or None, lanes)


def reminders_in(properties: Mapping[str, str]) -> ReminderTerms:
    """What the properties of a step say. Raises OverdueTermError."""
    said = properties.get(BEFORE_DUE, "").strip()
    since = properties.get(SINCE_DUE, "").strip().lower() or SinceDue.DAILY
    if since not in set(SinceDue):
        raise OverdueTermError(SINCE_DUE, f"expected {', '.join(SinceDue)}, found {since!r}")
    before = None if not said else () if said.lower() == _NO else _durations(said)
    return ReminderTerms(before, SinceDue(since))


def _require_term(text: str) -> None:
    try:
        term_of(text)
    except TermError as error:
        raise OverdueTermError(AFTER, str(error)) from error


def _durations(text: str) -> tuple[timedelta, ...]:
    """The durations between commas, the longest first."""
    found = set()
    for each in text.split(","):
        try:
            term = term_of(each)
        except TermError as error:
            told = f"expected durations such as P1D or PT2H, found {each.strip()!r}"
            raise OverdueTermError(BEFORE_DUE, told) from error
        found.add(timedelta(days=term.days) + term.time)
    return tuple(sorted(found, reverse=True))
