"""Writes about accounts: who there is, who is logged in, by what, and how each is reached."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import (
    NameTaken,
    NotAuthenticated,
    NotFound,
)
from engine.model import AccountEventKind, Channel, EventKind, Language
from engine.process_engine import ProcessEngine
from tests.crashes.deeds import (
    NAME,
    PASSWORD,
    at_least_once,
    himself,
    hire,
    inputs,
    later,
    logged,
    none_of,
    rows,
    silent,
    together,
)
from tests.crashes.operations import Subject, new_subject, started
from tests.crashes.sweep import Operation
from tests.office import ADMIN

E = AccountEventKind


def account(engine: ProcessEngine) -> Subject:
    return hire(engine, new_subject())


def busy(engine: ProcessEngine) -> Subject:
    """An account with a login and a task in hand."""
    subject = hire(engine, started(engine))
    engine.sessions.open(subject.name)
    engine.tasks.claim(subject.task_id, actor=himself(subject))
    return subject


def inactive(engine: ProcessEngine) -> Subject:
    subject = account(engine)
    engine.accounts.deactivate(subject.name, actor=ADMIN)
    return subject


def mistaken(engine: ProcessEngine) -> Subject:
    """A login under that name has failed."""
    subject = account(engine)
    _log_in_wrongly(engine, subject)
    return subject


def reached(engine: ProcessEngine) -> Subject:
    subject = account(engine)
    _put_email(engine, subject)
    return subject


def _lanes(engine: ProcessEngine, subject: Subject) -> object:
    return engine.accounts.set_roles_and_lanes(
        subject.name, roles=["staff"], lanes=["Bidang"], actor=ADMIN
    )


def _log_in_wrongly(engine: ProcessEngine, subject: Subject) -> str:
    try:
        engine.logins.authenticate(subject.name, "salah", source="10.0.0.7")
    except NotAuthenticated:
        return "refused"
    return "let in"


def _put_email(engine: ProcessEngine, subject: Subject) -> str:
    return engine.contacts.put_email(subject.name, "siti@dinas.test", is_on=True, actor=ADMIN).value


def _contacts(engine: ProcessEngine, subject: Subject) -> int:
    return sum(each.account == subject.name for each in engine.contacts.list(actor=ADMIN))


def _filters(engine: ProcessEngine, subject: Subject) -> int:
    return len(engine.saved_filters.list(actor=himself(subject)))


def _with_filter(engine: ProcessEngine) -> Subject:
    subject = account(engine)
    engine.saved_filters.save("mendesak", "q=1", actor=himself(subject))
    return subject


def logged_in(engine: ProcessEngine) -> Subject:
    """`other_id`: the secret of the login."""
    subject = account(engine)
    return replace(subject, other_id=engine.sessions.open(subject.name)[0])


def sessions(engine: ProcessEngine, subject: Subject) -> int:
    return len(engine.sessions.of(subject.name, actor=ADMIN))


def no_session(engine: ProcessEngine, subject: Subject) -> int:
    return int(not sessions(engine, subject))


OPERATIONS = (
    Operation(
        "account added", lambda _: new_subject(), silent(hire, NameTaken), logged(E.ACCOUNT_ADDED)
    ),
    Operation(
        "roles changed",
        busy,
        silent(_lanes),
        together(logged(E.ROLES_CHANGED), inputs(EventKind.TASK_UNCLAIMED)),
    ),
    Operation(
        "account deactivated",
        busy,
        silent(lambda e, s: e.accounts.deactivate(s.name, actor=ADMIN)),
        together(logged(E.DEACTIVATED), inputs(EventKind.TASK_UNCLAIMED), no_session),
    ),
    Operation(
        "account activated",
        inactive,
        silent(lambda e, s: e.accounts.activate(s.name, actor=ADMIN)),
        together(logged(E.ACTIVATED), lambda e, s: int(e.accounts.account(s.name).is_active)),
    ),
    Operation(
        "language chosen",
        account,
        silent(lambda e, s: e.accounts.choose_language(Language.ENGLISH, actor=himself(s))),
        lambda e, s: int(e.accounts.account(s.name).language is Language.ENGLISH),
    ),
    Operation(
        "password set",
        logged_in,
        silent(
            lambda e, s: e.accounts.set_password(
                s.name, "kunci-lain-8", is_temporary=True, actor=ADMIN
            )
        ),
        together(
            at_least_once(logged(E.PASSWORD_SET)),
            no_session,
            lambda e, s: int(e.accounts.account(s.name).is_password_temporary),
        ),
    ),
    Operation(
        "password changed",
        logged_in,
        silent(
            lambda e, s: e.accounts.change_password(PASSWORD, "kunci-lain-8", actor=himself(s)),
            NotAuthenticated,
        ),
        together(logged(E.PASSWORD_CHANGED), no_session),
    ),
    Operation(
        "login",
        account,
        silent(lambda e, s: e.logins.authenticate(s.name, PASSWORD, source="10.0.0.7")),
        at_least_once(logged(E.LOGIN_SUCCEEDED)),
    ),
    Operation(
        "login that fails",
        account,
        _log_in_wrongly,
        at_least_once(together(logged(E.LOGIN_FAILED), lambda e, s: e.logins.failures_of(s.name))),
    ),
    Operation(
        "name unlocked",
        mistaken,
        silent(lambda e, s: e.logins.unlock(s.name, actor=ADMIN)),
        together(logged(E.LOGIN_UNLOCKED), lambda e, s: int(not e.logins.failures_of(s.name))),
    ),
    Operation(
        "failures forgotten",
        later(mistaken, days=3),
        silent(lambda e, _: e.logins.forget_old_failures()),
        none_of(rows("login_failure", name=NAME)),
    ),
    Operation("address put", account, _put_email, _contacts),
    Operation(
        "handle put",
        account,
        lambda e, s: e.contacts.put_handle(s.name, "62811", is_on=True, actor=ADMIN).value,
        _contacts,
    ),
    Operation(
        "address removed",
        reached,
        silent(lambda e, s: e.contacts.remove(s.name, Channel.EMAIL, actor=ADMIN), NotFound),
        none_of(_contacts),
    ),
    Operation(
        "filter saved",
        account,
        lambda e, s: e.saved_filters.save("mendesak", "q=1", actor=himself(s)).name,
        _filters,
    ),
    Operation(
        "filter deleted",
        _with_filter,
        silent(lambda e, s: e.saved_filters.delete("mendesak", actor=himself(s))),
        none_of(_filters),
    ),
)
