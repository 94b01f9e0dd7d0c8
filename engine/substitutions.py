"""Substitutions: who stands in for which lane, from when to when, on the basis of which letter.

What one allows is judged at the moment by permissions.py, and proved in each step by capacities.py:
it begins by itself. Recording, changing and ending it are events of the log of accounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.account_log import record
from engine.account_names import invalid, valid_text
from engine.errors import Forbidden, InvalidInput, NotFound, SubstitutionEnded
from engine.model import (
    Account,
    AccountEventKind,
    Actor,
    Role,
    Substitution,
    SubstitutionKind,
    SubstitutionState,
)
from engine.permissions import require_role, sees_everything
from engine.queries import Page, SubstitutionQuery
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction
from engine.tasks import Tasks

MAX_REASON = 4000
_FIRST_PAGE = Page()
#: As far ahead as a day may lie: further is a slip of the pen.
_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a new substitution shall be; days are the office's, both included."""

    account: str
    lane: str
    kind: SubstitutionKind | str
    basis_number: str
    basis_date: date
    first_day: date
    last_day: date
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A substitution as it was written down, and what whoever did so should know."""

    substitution: Substitution
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """Nothing is wrong, but look: `kind` is "too long", "overlap", "own lane" or "inactive".

    days: how many the office allows. others: the substitutions that it overlaps with.
    """

    kind: str
    days: int | None = None
    others: tuple[Substitution, ...] = ()


class Substitutions:
    """The substitutions of one office.

    most_days: how long one of a kind lasts at most by the rules of the office; a longer one is
    recorded, with a warning, since those rules differ and are not ours to apply.
    """

    def __init__(
        self,
        store: Store,
        tasks: Tasks,
        *,
        clock: Clock,
        ids: Ids,
        zone: ZoneInfo,
        most_days: Mapping[SubstitutionKind, int],
    ) -> None:
        self._store = store
        self._tasks = tasks
        self._clock = clock
        self._ids = ids
        self._zone = zone
        self._most_days = most_days

    # -------------------------------------------------------------------- questions

    def find(
        self, query: SubstitutionQuery, page: Page = _FIRST_PAGE, *, actor: Actor
    ) -> list[Substitution]:
        """Those that match: all for admins and auditors, one's own for others."""
        with self._store.reading() as tx:
            return tx.substitutions(self._seen_by(actor, query), page)

    def count(self, query: SubstitutionQuery, *, actor: Actor) -> int:
        """How many match that the actor may see."""
        with self._store.reading() as tx:
            return tx.count_substitutions(self._seen_by(actor, query))

    def substitution(self, substitution_id: str, *, actor: Actor) -> Substitution:
        """One of them. Raises NotFound, Forbidden when it is another's."""
        with self._store.reading() as tx:
            found = tx.substitution(substitution_id)
        if found.account != actor.account and not sees_everything(actor):
            deed = f"see substitution {substitution_id}"
            raise Forbidden(actor.account, deed, "it is another account's")
        return found

    def look(self, substitution_id: str, *, actor: Actor) -> Recorded:
        """One of them, for admins and auditors with the warnings as things stand.

        Raises as `substitution` does.
        """
        found = self.substitution(substitution_id, actor=actor)
        is_over = found.state_at(self._clock.now()) is SubstitutionState.PAST
        if is_over or not sees_everything(actor):
            return Recorded(found)
        with self._store.reading() as tx:
            others = tx.substitutions(SubstitutionQuery(lane=found.lane))
            return Recorded(found, tuple(self._warnings(found, tx.account(found.account), others)))

    def _seen_by(self, actor: Actor, query: SubstitutionQuery) -> SubstitutionQuery:
        asked = replace(query, at=self._clock.now())
        if sees_everything(actor):
            return asked
        if query.account not in {None, actor.account}:
            reason = "it may see its own only"
            raise Forbidden(actor.account, f"see substitutions of {query.account}", reason)
        return replace(asked, account=actor.account)

    # ---------------------------------------------------------------------- changes

    def add(self, wishes: Wishes, *, actor: Actor) -> Recorded:
        """A new substitution; from its first day on the account does the work of the lane.

        Several for one lane may overlap; the very same one again is refused. Admins only. Raises
        Forbidden, InvalidInput naming the field.
        """
        require_role(actor, f"record a substitution by {wishes.account}", Role.ADMIN)
        new = self._valid(wishes, actor)
        with self._store.writing() as tx:
            account = _account(tx, "account", new.account, for_change=True)
            if new.replaces is not None:
                _account(tx, "replaces", new.replaces)
            others = tx.substitutions(SubstitutionQuery(lane=new.lane))
            _require_new(new, others)
            tx.add_substitution(new)
            record(
                tx,
                AccountEventKind.SUBSTITUTION_BEGUN,
                new.account,
                at=new.recorded_at,
                actor=actor,
                substitution=new.substitution_id,
                lane=new.lane,
                capacity=str(new.kind),
                replaces=new.replaces,
                **_dated(new),
            )
        return Recorded(new, tuple(self._warnings(new, account, others)))

    def change(
        self,
        substitution_id: str,
        *,
        last_day: date,
        basis_number: str,
        basis_date: date,
        actor: Actor,
    ) -> Recorded:
        """It lasts until another day, by the letter that says so. Admins only.

        To end it before today is over, end it. Raises Forbidden, NotFound, InvalidInput naming
        the field, SubstitutionEnded.
        """
        require_role(actor, f"change substitution {substitution_id}", Role.ADMIN)
        with self._store.writing() as tx:
            before = self._standing(tx, substitution_id)
            changed = replace(
                before,
                basis_number=valid_text("basis_number", basis_number),
                basis_date=basis_date,
                last_day=last_day,
                ends_at=self._midnight(last_day + timedelta(days=1)),
            )
            self._require_days(changed)
            account = tx.account(changed.account)
            others = tx.substitutions(SubstitutionQuery(lane=changed.lane))
            if changed != before:
                tx.update_substitution(changed)
                record(
                    tx,
                    AccountEventKind.SUBSTITUTION_CHANGED,
                    changed.account,
                    at=self._clock.now(),
                    actor=actor,
                    substitution=substitution_id,
                    lane=changed.lane,
                    capacity=str(changed.kind),
                    before=_dated(before),
                    after=_dated(changed),
                )
        return Recorded(changed, tuple(self._warnings(changed, account, others)))

    def end(self, substitution_id: str, *, reason: str, actor: Actor) -> Substitution:
        """It is over now; what the account took in hand by it is back with the lane.

        Both in one transaction. Admins only. Raises Forbidden, NotFound, SubstitutionEnded,
        InvalidInput without a reason.
        """
        require_role(actor, f"end substitution {substitution_id}", Role.ADMIN)
        said = reason.strip()
        if not said or len(said) > MAX_REASON:
            raise invalid("reason", f"expected 1 to {MAX_REASON} characters, found {len(said)}")
        with self._store.writing() as tx:
            standing = self._standing(tx, substitution_id)
            now = self._clock.now()
            ended = replace(standing, ended_at=now, ended_by=actor.account, end_reason=said)
            self._end(tx, ended, now, actor=actor)
        return ended

    # ------------------------------------------------------------------ its day comes

    def expired(self, limit: int) -> list[str]:
        """Ids of those whose last day is over, for the duty that ends them."""
        with self._store.reading() as tx:
            return tx.expired_substitutions(self._clock.now(), limit)

    def expire(self, substitution_id: str) -> bool:
        """End one whose last day is over; whether it was done now, and not by another worker."""
        with self._store.writing() as tx:
            found = tx.substitution(substitution_id, for_change=True)
            now = self._clock.now()
            if found.ended_at is not None or now < found.ends_at:
                return False
            self._end(tx, replace(found, ended_at=found.ends_at), now, actor=None)
        return True

    def _end(
        self, tx: StoreTransaction, ended: Substitution, now: datetime, *, actor: Actor | None
    ) -> None:
        tx.update_substitution(ended)
        account = tx.account(ended.account)
        released = self._tasks.hand_back_lost(tx, account, actor=actor, ended=ended)
        told: dict[str, Any] = {"reason": ended.end_reason} if ended.end_reason else {}
        record(
            tx,
            AccountEventKind.SUBSTITUTION_ENDED,
            ended.account,
            at=now,
            actor=actor,
            substitution=ended.substitution_id,
            lane=ended.lane,
            capacity=str(ended.kind),
            endedAt=_moment(ended.ended_at),
            tasksHandedBack=released,
            **told,
        )

    # ----------------------------------------------------------------------- checks

    def _standing(self, tx: StoreTransaction, substitution_id: str) -> Substitution:
        found = tx.substitution(substitution_id, for_change=True)
        over_at = found.ended_at or found.ends_at
        if found.ended_at is not None or self._clock.now() >= found.ends_at:
            raise SubstitutionEnded(substitution_id, over_at)
        return found

    def _valid(self, wishes: Wishes, actor: Actor) -> Substitution:
        if wishes.replaces == wishes.account:
            raise invalid("replaces", "expected another account than the one that stands in")
        new = Substitution(
            substitution_id=self._ids.new_id(),
            account=wishes.account,
            lane=valid_text("lane", wishes.lane),
            kind=_valid_kind(wishes.kind),
            basis_number=valid_text("basis_number", wishes.basis_number),
            basis_date=wishes.basis_date,
            first_day=wishes.first_day,
            last_day=wishes.last_day,
            begins_at=self._midnight(wishes.first_day),
            ends_at=self._midnight(wishes.last_day + timedelta(days=1)),
            recorded_at=self._clock.now(),
            recorded_by=actor.account,
            replaces=wishes.replaces,
        )
        self._require_days(new)
        return new

    def _require_days(self, each: Substitution) -> None:
        today = self._clock.now().astimezone(self._zone).date()
        if each.last_day < each.first_day:
            text = f"expected {each.first_day} or later, the first day; found {each.last_day}"
            raise invalid("last_day", text)
        if each.last_day < today:
            raise invalid("last_day", f"expected today or later, found {each.last_day}")
        for field in ("first_day", "last_day", "basis_date"):
            day: date = getattr(each, field)
            if abs(day - today) > _LONGEST:
                years = _LONGEST.days // 366
                raise invalid(field, f"expected a day at most {years} years from now, found {day}")

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), self._zone)

    def _warnings(
        self, new: Substitution, account: Account, others: Sequence[Substitution]
    ) -> Sequence[Warned]:
        found = []
        most = self._most_days.get(new.kind)
        if most is not None and (new.last_day - new.first_day).days + 1 > most:
            found.append(Warned("too long", days=most))
        beside = tuple(each for each in others if _overlaps(each, new))
        if beside:
            found.append(Warned("overlap", others=beside))
        if new.lane in account.lanes:
            found.append(Warned("own lane"))
        if not account.is_active:
            found.append(Warned("inactive"))
        return found


def _overlaps(each: Substitution, new: Substitution) -> bool:
    is_another = each.substitution_id != new.substitution_id and each.ended_at is None
    return is_another and each.begins_at < new.ends_at and new.begins_at < each.ends_at


def _require_new(new: Substitution, others: list[Substitution]) -> None:
    """Raise InvalidInput when one of the others says the very same."""
    said = ("account", "kind", "basis_number", "first_day", "last_day")
    for each in others:
        if each.ended_at is None and all(getattr(each, f) == getattr(new, f) for f in said):
            text = f"expected another one than {each.substitution_id}, which says the same"
            raise invalid("basis_number", text)


def _account(tx: StoreTransaction, field: str, name: str, *, for_change: bool = False) -> Account:
    try:
        return tx.account(name, for_change=for_change)
    except NotFound as error:
        raise InvalidInput(
            f"{field}: {error}", {field: [f"there is no account {name!r}"]}
        ) from error


def _valid_kind(kind: SubstitutionKind | str) -> SubstitutionKind:
    try:
        return SubstitutionKind(kind)
    except ValueError as error:
        expected = ", ".join(SubstitutionKind)
        raise invalid("kind", f"expected one of {expected}; found {kind!r}") from error


def _dated(each: Substitution) -> dict[str, str]:
    return {
        "basis": each.basis_number,
        "basisDate": each.basis_date.isoformat(),
        "firstDay": each.first_day.isoformat(),
        "lastDay": each.last_day.isoformat(),
        "beginsAt": _moment(each.begins_at),
        "endsAt": _moment(each.ends_at),
    }


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds") if at else ""
