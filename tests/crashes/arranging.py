"""Writes by which an office is arranged: who stands in, who stands above, days, who is told."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import Conflict, InvalidInput, NameTaken, NotFound, SubstitutionEnded
from engine.model import (
    AccountEventKind,
    DeliveryFailure,
    DeliveryState,
    EventKind,
    Sent,
    Substitution,
    Superior,
    WebhookSubscription,
)
from engine.process_engine import ProcessEngine
from engine.queries import DeliveryQuery, SubstitutionQuery
from engine.retry_schedule import PATIENCE
from engine.substitutions import Wishes
from engine.webhook_subscriptions import Wishes as HookWishes
from tests.crashes.deeds import (
    NAME,
    at_least_once,
    hire,
    inputs,
    later,
    logged,
    none_of,
    rows,
    silent,
    together,
)
from tests.crashes.operations import ARRIVED, Subject, deliver, new_subject, started
from tests.crashes.sweep import CLOCK, Operation
from tests.office import ADMIN, ANALYST, AUDITOR

E = AccountEventKind
FAILED = Sent(is_delivered=False, status=500, failure=DeliveryFailure.STATUS)
_days = itertools.count(1)


# ------------------------------------------------------------------ substitutions


def _stand_in(engine: ProcessEngine, subject: Subject) -> Substitution:
    today = CLOCK.now().date()
    wishes = Wishes(
        account=subject.name,
        lane="Kadis",
        kind="Plh.",
        basis_number=f"SK {subject.name}",
        basis_date=today,
        first_day=today,
        last_day=today + timedelta(days=1),
    )
    return engine.substitutions.add(wishes, actor=ADMIN).substitution


def outsider(engine: ProcessEngine) -> Subject:
    """An account without a lane."""
    subject = hire(engine, new_subject())
    engine.accounts.set_roles_and_lanes(subject.name, roles=["staff"], lanes=[], actor=ADMIN)
    return subject


def standing_in(engine: ProcessEngine) -> Subject:
    """Somebody who stands in for Kadis has one of its tasks in hand; `other_id`: by which."""
    subject = hire(engine, started(engine))
    engine.accounts.set_roles_and_lanes(subject.name, roles=["staff"], lanes=[], actor=ADMIN)
    found = _stand_in(engine, subject)
    actor = engine.accounts.account(subject.name).as_actor(CLOCK.now())
    engine.tasks.claim(subject.task_id, actor=actor)
    return replace(subject, other_id=found.substitution_id)


def _prolong(engine: ProcessEngine, subject: Subject) -> object:
    standing = engine.substitutions.substitution(subject.other_id, actor=ADMIN)
    return engine.substitutions.change(
        subject.other_id,
        last_day=standing.first_day + timedelta(days=9),
        basis_number="SK baru",
        basis_date=standing.basis_date,
        actor=ADMIN,
    )


def _substitutions(engine: ProcessEngine, subject: Subject) -> int:
    return engine.substitutions.count(SubstitutionQuery(account=subject.name), actor=AUDITOR)


# --------------------------------------------------------- superiors and calendars


def _order_seen(engine: ProcessEngine) -> Subject:
    """`other_id`: the revision that was looked at."""
    return replace(new_subject(), other_id=str(engine.superiors.current().revision))


def _order_anew(engine: ProcessEngine, subject: Subject) -> object:
    above = {"Seksi": Superior(subject.name, "P1D")}
    return engine.superiors.change(above, seen=int(subject.other_id), actor=ADMIN)


def _orders(engine: ProcessEngine, subject: Subject) -> int:
    return sum(
        each.superiors.get("Seksi") == Superior(subject.name, "P1D")
        for each in engine.superiors.revisions()
    )


def _add_calendar(engine: ProcessEngine, subject: Subject) -> object:
    zone = ZoneInfo("Asia/Jayapura")
    return engine.calendars.add(subject.name, "Cabang", zone=zone, actor=ADMIN)


def with_calendar(engine: ProcessEngine) -> Subject:
    subject = new_subject()
    _add_calendar(engine, subject)
    return subject


def _change_calendar(engine: ProcessEngine, subject: Subject) -> object:
    seen = replace(engine.calendars.calendar(subject.name, 1), name="Cabang Timur")
    return engine.calendars.change(seen, note="pindah", actor=ADMIN)


def _calendar_revisions(engine: ProcessEngine, subject: Subject) -> int:
    return len(engine.calendars.revisions(subject.name))


# ----------------------------------------------------------------- message sources


def with_source(engine: ProcessEngine) -> Subject:
    """`other_id`: the source."""
    subject = new_subject()
    source, _ = engine.message_sources.add(subject.name, ["SURAT"], actor=ADMIN)
    return replace(subject, other_id=source.source_id)


def without_source(engine: ProcessEngine) -> Subject:
    subject = with_source(engine)
    engine.message_sources.disable(subject.other_id, actor=ADMIN)
    return subject


def _source(engine: ProcessEngine, subject: Subject) -> Any:
    found = engine.message_sources.sources(actor=ADMIN)
    return next(each for each in found if each.source_id == subject.other_id)


def _prove_source(engine: ProcessEngine, subject: Subject) -> str:
    return engine.message_sources.proved(_source(engine, subject)).account


# ---------------------------------------------------------------------- web hooks


def _wishes(subject: Subject, kinds: frozenset[str] = frozenset({"ping"})) -> HookWishes:
    return HookWishes(subject.name, "https://lain.dinas.test/", kinds - {"ping"})


def with_hook(engine: ProcessEngine) -> Subject:
    """`other_id`: the subscription."""
    subject = new_subject()
    wanted = HookWishes(
        subject.name, "https://lain.dinas.test/", definition_keys=frozenset({"pindah"})
    )
    hook, _ = engine.webhook_subscriptions.add(wanted, actor=ANALYST)
    return replace(subject, other_id=hook.subscription_id)


def with_trial(engine: ProcessEngine) -> Subject:
    """A trial is on its way; `task_id`: the delivery."""
    subject = with_hook(engine)
    trial = engine.deliveries.ping(subject.other_id, actor=ANALYST)
    return replace(subject, task_id=trial.delivery_id)


def without_hook(engine: ProcessEngine) -> Subject:
    subject = with_hook(engine)
    engine.webhook_subscriptions.disable(subject.other_id, actor=ANALYST)
    return subject


def with_delivered(engine: ProcessEngine) -> Subject:
    subject = with_trial(engine)
    deliver(engine, subject.task_id, ARRIVED)
    return subject


def failing(engine: ProcessEngine) -> Subject:
    """A receiver that answers nothing but failures, for as long as one is patient with it.

    There is an admin who can be reached, so that he is told.
    """
    subject = hire(engine, with_trial(engine))
    engine.accounts.set_roles_and_lanes(subject.name, roles=["admin"], lanes=["Kadis"], actor=ADMIN)
    engine.contacts.put_email(subject.name, "admin@dinas.test", is_on=True, actor=ADMIN)
    deliver(engine, subject.task_id, FAILED)
    CLOCK.advance(seconds=PATIENCE.total_seconds() + 60)
    return replace(
        subject, task_id=engine.deliveries.ping(subject.other_id, actor=ANALYST).delivery_id
    )


def _hook(engine: ProcessEngine, subject: Subject) -> WebhookSubscription:
    return engine.webhook_subscriptions.subscription(subject.other_id, actor=AUDITOR)


def _hooks(engine: ProcessEngine, subject: Subject) -> int:
    found = engine.webhook_subscriptions.list(actor=AUDITOR)
    return sum(each.name == subject.name for each in found)


def _deliveries(engine: ProcessEngine, subject: Subject, **which: Any) -> int:
    query = DeliveryQuery(subscription_id=subject.other_id, **which)
    return engine.deliveries.count_deliveries(query, actor=AUDITOR)


def _pending(engine: ProcessEngine, subject: Subject) -> int:
    return _deliveries(engine, subject, state=DeliveryState.PENDING)


OPERATIONS = (
    Operation(
        "substitution added",
        outsider,
        silent(_stand_in, InvalidInput),
        together(logged(E.SUBSTITUTION_BEGUN), _substitutions),
    ),
    Operation(
        "substitution changed", standing_in, silent(_prolong), logged(E.SUBSTITUTION_CHANGED)
    ),
    Operation(
        "substitution ended",
        standing_in,
        silent(
            lambda e, s: e.substitutions.end(s.other_id, reason="kembali", actor=ADMIN),
            SubstitutionEnded,
        ),
        together(logged(E.SUBSTITUTION_ENDED), inputs(EventKind.TASK_UNCLAIMED)),
    ),
    Operation(
        "substitution over",
        later(standing_in, days=3),
        silent(lambda e, s: e.substitutions.expire(s.other_id)),
        together(logged(E.SUBSTITUTION_ENDED), inputs(EventKind.TASK_UNCLAIMED)),
    ),
    Operation("superiors changed", _order_seen, silent(_order_anew, Conflict), _orders),
    Operation(
        "calendar added",
        lambda _: new_subject(),
        silent(_add_calendar, Conflict),
        rows("work_calendar", key=NAME),
    ),
    Operation(
        "calendar changed",
        with_calendar,
        silent(_change_calendar, Conflict),
        lambda e, s: _calendar_revisions(e, s) - 1,
    ),
    Operation(
        "source added",
        lambda _: new_subject(),
        silent(lambda e, s: e.message_sources.add(s.name, ["SURAT"], actor=ADMIN), NameTaken),
        rows("message_source", name=NAME),
    ),
    Operation(
        "source changed",
        with_source,
        silent(lambda e, s: e.message_sources.disable(s.other_id, actor=ADMIN)),
        lambda e, s: int(not _source(e, s).is_active),
    ),
    Operation(
        "source enabled",
        without_source,
        silent(lambda e, s: e.message_sources.enable(s.other_id, actor=ADMIN)),
        lambda e, s: int(_source(e, s).is_active),
    ),
    Operation(
        "messages of a source changed",
        with_source,
        silent(lambda e, s: e.message_sources.change(s.other_id, ["NOTA"], actor=ADMIN)),
        lambda e, s: int(_source(e, s).message_names == {"NOTA"}),
    ),
    Operation(
        "source with another secret",
        with_source,
        silent(lambda e, s: e.message_sources.rotate_secret(s.other_id, actor=ADMIN)),
        lambda e, s: int(_source(e, s).former_secret is not None),
    ),
    Operation(
        "source used",
        with_source,
        _prove_source,
        lambda e, s: int(_source(e, s).last_used_at is not None),
    ),
    Operation(
        "hook added",
        lambda _: new_subject(),
        silent(lambda e, s: e.webhook_subscriptions.add(_wishes(s), actor=ANALYST)),
        at_least_once(_hooks),
    ),
    Operation(
        "hook changed",
        with_hook,
        silent(
            lambda e, s: e.webhook_subscriptions.change(
                s.other_id, replace(_wishes(s), url="https://baru.dinas.test/"), actor=ANALYST
            )
        ),
        lambda e, s: int(_hook(e, s).url == "https://baru.dinas.test/"),
    ),
    Operation(
        "hook disabled",
        with_trial,
        silent(lambda e, s: e.webhook_subscriptions.disable(s.other_id, actor=ANALYST)),
        together(lambda e, s: int(not _hook(e, s).is_active), none_of(_pending)),
    ),
    Operation(
        "hook enabled",
        without_hook,
        silent(lambda e, s: e.webhook_subscriptions.enable(s.other_id, actor=ANALYST)),
        lambda e, s: int(_hook(e, s).is_active),
    ),
    Operation(
        "hook removed",
        with_trial,
        silent(lambda e, s: e.webhook_subscriptions.remove(s.other_id, actor=ANALYST), NotFound),
        together(none_of(_hooks), none_of(_deliveries)),
    ),
    Operation(
        "hook with another secret",
        with_hook,
        silent(lambda e, s: e.webhook_subscriptions.rotate_secret(s.other_id, actor=ANALYST)),
        lambda e, s: int(_hook(e, s).former_secret is not None),
    ),
    Operation(
        "trial",
        with_hook,
        silent(lambda e, s: e.deliveries.ping(s.other_id, actor=ANALYST)),
        at_least_once(_pending),
    ),
    Operation(
        "delivery sent again",
        with_delivered,
        silent(lambda e, s: e.deliveries.redeliver(s.task_id, actor=ANALYST), Conflict),
        _pending,
    ),
    Operation(
        "hook given up",
        failing,
        lambda e, s: deliver(e, s.task_id, FAILED),
        together(
            lambda e, s: int(not _hook(e, s).is_active),
            rows("delivery", account=NAME, kind="subscription_disabled"),
        ),
        has_lease=True,
    ),
    Operation(
        "log of deliveries forgotten",
        later(with_delivered, days=400),
        silent(lambda e, _: e.deliveries.forget_old()),
        none_of(_deliveries),
    ),
)
