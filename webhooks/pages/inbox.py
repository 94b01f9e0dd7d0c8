"""The inbox: what waits for the visitor, for the visitor's lanes, and all that may be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.model import Actor, ProcessDefinition, ProcessInstance, Role, TaskState
from engine.queries import InstanceQuery, Page, SortOrder, TaskQuery
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import (
    argument,
    containing,
    lanes_of,
    latest_definitions,
    page_number,
    page_of,
    pager,
    sop_titles,
)
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine, current_settings

#: The filters of the URL, beside the scope.
FILTERS = ("sop", "kegiatan", "kunci", "lajur", "tenggat", "keadaan")
#: The one value of `keadaan`; without it what is open.
ENDED_BY_ME = "selesai"
DUE = {"terlambat": "Sudah lewat", "hari-ini": "Hari ini", "minggu-ini": "Minggu ini"}
_OPEN, _ENDED = frozenset({TaskState.OPEN}), frozenset({TaskState.COMPLETED, TaskState.CANCELLED})
#: Without a deadline last: that is how the store sorts what is missing.
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_LATEST_ENDED = (("ended_at", SortOrder.DESC),)
#: A query asks for what lies strictly between two moments, in whole milliseconds.
_TICK = timedelta(milliseconds=1)
_LATEST = Page(0, 10, (("started_at", SortOrder.DESC),))


@dataclass(frozen=True, slots=True)
class Scope:
    """One tab of the inbox."""

    id: str
    label: str
    count: int
    href: str
    is_current: bool


@blueprint.get("/")
def inbox() -> ResponseReturnValue:
    """The tasks of one scope; auditors and analysts find what applies to them."""
    actor = current_actor()
    definitions = latest_definitions(actor)
    wanted = _filters(actor)
    scopes = _scopes(actor, wanted)
    current = next(scope for scope in scopes if scope.is_current)
    number = page_number()
    tasks = current_engine().tasks.tasks(
        _query(current.id, actor, wanted),
        page_of(number, *(_SOONEST if wanted.states == _OPEN else _LATEST_ENDED)),
        actor=actor,
    )
    return render_template(
        "inbox.html",
        scopes=scopes,
        current=current,
        tasks=tasks,
        pager=pager(number, current.count),
        titles=sop_titles(definitions),
        left=current_engine().remaining_times.of(tasks, actor=actor),
        due_choices=DUE,
        lane_choices=lanes_of(actor, definitions),
        shown_query=urlencode({"lingkup": current.id, **_kept()}),
        saved=_saved(actor),
        is_filtered=wanted != TaskQuery(),
        has_lanes=bool(actor.lanes),
        can_work=_can_work(actor),
        instances=_latest_instances(actor),
        definitions=_deployed(actor, definitions),
    )


def _filters(actor: Actor) -> TaskQuery:
    after, before = _due(argument("tenggat"))
    query = TaskQuery(
        definition_key=argument("sop"),
        name_like=containing(argument("kegiatan")),
        business_key_like=containing(argument("kunci")),
        due_after=after,
        due_before=before,
        lane=argument("lajur"),
    )
    if argument("keadaan") != ENDED_BY_ME:
        return query
    return replace(query, states=_ENDED, ended_by=actor.account, include_assigned=True)


def _due(wanted: str | None) -> tuple[datetime | None, datetime | None]:
    """The moments between which the deadlines lie; days and weeks are the office's."""
    now = current_engine().clock.now()
    if wanted == "terlambat":
        return None, now
    if wanted not in DUE:
        return None, None
    first = now.astimezone(current_settings().time_zone).date()
    length = 1
    if wanted == "minggu-ini":
        first, length = first - timedelta(days=first.weekday()), 7
    return _midnight(first) - _TICK, _midnight(first + timedelta(days=length))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), current_settings().time_zone)


def _query(scope: str, actor: Actor, wanted: TaskQuery) -> TaskQuery:
    if scope == "saya":
        return replace(wanted, assignee=actor.account)
    if scope == "lajur":
        lanes = tuple(sorted(actor.lanes))
        return replace(wanted, candidate_user=actor.account, candidate_groups=lanes)
    return wanted


def _scopes(actor: Actor, wanted: TaskQuery) -> list[Scope]:
    labels = {
        "saya": "Tugas saya",
        "lajur": "Tugas lajur saya",
        "semua": "Semua yang boleh saya lihat",
    }
    counts = {
        scope: current_engine().tasks.count_tasks(_query(scope, actor, wanted), actor=actor)
        for scope in labels
    }
    current = request.args.get("lingkup")
    if current not in labels:
        current = _first_scope(actor, counts)
    return [
        Scope(
            scope,
            label,
            counts[scope],
            url_for("pages.inbox", lingkup=scope, **_kept()),
            scope == current,
        )
        for scope, label in labels.items()
    ]


def _kept() -> dict[str, Any]:
    """The filters of this request that say something."""
    return {name: text for name in FILTERS if (text := argument(name))}


def _saved(actor: Actor) -> list[tuple[str, str]]:
    """The visitor's saved filters: name and address."""
    found = current_engine().saved_filters.list(actor=actor)
    return [(each.name, inbox_address(dict(parse_qsl(each.query)))) for each in found]


def inbox_address(query: dict[str, str], **more: str) -> str:
    """Where the inbox stands with those filters."""
    asked: dict[str, Any] = {**query, **more}
    return url_for("pages.inbox", **asked)


def _first_scope(actor: Actor, counts: dict[str, int]) -> str:
    """Where there is something to do; who only reads sees everything."""
    if not _can_work(actor):
        return "semua"
    return "lajur" if not counts["saya"] and counts["lajur"] else "saya"


def _can_work(actor: Actor) -> bool:
    return bool(actor.lanes) or actor.has(Role.STAFF, Role.ADMIN)


def _latest_instances(actor: Actor) -> list[ProcessInstance] | None:
    if not actor.has(Role.AUDITOR):
        return None
    return current_engine().instances.instances(InstanceQuery(), _LATEST, actor=actor)


def _deployed(actor: Actor, definitions: list[ProcessDefinition]) -> list[ProcessDefinition] | None:
    return definitions if actor.has(Role.ANALYST) else None
