"""The search of the API."""

from __future__ import annotations

import pytest

from tests.webhooks.rest.hall import Hall, assert_problem


def test_what_is_found_says_where(hall: Hall, letter: str) -> None:
    found = hall.get("/search", "siti", query="b-1").json

    assert found["words"] == ["b", "1"]
    [instance] = found["instances"]
    assert (instance["id"], instance["businessKey"], instance["state"]) == (letter, "B-1", "ACTIVE")
    assert instance["matches"] == [{"source": "businessKey", "name": None, "text": "B-1"}]
    assert [task["taskDefinitionKey"] for task in instance["tasks"]] == ["isi"]
    assert [task["name"] for task in found["tasks"]] == ["Mengisi surat"]
    assert (found["hasMore"], found["hasMoreTasks"]) == (False, False)
    [definition] = hall.get("/search", "siti", query="menyetujui").json["processDefinitions"]
    assert (definition["key"], definition["steps"]) == ("surat", ["Menyetujui surat"])


def test_only_what_the_caller_may_see_is_found(hall: Hall, letter: str) -> None:
    for query in ("b-1", letter, "menyetujui", "mengisi"):
        found = hall.get("/search", "tamu", query=query).json
        assert [found[each] for each in ("instances", "tasks", "processDefinitions")] == [
            [],
            [],
            [],
        ]


@pytest.mark.parametrize(
    "wrong",
    [{}, {"query": "x" * 201}, {"query": "x", "maxResults": "101"}, {"query": "x", "kata": "y"}],
)
def test_a_wrong_question_is_named(hall: Hall, wrong: dict[str, str]) -> None:
    body = assert_problem(hall.get("/search", "siti", **wrong), 400)

    assert body["fields"]
