"""Checkpoints: the heads of all histories, signed and written outside of the database.

Whoever has the database can rewrite a history with its chain, but not what was signed and written
elsewhere. A checkpoint lists the heads that changed since the one before, and names that one by its
hash: so each covers everything up to itself. It is kept in the database first, then copied to the
folder, so that a crash between the two leaves no gap: what the folder lacks is copied again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.account_log import LOG as ACCOUNT_LOG
from engine.checkpoint_folder import CheckpointFolder, follower_of
from engine.checkpoint_format import (
    checkpoint_file,
    file_hash,
    head_line,
    heads_file,
    lines_of,
    read_checkpoint,
    signed_part,
    with_signature,
)
from engine.errors import (
    CheckpointsDisagree,
    CheckpointTaken,
    InvalidCheckpoint,
    InvalidInput,
    SigningKeyUnusable,
)
from engine.merkle import root_of
from engine.model import Actor, Checkpoint, Head, LogHead, Role, StoredCheckpoint
from engine.permissions import require_role
from engine.queries import Page
from engine.signing_key import SigningKey
from engine.sources import Clock, Ids
from engine.store import Store, StoreTransaction

_FIRST_PAGE = Page()
#: Changes are listed within this time.
EVERY = timedelta(hours=1)
#: One is made after so long even when nothing changed, so that silence is a sign.
AT_LEAST_EVERY = timedelta(days=1)
#: The end of an instance is listed after so long, together with others that end meanwhile.
_AFTER_END = timedelta(seconds=30)
#: A step's moment is bound before it is kept: an end may come to light so much later.
_LATE = timedelta(minutes=5)
#: Heads in one checkpoint; more become several.
_MAX_HEADS = 50_000


@dataclass(frozen=True, slots=True)
class Outside:
    """Where checkpoints are written, and what signs them."""

    folder: CheckpointFolder
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest checkpoint, 0 without any; and whether the folder has it."""

    number: int
    at: datetime | None
    is_copied: bool


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a new checkpoint is to say beside the heads."""

    note: str | None = None
    turns_key_over: bool = False
    #: Whether the key is another one, since the one before was lost.
    replaces_key: bool = False
    #: Whether it is made when nothing changed.
    is_made_anyway: bool = False


class Checkpoints:
    """Making checkpoints, for the worker and admins; reading them, for auditors and admins."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, outside: Outside | None) -> None:
        """outside: None when this installation makes none."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._outside = outside
        self._looked_at: datetime | None = None
        #: What the folder has, as far as this process knows: it is not listed again and again.
        self._published = 0

    @property
    def outside(self) -> Outside | None:
        """Where they are written; None: none are made."""
        return self._outside

    def standing(self) -> Standing | None:
        """How checkpoints stand; None: none are made here. Raises StorageError."""
        if self._outside is None:
            return None
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
        number = last.number if last else 0
        is_copied = not number or self._outside.folder.has_signed(number)
        return Standing(number, last.at if last else None, is_copied)

    # --------------------------------------------------------------------- reading

    def checkpoints(self, page: Page = _FIRST_PAGE, *, actor: Actor) -> list[StoredCheckpoint]:
        """All of them in order, without their heads. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.checkpoints(page)

    def count(self, *, actor: Actor) -> int:
        """How many there are. Raises Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.count_checkpoints()

    def checkpoint(self, number: int, *, actor: Actor) -> StoredCheckpoint:
        """One with its heads. Raises NotFound, Forbidden."""
        _require_reader(actor)
        with self._store.reading() as tx:
            return tx.checkpoint(number)

    # ---------------------------------------------------------------------- making

    def make(self, *, actor: Actor) -> list[Checkpoint]:
        """Everything up to now is listed, and is in the folder; the new ones, at least one.

        Raises Forbidden, InvalidInput when there is no folder, SigningKeyUnusable,
        CheckpointsDisagree, CheckpointTaken.
        """
        require_role(actor, "make a checkpoint", Role.ADMIN)
        return self._make_all(_Wish(is_made_anyway=True))

    def turn_key_over(self, *, actor: Actor) -> list[Checkpoint]:
        """The key is a new one, which the old one has signed, and the old one is gone."""
        require_role(actor, "change the key of checkpoints", Role.ADMIN)
        return [
            *self._make_all(_Wish(turns_key_over=True, is_made_anyway=True)),
            *self._make_all(_Wish(is_made_anyway=True)),
        ]

    def resume(self, reason: str, *, actor: Actor) -> list[Checkpoint]:
        """The database, restored from an older copy, knows the folder's later checkpoints again.

        What these list and the database has lost stays a fault that `verify` names; the next
        checkpoint says the reason. Raises CheckpointsDisagree when the folder goes another way.
        """
        require_role(actor, "resume checkpoints", Role.ADMIN)
        if not reason.strip():
            raise InvalidInput("expected the reason why checkpoints are resumed, found nothing")
        self._adopt(self._required().folder)
        note = f"resumed by {actor.account}: {reason.strip()}"
        return self._make_all(_Wish(note=note, is_made_anyway=True))

    def replace_lost_key(self, reason: str, *, actor: Actor) -> list[Checkpoint]:
        """Checkpoints go on with a new key, which nobody vouches for: the old one is lost.

        That stays a fault which `verify` names at the first one with the new key; it says the
        reason. Raises InvalidInput while the key is there. One that no checkpoint knows was made
        by such a change that was cut off, which is ended now.
        """
        require_role(actor, "replace the key of checkpoints", Role.ADMIN)
        if not reason.strip():
            raise InvalidInput("expected how the key was lost, found nothing")
        key = self._required().key
        if key.file.exists() and self._is_known(key.public()):
            raise InvalidInput(f"{key.file}: the key is there; --new-key lets it sign another one")
        key.make()
        note = f"key lost, replaced by {actor.account}: {reason.strip()}"
        return self._make_all(_Wish(note=note, replaces_key=True, is_made_anyway=True))

    def _is_known(self, public: str) -> bool:
        """Whether the last checkpoint was signed with this key, or lets the next one be."""
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
        if last is None:
            return True
        found = read_checkpoint(last.content)
        return public in {found.key, found.key_after}

    def make_when_due(self) -> int:
        """What is due is made, and what the folder lacks is copied; how many were made."""
        if self._outside is None:
            return 0
        made = 0
        if self._is_due():
            self._looked_at = self._clock.now()
            try:
                made = len(self._make_all(_Wish(is_made_anyway=self._is_silent())))
            except CheckpointTaken:
                return 0  # another worker made it
        self._publish(self._outside.folder)
        return made

    def _required(self) -> Outside:
        if self._outside is None:
            raise InvalidInput(
                "no checkpoints are made here: expected ALUR_CHECKPOINTS to name a folder"
            )
        return self._outside

    # -------------------------------------------------------------------- when due

    def _is_due(self) -> bool:
        now = self._clock.now()
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
            if last is None or _names_new_key(last) or self._is_ahead(last):
                return True
            if now - max(last.at, self._looked_at or last.at) >= EVERY:
                return True
            ended_at = tx.oldest_unlisted_end(last.at - _LATE)
        return ended_at is not None and now - ended_at >= _AFTER_END

    def _is_silent(self) -> bool:
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
        is_old = last is None or self._clock.now() - last.at >= AT_LEAST_EVERY
        is_old = is_old or (last is not None and self._is_ahead(last))
        return is_old or (last is not None and _names_new_key(last))

    def _is_ahead(self, last: StoredCheckpoint) -> bool:
        """Whether it is of a clock that ran ahead, and would silence all others until then."""
        return last.at - self._clock.now() > _LATE

    # --------------------------------------------------------------------- the deed

    def _make_all(self, wish: _Wish) -> list[Checkpoint]:
        outside = self._required()
        made: list[Checkpoint] = []
        while True:
            new, is_full = self._make_one(outside, wish)
            made += [new] if new else []
            self._publish(outside.folder)
            if new and new.next_key:
                outside.key.turn_over(new.next_key)
            if not is_full:
                return made
            wish = _Wish()

    def _make_one(self, outside: Outside, wish: _Wish) -> tuple[Checkpoint | None, bool]:
        """The next checkpoint, kept in the database; and whether more heads wait."""
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
            _agree(outside.folder, last)
            heads = tx.unlisted_heads(_MAX_HEADS)
            logs = _log_heads(tx)
        before = read_checkpoint(last.content) if last else None
        if not (heads or wish.is_made_anyway or before is None or logs != before.logs):
            return None, False
        key = outside.key.public() if wish.replaces_key else _key_after(outside, before)
        unsigned = Checkpoint(
            number=before.number + 1 if before else 1,
            at=self._clock.now(),
            previous=file_hash(last.content) if last else None,
            root=root_of(map(head_line, heads)).hex(),
            count=len(heads),
            logs=logs,
            key=key,
            next_key=outside.key.next_public() if wish.turns_key_over else None,
            note=wish.note,
        )
        new = with_signature(unsigned, outside.key.sign(signed_part(unsigned)))
        self._keep(new, heads)
        return new, len(heads) == _MAX_HEADS

    def _keep(self, new: Checkpoint, heads: list[Head]) -> None:
        stored = StoredCheckpoint(new.number, new.at, checkpoint_file(new), heads_file(heads))
        with self._store.writing() as tx:
            tx.add_checkpoint(stored, heads)

    # ------------------------------------------------------------------- the folder

    def _publish(self, folder: CheckpointFolder) -> None:
        """Every checkpoint of the database is in the folder; each is judged before it is copied."""
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
            if last is None or last.number == self._published:
                return
            _agree(folder, last)
            newest = max(folder.numbers(), default=0)
            previous = folder.signed(newest) if newest else None
            for number in range(newest + 1, last.number + 1):
                stored = tx.checkpoint(number)
                _judge(previous, stored, own_key=self._own_key())
                folder.put(stored, self._ids)
                previous = stored.content
        self._published = last.number

    def _own_key(self) -> str | None:
        key = self._required().key
        return key.public() if key.file.exists() else None

    def _adopt(self, folder: CheckpointFolder) -> None:
        """The database keeps the checkpoints that only the folder has."""
        with self._store.reading() as tx:
            last = tx.last_checkpoint()
        previous = last.content if last else None
        known = last.number if last else 0
        if known > max(folder.numbers(), default=0):
            return  # it was resumed, and cut off before the folder had its last one
        if previous is not None and folder.signed(known) != previous:
            raise _other_way(folder, known)
        for number in (each for each in folder.numbers() if each > known):
            content = folder.signed(number)
            try:
                new = follower_of(previous, content, own_key=self._own_key())
            except InvalidCheckpoint as error:
                raise CheckpointsDisagree(str(error)) from error
            heads = b"".join(line + b"\n" for line in folder.lines(number))
            if root_of(lines_of(heads)).hex() != new.root:
                raise CheckpointsDisagree(f"the heads of checkpoint {number} are not its own")
            with self._store.writing() as tx:
                tx.add_checkpoint(StoredCheckpoint(number, new.at, content, heads), [])
            previous = content


def _require_reader(actor: Actor) -> None:
    require_role(actor, "read checkpoints", Role.AUDITOR, Role.ADMIN)


def _names_new_key(last: StoredCheckpoint) -> bool:
    """Whether the next one proves that the new key is in place."""
    return read_checkpoint(last.content).next_key is not None


def _log_heads(tx: StoreTransaction) -> Mapping[str, LogHead]:
    return {ACCOUNT_LOG: tx.account_log_head()}


def _key_after(outside: Outside, before: Checkpoint | None) -> str:
    """The public key to sign with: the one that the last checkpoint names. SigningKeyUnusable."""
    if before is None:
        outside.key.make()
        return outside.key.public()
    # A crash may have come between the checkpoint that names a new key and the key's own change.
    outside.key.turn_over(before.key_after)
    public = outside.key.public()
    if public != before.key_after:
        raise SigningKeyUnusable(
            f"{outside.key.file}: checkpoint {before.number} names another key; restore the file "
            "from its backup"
        )
    return public


def _agree(folder: CheckpointFolder, last: StoredCheckpoint | None) -> None:
    """The folder has no checkpoint that the database does not have. Raises CheckpointsDisagree."""
    known, newest = last.number if last else 0, max(folder.numbers(), default=0)
    if newest > known:
        raise CheckpointsDisagree(
            f"{folder.path} has checkpoint {newest}, the database knows {known}: it was restored "
            "from an older copy, or changed. Run `alur verify --all`; then "
            "`alur checkpoint --after-restore REASON` goes on"
        )
    if last and newest == known and folder.signed(known) != last.content:
        raise _other_way(folder, known)


def _other_way(folder: CheckpointFolder, number: int) -> CheckpointsDisagree:
    return CheckpointsDisagree(
        f"{folder.path} has another checkpoint {number} than the database: it belongs to another "
        "database, or one of them was changed"
    )


def _judge(previous: bytes | None, stored: StoredCheckpoint, *, own_key: str | None) -> None:
    """What the database has as the next checkpoint is one. Raises CheckpointsDisagree."""
    try:
        new = follower_of(previous, stored.content, own_key=own_key)
    except InvalidCheckpoint as error:
        raise CheckpointsDisagree(f"in the database: {error}") from error
    if root_of(lines_of(stored.heads)).hex() != new.root:
        raise CheckpointsDisagree(f"in the database: checkpoint {new.number} has other heads")
