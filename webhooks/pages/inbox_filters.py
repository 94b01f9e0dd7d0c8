"""Which tasks the inbox is asked for: scope, filters and order, of a URL, kept while one works.

A task that was opened from a list has that list's query string in its own URL, as `daftar`, and so
has whatever is done with the task. So nobody loses a filter by working.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for

from engine.model import Actor, TaskState
from engine.queries import SortOrder, TaskQuery
from engine.search_words import key_words
from webhooks.language import Phrases, phrase
from webhooks.pages.blueprint import blueprint
from webhooks.pages.priorities import URGENT
from webhooks.rest.context import current_engine, current_settings

#: The scopes, by their value of `lingkup`.
MINE, LANES, ABOVE, ALL = "saya", "lajur", "atasan", "semua"
SCOPES = Phrases(
    {
        MINE: phrase("Tugas saya"),
        LANES: phrase("Tugas lajur saya"),
        ABOVE: phrase("Diteruskan ke atasan"),
        ALL: phrase("Semua yang boleh saya lihat"),
    }
)
#: The filters of the URL, beside the scope.
FILTERS = (
    *("sop", "kegiatan", "kunci", "lajur", "tenggat", "tindak-lanjut", "prioritas", "keadaan"),
    "urut",
)
#: All that a list's address says.
_SAID = ("lingkup", *FILTERS, "hal")
_LIST = "daftar"

#: A value of `keadaan`: without one, what is open.
ENDED_BY_ME, UNCLAIMED, CLAIMED = "selesai", "belum-diambil", "diambil"
ESCALATED = "diteruskan"
STATES = Phrases(
    {
        UNCLAIMED: phrase("Belum diambil"),
        CLAIMED: phrase("Sudah diambil"),
        ESCALATED: phrase("Diteruskan ke atasan"),
        ENDED_BY_ME: phrase("Diakhiri oleh saya"),
    }
)
DUE = Phrases(
    {
        "terlambat": phrase("Sudah lewat"),
        "hari-ini": phrase("Hari ini"),
        "minggu-ini": phrase("Minggu ini"),
    }
)
FOLLOW_UP = Phrases(
    {
        "hari-ini": phrase("Ditindaklanjuti hari ini"),
        "tanpa-tunda": phrase("Sembunyikan yang ditunda"),
        "ditunda": phrase("Hanya yang ditunda"),
    }
)
PRIORITY = Phrases({"segera": phrase("Segera dan sangat segera")})
ORDERS = Phrases(
    {
        "prioritas": phrase("Prioritas"),
        "terlama": phrase("Paling lama menunggu"),
        "terbaru": phrase("Paling baru"),
    }
)

_OPEN, _ENDED = frozenset({TaskState.OPEN}), frozenset({TaskState.COMPLETED, TaskState.CANCELLED})
#: A query asks for what lies strictly between two moments, in whole milliseconds.
_TICK = timedelta(milliseconds=1)
#: Without a deadline last: that is how the store sorts what is missing.
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_ORDERED: Mapping[str, tuple[tuple[str, SortOrder], ...]] = {
    "prioritas": (("priority", SortOrder.DESC), *_SOONEST),
    "terlama": (("created_at", SortOrder.ASC),),
    "terbaru": (("created_at", SortOrder.DESC),),
}
_LATEST_ENDED = (("ended_at", SortOrder.DESC),)

Said = Mapping[str, str]


def said(source: Said) -> dict[str, str]:
    """What of it asks something of the inbox; a blank filter does not."""
    texts = {name: source.get(name, "").strip()[:200] for name in _SAID}
    return {name: text for name, text in texts.items() if text}


def list_of_request() -> dict[str, str]:
    """The list from which the visitor came to the page of a task; {} for none."""
    return said(dict(parse_qsl(request.args.get(_LIST, ""))))


def inbox_address(list_: Said, **more: str) -> str:
    """Where the inbox shows that list."""
    asked: dict[str, Any] = {**list_, **more}
    return url_for("pages.inbox", **asked)


def carried(list_: Said) -> dict[str, str]:
    """What the address of a task says of the list that it stands in."""
    return {_LIST: urlencode(list_)} if list_ else {}


@blueprint.url_defaults
def _carry_the_list(endpoint: str, values: dict[str, Any]) -> None:
    """Whatever leads from the page of a task to what is done with it takes its list along."""
    is_of_task = "task_id" in values and endpoint.startswith("pages.")
    if is_of_task and _LIST not in values and request.args.get(_LIST):
        values[_LIST] = urlencode(list_of_request())


# ------------------------------------------------------------------------ queries


def query_of(list_: Said, actor: Actor) -> TaskQuery:
    """The tasks of the list's scope and filters."""
    return in_scope(list_.get("lingkup", ALL), actor, filtered(list_, actor))


def in_scope(scope: str, actor: Actor, wanted: TaskQuery) -> TaskQuery:
    """What is wanted, of one scope."""
    if scope == MINE:
        return replace(wanted, assignee=actor.account)
    if scope == LANES:
        lanes = tuple(sorted(actor.working_lanes))
        return replace(wanted, candidate_user=actor.account, candidate_groups=lanes)
    if scope == ABOVE and actor.working_lanes:
        return replace(wanted, escalated_to=tuple(sorted(actor.working_lanes)))
    if scope == ABOVE:
        return replace(wanted, is_escalated=True)
    return wanted


def filtered(list_: Said, actor: Actor) -> TaskQuery:
    """What the filters ask for, in any scope."""
    after, before = _due(list_.get("tenggat"))
    query = TaskQuery(
        definition_key=list_.get("sop"),
        name_contains=list_.get("kegiatan"),
        key_words=key_words(list_.get("kunci")),
        due_after=after,
        due_before=before,
        lane=list_.get("lajur"),
        min_priority=URGENT if list_.get("prioritas") in PRIORITY else None,
        **_follow_up(list_.get("tindak-lanjut")),
    )
    state = list_.get("keadaan")
    if state == ENDED_BY_ME:
        return replace(query, states=_ENDED, ended_by=actor.account, include_assigned=True)
    if state == ESCALATED:
        return replace(query, is_escalated=True, include_assigned=True)
    if state in {UNCLAIMED, CLAIMED}:
        return replace(query, is_assigned=state == CLAIMED, include_assigned=state == CLAIMED)
    return query


def sorting(list_: Said, wanted: TaskQuery) -> tuple[tuple[str, SortOrder], ...]:
    """The order of the list; what has ended comes by its end."""
    if wanted.states != _OPEN:
        return _LATEST_ENDED
    return _ORDERED.get(list_.get("urut", ""), _SOONEST)


def _due(wanted: str | None) -> tuple[datetime | None, datetime | None]:
    """The moments between which the deadlines lie; days and weeks are the office's."""
    if wanted == "terlambat":
        return None, current_engine().clock.now()
    if wanted not in DUE:
        return None, None
    first, length = _today(), 1
    if wanted == "minggu-ini":
        first, length = first - timedelta(days=first.weekday()), 7
    return _midnight(first) - _TICK, _midnight(first + timedelta(days=length))


def _follow_up(wanted: str | None) -> dict[str, Any]:
    """Put off is what is to be followed up on another day, later than today."""
    tomorrow = _midnight(_today() + timedelta(days=1))
    if wanted == "hari-ini":
        return {"follow_up_before": tomorrow}
    if wanted == "tanpa-tunda":
        return {"follow_up_before_or_absent": tomorrow}
    return {"follow_up_after": tomorrow - _TICK} if wanted == "ditunda" else {}


def _today() -> date:
    return current_engine().clock.now().astimezone(current_settings().time_zone).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), current_settings().time_zone)
