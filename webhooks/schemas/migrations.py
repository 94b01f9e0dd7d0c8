"""Migration plans on the wire, and what stands against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from engine.model import MigrationFault, MigrationPlan
from webhooks.schemas.base import Answer, Computed, Flag, Same, Shape, refuse_given

#: Instances that one request moves; each is a step of its own.
MOST_INSTANCES = 100
_MOST_INSTRUCTIONS = 2000


class WantedMigrationPlan(Shape):
    """Between which versions a plan is generated."""

    source_process_definition_id = fields.String(required=True)
    target_process_definition_id = fields.String(required=True)

    @pre_load
    def refuse_unsupported(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Timers and messages that are waited for stay; variables are the instance's."""
        refuse_given(data, ("updateEventTriggers", "variables"))
        return data


class MigrationInstruction(Shape):
    """One element of the old version, and the one that goes on in its place."""

    source_activity_ids = fields.List(
        fields.String(), required=True, validate=validate.Length(equal=1)
    )
    target_activity_ids = fields.List(
        fields.String(), required=True, validate=validate.Length(equal=1)
    )
    update_event_trigger = Flag(allow_none=True, load_default=False)


class GivenMigrationPlan(WantedMigrationPlan):
    """A plan, as it was generated or changed by hand."""

    instructions = fields.List(
        fields.Nested(MigrationInstruction),
        required=True,
        validate=validate.Length(max=_MOST_INSTRUCTIONS),
    )

    @post_load
    def as_plan(self, values: dict[str, Any], **_kwargs: Any) -> MigrationPlan:
        """The plan, in the engine's words."""
        if any(each["update_event_trigger"] for each in values["instructions"]):
            told = "Camunda knows updateEventTrigger, Alur does not: what is waited for stays"
            raise ValidationError({"instructions": [told]})
        return MigrationPlan(
            values["source_process_definition_id"],
            values["target_process_definition_id"],
            tuple(
                (each["source_activity_ids"][0], each["target_activity_ids"][0])
                for each in values["instructions"]
            ),
        )


class MigrationChoice(Shape):
    """A plan, and the instances that it is about."""

    migration_plan = fields.Nested(GivenMigrationPlan, required=True)
    process_instance_ids = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, max=MOST_INSTANCES),
    )

    @pre_load
    def refuse_unsupported(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Whom it is about is said by id: a query would find others than were looked at."""
        refuse_given(data, ("processInstanceQuery",))
        return data


class MigrationExecution(MigrationChoice):
    """The same, with why they are moved."""

    reason = fields.String(required=True)
    basis = fields.String(required=True)


class MigrationInstructionAnswer(Answer):
    """One instruction as Camunda writes it."""

    source_activity_ids = Computed(lambda pair: [pair[0]])
    target_activity_ids = Computed(lambda pair: [pair[1]])
    update_event_trigger = Same(False)


class MigrationPlanAnswer(Answer):
    """A plan as Camunda writes it."""

    source_process_definition_id = fields.String(attribute="source_definition_id")
    target_process_definition_id = fields.String(attribute="target_definition_id")
    instructions = fields.List(fields.Nested(MigrationInstructionAnswer))
    variables = Same(None)


class MigrationFaultAnswer(Answer):
    """What stands against an instruction or an instance."""

    reason = Computed(lambda fault: str(fault.reason))
    severity = Computed(lambda fault: str(fault.severity))
    source = fields.String(allow_none=True)
    target = fields.String(allow_none=True)
    expected = fields.String(allow_none=True)
    found = fields.String(allow_none=True)
    message = fields.String()


class MigrationInstructionReport(Answer):
    """An instruction with its faults; `warnings` do not refuse it."""

    instruction = fields.Nested(MigrationInstructionAnswer)
    failures = fields.List(fields.String())
    warnings = fields.List(fields.String())


class MigrationPlanReport(Answer):
    """As in Camunda: the instructions that have something against them."""

    instruction_reports = fields.List(fields.Nested(MigrationInstructionReport))
    variable_reports = Same({})


class MigrationCandidateAnswer(Answer):
    """An instance, where it stands, and what refuses it."""

    process_instance_id = fields.String(attribute="instance.instance_id")
    business_key = fields.String(attribute="instance.business_key", allow_none=True)
    activity_ids = fields.List(fields.String(), attribute="stands_at")
    may_move = fields.Boolean()
    failures = fields.List(fields.Nested(MigrationFaultAnswer), attribute="faults")


class MigrationPreviewAnswer(Answer):
    """What would come of a plan."""

    is_valid = fields.Boolean()
    running = fields.Integer()
    faults = fields.List(fields.Nested(MigrationFaultAnswer))
    process_instances = fields.List(fields.Nested(MigrationCandidateAnswer), attribute="candidates")


def reports(plan: MigrationPlan, faults: Sequence[MigrationFault]) -> Mapping[str, Any]:
    """The faults by instruction, for MigrationPlanReport."""
    found = []
    for source, target in dict.fromkeys(plan.instructions):
        own = [each for each in faults if (each.source, each.target) == (source, target)]
        if own:
            found.append(
                {
                    "instruction": (source, target),
                    "failures": [each.message for each in own if each.refuses],
                    "warnings": [each.message for each in own if not each.refuses],
                }
            )
    return {"instruction_reports": found}
