"""A small database with a bit of everything, to be damaged: copied for each try."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from engine.correlation import Message
from engine.due_timers import DueTimers
from engine.model import Role, Upload
from engine.process_engine import ProcessEngine, build_engine
from engine.queries import TopicSubscription
from engine.remarks import Place
from engine.settings import Settings
from engine.sources import ManualClock, RandomIds
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.crashes.operations import ARRIVED, ROBOT
from tests.office import ADMIN, LANES, SOP_FILES, Office, every_return_once
from tests.soak import diagrams


@dataclass(frozen=True)
class Specimen:
    """A closed SQLite database with its folder of checkpoints, which lies outside of it."""

    file: Path
    settings: Settings
    clock: ManualClock
    #: Of the admin: an access token, and what his browser shows.
    token: str
    session: str

    def copied(self, to: Path) -> Specimen:
        """The same in another file; the checkpoints stay where they are."""
        shutil.copyfile(self.file, to)
        return replace(self, file=to)

    @contextmanager
    def opened(self) -> Iterator[ProcessEngine]:
        store = Store.open(f"sqlite:///{self.file}")
        yield build_engine(store, self.clock, RandomIds(), self.settings)
        store.close()


def specimen(folder: Path) -> Specimen:
    """Instances of an SOP, running and ended; comments, files, personal values, deliveries."""
    settings = Settings(
        secret_key=("k" * 40,),
        checkpoints=folder / "checkpoints",
        checkpoint_key=folder / "key.pem",
    )
    file = folder / "specimen.db"
    store = Store.open(f"sqlite:///{file}")
    store.migrate()
    office = Office(store, settings)
    office.engine = build_engine(store, office.clock, RandomIds(), settings)
    _people(office)
    for stem in SOP_FILES[1:2]:
        definition = office.deploy_sop(stem)
        whole, half = office.start_sop(definition), office.start_sop(definition)
        office.run_to_end(whole, every_return_once())
        office.run_to_end(half, every_return_once(), limit=4)
        _remark(office, half)
    _work(office)
    _, token = office.engine.access_tokens.create("admin", "uji", actor=ADMIN)
    session, _ = office.engine.sessions.open("admin")
    office.engine.checkpoints.make(actor=ADMIN)
    store.close()
    return Specimen(file, settings, office.clock, token, session)


def _people(office: Office) -> None:
    accounts = office.engine.accounts
    for lane in LANES:
        name = lane.lower()
        accounts.add(name, display_name=lane, roles=[Role.STAFF], lanes=[lane], actor=ADMIN)
    accounts.add("admin", display_name="Admin", roles=[Role.ADMIN], actor=ADMIN)
    wishes = Wishes("gerbang", "https://gerbang.dinas.test/")
    office.engine.webhook_subscriptions.add(wishes, actor=ADMIN)


def _remark(office: Office, instance_id: str) -> None:
    remarks = office.engine.remarks
    remarks.comment(Place(instance_id), "catatan untuk berkas ini", actor=ADMIN)
    file = Upload("lampiran.txt", b"isi lampiran " * 50, "text/plain")
    remarks.attach(Place(instance_id), file, name="lampiran", actor=ADMIN)


def waiting_everywhere(office: Office) -> None:
    """Instances of the soak's own process at each of its places, and one that is beyond them."""
    definition = office.deploy(diagrams.work("0"), "rendam.bpmn")
    filled = {"catatan": "halo", "alamat": "Jalan Kenanga 17", "putusan": "setujui"}
    # The last place first: the clock moves on for who waits.
    for place in reversed(range(5)):
        instance_id = office.start(definition)
        if place >= 1:
            office.complete(instance_id, "isi", office.people["Perencana"], **filled)
        if place >= 2:
            office.clock.advance(seconds=5)
            DueTimers(office.engine.instances, office.clock).turn(lambda: False)
        if place >= 3:
            _serve(office.engine)
        if place >= 4:
            message = Message(diagrams.MESSAGE, instance_id=instance_id, variables={"surat": "1"})
            office.engine.messages.correlate(message, actor=ROBOT)


def _work(office: Office) -> None:
    """What waits, and what there was to send of it."""
    waiting_everywhere(office)
    office.engine.deliveries.expand(10_000)
    for delivery_id, _ in office.engine.deliveries.due(100):
        taken = office.engine.deliveries.take(delivery_id)
        assert taken is not None
        office.engine.deliveries.settle(*taken, ARRIVED)
    office.engine.measuring.turn(lambda: False)


def _serve(engine: ProcessEngine) -> None:
    topic = TopicSubscription(diagrams.TOPIC, 60_000)
    for found in engine.external_tasks.fetch_and_lock("w", [topic], max_tasks=9, actor=ROBOT):
        engine.external_tasks.complete(found.task.external_task_id, "w", {}, actor=ROBOT)
