"""The duties of a worker: the one list of what `alur serve` and `alur worker` do by themselves."""

from __future__ import annotations

from importlib import import_module

from engine.announcing import Announcing
from engine.checkpointing import Checkpointing
from engine.due_timers import DueTimers
from engine.ended_substitutions import EndedSubstitutions
from engine.housekeeping import Housekeeping
from engine.overdue_tasks import OverdueTasks
from engine.pending_signals import PendingSignals
from engine.process_engine import ProcessEngine
from engine.reminders import Reminders
from engine.settings import Settings
from engine.waiting_messages import WaitingMessages
from engine.worker import Duty, Worker


def build_worker(engine: ProcessEngine, settings: Settings) -> Worker:
    """A worker with all duties."""
    return Worker(duties_of(engine, settings), engine.clock, note_pulse=engine.health.note_pulse)


def duties_of(engine: ProcessEngine, settings: Settings) -> tuple[Duty, ...]:
    """Every duty over this engine; to add one is to add it here.

    One that lives in webhooks/ is asked for by `import_module`, as `serve` asks for the app:
    webhooks stands above the command line, and an import would turn the arrow round.
    """
    return (
        DueTimers(engine.instances, engine.clock),
        WaitingMessages(engine.kept_messages, engine.clock),
        PendingSignals(engine.signals, engine.clock),
        EndedSubstitutions(engine.substitutions, engine.clock),
        Reminders(engine.store, engine.definitions, engine.clock, usual=settings.remind_before),
        OverdueTasks(engine.escalations, engine.clock),
        engine.measuring,
        Announcing(engine.deliveries, engine.clock),
        Checkpointing(engine.checkpoints, engine.clock),
        Housekeeping(
            (
                engine.sessions.forget_ended,
                engine.single_sign_on.forget_begun,
                engine.logins.forget_old_failures,
                engine.repeats.forget_old,
                engine.pending_uploads.forget_old,
                engine.task_drafts.forget_ended,
                engine.task_links.forget_old,
                engine.evidence_packages.forget_old,
            ),
            engine.clock,
        ),
        import_module("webhooks.outgoing").build_deliverer(engine, settings),
        import_module("webhooks.evidence").build_maker(engine, settings),
    )
