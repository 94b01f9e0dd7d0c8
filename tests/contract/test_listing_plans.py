"""A page of a listing costs what it shows, however it is narrowed and ordered.

SQLite tells its plan. Nobody lets it count what there is, so that a plan holds for any number; it
must hold all the same where somebody did (ANALYZE). PostgreSQL plans by what there is: it tells how
many rows it read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, text

from engine.model import ActivityInstance, EventKind, InstanceState, StepRecord, TaskState, UserTask
from engine.queries import (
    ActivityQuery,
    EventQuery,
    IdentityLinkQuery,
    InstanceQuery,
    OverviewQuery,
    Page,
    SortOrder,
    TaskQuery,
    TaskScope,
)
from engine.search_words import words_of_key
from engine.store import Store, StoreTransaction, is_one_question
from engine.store.step_rows import task_values
from engine.store.tables import user_task
from tests.contract.builders import a_definition, a_task, an_event, at, deploy, first_step
from tests.databases import BOTH, migrated_store
from tests.statements import asked_by

_MANY = 3000
#: Rows that PostgreSQL may read at one place of a plan: far fewer than there are.
_FEW_ROWS = 700
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_SCOPE = TaskScope("siti", frozenset({"Lane 6"}))
_LANE: dict[str, Any] = {
    "visible_to": _SCOPE,
    "candidate_user": "siti",
    "candidate_groups": ("Lane 6",),
}
_BY_PRIORITY = (("priority", SortOrder.DESC), *_SOONEST)
_BY_NAME, _BY_LAST_NAME = (
    (("name", SortOrder.ASC), *_SOONEST),
    (("name", SortOrder.DESC), *_SOONEST),
)
_BY_ASSIGNEE = (("assignee", SortOrder.ASC), *_SOONEST)
_BY_FOLLOW_UP = (("follow_up_at", SortOrder.DESC), *_SOONEST)
_DUE_LAST = (("due_at", SortOrder.DESC),)
_OLDEST, _LATEST = (("created_at", SortOrder.ASC),), (("created_at", SortOrder.DESC),)
_LAST_STARTED, _LAST_ENDED = (("started_at", SortOrder.DESC),), (("ended_at", SortOrder.DESC),)
_OF_SITI: dict[str, Any] = {
    "visible_to_lanes": frozenset({"Lane 6"}),
    "visible_to_account": "siti",
}
_RARE_KINDS = frozenset({EventKind.INSTANCE_CANCELLED, EventKind.TASK_ERROR})
_ENDED = frozenset({TaskState.COMPLETED, TaskState.CANCELLED})

#: Of SQLite's machine for one listing: to read each task takes more. It is asked each so many.
_MOST_INSTRUCTIONS, _TICK = 12_000, 20
#: A page of everything is the first of each priority in each lane; instance by instance it is first
#: asked whether there are many.
_OF_MANY_PARTS = {"everything by priority": 30_000, "all that I may see, by instance": 30_000}
#: PostgreSQL takes few offers to have stood until now, and sorts all of them.
_SORTED = {"who took or was given tasks"}

Asked = Callable[[StoreTransaction], object]


def tasks(sorting: Any = _SOONEST, **filters: Any) -> Asked:
    return lambda tx: tx.tasks(TaskQuery(**filters), Page(0, 25, sorting))


def count(**filters: Any) -> Asked:
    return lambda tx: tx.count_tasks(TaskQuery(**filters), at_most=40)


def instances(sorting: Any = _LAST_STARTED, **filters: Any) -> Asked:
    page = Page(0, 25, sorting)
    return lambda tx: tx.instances(InstanceQuery(**filters), page)


def late(**filters: Any) -> Asked:
    page = Page(0, 25)
    return lambda tx: tx.longest_late(InstanceQuery(late_at=at(minutes=2000), **filters), page)


def visits(**filters: Any) -> Asked:
    page = Page(0, 25, (("started_at", SortOrder.DESC),))
    return lambda tx: tx.activities(ActivityQuery(**filters), page)


def deeds(**filters: Any) -> Asked:
    query = EventQuery(is_by_somebody=True, **filters)
    return lambda tx: tx.find_events(query, Page(0, 25, (("at", SortOrder.DESC),)))


def links(**filters: Any) -> Asked:
    page = Page(0, 25, (("at", SortOrder.DESC),))
    return lambda tx: tx.identity_links(IdentityLinkQuery(**filters), page)


#: What is asked -> the index by which SQLite answers.
LISTINGS: dict[str, tuple[str, Asked]] = {
    "a lane": ("ix_user_task_offered_lane", tasks(**_LANE)),
    "a lane by priority": ("ix_user_task_open_priority", tasks(_BY_PRIORITY, **_LANE)),
    "a lane from a priority on": ("ix_user_task_open_priority", tasks(min_priority=75, **_LANE)),
    "a lane, the oldest first": ("ix_user_task_open_age", tasks(_OLDEST, **_LANE)),
    "a lane, the latest first": ("ix_user_task_open_age", tasks(_LATEST, **_LANE)),
    "a lane by name": ("ix_user_task_open_name", tasks(name_contains="PERIKSA 3", **_LANE)),
    "a lane by a name of others": ("ix_user_task_open_name", tasks(name_contains="4", **_LANE)),
    "a lane by a pattern of names": ("ix_user_task_open_name", tasks(name_like="%3", **_LANE)),
    "a lane by a common SOP": ("ix_user_task_offered_lane", tasks(definition_key="sop", **_LANE)),
    "a lane by a rare SOP": ("ix_user_task_definition_key", tasks(definition_key="?", **_LANE)),
    "a lane by a rare key": ("search_word VIRTUAL TABLE", tasks(key_words=("77",), **_LANE)),
    "a lane by a common key": ("ix_user_task_offered_lane", tasks(key_words=("lkj",), **_LANE)),
    "a lane, in hand": ("ix_user_task_claimed", tasks(is_assigned=True, **_LANE)),
    "a lane, put off": ("ix_user_task_follow_up", tasks(follow_up_after=at(days=1), **_LANE)),
    "a lane, due until then": ("ix_user_task_offered_lane", tasks(due_before=at(hours=1), **_LANE)),
    "all that I may see": ("ix_user_task_offered_lane", tasks(visible_to=_SCOPE)),
    "what I ended": (
        "ix_user_task_ended_by",
        tasks((("ended_at", SortOrder.DESC),), states=_ENDED, ended_by="siti", visible_to=_SCOPE),
    ),
    "everything": ("ix_user_task_due_at", tasks()),
    "everything by priority": ("ix_user_task_open_priority", tasks(_BY_PRIORITY)),
    "everything by name": ("ix_user_task_open_name", tasks(name_contains="periksa 3")),
    "everything, the oldest first": ("ix_user_task_state", tasks(_OLDEST)),
    "everything, in hand": ("ix_user_task_claimed", tasks(is_assigned=True)),
    "what I ended after it went up": (
        "ix_user_task_escalated",
        tasks(
            _LAST_ENDED, states=_ENDED, ended_by="siti", escalated_to=("Lane 6",), visible_to=_SCOPE
        ),
    ),
    "number of what I ended after it went up": (
        "ix_user_task_escalated",
        count(states=_ENDED, ended_by="siti", escalated_to=("Lane 6",), visible_to=_SCOPE),
    ),
    "everything, name by name": ("ix_user_task_open_name", tasks(_BY_NAME)),
    "everything, name by name, the last first": ("ix_user_task_open_name", tasks(_BY_LAST_NAME)),
    "everything, by whose it is": ("ix_user_task_claimed", tasks(_BY_ASSIGNEE)),
    "everything, what is put off first": ("ix_user_task_follow_up", tasks(_BY_FOLLOW_UP)),
    "all that I may see, name by name": (
        "ix_user_task_open_name",
        tasks(_BY_NAME, visible_to=_SCOPE),
    ),
    "all that I may see, by whose it is": (
        "ix_user_task_claimed",
        tasks(_BY_ASSIGNEE, visible_to=_SCOPE),
    ),
    "all that I may see, what is put off first": (
        "ix_user_task_follow_up",
        tasks(_BY_FOLLOW_UP, visible_to=_SCOPE),
    ),
    "a lane, name by name": ("ix_user_task_open_name", tasks(_BY_NAME, **_LANE)),
    "a lane, by whose it is": ("ix_user_task_offered_lane", tasks(_BY_ASSIGNEE, **_LANE)),
    "all that I may see, what is due last first": (
        "ix_user_task_offered_lane",
        tasks(_DUE_LAST, visible_to=_SCOPE),
    ),
    "all that I may see, the oldest first": (
        "ix_user_task_open_age",
        tasks(_OLDEST, visible_to=_SCOPE),
    ),
    "all that I may see, by instance": (
        "sqlite_autoindex_user_task_1",
        tasks((("instance_id", SortOrder.ASC),), visible_to=_SCOPE),
    ),
    "number of all that I may see": ("ix_user_task_offered_lane", count(visible_to=_SCOPE)),
    "number of a lane": ("ix_user_task_offered_lane", count(**_LANE)),
    "number by name": ("ix_user_task_open_name", count(name_contains="periksa 3", **_LANE)),
    "instances": ("ix_process_instance_started_at", instances()),
    "instances by SOP": (
        "ix_process_instance_definition_key",
        instances(definition_key="sop-3"),
    ),
    "instances by a rare key": ("search_word VIRTUAL TABLE", instances(key_words=("77",))),
    "instances by a common key": ("ix_process_instance_started_at", instances(key_words=("lkj",))),
    "instances by state": (
        "ix_process_instance_state",
        instances(states=frozenset({InstanceState.ACTIVE})),
    ),
    "instances with an incident": ("ix_incident_resolved_at", instances(has_incident=True)),
    "instances in a common lane": ("ix_process_instance_started_at", instances(open_lane="Umum")),
    "instances in a rare lane": ("ix_user_task_open_lane", instances(open_lane="Rare")),
    "instances that are late": ("ix_user_task_due_at", instances(late_at=at(minutes=9))),
    "instances, late longest first": ("ix_user_task_due_at", late()),
    "instances that staff see, late longest first": ("ix_user_task_due_at", late(**_OF_SITI)),
    "number of late instances": (
        "ix_user_task_due_at",
        lambda tx: tx.count_instances(InstanceQuery(late_at=at(minutes=2000)), at_most=40),
    ),
    "what is late longest": (
        "ix_user_task_due_at",
        lambda tx: tx.late_instances(OverviewQuery(), at(minutes=2000), 10),
    ),
    "instances that went up": ("ix_user_task_escalated", instances(is_escalated=True)),
    "instances that ended, as staff see them": (
        "ix_process_instance_ended_at",
        instances(_LAST_ENDED, ended_after=at(days=-9), **_OF_SITI),
    ),
    "number of instances of long ago, as staff count them": (
        "started_at<?",
        lambda tx: tx.count_instances(
            InstanceQuery(started_before=at(days=-9), **_OF_SITI), at_most=40
        ),
    ),
    "a lane, gone up": ("ix_user_task_escalated", tasks(is_escalated=True, **_LANE)),
    "everything that went up": ("ix_user_task_escalated", tasks(_OLDEST, is_escalated=True)),
    "where instances stand": (
        "sqlite_autoindex_user_task_1",
        lambda tx: tx.open_tasks_in(OverviewQuery(**_OF_SITI), ["i3", "i70"]),
    ),
    "a lane by a name, by priority": (
        "ix_user_task_open_priority",
        tasks(_BY_PRIORITY, name_contains="U", **_LANE, include_assigned=True),
    ),
    "every task by id": ("ix_user_task_task_id", tasks((), states=frozenset(TaskState))),
    "every task, the latest first": (
        "ix_user_task_state",
        tasks(_LATEST, states=frozenset(TaskState)),
    ),
    "every task, the last ended first": (
        "ix_user_task_ended_at",
        tasks(_LAST_ENDED, states=frozenset(TaskState)),
    ),
    "every task, the first ended first": (
        "ix_user_task_ended_at",
        tasks((("ended_at", SortOrder.ASC),), states=frozenset(TaskState)),
    ),
    "running instances by id": (
        "sqlite_autoindex_process_instance_1",
        instances((), states=frozenset({InstanceState.ACTIVE}), **_OF_SITI),
    ),
    "instances by key, as staff see them": (
        "ix_process_instance_business_key",
        instances((("business_key", SortOrder.ASC),), **_OF_SITI),
    ),
    "names of steps": ("ix_user_task_open_name", lambda tx: tx.open_task_names()),
    "visits": ("ix_history_event_kind", visits()),
    "visits of an element": ("ix_history_event_activity_id", visits(activity_id="periksa")),
    "deeds": ("ix_history_event_deeds", deeds()),
    "deeds of one kind": (
        "ix_history_event_kind",
        deeds(kinds=frozenset({EventKind.INSTANCE_CANCELLED})),
    ),
    "deeds of some kinds": (
        "ix_history_event_deeds",
        deeds(kinds=frozenset({EventKind.INSTANCE_STARTED, EventKind.INSTANCE_CANCELLED})),
    ),
    "deeds in a common SOP": ("ix_history_event_deeds", deeds(definition_key="sop-3")),
    "deeds in a rare SOP": (
        "sqlite_autoindex_history_event_1",
        deeds(definition_key="sop-rare"),
    ),
    "deeds that staff see": ("ix_history_event_deeds", deeds(**_OF_SITI)),
    "number of deeds": (
        "ix_history_event_",
        lambda tx: tx.count_events(EventQuery(is_by_somebody=True, **_OF_SITI), at_most=40),
    ),
    "visits of an instance": (
        "ix_history_event_activity_instance_id",
        visits(instance_id="i77"),
    ),
    "visits of whom few tasks were": ("ix_user_task_assignee", visits(assignee="siti")),
    "visits of whom no tasks were": ("ix_user_task_assignee", visits(assignee="tiada")),
    "visits in a rare SOP": ("history_event_1 (instance_id=?", visits(definition_key="sop-rare")),
    "deeds of some rare kinds": ("ix_history_event_kind", deeds(kinds=_RARE_KINDS)),
    "number of deeds of some rare kinds": (
        "ix_history_event_kind",
        lambda tx: tx.count_events(EventQuery(is_by_somebody=True, kinds=_RARE_KINDS), at_most=40),
    ),
    "visits, instance by instance": (
        "sqlite_autoindex_history_event_1",
        lambda tx: tx.activities(ActivityQuery(), Page(0, 25)),
    ),
    "deeds at an element": ("ix_history_event_activity_id", deeds(activity_id="periksa")),
    "who took or was given tasks": ("ix_history_event_kind", links()),
    "instances by any word": (
        "search_word VIRTUAL TABLE",
        lambda tx: tx.found_instances(
            ("lkj",), lanes=None, account=None, first_result=0, max_results=21
        ),
    ),
}


@pytest.fixture(scope="module", params=(*BOTH, "sqlite, analysed"))
def much_work(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Instances with two open tasks each: one of some lanes, and one of a lane that all share."""
    folder = tmp_path_factory.mktemp("plans")
    with migrated_store(request.param.partition(",")[0], request, folder) as store:
        deploy(store, a_definition(lanes=("Lane 6",)))
        with store.writing() as tx:
            for number in range(_MANY):
                tx.add_instance(_step(number))
                tx.put_words(f"i{number}", " ".join(words_of_key(f"LKJ-{number}")))
            tx._write(insert(user_task), [task_values(_ended_task(number)) for number in range(60)])
            if request.param != "sqlite":
                tx._write(text("ANALYZE"))
        yield store


def _step(number: int) -> StepRecord:
    instance_id, key, began = f"i{number}", f"LKJ-{number}", at(minutes=-number)
    mine = a_task(
        f"t{number}",
        instance_id,
        name=f"Periksa {number % 14 // 2}",
        lane=f"Lane {number % 7}" if number % 500 else "Rare",
        definition_key="sop",
        business_key=key,
        due_at=at(minutes=number) if number % 5 else None,
        created_at=began,
        priority=(50, 75, 100)[number % 3],
        assignee="siti" if number % 300 == 7 else None,
    )
    common = a_task(
        f"c{number}", instance_id, name="Umum", lane="Umum", due_at=at(days=90), created_at=began
    )
    return first_step(
        instance_id,
        events=(
            an_event(instance_id, 1, actor="siti", at=began),
            an_event(
                instance_id,
                2,
                kind=EventKind.ACTIVITY_ENTERED,
                at=began,
                activity_id="periksa" if number % 2 else "setujui",
                activity_instance_id=mine.task_id,
            ),
        ),
        opened=(mine, common),
        business_key=key,
        started_at=began,
        definition_key=f"sop-{number % 5}" if number % 500 else "sop-rare",
    )


def _ended_task(number: int) -> UserTask:
    """Some are of one moment."""
    return a_task(
        f"e{number}",
        f"i{number}",
        state=TaskState.COMPLETED,
        lane="Selesai",
        created_at=at(days=-9),
        ended_at=at(minutes=number // 3),
        ended_by="budi",
    )


_BY_IDS = {"all that I may see, by instance"}


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_reads_no_more_than_it_shows(much_work: Store, listing: str) -> None:
    index, ask = LISTINGS[listing]
    if much_work.dialect == "sqlite":
        plan = "\n".join(explained(much_work, ask, "EXPLAIN QUERY PLAN "))
        # By ids that are found first it may come to tasks one by one as well.
        assert index in plan or (listing in _BY_IDS and "ix_user_task_task_id (task_id=?)" in plan)
        most = _OF_MANY_PARTS.get(listing, _MOST_INSTRUCTIONS)
        assert instructions(much_work, ask) <= most
    else:
        plans = explained(much_work, ask, "EXPLAIN (ANALYZE, FORMAT JSON) ")
        found = [json.loads(plan)[0]["Plan"] for plan in plans]
        read = max((rows for plan in found for rows in rows_read(plan)), default=0)
        assert read <= _FEW_ROWS or listing in _SORTED, plans


@pytest.mark.parametrize("filters", [{}, {"visible_to": _SCOPE}])
def test_what_is_due_last_stands_at_the_end_of_an_index(
    much_work: Store, filters: dict[str, Any]
) -> None:
    if much_work.dialect == "postgresql":
        ask = tasks(_DUE_LAST, **filters)
        assert "Backward" in explained(much_work, ask, "EXPLAIN (FORMAT JSON) ")[-1]


def test_what_reads_every_task_takes_more_than_a_listing_may(much_work: Store) -> None:
    if much_work.dialect == "sqlite":
        assert instructions(much_work, lambda tx: tx.count_tasks(TaskQuery())) > _MOST_INSTRUCTIONS


def instructions(store: Store, ask: Asked) -> int:
    """How many instructions SQLite's machine runs for the listing: some for each row it reads."""
    ticks: list[None] = []
    with store.reading() as tx:
        connection = tx._connection.connection.driver_connection
        connection.set_progress_handler(lambda: ticks.append(None), _TICK)
        ask(tx)
        connection.set_progress_handler(None, 0)
    return len(ticks) * _TICK


def explained(store: Store, ask: Asked, explain: str) -> list[str]:
    """What the database says of each statement that the listing takes."""
    asked = asked_by(store, ask)
    with store.reading() as tx:
        if store.dialect == "postgresql":
            # Of tables as small as a test's PostgreSQL prefers to read all: it is asked what it
            # does when there is more.
            for way in ("seqscan", "hashjoin", "mergejoin"):
                tx._connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
            for cost in ("cpu_tuple_cost", "cpu_index_tuple_cost"):
                tx._connection.exec_driver_sql(f"SET LOCAL {cost} = 5")
        told = []
        for statement, parameters in asked:
            rows = tx._connection.exec_driver_sql(explain + statement, parameters).all()
            is_json = store.dialect == "postgresql"
            told.append(json.dumps(rows[0][0]) if is_json else "\n".join(row[3] for row in rows))
        return told


def rows_read(node: dict[str, Any]) -> Iterator[int]:
    """Of each place of a plan that reads instances or tasks, how many rows it read."""
    if node.get("Relation Name") in {"process_instance", "user_task"}:
        left_out = node.get("Rows Removed by Filter", 0) + node.get(
            "Rows Removed by Index Recheck", 0
        )
        yield int((node["Actual Rows"] + left_out) * node["Actual Loops"])
    for each in node.get("Plans", ()):
        yield from rows_read(each)


def test_pages_are_parts_of_the_whole_list(much_work: Store) -> None:
    asked = [
        (filters, sorting)
        for filters in ({}, {"name_contains": "a 3"}, {"key_words": ("lkj",)}, {"min_priority": 75})
        for sorting in (_SOONEST, _BY_PRIORITY, _OLDEST, _LATEST)
    ]
    by_value = (_BY_NAME, _BY_LAST_NAME, _BY_ASSIGNEE, _BY_FOLLOW_UP, _DUE_LAST)
    for filters, sorting in (*asked, *(({}, each) for each in by_value)):
        for scope in (_LANE, {"visible_to": _SCOPE}, {}):
            query = TaskQuery(**scope, **filters)
            with much_work.reading() as tx:
                whole = [each.task_id for each in tx.tasks(query, Page(sorting=sorting))]
                pages = [tx.tasks(query, Page(n, 30, sorting)) for n in (0, 30)]
                counted, exact = tx.count_tasks(query, at_most=40), tx.count_tasks(query)
            assert [each.task_id for page in pages for each in page] == whole[:60]
            assert (counted, exact) == (min(len(whole), 40), len(whole))


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("states", [frozenset({TaskState.OPEN}), None])
def test_pages_instance_by_instance_are_parts_of_the_whole_list(
    much_work: Store, order: SortOrder, states: Any
) -> None:
    sorting = (("instance_id", order),)
    for lanes in ({"Umum"}, {"Umum", "Lane 6"}, {"Lane 6"}, {"Tiada"}):
        query = TaskQuery(states=states, visible_to=TaskScope("tiada", frozenset(lanes)))
        with much_work.reading() as tx:
            whole = tx.tasks(query, Page(sorting=sorting))
            for first, number in ((0, 10), (35, 10), (max(len(whole) - 3, 0), 10), (0, 0)):
                assert tx.tasks(query, Page(first, number, sorting)) == whole[first:][:number]
            for place in {0, 12, len(whole) - 5} & set(range(len(whole))):
                last = whole[place]
                behind = Page(0, 10, sorting, after=(last.instance_id, last.task_id))
                assert tx.tasks(query, behind) == whole[place + 1 :][:10]


def test_what_many_see_is_read_instance_by_instance_until_the_page_is_full(
    much_work: Store,
) -> None:
    page = Page(0, 10, (("instance_id", SortOrder.ASC),))
    query = TaskQuery(visible_to=TaskScope("tiada", frozenset({"Umum"})))
    assert not is_one_question(query, page)
    if much_work.dialect == "sqlite":
        *_, last = explained(much_work, lambda tx: tx.tasks(query, page), "EXPLAIN QUERY PLAN ")
        assert "SCAN user_task USING INDEX sqlite_autoindex_user_task_1" in last
        assert instructions(much_work, lambda tx: tx.tasks(query, page)) <= 35_000
    else:
        plans = explained(
            much_work, lambda tx: tx.tasks(query, page), "EXPLAIN (ANALYZE, FORMAT JSON) "
        )
        read = [n for plan in plans for n in rows_read(json.loads(plan)[0]["Plan"])]
        assert max(read) <= _FEW_ROWS


def test_visits_of_few_are_those_that_all_have_of_them(much_work: Store) -> None:
    page = Page(0, 25, (("started_at", SortOrder.DESC),))
    with much_work.reading() as tx:
        everything = tx.activities(ActivityQuery())
        his = [each for each in everything if each.assignee == "siti"]
        assert len(his) == _MANY // 300
        assert sorted(tx.activities(ActivityQuery(assignee="siti"), page), key=_of_visit) == his
        rare = [each for each in everything if each.definition_key == "sop-rare"]
        found = tx.activities(ActivityQuery(definition_key="sop-rare"), page)
        assert sorted(found, key=_of_visit) == rare != []
        assert tx.activities(ActivityQuery(assignee="tiada"), page) == []
        assert tx.activities(ActivityQuery(activity_instance_id="t7")) == [
            each for each in everything if each.activity_instance_id == "t7"
        ]


def _of_visit(visit: ActivityInstance) -> tuple[str, int]:
    return visit.instance_id, visit.sequence


def test_exact_numbers_are_counted_within_an_index(much_work: Store) -> None:
    of_siti = InstanceQuery(**_OF_SITI)
    with much_work.reading() as tx:
        for lanes, account, number in (
            ({"Lane 6"}, "siti", _MANY),
            ({"Lane 6"}, "tiada", _MANY),
            ({"Tiada"}, "siti", _MANY),
            ({"Tiada"}, "tiada", 0),
        ):
            seen = InstanceQuery(visible_to_lanes=frozenset(lanes), visible_to_account=account)
            assert tx.count_instances(seen) == len(tx.instances(seen)) == number
    if much_work.dialect == "sqlite":
        for index, ask in (
            ("offered_lane", lambda tx: tx.count_tasks(TaskQuery(visible_to=_SCOPE))),
            ("definition_id", lambda tx: tx.count_instances(of_siti)),
        ):
            plans = "\n".join(explained(much_work, ask, "EXPLAIN QUERY PLAN "))
            assert re.search(rf"COVERING INDEX ix_\w+_{index}", plans), plans


def test_pages_of_what_has_ended_are_parts_of_the_whole_list(much_work: Store) -> None:
    query = TaskQuery(states=None)
    for order in SortOrder:
        by_end = (("ended_at", order),)
        with much_work.reading() as tx:
            whole = [each.task_id for each in tx.tasks(query, Page(sorting=by_end))]
            # The last one has open tasks, too, which come after all others.
            pages = [tx.tasks(query, Page(first, 25, by_end)) for first in (0, 25, 50)]
            last = pages[0][-1]
            behind = Page(0, 25, by_end, after=(last.ended_at, last.task_id))
            following = [each.task_id for each in tx.tasks(query, behind)]
        assert [each.task_id for page in pages for each in page] == whole[:75]
        assert following == whole[25:50]


def test_tasks_that_are_looked_up_by_instance_are_visible_ones(much_work: Store) -> None:
    nobody = TaskScope("tiada", frozenset({"Tiada"}))
    for filters in ({"key_words": ("77",)}, {"lane": "Rare"}, {"instance_ids": ("i3", "i7")}):
        with much_work.reading() as tx:
            everybodys = TaskQuery(**filters)
            assert tx.tasks(everybodys, Page(0, 25))
            assert tx.tasks(replace(everybodys, visible_to=nobody), Page(0, 25)) == []
            assert tx.count_tasks(replace(everybodys, visible_to=nobody)) == 0
