"""What a query asks of each task itself: one readable list of conditions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_

from engine.queries import TaskQuery
from engine.store.filters import Conditions, among, between, containing, equal, like, present
from engine.store.leading import all_hidden
from engine.store.tables import process_instance, user_task
from engine.store.task_facets import is_of_few, unassigned
from engine.store.task_searches import escalated, still_visible
from engine.store.word_index import begun_by


def conditions_of(query: TaskQuery) -> Conditions:
    """That a task meets what the query asks of it, beside whose it is or may be."""
    others = _plain_conditions(query)
    if query.escalated_to is not None and not is_of_few(query):
        # By what went up there: SQLite would read all that is open, or overdue.
        others = all_hidden(others, user_task)
    return [*escalated(query), *others]


def _plain_conditions(query: TaskQuery) -> Conditions:
    columns = user_task.c
    return [
        *equal(columns.task_id, query.task_id),
        *among(columns.task_id, query.task_ids),
        *equal(columns.instance_id, query.instance_id),
        *among(columns.instance_id, query.instance_ids),
        *equal(columns.business_key, query.business_key),
        *like(columns.business_key, query.business_key_like),
        *among(columns.business_key, query.business_keys_in),
        *equal(columns.description, query.description),
        *like(columns.description, query.description_like),
        *equal(columns.definition_id, query.definition_id),
        *equal(columns.definition_key, query.definition_key),
        *among(columns.definition_key, query.definition_keys_in),
        *equal(columns.activity_id, query.activity_id),
        *among(columns.activity_id, query.activity_ids_in),
        *equal(columns.name, query.name),
        *like(columns.name, query.name_like),
        *among(columns.name, query.names_in),
        *containing(columns.name, query.name_contains),
        *begun_by(columns.business_key, query.key_words),
        *equal(columns.assignee, query.assignee),
        *like(columns.assignee, query.assignee_like),
        *present(columns.assignee, query.is_assigned),
        *equal(columns.lane, query.lane),
        *_in_states(query),
        *between(columns.created_at, query.created_after, query.created_before),
        *equal(columns.due_at, query.due_at),
        *present(columns.due_at, query.is_dated),
        *between(columns.due_at, query.due_after, query.due_before),
        *equal(columns.follow_up_at, query.follow_up_at),
        *_of_ended_instance(query.is_instance_ended),
        *between(columns.follow_up_at, query.follow_up_after, query.follow_up_before),
        *_not_put_off(query.follow_up_before_or_absent),
        *between(columns.ended_at, query.ended_after, query.ended_before),
        *equal(columns.ended_by, query.ended_by),
        *_with_priority(query),
        *unassigned(query),
        *still_visible(query),
    ]


def _in_states(query: TaskQuery) -> Conditions:
    """Of instances that are named, the few tasks there are, and not all that are in the states."""
    state: ColumnElement[str] = user_task.c.state
    if query.instance_id is not None or query.instance_ids is not None:
        # SQLite would read an index of states, in the order of the page.
        state = state.concat("")
    return among(state, query.states)


def _of_ended_instance(wanted: bool | None) -> Conditions:
    if wanted is None:
        return []
    is_ended = exists().where(
        process_instance.c.instance_id == user_task.c.instance_id,
        process_instance.c.ended_at.is_not(None),
    )
    return [is_ended if wanted else ~is_ended]


def _not_put_off(until: datetime | None) -> Conditions:
    if until is None:
        return []
    follow_up = user_task.c.follow_up_at
    return [or_(follow_up.is_(None), follow_up < until)]


def _with_priority(query: TaskQuery) -> Conditions:
    conditions = equal(user_task.c.priority, query.priority)
    if query.min_priority is not None:
        conditions.append(user_task.c.priority >= query.min_priority)
    if query.max_priority is not None:
        conditions.append(user_task.c.priority <= query.max_priority)
    return conditions
