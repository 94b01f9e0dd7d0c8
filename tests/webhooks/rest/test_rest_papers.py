"""Papers over the API: read, initialled, refused."""

from __future__ import annotations

import pytest

from tests.diagrams import end, line, process, start
from tests.office import ADMIN
from tests.papers import step, written
from tests.webhooks.rest.hall import Hall, assert_problem

#: Petugas drafts and initials, Kepala signs.
LETTER = process(
    start("mulai"),
    step("draf", written("naskah"), tindakan="kerja"),
    step("periksa", tindakan="paraf", dokumen="naskah"),
    step("tanda", written("kata"), tindakan="ttd", dokumen="naskah", parafDari="Petugas"),
    end("selesai"),
    line("mulai", "draf", "periksa", "tanda", "selesai"),
    key="surat",
    lanes={"Petugas": ["mulai", "draf", "periksa"], "Kepala": ["tanda", "selesai"]},
)


@pytest.fixture
def instance(hall: Hall) -> str:
    """A letter that siti drafted."""
    hall.office.deploy(LETTER)
    made = hall.post("/process-definition/key/surat/start", {}, "siti").json["id"]
    complete(hall, made, "siti", naskah="isi surat")
    return str(made)


def task_of(hall: Hall, instance: str) -> str:
    (task,) = hall.get(f"/task?processInstanceId={instance}", "admin").json
    return str(task["id"])


def complete(hall: Hall, instance: str, who: str, **values: str) -> None:
    path = f"/task/{task_of(hall, instance)}/complete"
    body = {"variables": {name: {"value": value} for name, value in values.items()}}
    assert hall.post(path, body, who).status_code == 204


def test_task_tells_its_paper_and_who_must_still_initial(hall: Hall, instance: str) -> None:
    complete(hall, instance, "budi")
    hall.office.engine.instances.change_variables(instance, {"naskah": "baru"}, actor=ADMIN)

    found = hall.get(f"/task/{task_of(hall, instance)}/paper", "kepala").json

    assert (found["kind"], found["required"], found["missing"]) == (
        "signature",
        ["Petugas"],
        ["Petugas"],
    )
    assert found["values"] == {"naskah": "baru"}
    assert found["current"]["number"] == 2
    assert [each["by"] for each in found["paper"]["versions"]] == ["siti", "admin"]
    (paraf,) = found["paper"]["endorsements"]
    assert (paraf["by"], paraf["version"], paraf["voided"]) == ("budi", 1, "changed")


def test_signature_without_parafs_is_a_409_that_names_them(hall: Hall, instance: str) -> None:
    complete(hall, instance, "budi")
    hall.office.engine.instances.change_variables(instance, {"naskah": "baru"}, actor=ADMIN)
    task = task_of(hall, instance)

    refused = hall.post(f"/task/{task}/complete", {}, "kepala")

    assert_problem(refused, 409, "ParafMissingException")
    assert (refused.json["taskId"], refused.json["document"]) == (task, ["naskah"])
    assert (refused.json["version"], refused.json["missing"]) == (2, ["Petugas"])


def test_paper_that_changed_since_it_was_read_is_a_409(hall: Hall, instance: str) -> None:
    task = task_of(hall, instance)
    read = hall.get(f"/task/{task}/paper", "budi").json["current"]["digest"]
    hall.office.engine.instances.change_variables(instance, {"naskah": "baru"}, actor=ADMIN)

    refused = hall.post(f"/task/{task}/complete", {"paperDigest": read}, "budi")
    now = hall.get(f"/task/{task}/paper", "budi").json["current"]["digest"]
    done = hall.post(f"/task/{task}/complete", {"paperDigest": now}, "budi")

    assert_problem(refused, 409, "PaperChangedException")
    assert (refused.json["seen"], refused.json["current"]) == (read, now)
    assert done.status_code == 204


def test_instance_tells_all_papers_also_after_its_end(hall: Hall, instance: str) -> None:
    complete(hall, instance, "budi")
    complete(hall, instance, "kepala", kata="setuju")

    (paper,) = hall.get(f"/process-instance/{instance}/papers", "auditor").json

    assert (paper["document"], paper["labels"]) == (["naskah"], ["naskah"])
    paraf, signature = paper["endorsements"]
    assert signature["restsOn"] == [paraf["sequence"]]
    replay = hall.get(f"/history/process-instance/{instance}/replay", "auditor").json
    told = [each["payload"] for each in replay["frames"]]
    assert [p["signature"]["version"] for p in told if "signature" in p] == [1]


def test_task_without_a_paper_is_a_404(hall: Hall, letter: str) -> None:
    refused = hall.get(f"/task/{task_of(hall, letter)}/paper", "siti")

    assert_problem(refused, 404, "NotFoundException")
    assert hall.get(f"/task/{task_of(hall, letter)}/return-notes", "siti").json == []


def test_papers_are_for_who_sees_the_task_or_the_instance(hall: Hall, instance: str) -> None:
    for path in (
        f"/task/{task_of(hall, instance)}/paper",
        f"/task/{task_of(hall, instance)}/return-notes",
        f"/process-instance/{instance}/papers",
    ):
        assert hall.get(path, "tamu").status_code == 403, path
