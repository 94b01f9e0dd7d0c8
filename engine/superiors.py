"""The office's order of superiors: which lane stands above which, kept as revisions.

History names the revision by which an overdue task went up, so that `verify` can look at it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import Conflict, InvalidInput
from engine.json_values import check_variables
from engine.model import Actor, Role, Superior, SuperiorsRevision
from engine.permissions import require_role
from engine.sources import Clock
from engine.store import Store, StoreTransaction
from engine.worktime import TermError, term_of

#: How long after its due date a task goes up, where nothing else is said: one working day.
USUAL = "P1D"
#: The order that Alur brings along: that of an Indonesian dinas, as the SOPs of processes/ draw it.
BROUGHT: Mapping[str, Superior] = {
    "Bidang": Superior("Sekretaris", USUAL),
    "Perencana": Superior("Sekretaris", USUAL),
    "Sekretaris": Superior("Kadis", USUAL),
}
_MAX_TEXT = 255
_MOST_LANES = 200


class Superiors:
    """The order of superiors of one office; everybody may see it, admins change it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def current(self) -> SuperiorsRevision:
        """The order as it is now; revision 0 until it is first used or changed."""
        with self._store.reading() as tx:
            last = tx.last_superiors_revision()
            return tx.superiors_revisions(last)[0] if last else self._brought(0)

    def revisions(self) -> list[SuperiorsRevision]:
        """Who changed it and when, the newest first; none until it is first used or changed."""
        with self._store.reading() as tx:
            return tx.superiors_revisions()

    def change(
        self, superiors: Mapping[str, Superior], *, seen: int, actor: Actor
    ) -> SuperiorsRevision:
        """The next revision; every task that is overdue is looked at again by it.

        seen: the revision that was looked at; another one since is a Conflict. When nothing
        differs, nothing is recorded. Admins only. Raises InvalidInput with the lane as field.
        """
        require_role(actor, "change the order of superiors", Role.ADMIN)
        valid = _valid(superiors)
        with self._store.writing() as tx:
            last = self.in_step(tx) if tx.last_superiors_revision() else self._brought(0)
            if last.revision != seen:
                raise Conflict(
                    f"the order of superiors has revision {last.revision} by now, not {seen}"
                )
            if last.superiors == valid:
                return last
            kept = SuperiorsRevision(
                last.revision + 1, valid, self._clock.now(), changed_by=actor.account
            )
            tx.add_superiors(kept)
            tx.look_again_at_escalations()
        return kept

    def in_step(self, tx: StoreTransaction) -> SuperiorsRevision:
        """The order as it is now, in a step; the one that Alur brings when there is none yet."""
        last = tx.last_superiors_revision()
        if last:
            return tx.superiors_revisions(last)[0]
        kept = self._brought(1)
        tx.add_superiors(kept)
        return kept

    def _brought(self, revision: int) -> SuperiorsRevision:
        return SuperiorsRevision(revision, BROUGHT, self._clock.now(), changed_by=None)


def chain_above(lane: str, superiors: Mapping[str, Superior]) -> list[Superior]:
    """The lanes above a lane, the nearest first."""
    found: list[Superior] = []
    while (above := superiors.get(lane)) is not None:
        found.append(above)
        lane = above.lane
    return found


def _valid(superiors: Mapping[str, Superior]) -> dict[str, Superior]:
    """The order without blanks around its texts. Raises InvalidInput naming the lane."""
    check_variables({lane: [above.lane, above.after] for lane, above in superiors.items()})
    if len(superiors) > _MOST_LANES:
        raise _wrong("superiors", f"expected at most {_MOST_LANES} lanes, found {len(superiors)}")
    trimmed = {
        lane.strip(): Superior(above.lane.strip(), above.after.strip() or USUAL)
        for lane, above in superiors.items()
    }
    for lane, above in trimmed.items():
        if not (1 <= len(lane) <= _MAX_TEXT and 1 <= len(above.lane) <= _MAX_TEXT):
            raise _wrong(lane, f"expected names of lanes of 1 to {_MAX_TEXT} characters")
        try:
            term_of(above.after)
        except TermError as error:
            raise _wrong(lane, str(error)) from error
        if _is_in_circle(lane, trimmed):
            raise _wrong(lane, "expected no circle: it would stand above itself")
    return trimmed


def _is_in_circle(lane: str, superiors: Mapping[str, Superior]) -> bool:
    current, steps = superiors.get(lane), 0
    while current is not None and steps <= len(superiors):
        if current.lane == lane:
            return True
        current, steps = superiors.get(current.lane), steps + 1
    return False


def _wrong(field: str, told: str) -> InvalidInput:
    return InvalidInput(f"superior of {field}: {told}", {field: [told]})
