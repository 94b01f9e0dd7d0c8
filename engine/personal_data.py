"""Personal data that is sealed: whose, how much and where; and its erasure by destroying the keys.

A key is of one person in one instance. So a person is erased everywhere at once, and an instance
whose retention is over for everybody in it. History, its chain and its checkpoints stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from engine.access_log import AccessLog
from engine.account_log import record
from engine.differences import faults_of_left_out
from engine.errors import InvalidInput, NotFound, SecretKeyUnusable
from engine.json_values import check_variables
from engine.model import (
    AccountEventKind,
    Actor,
    Erasure,
    Json,
    KeysVerification,
    Person,
    PersonalKey,
    ProcessInstance,
    Role,
    Subject,
    Variables,
)
from engine.permissions import require_instance_visible, require_role
from engine.personal_proof import verified
from engine.queries import InstanceQuery, Page
from engine.retention import Outlived, RetentionSchedule
from engine.sealing import Sealing
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

#: The fate of records, by the retention schedule, that may be erased without a person's request.
DESTROYED = "musnah"
MAX_BASIS = 255
MAX_REASON = 4000
_FIRST_PAGE = Page()
#: Instances, or keys, asked about at a time.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Basis:
    """What an erasure rests on: the number and day of a letter or decision, and why."""

    number: str
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Holding:
    """How many personal values, and of how many persons, were sealed in one instance."""

    instance: ProcessInstance
    value_count: int
    person_count: int


@dataclass(frozen=True, slots=True)
class Erasable:
    """An instance whose retention is over and that still has personal values."""

    outlived: Outlived
    value_count: int
    person_count: int


class PersonalData:
    """What is sealed, for admins and auditors; admins erase."""

    def __init__(
        self,
        store: Store,
        sealing: Sealing,
        retention: RetentionSchedule,
        access: AccessLog,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._store = store
        self._sealing = sealing
        self._retention = retention
        self._access = access
        self._clock = clock
        self._ids = ids

    # ------------------------------------------------------------------- questions

    def opened(self, instance_id: str, variables: Variables, *, actor: Actor) -> dict[str, Json]:
        """Variables of an instance as who may see it reads them. Raises NotFound, Forbidden."""
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
            return self._sealing.opened(tx, instance_id, dict(variables))

    def persons(
        self, page: Page = _FIRST_PAGE, *, actor: Actor, name: str | None = None
    ) -> list[Person]:
        """Whose data is sealed, the last to give something first. It is recorded who looked.

        name: whole; only who is called so, or has the account of that name. Raises Forbidden,
        SecretKeyUnusable.
        """
        self._note(actor)
        with self._store.reading() as tx:
            found = tx.personal_holdings(page, persons=self._called(name))
        return [
            Person(
                each.person,
                self._sealing.unsealed_subject(each.sealed_subject),
                each.instance_count,
                each.value_count,
                each.last_at,
            )
            for each in found
        ]

    def count_persons(self, *, actor: Actor, name: str | None = None) -> int:
        """How many persons these are. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_persons(persons=self._called(name))

    def _called(self, name: str | None) -> tuple[str, ...] | None:
        """What may stand for somebody of that name: the names themselves are sealed."""
        if name is None:
            return None
        return self._sealing.persons(Subject(name)) + self._sealing.persons(Subject(name, True))

    def person(self, person: str, *, actor: Actor) -> tuple[Subject, list[Holding]]:
        """Whom it stands for, and where data of his is sealed.

        Raises NotFound when nothing of the person is left, Forbidden, SecretKeyUnusable.
        """
        self._note(actor)
        with self._store.reading() as tx:
            subject, keys = self._of_person(tx, person)
            return subject, _holdings(tx, keys)

    def person_of(self, subject: Subject, *, actor: Actor) -> str:
        """What stands for the subject here. Raises NotFound when nothing of him is sealed."""
        self._note(actor)
        with self._store.reading() as tx:
            keys = tx.keys_of_persons(self._sealing.persons(subject))
        if not keys or keys[0].person is None:
            raise NotFound("sealed personal data of", subject.name)
        return keys[0].person

    def erasable(self, *, actor: Actor) -> list[Erasable]:
        """The instances that the retention schedule destroys and that still have personal values.

        The longest over first. Raises Forbidden.
        """
        found = [each for each in self._retention.outlived(actor=actor) if each.fate == DESTROYED]
        values, persons = self._amounts([each.instance_id for each in found])
        return [
            Erasable(each, values[each.instance_id], persons[each.instance_id])
            for each in found
            if persons[each.instance_id]
        ]

    def _amounts(self, instance_ids: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
        values: Counter[str] = Counter()
        persons: Counter[str] = Counter()
        with self._store.reading() as tx:
            for key in tx.keys_of_instances(instance_ids):
                values[key.instance_id] += key.value_count
                persons[key.instance_id] += 1
        return values, persons

    def erasures(self, page: Page = _FIRST_PAGE, *, actor: Actor) -> list[Erasure]:
        """What was erased, the latest first. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.erasures(page)

    def count_erasures(self, *, actor: Actor) -> int:
        """How often something was erased. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_erasures()

    def erasure(self, erasure_id: str, *, actor: Actor) -> tuple[Erasure, list[Holding]]:
        """One erasure, and where it was: the report of it. Raises NotFound, Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.erasure(erasure_id), _holdings(tx, tx.erased_keys(erasure_id))

    def verify(self, *, actor: Actor) -> KeysVerification:
        """Compare each key that is not destroyed with whom it was made for; nobody is named.

        Who is called otherwise would not be erased with what is his. Raises Forbidden.
        """
        require_role(actor, "verify everything", Role.AUDITOR, Role.ADMIN)
        found = KeysVerification()
        for keys in self._unerased():
            found += verified(keys, self._sealing)
        damaged = self._store.quarantine.rows_of("personal_key")
        return found + KeysVerification(faults=tuple(faults_of_left_out(damaged)))

    def _unerased(self) -> Iterator[list[PersonalKey]]:
        """All keys that are not destroyed, some at a time."""
        last: tuple[str, str] | None = None
        while True:
            with self._store.reading() as tx:
                keys, last = tx.unerased_keys_after(last, _BATCH)
            if last is None:
                return
            yield keys

    # --------------------------------------------------------------------- erasing

    def erase_person(self, person: str, basis: Basis, *, actor: Actor) -> Erasure:
        """Everything that is sealed of a person is unreadable from now on, for ever.

        Admins only. Recorded in the log of accounts, without the name of who has no account.
        Raises Forbidden, NotFound, InvalidInput with `basis`, `basisDate` or `reason`.
        """
        self._require_valid(basis, actor)
        try:
            done = self._erased(person, basis, actor)
        except NotFound:
            # Whoever erased it may have been cut off before he came so far.
            self._store.overwrite_freed()
            raise
        self._store.overwrite_freed()
        return done

    def _erased(self, person: str, basis: Basis, actor: Actor) -> Erasure:
        with self._store.writing() as tx:
            subject, _ = self._of_person(tx, person)
            keys = tx.keys_of_persons({person, *self._sealing.persons(subject)}, for_change=True)
            account = subject.name if subject.is_account else None
            return self._destroy(tx, keys, basis, actor=actor, account=account)

    def erase_outlived(self, instance_ids: Iterable[str], basis: Basis, *, actor: Actor) -> Erasure:
        """All personal values of instances that the retention schedule destroys, likewise.

        Raises as `erase_person` does, and InvalidInput with `instances` for one that is not among
        `erasable`.
        """
        self._require_valid(basis, actor)
        wanted = set(instance_ids)
        known = {each.outlived.instance_id for each in self.erasable(actor=actor)}
        if not wanted or not wanted <= known:
            # Whoever erased it may have been cut off before he came so far.
            self._store.overwrite_freed()
            told = ", ".join(sorted(wanted - known)) or "none"
            reason = f"expected instances whose retention is over, found {told}"
            raise InvalidInput(f"instances: {reason}", {"instances": [reason]})
        with self._store.writing() as tx:
            keys = tx.keys_of_instances(wanted, for_change=True)
            done = self._destroy(tx, keys, basis, actor=actor, by_retention=True)
        self._store.overwrite_freed()
        return done

    def reseal(self, *, actor: Actor) -> tuple[int, Sequence[str]]:
        """All keys are sealed by the present secret key: former ones may go then.

        How many keys; and those that cannot be read or opened, each with the reason: they stay as
        they are, and as long as there is one the former keys must stay. Admins only. Raises
        Forbidden.
        """
        require_role(actor, "seal the keys of personal data anew", Role.ADMIN)
        last: tuple[str, str] | None = None
        count, left = 0, list[str]()
        while True:
            with self._store.writing() as tx:
                keys, last = tx.unerased_keys_after(last, _BATCH, for_change=True)
                for key in keys:
                    reason = self._reseal_one(tx, key)
                    count += not reason
                    left += [reason] if reason else []
            if last is None:
                self._store.overwrite_freed()
                return count, [*left, *self._store.quarantine.rows_of("personal_key")]

    def _reseal_one(self, tx: StoreTransaction, key: PersonalKey) -> str | None:
        """Why it stays as it is; None when it does not."""
        try:
            tx.put_sealed_key(self._sealing.resealed(key))
        except (SecretKeyUnusable, ValueError) as error:
            return f"key {key.key_id} of instance {key.instance_id}: {error}"
        return None

    def _destroy(
        self,
        tx: StoreTransaction,
        keys: Sequence[PersonalKey],
        basis: Basis,
        *,
        actor: Actor,
        account: str | None = None,
        by_retention: bool = False,
    ) -> Erasure:
        if not keys:  # somebody was faster
            raise NotFound("personal data", "left to erase")
        instances = {key.instance_id for key in keys}
        done = Erasure(
            erasure_id=self._ids.new_id(),
            at=self._clock.now(),
            by=actor.account,
            basis=basis.number.strip(),
            basis_date=basis.on,
            reason=basis.reason.strip(),
            key_count=len(keys),
            instance_count=len(instances),
            value_count=sum(key.value_count for key in keys),
            account=account,
            by_retention=by_retention,
        )
        tx.destroy_keys(keys, done)
        # Their fingerprints are hashes over what was submitted.
        tx.forget_requests_of(instances)
        record(
            tx,
            AccountEventKind.PERSONAL_DATA_ERASED,
            account,
            at=done.at,
            actor=actor,
            erasure=done.erasure_id,
            basis=done.basis,
            basisDate=done.basis_date.isoformat(),
            reason=done.reason,
            keys=done.key_count,
            values=done.value_count,
            instanceCount=done.instance_count,
            byRetention=by_retention,
        )
        return done

    def _of_person(self, tx: StoreTransaction, person: str) -> tuple[Subject, list[PersonalKey]]:
        keys = tx.keys_of_persons([person])
        if not keys:
            raise NotFound("person with sealed data", person)
        subject = self._sealing.subject_of(keys[0])
        return subject, tx.keys_of_persons({person, *self._sealing.persons(subject)})

    def _note(self, actor: Actor) -> None:
        _require_reader(actor)
        self._access.note(actor, AccountEventKind.PERSONAL_DATA_READ)

    def _require_valid(self, basis: Basis, actor: Actor) -> None:
        require_role(actor, "erase personal data", Role.ADMIN)
        texts = {"basis": (basis.number, MAX_BASIS), "reason": (basis.reason, MAX_REASON)}
        check_variables({name: text for name, (text, _) in texts.items()})
        for name, (text, most) in texts.items():
            if not 1 <= len(text.strip()) <= most:
                found = f"expected 1 to {most} characters, found {len(text.strip())}"
                raise InvalidInput(f"{name}: {found}", {name: [found]})
        if basis.on > self._retention.today():
            found = f"expected a day that has come, found {basis.on.isoformat()}"
            raise InvalidInput(f"basisDate: {found}", {"basisDate": [found]})


def _require_reader(actor: Actor) -> None:
    require_role(actor, "see whose personal data is sealed", Role.AUDITOR, Role.ADMIN)


def _holdings(tx: StoreTransaction, keys: Iterable[PersonalKey]) -> list[Holding]:
    values: Counter[str] = Counter()
    persons: Counter[str] = Counter()
    for key in keys:
        values[key.instance_id] += key.value_count
        persons[key.instance_id] += 1
    ids = sorted(values)
    found = [
        Holding(each, values[each.instance_id], persons[each.instance_id])
        for first in range(0, len(ids), _BATCH)
        for each in tx.instances(InstanceQuery(instance_ids=tuple(ids[first : first + _BATCH])))
    ]
    return sorted(found, key=lambda each: (each.instance.started_at, each.instance.instance_id))
