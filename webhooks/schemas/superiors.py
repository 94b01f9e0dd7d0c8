"""The order of superiors, and what went up by it, on the wire; Camunda has no such thing."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load

from engine.model import Superior, SuperiorsRevision
from engine.superiors import USUAL
from webhooks.schemas.base import Answer, Computed, Moment, Shape, Whole


class SuperiorShape(Shape):
    """The lane above a lane, and after how long overdue work goes up to it."""

    lane = fields.String(required=True)
    superior = fields.String(required=True)
    after = fields.String(load_default=USUAL)


class SuperiorsChange(Shape):
    """The whole order as it is to be, and the revision that was looked at."""

    revision = Whole(minimum=0, required=True)
    superiors = fields.List(fields.Nested(SuperiorShape), required=True)

    @post_load
    def as_order(self, values: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """`seen`, and `superiors` by lane."""
        rows = values["superiors"]
        order = {row["lane"]: Superior(row["superior"], row["after"]) for row in rows}
        if len(order) < len(rows):
            raise ValidationError({"superiors": ["expected each lane once"]})
        return {"superiors": order, "seen": values["revision"]}


class SuperiorAnswer(Answer):
    """The lane above a lane."""

    lane = fields.String()
    superior = fields.String()
    after = fields.String()


def _rows(order: SuperiorsRevision) -> list[dict[str, str]]:
    answer = SuperiorAnswer(many=True)
    rows: list[dict[str, str]] = answer.dump(
        [
            {"lane": lane, "superior": above.lane, "after": above.after}
            for lane, above in sorted(order.superiors.items())
        ]
    )
    return rows


class SuperiorsAnswer(Answer):
    """The order as it is now, and who made it so; nobody: Alur brought it along."""

    revision = fields.Integer()
    superiors = Computed(_rows)
    changed_at = Moment()
    changed_by = fields.String(allow_none=True)


class EscalationAnswer(Answer):
    """An overdue task went up to a superior lane."""

    level = fields.Integer()
    lane = fields.String()
    at = Moment()
    due = Moment(attribute="due_at")
