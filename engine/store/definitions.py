"""Deployments, their files, and the process definitions in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, select, text

from engine.errors import Conflict, DamagedRow, DeploymentInUse, NotFound
from engine.model import Deployment, ProcessDefinition, Resource
from engine.queries import DefinitionQuery, DeploymentQuery, Page
from engine.store.filters import Conditions, among, between, equal, like, taking_part
from engine.store.kept_rows import of_table, readable
from engine.store.tables import (
    definition_lane,
    deployment,
    process_definition,
    process_instance,
    resource,
)
from engine.store.transaction import Transaction, asked_once, counted, paged

_FIRST_PAGE = Page()

_DEPLOYMENT_SORTING = {
    name: deployment.c[name] for name in ("deployment_id", "name", "deployed_at", "source")
}
_DEFINITION_SORTING = {
    name: process_definition.c[name]
    for name in ("definition_id", "key", "name", "version", "deployment_id", "deployed_at")
}


class Definitions(Transaction):
    """Questions about deployments and definitions."""

    # ----------------------------------------------------------- deployments

    def add_deployment(
        self,
        new: Deployment,
        resources: Sequence[Resource],
        definitions: Sequence[ProcessDefinition],
    ) -> None:
        """Keep an upload whole. Conflict when a (key, version) is there already."""
        self._write(insert(deployment), [_deployment_values(new)])
        if resources:
            self._write(insert(resource), [_resource_values(each) for each in resources])
        if not definitions:
            return
        clash = Conflict(
            "another deployment took the same version of "
            + ", ".join(each.key for each in definitions)
        )
        self._write(
            insert(process_definition),
            [_definition_values(each, new) for each in definitions],
            clash=clash,
        )
        lanes = [
            {"definition_id": each.definition_id, "position": position, "name": name}
            for each in definitions
            for position, name in enumerate(each.lanes)
        ]
        if lanes:
            self._write(insert(definition_lane), lanes)

    def deployment(self, deployment_id: str) -> Deployment:
        """The deployment of that id, or NotFound."""
        row = self._first(select(deployment).where(deployment.c.deployment_id == deployment_id))
        if row is None:
            raise NotFound("deployment", deployment_id)
        return _deployment(row)

    def deployment_ids(self) -> list[str]:
        """The ids of all deployments, the first one first, but for those that cannot be read."""
        key = deployment.c.deployment_id
        return self._ids(select(key).order_by(deployment.c.deployed_at, key), key)

    def hold_deployments(self) -> None:
        """Whoever deploys waits until this transaction ends, and sees then what it has added."""
        self._must_write()
        if self._connection.dialect.name == "postgresql":
            self._write(text("LOCK TABLE deployment IN SHARE ROW EXCLUSIVE MODE"))

    def deployment_by_digest(self, digest: str, name: str | None = None) -> Deployment | None:
        """The latest deployment of exactly these files, under that name if one is given."""
        row = self._first(
            select(deployment)
            .where(deployment.c.digest == digest, *equal(deployment.c.name, name))
            .order_by(deployment.c.deployed_at.desc(), deployment.c.deployment_id)
            .limit(1)
        )
        return None if row is None else _deployment(row)

    def deployments(self, query: DeploymentQuery, page: Page = _FIRST_PAGE) -> list[Deployment]:
        """The deployments that match."""
        statement = select(deployment).where(*_deployment_conditions(query))
        key = deployment.c.deployment_id
        listing = paged(statement, page, _DEPLOYMENT_SORTING, key)
        return self._listed(listing, _deployment, key)

    def count_deployments(self, query: DeploymentQuery) -> int:
        """How many deployments match."""
        return self._number(counted(select(deployment).where(*_deployment_conditions(query))))

    def delete_deployment(self, deployment_id: str) -> None:
        """Forget the upload, its files and definitions. DeploymentInUse when one has instances."""
        instances = self._number(
            select(func.count())
            .select_from(process_instance)
            .join(
                process_definition,
                process_definition.c.definition_id == process_instance.c.definition_id,
            )
            .where(process_definition.c.deployment_id == deployment_id)
        )
        if instances:
            raise DeploymentInUse(deployment_id, instances)
        gone = self._write(
            delete(deployment).where(deployment.c.deployment_id == deployment_id),
            still_used=DeploymentInUse(deployment_id, 1),
        )
        if not gone:
            raise NotFound("deployment", deployment_id)

    # ------------------------------------------------------------- resources

    def resources(self, deployment_id: str) -> list[Resource]:
        """The files of a deployment, by name."""
        rows = self._all(
            select(resource)
            .where(resource.c.deployment_id == deployment_id)
            .order_by(resource.c.name)
        )
        return [_resource(row) for row in rows]

    def resource_names(self, deployment_id: str) -> list[str]:
        """The names of the files of a deployment."""
        of = resource.c.deployment_id == deployment_id
        return [_name(row) for row in self._all(select(resource.c.name).where(of))]

    def resource(self, deployment_id: str, resource_id: str) -> Resource:
        """One file of a deployment by its id, or NotFound."""
        return self._one_resource(deployment_id, resource.c.resource_id, resource_id)

    def resource_named(self, deployment_id: str, name: str) -> Resource:
        """One file of a deployment by its name, or NotFound."""
        return self._one_resource(deployment_id, resource.c.name, name)

    def _one_resource(
        self, deployment_id: str, column: ColumnElement[Any], wanted: str
    ) -> Resource:
        row = self._first(
            select(resource).where(resource.c.deployment_id == deployment_id, column == wanted)
        )
        if row is None:
            raise NotFound("resource", wanted)
        return _resource(row)

    # ----------------------------------------------------------- definitions

    @asked_once
    def definition(self, definition_id: str) -> ProcessDefinition:
        """The definition of that id, or NotFound."""
        return self._one_definition(
            process_definition.c.definition_id == definition_id, definition_id
        )

    def latest_definition(self, key: str) -> ProcessDefinition:
        """The newest version of the process `key`, or NotFound."""
        return self._one_definition(and_(process_definition.c.key == key, _is_latest()), key)

    def latest_version(self, key: str) -> int:
        """The number of the newest version of the process `key`; 0 when there is none."""
        return self._number(
            select(func.max(process_definition.c.version)).where(process_definition.c.key == key)
        )

    def definitions(
        self, query: DefinitionQuery, page: Page = _FIRST_PAGE
    ) -> list[ProcessDefinition]:
        """The definitions that match."""
        statement = select(process_definition).where(*_definition_conditions(query))
        key = process_definition.c.definition_id
        listing = paged(statement, page, _DEFINITION_SORTING, key)
        return self._with_lanes(self._listed(listing, _definition, key))

    def definition_ids(self) -> list[str]:
        """The ids of all definitions, the first deployed first, likewise."""
        key = process_definition.c.definition_id
        return self._ids(select(key).order_by(process_definition.c.deployed_at, key), key)

    def count_definitions(self, query: DefinitionQuery) -> int:
        """How many definitions match."""
        return self._number(
            counted(select(process_definition).where(*_definition_conditions(query)))
        )

    def definition_content(self, definition_id: str) -> tuple[ProcessDefinition, Resource]:
        """The definition and the file that it was read from, or NotFound.

        Raises DamagedRow when the file is not there.
        """
        found = self.definition(definition_id)
        try:
            return found, self.resource_named(found.deployment_id, found.resource_name)
        except NotFound as missing:
            raise DamagedRow(
                f"the file that process definition {definition_id} was read from cannot be read: "
                f"{missing}"
            ) from missing

    def _one_definition(self, condition: ColumnElement[bool], wanted: str) -> ProcessDefinition:
        with readable(f"the row of process definition {wanted}"):
            row = self._first(select(process_definition).where(condition))
            if row is None:
                raise NotFound("process definition", wanted)
            return self._with_lanes([_definition(row)])[0]

    def _with_lanes(self, found: Sequence[ProcessDefinition]) -> list[ProcessDefinition]:
        lanes: dict[str, list[str]] = {each.definition_id: [] for each in found}
        if lanes:
            columns = definition_lane.c
            statement = (
                select(definition_lane)
                .where(columns.definition_id.in_(lanes))
                .order_by(columns.definition_id, columns.position)
            )
            keys = (columns.definition_id, columns.position)
            for definition_id, name in self._listed(statement, _lane, *keys):
                lanes[definition_id].append(name)
        return [replace(each, lanes=tuple(lanes[each.definition_id])) for each in found]


def _deployment_conditions(query: DeploymentQuery) -> Conditions:
    columns = deployment.c
    return [
        *equal(columns.deployment_id, query.deployment_id),
        *equal(columns.name, query.name),
        *like(columns.name, query.name_like),
        *equal(columns.source, query.source),
        *between(columns.deployed_at, query.after, query.before),
    ]


def _definition_conditions(query: DefinitionQuery) -> Conditions:
    columns = process_definition.c
    conditions = [
        *equal(columns.definition_id, query.definition_id),
        *equal(columns.key, query.key),
        *like(columns.key, query.key_like),
        *among(columns.key, query.keys_in),
        *equal(columns.name, query.name),
        *like(columns.name, query.name_like),
        *equal(columns.version, query.version),
        *equal(columns.version_tag, query.version_tag),
        *equal(columns.deployment_id, query.deployment_id),
        *equal(columns.resource_name, query.resource_name),
    ]
    if query.is_latest:
        conditions.append(_is_latest())
    if query.visible_to_lanes is not None:
        conditions.append(taking_part(columns.definition_id, query.visible_to_lanes))
    return conditions


def _is_latest() -> ColumnElement[bool]:
    newer = process_definition.alias("newer")
    latest = (
        select(func.max(newer.c.version))
        .where(newer.c.key == process_definition.c.key)
        .correlate(process_definition)
        .scalar_subquery()
    )
    return process_definition.c.version == latest


@of_table(deployment)
def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(**row._mapping)


@of_table(definition_lane)
def _lane(row: Row[Any]) -> tuple[str, str]:
    return row.definition_id, row.name


def _deployment_values(new: Deployment) -> dict[str, Any]:
    return {column.name: getattr(new, column.name) for column in deployment.c}


def _resource_values(new: Resource) -> dict[str, Any]:
    return {column.name: getattr(new, column.name) for column in resource.c}


@of_table(resource)
def _name(row: Row[Any]) -> str:
    name: str = row.name
    return name


def _resource(row: Row[Any]) -> Resource:
    with readable(f"the file {row.name} of deployment {row.deployment_id}"):
        return Resource(row.resource_id, row.deployment_id, row.name, bytes(row.content))


def _definition_values(new: ProcessDefinition, within: Deployment) -> dict[str, Any]:
    values = {column.name: getattr(new, column.name) for column in process_definition.c}
    return {**values, "deployed_at": new.deployed_at or within.deployed_at}


@of_table(process_definition)
def _definition(row: Row[Any]) -> ProcessDefinition:
    """The definition, its lanes not read yet."""
    values = {
        **row._mapping,
        "lanes": (),
        "starter_groups": tuple(row.starter_groups),
        "starter_users": tuple(row.starter_users),
    }
    return ProcessDefinition(**values)
