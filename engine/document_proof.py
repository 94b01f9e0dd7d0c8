"""Checks the documents of an instance: each that history names is kept, and is those very bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

from engine.model import Document, Fault, HeldDocument, HistoryEvent, documents_of
from engine.store import StoreTransaction

_NOTHING = "nothing"


def document_faults(
    tx: StoreTransaction, held: Iterable[HeldDocument], events: Sequence[HistoryEvent]
) -> list[Fault]:
    """Every document that is missing, is another one, or that no input brought.

    held: the rows of the instance's documents.

    The chain covers the digest that an input names; so bytes of that digest are the proved ones.
    """
    rows = {each.document.document_id: each for each in held}
    faults: list[Fault] = []
    contents: dict[str, str] = {}
    for event in events:
        for document in documents_of(event.payload) if event.is_input else ():
            row = rows.pop(document.document_id, None)
            found = _found(tx, document.sha256, contents)
            faults += _faults(event, document, row, found)
    faults += [_uncalled_for(row) for row in rows.values()]
    return faults


def _faults(
    event: HistoryEvent, document: Document, row: HeldDocument | None, found: str
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
    if found != document.sha256:
        yield Fault(
            event.instance_id,
            event.sequence,
            "document",
            f"the bytes of document {document.name!r} are not those that history names",
            expected=document.sha256,
            found=found,
        )


def _found(tx: StoreTransaction, sha256: str, known: dict[str, str]) -> str:
    """The digest of what is kept under that digest, computed anew."""
    if sha256 not in known:
        content = tx.document_content(sha256)
        known[sha256] = _NOTHING if content is None else hashlib.sha256(content).hexdigest()
    return known[sha256]


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
