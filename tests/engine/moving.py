"""Moving running instances to other versions of their SOP, and what tests ask of it then."""

from __future__ import annotations

from typing import Any

from engine.model import MigrationPlan, MigrationReason
from tests.diagrams import end, line, process, start, user
from tests.office import ANALYST, AUDITOR, Office

REASON = {"reason": "Perwali baru berlaku", "basis": "SK 188/12/2026"}
OLD = process(start(), user("a"), user("b"), end(), line("s", "a", "b", "e"))


def move(
    office: Office, instance: str, content: str, *changes: tuple[str, str], **options: Any
) -> str:
    """Deploy the content as the next version, and migrate the instance to it; its definition."""
    plan = plan_to(office, instance, content, *changes)
    office.engine.migrations.migrate(instance, plan, actor=ANALYST, **{**REASON, **options})
    return plan.target_definition_id


def plan_to(
    office: Office, instance: str, content: str, *changes: tuple[str, str]
) -> MigrationPlan:
    """The generated plan, with these instructions in the place of what it says of them."""
    source = office.engine.instances.instance(instance, actor=AUDITOR).definition_id
    target = office.deploy(content)
    plan = office.engine.migrations.generate(source, target.definition_id, actor=ANALYST)
    places = {**plan.places, **dict(changes)}
    return MigrationPlan(source, target.definition_id, tuple(places.items()))


def reasons(office: Office, instance: str, plan: MigrationPlan) -> list[MigrationReason]:
    preview = office.engine.migrations.preview(plan, actor=ANALYST, instance_ids=[instance])
    return [fault.reason for fault in preview.candidates[0].faults]


def finish(office: Office, instance: str) -> list[str]:
    """Complete what is open, the first by name, until the end; the activities in their order."""
    done = []
    while waiting := office.waiting_at(instance):
        office.complete(instance, waiting[0])
        done.append(waiting[0])
    return done


def assert_rebuilt_alike(office: Office, instance: str) -> None:
    """History is sound, and leads to the very snapshot that is kept."""
    office.assert_sound(instance)
    office.erase_snapshot(instance)
    office.assert_sound(instance)
