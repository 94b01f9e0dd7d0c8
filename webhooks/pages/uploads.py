"""Files in the forms of pages: sent just now, left by a form that was refused, or there before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask import request

from engine.model import (
    Document,
    FieldType,
    FormField,
    Json,
    PendingUpload,
    Upload,
    references_in,
)
from webhooks.language import size_words
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine

#: Before the id of a field: ids of files that a refused form left, and of those to be taken out.
PENDING, REMOVED = "tertahan-", "buang-"
#: Views of pages whose forms may bring files.
TAKING_FILES = {
    "pages.complete_task",
    "pages.save_draft",
    "pages.start_process",
    "pages.attach_to_task",
    "pages.attach_to_instance",
}
_MOST_IDS = 100

#: The address of a document of the instance.
Address = Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file at its field. `href`: where it is kept; None for one that waits for its form."""

    id: str
    name: str
    size: str
    sha256: str | None = None
    href: str | None = None
    #: The form takes it out.
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class FieldFiles:
    """The files of one field, as the form that was sent leaves them."""

    field: FormField
    kept: tuple[Document, ...]
    pending: tuple[PendingUpload, ...]
    new: tuple[Upload, ...]
    #: Ids of what the form takes out.
    removed: frozenset[str]

    @property
    def value(self) -> Json | Upload | list[Json | Upload]:
        """What is submitted: several files all together, of one the newest; None for none."""
        references = [each.as_reference() for each in self.kept]
        found = [*references, *(each.upload for each in self.pending), *self.new]
        if self.field.is_list:
            return found
        return found[-1] if found else None


def sent_files(
    form: Sequence[FormField], before: Mapping[str, Json], prefix: str
) -> dict[str, FieldFiles]:
    """The files of every file field of the request, by field id."""
    return {
        field.id: _sent(field, before.get(field.id), prefix)
        for field in form
        if field.type is FieldType.FILE and not field.is_readonly
    }


def _sent(field: FormField, before: Json, prefix: str) -> FieldFiles:
    removed = frozenset(request.form.getlist(REMOVED + field.id))
    left = [each for each in _pending_ids(field) if each not in removed]
    files = [each for each in request.files.getlist(prefix + field.id) if each.filename]
    return FieldFiles(
        field,
        tuple(each for each in references_in(before) if each.document_id not in removed),
        tuple(current_engine().pending_uploads.find(left, actor=current_actor())),
        tuple(Upload(each.filename or "", each.read(), each.mimetype) for each in files),
        removed,
    )


def _pending_ids(field: FormField) -> list[str]:
    text = request.form.get(PENDING + field.id, "")
    found = [each for each in text.split(",") if each and each.isprintable()]
    return list(dict.fromkeys(found))[:_MOST_IDS]


def with_files(
    values: Mapping[str, Json], files: Mapping[str, FieldFiles], before: Mapping[str, Json]
) -> dict[str, Json]:
    """The submission with its files. A field that was emptied is cleared; an empty one stays so."""
    found = {name: each.value for name, each in files.items()}
    return {
        **values,
        **{name: value for name, value in found.items() if value or before.get(name)},
    }


def release(files: Mapping[str, FieldFiles]) -> None:
    """The form was accepted: what an earlier sending had left is no longer needed."""
    done = [each.upload_id for found in files.values() for each in found.pending]
    current_engine().pending_uploads.release(done, actor=current_actor())


def keep_sent(files: Mapping[str, FieldFiles]) -> dict[str, FieldFiles]:
    """The form was refused: its new files wait beside those that do already."""
    uploads, actor = current_engine().pending_uploads, current_actor()
    return {
        name: replace(each, pending=each.pending + tuple(uploads.keep(each.new, actor=actor)))
        for name, each in files.items()
    }


def shown_files(
    form: Sequence[FormField],
    values: Mapping[str, Json],
    address: Address,
    sent: Mapping[str, FieldFiles] | None = None,
) -> dict[str, tuple[ShownFile, ...]]:
    """What stands at the file fields: documents of the instance, then files that wait."""
    return {
        field.id: _shown(references_in(values.get(field.id)), address, (sent or {}).get(field.id))
        for field in form
        if field.type is FieldType.FILE
    }


def _shown(
    documents: Iterable[Document], address: Address, sent: FieldFiles | None
) -> tuple[ShownFile, ...]:
    removed = sent.removed if sent else frozenset()
    waiting = tuple(_waiting(each) for each in sent.pending) if sent else ()
    if sent and waiting and not sent.field.is_list:
        # A field for one file takes the newest.
        return waiting[-1:]
    return (*(_document(each, address, removed) for each in documents), *waiting)


def _document(document: Document, address: Address, removed: Collection[str]) -> ShownFile:
    return ShownFile(
        document.document_id,
        document.name,
        size_words(document.size),
        document.sha256,
        address(document),
        is_removed=document.document_id in removed,
    )


def _waiting(pending: PendingUpload) -> ShownFile:
    upload = pending.upload
    return ShownFile(pending.upload_id, upload.name, size_words(len(upload.content)))
