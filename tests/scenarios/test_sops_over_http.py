"""The four SOPs over HTTP, by four accounts with passwords, against a real server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from waitress.server import create_server

from engine.model import FieldType, FormField, Role
from engine.process_engine import build_engine
from engine.settings import Settings
from engine.sources import RandomIds
from tests.office import (
    ADMIN,
    LANES,
    PROCESSES,
    SOP_FILES,
    Chooser,
    Office,
    every_return_once,
    filled_in,
    quick_passwords,
    straight,
)
from tests.scenarios.test_sops import RETURNED, STRAIGHT, steps
from webhooks import create_app

PASSWORD = "kata-sandi-panjang"


class Api:
    """One server, and what its people say to it."""

    def __init__(self, office: Office) -> None:
        engine = build_engine(
            office.store,
            office.clock,
            RandomIds(),
            Settings(),
            passwords=quick_passwords(),
        )
        accounts = engine.accounts
        for lane in LANES:
            accounts.add(
                lane.lower(),
                display_name=lane,
                password=PASSWORD,
                roles={Role.STAFF},
                lanes={lane},
                actor=ADMIN,
            )
        for role in (Role.ANALYST, Role.AUDITOR):
            accounts.add(str(role), display_name=role, password=PASSWORD, roles={role}, actor=ADMIN)
        app = create_app(engine, Settings())
        self._server = create_server(app, host="127.0.0.1", port=0, threads=8)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self._base = f"http://127.0.0.1:{self._server.effective_port}/engine-rest"

    def _serve(self) -> None:
        # Closing from outside takes the socket from under the server's select.
        with contextlib.suppress(OSError, ValueError):
            self._server.run()

    def close(self) -> None:
        self._server.close()
        self._thread.join(timeout=10)

    def call(self, who: str, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(
            method, f"{self._base}{path}", auth=(who, PASSWORD), timeout=30, **options
        )
        assert answer.ok, f"{method} {path} by {who}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def api(office_on_both: Office) -> Iterator[Api]:
    served = Api(office_on_both)
    yield served
    served.close()


def as_field(row: dict[str, Any]) -> FormField:
    return FormField(
        id=row["id"],
        label=row["label"],
        type=FieldType(row["type"]),
        options=tuple((o["value"], o["label"]) for o in row["options"]),
        is_list=row["list"],
    )


def submitted(fields: list[dict[str, Any]], choose: Chooser) -> dict[str, Any]:
    values = filled_in(tuple(as_field(row) for row in fields), choose)
    return {
        name: {"value": value, "type": "Json"} if isinstance(value, list) else {"value": value}
        for name, value in values.items()
    }


def run(api: Api, stem: str, choose: Chooser) -> tuple[str, list[str]]:
    """Deploy, start and work until nobody has a task; the activities in their order."""
    file = PROCESSES / f"{stem}.bpmn"
    files = {"data": (file.name, file.read_bytes(), "text/xml")}
    deployed = api.call("analyst", "POST", "/deployment/create", files=files)
    [definition] = deployed["deployedProcessDefinitions"].values()
    path = f"/process-definition/{definition['id']}"
    form = api.call("perencana", "GET", f"{path}/start-form-fields")["fields"]
    body = {"businessKey": stem, "variables": submitted(form, choose)}
    instance = api.call("perencana", "POST", f"{path}/start", json=body)["id"]
    done: list[str] = []
    while True:
        for person in map(str.lower, LANES):
            tasks = api.call(person, "GET", "/task", params={"processInstanceId": instance})
            for task in sorted(tasks, key=lambda t: t["taskDefinitionKey"]):
                complete(api, person, task["id"], choose)
                done.append(task["taskDefinitionKey"])
            if tasks:
                break
        else:
            return instance, done


def complete(api: Api, person: str, task_id: str, choose: Chooser) -> None:
    api.call(person, "POST", f"/task/{task_id}/claim", json={"userId": person})
    fields = api.call(person, "GET", f"/task/{task_id}/form-fields")["fields"]
    body = {"variables": submitted(fields, choose)}
    api.call(person, "POST", f"/task/{task_id}/complete", json=body)


@pytest.mark.parametrize("stem", SOP_FILES)
@pytest.mark.parametrize("way", ["straight", "returned"])
def test_an_sop_from_mulai_to_selesai(api: Api, stem: str, way: str) -> None:
    choose = straight if way == "straight" else every_return_once()
    instance, done = run(api, stem, choose)

    assert sorted(done) == sorted(steps((STRAIGHT if way == "straight" else RETURNED)[stem]))
    history = api.call("auditor", "GET", f"/history/process-instance/{instance}")
    assert history["state"] == "COMPLETED"
    verified = api.call("auditor", "GET", f"/history/process-instance/{instance}/verify")
    assert verified["sound"], verified
    frames = api.call("auditor", "GET", f"/history/process-instance/{instance}/replay")
    assert frames
    tasks = api.call("auditor", "GET", "/history/task", params={"processInstanceId": instance})
    assert {task["assignee"] for task in tasks} <= {lane.lower() for lane in LANES}
    assert len(tasks) == len(done)
