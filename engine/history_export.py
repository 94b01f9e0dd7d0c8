"""Histories as one ZIP file that proves itself on another machine, without Alur or its database.

engine/offline/verify_export.py verifies it, and travels in it; that file says what stands where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from engine.access_log import AccessLog
from engine.canonical_json import CanonicalizationError, canonical_json
from engine.checkpoint_folder import signed_name
from engine.checkpoint_format import head_of, lines_of, read_checkpoint
from engine.errors import DamagedHistory, DamagedRow, InvalidInput
from engine.history import canonical
from engine.merkle import inclusion_path
from engine.model import (
    AccountEventKind,
    Actor,
    EventKind,
    HistoryEvent,
    Json,
    ProcessInstance,
    Role,
    documents_of,
)
from engine.permissions import require_instance_visible, require_role
from engine.sources import Clock
from engine.store import Store, StoreTransaction

FORMAT = "alur-history-export-1"
SCRIPT = "verify_export.py"
#: Instances in one export; they are read in one transaction.
MAX_INSTANCES = 1000
#: Events read at a time.
_BATCH = 500
_FIRST_OF_ZIP = datetime(1980, 1, 1, tzinfo=UTC)

_README = """BUKTI RIWAYAT

Berkas ini berisi riwayat proses dari Alur beserta buktinya, dan dapat diperiksa di komputer lain
tanpa Alur, tanpa basis datanya, dan tanpa internet. Yang diperlukan hanya Python 3.8 atau yang
lebih baru:

    python3 verify_export.py NAMA-BERKAS.zip

Bandingkan sidik kunci (key) yang ditampilkan dengan yang diumumkan kantor, atau sebutkan:

    python3 verify_export.py NAMA-BERKAS.zip --key "sidik kunci"

Ambil verify_export.py dari sumber yang Anda percayai, bukan dari berkas ini, bila Anda meragukan
pengirimnya. Hasilnya UTUH (SOUND) atau TIDAK UTUH (NOT SOUND), dengan berkas proses dan nomor
catatannya.

    export.json          apa yang diekspor, oleh siapa, kapan; bukti tiap berkas proses
    events/              catatan riwayat, satu per baris, dengan rantai hash
    definitions/         diagram BPMN yang berlaku, menurut SHA-256
    documents/           isi dokumen, menurut SHA-256 (bila ikut diekspor)
    checkpoints/         titik periksa yang ditandatangani

This file holds histories of Alur that prove themselves: see the head of verify_export.py.
"""


@dataclass(frozen=True, slots=True)
class _Proof:
    """Where a checkpoint lists an event of an instance, and what leads from it to the root."""

    checkpoint: int
    sequence: int
    index: int
    count: int
    path: tuple[str, ...]


class HistoryExport:
    """Writes exports, for everybody who may see the instances."""

    def __init__(self, store: Store, clock: Clock, access: AccessLog) -> None:
        self._store = store
        self._clock = clock
        self._access = access

    def write(
        self,
        instance_ids: Sequence[str],
        target: IO[bytes],
        *,
        actor: Actor,
        with_documents: bool = False,
    ) -> int:
        """The export of these instances is in `target`, a file that can be written; the events.

        Nothing is written when one of them is refused. with_documents: for auditors and admins,
        who may read withdrawn ones too. Raises NotFound, Forbidden, InvalidInput for none or too
        many, DamagedHistory.
        """
        if with_documents:
            require_role(actor, "export documents", Role.AUDITOR, Role.ADMIN)
        wanted = list(dict.fromkeys(instance_ids))
        if not 0 < len(wanted) <= MAX_INSTANCES:
            raise InvalidInput(
                f"expected 1 to {MAX_INSTANCES} instances to export, found {len(wanted)}"
            )
        self._access.note(
            actor, AccountEventKind.HISTORY_EXPORTED, instances=wanted, documents=with_documents
        )
        with self._store.reading() as tx:
            instances = [_visible(tx, each, actor) for each in wanted]
            with ZipFile(target, "w", ZIP_DEFLATED) as archive:
                writing = _Writing(tx, archive, self._clock.now(), with_documents=with_documents)
                return writing.write(instances, actor)


def _visible(tx: StoreTransaction, instance_id: str, actor: Actor) -> ProcessInstance:
    instance = tx.instance(instance_id)
    require_instance_visible(actor, instance, tx.definition(instance.definition_id))
    return instance


class _Writing:
    """One export on its way into a file; it holds a batch of events, or one document."""

    def __init__(
        self, tx: StoreTransaction, archive: ZipFile, at: datetime, *, with_documents: bool
    ) -> None:
        self._tx = tx
        self._archive = archive
        self._at = at
        self._with_documents = with_documents
        self._written: set[str] = set()

    def write(self, instances: Collection[ProcessInstance], actor: Actor) -> int:
        self._put("BACA-SAYA.txt", _README.encode())
        self._put(SCRIPT, (files("engine.offline") / SCRIPT).read_bytes())
        events = sum(self._events(each) for each in instances)
        told: list[Json] = [self._told(each) for each in instances]
        manifest = {
            "format": FORMAT,
            "at": self._at.isoformat(timespec="milliseconds"),
            "by": actor.account,
            "documents": self._with_documents,
            "instances": told,
        }
        self._put("export.json", canonical_json(manifest))
        return events

    # --------------------------------------------------------------------- events

    def _events(self, instance: ProcessInstance) -> int:
        digests: dict[str, None] = {}
        versions = {instance.definition_id: None}
        with self._archive.open(self._entry(f"events/{instance.instance_id}.jsonl"), "w") as file:
            last = 0
            for event in self._each_event(instance.instance_id):
                file.write(_line(event))
                last = event.sequence
                if event.kind is EventKind.INSTANCE_MIGRATED:
                    versions |= {event.payload["from"]: None, event.payload["to"]: None}
                if event.is_input:
                    digests |= dict.fromkeys(d.sha256 for d in documents_of(event.payload))
        for digest in digests if self._with_documents else ():
            self._put(f"documents/{digest}", self._document(digest))
        for definition_id in versions:
            _, resource = self._tx.definition_content(definition_id)
            name = hashlib.sha256(resource.content).hexdigest()
            self._put(f"definitions/{name}.bpmn", resource.content)
        return last

    def _each_event(self, instance_id: str) -> Iterator[HistoryEvent]:
        last = 0
        while batch := self._tx.events(instance_id, last, _BATCH):
            yield from batch
            last = batch[-1].sequence

    def _document(self, digest: str) -> bytes:
        content = self._tx.document_content(digest)
        if content is None:
            raise DamagedRow(f"the document with SHA-256 {digest} is not kept")
        return content

    # ---------------------------------------------------------------------- proofs

    def _told(self, instance: ProcessInstance) -> Json:
        definition = self._tx.definition(instance.definition_id)
        proof = self._proof(instance.instance_id)
        return {
            "instance": instance.instance_id,
            "process": definition.key,
            "version": definition.version,
            "businessKey": instance.business_key,
            "state": str(instance.state),
            "proof": proof
            and {
                "checkpoint": proof.checkpoint,
                "sequence": proof.sequence,
                "index": proof.index,
                "count": proof.count,
                "path": list(proof.path),
            },
        }

    def _proof(self, instance_id: str) -> _Proof | None:
        """By the newest checkpoint that lists the instance; None when none does yet."""
        number = self._tx.listed_number(instance_id)
        if number is None:
            return None
        stored = self._tx.checkpoint(number)
        lines = list(lines_of(stored.heads))
        index = _place_of(instance_id, lines)
        self._put(f"checkpoints/{signed_name(number)}", stored.content)
        return _Proof(
            checkpoint=number,
            sequence=head_of(lines[index]).sequence,
            index=index,
            count=read_checkpoint(stored.content).count,
            path=tuple(each.hex() for each in inclusion_path(lines, index)),
        )

    # -------------------------------------------------------------------- the file

    def _put(self, name: str, content: bytes) -> None:
        """One file, once."""
        if name not in self._written:
            self._archive.writestr(self._entry(name), content)

    def _entry(self, name: str) -> ZipInfo:
        self._written.add(name)
        # A ZIP file begins in 1980 and knows no time zone: it is that of UTC.
        entry = ZipInfo(name, max(self._at, _FIRST_OF_ZIP).timetuple()[:6])
        entry.compress_type = ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        return entry


def _line(event: HistoryEvent) -> bytes:
    """The event in its canonical bytes, behind the two hashes; see verify_export.py."""
    try:
        body = canonical(event)
    except (ValueError, CanonicalizationError) as error:
        reason = f"what is kept of it has no canonical form: {error}"
        raise DamagedHistory(event.instance_id, [(event.sequence, reason)]) from error
    return f'["{event.previous_hash}","{event.hash}",'.encode() + body + b"]\n"


def _place_of(instance_id: str, lines: Sequence[bytes]) -> int:
    """Where the instance stands among the heads; its name is the beginning of its line."""
    beginning = f"[{json.dumps(instance_id)},".encode()
    for index, line in enumerate(lines):
        if line.startswith(beginning):
            return index
    raise DamagedRow(f"a checkpoint of the database does not list instance {instance_id}")
