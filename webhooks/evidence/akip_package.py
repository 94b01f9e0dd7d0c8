"""Writes a package of evidence of a period: report, tables, heads, checkpoints, and the scripts.

The same data at the same moment is the same bytes. engine/offline/verify_package.py verifies it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from importlib.resources import files
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.checkpoint_folder import heads_name, signed_name
from engine.checkpoint_format import fingerprint, read_checkpoint
from engine.errors import Forbidden
from engine.history_codes import code_of
from engine.model import Actor, Language, ListedInstance
from engine.model import Period as Span
from webhooks.evidence.akip_sheet import Period, akip_sheet
from webhooks.evidence.akip_tables import INSTANCE_COLUMNS, leaders_table, versions_table
from webhooks.evidence.instance_sheet import letterhead
from webhooks.evidence.typesetting import typeset
from webhooks.language import speaking
from webhooks.pages import messages
from webhooks.pages.dates import moment_code
from webhooks.pages.monitoring import monitoring_table
from webhooks.pages.report_tables import TABLES, Table, csv_cell, overview_table, to_csv
from webhooks.rest.context import current_engine

#: Told after each instance: how many are done, of how many. False: nobody wants it any more.
OnProgress = Callable[[int, int], bool]

#: What verify_package.py knows, too: it stands alone.
FORMAT = "alur-evidence-package-1"
MANIFEST, HEADS, INSTANCES = "manifest.json", "heads.jsonl", "tabel/berkas.csv"
_SCRIPTS = ("verify_package.py", "verify_export.py")
_FIRST_OF_ZIP = datetime(1980, 1, 1, tzinfo=UTC)
#: Between two notes of progress.
_EVERY = 20

_README = """PAKET BUKTI AKIP

Paket ini memuat bukti pelaksanaan SOP dalam satu periode, dan dapat diperiksa di komputer lain
tanpa Alur, tanpa basis datanya, dan tanpa internet. Yang diperlukan hanya Python 3.8 atau yang
lebih baru. Keluarkan kedua berkas verify_*.py dari paket ini, lalu jalankan:

    python3 verify_package.py NAMA-PAKET.zip

Bandingkan sidik kunci (key) yang ditampilkan dengan yang diumumkan kantor, atau sebutkan:

    python3 verify_package.py NAMA-PAKET.zip --key "sidik kunci"

Ambil kedua berkas itu dari sumber yang Anda percayai, bukan dari paket ini, bila Anda meragukan
pengirimnya. Hasilnya UTUH (SOUND) atau TIDAK UTUH (NOT SOUND).

    laporan.pdf          laporan periode ini
    tabel/               semua tabel sebagai CSV; berkas.csv: setiap berkas proses
    heads.jsonl          catatan terakhir setiap berkas proses, dan titik periksa yang memuatnya
    checkpoints/         titik periksa yang ditandatangani
    manifest.json        isi paket ini dengan SHA-256, oleh siapa dan kapan dibuat

Setiap berkas proses dapat diunduh lengkap dengan riwayatnya dari Alur, atau dengan
alur export history NOMOR-BERKAS-PROSES.
"""


class Abandoned(Exception):
    """Nobody wants the package any more: another maker has it."""


def write_package(
    target: IO[bytes],
    span: Span,
    label: str,
    *,
    actor: Actor,
    verifies: bool = True,
    on_progress: OnProgress = lambda _done, _all: True,
) -> int:
    """The package is in `target`, a file that can be written; how many instances it tells of.

    label: what people call the period. verifies: every history is run again, which takes a while.
    Within an app, or `writing_papers`. Raises Forbidden, InvalidInput, Abandoned.
    """
    engine = current_engine()
    if not engine.evidence_packages.may_have(actor):
        raise Forbidden(actor.account, "make evidence", "that takes another role or lane")
    with speaking(Language.INDONESIAN), ZipFile(target, "w", ZIP_DEFLATED) as archive:
        found = _period(span, label, actor)
        writing = _Writing(archive, found, actor, verifies=verifies)
        writing.instances(span, on_progress)
        writing.checkpoints()
        writing.tables()
        writing.put("laporan.pdf", typeset(akip_sheet(found)))
        writing.put("BACA-SAYA.txt", _README.encode())
        for name in _SCRIPTS:
            writing.put(name, (files("engine.offline") / name).read_bytes())
        writing.manifest(span)
        return found.instances


def _period(span: Span, label: str, actor: Actor) -> Period:
    """The reports of the period, before its instances are looked at."""
    engine = current_engine()
    sops = engine.reports.overview(span, actor=actor)
    reports = [engine.reports.sop(each.definition_key, span, actor=actor) for each in sops]
    offices = {each.office for each in sops if each.office}
    named = letterhead(offices.pop()) if len(offices) == 1 else ("Laporan pelaksanaan SOP",)
    return Period(
        label, span.since, span.until, engine.clock.now(), actor.account, sops, reports, named
    )


class _Writing:
    """One package on its way into a file."""

    def __init__(self, archive: ZipFile, found: Period, actor: Actor, *, verifies: bool) -> None:
        self._archive = archive
        self._found = found
        self._actor = actor
        self._verifies = verifies
        self._digests: dict[str, str] = {}

    # ------------------------------------------------------------------- instances

    def instances(self, span: Span, on_progress: OnProgress) -> None:
        """Every instance of the period: as a row of a table, and as a head with its checkpoint."""
        packages, found = current_engine().evidence_packages, self._found
        keys = [each.definition_key for each in found.sops]
        total = packages.count_instances(span, keys)
        heads, rows = io.StringIO(), io.StringIO()
        writer = csv.writer(rows, lineterminator="\r\n")
        writer.writerow(INSTANCE_COLUMNS)
        found.verified = 0 if self._verifies else None
        _tell(on_progress, 0, total)
        for listed, known in packages.instances(span, keys):
            writer.writerow([csv_cell(each) for each in self._row(listed)])
            heads.write(_head(listed, known))
            found.instances += 1
            if found.instances % _EVERY == 0:
                _tell(on_progress, found.instances, max(total, found.instances))
        _tell(on_progress, found.instances, max(total, found.instances))
        self.put(INSTANCES, rows.getvalue().encode("utf-8-sig"))
        self.put(HEADS, heads.getvalue().encode())

    def _row(self, listed: ListedInstance) -> tuple[str | int, ...]:
        instance, found = listed.instance, self._found
        if instance.definition_id not in found.definitions:
            found.definitions[instance.definition_id] = current_engine().definitions.definition(
                instance.definition_id, actor=self._actor
            )
        if listed.checkpoint is not None:
            found.checkpoints.add(listed.checkpoint)
            found.covered += listed.sequence == instance.last_sequence
        return (
            instance.instance_id,
            instance.business_key or "",
            instance.definition_key,
            found.definitions[instance.definition_id].version,
            messages.STATES[instance.state],
            moment_code(instance.started_at),
            moment_code(instance.ended_at) if instance.ended_at else "",
            instance.last_sequence,
            instance.head_hash,
            "" if listed.checkpoint is None else listed.checkpoint,
            self._verdict(instance.instance_id),
            code_of(instance.instance_id, instance.head_hash),
        )

    def _verdict(self, instance_id: str) -> str:
        if self._found.verified is None:
            return "tidak diuji"
        self._found.verified += 1
        if current_engine().history.verify(instance_id, actor=self._actor).is_sound:
            return "UTUH"
        self._found.faulty.append(instance_id)
        return "TIDAK UTUH"

    # -------------------------------------------------------------- what goes with it

    def checkpoints(self) -> None:
        """The checkpoints that list them, with their heads; whose key signed the newest."""
        for number in sorted(self._found.checkpoints):
            stored = current_engine().evidence_packages.checkpoint(number)
            self.put(f"checkpoints/{signed_name(number)}", stored.content)
            self.put(f"checkpoints/{heads_name(number)}", stored.heads)
            self._found.fingerprint = fingerprint(read_checkpoint(stored.content).key)

    def tables(self) -> None:
        """All tables of the reports as CSV."""
        found = self._found
        lanes = current_engine().evidence_packages.leader_lanes
        self._tables("", [overview_table(found.sops), leaders_table(found.reports, lanes)])
        self._tables("", [versions_table(list(found.definitions.values()))])
        for report in found.reports:
            each = [table(report) for table in TABLES.values()]
            self._tables(f"{report.definition_key}-", [*each, monitoring_table(report)])

    def _tables(self, prefix: str, tables: Iterable[Table]) -> None:
        for table in tables:
            self.put(f"tabel/{prefix}{table.name}.csv", to_csv(table))

    def manifest(self, span: Span) -> None:
        """What is in it, by whom and when it was made."""
        told = {
            "format": FORMAT,
            "label": self._found.label,
            "since": moment_code(span.since),
            "until": moment_code(span.until),
            "at": moment_code(self._found.made_at),
            "by": self._actor.account,
            "verified": self._found.verified,
            "faulty": self._found.faulty,
            "files": dict(sorted(self._digests.items())),
        }
        text = json.dumps(told, ensure_ascii=False, indent=1)
        self.put(MANIFEST, text.encode())

    def put(self, name: str, content: bytes) -> None:
        """One file of it."""
        self._digests[name] = hashlib.sha256(content).hexdigest()
        # A ZIP file begins in 1980 and knows no time zone: it is that of UTC.
        moment = max(self._found.made_at, _FIRST_OF_ZIP).astimezone(UTC)
        entry = ZipInfo(name, moment.timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        self._archive.writestr(entry, content)


def _head(listed: ListedInstance, known: str | None) -> str:
    """A line of heads.jsonl; see verify_package.py."""
    instance = listed.instance
    told = [
        instance.instance_id,
        instance.last_sequence,
        instance.head_hash,
        listed.checkpoint,
        listed.sequence,
        known,
    ]
    return json.dumps(told, separators=(",", ":")) + "\n"


def _tell(on_progress: OnProgress, done: int, total: int) -> None:
    if not on_progress(done, total):
        raise Abandoned
