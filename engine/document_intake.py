"""Takes in files: a submission's uploads become references, their bytes are kept in its step.

A reference is accepted only for a document that came with the submission, or that the instance
holds already; so nobody reaches a file of another instance by naming it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InvalidVariables
from engine.json_values import check_variables
from engine.model import Document, FileSize, Json, Sentence, Upload, Variables, references_in
from engine.sources import Ids
from engine.store import StoreTransaction

#: Files in one submission.
MAX_FILES = 20
#: All files of one submission together, in files of the largest size.
MAX_LARGEST_FILES = 2
MAX_NAME = 150
MEGABYTE = 1024 * 1024
#: What a file is of which its sender says nothing that can be understood.
UNKNOWN_TYPE = "application/octet-stream"

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
#: What a file system somewhere would not take, or read as a path.
_UNFIT_IN_NAMES = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class Received:
    """A submission of which every file is a reference now."""

    variables: dict[str, Json]
    documents: tuple[Document, ...]
    #: SHA-256 -> bytes.
    contents: Mapping[str, bytes]
    #: The variables without the ids of new documents: the same for the same files sent again.
    likeness: dict[str, Json]

    @property
    def payload(self) -> dict[str, Json]:
        """What the input's payload has beside the variables: the documents that it brings."""
        return brought(self.documents)


class Intake:
    """Takes in files of at most `max_bytes` each."""

    def __init__(self, ids: Ids, *, max_bytes: int) -> None:
        self._ids = ids
        self._max_bytes = max_bytes

    def receive(self, variables: Variables) -> Received:
        """The submission with a new document for every Upload, and for every one in a list.

        Raises InvalidVariables, naming the variable, for what is not JSON and for files that are
        empty, too large or too many.
        """
        uploads = {name: found for name, value in variables.items() if (found := _uploads(value))}
        if not uploads:
            checked = check_variables(dict(variables))
            return Received(checked, (), {}, checked)
        self._require_limits(uploads)
        taken = {id(each): self._document(each) for found in uploads.values() for each in found}
        references = {key: document.as_reference() for key, document in taken.items()}
        values = check_variables(_replaced(variables, references))
        nameless = {key: {**each, "document": None} for key, each in references.items()}
        contents = {
            taken[id(each)].sha256: each.content for found in uploads.values() for each in found
        }
        likeness = _replaced(variables, nameless)
        return Received(values, tuple(taken.values()), contents, likeness)

    def _document(self, upload: Upload) -> Document:
        return Document(
            document_id=self._ids.new_id(),
            name=clean_name(upload.name),
            mime_type=clean_type(upload.mime_type),
            size=len(upload.content),
            sha256=hashlib.sha256(upload.content).hexdigest(),
        )

    def _require_limits(self, uploads: Mapping[str, list[Upload]]) -> None:
        faults = {
            name: reasons
            for name, found in uploads.items()
            if (reasons := [reason for each in found for reason in self._faults(each)])
        }
        sizes = [len(each.content) for found in uploads.values() for each in found]
        most = self._max_bytes * MAX_LARGEST_FILES
        *_, last = uploads
        if len(sizes) > MAX_FILES:
            faults[last] = [
                Sentence(
                    "Paling banyak %(most)s berkas sekali kirim; ini %(found)s.",
                    most=MAX_FILES,
                    found=len(sizes),
                )
            ]
        elif not faults and sum(sizes) > most:
            faults[last] = [
                Sentence(
                    "Semua berkas bersama-sama paling besar %(most)s; ini %(found)s.",
                    most=FileSize(most),
                    found=FileSize(sum(sizes)),
                )
            ]
        if faults:
            name, reasons = next(iter(faults.items()))
            raise InvalidVariables(f"berkas {name}: {reasons[0]}", faults)

    def _faults(self, upload: Upload) -> Iterator[str]:
        size = len(upload.content)
        if size == 0:
            yield Sentence("Berkas %(name)s kosong.", name=clean_name(upload.name))
        if size > self._max_bytes:
            yield Sentence(
                "Berkas %(name)s terlalu besar: %(size)s; batasnya %(most)s.",
                name=clean_name(upload.name),
                size=FileSize(size),
                most=FileSize(self._max_bytes),
            )


def brought(documents: tuple[Document, ...]) -> dict[str, Json]:
    """The part of an input's payload that names the documents it brings; nothing for none."""
    return {"documents": [each.as_reference() for each in documents]} if documents else {}


def keep_documents(tx: StoreTransaction, received: Received, *, instance_id: str | None) -> None:
    """Keep the bytes of a submission in the transaction of its step.

    instance_id: None for one that is being started. Raises InvalidVariables when a variable refers
    to a document that neither came with it nor belongs to the instance.
    """
    new = set(received.documents)
    named = {
        name: older
        for name, value in received.variables.items()
        if (older := set(references_in(value)) - new)
    }
    if named:
        _require_held(tx, named, instance_id)
    tx.put_contents(received.contents)


def adopted(
    tx: StoreTransaction, variables: Variables, *, giver: str, taker: str | None
) -> dict[str, Json]:
    """What a payload says of documents that go from one instance to another with its variables.

    Only what the giver holds goes over: a script cannot make up a document.
    """
    named = {each.document_id: each for each in references_in(dict(variables))}
    if not named:
        return {}
    held = tx.held_documents(giver, named)
    known = tx.held_documents(taker, named) if taker else {}
    return brought(
        tuple(
            each
            for document_id, each in named.items()
            if document_id in held and held[document_id].document == each
            if document_id not in known
        )
    )


def _require_held(
    tx: StoreTransaction, named: Mapping[str, set[Document]], instance_id: str | None
) -> None:
    ids = {each.document_id for documents in named.values() for each in documents}
    held = tx.held_documents(instance_id, ids) if instance_id else {}
    own = {each.document for each in held.values()}
    faults = {
        name: [Sentence("Dokumen ini bukan milik berkas proses ini; unggah berkasnya.")]
        for name, documents in named.items()
        if documents - own
    }
    if faults:
        name = next(iter(faults))
        raise InvalidVariables(f"variabel {name}: {faults[name][0]}", faults)


def _uploads(value: object) -> list[Upload]:
    if isinstance(value, Upload):
        return [value]
    if isinstance(value, list):
        return [each for each in value if isinstance(each, Upload)]
    return []


def _replaced(variables: Variables, references: Mapping[int, Json]) -> dict[str, Any]:
    """The variables with a reference in place of each upload."""

    def one(value: Any) -> Any:
        return references[id(value)] if isinstance(value, Upload) else value

    return {
        name: [one(each) for each in value] if isinstance(value, list) else one(value)
        for name, value in variables.items()
    }


# ------------------------------------------------------------------- names and types


def clean_name(name: str) -> str:
    """The file's name without a path, and without what could mislead whoever reads or saves it."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Control and format characters: line ends, and those that turn the direction of writing.
    seen = "".join(each for each in base if each.isspace() or unicodedata.category(each)[0] != "C")
    words = " ".join(_UNFIT_IN_NAMES.sub("_", seen).split())
    stem, dot, ending = words.strip(". ").rpartition(".")
    if not dot or len(ending) > MAX_NAME // 10:
        return words.strip(". ")[:MAX_NAME] or "dokumen"
    return f"{stem[: MAX_NAME - len(ending) - 1].rstrip()}.{ending}"


def clean_type(mime_type: str | None) -> str:
    """The media type in lower case and without parameters; UNKNOWN_TYPE for anything else."""
    kind = (mime_type or "").partition(";")[0].strip().lower()
    return kind if _MEDIA_TYPE.fullmatch(kind) else UNKNOWN_TYPE
