"""Migration: plans between versions, what they meet, and running instances that are moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import MigrationRefused
from engine.model import MigrationPlan, MigrationPreview
from engine.repeats import part_of
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.repeating import REPEATABLE, idempotency_key, repeat_header
from webhooks.rest.resource import Resource
from webhooks.schemas.migrations import (
    GivenMigrationPlan,
    MigrationChoice,
    MigrationExecution,
    MigrationPlanAnswer,
    MigrationPlanReport,
    MigrationPreviewAnswer,
    WantedMigrationPlan,
    reports,
)

resource = Resource(
    "migration",
    path="/migration",
    description="Moving running instances to another version of their process",
)


@resource.on("POST", "/generate", "A plan by elements of the same id and kind")
@resource.takes(WantedMigrationPlan)
@resource.gives(MigrationPlanAnswer)
def generate_plan(body: Mapping[str, str]) -> MigrationPlan:
    """For analysts and admins, as all of this resource. Nothing changes."""
    return current_engine().migrations.generate(
        body["source_process_definition_id"],
        body["target_process_definition_id"],
        actor=require_actor(),
    )


@resource.on("POST", "/validate", "What is wrong with a plan")
@resource.takes(GivenMigrationPlan)
@resource.gives(MigrationPlanReport)
def validate_plan(plan: MigrationPlan) -> Mapping[str, Any]:
    """`failures` refuse an instruction; `warnings` (Alur's own) tell what it changes for people."""
    faults = current_engine().migrations.validate(plan, actor=require_actor())
    return reports(plan, faults)


@resource.on("POST", "/preview", "What would come of a plan for these instances", is_own=True)
@resource.takes(MigrationChoice)
@resource.gives(MigrationPreviewAnswer)
def preview_plan(body: Mapping[str, Any]) -> MigrationPreview:
    """Each with where it stands and what refuses it. Nothing changes."""
    return _preview(body, body["process_instance_ids"])


@resource.on("POST", "/execute", "Move these instances", notes=REPEATABLE)
@resource.takes(MigrationExecution)
@resource.gives(status=204)
def execute_plan(body: Mapping[str, Any]) -> tuple[None, dict[str, str]]:
    """All or, when one of them cannot be moved, none: then a 409 names it and why.

    Each is moved in a step of its own; somebody may be faster at one of them (409), and those
    before it are moved. `reason` and `basis` (Alur's own) are obligatory: history keeps them.
    Takes an Idempotency-Key header.
    """
    key = idempotency_key()
    asked = body["process_instance_ids"]
    # What this very request has moved may have gone on since: to its end, or to a third version.
    left = [each for each in asked if key is None or not _was_moved(each, body, key)]
    if left or not asked:
        _move(left, body, key)
    return None, repeat_header(is_repeat=bool(asked) and not left)


def _was_moved(instance_id: str, body: Mapping[str, Any], key: str) -> bool:
    return current_engine().migrations.was_migrated(
        instance_id,
        body["migration_plan"],
        reason=body["reason"],
        basis=body["basis"],
        actor=require_actor(),
        idempotency_key=part_of(key, instance_id),
    )


def _move(instance_ids: list[str], body: Mapping[str, Any], key: str | None) -> None:
    preview = _preview(body, instance_ids)
    target = preview.target.definition_id
    for each in preview.candidates:
        # With a key it may be this very request, sent twice at once, that has just moved it.
        is_there = key is not None and each.instance.definition_id == target
        if not (each.may_move and preview.is_valid) and not is_there:
            faults = [*(f for f in preview.faults if f.refuses), *each.faults]
            raise MigrationRefused(
                faults[0].source or faults[0].target,
                str(faults[0].reason),
                instance_id=each.instance.instance_id,
                messages=[fault.message for fault in faults],
            )
    for each in preview.candidates:
        instance_id = each.instance.instance_id
        current_engine().migrations.migrate(
            instance_id,
            preview.plan,
            reason=body["reason"],
            basis=body["basis"],
            actor=require_actor(),
            idempotency_key=None if key is None else part_of(key, instance_id),
        )


def _preview(body: Mapping[str, Any], instance_ids: list[str]) -> MigrationPreview:
    return current_engine().migrations.preview(
        body["migration_plan"],
        actor=require_actor(),
        instance_ids=list(dict.fromkeys(instance_ids)),
    )
