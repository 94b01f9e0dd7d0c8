from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.diagrams import boundary, coded, declared, end, line, process, start, user
from tests.office import ADMIN
from tests.webhooks.rest.hall import Hall, assert_problem

TASK_KEYS = {
    "id",
    "name",
    "assignee",
    "owner",
    "created",
    "lastUpdated",
    "due",
    "followUp",
    "delegationState",
    "description",
    "executionId",
    "parentTaskId",
    "priority",
    "processDefinitionId",
    "processInstanceId",
    "taskDefinitionKey",
    "suspended",
    "formKey",
    "camundaFormRef",
    "caseExecutionId",
    "caseDefinitionId",
    "caseInstanceId",
    "tenantId",
}


@pytest.fixture
def task_id(hall: Hall, letter: str) -> str:
    """The id of the task in which Petugas fills in the letter."""
    return str(hall.open_task(letter)["id"])


def test_task_has_every_key_of_the_dialect(hall: Hall, task_id: str) -> None:
    task = hall.get(f"/task/{task_id}", "siti").json

    assert set(task) == TASK_KEYS
    assert (task["name"], task["taskDefinitionKey"]) == ("Mengisi surat", "isi")
    assert task["created"] == "2026-01-05T07:30:00.000+0700"


@pytest.mark.parametrize(("who", "count"), [("siti", 1), ("kepala", 0), ("tamu", 0), ("admin", 1)])
def test_people_see_what_waits_for_them(hall: Hall, task_id: str, who: str, count: int) -> None:
    assert len(hall.get("/task", who).json) == count
    assert hall.get("/task/count", who).json == {"count": count}
    assert hall.get(f"/task/{task_id}", who).status_code == (200 if count else 403)


@pytest.mark.parametrize("who", ["kepala", "tamu", "analis"])
def test_task_of_another_lane_is_out_of_reach(hall: Hall, task_id: str, who: str) -> None:
    for path in ("variables", "form-variables", "form", "form-fields"):
        assert_problem(hall.get(f"/task/{task_id}/{path}", who), 403)
    for path in ("claim", "complete", "submit-form"):
        assert_problem(hall.post(f"/task/{task_id}/{path}", {}, who), 403)


def test_auditor_reads_all_and_changes_nothing(hall: Hall, letter: str, task_id: str) -> None:
    for path in (
        f"/task/{task_id}",
        f"/task/{task_id}/variables",
        f"/task/{task_id}/form-variables",
        f"/task/{task_id}/form-fields",
        f"/process-instance/{letter}",
        f"/process-instance/{letter}/variables",
        f"/history/process-instance/{letter}/replay",
        f"/history/process-instance/{letter}/verify",
        "/incident",
    ):
        assert hall.get(path, "auditor").status_code == 200
    form: dict[str, Any] = {"variables": {"isi_surat": {"value": "x"}}}
    deployment = hall.get("/deployment").json[0]["id"]
    for path, body in (
        (f"/task/{task_id}/claim", {}),
        (f"/task/{task_id}/assignee", {"userId": "siti"}),
        (f"/task/{task_id}/complete", form),
        (f"/task/{task_id}/submit-form", form),
        (f"/process-instance/{letter}/variables", {"modifications": {"a": {"value": 1}}}),
        ("/process-definition/key/surat/start", {"variables": {"nomor": {"value": 1}}}),
        ("/incident/x/retry", {}),
    ):
        assert_problem(hall.post(path, body, "auditor"), 403, "AuthorizationException")
    assert_problem(hall.delete(f"/process-instance/{letter}?reason=x", "auditor"), 403)
    assert_problem(hall.delete(f"/deployment/{deployment}", "auditor"), 403)


def test_task_is_claimed_for_oneself_only(hall: Hall, task_id: str) -> None:
    body = assert_problem(hall.post(f"/task/{task_id}/claim", {"userId": "budi"}, "siti"), 403)
    assert "budi" in body["message"]

    assert hall.post(f"/task/{task_id}/claim", {"userId": None}, "siti").status_code == 204
    assert hall.post(f"/task/{task_id}/claim", {"userId": "siti"}, "siti").status_code == 204
    taken = assert_problem(hall.post(f"/task/{task_id}/claim", {"userId": "budi"}, "budi"), 409)
    assert (taken["assignee"], taken["taskId"]) == ("siti", task_id)
    assert taken["claimedAt"] == "2026-01-05T07:30:00.000+0700"
    assert_problem(hall.complete(task_id, "budi", isi_surat="x"), 409)


def test_task_is_put_back_by_its_assignee(hall: Hall, task_id: str) -> None:
    hall.post(f"/task/{task_id}/claim", {}, "siti")
    assert_problem(hall.post(f"/task/{task_id}/unclaim", {}, "budi"), 403)

    assert hall.call("POST", f"/task/{task_id}/unclaim", "siti").status_code == 204
    assert hall.get(f"/task/{task_id}").json["assignee"] is None


def test_admin_gives_a_task_to_somebody_of_its_lane(hall: Hall, task_id: str) -> None:
    path = f"/task/{task_id}/assignee"

    assert hall.post(path, {"userId": "budi"}, "admin").status_code == 204
    assert hall.get(f"/task/{task_id}").json["assignee"] == "budi"
    assert "userId" in assert_problem(hall.post(path, {"userId": "kepala"}), 400)["fields"]
    assert "userId" in assert_problem(hall.post(path, {"userId": "nobody"}), 400)["fields"]
    assert_problem(hall.post(path, {"userId": "budi"}, "siti"), 403)
    assert hall.post(path, {"userId": None}, "budi").status_code == 204


def test_its_assignee_hands_a_task_over(hall: Hall, task_id: str) -> None:
    path = f"/task/{task_id}/assignee"
    hall.post(f"/task/{task_id}/claim", {}, "siti")

    assert "userId" in assert_problem(hall.post(path, {"userId": "kepala"}, "siti"), 400)["fields"]
    assert hall.post(path, {"userId": "budi", "reason": "cuti"}, "siti").status_code == 204
    assert hall.get(f"/task/{task_id}").json["assignee"] == "budi"
    assert_problem(hall.post(path, {"userId": "siti"}, "siti"), 409)


def test_a_task_is_taken_over_with_a_reason(hall: Hall, task_id: str) -> None:
    path = f"/task/{task_id}/assignee"
    hall.post(f"/task/{task_id}/claim", {}, "siti")
    taking = {"userId": "budi", "takeOver": True}

    assert "reason" in assert_problem(hall.post(path, taking, "budi"), 400)["fields"]
    reasoned = {**taking, "reason": "Siti sakit"}
    assert_problem(hall.post(path, reasoned, "siti"), 403)
    assert_problem(hall.post(path, {**reasoned, "userId": None}, "kepala"), 403)
    assert hall.post(path, reasoned, "budi").status_code == 204
    assert hall.get(f"/task/{task_id}").json["assignee"] == "budi"


def test_second_completion_is_a_conflict_that_says_who_and_when(hall: Hall, task_id: str) -> None:
    assert hall.complete(task_id, "siti", isi_surat="a").status_code == 204

    body = assert_problem(hall.complete(task_id, "budi", isi_surat="b"), 409)

    assert body["type"] == "TaskNotOpenException"
    assert (body["taskId"], body["state"], body["endedBy"]) == (task_id, "completed", "siti")
    assert body["endedAt"] == "2026-01-05T07:30:00.000+0700"
    assert "siti" in body["message"]


def test_ended_task_is_history(hall: Hall, task_id: str) -> None:
    hall.complete(task_id, "siti", isi_surat="a")

    assert_problem(hall.get(f"/task/{task_id}", "siti"), 404)
    (past,) = hall.get("/history/task", "siti", taskId=task_id).json
    assert (past["deleteReason"], past["assignee"], past["duration"]) == ("completed", "siti", 0)


def test_unknown_task_is_a_404(hall: Hall) -> None:
    assert_problem(hall.get("/task/nix"), 404)
    for path in ("claim", "unclaim", "complete", "submit-form"):
        assert_problem(hall.post(f"/task/nix/{path}"), 404)


def test_completion_answers_with_variables_when_asked(hall: Hall, task_id: str) -> None:
    variables = {"isi_surat": {"value": "a", "type": "String"}}
    body = {"variables": variables, "withVariablesInReturn": True}

    answer = hall.post(f"/task/{task_id}/submit-form", body, "siti")

    assert answer.status_code == 200
    assert answer.json["isi_surat"] == {"value": "a", "type": "String", "valueInfo": {}}
    assert answer.json["nomor"]["value"] == 7


def test_same_completion_again_gives_the_first_answer(hall: Hall, task_id: str) -> None:
    headers = {"Idempotency-Key": "kunci"}
    body = {"variables": {"isi_surat": {"value": "a"}}, "withVariablesInReturn": True}

    first = hall.post(f"/task/{task_id}/complete", body, "siti", headers=headers)
    again = hall.post(f"/task/{task_id}/complete", body, "siti", headers=headers)
    other = hall.complete(task_id, "siti", headers, isi_surat="b")

    assert (first.status_code, again.json) == (200, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert_problem(other, 422, "IdempotencyKeyReusedException")


def test_form_that_is_wrong_names_its_fields(hall: Hall, task_id: str) -> None:
    body = assert_problem(hall.complete(task_id, "siti", jumlah="banyak"), 400)

    assert body["type"] == "FormFieldValidationException"
    assert set(body["fields"]) == {"isi_surat", "jumlah"}


def test_form_is_told_in_camundas_ways_and_ours(hall: Hall, letter: str, task_id: str) -> None:
    form = hall.get(f"/task/{task_id}/form", "siti").json
    assert form == {"key": None, "camundaFormRef": None, "contextPath": None}
    variables = hall.get(f"/task/{task_id}/form-variables", "siti").json
    assert variables["jumlah"] == {"value": None, "type": "Long", "valueInfo": {}}
    assert variables["nomor"]["value"] == 7
    only = hall.get(f"/task/{task_id}/form-variables", variableNames="jumlah,nomor").json
    assert set(only) == {"jumlah", "nomor"}
    ours = hall.get(f"/task/{task_id}/form-fields", "siti").json
    assert [each["id"] for each in ours["fields"]] == ["isi_surat", "jumlah"]
    assert ours["values"] == {"isi_surat": None, "jumlah": None}
    assert (ours["lane"], ours["lanePath"]) == ("Petugas", ["Petugas"])

    hall.complete(task_id, "siti", isi_surat="a")
    decision = hall.open_task(letter)["id"]
    sop = hall.get(f"/task/{decision}/form-fields", "kepala").json["sop"]
    assert sop == {
        "kegiatan": "Menyetujui surat",
        "kelengkapan": "Surat",
        "waktu": "1 Hari",
        "output": None,
        "keterangan": None,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"assignee": "siti"}, 1),
        ({"assigneeLike": "si%"}, 1),
        ({"assigned": "true"}, 1),
        ({"unassigned": "true"}, 1),
        ({"candidateGroup": "Petugas"}, 1),
        ({"candidateGroup": "Petugas", "includeAssignedTasks": "true"}, 2),
        ({"candidateGroups": "Petugas,Kepala"}, 1),
        ({"candidateUser": "budi"}, 1),
        ({"candidateUser": "kepala"}, 0),
        ({"candidateUser": "nobody"}, 0),
        ({"processInstanceBusinessKey": "B-1"}, 1),
        ({"processInstanceBusinessKeyLike": "B-%"}, 2),
        ({"processDefinitionKey": "surat"}, 2),
        ({"processDefinitionKeyIn": "surat,lain"}, 2),
        ({"taskDefinitionKey": "isi"}, 2),
        ({"taskDefinitionKeyIn": "setuju"}, 0),
        ({"name": "Mengisi surat"}, 2),
        ({"nameLike": "Meng%"}, 2),
        ({"priority": "50"}, 2),
        ({"minPriority": "51"}, 0),
        ({"maxPriority": "50"}, 2),
        ({"dueBefore": "2027-01-01T00:00:00.000+0000"}, 0),
        ({"active": "true"}, 2),
    ],
)
def test_filter_of_tasks(hall: Hall, letter: str, query: dict[str, str], count: int) -> None:
    other = hall.started("siti", business_key="B-2")
    hall.post(f"/task/{hall.open_task(other)['id']}/claim", {}, "siti")

    assert hall.get("/task/count", **query).json == {"count": count}
    assert len(hall.get("/task", **query).json) == count


# -------------------------------------------------------------- errors, escalations

REPORTED = process(
    start("mulai"),
    user("isi"),
    boundary("galat", "isi", coded("KURANG", errorMessageVariable="pesan")),
    boundary("lapor", "isi", coded("LAMA", "escalation"), interrupts=False),
    user("perbaiki"),
    user("tegur"),
    end("selesai"),
    end("e2"),
    end("e3"),
    line("mulai", "isi", "selesai"),
    line("galat", "perbaiki", "e2"),
    line("lapor", "tegur", "e3"),
    key="laporan",
    lanes={"Petugas": ["mulai", "isi", "galat", "lapor", "perbaiki", "tegur"]},
    before=declared("KURANG") + declared("LAMA", kind="escalation"),
)


def test_a_person_reports_an_escalation_and_then_an_error(hall: Hall) -> None:
    hall.deployed(REPORTED)
    instance = hall.post("/process-definition/key/laporan/start", {}, "siti").json["id"]
    task = hall.open_task(instance)["id"]
    who = "siti"
    path = f"/task/{task}"
    more = {"variables": {"catatan": {"value": "tiga hari"}}}

    assert_problem(hall.post(f"{path}/bpmnError", {"errorCode": "KURANG"}, "kepala"), 403)
    assert_problem(hall.post(f"{path}/bpmnError", {}, who), 400)
    refused = assert_problem(hall.post(f"{path}/bpmnError", {"errorCode": "X"}, who), 400)
    assert "'KURANG'" in refused["message"]
    told = hall.post(f"{path}/bpmnEscalation", {"escalationCode": "LAMA", **more}, who)
    assert told.status_code == 204
    body = {"errorCode": "KURANG", "errorMessage": "tanpa KTP"}
    assert hall.post(f"{path}/bpmnError", body, who).status_code == 204

    open_now = hall.get("/task", processInstanceId=instance).json
    assert sorted(each["taskDefinitionKey"] for each in open_now) == ["perbaiki", "tegur"]
    variables = hall.get(f"/process-instance/{instance}/variables").json
    assert {name: each["value"] for name, each in variables.items()} == {
        "catatan": "tiga hari",
        "pesan": "tanpa KTP",
    }
    assert_problem(hall.post(f"{path}/bpmnError", body, who), 409)
    assert hall.get(f"/history/process-instance/{instance}/verify").json["sound"]


def test_waiting_and_working_time_of_a_task_also_after_its_end(hall: Hall, task_id: str) -> None:
    path, office = f"/task/{task_id}", hall.office
    assert hall.get(f"{path}/time", "siti").json["waitingMillis"] is None  # no calendar yet
    zone = ZoneInfo("Asia/Jakarta")
    office.engine.calendars.add("kantor", "Kantor", zone=zone, actor=ADMIN)
    office.clock.advance(hours=1)  # Monday 08:30
    hall.post(f"{path}/claim", {"userId": "siti"}, "siti")
    office.clock.advance(hours=2)
    hall.post(f"{path}/complete", {"variables": {"isi_surat": {"value": "Yth."}}}, "siti")
    office.clock.advance(days=1)

    found = hall.get(f"{path}/time", "siti").json

    assert found == {
        "id": task_id,
        "taskDefinitionKey": "isi",
        "created": "2026-01-05T07:30:00.000+0700",
        "endTime": "2026-01-05T10:30:00.000+0700",
        "due": None,
        "overdue": False,
        "waitingMillis": 3_600_000,
        "workingMillis": 7_200_000,
        "timesTaken": 1,
    }
    assert hall.get(f"{path}/time", "kepala").status_code == 403


def test_tasks_that_an_order_has_equal_stand_as_in_the_inbox(hall: Hall) -> None:
    hall.deployed()
    tasks = [hall.open_task(hall.started())["id"] for _ in range(4)]
    soonest = sorted(tasks, reverse=True)
    for day, task_id in enumerate(soonest[:3], start=1):
        due = f"2026-02-0{day}T08:00:00.000+0700"
        assert put(hall, task_id, "admin", due=due, reason="Surat Kadis").status_code == 204
    hall.post(f"/task/{soonest[1]}/claim", {"userId": "siti"}, "siti")

    def listed(**asked: str) -> list[str]:
        found = [each["id"] for each in hall.get("/task", "siti", maxResults="10", **asked).json]
        assert found == [each["id"] for each in hall.get("/task", "siti", **asked).json]
        first, rest = ({**asked, "maxResults": "2", "firstResult": n} for n in ("0", "2"))
        pages = [
            each["id"] for page in (first, rest) for each in hall.get("/task", "siti", **page).json
        ]
        assert found == pages
        return found

    assert listed() == soonest
    for name in ("name", "priority", "followUpDate"):
        assert listed(sortBy=name, sortOrder="desc") == soonest
    in_hand = [soonest[1], soonest[0], *soonest[2:]]
    assert listed(sortBy="assignee", sortOrder="desc") == in_hand


def put(hall: Hall, task_id: str, who: str = "siti", **body: Any) -> Any:
    return hall.call("PUT", f"/task/{task_id}", who, json=body)


def test_task_is_sent_back_whole_with_another_priority(hall: Hall, task_id: str) -> None:
    task = hall.get(f"/task/{task_id}", "siti").json
    task |= {"priority": 80, "followUp": "2026-01-07T08:00:00.000+0700"}

    assert put(hall, task_id, **task).status_code == 204

    assert hall.get(f"/task/{task_id}", "siti").json == task
    assert hall.get("/task/count", "siti", followUpBeforeOrNotExistent=task["created"]).json == {
        "count": 0
    }
    [row] = hall.get("/history/user-operation", operationType="Update").json
    assert (row["entityType"], row["taskId"], row["userId"]) == ("Task", task_id, "siti")
    assert row["property"] == "followUpDate,priority"
    assert put(hall, task_id, priority=81).status_code == 204
    rows = hall.get("/history/user-operation", operationType="Update").json
    last = max(rows, key=lambda each: int(each["id"].rpartition(":")[2]))
    assert [last[name] for name in ("property", "orgValue", "newValue")] == ["priority", "80", "81"]


def test_due_date_takes_an_admin_and_a_reason(hall: Hall, task_id: str) -> None:
    due = "2026-01-07T08:00:00.000+0700"

    assert_problem(put(hall, task_id, due=due, reason="x"), 403)
    refused = assert_problem(put(hall, task_id, "admin", due=due), 400)
    assert set(refused["fields"]) == {"reason"}
    assert put(hall, task_id, "admin", due=due, reason="rapat").status_code == 204

    assert hall.get(f"/task/{task_id}", "siti").json["due"] == due
    [row] = hall.get("/history/user-operation", operationType="Update").json
    assert (row["property"], row["orgValue"], row["annotation"]) == ("dueDate", None, "rapat")


def test_what_cannot_be_changed_is_named(hall: Hall, task_id: str) -> None:
    body = {"name": "Lain", "assignee": "budi", "owner": "x", "delegationState": None}
    refused = assert_problem(put(hall, task_id, **body, priority=1), 400)

    assert set(refused["fields"]) == {"name", "assignee", "owner"}
    assert "/assignee" in refused["fields"]["assignee"][0]
    assert hall.get(f"/task/{task_id}", "siti").json["priority"] == 50
    for wrong in ({"priority": "tinggi"}, {"priority": 2**31}, {"due": "besok"}):
        assert_problem(put(hall, task_id, "admin", **wrong), 400)
    assert_problem(put(hall, task_id, "kepala", priority=1), 403)
    assert_problem(put(hall, "?", priority=1), 404)
