"""The log of accounts on the wire; Camunda has no such thing."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine.model import AccountEventKind
from engine.queries import AccountEventQuery
from webhooks.schemas.base import Answer, Moment
from webhooks.schemas.filters import Filter


class AccountEventAnswer(Answer):
    """One event of the log."""

    sequence = fields.Integer()
    kind = fields.Enum(AccountEventKind, by_value=True)
    at = Moment()
    account = fields.String(allow_none=True)
    actor = fields.String(allow_none=True)
    capacity = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    payload = fields.Dict()
    previous_hash = fields.String()
    hash = fields.String()


class AccountEventFilter(Filter):
    """Filters of the log."""

    noun = AccountEventQuery
    sortable = {"sequence": "sequence", "at": "at"}  # noqa: RUF012 - ClassVar by the base
    without_effect = ("without_tenant_id",)
    never_true = ()

    account = fields.String()
    actor = fields.String()
    kind = fields.Enum(AccountEventKind, by_value=True)
    after = Moment()
    before = Moment()

    def query_of(self, values: dict[str, Any]) -> AccountEventQuery:
        """The query of the loaded values."""
        kind = values.pop("kind", None)
        return AccountEventQuery(**values, kinds=(kind,) if kind else None)
