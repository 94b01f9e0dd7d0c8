"""Packages of evidence (Paket Bukti AKIP): ordered by people, made by a worker, kept a while.

PermenPAN-RB 88/2021 asks for evidence that performance data was gathered by a procedure, with the
leader's part in it and by an application. What a package holds stands in webhooks/evidence; here is
who may have one, and how far each is: rows of the database, so that any process may order it, make
it, and tell how far it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import IO

from engine.account_log import record
from engine.errors import DamagedRow, Forbidden, InvalidInput, NotFound
from engine.model import (
    AccountEventKind,
    Actor,
    EvidencePackage,
    Fault,
    Head,
    Json,
    ListedInstance,
    PackageState,
    Period,
    Role,
    StoredCheckpoint,
)
from engine.permissions import require_role
from engine.queries import AccountEventQuery
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

#: How long a package is kept; it can be ordered again.
KEPT_FOR = timedelta(days=30)
#: A maker tells how far it is more often than this, or is taken for dead.
HELD_FOR = timedelta(minutes=2)
#: How often the making of one is begun; after this it has failed.
TRIES = 3
#: How long one is left alone after its making failed.
REST = timedelta(minutes=1)
#: Packages on a listing.
MOST = 50
#: What a fault of a package is of, which is no instance.
PACKAGES = "evidence-packages"
_BATCH = 200
#: Since when, until when, and the SHA-256 of what was made.
_Made = tuple[str, str, str]


class EvidencePackages:
    """Packages for auditors, admins, and who leads the office."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, *, leader_lanes: Collection[str]
    ) -> None:
        """leader_lanes: whoever works in one of these may have packages too."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._leader_lanes = frozenset(leader_lanes)

    @property
    def leader_lanes(self) -> frozenset[str]:
        """The lanes of who leads the office."""
        return self._leader_lanes

    def may_have(self, actor: Actor) -> bool:
        """Whether the actor may order and read packages."""
        leads = not actor.working_lanes.isdisjoint(self._leader_lanes)
        return leads or actor.has(Role.AUDITOR, Role.ADMIN)

    # ---------------------------------------------------------------------- ordering

    def order(
        self, period: Period, label: str, *, verifies: bool = True, actor: Actor
    ) -> EvidencePackage:
        """A package of the period is ordered; a worker makes it.

        label: what people call the period. verifies: whether each history is verified for it.
        Raises Forbidden, InvalidInput for a period that ends before it begins.
        """
        self._require(actor, "order evidence")
        if period.until <= period.since:
            raise InvalidInput(f"the period ends at {period.until}, before it begins")
        new = EvidencePackage(
            self._ids.new_id(), period, label, verifies, actor.account, self._clock.now()
        )
        with self._store.writing() as tx:
            tx.add_package(new)
        return new

    def packages(self, *, actor: Actor) -> list[EvidencePackage]:
        """The newest ones that the actor may read. Raises Forbidden."""
        self._require(actor, "list evidence")
        with self._store.reading() as tx:
            return [each for each in tx.packages(MOST) if _is_visible(each, actor)]

    def package(self, package_id: str, *, actor: Actor) -> EvidencePackage:
        """One of them. Raises NotFound, Forbidden."""
        self._require(actor, "read evidence")
        with self._store.reading() as tx:
            found = tx.package(package_id)
        if not _is_visible(found, actor):
            raise Forbidden(actor.account, f"read evidence package {package_id}", "it is another's")
        return found

    def content(self, package_id: str, *, actor: Actor) -> bytes:
        """The file, as it was made. Raises NotFound before it is made, Forbidden, DamagedRow."""
        package = self.package(package_id, actor=actor)
        with self._store.reading() as tx:
            found = tx.package_content(package_id)
        if found is None:
            raise NotFound("file of evidence package", package_id)
        if hashlib.sha256(found).hexdigest() != package.sha256:
            raise DamagedRow(
                f"the file of evidence package {package_id} is not kept as it was made, with the "
                f"SHA-256 {package.sha256}; order it again"
            )
        return found

    def faults(self, *, actor: Actor) -> Iterator[Fault]:
        """Every package that is made and is not the one that the log of accounts tells of.

        Auditors and admins only.
        """
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        made = AccountEventQuery(kinds=(AccountEventKind.EVIDENCE_MADE,))
        with self._store.reading() as tx:
            told = {_told(each.payload) for each in tx.account_events(made)}
            for package in tx.packages(None):
                if package.state is PackageState.DONE:
                    yield from _faults(package, tx.package_content(package.package_id), told)
        for row in self._store.quarantine.rows_of("evidence_package"):
            yield Fault(PACKAGES, None, "state", f"{row} cannot be read", found="unreadable")

    def order_again(self, package_id: str, *, actor: Actor) -> EvidencePackage:
        """One that failed is made once more; any other stays. Raises NotFound, Forbidden."""
        self.package(package_id, actor=actor)
        with self._store.writing() as tx:
            tx.order_package_again(package_id, self._clock.now())
            return tx.package(package_id)

    def forget_old(self) -> int:
        """Let go of packages older than KEPT_FOR; how many."""
        with self._store.writing() as tx:
            return tx.drop_packages(before=self._clock.now() - KEPT_FOR)

    def _require(self, actor: Actor, deed: str) -> None:
        if not self.may_have(actor):
            lanes = ", ".join(sorted(self._leader_lanes))
            reason = f"that takes the role auditor or admin, or one of the lanes {lanes}"
            raise Forbidden(actor.account, deed, reason)

    # ------------------------------------------------------------------------ making

    def take(self) -> Hold | None:
        """The oldest package that nobody makes, in our hands; None when there is none.

        One that was begun TRIES times has failed: its makers died of it, or could not tell why.
        """
        while (hold := self._next()) is not None and hold.package.tries > TRIES:
            hold.fail(_without_an_end(hold.package))
        return hold

    def _next(self) -> Hold | None:
        now = self._clock.now()
        with self._store.reading() as tx:
            package_id = tx.waiting_package(now)
        if package_id is None:
            return None
        holder = self._ids.new_id()
        with self._store.writing() as tx:
            if not tx.take_package(package_id, holder, now=now, until=now + HELD_FOR):
                return None  # another worker was faster
            return Hold(self._store, self._clock, tx.package(package_id), holder)

    def record_made(self, period: Period, file: IO[bytes], *, actor: Actor) -> str:
        """A package that nobody ordered was made: it is in the log of accounts; its SHA-256."""
        self._require(actor, "make evidence")
        sha256 = hashlib.sha256(file.read()).hexdigest()
        with self._store.writing() as tx:
            _record(tx, period, sha256, actor=actor, at=self._clock.now())
        return sha256

    # ------------------------------------------------------------------- what is in it

    def instances(
        self, period: Period, definition_keys: Collection[str]
    ) -> Iterator[tuple[ListedInstance, str | None]]:
        """The instances of these SOPs that ran within the period, by id.

        With the hash of the event up to which a checkpoint lists each. For makers: who may see the
        SOPs was asked before.
        """
        after = ""
        while True:
            with self._store.reading() as tx:
                batch = tx.period_instances(period, definition_keys, after=after, limit=_BATCH)
                heads = [
                    Head(each.instance.instance_id, each.sequence, "")
                    for each in batch
                    if each.sequence is not None
                ]
                hashes = tx.hashes_at(heads) if heads else {}
            if not batch:
                return
            for each in batch:
                after = each.instance.instance_id
                yield each, hashes.get((after, each.sequence or 0))

    def count_instances(self, period: Period, definition_keys: Collection[str]) -> int:
        """How many those are."""
        with self._store.reading() as tx:
            return tx.count_period_instances(period, definition_keys)

    def checkpoint(self, number: int) -> StoredCheckpoint:
        """A checkpoint with its heads, for makers. Raises NotFound."""
        with self._store.reading() as tx:
            return tx.checkpoint(number)


class Hold:
    """A package in the hands of one maker."""

    def __init__(self, store: Store, clock: Clock, package: EvidencePackage, holder: str) -> None:
        self._store = store
        self._clock = clock
        self._holder = holder
        self.package = package

    def note(self, done: int, total: int) -> bool:
        """So far it is; False: it is in our hands no more, and need not be made."""
        until = self._clock.now() + HELD_FOR
        package_id = self.package.package_id
        with self._store.writing() as tx:
            return tx.note_package(package_id, self._holder, done=done, total=total, until=until)

    def finish(self, file: IO[bytes], *, actor: Actor) -> bool:
        """It is made; who has it, and its SHA-256, stand in the log of accounts from now on."""
        content, package = file.read(), self.package
        sha256, now = hashlib.sha256(content).hexdigest(), self._clock.now()
        with self._store.writing() as tx:
            if not tx.finish_package(
                package.package_id, self._holder, content, sha256=sha256, at=now
            ):
                return False
            _record(tx, package.period, sha256, actor=actor, at=now)
        return True

    def release(self) -> None:
        """It waits for another maker, who begins it anew."""
        with self._store.writing() as tx:
            tx.release_package(self.package.package_id, self._holder)

    def stumble(self, fault: str) -> None:
        """Its making failed, and may succeed later: it is left alone for REST, TRIES times."""
        if self.package.tries >= TRIES:
            self.fail(fault)
            return
        until = self._clock.now() + REST
        with self._store.writing() as tx:
            tx.rest_package(self.package.package_id, self._holder, fault, until=until)

    def fail(self, fault: str) -> None:
        """It cannot be made."""
        with self._store.writing() as tx:
            tx.fail_package(self.package.package_id, self._holder, fault, at=self._clock.now())


def _faults(
    package: EvidencePackage, content: bytes | None, told: Collection[_Made]
) -> Iterator[Fault]:
    """told: what the log of accounts says was made."""
    found = "nothing" if content is None else hashlib.sha256(content).hexdigest()
    of = f"evidence package {package.package_id}"
    if found != package.sha256:
        text = f"the file of {of} has another SHA-256 than it was made with"
        yield Fault(PACKAGES, None, "state", text, expected=str(package.sha256), found=found)
    if (*_words_of(package.period), package.sha256) not in told:
        text = f"{of} is not one that the log of accounts tells of"
        yield Fault(PACKAGES, None, "state", text, found=str(package.sha256))


def _told(payload: Json) -> _Made:
    return payload["since"], payload["until"], payload["sha256"]


def _words_of(period: Period) -> tuple[str, str]:
    return period.since.isoformat(), period.until.isoformat()


def _record(
    tx: StoreTransaction, period: Period, sha256: str, *, actor: Actor, at: datetime
) -> None:
    since, until = _words_of(period)
    kind = AccountEventKind.EVIDENCE_MADE
    record(tx, kind, actor.account, at=at, actor=actor, since=since, until=until, sha256=sha256)


def _without_an_end(package: EvidencePackage) -> str:
    told = f"its making was begun {TRIES} times and came to no end"
    return f"{told}; the last failure: {package.fault}" if package.fault else told


def _is_visible(package: EvidencePackage, actor: Actor) -> bool:
    """Auditors and admins see all; who leads, what he ordered: it tells what he may see."""
    return actor.has(Role.AUDITOR, Role.ADMIN) or package.ordered_by == actor.account
