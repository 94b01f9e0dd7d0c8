"""Files of forms that were refused: kept a while for whoever sent them, so as to be sent again.

They belong to no instance and to no history. A form that is accepted takes them in as if they had
just been sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from engine.document_intake import MAX_FILES, clean_name, clean_type
from engine.model import Actor, PendingUpload, Upload
from engine.sources import Clock, Ids
from engine.store import Store

#: As long as a login lasts at most by default.
LIFETIME = timedelta(hours=12)
#: What an account may leave behind; the oldest give way.
MOST_PER_ACCOUNT = 2 * MAX_FILES


class PendingUploads:
    """Files that wait for their form; each account sees its own only."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, *, max_bytes: int) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._max_bytes = max_bytes

    def keep(self, uploads: Iterable[Upload], *, actor: Actor) -> list[PendingUpload]:
        """Keep the files, empty and too large ones aside. The account's oldest give way."""
        now = self._clock.now()
        kept = [
            PendingUpload(
                self._ids.new_id(),
                actor.account,
                Upload(clean_name(each.name), each.content, clean_type(each.mime_type)),
                now,
            )
            for each in uploads
            if 0 < len(each.content) <= self._max_bytes
        ][:MAX_FILES]
        if kept:
            with self._store.writing() as tx:
                tx.add_pending_uploads(kept)
                tx.keep_newest_pending_uploads(actor.account, MOST_PER_ACCOUNT)
        return kept

    def forget_old(self) -> int:
        """Let go of files that have waited longer than LIFETIME; how many."""
        with self._store.writing() as tx:
            return tx.drop_pending_uploads(before=self._clock.now() - LIFETIME)

    def find(self, upload_ids: Collection[str], *, actor: Actor) -> list[PendingUpload]:
        """Those of the files that this account left, in the order of the ids."""
        if not upload_ids:
            return []
        with self._store.reading() as tx:
            found = tx.pending_uploads(actor.account, upload_ids)
        return [found[each] for each in upload_ids if each in found]

    def release(self, upload_ids: Collection[str], *, actor: Actor) -> None:
        """Let go of files whose form was accepted."""
        if upload_ids:
            with self._store.writing() as tx:
                tx.release_pending_uploads(actor.account, upload_ids)
