"""Incidents are told in plain words, tried again, and mended."""

from __future__ import annotations

import pytest

from tests.diagrams import end, exclusive, flow, form, line, process, script, start, user
from tests.office import ADMIN, Office, staff
from tests.webhooks.pages.conftest import Visit

CLERK = staff("Perencana", "staf")
LANE = {"Perencana": ["s", "a", "g", "b", "e"]}


def deciding(fields: str = "") -> str:
    """A gateway that goes on only when `jumlah` is more than 3."""
    return process(
        start(), user("a", fields, "Mengisi"), exclusive("g"), user("b", name="Lanjut"), end(),
        line("s", "a", "g"), flow("g", "b", "${jumlah &gt; 3}"), line("b", "e"), lanes=LANE,
    )  # fmt: skip


NUMBER = form('<camunda:formField id="jumlah" label="Jumlah halaman" type="long"/>')


def stuck(office: Office, diagram: str, **values: object) -> str:
    """An instance whose first step was completed with these values, and that stopped then."""
    instance = office.start(office.deploy(diagram), CLERK)
    office.complete(instance, "a", CLERK, **values)
    assert len(office.incidents(instance)) == 1
    return instance


def test_missing_value_is_named_and_can_be_given(office: Office, visit: Visit) -> None:
    # The form that asks for it is that of a step which was never reached.
    diagram = deciding().replace('name="Lanjut">', f'name="Lanjut">{NUMBER}')
    instance = stuck(office, diagram)
    admin = visit("admin")
    page = admin.get(f"/berkas/{instance}")
    assert "membutuhkan isian yang belum pernah diisi" in page.text
    assert "Yang belum diisi: “Jumlah halaman”." in page.text

    page = admin.send(page, "/perbaiki", **{"isian-jumlah": "5"})

    assert "telah dijalankan ulang, dan proses berlanjut" in page.text
    assert office.waiting_at(instance) == ["b"]
    assert office.variables(instance)["jumlah"] == 5
    office.assert_sound(instance)


def test_wrong_decision_can_be_mended(office: Office, visit: Visit) -> None:
    instance = stuck(office, deciding(NUMBER), jumlah=1)
    admin = visit("admin")
    page = admin.get(f"/berkas/{instance}")
    assert "tidak ada jalur yang syaratnya terpenuhi" in page.text
    assert page.tree.xpath("//input[@name='isian-jumlah']/@value") == ["1"]

    page = admin.send(page, "/perbaiki", **{"isian-jumlah": "banyak"})
    assert page.status == 400
    assert page.tree.xpath("//input[@name='isian-jumlah']/@value") == ["banyak"]
    assert page.tree.xpath("//input[@name='isian-jumlah']/@aria-invalid") == ["true"]
    assert office.variables(instance)["jumlah"] == 1

    page = admin.send(page, "/perbaiki", **{"isian-jumlah": "2"})
    assert "gagal lagi" in page.text
    page = admin.send(page, "/perbaiki", **{"isian-jumlah": "4"})
    assert "proses berlanjut" in page.text
    assert office.waiting_at(instance) == ["b"]


@pytest.mark.parametrize(
    ("typed", "kept"), [("7", 7), ("7,5", 7.5), ("banyak", "banyak"), ("", None)]
)
def test_value_without_a_form_is_a_number_when_it_looks_like_one(
    office: Office, visit: Visit, typed: str, kept: object
) -> None:
    instance = stuck(office, deciding(), jumlah=1)
    admin = visit("admin")

    page = admin.send(admin.get(f"/berkas/{instance}"), "/perbaiki", **{"isian-jumlah": typed})

    assert office.variables(instance)["jumlah"] == (1 if kept is None else kept)
    assert page.status == (400 if kept is None else 200)


def test_analyst_tries_again_but_does_not_change_data(office: Office, visit: Visit) -> None:
    office.engine.accounts.set_roles_and_lanes(
        "analis", roles=["analyst"], lanes=["Perencana"], actor=ADMIN
    )
    instance = stuck(office, deciding(NUMBER), jumlah=1)
    analyst = visit("analis")
    page = analyst.get(f"/berkas/{instance}")

    assert not page.tree.xpath("//form[contains(@action, '/perbaiki')]")
    assert "gagal lagi" in analyst.send(page, "/ulang").text
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    path = f"/berkas/{instance}/gangguan/{incident.incident_id}/perbaiki"
    token = page.form("/keluar")[1]["csrf_token"]
    refused = analyst.post(path, {"csrf_token": token, "isian-jumlah": "5"})
    assert refused.status == 403
    assert office.variables(instance)["jumlah"] == 1


def test_staff_learn_whom_to_ask(office: Office, visit: Visit) -> None:
    instance = stuck(office, deciding(NUMBER), jumlah=1)

    page = visit("staf").get(f"/berkas/{instance}")

    assert "Beri tahu analis proses atau administrator" in page.text
    assert not page.tree.xpath("//form[contains(@action, '/gangguan/')]")


def test_trying_again_what_is_over_says_so(office: Office, visit: Visit) -> None:
    instance = stuck(office, deciding(NUMBER), jumlah=1)
    admin = visit("admin")
    page = admin.get(f"/berkas/{instance}")
    admin.send(page, "/perbaiki", **{"isian-jumlah": "5"})

    for deed in ("/perbaiki", "/ulang"):
        again = admin.send(page, deed, **({"isian-jumlah": "6"} if deed == "/perbaiki" else {}))
        assert "Gangguan ini sudah ditangani" in again.text
    assert office.variables(instance)["jumlah"] == 5


def test_script_that_fails_names_its_data(office: Office, visit: Visit) -> None:
    diagram = process(
        start(), user("a", name="Mengisi"), script("g", "rata = total / banyak"), user("b"), end(),
        line("s", "a", "g", "b", "e"), lanes=LANE,
    )  # fmt: skip
    instance = stuck(office, diagram, total=8, banyak=0)
    admin = visit("admin")

    page = admin.get(f"/berkas/{instance}")
    assert "Perhitungan dalam gambar SOP berhenti karena kesalahan" in page.text
    page = admin.send(page, "/perbaiki", **{"isian-banyak": "4", "isian-total": "8"})

    assert "proses berlanjut" in page.text
    assert office.variables(instance)["rata"] == 2


def test_what_is_left_as_it_was_shown_keeps_its_type(office: Office, visit: Visit) -> None:
    diagram = process(
        start(), user("a"), script("g", "hasil = kode + naskah[total]"), user("b"), end(),
        line("s", "a", "g", "b", "e"), lanes=LANE,
    )  # fmt: skip
    given = {"kode": "007", "naskah": "dua\nbaris", "total": 99}
    instance = stuck(office, diagram, **given)
    admin = visit("admin")

    page = admin.send(admin.get(f"/berkas/{instance}"), "/perbaiki", **{"isian-total": "0"})

    assert "proses berlanjut" in page.text
    after = office.variables(instance)
    assert {name: after[name] for name in given} == given | {"total": 0}
    assert after["hasil"] == "007d"
