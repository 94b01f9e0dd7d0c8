"""Ids: whose, and in which order they sort."""

from __future__ import annotations

import time
import uuid

from engine.sources import RandomIds, ordered_uuid, uuid_text


def test_ids_of_instances_sort_by_when_they_began() -> None:
    before = int(time.time() * 1000)
    made = [RandomIds().new_instance_id() for _ in range(1000)]
    after = int(time.time() * 1000)

    moments = [int(each.replace("-", "")[:12], 16) for each in made]
    assert before <= moments[0]
    assert moments == sorted(moments)
    assert moments[-1] <= after
    assert len({each[13:] for each in made}) == 1000
    found = [uuid.UUID(each) for each in made]
    assert {(each.version, each.variant) for each in found} == {(7, uuid.RFC_4122)}
    assert [str(each) for each in found] == made


def test_an_ordered_uuid_keeps_all_but_six_bits() -> None:
    assert ordered_uuid(b"\0" * 6, b"\0" * 10, version=8) == "00000000-0000-8000-8000-000000000000"
    assert ordered_uuid(b"\xff" * 6, b"\xff" * 10, version=7) == (
        "ffffffff-ffff-7fff-bfff-ffffffffffff"
    )


def test_the_text_of_a_uuid_is_that_of_the_standard_library() -> None:
    value = uuid.uuid4()
    assert uuid_text(value.bytes) == str(value)
