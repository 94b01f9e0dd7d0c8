"""One office's working time: which days are worked, at what hours, in which time zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

#: An office that does not work for so long has no working days at all.
_LONGEST_REST = 366


class NoWorkingDay(ValueError):
    """The calendar has no working day in a whole year; a deadline cannot be computed."""


class DayKind(StrEnum):
    """Why a day is not like its weekday."""

    #: Libur nasional.
    PUBLIC_HOLIDAY = "libur_nasional"
    #: Cuti bersama.
    COLLECTIVE_LEAVE = "cuti_bersama"
    #: Libur daerah, of this region or office only.
    LOCAL_HOLIDAY = "libur_daerah"
    #: Worked although its weekday is not, at the hours of the first weekday that is.
    WORKING_DAY = "hari_kerja"


@dataclass(frozen=True, slots=True)
class Day:
    """One day that is not like its weekday. `basis`: what decided it, such as an SKB's number."""

    kind: DayKind
    name: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """From one moment to a later one."""

    begins: datetime
    ends: datetime

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.ends - self.begins


@dataclass(frozen=True, slots=True)
class Hours:
    """A day's working hours, local time. `breaks`: in order, within the hours."""

    opens: time
    closes: time
    breaks: tuple[tuple[time, time], ...] = ()

    def __post_init__(self) -> None:
        edges = [self.opens, *(edge for pause in self.breaks for edge in pause), self.closes]
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise ValueError(f"expected hours in order, found {self.as_text()}")

    @classmethod
    def from_text(cls, text: str) -> Hours:
        """The hours of 07:30-16:00 12:00-13:00: first the day, then its breaks.

        The words and commas of `as_text` may stand between them. Raises ValueError.
        """
        spans = [
            tuple(time.fromisoformat(edge.strip()) for edge in span.split("-"))
            for span in text.replace(",", " ").replace("istirahat", " ").split()
        ]
        if not spans or any(len(span) != 2 for span in spans):
            raise ValueError(f"expected hours such as 07:30-16:00, found {text.strip()!r}")
        (opens, closes), *breaks = spans
        return cls(opens, closes, tuple((begins, ends) for begins, ends in breaks))

    def as_text(self) -> str:
        """For people: 07:30-16:00, istirahat 12:00-13:00."""
        pauses = ", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in self.breaks)
        hours = f"{self.opens:%H:%M}-{self.closes:%H:%M}"
        return f"{hours}, istirahat {pauses}" if pauses else hours

    def spans(self) -> Iterator[tuple[time, time]]:
        """The worked parts of the day."""
        begins = self.opens
        for pause, resumes in self.breaks:
            yield begins, pause
            begins = resumes
        yield begins, self.closes


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of working time: whole working days, and what is left below one."""

    days: int = 0
    time: timedelta = timedelta(0)


#: Monday is 0. A weekday that is not there is not worked.
Week = Mapping[int, Hours]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """What an office's working time is, at one revision.

    `ramadan`: first and last day of each Ramadan, when `ramadan_week` counts instead of `week`.
    `works_on_collective_leave`: for units that serve the public on cuti bersama.
    """

    key: str
    name: str
    zone: ZoneInfo
    week: Week
    ramadan_week: Week = field(default_factory=dict)
    ramadan: Sequence[tuple[date, date]] = ()
    days: Mapping[date, Day] = field(default_factory=dict)
    works_on_collective_leave: bool = False
    revision: int = 0

    # ----------------------------------------------------------------------- days

    def hours_on(self, day: date) -> Hours | None:
        """The working hours of a day; None when it is not worked."""
        week = self._week_on(day)
        special = self.days.get(day)
        if special is None:
            return week.get(day.weekday())
        if special.kind is DayKind.WORKING_DAY:
            return week.get(day.weekday()) or next(iter(week.values()), None)
        if special.kind is DayKind.COLLECTIVE_LEAVE and self.works_on_collective_leave:
            return week.get(day.weekday())
        return None

    def is_ramadan(self, day: date) -> bool:
        """Whether the shorter hours of Ramadan count on that day."""
        return any(first <= day <= last for first, last in self.ramadan)

    def _week_on(self, day: date) -> Week:
        is_shorter = bool(self.ramadan_week) and self.is_ramadan(day)
        return self.ramadan_week if is_shorter else self.week

    def local_day(self, moment: datetime) -> date:
        """Which day it is in the office at that moment."""
        return moment.astimezone(self.zone).date()

    def working_days_from(self, day: date) -> Iterator[date]:
        """The working days from that day on, itself included. Raises NoWorkingDay."""
        rest = 0
        while rest <= _LONGEST_REST:
            if self.hours_on(day) is not None:
                rest = 0
                yield day
            else:
                rest += 1
            day += timedelta(days=1)
        raise NoWorkingDay(f"calendar {self.key!r} has no working day in the year before {day}")

    def working_day_after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (count from 1 on)."""
        following = self.working_days_from(day + timedelta(days=1))
        return next(found for number, found in enumerate(following, 1) if number == count)

    def closing(self, day: date) -> datetime:
        """When the office closes on a working day, in UTC."""
        hours = self.hours_on(day)
        if hours is None:
            raise ValueError(f"{day} is no working day of calendar {self.key!r}")
        return self._moment(day, hours.closes)

    # ----------------------------------------------------------------------- time

    def intervals_from(self, moment: datetime) -> Iterator[Interval]:
        """The worked intervals from a moment on, in UTC, in order."""
        for day in self.working_days_from(self.local_day(moment)):
            for interval in self.intervals_on(day):
                if interval.ends > moment:
                    yield Interval(max(interval.begins, moment), interval.ends)

    def intervals_on(self, day: date) -> Iterator[Interval]:
        """The worked intervals of a day, in UTC; none when it is not worked."""
        hours = self.hours_on(day)
        for begins, ends in hours.spans() if hours else ():
            yield Interval(self._moment(day, begins), self._moment(day, ends))

    def after_working(self, since: datetime, duration: timedelta) -> datetime:
        """The moment at which `duration` of working time has passed since a moment, in UTC."""
        left = duration
        for interval in self.intervals_from(since.astimezone(UTC)):
            if left <= interval.length:
                return interval.begins + left
            left -= interval.length
        raise NoWorkingDay(f"calendar {self.key!r} never ends")  # pragma: no cover

    def working_time(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two moments; none when the second is not later."""
        begins, ends = since.astimezone(UTC), until.astimezone(UTC)
        total = timedelta(0)
        day = self.local_day(begins)
        while day <= self.local_day(ends):
            for interval in self.intervals_on(day):
                overlap = min(interval.ends, ends) - max(interval.begins, begins)
                total += max(overlap, timedelta(0))
            day += timedelta(days=1)
        return total

    def span(self, since: datetime, until: datetime) -> Span:
        """The same in working days, each as long as the office works on the days that pass.

        Whole days are counted from `since` on, so from noon to the next noon is one day. Raises
        NoWorkingDay.
        """
        return self.span_of(self.working_time(since, until), since)

    def span_of(self, time: timedelta, since: datetime) -> Span:
        """Working time in working days, each as long as the office works from that day on.

        Raises NoWorkingDay.
        """
        days, left = 0, time
        for day in self.working_days_from(self.local_day(since)):
            length = sum((each.length for each in self.intervals_on(day)), timedelta(0))
            if left < length:
                break
            days, left = days + 1, left - length
        return Span(days, left)

    @property
    def usual_day(self) -> timedelta:
        """How long most days of the week are, out of Ramadan; zero when none is worked."""
        spans = [
            sum((_length(part) for part in hours.spans()), timedelta(0))
            for hours in self.week.values()
        ]
        return max(spans, key=spans.count, default=timedelta(0))

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)


def _length(part: tuple[time, time]) -> timedelta:
    begins, ends = part
    return timedelta(
        hours=ends.hour - begins.hour,
        minutes=ends.minute - begins.minute,
        seconds=ends.second - begins.second,
    )
