from __future__ import annotations

import io
import json
from typing import Any

import pytest

from engine.simulation import Bounds
from tests.office import PROCESSES, SOP_FILES
from tests.webhooks.rest.hall import LETTER, STUCK, Hall, assert_problem
from webhooks.rest.simulation import TURNS

KEYS = {
    *("accepted", "sound", "findings", "processKey", "processName", "explored", "exhausted"),
    *("bounded", "bounds", "runs", "outcomes", "coverage", "decisions", "duties", "loops"),
    *("incidents", "deadEnds", "shortest", "longest"),
}


def simulated(hall: Hall, content: str | bytes, who: str = "analis", **options: Any) -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    form: dict[str, Any] = {"data": (io.BytesIO(data), "uji.bpmn")}
    if options:
        form["options"] = json.dumps(options)
    return hall.call("POST", "/simulation", who, data=form)


def sop(stem: str) -> bytes:
    return (PROCESSES / f"{stem}.bpmn").read_bytes()


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_is_covered_within_the_bounds_of_a_request(hall: Hall, stem: str) -> None:
    body = simulated(hall, sop(stem)).json

    assert set(body) == KEYS
    assert (body["accepted"], body["sound"], body["bounded"]) == (True, True, False)
    assert body["coverage"]["full"] is True


def test_nothing_is_kept(hall: Hall) -> None:
    simulated(hall, LETTER)

    assert hall.get("/deployment").json == []
    assert hall.get("/process-definition").json == []


def test_path_says_who_is_waited_for(hall: Hall) -> None:
    body = simulated(hall, LETTER).json

    (run,) = body["runs"]
    assert run["outcome"] == "completed"
    first = run["path"][0]
    assert first["at"] == "2026-01-05T07:30:00.000+0700"
    assert first["waiting"] == [
        {"activityId": "isi", "activityName": "Mengisi surat", "waitsFor": "Petugas"}
    ]
    assert [duty["waitsFor"] for duty in body["duties"]] == ["Petugas", "Kepala"]


@pytest.mark.parametrize("as_file", [False, True])
def test_options_give_decisions_times_and_values(hall: Hall, as_file: bool) -> None:
    options = json.dumps(
        {
            "process": "pdk_luwu_timur",
            "at": "2026-01-05T08:00:00.000+0700",
            "each": "2h",
            "eachOf": {"langkah_1": "1d"},
            "variables": {"daftar_bidang": ["SMP", "SD"]},
            "decisions": {"langkah_6_keputusan": ["kembalikan", "setujui"]},
        }
    )
    part: Any = (io.BytesIO(options.encode()), "options.json") if as_file else options
    data = {"x": (io.BytesIO(sop("luwu-timur")), "luwu.bpmn"), "options": part}

    body = hall.call("POST", "/simulation", "admin", data=data).json

    (run,) = body["runs"]
    assert body["explored"] is False
    assert run["decisions"]["langkah_6_keputusan"] == ["kembalikan", "setujui"]
    assert run["variables"]["daftar_bidang"] == ["SMP", "SD"]
    assert run["path"][1]["at"] == "2026-01-06T08:00:00.000+0700"
    assert run["path"][2]["at"] == "2026-01-06T10:00:00.000+0700"


def test_incident_has_its_element(hall: Hall) -> None:
    body = simulated(hall, STUCK).json

    assert body["sound"] is False
    assert [trouble["activityId"] for trouble in body["incidents"]] == ["pilih"]
    assert len(body["coverage"]["untakenFlows"]) == 2


def test_refused_diagram_is_an_answer_with_findings(hall: Hall) -> None:
    response = simulated(hall, "<a")

    assert response.status_code == 200
    body = response.json
    assert set(body) == KEYS
    assert (body["accepted"], body["sound"], body["runs"]) == (False, False, [])
    assert body["coverage"] is None
    assert set(body["findings"][0]) == {
        *("rule", "severity", "fileName", "line", "elementId", "elementName"),
        *("messageId", "messageEn"),
    }


def test_bound_is_said(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhooks.rest.simulation.BOUNDS", Bounds(runs=1))

    body = simulated(hall, sop("luwu-timur")).json

    assert (body["bounded"], body["bounds"], body["sound"]) == (True, ["runs"], False)


@pytest.mark.parametrize("who", ["siti", "auditor"])
def test_only_analysts_and_admins_simulate(hall: Hall, who: str) -> None:
    assert_problem(simulated(hall, LETTER, who), 403, "AuthorizationException")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"each": "lama"}, "options.each"),
        ({"each": 5}, "options.each"),
        ({"eachOf": {"isi": "lama"}}, "options.eachOf.isi.value"),
        ({"at": "besok"}, "options.at"),
        ({"decide": {}}, "options.decide"),
        ({"decisions": {"lain": "x"}}, "lain"),
        ({"variables": {"nomor": "tujuh"}}, "nomor"),
    ],
)
def test_option_that_does_not_fit_is_a_400_by_name(hall: Hall, options: Any, named: str) -> None:
    body = assert_problem(simulated(hall, LETTER, **options), 400)

    assert set(body["fields"]) == {named}


def test_unknown_process_is_a_404(hall: Hall) -> None:
    assert_problem(simulated(hall, LETTER, process="lain"), 404)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"options": "{}"},
        {"data": LETTER},
        {"a": (io.BytesIO(b"x"), "a.bpmn"), "options": "[]"},
        {"a": (io.BytesIO(b"x"), "a.bpmn"), "options": "{"},
        {"a": (io.BytesIO(b"x"), "a.bpmn"), "options": (io.BytesIO(b"\xff"), "o.json")},
    ],
)
def test_upload_that_is_not_one_file_and_options_is_a_400(hall: Hall, data: Any) -> None:
    assert_problem(hall.call("POST", "/simulation", "analis", data=data), 400)


def test_a_simulation_beside_too_many_others_is_a_503(hall: Hall) -> None:
    with TURNS.taken(), TURNS.taken():
        refused = simulated(hall, LETTER)

    assert assert_problem(refused, 503)["type"] == "TooManySimulationsException"
    assert refused.headers["Retry-After"] == "5"
    assert simulated(hall, LETTER).json["accepted"] is True


def test_two_files_are_a_400(hall: Hall) -> None:
    data = {
        "a": (io.BytesIO(LETTER.encode()), "a.bpmn"),
        "b": (io.BytesIO(LETTER.encode()), "b.bpmn"),
    }

    body = assert_problem(hall.call("POST", "/simulation", "analis", data=data), 400)

    assert "found 2" in body["message"]
