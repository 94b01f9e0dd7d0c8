"""Drafts of forms, and saved filters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import StorageError
from engine.model import SavedFilter, TaskDraft, TaskState
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_task,
    an_account,
    at,
    deploy,
    first_step,
    next_step,
    start,
)

DRAFT = TaskDraft("siti", "i1", "t1", {"judul": "Naskah “pertama”", "isi": ""}, NOON)


@pytest.fixture
def desks(store: Store) -> Store:
    """Two accounts, and two open tasks of one instance."""
    deploy(store)
    start(store, first_step(opened=(a_task("t1"), a_task("t2"))))
    with store.writing() as tx:
        tx.add_account(an_account("siti"))
        tx.add_account(an_account("budi"))
    return store


def test_a_draft_comes_back_whole_and_is_replaced(desks: Store) -> None:
    with desks.writing() as tx:
        tx.put_task_draft(DRAFT)
        assert tx.task_draft("siti", "t1") == DRAFT
        later = replace(DRAFT, texts={"judul": "b"}, saved_at=at(hours=1))
        tx.put_task_draft(later)

    with desks.reading() as tx:
        assert tx.task_draft("siti", "t1") == later


def test_a_draft_is_of_one_account_and_one_task(desks: Store) -> None:
    with desks.writing() as tx:
        tx.put_task_draft(DRAFT)
        tx.put_task_draft(replace(DRAFT, account="budi", texts={}))
        tx.put_task_draft(replace(DRAFT, task_id="t2"))

        assert tx.delete_task_draft("budi", "t2") == 0
        assert tx.delete_task_draft("siti", "t1") == 1

    with desks.reading() as tx:
        assert tx.task_draft("siti", "t1") is None
        assert tx.task_draft("budi", "t1") == replace(DRAFT, account="budi", texts={})
        assert tx.task_draft("siti", "t2") == replace(DRAFT, task_id="t2")


@pytest.mark.parametrize("change", [{"task_id": "?"}, {"account": "nobody"}])
def test_a_draft_is_of_a_task_and_an_account_that_are_there(
    desks: Store, change: dict[str, str]
) -> None:
    with pytest.raises(StorageError), desks.writing() as tx:
        tx.put_task_draft(replace(DRAFT, **change))


def test_only_drafts_of_ended_tasks_are_dropped(desks: Store) -> None:
    with desks.writing() as tx:
        tx.put_task_draft(DRAFT)
        tx.put_task_draft(replace(DRAFT, task_id="t2"))
        done = a_task("t1", state=TaskState.COMPLETED, ended_at=NOON, ended_by="budi")
        tx.append_step(next_step(tx.instance("i1"), changed=(done,)))

    with desks.writing() as tx:
        assert (tx.drop_drafts_of_ended_tasks(), tx.drop_drafts_of_ended_tasks()) == (1, 0)
        assert tx.task_draft("siti", "t1") is None
        assert tx.task_draft("siti", "t2") is not None


def test_saved_filters_are_listed_by_name_and_replaced(desks: Store) -> None:
    late, mine = SavedFilter("siti", "telat", "tenggat=terlambat"), SavedFilter("siti", "Saya", "")
    with desks.writing() as tx:
        for each in (
            late,
            mine,
            SavedFilter("budi", "telat", "x"),
            replace(late, query="sop=a%26b"),
        ):
            tx.put_saved_filter(each)

    with desks.writing() as tx:
        assert tx.saved_filters("siti") == [mine, replace(late, query="sop=a%26b")]
        assert tx.delete_saved_filter("siti", "Telat") == 0
        assert tx.delete_saved_filter("siti", "telat") == 1
        assert tx.saved_filters("siti") == [mine]
        assert tx.saved_filters("budi") == [SavedFilter("budi", "telat", "x")]


def test_a_saved_filter_is_of_an_account_that_is_there(desks: Store) -> None:
    with pytest.raises(StorageError), desks.writing() as tx:
        tx.put_saved_filter(SavedFilter("nobody", "a", ""))
