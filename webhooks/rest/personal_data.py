"""Personal data: whose is sealed, and its erasure. Admins erase, auditors read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import Erasure, Scope
from engine.personal_data import Basis, Erasable
from webhooks.auth import require_actor
from webhooks.rest.context import current_engine
from webhooks.rest.listing import add_listing
from webhooks.rest.resource import Resource
from webhooks.schemas.personal_data import (
    ErasableAnswer,
    Erasing,
    ErasingOutlived,
    ErasureAnswer,
    ErasureWithHoldings,
    EverythingFilter,
    PersonAnswer,
    PersonFilter,
    PersonWithHoldings,
)

resource = Resource(
    "personal_data",
    path="/personal-data",
    description="Whose personal data is sealed, and its erasure",
    scope=Scope.TASKS,
)
erasures = Resource(
    "erasure", path="/erasure", description="Personal data that was erased, and on which basis"
)

add_listing(
    resource,
    "",
    "persons",
    filters=PersonFilter,
    answer=PersonAnswer,
    find=lambda query, page, actor: current_engine().personal_data.persons(
        page, actor=actor, name=query.name
    ),
    total=lambda query, actor: current_engine().personal_data.count_persons(
        actor=actor, name=query.name
    ),
    with_post=True,
    is_own=True,
)
add_listing(
    erasures,
    "",
    "erasures",
    filters=EverythingFilter,
    answer=ErasureAnswer,
    find=lambda _query, page, actor: current_engine().personal_data.erasures(page, actor=actor),
    total=lambda _query, actor: current_engine().personal_data.count_erasures(actor=actor),
    is_own=True,
)


@resource.on("GET", "/outlived", "Instances whose personal data may be erased", is_own=True)
@resource.gives(ErasableAnswer(many=True))
def list_erasable() -> Sequence[Erasable]:
    """Their retention is over, and the schedule says that they are destroyed."""
    return current_engine().personal_data.erasable(actor=require_actor())


@resource.on("POST", "/outlived/erase", "Erase the personal data of such instances", is_own=True)
@resource.takes(ErasingOutlived)
@resource.gives(ErasureAnswer)
def erase_outlived(body: Mapping[str, Any]) -> Erasure:
    """Their keys are destroyed, for ever; history stays. For admins."""
    instance_ids: Sequence[str] = body["process_instance_ids"]
    room = current_engine().personal_data
    return room.erase_outlived(instance_ids, body["basis"], actor=require_actor())


@resource.on("GET", "/<person>", "Get one person", is_own=True)
@resource.gives(PersonWithHoldings)
def get_person(person: str) -> Mapping[str, Any]:
    """Where data of the person is sealed, and how much."""
    subject, holdings = current_engine().personal_data.person(person, actor=require_actor())
    return {
        "person": person,
        "name": subject.name,
        "account": subject.is_account,
        "holdings": holdings,
    }


@resource.on("POST", "/<person>/erase", "Erase the personal data of one person", is_own=True)
@resource.takes(Erasing)
@resource.gives(ErasureAnswer)
def erase_person(body: Mapping[str, Basis], person: str) -> Erasure:
    """The person's keys are destroyed, for ever; history stays. For admins."""
    room = current_engine().personal_data
    return room.erase_person(person, body["basis"], actor=require_actor())


@erasures.on("GET", "/<erasure_id>", "Get one erasure", is_own=True)
@erasures.gives(ErasureWithHoldings)
def get_erasure(erasure_id: str) -> Mapping[str, Any]:
    """With the instances in which values were erased."""
    done, holdings = current_engine().personal_data.erasure(erasure_id, actor=require_actor())
    return {"erasure": done, "holdings": holdings}
