"""A paper is signed when the parafs are on that very version; a return voids older ones."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from engine.endorsements import endorsement_faults
from engine.errors import PaperChanged, PaperMissing, ParafMissing
from engine.model import EndorsementKind, EventKind, Paper, Upload, Voiding
from tests.office import ADMIN, AUDITOR, Office, staff
from tests.papers import letter

DRAFTER, HEAD = staff("Perencana", "staf"), staff("Perencana", "kasubag")
SECRETARY, CHIEF = staff("Sekretaris"), staff("Kadis")


def decide(office: Office, instance: str, step: str, answer: str = "setujui", **more: Any) -> None:
    actors = {"paraf1": HEAD, "paraf2": SECRETARY, "ttd": CHIEF}
    values = {f"{step}_keputusan": answer}
    if answer == "kembalikan":
        values[f"{step}_catatan_perbaikan"] = "angka triwulan II keliru"
        if step == "ttd":
            values["ttd_kepada"] = more.pop("ttd_kepada", "draf")
    actor = more.pop("actor", actors[step])
    office.clock.advance(minutes=5)
    office.complete(instance, step, actor, **values, **more)


def drafted(office: Office, text: Any = "naskah pertama", **options: Any) -> str:
    instance = office.start(office.deploy(letter(**options)), DRAFTER)
    office.complete(instance, "draf", DRAFTER, naskah=text)
    return instance


def initialled(office: Office) -> str:
    instance = drafted(office)
    decide(office, instance, "paraf1")
    decide(office, instance, "paraf2")
    return instance


def paper(office: Office, instance: str) -> Paper:
    (found,) = office.engine.papers.of_instance(instance, actor=AUDITOR)
    return found


def fact(office: Office, instance: str, step: str) -> dict[str, Any]:
    events = office.engine.history.events(instance, actor=AUDITOR)
    done = [e for e in events if e.kind is EventKind.TASK_COMPLETED and e.activity_id == step]
    found: dict[str, Any] = dict(done[-1].payload)
    return found


def test_paraf_names_the_version_and_who_gave_it_in_which_capacity(office_on_both: Office) -> None:
    office = office_on_both
    instance = drafted(office)

    decide(office, instance, "paraf1")

    found = paper(office, instance)
    (given,) = found.endorsements
    assert (given.kind, given.by, given.capacity) == (
        EndorsementKind.PARAF,
        "kasubag",
        HEAD.capacity,
    )
    assert found.current is not None
    assert (given.version, given.digest) == (1, found.current.digest)
    assert fact(office, instance, "paraf1")["paraf"] == {
        "document": ["naskah"],
        "version": 1,
        "digest": found.current.digest,
    }
    office.assert_sound(instance)


def test_version_of_one_file_is_the_sha256_of_that_file(office: Office) -> None:
    content = b"%PDF-1.7 draf"
    instance = drafted(office, Upload("draf.pdf", content, "application/pdf"), kind="file")

    current = paper(office, instance).current

    assert current is not None
    assert current.digest == hashlib.sha256(content).hexdigest()
    assert current.by == "staf"


def test_signature_rests_on_the_parafs_of_its_version(office_on_both: Office) -> None:
    office = office_on_both
    instance = initialled(office)
    signed = Upload("ttd.pdf", b"ditandatangani", "application/pdf")

    decide(office, instance, "ttd", ttd_metode_tanda_tangan="tte", ttd_berkas=signed)

    found = paper(office, instance)
    *parafs, signature = found.endorsements
    assert signature.rests_on == tuple(each.sequence for each in parafs)
    assert signature.method == "tte"
    assert signature.files == (hashlib.sha256(b"ditandatangani").hexdigest(),)
    assert not signature.is_waived
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_signature_is_refused_naming_who_must_still_initial_which_version(office: Office) -> None:
    instance = initialled(office)
    office.engine.instances.change_variables(instance, {"naskah": "diubah admin"}, actor=ADMIN)
    before = office.kinds(instance)

    with pytest.raises(ParafMissing) as refused:
        decide(office, instance, "ttd")

    current = paper(office, instance).current
    assert current is not None
    assert refused.value.lanes == ("Perencana", "Sekretaris")
    assert (refused.value.version, refused.value.digest) == (2, current.digest)
    assert office.kinds(instance) == before
    assert {e.voided for e in paper(office, instance).endorsements} == {Voiding.CHANGED}
    # Sent back, it goes its way again.
    decide(office, instance, "ttd", "kembalikan")
    assert office.waiting_at(instance) == ["draf"]
    office.assert_sound(instance)


def test_return_voids_older_parafs_though_the_draft_comes_back_as_it_was(
    office_on_both: Office,
) -> None:
    office = office_on_both
    instance = initialled(office)

    decide(office, instance, "ttd", "kembalikan")

    assert {e.voided for e in paper(office, instance).endorsements} == {Voiding.RETURNED}
    office.complete(instance, "draf", DRAFTER, naskah="naskah pertama")
    again = paper(office, instance)
    assert [version.number for version in again.versions] == [1, 2]
    assert again.valid_parafs == ()
    decide(office, instance, "paraf1")
    assert (
        office.engine.papers.of_task(office.task(instance, "paraf2").task_id, actor=SECRETARY)
        is not None
    )
    decide(office, instance, "paraf2")
    decide(office, instance, "ttd", ttd_metode_tanda_tangan="basah")
    assert [e.version for e in paper(office, instance).valid_parafs] == [2, 2]
    office.assert_sound(instance)


def test_return_to_who_initialled_asks_for_that_paraf_again_only(office: Office) -> None:
    instance = initialled(office)

    decide(office, instance, "ttd", "kembalikan", ttd_kepada="paraf2")

    (first,) = paper(office, instance).valid_parafs
    assert first.activity_id == "paraf1"
    decide(office, instance, "paraf2")
    decide(office, instance, "ttd")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_who_sends_back_gives_no_paraf(office: Office) -> None:
    instance = drafted(office)

    decide(office, instance, "paraf1", "kembalikan")

    assert "paraf" not in fact(office, instance, "paraf1")
    assert paper(office, instance).endorsements == ()


def test_paraf_of_the_one_who_made_the_draft_is_marked_as_not_needed(office: Office) -> None:
    instance = drafted(office)

    decide(office, instance, "paraf1", actor=DRAFTER)

    assert fact(office, instance, "paraf1")["paraf"]["waived"] == "conceptor"
    decide(office, instance, "paraf2")
    decide(office, instance, "ttd")
    assert [e.is_waived for e in paper(office, instance).endorsements] == [True, False, False]
    office.assert_sound(instance)


def test_draft_made_by_the_signer_needs_no_paraf_and_says_so(office: Office) -> None:
    instance = initialled(office)
    chief = replace(ADMIN, account="pimpinan", lanes=frozenset({"Kadis"}))
    office.engine.instances.change_variables(instance, {"naskah": "tulisannya"}, actor=chief)
    task = office.task(instance, "ttd").task_id

    for_others = office.engine.papers.of_task(task, actor=CHIEF)
    for_maker = office.engine.papers.of_task(task, actor=chief)
    decide(office, instance, "ttd", actor=chief)

    assert for_others is not None
    assert for_others.missing == ("Perencana", "Sekretaris")
    assert for_maker is not None
    assert for_maker.missing == ()
    signed = fact(office, instance, "ttd")["signature"]
    assert (signed["waived"], signed["parafs"]) == ("conceptor", [])
    office.assert_sound(instance)


def test_nothing_to_initial_is_refused(office: Office) -> None:
    instance = drafted(office, None)

    with pytest.raises(PaperMissing):
        decide(office, instance, "paraf1")


def test_paper_that_changed_since_it_was_read_is_not_initialled(office: Office) -> None:
    instance = drafted(office)
    task = office.task(instance, "paraf1")
    shown = office.engine.papers.of_task(task.task_id, actor=HEAD)
    assert shown is not None
    assert shown.paper.current is not None
    office.engine.instances.change_variables(instance, {"naskah": "lain"}, actor=ADMIN)

    with pytest.raises(PaperChanged):
        office.engine.tasks.complete(
            task.task_id,
            {"paraf1_keputusan": "setujui"},
            actor=HEAD,
            seen=shown.paper.current.digest,
        )


def test_task_without_a_paper_has_none(office: Office) -> None:
    instance = office.start(office.deploy(letter()), DRAFTER)

    assert office.engine.papers.of_task(office.task(instance, "draf").task_id, actor=HEAD) is None


def test_forged_paraf_is_found_by_verify(office_on_both: Office) -> None:
    office = office_on_both
    instance = drafted(office)
    decide(office, instance, "paraf1")
    model = office.engine.definitions.model(
        office.engine.instances.instance(instance, actor=AUDITOR).definition_id, actor=AUDITOR
    )
    events = office.engine.history.events(instance, actor=AUDITOR)
    forged = [
        replace(event, payload={**event.payload, "paraf": {**event.payload["paraf"], "version": 9}})
        if "paraf" in event.payload
        else event
        for event in events
    ]
    invented = [
        replace(event, payload={"variables": event.payload["variables"]})
        if "paraf" in event.payload
        else event
        for event in events
    ]

    assert endorsement_faults(model, events) == []
    for changed in (forged, invented):
        (fault,) = endorsement_faults(model, changed)
        assert (fault.check, fault.sequence) == (
            "paraf",
            paper(office, instance).endorsements[0].sequence,
        )
