"""The whole examination, in the order in which things depend on one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.checkpoints import Outside
from engine.doctor.database import look_at_database
from engine.doctor.diagnoses import attention
from engine.doctor.files import look_at_disks, look_at_files
from engine.doctor.work import look_at_work
from engine.model import Diagnosis, Verdict
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from engine.store import Store


def examine(
    settings: Settings,
    store: Store,
    *,
    outside: Outside | None,
    engine_over: Callable[[Store], ProcessEngine],
) -> Iterator[Diagnosis]:
    """Each thing that was looked at; nothing is changed, and no look raises.

    outside: where checkpoints go. engine_over: the engine of these settings over that store; it is
    asked for when the database is sound.
    """
    if store.file is not None and store.file.exists():
        yield from look_at_files(store.file, outside)
    yield from look_at_disks(store.file, outside, settings.backups)
    yield from _look_at_settings(settings)
    if outside is None:
        yield attention(
            "checkpoint folder",
            "ALUR_CHECKPOINTS is not set, so none are made: a history that was cut or deleted "
            "would not be found out",
            "set it, and ALUR_CHECKPOINT_KEY, to places outside of the database",
        )
    found = list(look_at_database(store))
    yield from found
    if not any(each.name == "database" and each.verdict is Verdict.BROKEN for each in found):
        yield from look_at_work(engine_over(store), settings)


def _look_at_settings(settings: Settings) -> Iterator[Diagnosis]:
    """What is allowed together, and is hardly meant."""
    if not (settings.base_url or "").startswith("https://"):
        return
    if not settings.secure_cookies:
        yield attention(
            "settings",
            "ALUR_BASE_URL begins with https, and ALUR_SECURE_COOKIES is false",
            "set ALUR_SECURE_COOKIES=true, so that no login travels in the clear",
        )
    if not settings.trusted_proxies:
        yield attention(
            "settings",
            "ALUR_BASE_URL begins with https, and ALUR_TRUSTED_PROXIES is 0",
            "set it to 1: else all people share one address, and one who fails to log in too often "
            "locks out the others",
        )
