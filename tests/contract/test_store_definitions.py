"""Deployments, files and definitions."""

from __future__ import annotations

import pytest

from engine.errors import DeploymentInUse, InvalidQuery, NotFound
from engine.queries import DefinitionQuery, DeploymentQuery, Page, SortOrder
from engine.store import Store
from tests.contract.builders import (
    NOON,
    a_definition,
    a_deployment,
    a_resource,
    at,
    deploy,
    start,
)


def deploy_three(store: Store) -> None:
    """valve-check in versions 1 and 2, and leave-request."""
    deploy(store)
    with store.writing() as tx:
        tx.add_deployment(
            a_deployment("d2", deployed_at=at(hours=1), source="web", name="Cuti"),
            [a_resource("d2"), a_resource("d2", "leave.bpmn")],
            [
                a_definition(version=2, deployment_id="d2", version_tag="2026"),
                a_definition(
                    "leave-request", deployment_id="d2", resource_name="leave.bpmn", lanes=("HRD",)
                ),
            ],
        )


def test_a_deployment_comes_back_whole(store: Store) -> None:
    definition = a_definition(
        starter_groups=("Petugas",), starter_users=("siti",), history_time_to_live=180
    )
    deploy(store, definition)

    with store.reading() as tx:
        assert tx.deployment("d1") == a_deployment()
        assert tx.resources("d1") == [a_resource()]
        assert tx.resource("d1", "d1/valve-check.bpmn") == a_resource()
        assert tx.resource_named("d1", "valve-check.bpmn") == a_resource()
        assert tx.definition("valve-check:1:uuid") == definition
        assert tx.definition_content("valve-check:1:uuid") == (definition, a_resource())


def test_a_definition_without_a_time_has_that_of_its_deployment(store: Store) -> None:
    deploy(store, a_definition(deployed_at=None))

    with store.reading() as tx:
        assert tx.definition("valve-check:1:uuid").deployed_at == NOON


def test_what_is_not_there_is_not_found(store: Store) -> None:
    deploy(store)

    with store.reading() as tx:
        for question in (
            lambda: tx.deployment("?"),
            lambda: tx.definition("?"),
            lambda: tx.latest_definition("?"),
            lambda: tx.definition_content("?"),
            lambda: tx.resource("d1", "?"),
            lambda: tx.resource_named("?", "valve-check.bpmn"),
        ):
            with pytest.raises(NotFound):
                question()
        assert tx.latest_version("?") == 0
        assert tx.resources("?") == []


def test_the_latest_version_is_the_highest(store: Store) -> None:
    deploy_three(store)

    with store.reading() as tx:
        assert tx.latest_version("valve-check") == 2
        assert tx.latest_definition("valve-check").version == 2
        latest = tx.definitions(DefinitionQuery(is_latest=True))
        assert [(each.key, each.version) for each in latest] == [
            ("leave-request", 1),
            ("valve-check", 2),
        ]


def test_a_deployment_is_found_by_its_digest(store: Store) -> None:
    deploy_three(store)

    with store.reading() as tx:
        assert tx.deployment_by_digest("digest-d2") == tx.deployment("d2")
        assert tx.deployment_by_digest("digest-d2", "Cuti") == tx.deployment("d2")
        assert tx.deployment_by_digest("digest-d2", "another") is None
        assert tx.deployment_by_digest("another") is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (DeploymentQuery(), ["d1", "d2"]),
        (DeploymentQuery(deployment_id="d1"), ["d1"]),
        (DeploymentQuery(name="Cuti"), ["d2"]),
        (DeploymentQuery(name_like="Cu%"), ["d2"]),
        (DeploymentQuery(name_like="cu%"), []),
        (DeploymentQuery(source="web"), ["d2"]),
        (DeploymentQuery(after=NOON), ["d2"]),
        (DeploymentQuery(before=at(minutes=1)), ["d1"]),
    ],
)
def test_deployments_are_filtered(
    store: Store, query: DeploymentQuery, expected: list[str]
) -> None:
    deploy_three(store)

    with store.reading() as tx:
        assert [each.deployment_id for each in tx.deployments(query)] == expected
        assert tx.count_deployments(query) == len(expected)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (DefinitionQuery(), ["leave-request:1", "valve-check:1", "valve-check:2"]),
        (DefinitionQuery(definition_id="valve-check:1:uuid"), ["valve-check:1"]),
        (DefinitionQuery(key="leave-request"), ["leave-request:1"]),
        (DefinitionQuery(key_like="%check"), ["valve-check:1", "valve-check:2"]),
        (DefinitionQuery(keys_in=("leave-request", "?")), ["leave-request:1"]),
        (DefinitionQuery(keys_in=()), []),
        (DefinitionQuery(name="Leave-Request"), ["leave-request:1"]),
        (DefinitionQuery(name_like="Leave%"), ["leave-request:1"]),
        (DefinitionQuery(version=2), ["valve-check:2"]),
        (DefinitionQuery(version_tag="2026"), ["valve-check:2"]),
        (DefinitionQuery(deployment_id="d1"), ["valve-check:1"]),
        (DefinitionQuery(resource_name="leave.bpmn"), ["leave-request:1"]),
        (DefinitionQuery(key="valve-check", is_latest=True), ["valve-check:2"]),
        (DefinitionQuery(visible_to_lanes=frozenset({"HRD"})), ["leave-request:1"]),
        (DefinitionQuery(visible_to_lanes=frozenset()), []),
    ],
)
def test_definitions_are_filtered(
    store: Store, query: DefinitionQuery, expected: list[str]
) -> None:
    deploy_three(store)

    with store.reading() as tx:
        found = tx.definitions(query)
        assert [each.definition_id.removesuffix(":uuid") for each in found] == expected
        assert tx.count_definitions(query) == len(expected)


def test_a_listing_is_sorted_and_paged(store: Store) -> None:
    deploy_three(store)
    page = Page(1, 1, (("version", SortOrder.DESC), ("key", SortOrder.DESC)))

    with store.reading() as tx:
        (found,) = tx.definitions(DefinitionQuery(), page)

    assert found.definition_id == "valve-check:1:uuid"


def test_a_page_without_limit_can_begin_later(store: Store) -> None:
    deploy_three(store)

    with store.reading() as tx:
        assert len(tx.definitions(DefinitionQuery(), Page(first_result=2))) == 1
        assert tx.definitions(DefinitionQuery(), Page(max_results=0)) == []


def test_sorting_by_an_unknown_field_names_it(store: Store) -> None:
    page = Page(sorting=(("digest; DROP TABLE", SortOrder.ASC),))

    with store.reading() as tx, pytest.raises(InvalidQuery, match="digest; DROP TABLE"):
        tx.definitions(DefinitionQuery(), page)


@pytest.mark.parametrize("page", [Page(first_result=-1), Page(max_results=-1)])
def test_a_page_before_the_first_is_invalid(store: Store, page: Page) -> None:
    with store.reading() as tx, pytest.raises(InvalidQuery):
        tx.deployments(DeploymentQuery(), page)


def test_deleting_a_deployment_takes_its_files_and_definitions(store: Store) -> None:
    deploy_three(store)

    with store.writing() as tx:
        tx.delete_deployment("d2")

    with store.reading() as tx:
        assert tx.count_definitions(DefinitionQuery()) == 1
        assert tx.resources("d2") == []
    with store.writing() as tx, pytest.raises(NotFound):
        tx.delete_deployment("d2")


def test_a_deployment_with_instances_stays(store: Store) -> None:
    deploy(store)
    start(store)

    with pytest.raises(DeploymentInUse) as caught, store.writing() as tx:
        tx.delete_deployment("d1")

    assert caught.value.instances == 1
    with store.reading() as tx:
        assert tx.deployment("d1") == a_deployment()
