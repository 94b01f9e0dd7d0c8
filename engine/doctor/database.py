"""The database itself: whether it is there, sound, of this version, and can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from engine.doctor.diagnoses import attention, broken, looked, ok
from engine.errors import DamagedRow, NotFound, StorageBusy
from engine.health import DAMAGED_LOG
from engine.model import Diagnosis, Verdict
from engine.queries import DefinitionQuery
from engine.store import Store

#: Of what SQLite finds damaged; it may find thousands.
_NAMED = 3
_STEPS = "see systemd/README.md, When something is wrong"
_RESTORE = (
    "stop Alur, keep the file with its -wal as they are, and restore the newest backup to a new "
    f"file; {_STEPS}"
)
_LOG = (
    "`alur verify --all` says what checkpoints listed and is not there; ask who worked in the last "
    f"hour before; keep that file, and move it away when all is done again; {_STEPS}"
)


def look_at_database(store: Store) -> Iterator[Diagnosis]:
    """Nothing else can be asked of a database when the first of these is broken."""
    found = looked("database", lambda: _database(store), advice=_STEPS)
    yield found
    if found.verdict is Verdict.BROKEN:
        return
    yield looked("writing", lambda: _writing(store), advice="see its owner, and its mount")
    for kept in store.damaged_logs():
        yield broken("log", f"{kept}: {DAMAGED_LOG}", _LOG)
    for warning in store.warnings():
        yield attention("SQLite", warning, "install pysqlite3 in the same environment")
    yield looked("diagrams", lambda: _diagrams(store), advice=_RESTORE)


def _database(store: Store) -> Diagnosis:
    store.check_schema()  # first: looking into a file that is not there would make one
    damages = store.check_integrity()
    if damages:
        more = f"; {len(damages) - _NAMED} more" if len(damages) > _NAMED else ""
        return broken("database", f"{store.place}: {'; '.join(damages[:_NAMED])}{more}", _RESTORE)
    return ok("database", f"{store.place} is sound, with schema version {store.schema()}")


def _writing(store: Store) -> Diagnosis:
    try:
        with store.writing() as tx:
            tx.try_writing()
    except StorageBusy:
        file = f" {store.file}" if store.file else ""
        return broken(
            "writing",
            "another process has held the database for longer than one waits",
            f"find it (`fuser -v{file}`), and end what is not Alur; a migration may take minutes",
        )
    return ok("writing", "can be written")


def _diagrams(store: Store) -> Diagnosis:
    """The files of all definitions are, byte for byte, what was deployed."""
    with store.reading() as tx:
        definitions = tx.definitions(DefinitionQuery())
        changed = []
        for each in definitions:
            try:
                content = tx.resource_named(each.deployment_id, each.resource_name).content
            except (DamagedRow, NotFound):
                content = b""
            if hashlib.sha256(content).hexdigest() != each.digest:
                changed.append(each.definition_id)
    if changed:
        said = f"the file is not the one that was deployed: {', '.join(changed)}"
        return broken("diagrams", said, _RESTORE)
    return ok("diagrams", f"{len(definitions)} definitions have the files that were deployed")
