"""The inbox: what waits for the visitor, for the visitor's lanes, and all that may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Forbidden, NotFound, TaskAlreadyClaimed, TaskNotOpen
from engine.model import Actor, ProcessDefinition, ProcessInstance, Role, TaskState, UserTask
from engine.queries import InstanceQuery, Page, SortOrder, TaskQuery
from webhooks.pages import inbox_filters as filters
from webhooks.pages.blueprint import at_once, blueprint
from webhooks.pages.listings import (
    PAGE_SIZE,
    countable,
    lanes_of,
    latest_definitions,
    page_number,
    page_of,
    pager,
    sop_titles,
)
from webhooks.pages.logins import current_actor
from webhooks.pages.values import repeated_items
from webhooks.rest.context import current_engine

_LATEST = Page(0, 10, (("started_at", SortOrder.DESC),))
#: Tasks claimed at once: a page of them.
_MOST_CLAIMED = 25


@dataclass(frozen=True, slots=True)
class Scope:
    """One tab of the inbox."""

    id: str
    label: str
    count: int
    href: str
    is_current: bool
    #: There are more than `count`.
    has_more: bool = False


@blueprint.get("/")
@at_once
def inbox() -> ResponseReturnValue:
    """The tasks of one scope; auditors and analysts find what applies to them."""
    actor = current_actor()
    definitions = latest_definitions(actor)
    asked = filters.said(request.args)
    wanted = filters.filtered(asked, actor)
    number = page_number()
    scopes = _scopes(asked, actor, wanted, most=countable(number))
    current = next(scope for scope in scopes if scope.is_current)
    listed = {**asked, "lingkup": current.id}
    shown = pager(number, current.count + current.has_more, countable(number))
    tasks = current_engine().tasks.tasks(
        filters.in_scope(current.id, actor, wanted),
        page_of(shown.number, *filters.sorting(listed, wanted)),
        actor=actor,
    )
    return render_template(
        "inbox.html",
        scopes=scopes,
        current=current,
        tasks=tasks,
        repeated=repeated_items(tasks),
        standing={
            task.task_id: found
            for task in tasks
            if (found := current_engine().tasks.standing(task, actor=actor))
        },
        claimable=[task.task_id for task in tasks if _is_claimable(task, actor)],
        pager=shown,
        titles=sop_titles(definitions),
        left=current_engine().remaining_times.of(tasks, actor=actor),
        choices=filters,
        lane_choices=lanes_of(actor, definitions),
        listed=filters.carried(listed),
        shown_query=urlencode({n: text for n, text in listed.items() if n != "hal"}),
        saved=_saved(actor),
        is_filtered=any(name in asked for name in filters.FILTERS if name != "urut"),
        without_filters=url_for("pages.inbox", lingkup=current.id),
        can_work=can_work(actor),
        instances=_latest_instances(actor),
        definitions=_deployed(actor, definitions),
    )


@blueprint.post("/tugas/ambil")
def claim_tasks() -> ResponseReturnValue:
    """The chosen tasks are in the visitor's hands; the list that they stood in is shown again.

    One of them that somebody else was faster with, or that has ended, hinders no other.
    """
    tasks, actor = current_engine().tasks, current_actor()
    only = request.form.get("satu")
    chosen = dict.fromkeys([only] if only else request.form.getlist("tugas")[:_MOST_CLAIMED])
    claimed = 0
    for task_id in chosen:
        try:
            tasks.claim(task_id, actor=actor)
        except (TaskNotOpen, TaskAlreadyClaimed, NotFound, Forbidden):
            continue
        claimed += 1
    numbers = {"diambil": str(claimed), "gagal": str(len(chosen) - claimed)}
    return redirect(filters.inbox_address(filters.list_of_request(), **numbers), 303)


def next_in_list(listed: filters.Said) -> UserTask | None:
    """The first task of the list that the visitor can work on: one in hand, or one to take."""
    actor = current_actor()
    scope = listed.get("lingkup")
    wanted = filters.filtered(listed, actor)
    if wanted.states != TaskQuery().states:
        return None
    # The first ones may be closed to who only stands in.
    page = Page(0, PAGE_SIZE, filters.sorting(listed, wanted))
    for each in (scope,) if scope in {filters.MINE, filters.LANES} else ("saya", "lajur"):
        query = filters.in_scope(each, actor, wanted)
        for found in current_engine().tasks.tasks(query, page, actor=actor):
            if current_engine().tasks.is_offered(found, actor=actor):
                return found
    return None


def _is_claimable(task: UserTask, actor: Actor) -> bool:
    is_free = task.state is TaskState.OPEN and task.assignee is None
    return is_free and current_engine().tasks.is_offered(task, actor=actor)


def _scopes(asked: filters.Said, actor: Actor, wanted: TaskQuery, *, most: int) -> list[Scope]:
    tasks = current_engine().tasks
    queries = [filters.in_scope(scope, actor, wanted) for scope in filters.SCOPES]
    counts = dict(
        zip(filters.SCOPES, tasks.count_each(queries, actor=actor, at_most=most), strict=True)
    )
    current = asked.get("lingkup")
    if current not in counts:
        current = _first_scope(actor, counts)
    kept = {name: asked[name] for name in filters.FILTERS if name in asked}
    return [
        Scope(
            scope,
            label,
            min(counts[scope], most - 1),
            filters.inbox_address({"lingkup": scope, **kept}),
            scope == current,
            counts[scope] == most,
        )
        for scope, label in filters.SCOPES.items()
        # Few people are anybody's superiors.
        if scope != filters.ABOVE or counts[scope] or scope == current
    ]


def _saved(actor: Actor) -> list[tuple[str, str]]:
    """The visitor's saved filters: name and address."""
    found = current_engine().saved_filters.list(actor=actor)
    return [(each.name, filters.inbox_address(dict(parse_qsl(each.query)))) for each in found]


def _first_scope(actor: Actor, counts: dict[str, int]) -> str:
    """Where there is something to do; who has no lane sees everything."""
    if counts[filters.MINE]:
        return filters.MINE
    if counts[filters.LANES]:
        return filters.LANES
    if can_work(actor):
        return filters.ABOVE if counts[filters.ABOVE] else filters.MINE
    return filters.ALL


def can_work(actor: Actor) -> bool:
    """Whether tasks may ever wait for the visitor."""
    return bool(actor.working_lanes) or actor.has(Role.STAFF)


def _latest_instances(actor: Actor) -> list[ProcessInstance] | None:
    if not actor.has(Role.AUDITOR):
        return None
    return current_engine().instances.instances(InstanceQuery(), _LATEST, actor=actor)


def _deployed(actor: Actor, definitions: list[ProcessDefinition]) -> list[ProcessDefinition] | None:
    return definitions if actor.has(Role.ANALYST) else None
