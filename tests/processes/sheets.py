"""The SOP sheets as they were transcribed, and the listed corrections that make them readable.

sources/<name>.json holds for each SOP what the office wrote:
`identitas` (the identity block), `lajur` (lanes and their columns), `satuanWaktu` (unit in the head
of the column), `baris` (raw rows: `teks` as transcribed, `sel` its cells, `sisa` what is left of
arrows and printed branch labels);
and what was decided in reading it:
`koreksi` (in a row, the identity block or a heading, from `dari` to `menjadi`, with `alasan`),
`pelaksana` (who performs each row, and how firmly that is read), `tersirat` (inferred steps),
`percabanganTersirat` (inferred gateways), `alur` (the order of work), `kembali` (which answer
returns), `label` (which gateway a printed branch label belongs to), `zonaWaktu`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "sources"
COLUMNS = ("kegiatan", "kelengkapan", "waktu", "output", "keterangan")
UNITS = {"menit": ("PT", "M"), "jam": ("PT", "H"), "hari": ("P", "D")}

Sheet = dict[str, Any]


@cache
def sheet_of(name: str) -> Sheet:
    return json.loads((SOURCES / f"{name}.json").read_text(encoding="utf-8"))


def corrected_rows(sheet: Sheet) -> dict[str, dict[str, str]]:
    """The numbered rows by number: every cell as the listed corrections make it read."""
    rows = [_corrected_row(sheet, str(n), row) for n, row in enumerate(sheet["baris"], 1)]
    return {row["nomor"].rstrip("."): row for row in rows}


def _corrected_row(sheet: Sheet, place: str, row: dict[str, Any]) -> dict[str, str]:
    cells = dict(row["sel"])
    for correction in sheet["koreksi"]:
        if correction.get("nomor") == place and correction["kolom"] in cells:
            cells[correction["kolom"]] = corrected(cells[correction["kolom"]], correction)
    if "waktu" in cells and "satuanWaktu" in sheet:
        cells["waktu"] = f"{cells['waktu']} {sheet['satuanWaktu']}"
    return cells


def corrected(text: str, correction: dict[str, str]) -> str:
    """The text with one correction applied; it must fit in exactly one place."""
    found = text.count(correction["dari"])
    assert found == 1, f"{correction['dari']!r} stands {found} times in {text!r}"
    return text.replace(correction["dari"], correction["menjadi"])


def branch_labels(sheet: Sheet) -> list[str]:
    """The printed branch labels as `row:label`, corrected."""
    labels = [
        f"{number}:{label}"
        for number, row in enumerate(sheet["baris"], 1)
        for label in row.get("sisa", ())
    ]
    fixes = {
        f"{c['nomor']}:{c['dari']}": f"{c['nomor']}:{c['menjadi']}"
        for c in sheet["koreksi"]
        if c.get("kolom") == "sisa"
    }
    return [fixes.get(label, label) for label in labels]


def corrected_identity(sheet: Sheet) -> dict[str, str]:
    """The identity block, corrected."""
    identity = dict(sheet["identitas"])
    for correction in sheet["koreksi"]:
        if key := correction.get("identitas"):
            identity[key] = corrected(identity[key], correction)
    return identity


def iso_duration(waktu: str) -> str:
    """`2 hari` is P2D (working days), `15 Menit` is PT15M, `1 Jam` is PT1H."""
    match = re.fullmatch(r"(\d+) (\w+)", waktu)
    assert match, f"{waktu!r} is no number with a unit"
    before, after = UNITS[match[2].lower()]
    return f"{before}{match[1]}{after}"


def node_id(word: str) -> str:
    """The node id of a word in `alur`: a step number, G1, P1, S1, mulai or selesai."""
    fixed = {"S1": "buka_triwulan_pertama", "S2": "buka_triwulan_berikutnya"}
    if word in {"mulai", "selesai"}:
        return word
    if word in fixed:
        return fixed[word]
    kinds = {"G": "percabangan", "P": "serentak"}
    return f"{kinds[word[0]]}_{word.lower()}" if word[0] in kinds else f"langkah_{word}"


def expected_flows(sheet: Sheet) -> set[tuple[str, str, str | None]]:
    """`alur` as (source id, target id, name of the flow)."""
    return {flow for line in sheet["alur"] for flow in _flows_in(line)}


def _flows_in(line: str) -> list[tuple[str, str, str | None]]:
    words = re.findall(r"\[[^]]+\]|\S+", line)
    flows, source, label = [], node_id(words[0]), None
    for word in words[1:]:
        if word.startswith("["):
            label = word.strip("[]")
            continue
        flows.append((source, node_id(word), label))
        source, label = node_id(word), None
    return flows
