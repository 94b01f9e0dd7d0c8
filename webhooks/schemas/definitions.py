"""Deployments and process definitions on the wire."""

from __future__ import annotations

from marshmallow import RAISE, fields

from engine.model import ProcessDefinition
from engine.queries import DefinitionQuery, DeploymentQuery
from webhooks.schemas.base import Answer, Computed, Flag, Moment, Names, Null, Same, Whole
from webhooks.schemas.filters import Filter, Window


class DefinitionAnswer(Answer):
    """One version of one executable process."""

    id = fields.String(attribute="definition_id")
    key = fields.String()
    category = Null()
    description = Null()
    name = fields.String()
    version = fields.Integer()
    resource = fields.String(attribute="resource_name")
    deployment_id = fields.String()
    diagram = Null()
    suspended = Same(False)
    tenant_id = Null()
    version_tag = fields.String(allow_none=True)
    history_time_to_live = fields.Integer(allow_none=True)
    startable_in_tasklist = Same(True)


class DefinitionFilter(Filter):
    """Filters of process definitions."""

    noun = DefinitionQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "key": "key",
        "id": "definition_id",
        "name": "name",
        "version": "version",
        "deploymentId": "deployment_id",
        "deployTime": "deployed_at",
    }
    unsupported = (
        "processDefinitionIdIn",
        "deployedAfter",
        "deployedAt",
        "category",
        "categoryLike",
        "resourceNameLike",
        "startableBy",
        "incidentId",
        "incidentType",
        "incidentMessage",
        "incidentMessageLike",
        "tenantIdIn",
        "includeProcessDefinitionsWithoutTenantId",
        "versionTagLike",
        "withoutVersionTag",
        "startablePermissionCheck",
        "notStartableInTasklist",
    )
    without_effect = ("active", "without_tenant_id", "startable_in_tasklist")

    process_definition_id = fields.String(attribute="definition_id")
    key = fields.String()
    key_like = fields.String()
    keys_in = Names()
    name = fields.String()
    name_like = fields.String()
    version = Whole()
    version_tag = fields.String()
    deployment_id = fields.String()
    resource_name = fields.String()
    latest_version = Flag(attribute="is_latest")
    active = Flag()
    suspended = Flag()
    startable_in_tasklist = Flag()


class DefinitionXml(Answer):
    """The file of a definition as it was uploaded."""

    id = fields.String()
    bpmn20_xml = fields.String(data_key="bpmn20Xml")


class DeploymentAnswer(Answer):
    """One upload."""

    links = Same([])
    id = fields.String(attribute="deployment_id")
    name = fields.String()
    source = fields.String(allow_none=True)
    deployment_time = Moment(attribute="deployed_at")
    tenant_id = Null()


class DeploymentFilter(Filter):
    """Filters of deployments."""

    noun = DeploymentQuery
    sortable = {  # noqa: RUF012 - ClassVar by the base
        "id": "deployment_id",
        "name": "name",
        "deploymentTime": "deployed_at",
    }
    unsupported = ("withoutSource", "tenantIdIn", "includeDeploymentsWithoutTenantId")

    id = fields.String(attribute="deployment_id")
    name = fields.String()
    name_like = fields.String()
    source = fields.String()
    after = Moment()
    before = Moment()


class DeployedAnswer(Answer):
    """What a deployment gave: always the current definitions, the first file's first.

    `warnings` is our own: findings that did not refuse the diagram.
    """

    links = Same([])
    id = fields.String(attribute="deployment.deployment_id")
    name = fields.String(attribute="deployment.name")
    source = fields.String(attribute="deployment.source", allow_none=True)
    deployment_time = Moment(attribute="deployment.deployed_at")
    tenant_id = Null()
    deployed_process_definitions = Computed(lambda deployed: _by_id(deployed["definitions"]))
    deployed_decision_definitions = Null()
    deployed_decision_requirements_definitions = Null()
    deployed_case_definitions = Null()
    warnings = fields.Dict(keys=fields.String())


def _by_id(definitions: tuple[ProcessDefinition, ...]) -> dict[str, object]:
    dump = DefinitionAnswer().dump
    return {each.definition_id: dump(each) for each in definitions}


class ResourceAnswer(Answer):
    """One file of a deployment, without its content."""

    id = fields.String(attribute="resource_id")
    name = fields.String()
    deployment_id = fields.String()


class DeletionOptions(Window):
    """Accepted, without effect: history is never deleted, and there are no listeners."""

    class Meta:
        """As everywhere in a query string."""

        unknown = RAISE
        exclude = ("first_result", "max_results")

    cascade = Flag()
    skip_custom_listeners = Flag()
    skip_io_mappings = Flag()
