"""External tasks over HTTP: fetched by one worker, told of by that one, healed by an admin."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from engine.model import Role
from engine.settings import Settings
from engine.store import Store
from tests.diagrams import each, end, line, process, properties, start, user
from tests.office import ADMIN
from tests.webhooks.conftest import AppOver
from tests.webhooks.rest.hall import PASSWORD, Hall, assert_problem
from webhooks.rest import external_task

#: What the dialect says that a fetched task has.
KEYS = {
    *("id", "topicName", "workerId", "lockExpirationTime", "activityId", "activityInstanceId"),
    *("executionId", "processInstanceId", "processDefinitionId", "processDefinitionKey"),
    *("processDefinitionVersionTag", "businessKey", "retries", "priority", "suspended"),
    *("errorMessage", "errorDetails", "tenantId", "createTime"),
    *("variables", "extensionProperties"),
}


def service(node: str, inner: str = "", topic: str = "kirim", **attributes: str) -> str:
    more = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    return (
        f'<bpmn:serviceTask id="{node}" name="{node}" camunda:type="external" '
        f'camunda:topic="{topic}"{more}>{inner}</bpmn:serviceTask>'
    )


def mail(key: str = "surel", inner: str = properties(kanal="email"), **attributes: str) -> str:
    """One service, and then a person looks."""
    return process(
        start("mulai"),
        service("kirim_surel", inner, **attributes),
        user("periksa"),
        end("selesai"),
        line("mulai", "kirim_surel", "periksa", "selesai"),
        key=key,
        lanes={"Petugas": ["mulai", "kirim_surel", "periksa", "selesai"]},
    )


class Office:
    """A hall with a program in it."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        hall.engine.accounts.add(
            "robot", display_name="Robot", password=PASSWORD, roles={Role.WORKER}, actor=ADMIN
        )

    def begun(self, key: str = "surel", business_key: str = "B-1", **variables: Any) -> str:
        body = {
            "businessKey": business_key,
            "variables": {name: {"value": value} for name, value in variables.items()},
        }
        return self.hall.post(f"/process-definition/key/{key}/start", body).json["id"]

    def fetch(self, worker: str = "w1", who: str = "robot", **wishes: Any) -> Any:
        topic = {"topicName": "kirim", "lockDuration": 60_000, **wishes.pop("topic", {})}
        body = {"workerId": worker, "maxTasks": 10, "topics": [topic], **wishes}
        return self.hall.post("/external-task/fetchAndLock", body, who)

    def tell(self, task: dict[str, Any], what: str, who: str = "robot", **body: Any) -> Any:
        body = {"workerId": "w1", **body}
        return self.hall.post(f"/external-task/{task['id']}/{what}", body, who)

    def waiting_at(self, instance_id: str) -> list[str]:
        found = self.hall.get("/task", processInstanceId=instance_id).json
        return [each["taskDefinitionKey"] for each in found]


@pytest.fixture
def office(hall: Hall) -> Office:
    office = Office(hall)
    hall.deployed(mail())
    return office


@pytest.fixture
def shared(store: Store, app_over: AppOver) -> Office:
    """The same on SQLite and on PostgreSQL."""
    office = Office(Hall(store, Settings(), app_over))
    office.hall.deployed(mail())
    return office


# ------------------------------------------------------------------------- the walk


def test_a_worker_fetches_holds_and_completes(office: Office) -> None:
    instance = office.begun(kepada="Kadis", daftar=[1, 2])

    [task] = office.fetch(topic={"includeExtensionProperties": True}).json
    assert set(task) == KEYS
    assert task["lockExpirationTime"] == "2026-01-05T07:31:00.000+0700"
    assert task["createTime"] == "2026-01-05T07:30:00.000+0700"
    assert task["variables"] == {
        "kepada": {"value": "Kadis", "type": "String", "valueInfo": {}},
        "daftar": {"value": "[1,2]", "type": "Json", "valueInfo": {}},
    }
    assert task["extensionProperties"] == {"sop:kanal": "email"}
    known = {
        "topicName": "kirim",
        "workerId": "w1",
        "activityId": "kirim_surel",
        "processInstanceId": instance,
        "executionId": instance,
        "processDefinitionKey": "surel",
        "businessKey": "B-1",
        "retries": None,
        "priority": 0,
        "suspended": False,
        "errorMessage": None,
        "errorDetails": None,
        "tenantId": None,
    }
    assert {name: task[name] for name in known} == known
    assert office.fetch("w2").json == []

    assert office.tell(task, "extendLock", newDuration=120_000).status_code == 204
    shown = office.hall.get(f"/external-task/{task['id']}").json
    assert shown["lockExpirationTime"] == "2026-01-05T07:32:00.000+0700"
    assert set(shown) == KEYS - {"variables", "extensionProperties", "errorDetails"}

    done = office.tell(task, "complete", variables={"terkirim": {"value": True}})
    assert (done.status_code, done.data) == (204, b"")
    # The client for JavaScript parses whatever says that it is JSON.
    assert "Content-Type" not in done.headers
    assert office.waiting_at(instance) == ["periksa"]
    variables = office.hall.get(f"/process-instance/{instance}/variables").json
    assert variables["terkirim"]["value"] is True
    assert_problem(office.tell(task, "complete"), 404, "NotFoundException")
    assert_problem(office.hall.get(f"/external-task/{task['id']}"), 404)
    assert office.hall.get(f"/history/process-instance/{instance}/verify").json["sound"]


def test_a_lost_lock_is_a_400_that_names_the_holder(office: Office) -> None:
    office.begun()
    [task] = office.fetch("w1").json
    office.hall.office.clock.advance(seconds=61)
    assert len(office.fetch("w2").json) == 1

    for what, more in (
        ("complete", {}),
        ("failure", {"retries": 1}),
        ("bpmnError", {"errorCode": "X"}),
        ("extendLock", {"newDuration": 1000}),
        ("lock", {"lockDuration": 1000}),
    ):
        body = assert_problem(office.tell(task, what, **more), 400, "BadUserRequestException")
        assert (body["externalTaskId"], body["workerId"]) == (task["id"], "w2")


def test_no_retries_left_is_an_incident_that_new_retries_heal(office: Office) -> None:
    instance = office.begun()
    [task] = office.fetch().json
    office.tell(task, "failure", errorMessage="putus", retries=1, retryTimeout=5000)
    assert office.fetch().json == []
    office.hall.office.clock.advance(seconds=6)
    [again] = office.fetch().json
    assert (again["retries"], again["errorMessage"]) == (1, "putus")
    failed = office.tell(task, "failure", errorMessage="putus", errorDetails="jejak", retries=0)
    assert failed.status_code == 204

    assert office.fetch().json == []
    [incident] = office.hall.get("/incident", processInstanceId=instance).json
    assert (incident["incidentMessage"], incident["activityId"]) == ("putus", "kirim_surel")
    assert incident["incidentType"] == "failedExternalTask"
    assert incident["configuration"] == task["id"]
    assert office.hall.get("/external-task/count", noRetriesLeft="true").json == {"count": 1}

    path = f"/external-task/{task['id']}/retries"
    assert_problem(office.hall.call("PUT", path, "robot", json={"retries": 3}), 403)
    assert_problem(office.hall.call("PUT", path, "admin", json={"retries": -1}), 400)
    assert office.hall.call("PUT", path, "admin", json={"retries": 3}).status_code == 204
    assert office.hall.get("/incident", processInstanceId=instance).json == []
    [healed] = office.fetch().json
    assert (healed["id"], healed["retries"]) == (task["id"], 3)
    assert office.tell(healed, "complete").status_code == 204
    assert office.waiting_at(instance) == ["periksa"]


def test_a_business_error_that_nobody_catches_is_an_incident(office: Office) -> None:
    instance = office.begun()
    [task] = office.fetch().json
    told = office.tell(task, "bpmnError", errorCode="ALAMAT", errorMessage="tidak ada")

    assert told.status_code == 204
    [incident] = office.hall.get("/incident", processInstanceId=instance).json
    assert "ALAMAT" in incident["incidentMessage"]
    of_task = {"externalTaskId": task["id"]}
    [deed] = office.hall.get("/history/user-operation", **of_task).json
    assert (deed["operationType"], deed["entityType"]) == ("BpmnError", "ExternalTask")
    assert (deed["externalTaskId"], deed["userId"]) == (task["id"], "robot")
    assert (deed["property"], deed["newValue"]) == ("errorCode", "ALAMAT")
    assert incident["incidentType"] == "failedExternalTask"


def test_a_lock_is_given_back_and_taken(office: Office) -> None:
    office.begun()
    [task] = office.fetch("w1").json

    # The client for JavaScript sends no body at all.
    path = f"/external-task/{task['id']}/unlock"
    assert office.hall.call("POST", path, "robot").status_code == 204
    assert office.tell(task, "lock", workerId="w2", lockDuration=1000).status_code == 204
    assert office.hall.get("/external-task", workerId="w2", locked="true").json[0]["id"]
    assert_problem(office.tell(task, "complete"), 400, "BadUserRequestException")
    assert office.tell(task, "complete", workerId="w2").status_code == 204


# ------------------------------------------------------------------- what is asked for


def test_only_what_was_asked_for_is_fetched(office: Office) -> None:
    office.hall.deployed(mail("lain"))
    first, second = office.begun(a=1, b=2), office.begun("lain", "B-2")
    definition = office.hall.get("/process-definition/key/lain").json["id"]

    def found(**topic: Any) -> set[str]:
        tasks = office.fetch(topic=topic).json
        for task in tasks:
            office.tell(task, "unlock")
        return {task["processInstanceId"] for task in tasks}

    assert found() == {first, second}
    assert found(businessKey="B-2") == {second}
    assert found(processDefinitionId=definition) == {second}
    assert found(processDefinitionIdIn=[definition, "nix"]) == {second}
    assert found(processDefinitionId="nix", processDefinitionIdIn=[definition]) == set()
    assert found(processDefinitionKey="surel") == {first}
    assert found(processDefinitionKeyIn=["surel", "lain"]) == {first, second}
    assert found(processDefinitionKey="surel", processDefinitionKeyIn=["lain"]) == set()
    assert found(topicName="lain") == set()
    [task] = office.fetch(topic={"businessKey": "B-1", "variables": ["b", "tidak_ada"]}).json
    assert (set(task["variables"]), task["extensionProperties"]) == ({"b"}, {})


def test_urgent_ones_come_first_when_priority_counts(office: Office) -> None:
    office.hall.deployed(mail("genting", taskPriority="50"))
    office.begun()
    urgent = office.begun("genting")

    [task] = office.fetch(maxTasks=1, usePriority=True).json

    assert (task["processInstanceId"], task["priority"]) == (urgent, 50)


def test_what_clients_send_beside_is_ignored_or_refused_by_name(office: Office) -> None:
    office.begun()
    harmless = {"processVariables": {}, "localVariables": False, "deserializeValues": True}
    sorting = [{"sortBy": "createTime", "sortOrder": "asc"}]
    assert len(office.fetch(topic=harmless, sorting=sorting, apa="saja").json) == 1

    for wishes in (
        {"topic": {"processVariables": {"a": 1}}},
        {"topic": {"tenantIdIn": ["x"]}},
        {"topic": {"lockDuration": 0}},
        {"topic": {"topicName": ""}},
        {"maxTasks": 0},
        {"sorting": [{"sortBy": "createTime", "sortOrder": "desc"}]},
        {"asyncResponseTimeout": 1_800_001},
        {"topics": ["kirim"]},
        {"worker": ""},
    ):
        assert_problem(office.fetch(**wishes), 400, "InvalidRequestException")
    assert office.fetch(topics=None).json == []
    [task] = office.hall.get("/external-task").json
    assert_problem(office.tell(task, "failure", variables={"a": {"value": 1}}), 400)


def test_listing_filters_and_counts(office: Office) -> None:
    first, _ = office.begun(), office.begun()
    office.fetch(maxTasks=1)
    get = office.hall.get

    assert get("/external-task/count", locked="true").json == {"count": 1}
    assert get("/external-task/count", notLocked="true").json == {"count": 1}
    assert get("/external-task/count", suspended="true").json == {"count": 0}
    assert len(get("/external-task", processInstanceId=first).json) == 1
    assert len(get("/external-task", sortBy="createTime", sortOrder="asc").json) == 2
    assert len(office.hall.post("/external-task", {"topicName": "kirim"}).json) == 2
    assert_problem(get("/external-task", locked="true", notLocked="true"), 400)
    assert_problem(get("/external-task", tenantIdIn="x"), 400)


def test_who_may(office: Office) -> None:
    instance = office.begun()
    for who in ("siti", "analis", "auditor"):
        assert_problem(office.fetch(who=who), 403, "AuthorizationException")
    [task] = office.fetch(who="admin").json
    assert office.tell(task, "complete", who="admin").status_code == 204
    assert_problem(office.hall.get("/external-task", who="siti"), 403)
    assert office.hall.get("/external-task", who="robot").json == []
    assert_problem(office.hall.get(f"/process-instance/{instance}", who="robot"), 403)
    assert_problem(office.hall.post("/process-definition/key/surel/start", {}, "robot"), 403)


# --------------------------------------------------------------------- at the same time


def test_two_workers_at_once_never_get_the_same_task(shared: Office) -> None:
    loop = properties(hasil="semua") + each("${daftar}", element="nomor")
    shared.hall.deployed(mail("banyak", loop))
    shared.begun("banyak", daftar=list(range(10)))
    gate = threading.Barrier(2)
    got: dict[str, list[str]] = {"w1": [], "w2": []}
    refused: list[int] = []

    def work(worker: str) -> None:
        gate.wait()
        for _ in range(5):
            answer = shared.fetch(worker, maxTasks=2)
            if answer.status_code != 200:
                refused.append(answer.status_code)
                continue
            got[worker] += [task["id"] for task in answer.json]

    threads = [threading.Thread(target=work, args=(worker,)) for worker in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    everything = got["w1"] + got["w2"]
    assert refused == []
    assert len(everything) == len(set(everything)) == 10


# --------------------------------------------------------------------------- waiting


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a fetch has found nothing and looks for the first time while it waits."""
    has_begun = threading.Event()
    look = external_task._is_any_free

    def noticed(topics: Any, actor: Any) -> bool:
        found = look(topics, actor)
        has_begun.set()
        return found

    monkeypatch.setattr(external_task, "_is_any_free", noticed)
    return has_begun


def test_a_fetch_waits_until_there_is_something(shared: Office, waits: threading.Event) -> None:
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(shared.fetch(asyncResponseTimeout=15_000))
    )
    waiting.start()
    assert waits.wait(timeout=15)
    instance = shared.begun()
    waiting.join(timeout=15)

    assert [task["processInstanceId"] for task in answers[0].json] == [instance]


def test_a_fetch_waits_no_longer_than_it_wants(office: Office) -> None:
    began = time.monotonic()

    assert office.fetch(asyncResponseTimeout=600).json == []
    assert 0.6 <= time.monotonic() - began < external_task.LONGEST_WAIT


def test_a_fetch_waits_no_longer_than_it_may(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external_task, "LONGEST_WAIT", 0.2)
    began = time.monotonic()

    assert office.fetch(asyncResponseTimeout=60_000).json == []
    assert time.monotonic() - began < 60


def test_half_of_the_threads_may_wait_and_no_more(store: Store, waits: threading.Event) -> None:
    office = Office(Hall(store, Settings(threads=2)))
    office.hall.deployed(mail())
    answers: list[Any] = []
    waiting = threading.Thread(
        target=lambda: answers.append(office.fetch("w1", asyncResponseTimeout=20_000))
    )
    waiting.start()
    assert waits.wait(timeout=15)

    assert office.fetch("w2", asyncResponseTimeout=20_000).json == []
    assert waiting.is_alive()

    office.begun()
    waiting.join(timeout=20)
    assert len(answers[0].json) == 1
