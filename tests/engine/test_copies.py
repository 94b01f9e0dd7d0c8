"""Copies of records: those that `dataclasses.replace` makes, of every kind that is copied so."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.copies import copy_with, made_of
from engine.model import InstanceState, ProcessInstance, StepRecord, TaskState, UserTask
from engine.queries import TaskQuery, TaskScope

NOON = datetime(2026, 11, 20, 5, tzinfo=UTC)
INSTANCE = ProcessInstance(
    instance_id="i1",
    definition_id="d1",
    definition_key="d",
    business_key=None,
    state=InstanceState.ACTIVE,
    revision=1,
    last_sequence=1,
    head_hash="",
    started_at=NOON,
    started_by="siti",
)
TASK = UserTask(
    task_id="t1",
    instance_id="i1",
    definition_id="d1",
    definition_key="d",
    activity_id="a",
    name="Periksa",
    lane="Bidang",
    lane_path=("Bidang",),
    state=TaskState.OPEN,
    created_at=NOON,
)


@pytest.mark.parametrize(
    ("record", "values"),
    [
        (INSTANCE, {"revision": 2, "ended_at": NOON}),
        (TASK, {"state": TaskState.COMPLETED, "assignee": "siti"}),
        (TASK, {}),
        (TaskQuery(lane="Bidang"), {"visible_to": TaskScope("siti", frozenset({"Bidang"}))}),
        (StepRecord(INSTANCE, 1, (), None), {"opened": (TASK,)}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_copy_is_that_of_the_standard_library(record: Any, values: dict[str, Any]) -> None:
    copy = copy_with(record, **values)

    assert copy == replace(record, **values)
    assert copy is not record
    with pytest.raises(FrozenInstanceError):
        setattr(copy, fields(copy)[0].name, None)


def test_record_is_made_of_as_many_values_as_it_has_fields() -> None:
    scope = made_of(TaskScope, ["siti", frozenset()])

    assert scope == TaskScope("siti", frozenset())
    for values in (["siti"], ["siti", frozenset(), 1]):
        with pytest.raises(ValueError, match="argument 2"):
            made_of(TaskScope, values)


def test_name_that_is_no_field_is_refused() -> None:
    with pytest.raises(KeyError, match="revisi"):
        copy_with(INSTANCE, revisi=2)


@dataclass(frozen=True, slots=True)
class _Checked:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("expected a number that is not negative")


def test_kind_that_checks_its_fields_is_refused() -> None:
    with pytest.raises(TypeError, match="_Checked checks its fields"):
        copy_with(_Checked(1), number=-1)
