"""Retention: how periods are counted, whose is over, and that nothing is deleted."""

from __future__ import annotations

from datetime import date

import pytest

from engine.bpmn.retention_terms import (
    ACTIVE,
    CODE,
    FATE,
    INACTIVE,
    Period,
    RetentionError,
    retention_in,
)
from engine.errors import Forbidden
from engine.retention import csv_of
from tests.diagrams import end, line, process, start, user
from tests.engine.copied_rows import copied
from tests.office import ADMIN, AUDITOR, Office, staff

JRA = {CODE: "000.8.3", ACTIVE: "P1Y", INACTIVE: "P6M", FATE: "musnah"}


def an_sop(key: str, properties: dict[str, str]) -> str:
    said = "".join(
        f'<camunda:property name="{name}" value="{value}"/>' for name, value in properties.items()
    )
    plain = process(start(), user("a"), end(), line("s", "a", "e"), key=key)
    head, _, tail = plain.partition('isExecutable="true">')
    inner = f"<bpmn:extensionElements><camunda:properties>{said}</camunda:properties>"
    return f'{head}isExecutable="true">{inner}</bpmn:extensionElements>{tail}'


def ended(office: Office, key: str, properties: dict[str, str], business_key: str) -> str:
    definition = office.deploy(an_sop(key, properties), f"{key}.bpmn")
    started = office.engine.instances.start(definition, {}, actor=ADMIN, business_key=business_key)
    instance = started.instance.instance_id
    office.complete(instance, "a")
    return instance


@pytest.mark.parametrize(
    ("period", "day", "over"),
    [
        (Period(12, 0), date(2026, 1, 5), date(2027, 1, 5)),
        (Period(1, 0), date(2026, 1, 31), date(2026, 2, 28)),
        (Period(12, 0), date(2028, 2, 29), date(2029, 2, 28)),
        (Period(6, 10), date(2026, 8, 25), date(2027, 3, 7)),
        (Period(999 * 12, 9999), date(9000, 1, 1), date.max),
    ],
)
def test_a_period_is_counted_by_the_calendar(period: Period, day: date, over: date) -> None:
    assert period.after(day) == over


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({ACTIVE: "2 tahun"}, ACTIVE),
        ({ACTIVE: ""}, ACTIVE),
        ({INACTIVE: "P"}, INACTIVE),
        ({FATE: "dibakar"}, FATE),
    ],
)
def test_a_class_that_cannot_be_read_names_its_property(change: dict[str, str], name: str) -> None:
    with pytest.raises(RetentionError) as refused:
        retention_in({**JRA, **change})

    assert refused.value.name == name
    assert retention_in({}) is None


def test_what_has_outlived_its_class_is_listed(office: Office) -> None:
    old = ended(office, "surat", JRA, "S-1")
    office.clock.advance(days=100)
    ended(office, "surat", JRA, "S-2")
    ended(office, "lain", {}, "L-1")
    retention = office.engine.retention

    office.clock.advance(days=365 + 181 - 101)
    assert retention.outlived(actor=AUDITOR) == []
    office.clock.advance(days=1)

    [row] = retention.outlived(actor=AUDITOR)
    assert (row.instance_id, row.business_key, row.code, row.fate) == (
        old,
        "S-1",
        "000.8.3",
        "musnah",
    )
    assert (row.ended_on, row.inactive_on, row.over_on) == (
        date(2026, 1, 5),
        date(2027, 1, 5),
        date(2027, 7, 5),
    )
    assert office.state(old) == "COMPLETED"
    office.assert_sound(old)


def test_what_outlived_its_class_is_listed_to_the_last_behind_a_damaged_row(
    office: Office,
) -> None:
    copied(office.store, ended(office, "surat", JRA, "S-1"), times=500, damaged="x'ff'")
    office.clock.advance(days=365 + 182)

    found = office.engine.retention.outlived(actor=AUDITOR)

    assert len(found) == 500
    assert len(office.store.quarantine.rows) == 1


def test_the_class_of_the_newest_version_counts_for_older_ones(office: Office) -> None:
    old = ended(office, "surat", {}, "S-1")
    office.deploy(an_sop("surat", {**JRA, ACTIVE: "P1D", INACTIVE: "P0D"}), "surat.bpmn")
    office.clock.advance(days=1)

    [row] = office.engine.retention.outlived(actor=ADMIN)
    assert row.instance_id == old


def test_a_running_instance_outlives_nothing(office: Office) -> None:
    office.start(office.deploy(an_sop("surat", JRA)))
    office.clock.advance(days=4000)

    assert office.engine.retention.outlived(actor=AUDITOR) == []


def test_classes_say_which_sop_has_none(office: Office) -> None:
    office.deploy(an_sop("lain", {}), "lain.bpmn")
    office.deploy(an_sop("surat", JRA), "surat.bpmn")

    found = office.engine.retention.classes(actor=AUDITOR)
    assert [(each.definition.key, each.retention is not None) for each in found] == [
        ("lain", False),
        ("surat", True),
    ]
    for deed in (office.engine.retention.classes, office.engine.retention.outlived):
        with pytest.raises(Forbidden):
            deed(actor=staff("Kadis"))


def test_a_spreadsheet_takes_no_business_key_for_a_formula(office: Office) -> None:
    ended(office, "surat", {**JRA, ACTIVE: "P1D", INACTIVE: "P0D"}, '=1+"1"')
    office.clock.advance(days=1)

    heading, row = csv_of(office.engine.retention.outlived(actor=AUDITOR)).splitlines()
    assert heading.startswith("Kode JRA,SOP,Kunci berkas")
    assert '"\'=1+""1"""' in row
