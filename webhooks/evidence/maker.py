"""The duty that makes packages of evidence which were ordered, and tells how far each is."""

from __future__ import annotations

import logging
from collections.abc import Callable
from tempfile import SpooledTemporaryFile

from engine.errors import EngineError, NotAuthenticated, StorageError, traced
from engine.evidence_packages import Hold
from engine.model import Actor
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks.evidence.akip_package import Abandoned, write_package
from webhooks.evidence.contexts import writing_papers

_log = logging.getLogger(__name__)
#: What is built in memory; more goes to a file that is gone afterwards.
_IN_MEMORY = 16 * 2**20


class PackageMaker:
    """Makes one package after the other; several workers may do so on one database."""

    name = "evidence"

    def __init__(self, engine: ProcessEngine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def turn(self, is_stopped: Callable[[], bool]) -> int:
        """Make the oldest one that waits; 1, or 0 when none does.

        When the worker is stopped meanwhile, the package is let go, and another one begins anew.
        """
        hold = self._engine.evidence_packages.take()
        if hold is None:
            return 0
        package_id = hold.package.package_id
        try:
            self._make(hold, is_stopped)
        except Abandoned:
            _log.info("evidence package %s: let go", package_id)
            hold.release()
        except Exception as error:  # noqa: BLE001 - told to who ordered it; the next one goes on
            told = (package_id, error)
            _log.error("evidence package %s: cannot be made: %s", *told, exc_info=traced(error))
            _settle(hold, error)
        return 1

    def _make(self, hold: Hold, is_stopped: Callable[[], bool]) -> None:
        package, actor = hold.package, self._actor(hold.package.ordered_by)
        with (
            writing_papers(self._engine, self._settings),
            SpooledTemporaryFile(_IN_MEMORY) as built,
        ):
            write_package(
                built,
                package.period,
                package.label,
                actor=actor,
                verifies=package.verifies,
                on_progress=lambda done, total: not is_stopped() and hold.note(done, total),
            )
            built.seek(0)
            hold.finish(built, actor=actor)

    def _actor(self, name: str) -> Actor:
        """Who ordered it, with what he may now."""
        account = self._engine.accounts.account(name)
        if not account.is_active:
            raise NotAuthenticated(f"account {name} is not active any more")
        return account.as_actor(self._engine.clock.now())


def _settle(hold: Hold, error: Exception) -> None:
    """What is refused stays refused; anything else may succeed at another time."""
    if isinstance(error, EngineError) and not isinstance(error, StorageError):
        hold.fail(str(error))
    else:
        hold.stumble(f"{type(error).__name__}: {error}")
