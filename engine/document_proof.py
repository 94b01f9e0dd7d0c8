"""Checks the documents of an instance: each that history names is kept, and is those very bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.model import Document, Fault, HeldDocument, HistoryEvent, documents_of
from engine.store import StoreTransaction

_NOTHING = "nothing"


class _Kept(NamedTuple):
    """What is kept under a digest: its own one, computed anew, and its length."""

    sha256: str = _NOTHING
    length: int = 0
    #: By the column beside the bytes.
    size: int = 0


def document_faults(
    tx: StoreTransaction, held: Iterable[HeldDocument], events: Sequence[HistoryEvent]
) -> list[Fault]:
    """Every document that is missing, is another one, or that no input brought.

    held: the rows of the instance's documents.

    The chain covers the digest that an input names; so bytes of that digest are the proved ones.
    """
    rows = {each.document.document_id: each for each in held}
    faults: list[Fault] = []
    contents: dict[str, _Kept] = {}
    for event in events:
        for document in documents_of(event.payload) if event.is_input else ():
            row = rows.pop(document.document_id, None)
            found = _found(tx, document.sha256, contents)
            faults += _faults(event, document, row, found)
    faults += [_uncalled_for(row) for row in rows.values()]
    return faults


def _faults(
    event: HistoryEvent, document: Document, row: HeldDocument | None, found: _Kept
) -> Iterator[Fault]:
    if row is None or (row.document, row.sequence) != (document, event.sequence):
        yield Fault(
            event.instance_id,
            event.sequence,
            "document",
            f"document {document.name!r} is not kept beside history as history names it",
            expected=_in_words(document),
            found=_in_words(row.document) if row else _NOTHING,
        )
    if found.sha256 != document.sha256:
        yield Fault(
            event.instance_id,
            event.sequence,
            "document",
            f"the bytes of document {document.name!r} are not those that history names",
            expected=document.sha256,
            found=found.sha256,
        )
    elif not document.size == found.size == found.length:
        yield Fault(
            event.instance_id,
            event.sequence,
            "document",
            f"the size of document {document.name!r} is not that of its bytes",
            expected=f"{document.size} by history",
            found=f"{found.size} beside {found.length} bytes",
        )


def _found(tx: StoreTransaction, sha256: str, known: dict[str, _Kept]) -> _Kept:
    """What is kept under that digest, without its bytes: many may have room in memory."""
    if sha256 not in known:
        kept = tx.sized_content(sha256)
        known[sha256] = _Kept() if kept is None else _measured(*kept)
    return known[sha256]


def _measured(content: bytes, size: int) -> _Kept:
    return _Kept(hashlib.sha256(content).hexdigest(), len(content), size)


def _uncalled_for(row: HeldDocument) -> Fault:
    return Fault(
        row.instance_id,
        row.sequence,
        "document",
        "a document is kept beside history that no input brought",
        expected=_NOTHING,
        found=_in_words(row.document),
    )


def _in_words(document: Document) -> str:
    return f"{document.document_id} {document.name} {document.size} {document.sha256}"
