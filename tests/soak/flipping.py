"""One bit of the database's file is another one: what is shown then, of every instance."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import EngineError
from engine.process_engine import ProcessEngine
from tests.office import AUDITOR
from tests.soak.specimen import Specimen
from webhooks import create_app

#: Listings and pages that everybody looks at; `{}` is an instance.
API = (
    "/task",
    "/process-instance",
    "/process-definition",
    "/history/process-instance",
    "/history/user-operation",
    "/history/activity-instance?maxResults=50",
    "/incident",
    "/external-task",
    "/event-subscription",
    "/delivery",
    "/account-event",
)
PAGES = ("/", "/berkas", "/proses", "/dasbor", "/riwayat", "/akun", "/titik-periksa", "/laporan")
OF_INSTANCE = ("/berkas/{}", "/putar-ulang/{}", "/berkas/{}/keutuhan")


class Unexpected(logging.Handler):
    """What is logged with a traceback that is no error of the engine's own."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, EngineError):
            self.found.append(f"{record.getMessage()}: {type(error).__name__}: {error}")


@dataclass
class Shown:
    """What an installation shows: each history as it is told, and how its pages answer."""

    #: Instance -> its events, canonical; None when it is said that they cannot be shown.
    histories: dict[str, str | None] = field(default_factory=dict)
    #: Those that `verify` calls sound.
    sound: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    #: Of pages and listings: status -> how often.
    statuses: Counter[int] = field(default_factory=Counter)
    #: An error that kept everything from being shown.
    refusal: str = ""


def flipped(specimen: Specimen, to: Path, rng: random.Random) -> tuple[Specimen, int]:
    """A copy with one bit another, and which: the number of the bit."""
    content = bytearray(specimen.file.read_bytes())
    bit = rng.randrange(len(content) * 8)
    content[bit // 8] ^= 1 << bit % 8
    for name in ("-wal", "-shm", "-journal"):
        to.with_name(to.name + name).unlink(missing_ok=True)
    to.write_bytes(content)
    copy = specimen.copied(to)
    to.write_bytes(content)
    return copy, bit


def look(specimen: Specimen, instance_ids: list[str], some: list[str]) -> Shown:
    """Ask for everything. some: the instances whose pages are looked at too."""
    shown = Shown()
    try:
        with specimen.opened() as engine:
            for instance_id in instance_ids:
                shown.histories[instance_id] = _history(engine, instance_id, shown)
            _look_at_pages(engine, specimen, some, shown)
    except EngineError as error:
        shown.refusal = str(error)
    return shown


def _history(engine: ProcessEngine, instance_id: str, shown: Shown) -> str | None:
    """What a story tells, which is verified before; None when it says that it is not whole."""
    try:
        if engine.history.verify(instance_id, actor=AUDITOR).is_sound:
            shown.sound.add(instance_id)
        story = engine.playback.story(instance_id, actor=AUDITOR)
    except EngineError:
        return None
    return repr(story.steps) if story.is_whole else None


def _look_at_pages(
    engine: ProcessEngine, specimen: Specimen, some: list[str], shown: Shown
) -> None:
    seen = Unexpected()
    client = create_app(engine, specimen.settings).test_client()
    client.set_cookie("alur_session", specimen.session)
    proof = {"Authorization": f"Bearer {specimen.token}"}
    pages = [*PAGES, *(each.format(i) for each in OF_INSTANCE for i in some)]
    logging.getLogger().addHandler(seen)
    try:
        for path in [*(f"/engine-rest{each}" for each in API), *pages]:
            status = client.get(path, headers=proof if "rest" in path else {}).status_code
            shown.statuses[status] += 1
    finally:
        logging.getLogger().removeHandler(seen)
    shown.faults += [f"traceback: {each}" for each in seen.found]


def wrong(before: Shown, after: Shown) -> Iterator[str]:
    """What is shown as fact and is none; what ended with a traceback."""
    yield from after.faults
    for instance_id, told in after.histories.items():
        if told is not None and told != before.histories[instance_id]:
            yield f"instance {instance_id}: another history is told as if it were whole"


def harmed(before: Shown, after: Shown) -> set[str]:
    """Instances that are not shown, or not sound, any more."""
    return {
        instance_id
        for instance_id in before.histories
        if after.histories.get(instance_id) is None or instance_id not in after.sound
    }
