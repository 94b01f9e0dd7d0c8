"""On the wire: who was given a task, was offered it, or lost it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from engine.queries import IdentityLinkQuery
from webhooks.schemas.base import Answer, Computed, Moment, Null
from webhooks.schemas.filters import HistoricFilter, one_fact


class IdentityLinkAnswer(Answer):
    """One person or group that a task came to, or was taken from."""

    id = Computed(lambda row: f"{row.instance_id}:{row.sequence}:{row.part}")
    time = Moment(attribute="at")
    type = fields.String(attribute="link")
    user_id = fields.String(attribute="user", allow_none=True)
    group_id = fields.String(attribute="group", allow_none=True)
    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    operation_type = fields.String(attribute="operation")
    #: Who did it; null for what the diagram says.
    assigner_id = fields.String(attribute="actor", allow_none=True)
    tenant_id = Null()
    removal_time = Null()
    root_process_instance_id = fields.String(attribute="instance_id")


class IdentityLinkFilter(HistoricFilter):
    """Filters of identity links."""

    noun = IdentityLinkQuery
    ties = ("instance_id", "sequence", "part")
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "time": "at",
        "type": "link",
        "userId": "user",
        "groupId": "group",
        "taskId": "task_id",
        "processDefinitionId": "definition_id",
        "processDefinitionKey": "definition_key",
        "operationType": "operation",
        "assignerId": "actor",
    }
    unsupported = ("tenantIdIn",)

    date_before = Moment(attribute="at_before")
    date_after = Moment(attribute="at_after")
    type = fields.String(attribute="link")
    user_id = fields.String(attribute="user")
    group_id = fields.String(attribute="group")
    task_id = fields.String()
    process_instance_id = fields.String(attribute="instance_id")
    root_process_instance_id = fields.String()
    process_definition_id = fields.String(attribute="definition_id")
    process_definition_key = fields.String(attribute="definition_key")
    operation_type = fields.String(attribute="operation")
    assigner_id = fields.String(attribute="actor")

    def query_of(self, values: dict[str, Any]) -> IdentityLinkQuery:
        """The instance is its own root."""
        return IdentityLinkQuery(**one_fact(values, _SAME))


_SAME: Mapping[str, tuple[str, ...]] = {"instance_id": ("root_process_instance_id",)}
