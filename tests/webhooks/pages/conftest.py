"""An office with accounts, a small SOP of three lanes, and browsers for its people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from engine.model import ProcessDefinition
from engine.settings import Settings
from tests.databases import store_in_memory
from tests.office import ADMIN, Office
from tests.webhooks.conftest import AppOver
from tests.webhooks.pages.browser import PASSWORD, Browser

PEOPLE = {
    "staf": ("Putri Staf", ["staff"], ["Perencana"]),
    "staf-2": ("Rina Staf", ["staff"], ["Perencana"]),
    "sekretaris": ("Siti Sekretaris", ["staff"], ["Sekretaris"]),
    "kadis": ("Budi Kadis", ["staff"], ["Kadis"]),
    "luar": ("Orang Luar", ["staff"], ["Gudang"]),
    "auditor": ("Ibu Auditor", ["auditor"], []),
    "analis": ("Andi Analis", ["analyst"], []),
    "admin": ("Administrator", ["admin"], []),
}

Visit = Callable[[str], Browser]

SOP = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">
<bpmn:process id="laporan" name="Penyusunan Laporan" isExecutable="true">
  <bpmn:laneSet id="l">
    <bpmn:lane id="l1" name="Perencana"><bpmn:flowNodeRef>mulai</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>susun</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="l2" name="Sekretaris"><bpmn:flowNodeRef>paraf</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>g</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="l3" name="Kadis"><bpmn:flowNodeRef>sah</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>selesai</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:startEvent id="mulai" name="Mulai"><bpmn:extensionElements><camunda:formData>
    <camunda:formField id="tahun" label="Tahun" type="long"><camunda:validation>
      <camunda:constraint name="required"/></camunda:validation></camunda:formField>
  </camunda:formData></bpmn:extensionElements></bpmn:startEvent>
  <bpmn:userTask id="susun" name="Menyusun laporan"><bpmn:extensionElements>
    <camunda:formData>
      <camunda:formField id="judul" label="Judul laporan" type="string"><camunda:validation>
        <camunda:constraint name="required"/><camunda:constraint name="maxlength" config="50"/>
        </camunda:validation></camunda:formField>
      <camunda:formField id="jumlah" label="Jumlah halaman" type="long"/>
      <camunda:formField id="capaian" label="Capaian" type="double"/>
      <camunda:formField id="tanggal" label="Tanggal naskah" type="date"/>
      <camunda:formField id="lengkap" label="Berkas lengkap" type="boolean"/>
      <camunda:formField id="penerima" label="Penerima" type="string"><camunda:properties>
        <camunda:property id="daftar" value="true"/></camunda:properties></camunda:formField>
      <camunda:formField id="ringkasan" label="Ringkasan" type="string"><camunda:properties>
        <camunda:property id="baris" value="4"/></camunda:properties></camunda:formField>
    </camunda:formData>
    <camunda:properties>
      <camunda:property name="sop:nomor" value="1"/>
      <camunda:property name="sop:kelengkapan" value="Data kinerja"/>
      <camunda:property name="sop:waktu" value="2 hari"/>
      <camunda:property name="sop:output" value="Draf laporan"/>
      <camunda:property name="sop:keterangan" value="Dikerjakan staf"/>
    </camunda:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:userTask id="paraf" name="Memaraf laporan"><bpmn:extensionElements><camunda:formData>
      <camunda:formField id="keputusan" label="Keputusan" type="enum"><camunda:validation>
        <camunda:constraint name="required"/></camunda:validation>
        <camunda:value id="setujui" name="Setujui"/>
        <camunda:value id="kembalikan" name="Kembalikan untuk Perbaikan"/></camunda:formField>
      <camunda:formField id="catatan_perbaikan" label="Catatan Perbaikan" type="string">
        <camunda:properties><camunda:property id="wajib_jika" value="keputusan=kembalikan"/>
        <camunda:property id="baris" value="3"/></camunda:properties></camunda:formField>
    </camunda:formData></bpmn:extensionElements></bpmn:userTask>
  <bpmn:exclusiveGateway id="g" name="Disetujui?" default="ke_sah"/>
  <bpmn:userTask id="sah" name="Mengesahkan laporan"/>
  <bpmn:endEvent id="selesai" name="Selesai"/>
  <bpmn:sequenceFlow id="f1" sourceRef="mulai" targetRef="susun"/>
  <bpmn:sequenceFlow id="f2" sourceRef="susun" targetRef="paraf"/>
  <bpmn:sequenceFlow id="f3" sourceRef="paraf" targetRef="g"/>
  <bpmn:sequenceFlow id="ke_sah" name="Setujui" sourceRef="g" targetRef="sah"/>
  <bpmn:sequenceFlow id="ke_susun" name="Kembalikan" sourceRef="g" targetRef="susun">
    <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${keputusan == 'kembalikan'}</bpmn:conditionExpression>
  </bpmn:sequenceFlow>
  <bpmn:sequenceFlow id="f4" sourceRef="sah" targetRef="selesai"/>
</bpmn:process></bpmn:definitions>"""  # noqa: E501


@pytest.fixture
def office() -> Iterator[Office]:
    """An office whose ids and secrets are random, as cookies must be."""
    store = store_in_memory()
    made = Office(store)
    made.engine = made.engine_with(Settings())
    for name, (display_name, roles, lanes) in PEOPLE.items():
        made.engine.accounts.add(
            name,
            display_name=display_name,
            password=PASSWORD,
            roles=roles,
            lanes=lanes,
            actor=ADMIN,
        )
    yield made
    store.close()


@pytest.fixture
def sop(office: Office) -> ProcessDefinition:
    return office.deploy(SOP, "laporan.bpmn")


@pytest.fixture
def app(office: Office, app_over: AppOver) -> Flask:
    return app_over(office.engine, Settings())


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Nobody's browser yet."""
    return Browser(app)


@pytest.fixture
def visit(app: Flask) -> Visit:
    """Logs somebody in, in a browser of their own."""

    def visit_as(name: str) -> Browser:
        visitor = Browser(app)
        page = visitor.log_in(name)
        assert page.status == 200, page.text
        return visitor

    return visit_as


@pytest.fixture
def instance(office: Office, sop: ProcessDefinition) -> str:
    """One that the clerk started, with a business key."""
    actor = office.engine.accounts.account("staf").as_actor()
    started = office.engine.instances.start(sop, {"tahun": 2026}, actor=actor, business_key="LAP-7")
    return started.instance.instance_id
