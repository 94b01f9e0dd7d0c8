"""Tables for the minutes of an erasure: what may be erased, and what was."""

from __future__ import annotations

from collections.abc import Iterable

from engine.model import Erasure
from engine.personal_data import Erasable, Holding
from engine.spreadsheets import csv_text

_HEADINGS = (
    "Kode JRA",
    "SOP",
    "Kunci berkas",
    "Berkas proses",
    "Selesai",
    "Retensi berakhir",
    "Jumlah orang",
    "Jumlah nilai pribadi",
)


def csv_of(rows: Iterable[Erasable]) -> str:
    """The rows for a spreadsheet (RFC 4180), with Indonesian headings."""
    return csv_text([_HEADINGS, *map(_cells, rows)])


def _cells(row: Erasable) -> tuple[str | int, ...]:
    each = row.outlived
    texts = (each.code, each.name, each.business_key or "", each.instance_id)
    days = (each.ended_on.isoformat(), each.over_on.isoformat())
    return (*texts, *days, row.person_count, row.value_count)


_REPORT = ("Kunci berkas", "Berkas proses", "SOP", "Jumlah orang", "Jumlah nilai pribadi")


def report_of(done: Erasure, holdings: Iterable[Holding]) -> str:
    """The annex of an erasure's minutes (berita acara) for a spreadsheet (RFC 4180)."""
    head: list[tuple[str, ...]] = [
        ("Penghapusan", done.erasure_id),
        ("Dasar", done.basis, done.basis_date.isoformat()),
        ("Alasan", done.reason),
        ("Oleh", done.by, done.at.isoformat(timespec="seconds")),
        _REPORT,
    ]
    return csv_text([*head, *map(_held, holdings)])


def _held(each: Holding) -> tuple[str | int, ...]:
    instance = each.instance
    texts = (instance.business_key or "", instance.instance_id, instance.definition_key)
    return (*texts, each.person_count, each.value_count)
