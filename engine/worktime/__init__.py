"""Working time: calendars as data, and what a term such as 2 working days comes to in them.

Pure: it knows neither the database nor the clock. A calendar is a value with a revision; who keeps
and changes it stands in calendars.py.
"""

from engine.worktime.calendar import (
    Day,
    DayKind,
    Hours,
    Interval,
    NoWorkingDay,
    Span,
    Week,
    WorkCalendar,
)
from engine.worktime.terms import Rule, Term, TermError, deadline, term_of, zone_of

__all__ = [
    "Day",
    "DayKind",
    "Hours",
    "Interval",
    "NoWorkingDay",
    "Rule",
    "Span",
    "Term",
    "TermError",
    "Week",
    "WorkCalendar",
    "deadline",
    "term_of",
    "zone_of",
]
