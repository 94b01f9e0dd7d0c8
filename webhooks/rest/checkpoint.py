"""Checkpoints: listed, and their files, so that another machine can keep copies."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from engine.checkpoint_folder import heads_name, signed_name
from engine.checkpoint_format import kept_checkpoint
from engine.model import Actor, Checkpoint
from engine.queries import Page
from webhooks.auth import require_actor
from webhooks.downloads import attachment
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import FILE, Resource
from webhooks.schemas.checkpoints import CheckpointAnswer, CheckpointFilter, EveryCheckpoint

resource = Resource(
    "checkpoint", path="/checkpoint", description="How far every history went, signed"
)


def _checkpoints(_query: EveryCheckpoint, page: Page, actor: Actor) -> Sequence[Checkpoint]:
    found = current_engine().checkpoints.checkpoints(page, actor=actor)
    return [kept_checkpoint(each) for each in found]


add_listing(
    resource,
    "",
    "checkpoints",
    filters=CheckpointFilter,
    answer=CheckpointAnswer,
    find=_checkpoints,
    total=lambda _query, actor: current_engine().checkpoints.count(actor=actor),
    is_own=True,
)


@resource.on("GET", "/<int:number>/data", "The signed file of one", is_own=True, notes=FILE)
def get_checkpoint(number: int) -> Response:
    """Byte for byte as it was signed."""
    found = current_engine().checkpoints.checkpoint(number, actor=require_actor())
    return _file(found.content, signed_name(number))


@resource.on("GET", "/<int:number>/heads", "The heads that one lists", is_own=True, notes=FILE)
def get_heads(number: int) -> Response:
    """Its companion file: a line per instance that changed since the checkpoint before."""
    found = current_engine().checkpoints.checkpoint(number, actor=require_actor())
    return _file(found.heads, heads_name(number))


def _file(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "no-store"}
    return Response(content, mimetype="application/octet-stream", headers=headers)
