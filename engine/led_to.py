"""What one instance's history leads to: who compares it with rows, and who writes them anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine import projections
from engine.escalation_proof import risen_in
from engine.lineage import Lineage
from engine.model import HistoryEvent, PrecedingTask, ProcessInstance, UserTask
from engine.spiff.machine import Run
from engine.task_rows import TaskRows, visits_in


@dataclass(frozen=True, slots=True)
class LedTo:
    """The instance and its run after all events; `preceding` as `same_person.followed` has it."""

    instance: ProcessInstance
    run: Run
    events: Sequence[HistoryEvent]
    lineage: Lineage
    preceding: Mapping[str, tuple[PrecedingTask, ...]]

    @classmethod
    def by(
        cls,
        kept: ProcessInstance,
        run: Run,
        events: Sequence[HistoryEvent],
        lineage: Lineage,
        preceding: Mapping[str, tuple[PrecedingTask, ...]],
    ) -> LedTo:
        """By a history that holds. kept: the instance's row."""
        return cls(projections.instance_of(kept, run, events), run, events, lineage, preceding)

    def tasks(self, kept: Iterable[UserTask], *, zone: ZoneInfo) -> dict[str, UserTask]:
        """By id, the rows of user tasks that there must be. kept: those that there are."""
        rows = TaskRows(
            self.instance,
            self.lineage,
            visits_in(self.events, self.lineage.first_id),
            {task.task_id: task for task in self.run.waits().tasks},
            self.preceding,
            risen_in(self.events),
            zone,
        )
        return rows.of({each.task_id: each for each in kept})
