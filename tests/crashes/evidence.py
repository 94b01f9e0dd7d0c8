"""Writes about evidence and personal data: packages, erasures, keys."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from engine.errors import InvalidInput, NotFound
from engine.evidence_packages import REST, TRIES, Hold
from engine.model import (
    AccountEventKind,
    Actor,
    EvidencePackage,
    PackageState,
    Role,
)
from engine.model import Period as Span
from engine.personal_data import Basis
from engine.process_engine import ProcessEngine, build_engine
from engine.settings import Settings
from engine.sources import RandomIds
from tests.crashes.deeds import (
    NAME,
    at_least_once,
    execute,
    hire,
    later,
    logged,
    none_of,
    require_overwritten,
    rows,
    sealed_key,
    silent,
    together,
)
from tests.crashes.further_operations import told
from tests.crashes.operations import Subject, new_subject
from tests.crashes.sweep import CLOCK, Operation
from tests.office import ADMIN, AUDITOR, quick_passwords

SECRET_KEY, FORMER_KEY = "k" * 40, "f" * 40
E = AccountEventKind


def ordered(engine: ProcessEngine) -> Subject:
    """A package, and no other one waits; `other_id`: it."""
    subject = hire(engine, new_subject())
    CLOCK.advance(minutes=5)
    while hold := engine.evidence_packages.take():
        hold.fail("coba-coba")
    return replace(subject, other_id=_order(engine, subject).package_id)


def failed_package(engine: ProcessEngine) -> Subject:
    subject = ordered(engine)
    hold = engine.evidence_packages.take()
    assert hold is not None
    hold.fail("disk penuh")
    return subject


def made_package(engine: ProcessEngine) -> Subject:
    subject = ordered(engine)
    _make(engine, subject)
    return subject


def _leader(subject: Subject) -> Actor:
    return Actor(subject.name, frozenset({Role.ADMIN}))


def _span() -> Span:
    return Span(CLOCK.now() - timedelta(days=90), CLOCK.now())


def _order(engine: ProcessEngine, subject: Subject) -> EvidencePackage:
    return engine.evidence_packages.order(_span(), subject.name, actor=_leader(subject))


def taken(engine: ProcessEngine) -> Subject:
    """A package in the hands of who makes it."""
    subject = ordered(engine)
    _taken(engine)
    return subject


def tried_twice(engine: ProcessEngine) -> Subject:
    subject = ordered(engine)
    for _ in range(TRIES - 1):
        _stumble(engine, subject)
    CLOCK.advance(seconds=REST.total_seconds() + 1)
    return subject


def _taken(engine: ProcessEngine) -> Hold | None:
    """As a worker does; a dead one's hold is over soon."""
    for _ in range(3):
        if hold := engine.evidence_packages.take():
            return hold
        CLOCK.advance(minutes=3)
    return None


def _make(engine: ProcessEngine, subject: Subject) -> str:
    if hold := _taken(engine):
        hold.note(1, 2)
        hold.finish(io.BytesIO(b"PK"), actor=_leader(subject))
    return "made"


def _put_back(engine: ProcessEngine, _: Subject) -> str:
    if hold := _taken(engine):
        hold.release()
    return "put back"


def _stumble(engine: ProcessEngine, _: Subject) -> str:
    if hold := _taken(engine):
        hold.stumble("disk penuh")
    return "failed"


def _is_package(state: PackageState) -> Callable[[ProcessEngine, Subject], int]:
    return lambda engine, subject: int(
        engine.evidence_packages.package(subject.other_id, actor=AUDITOR).state is state
    )


def _record(engine: ProcessEngine, subject: Subject) -> object:
    file = io.BytesIO(b"PK")
    return engine.evidence_packages.record_made(_span(), file, actor=_leader(subject))


def outlived(engine: ProcessEngine) -> Subject:
    """An instance whose retention is over, with what is a person's."""
    subject = told(engine)
    engine.instances.cancel(subject.instance_id, reason="Salah berkas", actor=ADMIN)
    CLOCK.advance(days=80)
    return subject


def _erase(engine: ProcessEngine, subject: Subject) -> str:
    basis = Basis(subject.name, CLOCK.now().date(), "jadwal retensi")
    with suppress(InvalidInput, NotFound):
        engine.personal_data.erase_outlived([subject.instance_id], basis, actor=ADMIN)
    require_overwritten(engine, subject)
    return "erased"


def _erasures(engine: ProcessEngine, subject: Subject) -> int:
    return sum(each.basis == subject.name for each in engine.personal_data.erasures(actor=AUDITOR))


def sealed_by_former(engine: ProcessEngine) -> Subject:
    """What is a person's is sealed by the former secret key; nothing else is sealed."""
    execute(engine, "DELETE FROM personal_key")
    settings = Settings(secret_key=(FORMER_KEY,))
    past = build_engine(engine.store, CLOCK, RandomIds(), settings, passwords=quick_passwords())
    subject = told(past)
    return replace(subject, other_id=sealed_key(engine, subject))


def _is_resealed(engine: ProcessEngine, subject: Subject) -> int:
    """By the present secret key alone."""
    settings = Settings(secret_key=(SECRET_KEY,))
    present = build_engine(engine.store, CLOCK, RandomIds(), settings, passwords=quick_passwords())
    is_sound = not present.personal_data.verify(actor=AUDITOR).faults
    return int(is_sound and sealed_key(engine, subject) != subject.other_id)


LONG = (
    Operation(
        "keys sealed anew",
        sealed_by_former,
        silent(lambda e, _: e.personal_data.reseal(actor=ADMIN)),
        _is_resealed,
    ),
    Operation("erasure by retention", outlived, _erase, _erasures),
)

OPERATIONS = (
    Operation(
        "evidence ordered",
        lambda engine: hire(engine, new_subject()),
        silent(_order),
        at_least_once(rows("evidence_package", ordered_by=NAME)),
    ),
    Operation(
        "evidence ordered again",
        failed_package,
        lambda e, s: e.evidence_packages.order_again(s.other_id, actor=_leader(s)).state,
        _is_package(PackageState.ORDERED),
    ),
    Operation(
        "evidence made",
        ordered,
        _make,
        together(_is_package(PackageState.DONE), logged(E.EVIDENCE_MADE)),
        has_lease=True,
    ),
    Operation(
        "evidence put back",
        taken,
        _put_back,
        rows("evidence_package", ordered_by=NAME, state="ordered"),
        has_lease=True,
    ),
    Operation(
        "evidence that fails",
        ordered,
        _stumble,
        at_least_once(rows("evidence_package", ordered_by=NAME, fault="disk penuh")),
        has_lease=True,
    ),
    Operation(
        "evidence given up",
        tried_twice,
        _stumble,
        _is_package(PackageState.FAILED),
        has_lease=True,
    ),
    Operation(
        "evidence recorded",
        lambda engine: hire(engine, new_subject()),
        _record,
        at_least_once(logged(E.EVIDENCE_MADE)),
    ),
    Operation(
        "evidence forgotten",
        later(made_package, days=31),
        silent(lambda e, _: e.evidence_packages.forget_old()),
        none_of(rows("evidence_package", ordered_by=NAME)),
    ),
)
