"""Who lost an answer asks again under the same key: it is done once, and answered alike."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from engine.settings import Settings
from engine.store import Store
from tests.diagrams import boundary, coded, declared, end, line, named, process, signal, start, user
from tests.scenarios.test_races import at_once
from tests.webhooks.rest.hall import PASSWORD, Hall, assert_problem

#: A task at which all can be reported, and which a signal begins, too.
WORK = process(
    start("mulai"),
    start("mulai_siaga", signal("siaga")),
    user("isi"),
    boundary("kurang", "isi", coded("KURANG")),
    boundary("lama", "isi", coded("LAMA", "escalation"), interrupts=False),
    user("perbaiki"),
    user("tegur"),
    end(),
    line("mulai", "isi", "e"),
    line("mulai_siaga", "isi"),
    line("kurang", "perbaiki", "e"),
    line("lama", "tegur", "e"),
    key="kerja",
    before=named("signal", siaga="siaga")
    + declared("KURANG")
    + declared("LAMA", kind="escalation"),
)


@dataclass(frozen=True)
class Deed:
    """A write that takes a key."""

    path: str
    #: The request, of which the text is a part.
    said: Callable[[str], dict[str, Any]]
    #: What history has of it.
    kind: str


def comment(text: str) -> dict[str, Any]:
    return {"json": {"message": text}}


def file(text: str) -> dict[str, Any]:
    return {"data": {"content": (io.BytesIO(text.encode()), "bukti.txt")}}


def address(text: str) -> dict[str, Any]:
    return {"data": {"url": f"https://jdih.example/{text}"}}


def with_value(text: str, **body: Any) -> dict[str, Any]:
    return {"json": {**body, "variables": {"catatan": {"value": text}}}}


DEEDS = (
    Deed("/task/{task}/comment/create", comment, "comment_added"),
    Deed("/process-instance/{instance}/comment/create", comment, "comment_added"),
    Deed("/task/{task}/attachment/create", file, "attachment_added"),
    Deed("/process-instance/{instance}/attachment/create", address, "attachment_added"),
    Deed(
        "/process-instance/{instance}/variables",
        lambda text: {"json": {"modifications": {"catatan": {"value": text}}}},
        "variables_changed",
    ),
    Deed("/task/{task}/bpmnError", lambda t: with_value(t, errorCode="KURANG"), "task_error"),
    Deed(
        "/task/{task}/bpmnEscalation",
        lambda text: with_value(text, escalationCode="LAMA"),
        "task_escalation",
    ),
    Deed("/signal", lambda text: with_value(text, name="siaga"), "instance_started"),
)


class Client:
    """Asks an instance of its own for one deed, as often as it likes."""

    def __init__(self, hall: Hall, deed: Deed) -> None:
        self._hall, self._deed = hall, deed
        self.instance = hall.post("/process-definition/key/kerja/start").json["id"]
        task = hall.open_task(self.instance)["id"]
        self._path = deed.path.format(task=task, instance=self.instance)

    def ask(self, key: str | None, text: str = "a") -> Any:
        # A client of its own for each thread.
        return self._hall.app.test_client().post(
            f"/engine-rest{self._path}",
            auth=("admin", PASSWORD),
            headers={"Idempotency-Key": key} if key is not None else {},
            **self._deed.said(text),
        )

    def times_done(self) -> int:
        if self._deed.path == "/signal":
            path = "/history/process-instance/count"
            return int(self._hall.get(path, processDefinitionKey="kerja").json["count"])
        return len(self._hall.office.kinds(self.instance, self._deed.kind))


@pytest.fixture
def town(store: Store) -> Hall:
    """A hall on SQLite, and again on PostgreSQL."""
    hall = Hall(store, Settings(writes_per_minute=0))
    hall.deployed(WORK)
    return hall


def test_request_that_is_sent_again_is_done_once(town: Hall) -> None:
    for number, deed in enumerate(DEEDS):
        client, key = Client(town, deed), f"kunci-{number}"
        before = client.times_done()

        first, again = client.ask(key), client.ask(key)

        assert first.status_code in {200, 204}, (deed.path, first.text)
        assert (again.status_code, again.data) == (first.status_code, first.data), deed.path
        assert "Idempotency-Replayed" not in first.headers, deed.path
        assert again.headers["Idempotency-Replayed"] == "true", deed.path
        assert_problem(client.ask(key, "b"), 422, "IdempotencyKeyReusedException")
        assert_problem(client.ask(""), 400, "InvalidRequestException")
        assert_problem(client.ask("k" * 256), 400, "InvalidRequestException")
        assert client.times_done() == before + 1, deed.path
        town.office.assert_sound(client.instance)


def test_request_that_comes_twice_at_once_is_done_once(town: Hall) -> None:
    for number, deed in enumerate(DEEDS):
        client, key = Client(town, deed), f"kunci-{number}"
        before = client.times_done()

        answers = at_once(4, lambda _, client=client, key=key: client.ask(key))

        assert {each.status_code for each in answers} <= {200, 204}, (deed.path, answers[0].text)
        assert len({each.data for each in answers}) == 1, deed.path
        replayed = [each for each in answers if "Idempotency-Replayed" in each.headers]
        assert len(replayed) == 3, deed.path
        assert client.times_done() == before + 1, deed.path
        town.office.assert_sound(client.instance)


def test_variables_that_somebody_set_since_stay_when_the_request_comes_again(town: Hall) -> None:
    deed = next(each for each in DEEDS if each.kind == "variables_changed")
    client = Client(town, deed)

    client.ask("kunci", "lama")
    client.ask(None, "baru")
    client.ask("kunci", "lama")

    assert town.office.variables(client.instance) == {"catatan": "baru"}


def test_answer_is_there_when_the_task_is_over_and_the_instance_ended(town: Hall) -> None:
    for number, deed in enumerate(each for each in DEEDS if each.path != "/signal"):
        client, key = Client(town, deed), f"kunci-{number}"
        first = client.ask(key)
        town.delete(f"/process-instance/{client.instance}?reason=salah")

        again = client.ask(key)

        assert (again.status_code, again.data) == (first.status_code, first.data), deed.path


# ------------------------------------------------------------------- without a key

#: What the README excuses from taking a key because it changes nothing when it comes again.
UNKEYED = (
    ("POST", "/task/{task}/claim", {"userId": "siti"}, "siti"),
    ("POST", "/task/{task}/assignee", {"userId": "budi"}, "admin"),
    ("POST", "/task/{task}/unclaim", {}, "admin"),
    ("PUT", "/task/{task}", {"priority": 7}, "siti"),
    ("DELETE", "/task/{task}/attachment/{attachment}", {}, "siti"),
    ("DELETE", "/process-instance/{instance}", {"deleteReason": "salah berkas"}, "admin"),
)


def test_what_takes_no_key_changes_nothing_when_it_comes_again(hall: Hall, letter: str) -> None:
    task = hall.open_task(letter)["id"]
    path = f"/task/{task}/attachment/create"
    made = hall.call("POST", path, "siti", data={"url": "https://jdih.example/1"}).json
    for method, path, body, who in UNKEYED:
        place = path.format(task=task, instance=letter, attachment=made["id"])
        before = len(hall.office.kinds(letter))

        first = hall.call(method, place, who, json=body)
        done = len(hall.office.kinds(letter))
        again = hall.call(method, place, who, json=body)

        assert first.status_code == 204, (path, first.text)
        assert done > before, path
        assert again.status_code in {204, 409}, (path, again.text)
        assert len(hall.office.kinds(letter)) == done, path


@pytest.mark.parametrize(
    ("told", "body", "status"),
    [
        ("complete", {}, 404),
        ("failure", {"errorMessage": "padam", "retries": 2}, 400),
        ("bpmnError", {"errorCode": "KURANG"}, 400),
    ],
)
def test_what_a_worker_tells_again_is_refused(
    hall: Hall, told: str, body: dict[str, Any], status: int
) -> None:
    work = '<bpmn:serviceTask id="k" name="k" camunda:type="external" camunda:topic="surel"/>'
    hall.deployed(process(start(), work, end(), line("s", "k", "e"), key="layanan"))
    instance = hall.post("/process-definition/key/layanan/start").json["id"]
    topics = [{"topicName": "surel", "lockDuration": 60_000}]
    fetch = {"workerId": "w", "maxTasks": 1, "topics": topics}
    [fetched] = hall.post("/external-task/fetchAndLock", fetch).json
    path = f"/external-task/{fetched['id']}/{told}"

    assert hall.post(path, {"workerId": "w", **body}).status_code == 204
    done = hall.office.kinds(instance)
    assert_problem(hall.post(path, {"workerId": "w", **body}), status)

    assert hall.office.kinds(instance) == done
