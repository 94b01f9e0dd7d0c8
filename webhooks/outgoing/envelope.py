"""The body of a web hook: ids and words of the diagram, nothing of persons, no values of forms."""

from __future__ import annotations

import json
from datetime import datetime

from engine.model import Delivery


def body_of(delivery: Delivery, *, base_url: str | None) -> str:
    """The JSON text (Standard Webhooks: `type`, `timestamp`, `data`); the same for every attempt.

    `sequence` says the order within an instance. `url` is `link` with the public address before it.
    """
    facts = delivery.facts
    link = link_of(delivery)
    data = {
        "instanceId": delivery.instance_id,
        "sequence": delivery.sequence,
        "definitionId": facts.get("definition_id"),
        "definitionKey": facts.get("definition_key"),
        "taskId": facts.get("task_id"),
        "incidentId": facts.get("incident_id"),
        "activityId": facts.get("activity_id"),
        "activityName": facts.get("activity_name"),
        "lane": facts.get("lane"),
        "dueAt": as_utc(facts.get("due_at")),
        "escalatedTo": facts.get("escalated_to"),
        "link": link,
        "url": f"{base_url}{link}" if base_url and link else None,
    }
    happened_at = facts.get("at") or delivery.created_at.isoformat()
    whole = {"type": str(delivery.kind), "timestamp": as_utc(happened_at), "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))


def link_of(delivery: Delivery) -> str | None:
    """The path of the page about it: the task's, the subscription's, or the instance's."""
    if task_id := delivery.facts.get("task_id"):
        return f"/tugas/{task_id}"
    if subscription_id := delivery.facts.get("subscription_id"):
        return f"/langganan/{subscription_id}"
    return f"/berkas/{delivery.instance_id}" if delivery.instance_id else None


def as_utc(moment: str | None) -> str | None:
    """An ISO moment in UTC as `2026-01-23T06:42:42.453Z`."""
    if moment is None:
        return None
    text = datetime.fromisoformat(moment).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
