"""Records the golden histories of a release: one run of each SOP, every return taken once."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from engine.model import HistoryEvent
from engine.store import Store
from tests.office import AUDITOR, PROCESSES, SOP_FILES, Office, every_return_once

FOLDER = Path(__file__).parent


def as_row(event: HistoryEvent) -> dict[str, object]:
    """One event as JSON, field by field."""
    return {
        "instance": event.instance_id,
        "sequence": event.sequence,
        "revision": event.revision,
        "kind": str(event.kind),
        "at": event.at.isoformat(timespec="milliseconds"),
        "actor": event.actor,
        "capacity": event.capacity,
        "activity": event.activity_id,
        "activityInstance": event.activity_instance_id,
        "payload": dict(event.payload),
        "previousHash": event.previous_hash,
        "hash": event.hash,
    }


def record(release: str) -> None:
    """Write the folder of a release. Refuses to write one that is there."""
    folder = FOLDER / release
    folder.mkdir()
    for stem in SOP_FILES:
        store = Store.open("sqlite://")
        store.migrate()
        office = Office(store)
        instance = office.start_sop(office.deploy_sop(stem))
        office.run_to_end(instance, every_return_once())
        events = office.engine.history.events(instance, actor=AUDITOR)
        rows = [json.dumps(as_row(event), ensure_ascii=False, sort_keys=True) for event in events]
        (folder / f"{stem}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")
        shutil.copy(PROCESSES / f"{stem}.bpmn", folder / f"{stem}.bpmn")
        store.close()


if __name__ == "__main__":
    record(sys.argv[1])
