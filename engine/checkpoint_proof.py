"""Compares checkpoints with the database: what was listed once must still be what happened.

A chain that was written anew as a whole, a history cut at its end and an instance that was deleted
agree with themselves; they do not agree with what was signed outside of the database before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import Final

from engine.account_log import LOG as ACCOUNT_LOG
from engine.checkpoint_format import (
    file_hash,
    fingerprint,
    lines_of,
    read_checkpoint,
    signed_part,
)
from engine.checkpoint_series import Series, growing, series_at, series_up_to
from engine.checkpoints import Outside
from engine.errors import PASSING_TROUBLE, DamagedRow, InvalidCheckpoint, StorageError
from engine.merkle import Tree
from engine.model import Actor, Checkpoint, Fault, Head, Role, SeriesVerification
from engine.permissions import require_instance_visible, require_role
from engine.signing_key import is_signed
from engine.store import Store, StoreTransaction

#: What a fault of a checkpoint itself has in place of an instance; its sequence is the number.
CHECKPOINTS = "checkpoints"
CHECK: Final = "checkpoint"
#: Heads looked up by one statement.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Covering:
    """How far the newest checkpoint that lists an instance proves it."""

    number: int
    at: datetime | None
    sequence: int
    is_sound: bool
    #: Of the key that it is signed with; "" when it cannot be read.
    fingerprint: str


OnProgress = Callable[[int, int], None]


class CheckpointProof:
    """Whether the database is what checkpoints say; for auditors and admins."""

    def __init__(self, store: Store, outside: Outside | None) -> None:
        self._store = store
        self._outside = outside

    def folder(self) -> Path | None:
        """Where this installation writes checkpoints, when there are any."""
        if self._outside is None or not self._outside.folder.numbers():
            return None
        return self._outside.folder.path

    def verify(
        self,
        place: Path,
        *,
        actor: Actor,
        instances: Collection[str] | None = None,
        known_key: str | None = None,
        on_progress: OnProgress = lambda _done, _all: None,
    ) -> SeriesVerification:
        """Compare the checkpoints of a folder, or those up to one file, with the database.

        instances: compare the heads of these only. known_key: the public key (base64) that must
        have signed the last one, or its fingerprint; without it that of this installation.
        Raises InvalidInput when there is no checkpoint, Forbidden.
        """
        _require_reader(actor)
        with self._store.reading() as tx:
            series = series_at(tx, place)
            proof = _Proof(tx, series, None if instances is None else frozenset(instances))
            return proof.verify(known_key or self._own_key(), on_progress)

    def verify_file(self, content: bytes, *, actor: Actor) -> SeriesVerification:
        """Compare the database with one signed file that somebody kept elsewhere.

        Raises InvalidCheckpoint, Forbidden.
        """
        _require_reader(actor)
        folder = self._outside.folder if self._outside else None
        with self._store.reading() as tx:
            proof = _Proof(tx, series_up_to(tx, content, folder), None)
            return proof.verify(self._own_key(), lambda _done, _all: None)

    def covering(self, instance_id: str, *, actor: Actor) -> Covering | None:
        """The newest checkpoint that lists the instance, and whether it holds; None without any.

        For whoever may see the instance. Raises NotFound, Forbidden.
        """
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
            number = tx.listed_number(instance_id)
            if number is None:
                return None
            series = Series(tx, self._outside.folder if self._outside else None, number)
            return _covering(tx, series, instance_id)

    def _own_key(self) -> str | None:
        if self._outside is None or not self._outside.key.file.exists():
            return None
        return self._outside.key.public()


def _require_reader(actor: Actor) -> None:
    require_role(actor, "compare checkpoints", Role.AUDITOR, Role.ADMIN)


def _covering(tx: StoreTransaction, series: Series, instance_id: str) -> Covering:
    """What the last checkpoint of the series says of the instance, and whether that holds."""
    content = series.signed(series.last)
    made = read_checkpoint(content) if content else None
    tree = Tree()
    heads = [h for h in growing(tree, series.lines(series.last)) if h.instance_id == instance_id]
    kept = tx.hashes_at(heads)
    is_sound = (
        made is not None
        and is_signed(signed_part(made), made.signature, made.key)
        and tree.root.hex() == made.root
        and bool(heads)
        and all(kept.get((h.instance_id, h.sequence)) == h.hash for h in heads)
    )
    sequence = heads[0].sequence if heads else 0
    return Covering(
        series.last,
        made.at if made else None,
        sequence,
        is_sound=is_sound,
        fingerprint=fingerprint(made.key) if made else "",
    )


@dataclass(frozen=True, slots=True)
class _Difference:
    """The first checkpoint that lists a head which the database does not have."""

    head: Head
    checkpoint: Checkpoint
    #: The hash of the event that is there instead; None: there is none.
    found: str | None


@dataclass(slots=True)
class _Proof:
    """One comparison. It holds one batch of heads, and what differs."""

    tx: StoreTransaction
    series: Series
    wanted: frozenset[str] | None
    faults: list[Fault] = field(default_factory=list)
    differing: dict[str, _Difference] = field(default_factory=dict)
    compared: int = 0
    read: int = 0

    def verify(self, known_key: str | None, on_progress: OnProgress) -> SeriesVerification:
        before: tuple[bytes, Checkpoint | None] | None = None
        reached = 0
        for number in self.series.numbers():
            if number > reached + 1:
                text = f"it is missing, and so is each until {number}"
                self.faults.append(_fault(reached + 1, text))
                before = None
            reached = number
            try:
                content = self.series.signed(number)
            except DamagedRow as error:
                self.faults.append(_fault(number, f"the copy in the database: {error}"))
                before = None
                continue
            found = self._checked(number, content, before)
            if found is not None and content is not None:
                self._compare_heads(found)
                self._compare_logs(found)
                self._compare_copy(number, content)
            before = None if content is None else (content, found)
            on_progress(number, self.series.last)
        self.faults += self._head_faults()
        return self._judged(before[1] if before else None, known_key)

    def _judged(self, last: Checkpoint | None, known: str | None) -> SeriesVerification:
        if last is None:
            return SeriesVerification(self.read, self.compared, faults=tuple(self.faults))
        is_known = known is not None and known.replace(" ", "") in {
            last.key,
            fingerprint(last.key).replace(" ", ""),
        }
        if known is not None and not is_known:
            text = "it is signed with another key than the one that is known"
            self.faults.append(_fault(last.number, text, known, last.key))
        return SeriesVerification(
            checkpoints=self.read,
            heads=self.compared,
            number=last.number,
            at=last.at,
            fingerprint=fingerprint(last.key),
            is_key_known=is_known,
            faults=tuple(self.faults),
        )

    # --------------------------------------------------------------- the series itself

    def _checked(
        self, number: int, content: bytes | None, before: tuple[bytes, Checkpoint | None] | None
    ) -> Checkpoint | None:
        """The checkpoint of that number, when it can be read; what is wrong with it is noted."""
        if content is None:
            self.faults.append(_fault(number, "it is missing, in the folder and in the database"))
            return None
        self.read += 1
        try:
            found = read_checkpoint(content)
        except InvalidCheckpoint as error:
            self.faults.append(_fault(number, str(error)))
            return None
        if found.number != number:
            self.faults.append(
                _fault(number, "its file has another", str(number), str(found.number))
            )
        if not is_signed(signed_part(found), found.signature, found.key):
            self.faults.append(_fault(number, "its signature does not hold"))
        self._check_link(number, found, before)
        return found

    def _compare_copy(self, number: int, content: bytes) -> None:
        """Whoever asks the database for it must get the one of the folder."""
        try:
            copy = self.series.copied(number)
        except DamagedRow as error:
            self.faults.append(_fault(number, f"the copy in the database: {error}"))
            return
        if copy is None:
            return
        if copy.content != content:
            expected, found = file_hash(content), file_hash(copy.content)
            self.faults.append(_fault(number, "the database has another copy", expected, found))
        pairs = zip_longest(lines_of(copy.heads), self.series.lines(number))
        if any(one != other for one, other in pairs):
            self.faults.append(_fault(number, "the database has other heads of it"))

    def _check_link(
        self, number: int, found: Checkpoint, before: tuple[bytes, Checkpoint | None] | None
    ) -> None:
        if before is None or found.number != number:
            return
        content, former = before
        if found.previous != file_hash(content):
            text = f"it is not the one that checkpoint {number} names"
            expected = found.previous or "none"
            self.faults.append(_fault(number - 1, text, expected, file_hash(content)))
        if former is not None and found.key != former.key_after:
            text = f"it is signed with a key that checkpoint {former.number} does not name"
            self.faults.append(_fault(number, text, former.key_after, found.key))

    # ------------------------------------------------------------------------- heads

    def _compare_heads(self, found: Checkpoint) -> None:
        tree = Tree()
        try:
            for batch in _batches(growing(tree, self.series.lines(found.number))):
                self._compare_batch(found, [each for each in batch if self._is_wanted(each)])
        except PASSING_TROUBLE:
            raise
        except (InvalidCheckpoint, StorageError) as error:
            self.faults.append(_fault(found.number, f"its heads cannot be read: {error}"))
            return
        if (tree.root.hex(), tree.size) != (found.root, found.count):
            text = "its heads are not those that it was signed with"
            expected, kept = f"{found.count} under {found.root}", f"{tree.size} under "
            self.faults.append(_fault(found.number, text, expected, kept + tree.root.hex()))

    def _is_wanted(self, head: Head) -> bool:
        return self.wanted is None or head.instance_id in self.wanted

    def _compare_batch(self, found: Checkpoint, heads: list[Head]) -> None:
        self.compared += len(heads)
        kept = self.tx.hashes_at(heads) if heads else {}
        for head in heads:
            there = kept.get((head.instance_id, head.sequence))
            if there != head.hash:
                self.differing.setdefault(head.instance_id, _Difference(head, found, there))

    def _compare_logs(self, found: Checkpoint) -> None:
        """Where the log of accounts ended is still an event of it; named once."""
        head = found.logs.get(ACCOUNT_LOG)
        if head is None or head.sequence == 0 or self.wanted is not None:
            return
        there = self._account_event_hash(head.sequence)
        if there != head.hash and not any(each.instance_id == ACCOUNT_LOG for each in self.faults):
            text = f"the event is not the one that checkpoint {found.number} lists"
            self.faults.append(
                Fault(ACCOUNT_LOG, head.sequence, CHECK, text, head.hash, there or "nothing")
            )

    def _account_event_hash(self, sequence: int) -> str | None:
        try:
            return self.tx.account_event_hash(sequence)
        except DamagedRow:
            return None

    # ------------------------------------------------------------------ what differs

    def _head_faults(self) -> Iterator[Fault]:
        rewritten = {each for each, how in self.differing.items() if how.found is not None}
        sound = self._last_sound(rewritten) if rewritten else {}
        for instance_id, how in self.differing.items():
            if how.found is None:
                yield self._missing(how)
            else:
                yield _rewritten(how, sound.get(instance_id, 0))

    def _missing(self, how: _Difference) -> Fault:
        instance_id, wanted = how.head.instance_id, how.head.sequence
        last = self.tx.last_event_sequence(instance_id)
        if last == 0:
            text, at = "the instance was deleted: history has no event of it", 1
        elif last < wanted:
            text, at = f"history was cut: it ends with event {last}", last + 1
        else:
            text, at = "the event is missing", wanted
        return Fault(instance_id, at, CHECK, text, _listed(how), "nothing")

    def _last_sound(self, instances: Collection[str]) -> dict[str, int]:
        """The last listed event of each that is still the one which was listed."""
        sound: dict[str, int] = {}
        for number in self.series.numbers():
            try:
                heads = [
                    head
                    for head in growing(Tree(), self.series.lines(number))
                    if head.instance_id in instances
                ]
            except (InvalidCheckpoint, DamagedRow):
                continue  # that is told by itself
            for batch in _batches(iter(heads)):
                kept = self.tx.hashes_at(batch)
                for head in batch:
                    if kept.get((head.instance_id, head.sequence)) == head.hash:
                        sound[head.instance_id] = max(head.sequence, sound.get(head.instance_id, 0))
        return sound


def _batches(heads: Iterator[Head]) -> Iterator[list[Head]]:
    while batch := list(islice(heads, _BATCH)):
        yield batch


def _rewritten(how: _Difference, sound: int) -> Fault:
    head = how.head
    first = sound + 1 if sound < head.sequence else head.sequence
    where = f"event {first}" if first == head.sequence else f"events {first} to {head.sequence}"
    text = f"history was written anew, in {where}, and its chain with it"
    found = f"event {head.sequence} with hash {how.found}"
    return Fault(head.instance_id, first, CHECK, text, _listed(how), found)


def _listed(how: _Difference) -> str:
    made = how.checkpoint
    at = made.at.isoformat(timespec="seconds")
    return f"event {how.head.sequence} with hash {how.head.hash} (checkpoint {made.number} of {at})"


def _fault(number: int, text: str, expected: str | None = None, found: str | None = None) -> Fault:
    return Fault(CHECKPOINTS, number, CHECK, f"checkpoint {number}: {text}", expected, found)
