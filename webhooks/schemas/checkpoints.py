"""Checkpoints on the wire; Camunda has no such thing."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from webhooks.schemas.base import Answer, Moment
from webhooks.schemas.filters import Filter


@dataclass(frozen=True, slots=True)
class EveryCheckpoint:
    """There is nothing to filter by."""


class CheckpointAnswer(Answer):
    """A checkpoint; its files have all of it."""

    number = fields.Integer()
    at = Moment()
    previous = fields.String(allow_none=True)
    root = fields.String()
    count = fields.Integer()
    key = fields.String()
    next_key = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class CheckpointFilter(Filter):
    """The listing has an order and pages only."""

    noun = EveryCheckpoint
    sortable = {"number": "number", "at": "at"}  # noqa: RUF012 - ClassVar by the base
    without_effect = ("without_tenant_id",)
    never_true = ()
