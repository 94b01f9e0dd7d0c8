"""Packages are made beside requests: by one of several workers, with progress, and recorded."""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from engine.errors import DamagedRow, Forbidden, InvalidInput, NotFound
from engine.evidence_packages import HELD_FOR, KEPT_FOR, REST, TRIES
from engine.model import AccountEventKind, Actor, PackageState, Period, Verification
from engine.queries import AccountEventQuery
from engine.settings import Settings
from engine.store.tables import evidence_package
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff
from webhooks.evidence import build_maker

YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
SOP = process(start(), user("a"), end(), line("s", "a", "e"), key="surat")


def with_work(office: Office, instances: int = 3) -> Office:
    definition = office.deploy(SOP)
    for _ in range(instances):
        office.complete(office.start(definition), "a")
    for name, role in (("auditor", "auditor"), ("admin", "admin")):
        office.engine.accounts.add(
            name, display_name=name, password=None, roles=[role], lanes=[], actor=ADMIN
        )
    return office


def ordered(office: Office, actor: Actor = AUDITOR) -> str:
    return office.engine.evidence_packages.order(YEAR, "Tahun 2026", actor=actor).package_id


def state(office: Office, package_id: str) -> PackageState:
    return office.engine.evidence_packages.package(package_id, actor=AUDITOR).state


def test_an_ordered_package_is_made_once_and_recorded(office_on_both: Office) -> None:
    office = with_work(office_on_both)
    package_id = ordered(office)
    maker = build_maker(office.engine, Settings())

    with pytest.raises(NotFound):
        office.engine.evidence_packages.content(package_id, actor=AUDITOR)
    turns = [maker.turn(lambda: False) for _ in range(2)]

    made = office.engine.evidence_packages.package(package_id, actor=AUDITOR)
    content = office.engine.evidence_packages.content(package_id, actor=AUDITOR)
    assert turns == [1, 0]
    assert (made.state, made.done, made.total) == (PackageState.DONE, 3, 3)
    assert (made.size, made.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    query = AccountEventQuery(kinds=(AccountEventKind.EVIDENCE_MADE,))
    [told] = office.engine.account_log.events(query, actor=ADMIN)
    assert (told.actor, told.payload["sha256"]) == ("auditor", made.sha256)


def test_a_package_that_was_changed_by_hand_is_named_and_not_given(office_on_both: Office) -> None:
    office = with_work(office_on_both, instances=1)
    package_id = ordered(office)
    build_maker(office.engine, Settings()).turn(lambda: False)
    packages = office.engine.evidence_packages
    assert list(packages.faults(actor=AUDITOR)) == []

    made = packages.content(package_id, actor=AUDITOR)
    forged = made + b" "
    with office.store.writing() as tx:
        tx._write(update(evidence_package).values(content=forged))

    with pytest.raises(DamagedRow, match="is not kept as it was made"):
        packages.content(package_id, actor=AUDITOR)
    [fault] = packages.faults(actor=AUDITOR)
    assert (fault.instance_id, fault.check) == ("evidence-packages", "state")
    assert fault.found == hashlib.sha256(forged).hexdigest()

    # In agreement with the row's own SHA-256; the log of accounts knows of no such package.
    with office.store.writing() as tx:
        tx._write(update(evidence_package).values(sha256=fault.found))
    [fault] = packages.faults(actor=AUDITOR)
    assert "is not one that the log of accounts tells of" in fault.message
    with pytest.raises(Forbidden):
        list(packages.faults(actor=staff("Kadis")))


def test_two_workers_make_each_package_once(office_on_both: Office) -> None:
    office = with_work(office_on_both)
    packages = [ordered(office) for _ in range(4)]
    begin, done = threading.Barrier(2), []

    def work() -> None:
        maker = build_maker(office.engine, Settings())
        begin.wait()
        done.extend(maker.turn(lambda: False) for _ in range(6))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sum(done) == 4
    assert {state(office, each) for each in packages} == {PackageState.DONE}


def test_a_maker_that_died_is_followed_by_another(office: Office) -> None:
    with_work(office)
    package_id = ordered(office)
    dead = office.engine.evidence_packages.take()
    assert dead is not None
    maker = build_maker(office.engine, Settings())

    early = maker.turn(lambda: False)
    office.clock.advance(seconds=HELD_FOR.total_seconds() + 1)
    late = maker.turn(lambda: False)

    assert (early, late) == (0, 1)
    assert state(office, package_id) is PackageState.DONE
    assert not dead.note(1, 3)


def test_a_worker_that_is_stopped_lets_go(office: Office) -> None:
    with_work(office)
    package_id = ordered(office)

    build_maker(office.engine, Settings()).turn(lambda: True)
    waits = state(office, package_id)
    build_maker(office.engine, Settings()).turn(lambda: False)

    assert waits is PackageState.ORDERED
    assert state(office, package_id) is PackageState.DONE


def test_a_package_of_an_account_that_is_gone_fails_and_says_so(office: Office) -> None:
    with_work(office)
    package_id = ordered(office)
    office.engine.accounts.deactivate("auditor", actor=ADMIN)

    build_maker(office.engine, Settings()).turn(lambda: False)

    failed = office.engine.evidence_packages.package(package_id, actor=ADMIN)
    assert failed.state is PackageState.FAILED
    assert "account auditor is not active" in (failed.fault or "")


def test_who_leads_has_packages_of_his_own_and_others_none(office: Office) -> None:
    rooms, leader = office.engine.evidence_packages, staff("Kadis")
    own, other = ordered(office, leader), ordered(office)

    assert [each.package_id for each in rooms.packages(actor=leader)] == [own]
    assert {each.package_id for each in rooms.packages(actor=AUDITOR)} == {own, other}
    with pytest.raises(Forbidden):
        rooms.package(other, actor=leader)
    for refused in (staff("Bidang"), Actor("analis")):
        with pytest.raises(Forbidden):
            rooms.packages(actor=refused)
        with pytest.raises(Forbidden):
            ordered(office, refused)


def test_a_period_that_ends_before_it_begins_is_refused(office: Office) -> None:
    wrong = Period(YEAR.until, YEAR.since)

    with pytest.raises(InvalidInput, match="before it begins"):
        office.engine.evidence_packages.order(wrong, "", actor=AUDITOR)


def test_old_packages_are_dropped(office: Office) -> None:
    package_id = ordered(office)

    office.clock.advance(seconds=KEPT_FOR.total_seconds())
    kept = office.engine.evidence_packages.forget_old()
    office.clock.advance(seconds=timedelta(minutes=1).total_seconds())
    dropped = office.engine.evidence_packages.forget_old()

    assert (kept, dropped) == (0, 1)
    with pytest.raises(NotFound):
        state(office, package_id)


class Broken:
    """The check of histories, out of order so often; a fault that nobody foresaw."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self._verify, self._left = office.engine.history.verify, times
        monkeypatch.setattr(office.engine.history, "verify", self.verify)

    def verify(self, instance_id: str, *, actor: Actor) -> Verification:
        self._left -= 1
        if self._left >= 0:
            raise ZeroDivisionError("out of order")
        return self._verify(instance_id, actor=actor)


def test_an_unforeseen_fault_lets_the_next_package_go_first(
    office_on_both: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = with_work(office_on_both)
    Broken(office, monkeypatch, 1)
    first = ordered(office)
    office.clock.advance(seconds=1)
    second = ordered(office)
    maker = build_maker(office.engine, Settings())

    turns = [maker.turn(lambda: False) for _ in range(3)]
    stumbled = office.engine.evidence_packages.package(first, actor=AUDITOR)
    office.clock.advance(seconds=REST.total_seconds())
    maker.turn(lambda: False)

    assert turns == [1, 1, 0]
    assert (stumbled.state, stumbled.tries) == (PackageState.ORDERED, 1)
    assert state(office, second) is PackageState.DONE
    made = office.engine.evidence_packages.package(first, actor=AUDITOR)
    assert (made.state, made.fault) == (PackageState.DONE, None)


def test_a_failed_package_is_made_when_it_is_ordered_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_work(office)
    Broken(office, monkeypatch, TRIES)
    package_id = ordered(office)
    maker, rooms = build_maker(office.engine, Settings()), office.engine.evidence_packages
    for _ in range(TRIES):
        assert maker.turn(lambda: False) == 1
        assert maker.turn(lambda: False) == 0
        office.clock.advance(seconds=REST.total_seconds())

    failed = rooms.package(package_id, actor=AUDITOR)
    waits = [rooms.order_again(package_id, actor=AUDITOR).state for _ in range(2)]
    maker.turn(lambda: False)

    assert (failed.state, failed.tries) == (PackageState.FAILED, TRIES)
    assert failed.fault == "ZeroDivisionError: out of order"
    assert waits == [PackageState.ORDERED] * 2
    assert state(office, package_id) is PackageState.DONE
    assert rooms.order_again(package_id, actor=AUDITOR).state is PackageState.DONE


def test_a_package_of_which_every_maker_dies_is_given_up(office: Office) -> None:
    with_work(office)
    package_id, rooms = ordered(office), office.engine.evidence_packages

    for _ in range(TRIES):
        assert rooms.take() is not None
        office.clock.advance(seconds=HELD_FOR.total_seconds() + 1)

    assert rooms.take() is None
    failed = rooms.package(package_id, actor=AUDITOR)
    assert failed.state is PackageState.FAILED
    assert "begun 3 times" in (failed.fault or "")


def test_stopping_a_worker_is_no_try(office: Office) -> None:
    with_work(office)
    package_id = ordered(office)

    for _ in range(TRIES + 1):
        build_maker(office.engine, Settings()).turn(lambda: True)

    assert state(office, package_id) is PackageState.ORDERED
