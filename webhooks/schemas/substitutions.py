"""Substitutions on the wire; Camunda has no such thing."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from engine.model import SubstitutionKind, SubstitutionState
from engine.queries import SubstitutionQuery
from engine.substitutions import Recorded, Wishes
from webhooks.schemas.base import Answer, Computed, Moment, Shape
from webhooks.schemas.filters import Filter


class SubstitutionWish(Shape):
    """What is recorded; days are the office's, both included."""

    account = fields.String(required=True)
    lane = fields.String(required=True)
    kind = fields.String(required=True)
    basis_number = fields.String(required=True)
    basis_date = fields.Date(required=True)
    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    replaces = fields.String(allow_none=True, load_default=None)

    @post_load
    def as_wishes(self, values: dict[str, Any], **_kwargs: Any) -> Wishes:
        """The wishes, in the engine's words."""
        return Wishes(**values)


class SubstitutionChange(Shape):
    """Until when it lasts from now on, and which letter says so."""

    last_day = fields.Date(required=True)
    basis_number = fields.String(required=True)
    basis_date = fields.Date(required=True)


class SubstitutionEnd(Shape):
    """Why it ends before its day."""

    reason = fields.String(required=True)


class SubstitutionAnswer(Answer):
    """Who stands in for which lane."""

    substitution_id = fields.String(data_key="id")
    account = fields.String()
    lane = fields.String()
    kind = fields.Enum(SubstitutionKind, by_value=True)
    title = fields.String()
    basis_number = fields.String()
    basis_date = fields.Date()
    first_day = fields.Date()
    last_day = fields.Date()
    begins_at = Moment()
    ends_at = Moment()
    replaces = fields.String(allow_none=True)
    recorded_at = Moment()
    recorded_by = fields.String()
    ended_at = Moment(allow_none=True)
    ended_by = fields.String(allow_none=True)
    end_reason = fields.String(allow_none=True)


def _warnings(found: Recorded) -> list[dict[str, Any]]:
    return [
        {
            "kind": each.kind,
            "days": each.days,
            "others": [other.substitution_id for other in each.others],
        }
        for each in found.warnings
    ]


class RecordedSubstitutionAnswer(Answer):
    """A substitution, and what whoever recorded it should look at."""

    substitution = fields.Nested(SubstitutionAnswer)
    warnings = Computed(_warnings)


class SubstitutionFilter(Filter):
    """Filters of the listing."""

    noun = SubstitutionQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "beginsAt": "begins_at",
        "endsAt": "ends_at",
        "recordedAt": "recorded_at",
        "account": "account",
        "lane": "lane",
    }
    without_effect = ("without_tenant_id",)
    never_true = ()

    account = fields.String()
    lane = fields.String()
    kind = fields.Enum(SubstitutionKind, by_value=True)
    basis_number_like = fields.String()
    state = fields.Enum(SubstitutionState, by_value=True)
