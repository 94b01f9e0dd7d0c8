"""Writes by which accounts are proved: logins, tokens, second factors, single sign-on."""

from __future__ import annotations

from dataclasses import replace

import pyotp

from engine.errors import (
    InvalidInput,
    NameTaken,
    NotAuthenticated,
    NotFound,
    SignOnRefused,
)
from engine.model import AccountEventKind, LoginMethod
from engine.process_engine import ProcessEngine
from engine.single_sign_on import Person
from tests.crashes.deeds import (
    NAME,
    at_least_once,
    himself,
    later,
    logged,
    none_of,
    rows,
    silent,
    together,
)
from tests.crashes.operations import Subject, new_subject
from tests.crashes.people import account, logged_in, no_session, sessions
from tests.crashes.sweep import CLOCK, Operation
from tests.office import ADMIN

E = AccountEventKind
ISSUER = "https://sso.dinas.test"


def with_token(engine: ProcessEngine) -> Subject:
    """`other_id`: the secret of the token; `task_id`: its id."""
    subject = account(engine)
    token, secret = engine.access_tokens.create(subject.name, "robot", actor=ADMIN)
    return replace(subject, other_id=secret, task_id=token.token_id)


def begun_factor(engine: ProcessEngine) -> Subject:
    """`other_id`: the secret in the app."""
    subject = account(engine)
    return replace(subject, other_id=engine.second_factors.begin(actor=himself(subject)).secret)


def with_factor(engine: ProcessEngine) -> Subject:
    subject = begun_factor(engine)
    _confirm(engine, subject)
    CLOCK.advance(minutes=1)
    return subject


def going_to_provider(engine: ProcessEngine) -> Subject:
    """`other_id`: the state to come back with."""
    subject = account(engine)
    state, _ = engine.single_sign_on.begin("/", account=subject.name)
    return replace(subject, other_id=state)


def linked(engine: ProcessEngine) -> Subject:
    subject = account(engine)
    _link(engine, subject)
    return subject


def _is_seen_now(engine: ProcessEngine, subject: Subject) -> int:
    [session] = engine.sessions.of(subject.name, actor=ADMIN)
    return int(session.last_seen_at == CLOCK.now())


def _look_in(engine: ProcessEngine, subject: Subject) -> bool:
    return engine.sessions.find(subject.other_id) is not None


def _revoke_session(engine: ProcessEngine, subject: Subject) -> None:
    for each in engine.sessions.of(subject.name, actor=ADMIN):
        engine.sessions.revoke(subject.name, each.session_id, actor=ADMIN)


def _tokens(engine: ProcessEngine, subject: Subject) -> int:
    return len(engine.access_tokens.of(subject.name, actor=ADMIN))


def _is_token_used(engine: ProcessEngine, subject: Subject) -> int:
    [token] = engine.access_tokens.of(subject.name, actor=ADMIN)
    return int(token.last_used_at is not None)


def _begin_factor(engine: ProcessEngine, subject: Subject) -> str:
    return engine.second_factors.begin(actor=himself(subject)).secret


def _confirm(engine: ProcessEngine, subject: Subject) -> object:
    code = pyotp.TOTP(subject.other_id).at(CLOCK.now())
    return engine.second_factors.confirm(code, actor=himself(subject))


def _prove(engine: ProcessEngine, subject: Subject) -> object:
    code = pyotp.TOTP(subject.other_id).at(CLOCK.now())
    return engine.second_factors.prove(engine.accounts.account(subject.name), code)


def _prove_wrongly(engine: ProcessEngine, subject: Subject) -> None:
    engine.second_factors.prove(engine.accounts.account(subject.name), "000000x")


def _has_factor(engine: ProcessEngine, subject: Subject) -> int:
    return int(engine.accounts.account(subject.name).has_second_factor)


def _step_used(engine: ProcessEngine, subject: Subject) -> int:
    with engine.store.reading() as tx:
        found = tx.second_factor(subject.name)
    assert found is not None
    return int(found.last_step == int(CLOCK.now().timestamp()) // 30)


def _person(subject: Subject) -> Person:
    return Person(ISSUER, subject.name, subject.name, "Siti", frozenset({"dinas"}))


def _sign_in(engine: ProcessEngine, subject: Subject) -> str:
    return engine.single_sign_on.sign_in(_person(subject)).name


def _sign_in_in_vain(engine: ProcessEngine, subject: Subject) -> None:
    """Somebody else has the name here."""
    engine.single_sign_on.sign_in(_person(subject), source="10.0.0.7")


def _identities(engine: ProcessEngine, subject: Subject) -> int:
    return len(engine.single_sign_on.identities_of(subject.name))


def _link(engine: ProcessEngine, subject: Subject) -> str:
    return engine.single_sign_on.link(
        subject.name, issuer=ISSUER, subject=subject.name, actor=himself(subject)
    ).subject


def _signed_on(engine: ProcessEngine) -> Subject:
    """A login by the provider."""
    subject = linked(engine)
    engine.sessions.open(subject.name, method=LoginMethod.SINGLE_SIGN_ON)
    return subject


OPERATIONS = (
    Operation(
        "session opened",
        account,
        silent(lambda e, s: e.sessions.open(s.name)),
        at_least_once(together(logged(E.LOGIN_SUCCEEDED), sessions)),
    ),
    Operation("session used", later(logged_in, minutes=10), _look_in, _is_seen_now),
    Operation(
        "session closed",
        logged_in,
        silent(lambda e, s: e.sessions.close(s.other_id)),
        together(logged(E.LOGGED_OUT), no_session),
    ),
    Operation(
        "session revoked",
        logged_in,
        silent(_revoke_session, NotFound),
        together(logged(E.SESSIONS_REVOKED), no_session),
    ),
    Operation(
        "sessions revoked",
        logged_in,
        silent(lambda e, s: e.sessions.revoke_all(s.name, actor=ADMIN)),
        together(logged(E.SESSIONS_REVOKED), no_session),
    ),
    Operation(
        "sessions forgotten",
        later(logged_in, days=2),
        silent(lambda e, _: e.sessions.forget_ended()),
        none_of(rows("login_session", account=NAME)),
    ),
    Operation(
        "token made",
        account,
        silent(lambda e, s: e.access_tokens.create(s.name, "robot", actor=ADMIN), NameTaken),
        together(logged(E.TOKEN_CREATED), _tokens),
    ),
    Operation(
        "token used",
        with_token,
        lambda e, s: e.access_tokens.authenticate(s.other_id).account.name,
        _is_token_used,
    ),
    Operation(
        "token revoked",
        with_token,
        silent(lambda e, s: e.access_tokens.revoke(s.name, s.task_id, actor=ADMIN), NotFound),
        together(logged(E.TOKEN_REVOKED), none_of(_tokens)),
    ),
    Operation("second factor begun", account, _begin_factor, rows("second_factor", account=NAME)),
    Operation(
        "second factor confirmed",
        begun_factor,
        silent(_confirm, InvalidInput),
        together(logged(E.SECOND_FACTOR_ENABLED), _has_factor),
    ),
    Operation("code proved", with_factor, silent(_prove, NotAuthenticated), _step_used),
    Operation(
        "code that is wrong",
        with_factor,
        silent(_prove_wrongly, NotAuthenticated),
        at_least_once(logged(E.LOGIN_FAILED)),
    ),
    Operation(
        "second factor removed",
        with_factor,
        silent(lambda e, s: e.second_factors.remove(s.name, actor=ADMIN)),
        together(logged(E.SECOND_FACTOR_REMOVED), none_of(_has_factor)),
    ),
    Operation(
        "provider asked",
        account,
        silent(lambda e, s: e.single_sign_on.begin("/", account=s.name)),
        at_least_once(rows("sign_on", account=NAME)),
    ),
    Operation(
        "provider answered",
        going_to_provider,
        silent(lambda e, s: e.single_sign_on.take(s.other_id), SignOnRefused),
        none_of(rows("sign_on", account=NAME)),
    ),
    Operation(
        "provider not answered",
        later(going_to_provider, minutes=11),
        silent(lambda e, _: e.single_sign_on.forget_begun()),
        none_of(rows("sign_on", account=NAME)),
    ),
    Operation(
        "account by the provider",
        lambda _: new_subject(),
        _sign_in,
        together(logged(E.ACCOUNT_ADDED), _identities),
    ),
    Operation(
        "provider refused",
        account,
        silent(_sign_in_in_vain, SignOnRefused),
        at_least_once(logged(E.LOGIN_FAILED)),
    ),
    Operation(
        "identity linked",
        account,
        _link,
        together(logged(E.IDENTITY_LINKED), _identities),
    ),
    Operation(
        "identity unlinked",
        linked,
        silent(lambda e, s: e.single_sign_on.unlink(s.name, actor=ADMIN)),
        together(logged(E.IDENTITY_UNLINKED), none_of(_identities)),
    ),
    Operation(
        "sessions ended by the provider",
        _signed_on,
        silent(lambda e, s: e.single_sign_on.end_sessions(ISSUER, s.name)),
        together(logged(E.SESSIONS_REVOKED), no_session),
    ),
)
