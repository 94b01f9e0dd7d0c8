"""Documents: which an instance holds, and their bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Executable, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import NotFound
from engine.model import Document, HeldDocument
from engine.store.kept_rows import of_table
from engine.store.tables import document, document_content
from engine.store.transaction import Transaction


def _put_contents(insert_contents: sqlite.Insert | postgresql.Insert) -> Executable:
    return insert_contents.on_conflict_do_nothing(index_elements=[document_content.c.sha256])


_PUT_CONTENTS = {
    "sqlite": _put_contents(sqlite.insert(document_content)),
    "postgresql": _put_contents(postgresql.insert(document_content)),
}


class Documents(Transaction):
    """Questions about the files of instances."""

    def put_contents(self, contents: Mapping[str, bytes]) -> None:
        """Keep each content under its SHA-256, once; one that is there already is left as it is."""
        # Always in one order, or two steps that bring the same files could wait for each other.
        rows = [
            {"sha256": digest, "size": len(content), "content": content}
            for digest, content in sorted(contents.items())
        ]
        if rows:
            self._write(_PUT_CONTENTS[self._connection.dialect.name], rows)

    def documents(self, instance_id: str) -> list[HeldDocument]:
        """The documents that the instance holds, in the order in which they came."""
        rows = self._all(
            select(document)
            .where(document.c.instance_id == instance_id)
            .order_by(document.c.sequence, document.c.name, document.c.document_id)
        )
        return [held_of(row) for row in rows]

    def held_documents(
        self, instance_id: str, document_ids: Collection[str]
    ) -> dict[str, HeldDocument]:
        """Those of the documents that the instance holds, by their ids."""
        rows = self._all(
            select(document).where(
                document.c.instance_id == instance_id,
                document.c.document_id.in_(sorted(document_ids)),
            )
        )
        return {row.document_id: held_of(row) for row in rows}

    def document(self, instance_id: str, document_id: str) -> HeldDocument:
        """The document of that id, if this instance holds it, or NotFound."""
        found = self.held_documents(instance_id, {document_id}).get(document_id)
        if found is None:
            raise NotFound(f"document of process instance {instance_id}", document_id)
        return found

    def document_content(self, sha256: str) -> bytes | None:
        """The bytes that are kept under the digest; None when there are none."""
        row = self._first(
            select(document_content.c.content).where(document_content.c.sha256 == sha256)
        )
        return None if row is None else _content(row)

    def sized_content(self, sha256: str) -> tuple[bytes, int] | None:
        """The same bytes, and how many there are by the column beside them."""
        row = self._first(select(document_content).where(document_content.c.sha256 == sha256))
        return None if row is None else (_content(row), row.size)


@of_table(document_content)
def _content(row: Row[Any]) -> bytes:
    return bytes(row.content)


@of_table(document)
def held_of(row: Row[Any]) -> HeldDocument:
    """The document in a row that has all columns of document."""
    found = Document(row.document_id, row.name, row.mime_type, row.size, row.sha256)
    return HeldDocument(row.instance_id, row.sequence, found)
