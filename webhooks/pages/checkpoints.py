"""Checkpoints (titik periksa), for auditors and administrators: listed, taken away, compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.checkpoint_folder import heads_name, signed_name
from engine.checkpoint_format import fingerprint, kept_checkpoint
from engine.errors import InvalidCheckpoint
from engine.model import Checkpoint, Role, SeriesVerification
from engine.queries import SortOrder
from webhooks.downloads import attachment
from webhooks.pages.blueprint import blueprint
from webhooks.pages.listings import page_number, page_of, pager
from webhooks.pages.logins import current_actor, require_page_role
from webhooks.rest.context import current_engine

_READERS = (Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Row:
    """A checkpoint as a row of the table."""

    checkpoint: Checkpoint
    fingerprint: str


@blueprint.get("/titik-periksa")
def list_checkpoints() -> ResponseReturnValue:
    """The checkpoints, the newest first; with `uji` compared with the histories."""
    require_page_role("read checkpoints", *_READERS)
    return _page(_compared() if request.args.get("uji") else None)


@blueprint.post("/titik-periksa")
def compare_checkpoint() -> ResponseReturnValue:
    """The histories are compared with a checkpoint that the visitor kept elsewhere."""
    require_page_role("compare checkpoints", *_READERS)
    file = request.files.get("berkas")
    content = file.stream.read() if file else b""
    proof, actor = current_engine().checkpoint_proof, current_actor()
    try:
        result = proof.verify_file(content, actor=actor)
    except InvalidCheckpoint:
        fault = gettext("Berkas ini bukan titik periksa Alur. Pilih berkas checkpoint-….json.")
        return _page(None, fault), 400
    return _page(result)


@blueprint.get("/titik-periksa/<int:number>.json")
def download_checkpoint(number: int) -> ResponseReturnValue:
    """The signed file."""
    require_page_role("read checkpoints", *_READERS)
    found = current_engine().checkpoints.checkpoint(number, actor=current_actor())
    return _file(found.content, signed_name(number))


@blueprint.get("/titik-periksa/<int:number>.heads.jsonl")
def download_heads(number: int) -> ResponseReturnValue:
    """The heads that it lists."""
    require_page_role("read checkpoints", *_READERS)
    found = current_engine().checkpoints.checkpoint(number, actor=current_actor())
    return _file(found.heads, heads_name(number))


def _page(result: SeriesVerification | None, fault: str | None = None) -> str:
    room, actor, number = current_engine().checkpoints, current_actor(), page_number()
    found = room.checkpoints(page_of(number, ("number", SortOrder.DESC)), actor=actor)
    read = [kept_checkpoint(each) for each in found]
    return render_template(
        "checkpoints.html",
        rows=[Row(each, fingerprint(each.key)) for each in read],
        pager=pager(number, room.count(actor=actor)),
        folder=_folder(),
        result=result,
        file_fault=fault,
        faulty=fault is not None,
    )


def _folder() -> Path | None:
    outside = current_engine().checkpoints.outside
    return outside.folder.path if outside else None


def _compared() -> SeriesVerification | None:
    proof = current_engine().checkpoint_proof
    folder = proof.folder()
    return proof.verify(folder, actor=current_actor()) if folder else None


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(content, mimetype="application/json", headers=headers)
