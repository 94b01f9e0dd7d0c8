"""Analysts move running instances to another version, and those who work on them are told."""

from __future__ import annotations

import pytest

from engine.model import ProcessDefinition
from tests.office import ANALYST, AUDITOR, Office
from tests.webhooks.pages.conftest import Visit

WHY = {"alasan": "Perwali baru berlaku", "dasar": "SK 188/12/2026"}


@pytest.fixture
def revised(office: Office, sop: ProcessDefinition, instance: str) -> ProcessDefinition:
    """The next version of the SOP of `instance`, in which the first step has another name."""
    content = office.engine.definitions.xml(sop.definition_id, actor=ANALYST)
    return office.deploy(content.replace(b"Menyusun laporan", b"Menyusun LKJ"), "lkj.bpmn")


def address(sop: ProcessDefinition) -> str:
    return f"/proses/{sop.key}/{sop.version}/pindahkan"


def test_the_old_version_leads_to_the_plan(
    visit: Visit, sop: ProcessDefinition, revised: ProcessDefinition
) -> None:
    page = visit("analis").get(f"/proses/{sop.key}/{sop.version}")

    assert f"Pindahkan ke versi {revised.version}" in page.text
    assert page.tree.xpath(f"//a[@href='{address(sop)}']")
    assert (
        not visit("staf")
        .get(f"/proses/{sop.key}/{sop.version}")
        .tree.xpath(f"//a[@href='{address(sop)}']")
    )


def test_what_is_chosen_is_moved_and_the_worker_is_told(
    office: Office, visit: Visit, sop: ProcessDefinition, revised: ProcessDefinition, instance: str
) -> None:
    analyst = visit("analis")
    page = analyst.get(address(sop))
    assert "Menyusun laporan" in page.text
    assert len(page.tree.xpath("//svg")) == 2

    done = analyst.send(page, "/pindahkan", **WHY)

    assert f"1 berkas dipindahkan ke versi {revised.version}, 0 tetap" in done.text
    task = office.task(instance, "susun")
    assert (task.name, task.definition_id) == ("Menyusun LKJ", revised.definition_id)
    told = visit("staf").get(f"/tugas/{task.task_id}").text
    assert f"SOP diperbarui ke versi {revised.version}" in told
    assert "SK 188/12/2026" in told
    case = visit("staf").get(f"/berkas/{instance}").text
    assert f"dari versi {sop.version} ke versi {revised.version}" in case
    assert f"Dipindahkan dari versi {sop.version} ke versi {revised.version}" in case
    office.assert_sound(instance)


@pytest.mark.parametrize("missing", ["alasan", "dasar", "berkas"])
def test_what_is_missing_is_asked_for(
    office: Office,
    visit: Visit,
    sop: ProcessDefinition,
    revised: ProcessDefinition,
    instance: str,
    missing: str,
) -> None:
    analyst = visit("analis")
    sent = analyst.get(address(sop))
    page = analyst.send(sent, "/pindahkan", **{**WHY, missing: ""})

    assert page.status == 400
    assert page.tree.xpath("//*[@class='fault']")
    assert office.engine.instances.instance(instance, actor=AUDITOR).definition_id == (
        sop.definition_id
    )


def test_a_step_that_is_gone_keeps_the_instance_until_it_is_paired(
    office: Office, visit: Visit, sop: ProcessDefinition, instance: str
) -> None:
    content = office.engine.definitions.xml(sop.definition_id, actor=ANALYST)
    office.deploy(content.replace(b'"susun"', b'"karang"').replace(b">susun<", b">karang<"))
    analyst = visit("analis")

    page = analyst.get(address(sop))
    assert "belum dipasangkan" in page.text
    assert not page.tree.xpath("//input[@name='berkas']")
    paired = analyst.get(f"{address(sop)}?dari=susun&menjadi=karang")
    assert paired.tree.xpath(f"//input[@name='berkas' and @value='{instance}']")


@pytest.mark.parametrize("who", ["staf", "auditor"])
def test_others_do_not_see_the_page(
    visit: Visit, sop: ProcessDefinition, revised: ProcessDefinition, who: str
) -> None:
    assert visit(who).get(address(sop)).status == 403
    assert revised.version == sop.version + 1


def test_an_sop_with_one_version_says_so(visit: Visit, sop: ProcessDefinition) -> None:
    assert "baru punya satu versi" in visit("analis").get(address(sop)).text


def test_the_replay_shows_both_diagrams_where_they_change(
    office: Office, visit: Visit, sop: ProcessDefinition, revised: ProcessDefinition, instance: str
) -> None:
    plan = office.engine.migrations.generate(
        sop.definition_id, revised.definition_id, actor=ANALYST
    )
    office.engine.migrations.migrate(instance, plan, reason="revisi", basis="SK 9", actor=ANALYST)
    auditor = visit("auditor")

    turn = auditor.get(f"/putar-ulang/{instance}?langkah=2")
    assert "Diagram berganti pada langkah ini" in turn.text
    assert "Dipindahkan dari versi 1 ke versi 2" in turn.text
    assert "SK 9" in turn.text
    assert len(turn.tree.xpath("//svg")) == 2
    assert "Diagram berganti" not in auditor.get(f"/putar-ulang/{instance}?langkah=1").text
    frames = auditor.get(f"/putar-ulang/{instance}/bingkai?dari=1").response.json
    assert [each["versi"] for each in frames] == ["1", "2, 2"]
