"""One SOP from its deployment to its proof, over HTTP."""

from __future__ import annotations

import pytest

from tests.office import PROCESSES, SOP_FILES
from tests.webhooks.rest.hall import LETTER, Hall


def test_letter_runs_from_deployment_to_proof(hall: Hall) -> None:
    deployed = hall.deploy(LETTER)
    assert deployed.status_code == 200
    assert deployed.headers["Content-Type"] == "application/json"
    definition = next(iter(deployed.json["deployedProcessDefinitions"].values()))
    assert definition["key"] == "surat"

    instance_id = hall.started("siti")
    (waiting,) = hall.get("/task", "siti").json
    assert hall.post(f"/task/{waiting['id']}/claim", {"userId": "siti"}, "siti").status_code == 204
    assert hall.get(f"/task/{waiting['id']}", "siti").json["assignee"] == "siti"
    done = hall.complete(waiting["id"], "siti", isi_surat="halo", jumlah=2)
    assert (done.status_code, done.data) == (204, b"")
    decision = hall.open_task(instance_id)
    assert hall.complete(decision["id"], "kepala").status_code == 204

    past = hall.get(f"/history/process-instance/{instance_id}", "siti").json
    assert (past["state"], past["endTime"] is None) == ("COMPLETED", False)
    replay = hall.get(f"/history/process-instance/{instance_id}/replay", "siti").json
    assert [frame["kind"] for frame in replay["frames"]] == [
        "instance_started",
        "task_claimed",
        "task_completed",
        "task_completed",
    ]
    assert replay["frames"][2]["changes"]["jumlah"] == {"after": 2}
    assert replay["frames"][2]["flows"] == ["isi_setuju"]
    assert replay["activityNames"]["isi"] == "Mengisi surat"
    verified = hall.get(f"/history/process-instance/{instance_id}/verify", "siti").json
    assert verified["instanceId"] == instance_id
    assert (verified["sound"], verified["faults"], verified["inputs"]) == (True, [], 4)


@pytest.mark.parametrize("stem", SOP_FILES)
def test_official_sop_is_deployed_and_started(hall: Hall, stem: str) -> None:
    content = (PROCESSES / f"{stem}.bpmn").read_text(encoding="utf-8")
    definition = hall.deployed(content)
    asked = hall.get(f"/process-definition/{definition['id']}/start-form-fields").json["fields"]
    samples = {"boolean": True, "long": 2026, "double": 1.5, "date": "2026-01-05", "string": "x"}
    values = {
        f["id"]: {"value": f["options"][0]["value"] if f["options"] else samples[f["type"]]}
        for f in asked
    }

    body = {"variables": values}
    started = hall.post(f"/process-definition/{definition['id']}/start", body)

    assert started.status_code == 200, started.text
    task = hall.open_task(started.json["id"])
    fields = hall.get(f"/task/{task['id']}/form-fields").json
    assert set(fields["sop"]) >= {"kegiatan", "kelengkapan", "waktu", "output", "keterangan"}
    assert fields["fields"]
