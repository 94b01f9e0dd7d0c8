"""Accounts and what they log in with: tokens, sessions, and the count of failed logins."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from engine.errors import DamagedRow, NameTaken, NotFound
from engine.model import AccessToken, Account, Language, LoginMethod, Role, Scope, Session
from engine.store.filters import equal
from engine.store.kept_rows import of_table, readable, require
from engine.store.prepared import PreparedQuery
from engine.store.substitutions import LATEST_FIRST, substitution_of
from engine.store.tables import access_token, account, login_failure, login_session, substitution
from engine.store.transaction import Rows, Transaction, asked_once

#: An account beside other columns, one row for each substitution that nobody ended yet, or one;
#: selected from `with_standing`, the rows are for `account_of`.
ACCOUNT_LABELS = tuple(column.label(f"account_{column.name}") for column in account.c) + tuple(
    column.label(f"standing_{column.name}") for column in substitution.c
)


def with_standing(accounts: FromClause) -> FromClause:
    """The table `account`, joined or not, with the substitutions that nobody ended yet."""
    standing = (substitution.c.account == account.c.name) & substitution.c.ended_at.is_(None)
    return accounts.outerjoin(substitution, standing)


def _owned(table: Table, hash_: ColumnElement[str]) -> Select[Any]:
    """What is kept under the hash `wanted_hash`, with its account."""
    owned = table.join(account, account.c.name == table.c.account)
    return (
        select(table, *ACCOUNT_LABELS)
        .select_from(with_standing(owned))
        .where(hash_ == bindparam("wanted_hash"))
        .order_by(*LATEST_FIRST)
    )


# Built once: every request begins with one of them, and building it took longer than running it.
_TOKEN_BY_HASH = PreparedQuery(_owned(access_token, access_token.c.token_hash))
_SESSION_BY_HASH = PreparedQuery(_owned(login_session, login_session.c.session_hash))


class Logins(Transaction):
    """Questions about accounts."""

    # -------------------------------------------------------------- accounts

    def add_account(self, new: Account) -> None:
        """Keep a new account. NameTaken when there is one of that name."""
        self._write(insert(account), [_account_values(new)], clash=NameTaken("account", new.name))

    @asked_once
    def account(self, name: str, *, for_change: bool = False) -> Account:
        """The account of that name, or NotFound.

        for_change: other changes of the account wait until this transaction ends.
        """
        statement = _accounts().where(account.c.name == name)
        if for_change:
            self._must_write()
            statement = statement.with_for_update(of=account)
        rows = self._all(statement)
        if not rows:
            raise NotFound("account", name)
        return account_of(rows)

    def accounts(self) -> list[Account]:
        """All accounts, by name."""
        try:
            with readable():
                rows = self._all(_accounts())
                return [
                    account_of(list(of)) for _, of in groupby(rows, lambda row: row.account_name)
                ]
        except DamagedRow:
            names = self._keys_of(select(account).order_by(account.c.name), [account.c.name])
            return [found for [name] in names for found in self._readable_account(name)]

    def _readable_account(self, name: str) -> list[Account]:
        """The account, or nothing when its row, or that of a substitution, cannot be read."""
        try:
            with readable():
                return [self.account(name)]
        except DamagedRow as error:
            self._quarantine.take(f"a row of account (name {name})", str(error))
            return []

    def update_account(self, changed: Account) -> None:
        """Keep the account as it is now, or NotFound."""
        values = _account_values(changed)
        if not self._write(update(account).where(account.c.name == changed.name).values(**values)):
            raise NotFound("account", changed.name)

    # ---------------------------------------------------------------- tokens

    def add_token(self, token: AccessToken, token_hash: str) -> None:
        """Keep a token by its hash. NameTaken when the account has one of that name."""
        values = {
            column.name: getattr(token, column.name)
            for column in access_token.c
            if column.name != "token_hash"
        }
        values["scopes"] = sorted(token.scopes)
        self._write(
            insert(access_token),
            [{**values, "token_hash": token_hash}],
            clash=NameTaken("access token", token.name),
        )

    def token_by_hash(self, token_hash: str) -> tuple[AccessToken, Account] | None:
        """The token with its account in one statement, if there is such a token."""
        rows = self._ask_all(_TOKEN_BY_HASH, {"wanted_hash": token_hash})
        return (_token(rows[0]), account_of(rows)) if rows else None

    def tokens(self, account_name: str) -> list[AccessToken]:
        """The tokens of one account, the oldest first."""
        own = (
            select(access_token)
            .where(access_token.c.account == account_name)
            .order_by(access_token.c.created_at, access_token.c.token_id)
        )
        return self._listed(own, _token, access_token.c.token_id)

    def touch_token(self, token_id: str, at: datetime) -> None:
        """Note that the token was used."""
        self._write(
            update(access_token).where(access_token.c.token_id == token_id).values(last_used_at=at)
        )

    def delete_token(self, account_name: str, token_id: str) -> bool:
        """Forget the token of that account; whether there was one."""
        return (
            self._write(
                delete(access_token).where(
                    access_token.c.account == account_name, access_token.c.token_id == token_id
                )
            )
            == 1
        )

    # -------------------------------------------------------------- sessions

    def add_session(self, session: Session) -> None:
        """Keep a new login."""
        values = {column.name: getattr(session, column.name) for column in login_session.c}
        self._write(insert(login_session), [values])

    def session(self, session_hash: str) -> tuple[Session, Account] | None:
        """The login with its account in one statement, if there is such a login."""
        rows = self._ask_all(_SESSION_BY_HASH, {"wanted_hash": session_hash})
        return (_session(rows[0]), account_of(rows)) if rows else None

    def sessions_of(self, account_name: str) -> list[Session]:
        """The logins of one account, the latest used first."""
        own = (
            select(login_session)
            .where(login_session.c.account == account_name)
            .order_by(login_session.c.last_seen_at.desc(), login_session.c.session_id)
        )
        return self._listed(own, _session, login_session.c.session_id)

    def touch_session(self, session_hash: str, at: datetime) -> None:
        """Note that the login is in use."""
        self._write(
            update(login_session)
            .where(login_session.c.session_hash == session_hash)
            .values(last_seen_at=at)
        )

    def delete_session(self, session_hash: str) -> bool:
        """End the login; whether there was one."""
        return (
            self._write(delete(login_session).where(login_session.c.session_hash == session_hash))
            == 1
        )

    def delete_sessions_of(
        self,
        account_name: str,
        *,
        only: str | None = None,
        except_for: str | None = None,
        method: LoginMethod | None = None,
    ) -> int:
        """End the logins of one account; how many.

        only, except_for: the id of the one login that ends, or stays. method: how they were proved.
        """
        conditions = [
            login_session.c.account == account_name,
            *equal(login_session.c.session_id, only),
            *equal(login_session.c.method, method),
        ]
        if except_for is not None:
            conditions.append(login_session.c.session_id != except_for)
        return self._write(delete(login_session).where(*conditions))

    def delete_expired_sessions(self, *, seen_before: datetime, created_before: datetime) -> int:
        """End the logins that idled too long or are too old; how many."""
        return self._write(
            delete(login_session).where(
                or_(
                    login_session.c.last_seen_at < seen_before,
                    login_session.c.created_at < created_before,
                )
            )
        )

    # --------------------------------------------------------- failed logins

    def record_login_failure(self, name: str, source: str, at: datetime) -> None:
        """Count a failed login under that name, whether or not there is such an account."""
        self._write(insert(login_failure), [{"name": name, "source": source, "at": at}])

    def recent_login_failures(
        self, name: str, since: datetime, *, source: str | None = None
    ) -> int:
        """How often logins under that name failed after that moment; from one address, or any."""
        return self._number(
            select(func.count())
            .select_from(login_failure)
            .where(
                login_failure.c.name == name,
                login_failure.c.at > since,
                *equal(login_failure.c.source, source),
            )
        )

    def recent_failures_from(self, source: str, since: datetime) -> int:
        """How often logins from that address failed after that moment, under any name."""
        return self._number(
            select(func.count())
            .select_from(login_failure)
            .where(login_failure.c.source == source, login_failure.c.at > since)
        )

    def clear_login_failures(self, name: str, *, source: str | None = None) -> int:
        """Forget the failures of that name, from one address or any; how many."""
        return self._write(
            delete(login_failure).where(
                login_failure.c.name == name, *equal(login_failure.c.source, source)
            )
        )

    def forget_login_failures(self, before: datetime) -> int:
        """Drop failures that no longer count; how many."""
        return self._write(delete(login_failure).where(login_failure.c.at < before))


def _accounts() -> Select[Any]:
    return (
        select(*ACCOUNT_LABELS)
        .select_from(with_standing(account))
        .order_by(account.c.name, *LATEST_FIRST)
    )


def _account_values(new: Account) -> dict[str, Any]:
    values = {column.name: getattr(new, column.name) for column in account.c}
    return {
        **values,
        "roles": sorted(role.value for role in new.roles),
        "lanes": sorted(new.lanes),
    }


def account_of(rows: Rows) -> Account:
    """The account of its rows, at least one; they have ACCOUNT_LABELS."""
    row = rows[0]
    values = {column.name: getattr(row, f"account_{column.name}") for column in account.c}
    with readable("a row of account"):
        require(account, values)
        return Account(
            **{
                **values,
                "roles": frozenset(Role(name) for name in values["roles"]),
                "lanes": frozenset(values["lanes"]),
                "language": Language(values["language"]) if values["language"] else None,
                "substitutions": tuple(
                    substitution_of(each, "standing_")
                    for each in rows
                    if each.standing_substitution_id is not None
                ),
            }
        )


@of_table(login_session)
def _session(row: Row[Any]) -> Session:
    values = {column.name: getattr(row, column.name) for column in login_session.c}
    return Session(**{**values, "method": LoginMethod(values["method"])})


@of_table(access_token)
def _token(row: Row[Any]) -> AccessToken:
    return AccessToken(
        token_id=row.token_id,
        account=row.account,
        name=row.name,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        scopes=frozenset(Scope(name) for name in row.scopes),
    )
