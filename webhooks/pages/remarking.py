"""Commenting, attaching and withdrawing, on the page of an instance or of a task."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.errors import InvalidInput
from engine.model import Upload
from engine.remarks import Place
from webhooks.downloads import download
from webhooks.language import told
from webhooks.pages import messages
from webhooks.pages.blueprint import blueprint
from webhooks.pages.instances import instance_page_with
from webhooks.pages.logins import current_actor
from webhooks.pages.remarks import Draft
from webhooks.pages.tasks import task_page_with
from webhooks.rest.context import current_engine

# --------------------------------------------------------------------- comments


@blueprint.post("/berkas/<instance_id>/komentar")
def comment_on_instance(instance_id: str) -> ResponseReturnValue:
    """The comment stands at the instance."""
    return _comment(Place(instance_id))


@blueprint.post("/tugas/<task_id>/komentar")
def comment_on_task(task_id: str) -> ResponseReturnValue:
    """The comment stands at the task."""
    return _comment(Place(task_id=task_id))


def _comment(place: Place) -> ResponseReturnValue:
    message = request.form.get("komentar", "").replace("\r\n", "\n")
    try:
        current_engine().remarks.comment(
            place, message, actor=current_actor(), idempotency_key=_key()
        )
    except InvalidInput:
        return _again(place, Draft(message, comment_fault=gettext(messages.COMMENT_RULE))), 400
    return _back(place, "dikomentari")


# ------------------------------------------------------------------ attachments


@blueprint.post("/berkas/<instance_id>/lampiran")
def attach_to_instance(instance_id: str) -> ResponseReturnValue:
    """The file stands at the instance."""
    return _attach(Place(instance_id))


@blueprint.post("/tugas/<task_id>/lampiran")
def attach_to_task(task_id: str) -> ResponseReturnValue:
    """The file stands at the task."""
    return _attach(Place(task_id=task_id))


def _attach(place: Place) -> ResponseReturnValue:
    file = request.files.get("lampiran")
    if file is None or not file.filename:
        return _again(place, Draft(attachment_fault=gettext(messages.ATTACHMENT_RULE))), 400
    upload = Upload(file.filename, file.read(), file.mimetype)
    about = request.form.get("keterangan")
    try:
        current_engine().remarks.attach(
            place, upload, actor=current_actor(), description=about, idempotency_key=_key()
        )
    except InvalidInput as error:
        reasons = [told(each) for each in error.fields.get("content", ())]
        fault = " ".join(reasons) or gettext(messages.ATTACHMENT_RULE)
        return _again(place, Draft(attachment_fault=fault)), 400
    return _back(place, "dilampirkan")


@blueprint.get("/berkas/<instance_id>/lampiran/<attachment_id>")
def download_attachment_of_instance(instance_id: str, attachment_id: str) -> ResponseReturnValue:
    """One attachment, for who sees the instance."""
    return _download(Place(instance_id), attachment_id)


@blueprint.get("/tugas/<task_id>/lampiran/<attachment_id>")
def download_attachment_of_task(task_id: str, attachment_id: str) -> ResponseReturnValue:
    """One attachment of a task, for who sees the task."""
    return _download(Place(task_id=task_id), attachment_id)


def _download(place: Place, attachment_id: str) -> ResponseReturnValue:
    return download(current_engine().remarks.content(place, attachment_id, actor=current_actor()))


@blueprint.post("/berkas/<instance_id>/lampiran/<attachment_id>/tarik")
def withdraw_from_instance(instance_id: str, attachment_id: str) -> ResponseReturnValue:
    """The attachment is marked; history keeps it."""
    return _withdraw(Place(instance_id), attachment_id)


@blueprint.post("/tugas/<task_id>/lampiran/<attachment_id>/tarik")
def withdraw_from_task(task_id: str, attachment_id: str) -> ResponseReturnValue:
    """The same from the page of a task."""
    return _withdraw(Place(task_id=task_id), attachment_id)


def _withdraw(place: Place, attachment_id: str) -> ResponseReturnValue:
    current_engine().remarks.withdraw(place, attachment_id, actor=current_actor())
    return _back(place, "ditarik")


# ------------------------------------------------------------------------ pages


def _key() -> str | None:
    return request.form.get("kunci_kirim") or None


def _again(place: Place, draft: Draft) -> str:
    if place.task_id is not None:
        return task_page_with(place.task_id, draft)
    return instance_page_with(place.instance_id or "", draft=draft)


def _back(place: Place, notice: str) -> ResponseReturnValue:
    if place.task_id is not None:
        address = url_for("pages.show_task", task_id=place.task_id, kabar=notice)
    else:
        address = url_for("pages.show_instance", instance_id=place.instance_id, kabar=notice)
    return redirect(address, 303)
