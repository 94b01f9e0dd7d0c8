"""Camunda Modeler's Deploy and Start buttons work against a real server."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from engine.model import Role
from tests.diagrams import end, line, process, script, start, user
from tests.modeler.served import Modeler, basic, bearer
from tests.office import ADMIN, PROCESSES, SOP_FILES
from tests.webhooks.pages.browser import Browser
from tests.webhooks.rest.hall import LETTER, PASSWORD, Hall

#: What the Modeler's "Create diagram (BPMN, Camunda 7)" gives, with a task drawn.
DRAWN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_0b3x1k9"
  targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler" exporterVersion="5.50.0"
  modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.24.0">
  <bpmn:process id="Process_1qb2x3c" isExecutable="true" camunda:historyTimeToLive="180">
    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="Activity_1" name="Menulis surat" camunda:modelerTemplate="alur.langkah"
      camunda:modelerTemplateVersion="1">
      <bpmn:incoming>Flow_1</bpmn:incoming><bpmn:outgoing>Flow_2</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="Event_1"><bpmn:incoming>Flow_2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="StartEvent_1" targetRef="Activity_1" />
    <bpmn:sequenceFlow id="Flow_2" sourceRef="Activity_1" targetRef="Event_1" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Process_1qb2x3c">
      <bpmndi:BPMNShape id="StartEvent_1_di" bpmnElement="StartEvent_1">
        <dc:Bounds x="179" y="79" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Activity_1_di" bpmnElement="Activity_1">
        <dc:Bounds x="270" y="57" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Event_1_di" bpmnElement="Event_1">
        <dc:Bounds x="432" y="79" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_1_di" bpmnElement="Flow_1">
        <di:waypoint x="215" y="97" /><di:waypoint x="270" y="97" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_2_di" bpmnElement="Flow_2">
        <di:waypoint x="370" y="97" /><di:waypoint x="432" y="97" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def two_processes(first: str, second: str) -> str:
    """A file with two executable processes, in this order."""
    files = [
        process(start(f"s_{key}"), user(f"u_{key}"), end(f"e_{key}"),
                line(f"s_{key}", f"u_{key}", f"e_{key}"), key=key)
        for key in (first, second)
    ]  # fmt: skip
    second_process = files[1].partition("<bpmn:process")[2].rpartition("</bpmn:definitions>")[0]
    head, tail, _ = files[0].rpartition("</bpmn:definitions>")
    return f"{head}\n<bpmn:process{second_process}\n{tail}"


# -------------------------------------------------------------------- endpoint


def test_endpoint_without_credentials_asks_for_them(modeler: Modeler) -> None:
    seen = modeler.press("check")

    assert (seen["code"], seen["requests"][0]["status"]) == ("UNAUTHORIZED", 401)


@pytest.mark.parametrize(
    "credentials",
    [
        basic(password="salah-sekali"),
        basic("bukan-orang"),
        basic("andré"),
        basic("", ""),
        bearer("alur_salah"),
        bearer(""),
        bearer("tökén"),
    ],
    ids=str,
)
def test_wrong_or_empty_credentials_do_not_match(
    modeler: Modeler, credentials: dict[str, str]
) -> None:
    assert modeler.press("check", credentials)["code"] == "UNAUTHORIZED"


def test_name_and_password_are_accepted(modeler: Modeler) -> None:
    assert modeler.press("check", basic())["ok"]


def test_password_beyond_ascii_is_accepted_as_the_modeler_encodes_it(
    hall: Hall, modeler: Modeler
) -> None:
    hall.engine.accounts.add(
        "andre",
        display_name="André",
        password="café-à-côté",
        roles={Role.ANALYST},
        actor=ADMIN,
    )

    assert modeler.press("check", basic("andre", "café-à-côté"))["ok"]


def test_access_token_is_accepted(hall: Hall, modeler: Modeler) -> None:
    _, token = hall.engine.access_tokens.create("analis", "Modeler", actor=ADMIN)

    assert modeler.deploy(LETTER, credentials=bearer(token))["ok"]


@pytest.mark.parametrize(
    "path", ["/engine-rest/deployment/create", "/engine-rest/deployment/create/", "/engine-rest/"]
)
def test_endpoint_may_be_written_longer(modeler: Modeler, path: str) -> None:
    seen = replace(modeler, path=path).deploy(LETTER)

    assert seen["ok"], seen


# ---------------------------------------------------------------------- deploy


def test_deploy_makes_its_requests_in_order(modeler: Modeler) -> None:
    seen = modeler.deploy(DRAWN)

    assert seen["version"] == "7.24.0"
    assert seen["definition"]["key"] == "Process_1qb2x3c"
    assert [(each["method"], each["path"], each["status"]) for each in seen["requests"]] == [
        ("GET", "/engine-rest/deployment", 200),
        ("GET", "/engine-rest/version", 200),
        ("POST", "/engine-rest/deployment/create", 200),
        ("GET", "/.well-known/camunda-automation-platform/webapps", 200),
    ]


def test_deploying_again_gives_the_same_definition(modeler: Modeler) -> None:
    first, again = modeler.deploy(LETTER), modeler.deploy(LETTER)

    assert (again["id"], again["definition"]) == (first["id"], first["definition"])


def test_changed_diagram_is_the_next_version(modeler: Modeler) -> None:
    first = modeler.deploy(LETTER)["definition"]
    changed = modeler.deploy(LETTER.replace("Mengisi", "Menulis"))["definition"]

    assert (changed["key"], changed["version"]) == (first["key"], first["version"] + 1)


@pytest.mark.parametrize("keys", [("utama", "bantu"), ("bantu", "utama")])
def test_first_process_of_the_diagram_is_the_one_that_starts(
    modeler: Modeler, keys: tuple[str, str]
) -> None:
    content = two_processes(*keys)

    assert [modeler.deploy(content)["definition"]["key"] for _ in range(2)] == [keys[0]] * 2


def test_diagram_of_the_tab_comes_before_an_attached_one(modeler: Modeler) -> None:
    other = process(start(), user("u"), end(), line("s", "u", "e"), key="a_lain")
    attachments = [{"name": "a-lain.bpmn", "contents": other}]

    for _ in range(2):
        seen = modeler.deploy(LETTER, attachments=attachments)
        assert seen["definition"]["key"] == "surat"


def test_attachments_are_kept_beside_the_diagram(hall: Hall, modeler: Modeler) -> None:
    attachments = [
        {"name": "keputusan.dmn", "contents": "<definitions/>"},
        {"name": "isian.form", "contents": '{"components": []}'},
        {"name": "Lampiran – I.txt", "contents": "á"},
    ]

    seen = modeler.deploy(LETTER, attachments=attachments)

    files = hall.get(f"/deployment/{seen['id']}/resources", "analis").json
    assert {each["name"] for each in files} == {
        "surat.bpmn", "keputusan.dmn", "isian.form", "Lampiran – I.txt",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Pengumpulan Data – Kinerja.bpmn", "surat 'A' (1).bpmn", 'SOP "baru".bpmn', "é.bpmn"]
)
def test_tab_may_have_any_name(hall: Hall, modeler: Modeler, name: str) -> None:
    seen = modeler.deploy(LETTER, name)

    assert seen["definition"]["resource"] == name


@pytest.mark.parametrize(
    ("name", "contents"),
    [("keputusan.dmn", "<definitions/>"), ("isian.form", '{"components": [], "type": "default"}')],
)
def test_dmn_or_form_alone_is_refused_with_what_alur_runs(
    modeler: Modeler, name: str, contents: str
) -> None:
    seen = modeler.deploy(contents, name)

    assert not seen["ok"]
    assert name in seen["log"]
    assert "Alur menjalankan berkas BPMN (.bpmn)" in seen["log"]
    assert "Alur runs BPMN files (.bpmn)" in seen["log"]


def test_diagram_with_faults_is_told_as_one(modeler: Modeler) -> None:
    bad = process(start(), user("isi"), script("hitung", "import os"), end(), line("s", "isi", "e"))

    seen = modeler.deploy(bad, "rusak.bpmn")

    assert seen["code"] == "DIAGRAM_PARSE_ERROR"
    assert "resource rusak.bpmn" in seen["log"]
    assert "hitung" in seen["log"]


def test_file_that_is_no_xml_is_told_as_a_faulty_diagram(modeler: Modeler) -> None:
    assert modeler.deploy("<a", "rusak.bpmn")["code"] == "DIAGRAM_PARSE_ERROR"


def test_who_may_not_deploy_is_told_so(modeler: Modeler) -> None:
    assert modeler.deploy(LETTER, credentials=basic("siti"))["code"] == "FORBIDDEN"


def test_tenant_is_refused_by_name(modeler: Modeler) -> None:
    assert "tenant-id" in modeler.deploy(LETTER, tenantId="dinas")["log"]


# ----------------------------------------------------------------------- start


def test_start_deploys_and_starts_without_key_and_variables(hall: Hall, modeler: Modeler) -> None:
    seen = modeler.start(DRAWN)

    assert seen["instance"]["definitionId"] == seen["definition"]["id"]
    found = hall.get(f"/process-instance/{seen['instance']['id']}").json
    assert found["businessKey"] is None


def test_each_start_is_a_new_instance(modeler: Modeler) -> None:
    ids = {modeler.start(DRAWN, businessKey="S-1")["instance"]["id"] for _ in range(2)}

    assert len(ids) == 2


def test_start_passes_key_and_variables_on(hall: Hall, modeler: Modeler) -> None:
    variables = {"nomor": {"value": 7, "type": "Long"}, "perihal": {"value": "Undangan"}}

    seen = modeler.start(LETTER, businessKey="S-1", variables=variables)

    found = hall.get(f"/process-instance/{seen['instance']['id']}/variables").json
    assert (found["nomor"]["value"], found["perihal"]["value"]) == (7, "Undangan")


def test_start_without_what_the_start_form_needs_names_it(modeler: Modeler) -> None:
    seen = modeler.start(LETTER)

    assert not seen["ok"]
    assert "nomor" in seen["log"]


def test_links_open_for_who_pressed_the_buttons(hall: Hall, origin: str, modeler: Modeler) -> None:
    links = [modeler.deploy(DRAWN)["link"], (started := modeler.start(DRAWN))["link"]]

    shown = []
    for link in links:
        assert link.startswith(f"{origin}/")
        page = Browser(hall.app).log_in("analis", PASSWORD, link.removeprefix(origin))
        assert page.status == 200, page.text
        shown.append(page.path)

    assert shown == ["/proses/Process_1qb2x3c/1", f"/putar-ulang/{started['instance']['id']}"]


START: dict[str, dict[str, Any]] = {
    "periode_tahun": {"value": 2026, "type": "Long"},
    "periode_jenis": {"value": "TW1", "type": "String"},
    "daftar_bidang": {"value": json.dumps(["SMP", "PAUD"]), "type": "Json"},
    "nomor_surat": {"value": "7/2026"},
    "pengirim": {"value": "Bappeda"},
    "tanggal_surat": {"value": "2026-01-05", "type": "String"},
    "perihal": {"value": "Data kinerja"},
}


@pytest.mark.parametrize("name", SOP_FILES)
def test_every_sop_starts_within_the_modelers_patience(modeler: Modeler, name: str) -> None:
    contents = (PROCESSES / f"{name}.bpmn").read_text(encoding="utf-8")
    seen = modeler.start(contents, f"{name}.bpmn", businessKey="SOP-1", variables=START)

    assert seen["ok"], seen
    assert max(each["ms"] for each in seen["requests"]) < 5000
