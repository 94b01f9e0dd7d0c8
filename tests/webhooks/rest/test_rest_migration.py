"""Migration over HTTP: plans in Camunda's shape, all or none moved, with a reason."""

from __future__ import annotations

from typing import Any

import pytest

from engine.model import Actor, EventKind, Role
from tests.office import AUDITOR
from tests.webhooks.rest.hall import LETTER, Hall, assert_problem
from webhooks.schemas.migrations import GivenMigrationPlan

ANALYST_OF_HALL = Actor("analis", frozenset({Role.ANALYST}))
WHY = {"reason": "Perwali baru", "basis": "SK 188/2026"}


@pytest.fixture
def plan(hall: Hall, letter: str) -> dict[str, Any]:
    """The generated plan from the version of `letter` to the next one."""
    source = hall.get(f"/process-instance/{letter}").json["definitionId"]
    target = hall.deployed(LETTER.replace("Menyetujui", "Menandatangani"))["id"]
    body = {"sourceProcessDefinitionId": source, "targetProcessDefinitionId": target}
    return hall.post("/migration/generate", body, "analis").json


def execute(hall: Hall, plan: dict[str, Any], *instances: str, **more: Any) -> Any:
    who, headers = more.pop("who", "analis"), more.pop("headers", None)
    body = {"migrationPlan": plan, "processInstanceIds": list(instances), **WHY, **more}
    return hall.post("/migration/execute", body, who, headers=headers)


def test_a_generated_plan_has_camundas_shape(plan: dict[str, Any]) -> None:
    assert set(plan) == {
        "sourceProcessDefinitionId",
        "targetProcessDefinitionId",
        "instructions",
        "variables",
    }
    assert {
        "sourceActivityIds": ["isi"],
        "targetActivityIds": ["isi"],
        "updateEventTrigger": False,
    } in plan["instructions"]


def test_an_executed_plan_moves_the_instance_and_says_why(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    assert execute(hall, plan, letter).status_code == 204

    found = hall.get(f"/process-instance/{letter}").json
    assert found["definitionId"] == plan["targetProcessDefinitionId"]
    (moved,) = [
        event
        for event in hall.engine.history.events(letter, actor=AUDITOR)
        if event.kind is EventKind.INSTANCE_MIGRATED
    ]
    assert (moved.payload["reason"], moved.payload["basis"]) == tuple(WHY.values())
    assert hall.get(f"/history/process-instance/{letter}/verify").json["sound"] is True


def test_the_same_key_moves_once(hall: Hall, letter: str, plan: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": "k-1"}

    first = execute(hall, plan, letter, headers=headers)
    second = execute(hall, plan, letter, headers=headers)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (204, None)
    assert (second.status_code, second.headers.get("Idempotency-Replayed")) == (204, "true")
    again = execute(hall, plan, letter)
    body = assert_problem(again, 409, "MigratingProcessInstanceValidationException")
    assert body["processInstanceId"] == letter
    assert "runs in" in body["failures"][0]


def test_the_same_key_is_answered_after_the_instance_went_on_to_a_third_version(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    headers = {"Idempotency-Key": "k-1"}
    assert execute(hall, plan, letter, headers=headers).status_code == 204
    second = plan["targetProcessDefinitionId"]
    third = hall.deployed(LETTER.replace("Menyetujui", "Mengesahkan"))["id"]
    versions = {"sourceProcessDefinitionId": second, "targetProcessDefinitionId": third}
    onwards = hall.post("/migration/generate", versions, "analis").json
    assert execute(hall, onwards, letter).status_code == 204

    again = execute(hall, plan, letter, headers=headers)

    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (204, "true")
    assert hall.get(f"/process-instance/{letter}").json["definitionId"] == third


def test_key_may_be_as_long_as_any_other(hall: Hall, letter: str, plan: dict[str, Any]) -> None:
    other, longest = "k" * 254 + "2", {"Idempotency-Key": "k" * 255}

    assert_problem(execute(hall, plan, letter, headers={"Idempotency-Key": "k" * 256}), 400)
    assert execute(hall, plan, letter, headers=longest).status_code == 204
    again = execute(hall, plan, letter, headers=longest)
    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (204, "true")
    assert_problem(execute(hall, plan, letter, headers=longest, reason="lain"), 422)
    # Another key, if only by its end, is another request.
    assert_problem(execute(hall, plan, letter, headers={"Idempotency-Key": other}), 409)


def test_key_that_was_remembered_with_the_id_behind_it_is_found(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    """As every key is that is short enough, and was before longer ones were taken."""
    key = "k" * (254 - len(letter))
    loaded = GivenMigrationPlan().load(plan)
    hall.engine.migrations.migrate(
        letter, loaded, **WHY, actor=ANALYST_OF_HALL, idempotency_key=f"{key}/{letter}"
    )

    again = execute(hall, plan, letter, headers={"Idempotency-Key": key})

    assert (again.status_code, again.headers.get("Idempotency-Replayed")) == (204, "true")


def test_one_that_cannot_be_moved_keeps_all_where_they_are(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    other = hall.started()
    hall.delete(f"/process-instance/{letter}?reason=salah")

    # The newest version is where `other` began: it runs in another one than the plan's.
    body = assert_problem(execute(hall, plan, other), 409)
    assert body["failures"]
    report = hall.post(
        "/migration/preview",
        {"migrationPlan": plan, "processInstanceIds": [letter, other]},
        "analis",
    ).json
    assert [each["mayMove"] for each in report["processInstances"]] == [False, False]
    assert [each["failures"][0]["reason"] for each in report["processInstances"]] == [
        "instance_ended",
        "other_version",
    ]


def test_what_could_be_moved_stays_beside_one_that_cannot(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    newer = hall.started()

    body = assert_problem(execute(hall, plan, letter, newer), 409)

    assert body["processInstanceId"] == newer
    found = hall.get(f"/process-instance/{letter}").json
    assert found["definitionId"] == plan["sourceProcessDefinitionId"]


def test_faults_stand_at_their_instruction(hall: Hall, plan: dict[str, Any]) -> None:
    for each in plan["instructions"]:
        if each["sourceActivityIds"] == ["isi"]:
            each["targetActivityIds"] = ["selesai"]

    (report,) = hall.post("/migration/validate", plan, "analis").json["instructionReports"]
    assert report["instruction"]["sourceActivityIds"] == ["isi"]
    assert "userTask" in report["failures"][0]
    assert "lane" in report["warnings"][0]


@pytest.mark.parametrize("missing", ["reason", "basis"])
def test_a_reason_and_a_basis_are_asked_for(
    hall: Hall, letter: str, plan: dict[str, Any], missing: str
) -> None:
    body = assert_problem(execute(hall, plan, letter, **{missing: ""}), 400)
    assert missing in body["fields"]


@pytest.mark.parametrize("who", ["siti", "auditor"])
def test_others_are_refused(hall: Hall, letter: str, plan: dict[str, Any], who: str) -> None:
    assert_problem(execute(hall, plan, letter, who=who), 403)


def test_a_query_in_the_place_of_ids_is_refused(
    hall: Hall, letter: str, plan: dict[str, Any]
) -> None:
    body = assert_problem(
        execute(hall, plan, letter, processInstanceQuery={"businessKey": "B-1"}), 400
    )
    assert "processInstanceQuery" in body["fields"]
