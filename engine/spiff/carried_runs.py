"""What a run tells of where it stands, and how it settles in another version of its process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.util.task import TaskState

from engine.errors import MigrationRefused
from engine.model import EventKind
from engine.spiff.behaviour import offered
from engine.spiff.carrying import Token, is_reached, tokens_in
from engine.spiff.recorder import activity_id_of, activity_type
from engine.spiff.specs import InclusiveJoin, TokenJoin
from engine.spiff.told import Told

#: What a new version may say anew of a task that is open; the rest stays as it opened.
_ANEW = ("candidate_users", "candidate_groups")


class Carried(Told):
    """The part of a Run that is carried from one version to another."""

    def tokens(self) -> tuple[Token, ...]:
        """Every place where the run stands; instances of one body stand at the same activity."""
        return tuple(tokens_in(self._tasks(), self._blocked, _waits_at_join))

    def live_scopes(self) -> frozenset[str]:
        """Ids of the sub-processes in which something stands; the process itself is not named."""
        return frozenset(
            str(sub.parent_workflow.tasks[task_id].task_spec.name.split(" ")[0])
            for task_id, sub in self._workflow.subprocesses.items()
        )

    def settle_in(self, stood: Mapping[str, str]) -> None:
        """Note where each token stands now. stood: activity instance -> where it stood before."""
        for task in self._tasks():
            node = self._recorder.node_of(task)
            if task.id not in stood or node is None:
                continue
            facts: dict[str, Any] = {"from": stood[task.id], "type": activity_type(task, node)}
            if node.name:
                facts["name"] = node.name
            if node.lane_path:
                facts["lane"] = list(node.lane_path)
            if task._state == TaskState.READY and task.task_spec.manual:
                self._offer_anew(task, facts)
            self._recorder.note(EventKind.ACTIVITY_MIGRATED, task, **facts)

    def _offer_anew(self, task: Any, facts: dict[str, Any]) -> None:
        """Whom an open task waits for follows from the new version; its dates and priority stay."""
        offer = {
            name: value
            for name, value in task.internal_data.pop("offer", {}).items()
            if name not in _ANEW
        }
        try:
            offer |= offered(task, _ANEW)
        except SpiffWorkflowException as error:
            raise MigrationRefused(activity_id_of(task), "candidates_not_evaluated") from error
        if offer:
            task.internal_data["offer"] = offer
            facts["offer"] = dict(offer)


def _waits_at_join(task: Any) -> bool:
    is_join = isinstance(task.task_spec, TokenJoin | InclusiveJoin)
    return is_join and is_reached(task) and task._state == TaskState.WAITING
