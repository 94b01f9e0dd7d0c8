"""Documents of instances: as downloads, and all of one instance in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask import url_for
from flask.typing import ResponseReturnValue

from engine.documents import BroughtDocument
from engine.model import EventKind
from webhooks.downloads import download
from webhooks.language import size_words
from webhooks.pages.blueprint import blueprint
from webhooks.pages.instance_steps import activity_name
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine

if TYPE_CHECKING:
    from engine.bpmn.elements import ProcessModel


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document as a row of its instance's table. `by`: an account, None for the engine."""

    name: str
    href: str
    size: str
    mime_type: str
    sha256: str
    activity: str | None
    by: str | None
    at: datetime


def shown_documents(instance_id: str, model: ProcessModel) -> list[ShownDocument]:
    """Everything that forms and programs brought, in the order in which it came.

    Attachments stand in a list of their own.
    """
    found = current_engine().documents.documents(instance_id, actor=current_actor())
    return [
        _shown(each, model) for each in found if each.event.kind is not EventKind.ATTACHMENT_ADDED
    ]


def _shown(brought: BroughtDocument, model: ProcessModel) -> ShownDocument:
    document, event = brought.document, brought.event
    return ShownDocument(
        name=document.name,
        href=url_for(
            "pages.download_of_instance",
            instance_id=event.instance_id,
            document_id=document.document_id,
        ),
        size=size_words(document.size),
        mime_type=document.mime_type,
        sha256=document.sha256,
        activity=activity_name(event, model),
        by=event.actor,
        at=event.at,
    )


@blueprint.get("/berkas/<instance_id>/dokumen/<document_id>")
def download_of_instance(instance_id: str, document_id: str) -> ResponseReturnValue:
    """One document of an instance, for who sees the instance."""
    documents = current_engine().documents
    return download(documents.content(instance_id, document_id, actor=current_actor()))


@blueprint.get("/tugas/<task_id>/dokumen/<document_id>")
def download_of_task(task_id: str, document_id: str) -> ResponseReturnValue:
    """A document that an open task sees, for who sees the task."""
    documents = current_engine().documents
    return download(documents.of_task(task_id, document_id, actor=current_actor()))
