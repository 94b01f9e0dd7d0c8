"""Second factors of accounts, and their recovery codes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from engine.model import SecondFactor
from engine.store.tables import recovery_code, second_factor
from engine.store.transaction import Transaction


class SecondFactors(Transaction):
    """Questions about second factors."""

    def second_factor(self, account_name: str) -> SecondFactor | None:
        """The second factor of the account, confirmed or not; locked by a writing transaction."""
        statement = select(second_factor).where(second_factor.c.account == account_name)
        if self._is_writing:
            # Two logins with one code: the second must see that it was used.
            statement = statement.with_for_update()
        row = self._first(statement)
        return None if row is None else SecondFactor(**row._mapping)

    def put_second_factor(self, new: SecondFactor) -> None:
        """The account has this second factor, and no other."""
        self._write(delete(second_factor).where(second_factor.c.account == new.account))
        values = {column.name: getattr(new, column.name) for column in second_factor.c}
        self._write(insert(second_factor), [values])

    def put_recovery_codes(self, account_name: str, code_hashes: Iterable[str]) -> None:
        """The account has these recovery codes, and no others."""
        self._write(delete(recovery_code).where(recovery_code.c.account == account_name))
        rows = [{"account": account_name, "code_hash": each} for each in code_hashes]
        self._write(insert(recovery_code), rows)

    def take_recovery_code(self, account_name: str, code_hash: str) -> bool:
        """Whether the account had that code; it has it no more."""
        columns = recovery_code.c
        return (
            self._write(
                delete(recovery_code).where(
                    columns.account == account_name, columns.code_hash == code_hash
                )
            )
            == 1
        )

    def delete_second_factor(self, account_name: str) -> bool:
        """Forget the account's second factor and its codes; whether there was one."""
        self._write(delete(recovery_code).where(recovery_code.c.account == account_name))
        found = self._write(delete(second_factor).where(second_factor.c.account == account_name))
        return found == 1
