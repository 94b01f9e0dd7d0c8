"""The SOPs that sign: what is signed has its parafs, on the version that was signed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.errors import ParafMissing
from engine.model import Actor, EndorsementKind, Paper, Voiding
from tests.office import ADMIN, AUDITOR, Office, every_return_once, staff, straight

DRAFT = ("langkah_5_ringkasan", "langkah_5_tautan_draf")
REVIEWERS = {
    "langkah_6": staff("Perencana", "kasubag"),
    "langkah_7": staff("Sekretaris"),
    "langkah_8": staff("Kadis"),
}


def case_at_the_draft(office: Office) -> str:
    """Luwu Timur up to step 5."""
    instance = office.start_sop(office.deploy_sop("luwu-timur"))
    while "langkah_5" not in office.waiting_at(instance):
        office.run_to_end(instance, straight, limit=1)
    return instance


def draft(office: Office, instance: str, summary: str) -> None:
    drafter = staff("Perencana", "staf")
    link = "https://awan.test/draf"
    values = {"langkah_5_tautan_draf": link, "langkah_5_ringkasan": summary}
    office.complete(instance, "langkah_5", drafter, **values)


def decide(
    office: Office, instance: str, step: str, answer: str = "setujui", actor: Actor | None = None
) -> None:
    values: dict[str, Any] = {f"{step}_keputusan": answer}
    if answer == "kembalikan":
        values[f"{step}_catatan_perbaikan"] = "Angka PAUD belum cocok"
    elif step == "langkah_8":
        values |= {f"{step}_metode_tanda_tangan": "basah"}
        values |= {f"{step}_tanggal_tanda_tangan": "2026-02-01"}
    else:
        values[f"{step}_tanggal_paraf"] = "2026-02-01"
    office.clock.advance(minutes=20)
    office.complete(instance, step, actor or REVIEWERS[step], **values)


def paper(office: Office, instance: str) -> Paper:
    (found,) = office.engine.papers.of_instance(instance, actor=AUDITOR)
    return found


def test_luwu_timur_after_a_return_needs_every_paraf_again(office: Office) -> None:
    instance = case_at_the_draft(office)
    draft(office, instance, "draf pertama")
    for step in ("langkah_6", "langkah_7"):
        decide(office, instance, step)
    decide(office, instance, "langkah_8", "kembalikan")
    task = office.task(instance, "langkah_5")
    (note,) = office.engine.papers.return_notes(task.task_id, actor=staff("Perencana"))

    draft(office, instance, "draf pertama")
    again = paper(office, instance)
    for step in ("langkah_6", "langkah_7", "langkah_8"):
        decide(office, instance, step)

    assert (note.text, note.by) == ("Angka PAUD belum cocok", "kadis")
    assert again.names == DRAFT
    assert [version.number for version in again.versions] == [1, 2]
    assert [each.voided for each in again.endorsements] == [Voiding.RETURNED] * 2
    *_, signature = paper(office, instance).endorsements
    assert (signature.kind, signature.version) == (EndorsementKind.SIGNATURE, 2)
    assert signature.method == "basah"
    assert len(signature.rests_on) == 2
    office.run_to_end(instance, straight)
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_luwu_timur_is_not_signed_on_a_draft_that_changed_after_the_parafs(office: Office) -> None:
    instance = case_at_the_draft(office)
    draft(office, instance, "draf pertama")
    for step in ("langkah_6", "langkah_7"):
        decide(office, instance, step)
    changed = {"langkah_5_ringkasan": "diam-diam lain"}
    office.engine.instances.change_variables(instance, changed, actor=ADMIN)

    with pytest.raises(ParafMissing, match="version 2") as refused:
        decide(office, instance, "langkah_8")

    assert refused.value.lanes == ("Sub Bag. Perencanaan", "Sekretaris")


def test_kasubag_who_drafted_himself_keeps_the_step_and_the_mark(office: Office) -> None:
    instance = case_at_the_draft(office)
    draft(office, instance, "draf pertama")

    decide(office, instance, "langkah_6", actor=staff("Perencana", "staf"))

    (given,) = paper(office, instance).endorsements
    assert given.is_waived
    office.assert_sound(instance)


@pytest.mark.parametrize("stem", ["bandar-lampung", "bakesbangpol"])
def test_every_return_once_ends_with_valid_signatures(office: Office, stem: str) -> None:
    instance = office.start_sop(office.deploy_sop(stem))

    office.run_to_end(instance, every_return_once())

    found = paper(office, instance)
    signed = [e for e in found.endorsements if e.kind is EndorsementKind.SIGNATURE and e.is_valid]
    assert {each.version for each in signed} == {len(found.versions)}
    assert {each.activity_id for each in signed} == (
        {"langkah_8", "langkah_8b"} if stem == "bandar-lampung" else {"langkah_12"}
    )
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_note_of_the_head_reaches_who_must_correct_and_not_only_who_passes_it_on(
    office: Office,
) -> None:
    """Bakesbangpol: 10 sends back to 11, and 7 corrects."""
    instance = office.start_sop(office.deploy_sop("bakesbangpol"))
    choose = every_return_once()
    while "langkah_11" not in office.waiting_at(instance):
        office.run_to_end(instance, choose, limit=1)
    read = {}
    for step in ("langkah_11", "langkah_7", "langkah_8", "langkah_9", "langkah_10", "langkah_12"):
        task = office.task(instance, step)
        actor = replace(AUDITOR, account="pembaca")
        read[step] = [n.by for n in office.engine.papers.return_notes(task.task_id, actor=actor)]
        office.run_to_end(instance, choose, limit=1)

    assert read.pop("langkah_12") == []
    assert set(map(tuple, read.values())) == {("kadis",)}
