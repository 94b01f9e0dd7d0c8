"""Files of forms that were refused, until their form is sent again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from engine.model import PendingUpload, Upload
from engine.store.tables import pending_upload
from engine.store.transaction import Transaction

_COLUMNS = pending_upload.c


class PendingUploads(Transaction):
    """Questions about files that wait for their form."""

    def add_pending_uploads(self, uploads: Sequence[PendingUpload]) -> None:
        """Keep the files."""
        self._write(
            insert(pending_upload),
            [
                {
                    "upload_id": each.upload_id,
                    "account": each.account,
                    "name": each.upload.name,
                    "mime_type": each.upload.mime_type,
                    "content": each.upload.content,
                    "kept_at": each.kept_at,
                }
                for each in uploads
            ],
        )

    def pending_uploads(
        self, account: str, upload_ids: Collection[str]
    ) -> dict[str, PendingUpload]:
        """Those of the files that this account left, by id."""
        rows = self._all(
            select(pending_upload).where(
                _COLUMNS.account == account, _COLUMNS.upload_id.in_(sorted(upload_ids))
            )
        )
        return {
            row.upload_id: PendingUpload(
                row.upload_id,
                row.account,
                Upload(row.name, bytes(row.content), row.mime_type),
                row.kept_at,
            )
            for row in rows
        }

    def release_pending_uploads(self, account: str, upload_ids: Collection[str]) -> int:
        """Drop these files of the account; how many."""
        return self._write(
            delete(pending_upload).where(
                _COLUMNS.account == account, _COLUMNS.upload_id.in_(sorted(upload_ids))
            )
        )

    def drop_pending_uploads(self, *, before: datetime) -> int:
        """Drop what was kept before that moment; how many."""
        return self._write(delete(pending_upload).where(_COLUMNS.kept_at < before))

    def keep_newest_pending_uploads(self, account: str, most: int) -> int:
        """Drop all but the newest files of the account; how many."""
        newest = (
            select(_COLUMNS.upload_id)
            .where(_COLUMNS.account == account)
            .order_by(_COLUMNS.kept_at.desc(), _COLUMNS.upload_id)
            .limit(most)
        )
        return self._write(
            delete(pending_upload).where(
                _COLUMNS.account == account, _COLUMNS.upload_id.not_in(newest)
            )
        )
