"""Who was given a task, was offered it, or lost it, as the store reads it from history."""

from __future__ import annotations

import pytest

from engine.model import EventKind, IdentityLink
from engine.queries import IdentityLinkQuery, Page, SortOrder
from engine.store import Store
from tests.contract.builders import NOON, a_definition, a_task, an_event, at, deploy, first_step
from tests.contract.builders import start as begin


def event(sequence: int, kind: EventKind, task: str, **changes: object) -> object:
    values = {"kind": kind, "activity_instance_id": task, "at": at(hours=sequence)}
    return an_event("i1", sequence, **{**values, **changes})


@pytest.fixture
def told(store: Store) -> Store:
    """A task of a lane that went through hands, one of a person by name, one offered anew."""
    deploy(store, a_definition())
    entered, assigned = EventKind.ACTIVITY_ENTERED, EventKind.TASK_ASSIGNED
    hands = {"from": "siti", "to": "budi"}
    begin(
        store,
        first_step(
            events=[
                an_event("i1", 1),
                event(2, entered, "t1"),
                event(3, EventKind.TASK_CLAIMED, "t1", payload={"from": None, "to": "siti"}),
                event(4, assigned, "t1", payload=hands, actor="siti"),
                event(5, entered, "t2"),
                event(6, entered, "t3"),
                event(7, EventKind.ACTIVITY_MIGRATED, "t3"),
                event(8, EventKind.TASK_UNCLAIMED, "t1", payload={"from": "budi", "to": None}),
            ],
            opened=(
                a_task("t1"),
                a_task("t2", assignee="ani", claimed_at=NOON, candidate_users=("ani", "budi")),
                a_task("t3", candidate_groups=("Kepala",)),
            ),
        ),
    )
    return store


def said(links: list[IdentityLink]) -> str:
    signs = {("add", "assignee"): "+", ("delete", "assignee"): "-", ("add", "candidate"): "?"}
    return " ".join(
        f"{each.sequence}{signs[each.operation, each.link]}{each.user or each.group}"
        for each in links
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            IdentityLinkQuery(),
            "2?Petugas 3+siti 4-siti 4+budi 5+ani 5?ani 5?budi 7?Kepala 8-budi",
        ),
        (IdentityLinkQuery(instance_id="i2"), ""),
        (IdentityLinkQuery(task_id="t1"), "2?Petugas 3+siti 4-siti 4+budi 8-budi"),
        (IdentityLinkQuery(link="candidate"), "2?Petugas 5?ani 5?budi 7?Kepala"),
        (IdentityLinkQuery(operation="delete"), "4-siti 8-budi"),
        (IdentityLinkQuery(user="budi"), "4+budi 5?budi 8-budi"),
        (IdentityLinkQuery(user="ani", link="assignee"), "5+ani"),
        (IdentityLinkQuery(group="Petugas"), "2?Petugas"),
        (IdentityLinkQuery(group="Kepala"), "7?Kepala"),
        (IdentityLinkQuery(actor="siti"), "4-siti 4+budi"),
        (IdentityLinkQuery(at_after=at(hours=4), at_before=at(hours=7)), "5+ani 5?ani 5?budi"),
        (IdentityLinkQuery(definition_key="?"), ""),
        (IdentityLinkQuery(definition_id="valve-check:1:uuid", group="Kepala"), "7?Kepala"),
        (IdentityLinkQuery(visible_to_lanes=frozenset({"Arsip"})), ""),
        (IdentityLinkQuery(visible_to_lanes=frozenset({"Petugas"}), user="siti"), "3+siti 4-siti"),
        (IdentityLinkQuery(link="owner"), ""),
    ],
)
def test_identity_links_are_filtered(told: Store, query: IdentityLinkQuery, expected: str) -> None:
    with told.reading() as tx:
        assert said(tx.identity_links(query)) == expected
        assert tx.count_identity_links(query) == len(expected.split())


def test_pages_of_identity_links_follow_each_other(told: Store) -> None:
    latest = (("at", SortOrder.DESC),)
    with told.reading() as tx:
        first = tx.identity_links(page=Page(sorting=latest, max_results=3))
        last = first[-1]
        place = (last.at, last.instance_id, last.sequence, last.part)
        rest = tx.identity_links(page=Page(sorting=latest, after=place))
        third = tx.identity_links(page=Page(sorting=latest, first_result=2, max_results=2))

    assert said(first) == "8-budi 7?Kepala 5?budi"
    assert said(rest) == "5?ani 5+ani 4+budi 4-siti 3+siti 2?Petugas"
    assert said(third) == "5?budi 5?ani"


@pytest.mark.parametrize("order", SortOrder)
@pytest.mark.parametrize("most", [1, 3, 4, 9])
def test_a_page_is_that_part_of_the_whole(told: Store, order: SortOrder, most: int) -> None:
    by_time = (("at", order),)
    with told.reading() as tx:
        whole = tx.identity_links(page=Page(sorting=by_time))
        pages = [
            each
            for first in range(0, len(whole), most)
            for each in tx.identity_links(page=Page(first, most, by_time))
        ]

    assert pages == whole
