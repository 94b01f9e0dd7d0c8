"""Seals what is personal before it becomes history, and opens it for who may see the work.

Sealing happens at the one passage of all inputs, before the machine sees them (steps.py): so the
engine, its snapshots and its history know the seal only, and a replay needs no key.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from engine.bpmn.elements import ProcessModel
from engine.bpmn.personal_terms import personal_fields
from engine.errors import InvalidVariables, SecretKeyUnusable
from engine.forms import check_submission
from engine.history import Input
from engine.model import (
    Erased,
    Erasure,
    EventKind,
    FormField,
    HistoryEvent,
    Json,
    PersonalKey,
    ProcessInstance,
    Sentence,
    Subject,
    Unreadable,
    Variables,
)
from engine.sealed_values import (
    Seal,
    close,
    has_seal,
    new_key,
    open_seal,
    seal_of,
    seals_in,
    without_seals,
)
from engine.secret_key import SecretKey
from engine.sources import Ids
from engine.store import StoreTransaction

#: What the office's secret key seals of a person, and recognises him by.
DATA_KEY, _SUBJECT, _PERSON = "personal-key", "personal-subject", "personal-person"
#: Where an input has values that people or programs gave.
PLACES = ("variables", "localVariables")
#: What an input says of the instance that its values come from.
_GIVERS = ("caller", "call", "thrownBy")

_ERASED = Sentence("(dihapus pada %(on)s, dasar: %(basis)s tanggal %(basis_date)s)")
_UNKNOWN = Sentence("(data pribadi)")
_BROKEN = Sentence("(data pribadi yang tidak dapat dibuka)")

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Situation:
    """An instance at the moment of a step. former: gives what it knows before that."""

    instance: ProcessInstance
    model: ProcessModel
    now: datetime
    former: Callable[[], Variables]


class Sealing:
    """Closes and opens seals. Keys are in the database, sealed by the office's secret key."""

    def __init__(self, secret_key: SecretKey, ids: Ids, zone: ZoneInfo) -> None:
        self._secret_key = secret_key
        self._ids = ids
        self._zone = zone

    # -------------------------------------------------------------------- sealing

    def sealed(self, tx: StoreTransaction, given: Input, situation: Situation) -> Input:
        """The input with a seal in place of each personal value: one statement for each subject.

        A seal that it brings must be one of this instance, or comes from the one that it calls or
        that called it, and is closed anew. Raises InvalidVariables for another one.
        """
        places = {name: given.payload[name] for name in PLACES if given.payload.get(name)}
        fields = personal_fields(situation.model)
        is_touched = any(not fields.keys().isdisjoint(values) for values in places.values())
        if not is_touched and not has_seal(places):
            return given
        giver = next((given.payload[name] for name in _GIVERS if given.payload.get(name)), None)
        subjects = _Subjects(self, tx, given, situation, fields)
        changed: dict[str, Json] = {}
        for place, values in places.items():
            carried = self._carried(tx, values, situation, giver=giver)
            changed[place] = self._closed(tx, carried, situation, subjects)
        return replace(given, payload={**given.payload, **changed})

    def _closed(
        self, tx: StoreTransaction, values: Variables, situation: Situation, subjects: _Subjects
    ) -> dict[str, Json]:
        wanted: dict[Subject, list[str]] = defaultdict(list)
        for name in subjects.fields:
            if not _is_blank(values.get(name)) and seal_of(values[name]) is None:
                wanted[subjects.of(name, values)].append(name)
        closed = dict(values)
        for subject, names in wanted.items():
            key = self.use_key(
                tx, situation.instance.instance_id, subject, situation.now, len(names)
            )
            for name in names:
                closed[name] = self.seal(values[name], name, situation.instance.instance_id, key)
        return closed

    def use_key(
        self,
        tx: StoreTransaction,
        instance_id: str,
        subject: Subject,
        now: datetime,
        count: int,
    ) -> tuple[str, bytes]:
        """The subject's key in the instance, which is made when there is none yet."""
        person, *former = self.persons(subject)
        candidate = PersonalKey(
            key_id=self._ids.new_id(),
            instance_id=instance_id,
            created_at=now,
            value_count=count,
            person=person,
            sealed_subject=self._secret_key.seal(_SUBJECT, _text_of(subject)),
            sealed_key=self._secret_key.seal(DATA_KEY, _as_text(new_key(self._ids))),
        )
        if former:
            tx.rename_person(instance_id, former, person)
        key_id, sealed = tx.use_personal_key(candidate)
        return key_id, _as_bytes(self._secret_key.unseal(DATA_KEY, sealed))

    def seal(self, value: Json, field: str, instance_id: str, key: tuple[str, bytes]) -> str:
        """The seal of a value with a key that `use_key` gave."""
        return close(value, field, instance_id, key=key, ids=self._ids)

    def _carried(
        self, tx: StoreTransaction, values: Variables, situation: Situation, *, giver: str | None
    ) -> dict[str, Json]:
        """The values with seals of the giver closed anew for this instance."""
        found = list(seals_in(dict(values)))
        if not found:
            return dict(values)
        own_id = situation.instance.instance_id
        keys = self._keys(tx, [own_id, *([giver] if giver else [])])

        def one(seal: Seal) -> Json:
            key = keys.get((own_id, seal.key_id))
            if key is not None:
                self._require_whole(seal, key)
                return str(seal)
            key = keys.get((giver or "", seal.key_id))
            if key is None:
                raise _foreign(seal)
            if key.erasure is not None:
                return None
            value = self._open(seal, key)
            subject = self.subject_of(key)
            own = self.use_key(tx, own_id, subject, situation.now, 1)
            return self.seal(value, seal.field, own_id, own)

        return dict(without_seals(dict(values), one))

    def _require_whole(self, seal: Seal, key: PersonalKey) -> None:
        if key.erasure is None:
            self._open(seal, key)

    def checked(
        self,
        tx: StoreTransaction,
        form: Sequence[FormField] | None,
        values: Variables,
        *,
        giver: str | None,
    ) -> dict[str, Json]:
        """The values of another instance as a start form takes them; what is sealed stays so.

        Raises InvalidForm, InvalidVariables.
        """
        if giver is None or not has_seal(dict(values)):
            return check_submission(form, values)
        opened = blank_for_forms(self.opened(tx, giver, dict(values)))
        accepted = check_submission(form, opened)
        was_sealed = {name for name in values if has_seal(values[name])}
        return {name: values[name] if name in was_sealed else accepted[name] for name in accepted}

    # -------------------------------------------------------------------- opening

    def opened(self, tx: StoreTransaction, instance_id: str, value: _T) -> _T:
        """The value with what was sealed in place of each seal: one statement, none without one.

        What was erased, or cannot be opened, is told by a sentence (Erased, Unreadable).
        """
        if not has_seal(value):
            return value
        keys = self._keys(tx, [instance_id])
        return self._with_opened(value, instance_id, keys)

    def opened_events(
        self, tx: StoreTransaction, events: Iterable[HistoryEvent]
    ) -> list[HistoryEvent]:
        """The events with opened payloads, to be shown: their hashes are of the sealed ones."""
        found = list(events)
        sealed = {each.instance_id for each in found if has_seal(each.payload)}
        if not sealed:
            return found
        keys = self._keys(tx, sorted(sealed))
        return [
            replace(each, payload=self._with_opened(each.payload, each.instance_id, keys))
            if each.instance_id in sealed
            else each
            for each in found
        ]

    def _with_opened(
        self, value: _T, instance_id: str, keys: Mapping[tuple[str, str], PersonalKey]
    ) -> _T:
        def one(seal: Seal) -> Json:
            key = keys.get((instance_id, seal.key_id))
            if key is None:
                return Unreadable(_UNKNOWN.text)
            if key.erasure is not None:
                return self.erased(key.erasure)
            try:
                return self._open(seal, key)
            except (InvalidVariables, SecretKeyUnusable) as error:
                _log.warning("instance %s: %s", instance_id, error)
                return Unreadable(_BROKEN.text)

        opened: _T = without_seals(value, one)
        return opened

    def erased(self, because: Erasure) -> Erased:
        """What stands where a value was erased."""
        return Erased(
            _ERASED.text,
            on=because.at.astimezone(self._zone).date().isoformat(),
            basis=because.basis,
            basis_date=because.basis_date.isoformat(),
        )

    def _open(self, seal: Seal, key: PersonalKey) -> Json:
        secret = self.secret_of(key)
        try:
            return open_seal(seal, key.instance_id, secret)
        except ValueError as error:
            raise _foreign(seal) from error

    def _keys(
        self, tx: StoreTransaction, instance_ids: Sequence[str]
    ) -> dict[tuple[str, str], PersonalKey]:
        return {(key.instance_id, key.key_id): key for key in tx.personal_keys(instance_ids)}

    # ------------------------------------------------------------------- subjects

    def persons(self, subject: Subject) -> tuple[str, ...]:
        """What recognises a subject without naming it: by the present secret key, then former ones.

        An HMAC and no plain hash: who has the database only cannot try names.
        """
        said = json.dumps([_as_name(subject.name).casefold(), subject.is_account]).encode()
        keys = self._secret_key.signing_keys(_PERSON)
        return tuple(hmac.digest(key, said, "sha256").hex() for key in keys)

    def resealed(self, key: PersonalKey) -> PersonalKey:
        """The key sealed by the present secret key alone. Raises SecretKeyUnusable."""
        subject = self.subject_of(key)
        secret = self._secret_key.unseal(DATA_KEY, key.sealed_key or "")
        return replace(
            key,
            person=self.persons(subject)[0],
            sealed_subject=self._secret_key.seal(_SUBJECT, _text_of(subject)),
            sealed_key=self._secret_key.seal(DATA_KEY, secret),
        )

    def secret_of(self, key: PersonalKey) -> bytes:
        """What closes and opens its seals. Raises SecretKeyUnusable."""
        return _as_bytes(self._secret_key.unseal(DATA_KEY, key.sealed_key or ""))

    def subject_of(self, key: PersonalKey) -> Subject:
        """Whose key it is. Raises SecretKeyUnusable."""
        return self.unsealed_subject(key.sealed_subject or "")

    def unsealed_subject(self, sealed: str) -> Subject:
        """The subject of a row. Raises SecretKeyUnusable."""
        name, is_account = json.loads(self._secret_key.unseal(_SUBJECT, sealed))
        return Subject(name, is_account)


class _Subjects:
    """Whose the personal values of one input are."""

    def __init__(
        self,
        sealing: Sealing,
        tx: StoreTransaction,
        given: Input,
        situation: Situation,
        fields: Mapping[str, str | None],
    ) -> None:
        self.fields = fields
        self._sealing = sealing
        self._tx = tx
        self._given = given
        self._situation = situation

    def of(self, name: str, values: Variables) -> Subject:
        """Whom the field's subject names; without one, or blank: whoever gave the values."""
        other = self.fields[name]
        if other is not None:
            named = self._plain(values[other] if other in values else self._former(other))
            if not _is_blank(named) and not isinstance(named, Unreadable):
                return Subject(_as_name(named))
        if self._given.kind is EventKind.VARIABLES_CHANGED:
            # Who mends a value in another's stead is not whom it is about.
            before = self._former_subject(self._former(name))
            if before is not None:
                return before
        actor = self._given.actor
        giver = actor.account if actor else self._situation.instance.started_by
        return Subject(giver, is_account=True)

    def _former(self, name: str) -> Json:
        return self._situation.former().get(name)

    def _plain(self, value: Json) -> Json:
        return self._sealing.opened(self._tx, self._situation.instance.instance_id, value)

    def _former_subject(self, value: Json) -> Subject | None:
        seal = seal_of(value)
        if seal is None:
            return None
        keys = self._tx.personal_keys([self._situation.instance.instance_id])
        found = [key for key in keys if key.key_id == seal.key_id and key.erasure is None]
        return self._sealing.subject_of(found[0]) if found else None


def masked(values: Variables) -> dict[str, Any]:
    """The values without what is sealed, where nobody is to read it."""
    return dict(without_seals(dict(values), lambda _seal: Unreadable(_UNKNOWN.text)))


def blank_for_forms(values: Variables) -> dict[str, Any]:
    """The values without those that cannot be read: a form asks for them anew."""
    return {
        name: None if isinstance(value, Unreadable) else value for name, value in values.items()
    }


def _foreign(seal: Seal) -> InvalidVariables:
    told = Sentence("Nilai tersegel ini bukan milik berkas proses ini, atau sudah diubah.")
    return InvalidVariables(f"variabel {seal.field}: {told}", {seal.field: [told]})


def _is_blank(value: Json) -> bool:
    return value is None or value in ("", []) or (isinstance(value, str) and not value.strip())


def _as_name(value: Json) -> str:
    """What tells one person from another: the same for 19 and " 19 "."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return " ".join(text.split())


def _text_of(subject: Subject) -> str:
    return json.dumps([subject.name, subject.is_account])


def _as_text(key: bytes) -> str:
    return base64.b64encode(key).decode("ascii")


def _as_bytes(text: str) -> bytes:
    return base64.b64decode(text)
