"""The four SOPs over HTTP, by four accounts with passwords, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from engine.model import FieldType, FormField, Role
from engine.settings import Settings
from tests.office import (
    ADMIN,
    LANES,
    PROCESSES,
    SOP_FILES,
    Chooser,
    Office,
    every_return_once,
    filled_in,
    straight,
)
from tests.scenarios.test_sops import RETURNED, STRAIGHT, steps
from tests.serving import served
from webhooks import create_app

PASSWORD = "kata-sandi-panjang"


@dataclass(frozen=True)
class Api:
    """One server, and what its people say to it."""

    address: str

    def call(self, who: str, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(
            method, f"{self.address}{path}", auth=(who, PASSWORD), timeout=30, **options
        )
        assert answer.ok, f"{method} {path} by {who}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@pytest.fixture
def api(office_on_both: Office) -> Iterator[Api]:
    engine = office_on_both.engine_with(Settings())
    lanes = {lane.lower(): (Role.STAFF, {lane}) for lane in LANES}
    readers = {str(role): (role, set()) for role in (Role.ANALYST, Role.AUDITOR)}
    for name, (role, held) in (lanes | readers).items():
        engine.accounts.add(
            name, display_name=name, password=PASSWORD, roles={role}, lanes=held, actor=ADMIN
        )
    with served(create_app(engine, Settings()), threads=8) as origin:
        yield Api(f"{origin}/engine-rest")


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
