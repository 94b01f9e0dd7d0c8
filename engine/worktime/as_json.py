"""A calendar as JSON and back, as a revision is kept and as an API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput
from engine.worktime.calendar import Day, DayKind, Hours, Week, WorkCalendar

#: Monday to Sunday, as the keys of a week.
WEEKDAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")


def to_json(calendar: WorkCalendar) -> dict[str, Any]:
    """Everything but key and revision, in plain JSON."""
    return {
        "name": calendar.name,
        "zone": calendar.zone.key,
        "week": _week_to_json(calendar.week),
        "ramadanWeek": _week_to_json(calendar.ramadan_week),
        "ramadan": [[first.isoformat(), last.isoformat()] for first, last in calendar.ramadan],
        "days": {
            day.isoformat(): {"kind": str(each.kind), "name": each.name, "basis": each.basis}
            for day, each in sorted(calendar.days.items())
        },
        "worksOnCollectiveLeave": calendar.works_on_collective_leave,
    }


def from_json(key: str, revision: int, content: Mapping[str, Any]) -> WorkCalendar:
    """The calendar of `to_json`. Raises InvalidInput when something in it cannot be read."""
    try:
        return WorkCalendar(
            key=key,
            name=str(content["name"]),
            zone=ZoneInfo(content["zone"]),
            week=_week_from_json(content["week"]),
            ramadan_week=_week_from_json(content["ramadanWeek"]),
            ramadan=tuple(
                (date.fromisoformat(first), date.fromisoformat(last))
                for first, last in content["ramadan"]
            ),
            days={
                date.fromisoformat(day): Day(
                    DayKind(each["kind"]), str(each["name"]), str(each.get("basis", ""))
                )
                for day, each in content["days"].items()
            },
            works_on_collective_leave=bool(content["worksOnCollectiveLeave"]),
            revision=revision,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"calendar {key!r} cannot be read: {error}", {"calendar": [str(error)]}
        ) from error


def _week_to_json(week: Week) -> dict[str, Any]:
    return {
        WEEKDAYS[day]: {
            "opens": f"{hours.opens:%H:%M}",
            "closes": f"{hours.closes:%H:%M}",
            "breaks": [[f"{begins:%H:%M}", f"{ends:%H:%M}"] for begins, ends in hours.breaks],
        }
        for day, hours in sorted(week.items())
    }


def _week_from_json(content: Mapping[str, Any]) -> Week:
    return {
        WEEKDAYS.index(name): Hours(
            time.fromisoformat(hours["opens"]),
            time.fromisoformat(hours["closes"]),
            tuple(
                (time.fromisoformat(begins), time.fromisoformat(ends))
                for begins, ends in hours["breaks"]
            ),
        )
        for name, hours in content.items()
    }
