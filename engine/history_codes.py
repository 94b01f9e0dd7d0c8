"""Verification codes: what a paper says of a history, so that somebody may ask later if it still
is so.

A code is 25 characters of Crockford's base 32 (no I, L, O, U), in groups of 5. It holds 40 bits of
the instance's id (when it began, to a quarter of a second; of older ones chance), 72 bits of the
hash of the event that was the last one then, and 13 bits that find a typing error. The hash covers
all events up to that one, so nobody writes them anew and keeps the code: that takes 2^72 tries. A
code is no proof that the paper around it is unchanged; it leads to the history, which the paper is
compared with.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from engine.errors import DamagedHistory, DamagedRow, InvalidInput
from engine.history import chain_faults
from engine.model import HistoryEvent, InstanceState, ProcessDefinition
from engine.store import Store, StoreTransaction

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What is easily read as another character.
_MISREAD = str.maketrans("OIL", "011")
_LENGTH, _GROUP = 25, 5
#: Hexadecimal digits of the id and of the hash, and bits that check them.
_OF_ID, _OF_HASH, _CHECK_BITS = 10, 18, 13
#: Hexadecimal digits before the first hyphen of a UUID.
_UUID_BREAK = 8


@dataclass(frozen=True, slots=True)
class CodedHistory:
    """The history that a code is of, as far as anybody who has the code may know.

    event: the one that was the last when the code was given. later: events since then. is_sound:
    whether the chain holds from the first event to the last.
    """

    event: HistoryEvent
    definition: ProcessDefinition
    state: InstanceState
    later: int
    is_sound: bool


class HistoryCodes:
    """Codes asked about, by anybody who has one in hand: it cannot be guessed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, code: str) -> CodedHistory | None:
        """The history that still has what the code says; None when none has it any more.

        Raises InvalidInput for what is no code.
        """
        instance_part, hash_part = _parts(code)
        with self._store.reading() as tx:
            event = tx.event_of_code(instance_part, hash_part)
            if event is None:
                return None
            instance = tx.instance(event.instance_id)
            return CodedHistory(
                event,
                tx.definition(instance.definition_id),
                instance.state,
                instance.last_sequence - event.sequence,
                is_sound=_is_chained(tx, event.instance_id),
            )


def _is_chained(tx: StoreTransaction, instance_id: str) -> bool:
    try:
        return not chain_faults(instance_id, tx.events(instance_id))
    except DamagedHistory:
        return False


def code_of(instance_id: str, head_hash: str) -> str:
    """The code of a history that ends with that hash: 5 groups of 5 characters."""
    payload = instance_id.replace("-", "")[:_OF_ID] + head_hash[:_OF_HASH]
    try:
        number = int(payload, 16) << _CHECK_BITS | _check(payload)
    except ValueError as error:
        found = f"{instance_id!r} and {head_hash!r}"
        raise DamagedRow(f"expected an instance's id and a hash, found {found}") from error
    text = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(text[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def _parts(code: str) -> tuple[str, str]:
    """How the instance's id begins, and the hash."""
    text = "".join(code.upper().split()).replace("-", "").translate(_MISREAD)
    if len(text) != _LENGTH:
        raise _no_code(f"expected {_LENGTH} letters and digits, found {len(text)}")
    if strange := sorted(set(text) - set(_ALPHABET)):
        raise _no_code(f"expected letters and digits without I, L, O and U, found {strange[0]!r}")
    number = 0
    for each in text:
        number = number << 5 | _ALPHABET.index(each)
    payload = f"{number >> _CHECK_BITS:0{_OF_ID + _OF_HASH}x}"
    if number & (1 << _CHECK_BITS) - 1 != _check(payload):
        raise _no_code("a character is wrong: its check does not fit")
    beginning = f"{payload[:_UUID_BREAK]}-{payload[_UUID_BREAK:_OF_ID]}"
    return beginning, payload[_OF_ID:]


def _check(payload: str) -> int:
    digest = hashlib.sha256(f"alur-code:{payload}".encode()).digest()
    return int.from_bytes(digest[:2], "big") >> 16 - _CHECK_BITS


def _no_code(reason: str) -> InvalidInput:
    return InvalidInput(f"this is no verification code: {reason}", {"code": [reason]})
