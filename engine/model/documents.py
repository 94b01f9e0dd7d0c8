"""Documents: files that people and programs hand in, and how variables and history name them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.model.values import Json

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEYS = frozenset({"document", "name", "mimeType", "size", "sha256"})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in. Its name and type are the sender's words, and never trusted."""

    name: str
    content: bytes = field(repr=False)
    mime_type: str | None = None


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """A file of a form that was refused; it waits for its account to send the form again."""

    upload_id: str
    account: str
    upload: Upload
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A file that an instance holds. Its bytes are kept once per content, under their SHA-256."""

    document_id: str
    name: str
    mime_type: str
    size: int
    sha256: str

    def as_reference(self) -> dict[str, Json]:
        """What stands for the file in a variable and in history, and is hashed with them."""
        return {
            "document": self.document_id,
            "name": self.name,
            "mimeType": self.mime_type,
            "size": self.size,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document in its instance: the input of that sequence brought it."""

    instance_id: str
    sequence: int
    document: Document


def document_of(value: Json) -> Document | None:
    """The document that the value refers to; None when it is anything but a whole reference."""
    if not isinstance(value, dict) or value.keys() != _KEYS:
        return None
    texts = [value[key] for key in ("document", "name", "mimeType", "sha256")]
    size = value["size"]
    if not all(isinstance(text, str) for text in texts) or type(size) is not int:
        return None
    if size < 1 or not _SHA256.fullmatch(value["sha256"]):
        return None
    return Document(value["document"], value["name"], value["mimeType"], size, value["sha256"])


def references_in(values: Json) -> Iterator[Document]:
    """Every document that the values refer to, however deep, in reading order."""
    pending = [values]
    while pending:
        value = pending.pop()
        found = document_of(value)
        if found is not None:
            yield found
        elif isinstance(value, dict):
            pending += reversed(value.values())
        elif isinstance(value, list):
            pending += reversed(value)


def documents_of(payload: Mapping[str, Json]) -> tuple[Document, ...]:
    """The documents that an input brought into its instance."""
    return tuple(references_in(payload.get("documents")))
