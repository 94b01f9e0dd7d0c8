from __future__ import annotations

import gzip
import io
import json
import zipfile

import pytest
from sqlalchemy import text

from tests.office import ADMIN
from tests.webhooks.rest.hall import Hall, assert_problem


@pytest.fixture
def done(hall: Hall) -> str:
    """The id of a letter that is done."""
    hall.deployed()
    return hall.finished()


def test_historic_instance_has_every_key(hall: Hall, done: str) -> None:
    found = hall.get(f"/history/process-instance/{done}", "siti").json

    assert set(found) >= {
        "id",
        "rootProcessInstanceId",
        "superProcessInstanceId",
        "processDefinitionName",
        "processDefinitionKey",
        "processDefinitionVersion",
        "processDefinitionId",
        "businessKey",
        "startTime",
        "endTime",
        "removalTime",
        "durationInMillis",
        "startUserId",
        "startActivityId",
        "deleteReason",
        "tenantId",
        "state",
        "caseInstanceId",
        "superCaseInstanceId",
    }
    assert (found["processDefinitionVersion"], found["startUserId"]) == (1, "siti")
    assert (found["durationInMillis"], found["startActivityId"]) == (0, "mulai")
    assert hall.get("/history/process-instance", "siti").json == [found]


def test_starter_without_a_lane_sees_its_instance_without_the_definition(hall: Hall) -> None:
    hall.deployed()
    instance_id = hall.started("admin")
    hall.engine.accounts.set_roles_and_lanes("admin", roles={"staff"}, lanes=(), actor=ADMIN)

    found = hall.get(f"/history/process-instance/{instance_id}", "admin").json

    assert (found["processDefinitionName"], found["processDefinitionKey"]) == (None, "surat")
    assert hall.get(f"/history/process-instance/{instance_id}/replay", "admin").status_code == 200


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"finished": "true"}, 1),
        ({"unfinished": "true"}, 1),
        ({"completed": "true"}, 1),
        ({"active": "true"}, 1),
        ({"externallyTerminated": "true"}, 0),
        ({"internallyTerminated": "true"}, 0),
        ({"finished": "true", "active": "true"}, 0),
        ({"startedBy": "siti"}, 2),
        ({"startedBy": "budi"}, 0),
        ({"processInstanceBusinessKey": "B-1"}, 2),
        ({"startedAfter": "2026-01-05T07:29:00.000+0700"}, 2),
        ({"finishedBefore": "2026-01-05T07:31:00.000+0700"}, 1),
        ({"withIncidents": "true"}, 0),
        ({"withIncidents": "false"}, 2),
        ({"processInstanceId": "nix"}, 0),
    ],
)
def test_filter_of_historic_instances(
    hall: Hall, done: str, query: dict[str, str], count: int
) -> None:
    hall.started()

    assert hall.get("/history/process-instance/count", **query).json == {"count": count}


def test_visits_of_elements_in_order(hall: Hall, done: str) -> None:
    order = {"sortBy": "startTime", "sortOrder": "asc"}
    found = hall.get("/history/activity-instance", processInstanceId=done, **order).json

    assert [each["activityId"] for each in found] == ["mulai", "isi", "setuju", "selesai"]
    task = found[1]
    assert (task["activityType"], task["assignee"]) == ("userTask", "siti")
    assert (task["taskId"], task["activityName"]) == (task["id"], "Mengisi surat")
    assert task["canceled"] is False
    for query in ({"finished": "true"}, {"activityType": "userTask"}, {"taskAssignee": "siti"}):
        count = hall.get("/history/activity-instance/count", **query).json["count"]
        assert count == {"finished": 4, "activityType": 2, "taskAssignee": 1}[next(iter(query))]
    neither = hall.get("/history/activity-instance", finished="true", unfinished="true").json
    assert neither == []


def test_historic_tasks(hall: Hall, done: str) -> None:
    hall.started()

    assert hall.get("/history/task/count").json == {"count": 3}
    assert hall.get("/history/task/count", finished="true").json == {"count": 2}
    assert hall.get("/history/task/count", unfinished="true").json == {"count": 1}
    (task,) = hall.get("/history/task", taskAssignee="kepala").json
    assert set(task) >= {
        "id",
        "assignee",
        "owner",
        "startTime",
        "endTime",
        "duration",
        "due",
        "followUp",
        "deleteReason",
        "priority",
        "taskDefinitionKey",
    }


def test_operations_say_who_did_what(hall: Hall, letter: str) -> None:
    task_id = hall.open_task(letter)["id"]
    hall.post(f"/task/{task_id}/claim", {}, "siti")
    hall.post(f"/task/{task_id}/assignee", {"userId": "budi"}, "admin")
    hall.complete(task_id, "budi", isi_surat="a")
    hall.delete(f"/process-instance/{letter}?reason=ganda", "siti")

    rows = hall.get("/history/user-operation", processInstanceId=letter).json

    assert [(row["operationType"], row["entityType"], row["userId"]) for row in rows] == [
        ("Create", "ProcessInstance", "siti"),
        ("Claim", "Task", "siti"),
        ("Assign", "Task", "admin"),
        ("Complete", "Task", "budi"),
        ("Delete", "ProcessInstance", "siti"),
    ]
    assert (rows[2]["property"], rows[2]["orgValue"], rows[2]["newValue"]) == (
        "assignee",
        "siti",
        "budi",
    )
    assert (rows[1]["taskId"], rows[4]["annotation"]) == (task_id, "ganda")
    assert rows[0]["processDefinitionKey"] == "surat"
    count = "/history/user-operation/count"
    assert hall.get(count, userId="siti").json == {"count": 3}
    assert hall.get(count, operationType="Claim").json == {"count": 1}
    assert hall.get(count, entityType="Task").json == {"count": 3}
    assert hall.get(count, operationType="Resolve").json == {"count": 0}
    assert hall.get(count, taskId=task_id).json == {"count": 3}


def test_operations_are_found_by_each_fact(hall: Hall, letter: str) -> None:
    hall.office.clock.advance(minutes=1)
    task_id = hall.open_task(letter)["id"]
    hall.post(f"/task/{task_id}/claim", {}, "siti")
    hall.post(f"/task/{task_id}/comment/create", {"message": "sudah"}, "siti")
    rows = hall.get("/history/user-operation", processInstanceId=letter).json
    created, claimed, commented = rows

    for query, expected in (
        ({"executionId": letter}, rows),
        ({"rootProcessInstanceId": letter}, rows),
        ({"executionId": "nix", "processInstanceId": letter}, []),
        ({"operationId": claimed["operationId"]}, [claimed]),
        ({"operationId": claimed["operationId"], "processInstanceId": "nix"}, []),
        ({"operationId": "nix"}, []),
        ({"entityTypeIn": "Task,Comment"}, [claimed, commented]),
        ({"category": "Operator"}, [created]),
        ({"categoryIn": "TaskWorker", "operationType": "Claim"}, [claimed]),
        ({"processDefinitionKey": "surat", "taskId": task_id}, [claimed, commented]),
        ({"afterTimestamp": created["timestamp"], "userId": "siti"}, [claimed, commented]),
    ):
        assert hall.get("/history/user-operation", **query).json == expected, query
        count = hall.get("/history/user-operation/count", **query).json
        assert count == {"count": len(expected)}
    order = {"sortBy": "timestamp", "sortOrder": "desc"}
    assert hall.get("/history/user-operation", **order).json == rows[::-1]


def test_visits_say_by_which_flows_they_were_reached_and_left(hall: Hall, done: str) -> None:
    plain = hall.get("/history/activity-instance", processInstanceId=done).json
    told = hall.get("/history/activity-instance", processInstanceId=done, withFlows="true").json

    assert [row["flowsTaken"] for row in plain] == [None] * 4
    ways = {
        row["activityId"]: (row["flowsTaken"]["incoming"], row["flowsTaken"]["outgoing"])
        for row in told
    }
    [first], [second], [third] = (ways[name][1] for name in ("mulai", "isi", "setuju"))
    assert ways == {
        "mulai": ([], [first]),
        "isi": ([first], [second]),
        "setuju": ([second], [third]),
        "selesai": ([third], []),
    }
    one = hall.get(f"/history/activity-instance/{told[1]['id']}").json
    assert one == told[1]
    assert_problem(hall.get("/history/activity-instance/nix"), 404)
    assert_problem(hall.get(f"/history/activity-instance/{told[1]['id']}", "tamu"), 404)


def test_visits_and_tasks_are_found_by_each_fact(hall: Hall, done: str) -> None:
    [task] = hall.get("/history/task", taskName="Mengisi surat").json
    for query, count in (
        ({"taskId": task["id"]}, 1),
        ({"taskId": task["id"], "activityInstanceId": "nix"}, 0),
        ({"taskId": task["id"], "activityType": "startEvent"}, 0),
        ({"activityIdIn": "isi,setuju"}, 2),
        ({"activityNameLike": "%surat"}, 2),
        ({"executionId": done, "parentActivityInstanceId": done}, 4),
        ({"processInstanceIdIn": f"{done},nix"}, 4),
        ({"completeScope": "true"}, 0),
        ({"processDefinitionKey": "surat"}, 4),
    ):
        assert hall.get("/history/activity-instance/count", **query).json == {"count": count}
    hall.started(business_key="B-2")
    for query, count in (
        ({"executionId": done}, 2),
        ({"activityInstanceIdIn": task["id"]}, 1),
        ({"processInstanceBusinessKeyIn": "B-1,B-9"}, 2),
        ({"taskDescription": "nix"}, 0),
        ({"taskDescriptionLike": "%"}, 0),
        ({"taskHadCandidateGroup": "Petugas"}, 2),
        ({"taskHadCandidateUser": "siti"}, 0),
        ({"processFinished": "true"}, 2),
        ({"processUnfinished": "true"}, 1),
        ({"processFinished": "true", "processUnfinished": "true"}, 0),
        ({"withoutTaskDueDate": "true"}, 3),
        ({"taskDueDate": "2026-01-05T07:30:00.000+0700"}, 0),
        ({"taskFollowUpDate": "2026-01-05T07:30:00.000+0700"}, 0),
    ):
        assert hall.get("/history/task/count", **query).json == {"count": count}, query


def test_every_change_of_a_variable_is_a_detail(hall: Hall, done: str) -> None:
    rows = hall.get("/history/detail", processInstanceId=done, variableUpdates="true").json

    assert {(row["variableName"], row["value"], row["initial"]) for row in rows} >= {
        ("nomor", 7, True),
        ("isi_surat", "halo", False),
        ("jumlah", 2, False),
    }
    assert all(row["type"] == "variableUpdate" for row in rows)
    task_row = next(row for row in rows if row["variableName"] == "jumlah")
    assert task_row["taskId"] is not None
    assert task_row["variableType"] == "Integer"
    of_task = hall.get("/history/detail/count", taskId=task_row["taskId"]).json
    assert of_task == {"count": 2}
    second = hall.get("/history/detail", firstResult=1, maxResults=1).json
    assert second == rows[1:2]


def test_frames_have_every_key(hall: Hall, done: str) -> None:
    replay = hall.get(f"/history/process-instance/{done}/replay").json

    assert set(replay) == {
        "instanceId",
        "processDefinitionId",
        "activityNames",
        "frames",
        "total",
        "recorded",
        "next",
        "faults",
    }
    for frame in replay["frames"]:
        assert set(frame) == {
            "number",
            "revision",
            "sequence",
            "at",
            "kind",
            "actor",
            "capacity",
            "activityId",
            "activityInstanceId",
            "payload",
            "flows",
            "taken",
            "entered",
            "completed",
            "cancelled",
            "changes",
            "incidents",
            "endsInstance",
        }
    assert [frame["endsInstance"] for frame in replay["frames"]] == [False, False, True]
    assert replay["frames"][0]["entered"] == ["mulai", "isi"]


def test_tampering_shows_in_verify(hall: Hall, done: str) -> None:
    assert hall.get(f"/history/process-instance/{done}/verify").json["sound"] is True
    # History is append-only by triggers; whoever owns the database can take them off.
    with hall.office.store._engine.begin() as connection:
        connection.execute(text("DROP TRIGGER history_event_refuses_update"))
        connection.execute(text("UPDATE history_event SET actor = 'budi' WHERE actor = 'siti'"))

    found = hall.get(f"/history/process-instance/{done}/verify").json

    assert found["sound"] is False
    assert set(found["faults"][0]) == {"sequence", "check", "message", "expected", "found"}
    assert found["faults"][0]["check"] == "chain"


def test_unknown_instance_is_a_404(hall: Hall) -> None:
    for path in ("", "/replay", "/verify"):
        assert_problem(hall.get(f"/history/process-instance/nix{path}"), 404)


# ------------------------------------------------------------------------ exports


def test_histories_are_exported_as_a_file_that_proves_itself(hall: Hall, done: str) -> None:
    answer = hall.get(f"/history/export?processInstanceIdIn={done}", "auditor")

    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert "riwayat.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        [told] = json.loads(archive.read("export.json"))["instances"]
        assert (told["instance"], told["process"]) == (done, "surat")
        assert len(archive.read(f"events/{done}.jsonl").splitlines()) == 15


@pytest.mark.parametrize(
    ("query", "who", "status"),
    [
        ("", "auditor", 400),
        ("?processInstanceIdIn=tidak-ada", "auditor", 404),
        ("?processInstanceIdIn={}&format=pdf", "auditor", 400),
        ("?processInstanceIdIn={}", "tamu", 403),
        ("?processInstanceIdIn={}", "siti", 200),
    ],
)
def test_who_may_export_what(hall: Hall, done: str, query: str, who: str, status: int) -> None:
    assert hall.get(f"/history/export{query.format(done)}", who).status_code == status


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("xes", "application/xml", b"<?xml"),
        ("ocel", "application/json", b'{"eventTypes"'),
        ("csv", "text/csv", b"\xef\xbb\xbfcase:"),
    ],
)
def test_an_event_log_is_sent_as_it_is_read(
    hall: Hall, done: str, form: str, kind: str, begins: bytes
) -> None:
    path = f"/history/export?format={form}&processDefinitionKey=surat"

    answer = hall.get(path, "auditor")
    packed = hall.get(f"{path}&gzip=true&passagesOnly=true", "auditor")

    assert (answer.status_code, answer.mimetype, answer.is_streamed) == (200, kind, True)
    assert "log-surat." in answer.headers["Content-Disposition"]
    assert answer.data.startswith(begins)
    assert done.encode() in answer.data
    assert packed.mimetype == "application/gzip"
    assert '.gz"' in packed.headers["Content-Disposition"]
    fewer = gzip.decompress(packed.data)
    assert fewer.startswith(begins)
    assert len(fewer) < len(answer.data)


@pytest.mark.parametrize(
    ("query", "who", "status"),
    [
        ("format=xes", "auditor", 200),
        ("format=xes&startedAfter=2199-01-01T00:00:00.000%2B0700", "auditor", 200),
        ("format=xes", "siti", 403),
        ("format=xes&processDefinitionKey=tidak-ada", "auditor", 404),
        ("format=xes&office=Dinas+Lain", "auditor", 404),
        ("format=xes&startedAfter=kemarin", "auditor", 400),
        ("format=xes&processInstanceIdIn={}", "auditor", 400),
        ("processInstanceIdIn={}&gzip=true", "auditor", 400),
    ],
)
def test_what_an_event_log_may_be_asked(
    hall: Hall, done: str, query: str, who: str, status: int
) -> None:
    assert hall.get(f"/history/export?{query.format(done)}", who).status_code == status
