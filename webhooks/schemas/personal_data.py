"""Personal data and its erasure on the wire; Camunda has no such thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load

from engine.personal_data import Basis
from webhooks.schemas.base import Answer, Computed, Moment, Shape
from webhooks.schemas.filters import Filter


@dataclass(frozen=True, slots=True)
class Everything:
    """There is nothing to filter by."""


class EverythingFilter(Filter):
    """The listing has pages only; the latest comes first."""

    noun = Everything
    without_effect = ("without_tenant_id",)
    never_true = ()


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """Whom to look for."""

    name: str | None = None


class PersonFilter(Filter):
    """Names are sealed, so that only a whole one is found."""

    noun = PersonQuery
    without_effect = ("without_tenant_id",)
    never_true = ()

    name = fields.String()


class PersonAnswer(Answer):
    """One person whose data is sealed."""

    person = fields.String(data_key="id")
    name = Computed(lambda each: each.subject.name)
    account = Computed(lambda each: each.subject.is_account)
    instance_count = fields.Integer()
    value_count = fields.Integer()
    last_at = Moment()


class HoldingAnswer(Answer):
    """How much is, or was, sealed in one instance."""

    process_instance_id = fields.String(attribute="instance.instance_id")
    process_definition_key = fields.String(attribute="instance.definition_key")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    value_count = fields.Integer()
    person_count = fields.Integer()


class PersonWithHoldings(Answer):
    """A person, and where his data is sealed."""

    person = fields.String(data_key="id")
    name = fields.String()
    account = fields.Boolean()
    holdings = fields.List(fields.Nested(HoldingAnswer))


class ErasableAnswer(Answer):
    """An instance whose retention is over and that still has personal values."""

    process_instance_id = fields.String(attribute="outlived.instance_id")
    process_definition_key = fields.String(attribute="outlived.definition_key")
    business_key = fields.String(attribute="outlived.business_key", allow_none=True)
    code = fields.String(attribute="outlived.code")
    over_on = fields.Date(attribute="outlived.over_on")
    value_count = fields.Integer()
    person_count = fields.Integer()


class Erasing(Shape):
    """What an erasure rests on."""

    basis = fields.String(required=True)
    basis_date = fields.Date(required=True)
    reason = fields.String(required=True)

    @post_load
    def with_basis(self, values: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """The basis in the engine's words, beside what else was given."""
        facts = (values.pop("basis"), values.pop("basis_date"), values.pop("reason"))
        return {**values, "basis": Basis(*facts)}


class ErasingOutlived(Erasing):
    """The same for instances that the retention schedule destroys."""

    process_instance_ids = fields.List(fields.String(), required=True)


class ErasureAnswer(Answer):
    """Keys that were destroyed at once."""

    erasure_id = fields.String(data_key="id")
    at = Moment()
    by = fields.String()
    basis = fields.String()
    basis_date = fields.Date()
    reason = fields.String()
    key_count = fields.Integer()
    instance_count = fields.Integer()
    value_count = fields.Integer()
    account = fields.String(allow_none=True)
    by_retention = fields.Boolean()


class ErasureWithHoldings(Answer):
    """One erasure, and where it was."""

    erasure = fields.Nested(ErasureAnswer)
    holdings = fields.List(fields.Nested(HoldingAnswer))
