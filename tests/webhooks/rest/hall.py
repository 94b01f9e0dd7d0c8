"""A town hall behind the API: an office whose people log in over HTTP."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from werkzeug.test import TestResponse

from engine.model import Role
from engine.settings import Settings
from engine.store import Store
from tests.diagrams import end, exclusive, field, flow, form, line, process, properties, start, user
from tests.office import ADMIN, Office
from tests.webhooks.conftest import AppOver
from webhooks import create_app

PASSWORD = "kata-sandi-panjang"

PEOPLE: Mapping[str, tuple[set[Role], set[str]]] = {
    "siti": ({Role.STAFF}, {"Petugas"}),
    "budi": ({Role.STAFF}, {"Petugas"}),
    "kepala": ({Role.STAFF}, {"Kepala"}),
    "tamu": ({Role.STAFF}, {"Lain"}),
    "analis": ({Role.ANALYST}, set()),
    "auditor": ({Role.AUDITOR}, set()),
    "admin": ({Role.ADMIN}, set()),
}

#: Petugas fills in, Kepala decides.
LETTER = process(
    start("mulai", form(field("nomor", "long", required=True), field("perihal"))),
    user("isi", form(field("isi_surat", required=True), field("jumlah", "long")), "Mengisi surat"),
    user("setuju", properties(kelengkapan="Surat", waktu="1 Hari"), "Menyetujui surat"),
    end("selesai"),
    line("mulai", "isi", "setuju", "selesai"),
    key="surat",
    lanes={"Petugas": ["mulai", "isi"], "Kepala": ["setuju", "selesai"]},
)

#: The gateway needs a variable that nobody set: an incident.
STUCK = process(
    start("mulai"),
    user("isi"),
    exclusive("pilih"),
    end("ya"),
    end("tidak"),
    line("mulai", "isi", "pilih"),
    flow("pilih", "ya", "nilai &gt; 3"),
    flow("pilih", "tidak", "nilai &lt;= 3"),
    key="macet",
    lanes={"Petugas": ["mulai", "isi", "pilih", "ya", "tidak"]},
)


class Hall:
    """The API as its people use it."""

    def __init__(self, store: Store, settings: Settings, app_over: AppOver = create_app) -> None:
        self.office = Office(store)
        self.engine = self.office.engine
        for name, (roles, lanes) in PEOPLE.items():
            self.engine.accounts.add(
                name,
                display_name=name,
                password=PASSWORD,
                roles=roles,
                lanes=lanes,
                actor=ADMIN,
            )
        self.app = app_over(self.engine, settings)
        self._client = self.app.test_client()

    def call(self, method: str, path: str, who: str | None, **options: Any) -> TestResponse:
        auth = (who, PASSWORD) if who else None
        return self._client.open(f"/engine-rest{path}", method=method, auth=auth, **options)

    def get(self, path: str, who: str | None = "auditor", **query: Any) -> TestResponse:
        return self.call("GET", path, who, **({"query_string": query} if query else {}))

    def post(self, path: str, body: Any = None, who: str | None = "admin", **more: Any) -> Any:
        return self.call("POST", path, who, json={} if body is None else body, **more)

    def delete(self, path: str, who: str | None = "admin", **options: Any) -> TestResponse:
        return self.call("DELETE", path, who, **options)

    def deploy(self, *contents: str, who: str = "analis", **fields: str) -> TestResponse:
        files = {
            f"part-{n}": (io.BytesIO(content.encode()), f"berkas-{n}.bpmn")
            for n, content in enumerate(contents)
        }
        data = {"deployment-name": "surat", "deployment-source": "tes", **fields, **files}
        return self.call("POST", "/deployment/create", who, data=data)

    def deployed(self, content: str = LETTER) -> dict[str, Any]:
        """The first definition of a new deployment."""
        return next(iter(self.deploy(content).json["deployedProcessDefinitions"].values()))

    def started(self, who: str = "siti", business_key: str | None = "B-1") -> str:
        """The id of a new letter."""
        variables = {"nomor": {"value": 7, "type": "Long"}}
        body = {"businessKey": business_key, "variables": variables}
        return self.post("/process-definition/key/surat/start", body, who).json["id"]

    def open_task(self, instance_id: str) -> dict[str, Any]:
        return self.get("/task", processInstanceId=instance_id).json[0]

    def complete(self, task_id: str, who: str, _headers: Any = None, **values: Any) -> TestResponse:
        body = {"variables": {name: {"value": value} for name, value in values.items()}}
        return self.post(f"/task/{task_id}/complete", body, who, headers=_headers)

    def finished(self) -> str:
        """The id of a letter that is done."""
        instance_id = self.started()
        self.complete(self.open_task(instance_id)["id"], "siti", isi_surat="halo", jumlah=2)
        self.complete(self.open_task(instance_id)["id"], "kepala")
        return instance_id


def assert_problem(response: TestResponse, status: int, kind: str | None = None) -> dict[str, Any]:
    """The body of an error in the dialect's shape."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    body = response.json
    assert {"type", "message", "code"} <= set(body)
    assert isinstance(body["message"], str)
    assert body["message"]
    assert kind is None or body["type"] == kind
    return dict(body)
