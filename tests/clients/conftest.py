"""Fixtures: a served town hall with a program among its people, and work for the program."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.model import Role, Upload
from tests.diagrams import boundary, coded, declared, end, line, process, properties, start, user
from tests.modeler.served import served_hall
from tests.office import ADMIN
from tests.webhooks.rest.hall import PASSWORD, Hall

WORKER = "robot"
TOPIC = "kirim"
LETTER = process(
    start("mulai"),
    f'<bpmn:serviceTask id="kirim_surel" name="Mengirim surel" camunda:type="external" '
    f'camunda:topic="{TOPIC}">{properties(kanal="email")}</bpmn:serviceTask>',
    user("periksa"),
    end("selesai"),
    line("mulai", "kirim_surel", "periksa", "selesai"),
    key="surel",
)
#: The same, and somebody finds the address when the program reports that it is wrong.
CAUGHT = process(
    start("mulai"),
    f'<bpmn:serviceTask id="kirim_surel" name="Mengirim surel" camunda:type="external" '
    f'camunda:topic="{TOPIC}"/>',
    boundary("galat", "kirim_surel", coded("ALAMAT", errorMessageVariable="pesan")),
    user("cari_alamat"),
    end("selesai"),
    end("selesai_lain"),
    line("mulai", "kirim_surel", "selesai"),
    line("galat", "cari_alamat", "selesai_lain"),
    key="tercatat",
    before=declared("ALAMAT"),
)


@dataclass(frozen=True)
class Served:
    """The hall, and where programs reach it."""

    hall: Hall
    url: str

    def begun(self, key: str = "surel", **variables: Any) -> str:
        """The id of a letter that waits for the program."""
        typed = {name: typed_value(value) for name, value in variables.items()}
        body = {"businessKey": "B-1", "variables": typed}
        started = self.hall.post(f"/process-definition/key/{key}/start", body)
        return str(started.json["id"])

    def variables(self, instance_id: str) -> dict[str, Any]:
        found = self.hall.get(f"/process-instance/{instance_id}/variables").json
        return {name: each["value"] for name, each in found.items()}

    def file(self, instance_id: str, name: str) -> tuple[str, str, bytes]:
        """The name, type and bytes of the file in a variable."""
        path = f"/process-instance/{instance_id}/variables/{name}"
        info = self.hall.get(path).json["valueInfo"]
        return info["filename"], info["mimeType"], self.hall.get(f"{path}/data").data

    def waits_for(self, instance_id: str) -> list[str]:
        found = self.hall.get("/task", processInstanceId=instance_id).json
        return [each["taskDefinitionKey"] for each in found]

    def incidents(self, instance_id: str) -> list[str]:
        found = self.hall.get("/incident", processInstanceId=instance_id).json
        return [each["incidentMessage"] for each in found]

    def is_sound(self, instance_id: str) -> bool:
        proof = self.hall.get(f"/history/process-instance/{instance_id}/verify").json
        return bool(proof["sound"])


def typed_value(value: Any) -> dict[str, Any]:
    """The value as a client writes it."""
    if not isinstance(value, Upload):
        return {"value": value}
    content = base64.b64encode(value.content).decode()
    return {"value": content, "type": "File", "valueInfo": {"filename": value.name}}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_hall(tmp_path / "alur.db") as (hall, origin):
        hall.engine.accounts.add(
            WORKER,
            display_name="Robot",
            password=PASSWORD,
            roles={Role.WORKER},
            actor=ADMIN,
        )
        hall.deployed(LETTER)
        hall.deployed(CAUGHT)
        yield Served(hall, f"{origin}/engine-rest")
