"""The workflow library sees the time and mints ids only inside a step."""

from __future__ import annotations

import ast
import importlib.metadata
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import SpiffWorkflow
import SpiffWorkflow.task as spiff_task
from SpiffWorkflow.bpmn.specs.event_definitions import timer

from engine.errors import UnboundStep
from engine.sources import RandomIds
from engine.spiff import stepping

INSTANCE = "00000000-0000-4000-8000-000000000001"
OF_TIME = "019aa0b1-c2d3-7e4f-8a5b-6c7d8e9fa0b1"
CALLED = "019aa0b1-c2d3-8001-a5b6-6c7d8e9fa0b1"
NOW = datetime(2026, 1, 5, 1, 2, 3, tzinfo=UTC)

#: (module, source) pairs that stepping.py binds, or that never run in Alur.
KNOWN = {
    ("task.py", "uuid4"),
    ("task.py", "time.time"),
    ("bpmn/specs/event_definitions/timer.py", "datetime.now"),
    # Migrations of the library's own serialisation, which Alur does not use.
    ("bpmn/serializer/migration/version_1_3.py", "uuid4"),
}


def test_the_library_is_the_version_whose_internals_are_bound() -> None:
    assert importlib.metadata.version("SpiffWorkflow") == "3.2.0"


def test_the_library_has_no_other_source_of_time_or_ids() -> None:
    found = set()
    root = Path(SpiffWorkflow.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                if name.split(".")[-1] in {"uuid1", "uuid4", "now", "utcnow", "today", "random"}:
                    found.add((str(path.relative_to(root)), name))
                if name in {"time.time", "time", "monotonic", "time.monotonic", "randint"}:
                    found.add((str(path.relative_to(root)), name))

    assert {pair for pair in found if "dt.time" not in pair[1]} == KNOWN


def test_outside_a_step_there_is_no_time_no_id_and_no_movement() -> None:
    task = spiff_task.Task.__new__(spiff_task.Task)

    with pytest.raises(UnboundStep):
        spiff_task.uuid4()
    with pytest.raises(UnboundStep):
        spiff_task.time.time()
    with pytest.raises(UnboundStep):
        timer.datetime.now(UTC)
    with pytest.raises(UnboundStep):
        task._set_state(16)


def test_a_step_gives_its_own_time_and_the_same_ids_each_time() -> None:
    minted = []
    for _ in range(2):
        with stepping.step(now=NOW, instance_id=INSTANCE, revision=3):
            assert timer.datetime.now(UTC) == NOW
            minted.append([spiff_task.uuid4() for _ in range(5)])

    assert minted[0] == minted[1]
    assert len(set(minted[0])) == 5


def test_an_id_is_the_uuid5_of_instance_revision_and_number() -> None:
    names = [f"3.{number}" for number in range(1, 21)]
    assert _minted(INSTANCE, 3) == [str(uuid.uuid5(uuid.UUID(INSTANCE), name)) for name in names]


def test_an_id_of_an_instance_that_has_its_time_in_its_id_lies_beside_it() -> None:
    instance_id = RandomIds().new_instance_id()
    for beginning in (instance_id, called := _minted(instance_id, 3)[0]):
        minted = _minted(beginning, 3)
        assert minted == _minted(beginning, 3)
        assert len({*minted, *_minted(beginning, 4)}) == 40
        assert {each[:13] for each in minted} == {instance_id[:13]}
        assert {uuid.UUID(each).version for each in minted} == {8}
    assert _minted(called, 3) != _minted(instance_id, 3)


#: Of an instance whose id begins with its time, and of one that it called: revision, number in the
#: step, id. By sha1sum; histories that there are have them, and replay mints them again: a change
#: of these is one of all histories.
_PINNED = [
    (OF_TIME, 1, 1, "019aa0b1-c2d3-8001-8249-62a68dfdb875"),
    (OF_TIME, 1, 2, "019aa0b1-c2d3-8002-9064-e924635da6f9"),
    (OF_TIME, 3, 1, "019aa0b1-c2d3-8001-995f-1b0b23d62824"),
    (OF_TIME, 3, 4095, "019aa0b1-c2d3-8fff-bc51-7e80986d7fd3"),
    (OF_TIME, 3, 4096, "019aa0b1-c2d3-8fff-b96b-328280eeeac0"),
    (CALLED, 1, 1, "019aa0b1-c2d3-8001-9694-940604c3afd9"),
    (CALLED, 1, 2, "019aa0b1-c2d3-8002-9945-261ef6656322"),
]


@pytest.mark.parametrize(("instance_id", "revision", "number", "expected"), _PINNED)
def test_ids_of_an_instance_that_has_its_time_in_its_id_stay_those_of_histories_that_there_are(
    instance_id: str, revision: int, number: int, expected: str
) -> None:
    assert _minted(instance_id, revision, count=number)[-1] == expected


def test_ids_of_a_step_sort_as_they_were_minted_and_are_unlike_beyond_what_is_counted() -> None:
    minted = _minted(RandomIds().new_instance_id(), 3, count=5000)

    assert minted[:4095] == sorted(minted[:4095])
    assert min(minted[4095:]) > minted[4093]
    assert len(set(minted)) == 5000


def _minted(instance_id: str, revision: int, *, count: int = 20) -> list[str]:
    with stepping.step(now=NOW, instance_id=instance_id, revision=revision) as step:
        return [step.mint() for _ in range(count)]


def test_other_revisions_and_instances_have_other_ids() -> None:
    other = INSTANCE.replace("1", "2")
    ids = set()
    for instance_id, revision in ((INSTANCE, 1), (INSTANCE, 2), (other, 1)):
        with stepping.step(now=NOW, instance_id=instance_id, revision=revision) as step:
            ids.add(step.mint())

    assert len(ids) == 3


def test_steps_do_not_nest() -> None:
    with (
        stepping.step(now=NOW, instance_id=INSTANCE, revision=1),
        pytest.raises(UnboundStep),
        stepping.step(now=NOW, instance_id=INSTANCE, revision=2),
    ):
        pass
