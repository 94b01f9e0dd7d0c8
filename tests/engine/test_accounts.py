"""Accounts: who there is, who changes them, and what becomes of their work."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden, InvalidInput, NameTaken, NotAuthenticated, NotFound
from engine.model import EventKind, Role, UserTask
from tests.diagrams import end, line, process, start, user
from tests.house import PASSWORD, House
from tests.office import ADMIN, AUDITOR, Office, staff


def test_an_added_account_is_listed(house: House) -> None:
    added = house.add("siti.a-1", roles=["analyst", Role.STAFF], lanes=[" Kepala Seksi "])

    assert added.roles == {Role.ANALYST, Role.STAFF}
    assert added.lanes == {"Kepala Seksi"}
    assert added.is_active
    assert added.created_at == house.clock.now()
    assert house.engine.accounts.list(actor=ADMIN) == [added]
    assert house.engine.accounts.account("siti.a-1") == added


def test_a_name_is_taken_once(house: House) -> None:
    house.add()

    with pytest.raises(NameTaken):
        house.add()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "S"}, "name"),
        ({"name": "Siti"}, "name"),
        ({"name": "-siti"}, "name"),
        ({"name": "siti\n"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"display_name": " "}, "display_name"),
        ({"display_name": "a\x00b"}, "display_name"),
        ({"password": "1234567"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "Password123"}, "password"),
        ({"password": "rahasiaku"}, "password"),
        ({"password": "Manchester"}, "password"),
        ({"name": "siti-aminah", "password": "Siti-Aminah"}, "password"),
        ({"password": "abcdefg\ud800"}, "password"),
        ({"roles": ["king"]}, "roles"),
        ({"lanes": [""]}, "lanes"),
        ({"lanes": ["x" * 256]}, "lanes"),
        ({"lanes": "Petugas"}, "lanes"),
    ],
)
def test_a_wrong_field_is_refused_by_name(
    house: House, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        house.add(**changes)

    assert list(caught.value.fields) == [field]
    assert house.engine.accounts.list(actor=ADMIN) == []


def test_roles_and_lanes_can_be_changed(house: House) -> None:
    house.add()

    house.engine.accounts.set_roles_and_lanes(
        "siti", roles=["admin"], lanes=["Kepala Seksi"], actor=ADMIN
    )

    found = house.engine.logins.authenticate("siti", PASSWORD)
    assert (found.roles, found.lanes) == ({Role.ADMIN}, {"Kepala Seksi"})


def test_an_unknown_account_cannot_be_changed(house: House) -> None:
    accounts = house.engine.accounts
    for change in (
        lambda: accounts.account("nobody"),
        lambda: accounts.set_password("nobody", PASSWORD, actor=ADMIN),
        lambda: accounts.set_roles_and_lanes("nobody", roles=[], lanes=[], actor=ADMIN),
        lambda: accounts.deactivate("nobody", actor=ADMIN),
        lambda: accounts.activate("nobody", actor=ADMIN),
        lambda: house.engine.access_tokens.create("nobody", "ci", actor=ADMIN),
        lambda: house.engine.sessions.open("nobody"),
    ):
        with pytest.raises(NotFound):
            change()


def test_only_admins_change_accounts(house: House) -> None:
    siti = house.add().as_actor()
    accounts = house.engine.accounts

    for change in (
        lambda: accounts.add("adi", display_name="Adi", actor=siti),
        lambda: accounts.list(actor=siti),
        lambda: accounts.set_password("siti", "kunci-baru-8", actor=siti),
        lambda: accounts.set_roles_and_lanes("siti", roles=["admin"], lanes=[], actor=siti),
        lambda: accounts.deactivate("siti", actor=siti),
        lambda: accounts.activate("siti", actor=siti),
        lambda: house.engine.access_tokens.create("adi", "ci", actor=siti),
        lambda: house.engine.access_tokens.of("adi", actor=siti),
    ):
        with pytest.raises(Forbidden):
            change()
    assert house.kinds() == ["account_added"]


def test_ones_own_password_is_changed_with_the_present_one(house: House) -> None:
    siti = house.add(is_password_temporary=True).as_actor()
    secret, _ = house.engine.sessions.open("siti")

    with pytest.raises(NotAuthenticated):
        house.engine.accounts.change_password("wrong-one", "kunci-baru-8", actor=siti)
    with pytest.raises(InvalidInput):
        house.engine.accounts.change_password(PASSWORD, PASSWORD, actor=siti)
    changed = house.engine.accounts.change_password(PASSWORD, "kunci-baru-8", actor=siti)

    assert not changed.is_password_temporary
    assert house.engine.sessions.find(secret) is None
    assert house.engine.logins.authenticate("siti", "kunci-baru-8") == changed


# ------------------------------------------------------------- work in their hands

TWO_LANES = process(
    start(),
    user("a"),
    user("b"),
    end(),
    line("s", "a", "b", "e"),
    lanes={"Bidang": ["s", "a", "e"], "Kadis": ["b"]},
)


def moved(office: Office, **changes: Any) -> UserTask:
    """The open task after whoever had it in hand has other roles and lanes."""
    accounts = office.engine.accounts
    bidang = accounts.add(
        "siti", display_name="Siti", roles=["staff"], lanes=["Bidang", "Kadis"], actor=ADMIN
    ).as_actor()
    instance = office.start(office.deploy(TWO_LANES), bidang)
    office.engine.tasks.claim(office.task(instance, "a").task_id, actor=bidang)

    if changes:
        accounts.set_roles_and_lanes("siti", **{"roles": ["staff"], **changes}, actor=ADMIN)
    else:
        accounts.deactivate("siti", actor=ADMIN)
    office.assert_sound(instance)
    return office.task(instance, "a")


@pytest.mark.parametrize("changes", [{"lanes": ["Kadis"]}, {}], ids=["lane lost", "deactivated"])
def test_a_task_goes_back_to_its_lane_when_its_holder_loses_it(
    office_on_both: Office, changes: dict[str, Any]
) -> None:
    office = office_on_both

    task = moved(office, **changes)

    assert task.assignee is None
    event = office.engine.history.events(task.instance_id, actor=AUDITOR)[-1]
    assert (event.kind, event.actor) == (EventKind.TASK_UNCLAIMED, "admin")
    assert dict(event.payload) == {"from": "siti", "to": None}
    office.engine.tasks.complete(task.task_id, {}, actor=staff("Bidang"))
    office.assert_sound(task.instance_id)


def test_who_lost_a_lane_can_no_longer_complete_its_task(office: Office) -> None:
    task = moved(office, lanes=["Kadis"])

    with pytest.raises(Forbidden):
        office.engine.tasks.complete(task.task_id, {}, actor=staff("Kadis", "siti"))


def test_a_task_stays_in_hand_when_its_lane_stays(office: Office) -> None:
    task = moved(office, lanes=["Bidang"])

    assert task.assignee == "siti"


def test_what_is_so_already_is_not_recorded_again(house: House) -> None:
    accounts, sessions = house.engine.accounts, house.engine.sessions
    house.add()
    sessions.open("siti")

    for _ in range(2):
        sessions.revoke_all("siti", actor=ADMIN)
        accounts.deactivate("siti", actor=ADMIN)
    for _ in range(2):
        accounts.activate("siti", actor=ADMIN)

    told = house.kinds(account="siti")
    assert sorted(told) == sorted(set(told))
    assert {"sessions_revoked", "deactivated", "activated"} <= set(told)
