"""Keys of personal data: used, counted, and destroyed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import NotFound
from engine.model import DestroyedKeys, Erasure, PersonalHolding, PersonalKey
from engine.queries import Page
from engine.store.filters import among
from engine.store.kept_rows import of_table, readable, require, require_countable
from engine.store.tables import erasure, personal_key, remembered_request
from engine.store.transaction import Transaction, paged

_KEY = personal_key.c
_ERASURE = [column.label(f"erasure_{column.name}") for column in erasure.c]
_KEY_ID = (_KEY.instance_id, _KEY.key_id)
_SECRETS = ("person", "sealed_subject", "sealed_key")
_FIRST_PAGE = Page()
_BATCH = 500


def _use_key(new: sqlite.Insert | postgresql.Insert) -> Any:
    return new.on_conflict_do_update(
        index_elements=[_KEY.instance_id, _KEY.person],
        set_={
            "value_count": _KEY.value_count + new.excluded.value_count,
            "used_at": new.excluded.used_at,
        },
    ).returning(_KEY.key_id, _KEY.sealed_key)


_USE_KEY = {
    "sqlite": _use_key(sqlite.insert(personal_key)),
    "postgresql": _use_key(postgresql.insert(personal_key)),
}


class PersonalData(Transaction):
    """Questions about the keys of personal data."""

    def use_personal_key(self, candidate: PersonalKey) -> tuple[str, str]:
        """The person's key in the instance, id and sealed: the candidate when there was none.

        candidate.value_count: how many values are sealed with it now.
        """
        self._must_write()
        row = self._first(
            _USE_KEY[self._connection.dialect.name],
            {
                "instance_id": candidate.instance_id,
                "key_id": candidate.key_id,
                "created_at": candidate.created_at,
                "used_at": candidate.created_at,
                "value_count": candidate.value_count,
                **{name: getattr(candidate, name) for name in _SECRETS},
            },
        )
        if row is None:
            raise NotFound("personal key", candidate.key_id)
        return row.key_id, row.sealed_key

    def personal_keys(self, instance_ids: Collection[str]) -> list[PersonalKey]:
        """The keys of those instances, destroyed ones too, but for those that cannot be read."""
        return [
            key
            for some in _batched(sorted(instance_ids))
            for key in self._listed(_keys().where(_KEY.instance_id.in_(some)), _key, *_KEY_ID)
        ]

    def personal_key_ids(self, instance_id: str) -> list[str]:
        """The ids of the instance's keys, destroyed ones too, and those that cannot be read."""
        return self._ids(select(_KEY.key_id).where(_KEY.instance_id == instance_id), _KEY.key_id)

    def keys_of_persons(
        self, persons: Collection[str], *, for_change: bool = False
    ) -> list[PersonalKey]:
        """Every key of those persons that is not destroyed.

        for_change: a step that would seal with one waits until this transaction ends.
        """
        wanted = select(personal_key).where(_KEY.person.in_(sorted(persons)))
        return self._living(wanted, for_change)

    def keys_of_instances(
        self, instance_ids: Collection[str], *, for_change: bool = False
    ) -> list[PersonalKey]:
        """Every key of those instances that is not destroyed; for_change as above."""
        return [
            key
            for some in _batched(sorted(instance_ids))
            for key in self._living(
                select(personal_key).where(_KEY.instance_id.in_(some), _KEY.person.is_not(None)),
                for_change,
            )
        ]

    def _living(self, wanted: Select[Any], for_change: bool) -> list[PersonalKey]:
        ordered = wanted.order_by(_KEY.instance_id, _KEY.key_id)
        if for_change:
            self._must_write()
            ordered = ordered.with_for_update()
        return [_living_key(row) for row in self._all(ordered)]

    def rename_person(self, instance_id: str, former: Collection[str], person: str) -> int:
        """In the instance the person is recognised by another text from now on; how many keys."""
        named = _KEY.person.in_(sorted(former))
        of = update(personal_key).where(_KEY.instance_id == instance_id, named)
        return self._write(of.values(person=person))

    def unerased_keys_after(
        self, last: tuple[str, str] | None, limit: int, *, for_change: bool = False
    ) -> tuple[list[PersonalKey], tuple[str, str] | None]:
        """Some keys that no erasure destroyed, behind that one; and which was the last of them.

        Those that are unreadable are left out; None: there are no more, readable or not. A person,
        or a secret, may be missing all the same. for_change: who would seal with one waits until
        this transaction ends.
        """
        wanted = select(personal_key).where(_KEY.erasure_id.is_(None))
        if last is not None:
            wanted = wanted.where(tuple_(*_KEY_ID) > tuple_(*last))
        page = wanted.order_by(*_KEY_ID).limit(limit)
        if for_change:
            self._must_write()
            page = page.with_for_update()
        found = self._listed(page, _living_key, *_KEY_ID)
        if len(found) == limit:
            return found, (found[-1].instance_id, found[-1].key_id)
        places = list(self._keys_of(page, _KEY_ID))
        return found, (places[-1][0], places[-1][1]) if places else None

    def put_sealed_key(self, key: PersonalKey) -> None:
        """The same key, sealed otherwise."""
        self._write(
            update(personal_key)
            .where(_KEY.instance_id == key.instance_id, _KEY.key_id == key.key_id)
            .values(**{name: getattr(key, name) for name in _SECRETS})
        )

    def personal_holdings(
        self, page: Page = _FIRST_PAGE, *, persons: Collection[str] | None = None
    ) -> list[PersonalHolding]:
        """How much of each person is sealed, the last one to give something first.

        persons: of these only.
        """
        last_at = func.max(_KEY.used_at)
        grouped = (
            select(
                _KEY.person,
                func.min(_KEY.sealed_subject).label("sealed_subject"),
                func.count().label("instance_count"),
                func.sum(_KEY.value_count).label("value_count"),
                last_at.label("last_at"),
            )
            .where(_KEY.person.is_not(None), *among(_KEY.person, persons))
            .group_by(_KEY.person)
        )
        return self._listed(
            paged(grouped, page, {}, last_at.desc(), _KEY.person), _holding, _KEY.person
        )

    def count_persons(self, *, persons: Collection[str] | None = None) -> int:
        """How many persons have a key that is not destroyed; of these only."""
        wanted = select(func.count(_KEY.person.distinct()))
        return self._number(wanted.where(*among(_KEY.person, persons)))

    # --------------------------------------------------------------------- erasing

    def destroy_keys(self, keys: Collection[PersonalKey], because: Erasure) -> None:
        """Nothing opens with these keys any more, and whose they were is forgotten."""
        values = {column.name: getattr(because, column.name) for column in erasure.c}
        self._write(insert(erasure), [values])
        nothing = dict.fromkeys(_SECRETS)
        for each in keys:
            self._write(
                update(personal_key)
                .where(_KEY.instance_id == each.instance_id, _KEY.key_id == each.key_id)
                .values(erasure_id=because.erasure_id, **nothing)
            )

    def forget_requests_of(self, instance_ids: Collection[str]) -> int:
        """Drop what is remembered of requests for these instances; how many."""
        of = remembered_request.c.instance_id
        return sum(
            self._write(delete(remembered_request).where(of.in_(some)))
            for some in _batched(sorted(instance_ids))
        )

    def erasures(self, page: Page = _FIRST_PAGE) -> list[Erasure]:
        """What was erased, the latest first."""
        latest = paged(select(erasure), page, {}, erasure.c.at.desc(), erasure.c.erasure_id)
        return self._listed(latest, _erasure, erasure.c.erasure_id)

    def count_erasures(self) -> int:
        """How often something was erased."""
        return self._number(select(func.count()).select_from(erasure))

    def every_erasure(self) -> list[Erasure]:
        """All that there are."""
        return [_erasure(row) for row in self._all(select(erasure))]

    def destroyed_keys(self) -> dict[str, DestroyedKeys]:
        """What is left of the keys that each erasure destroyed, by its id."""
        counts = select(
            _KEY.erasure_id,
            func.count().label("key_count"),
            func.count(_KEY.instance_id.distinct()).label("instance_count"),
            func.sum(_KEY.value_count).label("value_count"),
        )
        rows = self._all(counts.where(_KEY.erasure_id.is_not(None)).group_by(_KEY.erasure_id))
        with readable("the keys that an erasure destroyed"):
            return {
                row.erasure_id: DestroyedKeys(
                    row.key_count, row.instance_count, int(row.value_count)
                )
                for row in rows
            }

    def erasure(self, erasure_id: str) -> Erasure:
        """One of them. Raises NotFound."""
        row = self._first(select(erasure).where(erasure.c.erasure_id == erasure_id))
        if row is None:
            raise NotFound("erasure", erasure_id)
        return _erasure(row)

    def erased_keys(self, erasure_id: str) -> list[PersonalKey]:
        """The keys that were destroyed at once."""
        found = _keys().where(_KEY.erasure_id == erasure_id)
        return [_key(row) for row in self._all(found.order_by(_KEY.instance_id, _KEY.key_id))]


def _batched(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many ids at a time as a statement takes on both databases."""
    return (ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH))


def _keys() -> Select[Any]:
    return select(personal_key, *_ERASURE).outerjoin(
        erasure, erasure.c.erasure_id == _KEY.erasure_id
    )


@of_table(erasure)
def _erasure(row: Row[Any]) -> Erasure:
    return Erasure(**row._mapping)


@of_table(personal_key)
def _holding(row: Row[Any]) -> PersonalHolding:
    return PersonalHolding(**{**row._mapping, "value_count": int(row.value_count)})


def _key(row: Row[Any]) -> PersonalKey:
    facts = {column.name: row._mapping[f"erasure_{column.name}"] for column in erasure.c}
    if facts["erasure_id"] is None:
        return _living_key(row)
    require(erasure, facts)
    return replace(_living_key(row), erasure=Erasure(**facts))


@of_table(personal_key)
def _living_key(row: Row[Any]) -> PersonalKey:
    require_countable(row.value_count)
    return PersonalKey(
        key_id=row.key_id,
        instance_id=row.instance_id,
        created_at=row.created_at,
        value_count=row.value_count,
        **{name: row._mapping[name] for name in _SECRETS},
    )
