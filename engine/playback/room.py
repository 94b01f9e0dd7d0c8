"""The room that shows what happened in an instance, step by step and as of any time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.access_log import AccessLog
from engine.auditing import History
from engine.bpmn.drawing.marks import Marks, Trace
from engine.calendars import Calendars
from engine.definitions import Definitions
from engine.drawings import Drawings, Image
from engine.errors import InvalidInput
from engine.lineage import lineage_of
from engine.model import AccountEventKind, Actor, Say
from engine.permissions import require_instance_visible
from engine.playback.comparison import Pair, RoundKey, compare, rounds_of, straight_rounds
from engine.playback.durations import Durations, Spent
from engine.playback.standing import marks_from
from engine.playback.story import Chapter, Step, Story, tell
from engine.playback.visits import Visit
from engine.sealing import Sealing
from engine.sources import Clock
from engine.store import Store
from engine.worktime import Span

#: A history of more events is not proved again with every look at it, but after this time.
QUICKLY_PROVED = 500
KEPT_FOR = timedelta(minutes=5)
#: Long stories kept per process; the least recently used goes first.
MAX_STORIES = 10


class Playback:
    """Stories of instances, for everybody who may see them; it changes nothing."""

    def __init__(
        self,
        store: Store,
        definitions: Definitions,
        history: History,
        access: AccessLog,
        *,
        drawings: Drawings,
        calendars: Calendars,
        clock: Clock,
        zone: ZoneInfo,
        sealing: Sealing,
    ) -> None:
        self._store = store
        self._sealing = sealing
        self._definitions = definitions
        self._history = history
        self._access = access
        self._drawings = drawings
        self._calendars = calendars
        self._clock = clock
        self._zone = zone
        self._stories: OrderedDict[str, Story] = OrderedDict()
        self._lock = threading.Lock()

    # --------------------------------------------------------------------- stories

    def story(self, instance_id: str, *, actor: Actor, is_fresh: bool = False) -> Story:
        """What happened, as far as it was proved: history is verified before it is told.

        The proof of a long history holds for `KEPT_FOR` as long as nothing is added to it;
        is_fresh asks for a new one. Raises NotFound, Forbidden.
        """
        self._access.note(actor, AccountEventKind.HISTORY_READ, instance=instance_id)
        kept = None if is_fresh else self._kept(instance_id, actor)
        return self._opened(kept or self._told(instance_id, actor))

    def _opened(self, story: Story) -> Story:
        """The story with what was sealed, as far as it is not erased: so it is kept sealed."""
        with self._store.reading() as tx:
            # Sooner known than by looking for seals in ten thousand steps.
            if not tx.personal_keys([story.instance.instance_id]):
                return story
            frames = [(step.frame.payload, step.frame.changes) for step in story.steps]
            opened = self._sealing.opened(tx, story.instance.instance_id, frames)
        steps = tuple(
            replace(step, frame=replace(step.frame, payload=payload, changes=changes))
            for step, (payload, changes) in zip(story.steps, opened, strict=True)
        )
        return replace(story, steps=steps)

    def _kept(self, instance_id: str, actor: Actor) -> Story | None:
        with self._store.reading() as tx:
            instance = tx.instance(instance_id)
            require_instance_visible(actor, instance, tx.definition(instance.definition_id))
        with self._lock:
            story = self._stories.get(instance_id)
            if story is None or story.instance != instance:
                return None
            if self._clock.now() - story.checked_at > KEPT_FOR:
                return None
            self._stories.move_to_end(instance_id)
            return story

    def _told(self, instance_id: str, actor: Actor) -> Story:
        instance, events, verification = self._history.proved(instance_id, actor=actor)
        with self._store.reading() as tx:
            lineage = lineage_of(tx, self._definitions, instance, events)
        story = tell(
            instance,
            Chapter(1, lineage.first_id, lineage.first.model),
            events,
            verification,
            checked_at=self._clock.now(),
            zone=self._zone,
            later=lineage.later_models,
        )
        if len(events) > QUICKLY_PROVED:
            with self._lock:
                self._stories[instance_id] = story
                self._stories.move_to_end(instance_id)
                while len(self._stories) > MAX_STORIES:
                    self._stories.popitem(last=False)
        return story

    # ------------------------------------------------------------------ comparisons

    def compare(
        self, instance_id: str, other_id: str | None = None, *, actor: Actor
    ) -> tuple[Story, Story | None, tuple[Pair, ...]]:
        """Two instances of one SOP side by side; without another, one and its straight path.

        Raises NotFound, Forbidden, and InvalidInput for instances of two SOPs.
        """
        story = self.story(instance_id, actor=actor)
        if other_id is None:
            straight = straight_rounds(story.model, story.instance.start_activity_id)
            return story, None, compare(rounds_of(story), straight)
        other = self.story(other_id, actor=actor)
        keys = [each.instance.definition_key for each in (story, other)]
        if keys[0] != keys[1]:
            raise InvalidInput(
                f"instance {other_id} is one of {keys[1]}; expected one of {keys[0]}",
                {"b": ["expected an instance of the same SOP"]},
            )
        return story, other, compare(rounds_of(story), rounds_of(other))

    def lengths(self, story: Story) -> Mapping[RoundKey, Span]:
        """How long each round of an instance lasted, of those that ended."""
        found: dict[RoundKey, Span] = {}
        with self._store.reading() as tx:
            durations = Durations(tx, story.model, self._calendars)
            for each in rounds_of(story):
                if each.started_at is None or each.ended_at is None:
                    continue
                length = durations.length(each.started_at, each.ended_at)
                if length is not None:
                    found[each.key] = length
        return found

    # -------------------------------------------------------------------- pictures

    def image(self, story: Story, step: int, *, key: str, actor: Actor, say: Say = str) -> Image:
        """The picture as it was after a step; 0: before the first."""
        marks = next(marks_from(story, step, step)) if step else Marks(trace=Trace())
        definition_id = story.at(step).definition_id
        return self._drawings.with_marks(definition_id, marks, key=key, actor=actor, say=say)

    def parts(
        self, story: Story, steps: range, *, key: str, actor: Actor, say: Say = str
    ) -> Sequence[Mapping[str, str]]:
        """The parts of the pictures after each of these steps, by name; see `paint_parts`.

        Each of the version that the instance was in then.
        """
        found = zip(steps, marks_from(story, steps.start, steps.stop - 1), strict=True)
        painted: list[Mapping[str, str]] = []
        for definition_id, group in groupby(found, key=lambda e: story.at(e[0]).definition_id):
            painted += self._drawings.parts_with_marks(
                definition_id, [marks for _, marks in group], key=key, actor=actor, say=say
            )
        return painted

    # -------------------------------------------------------------------- durations

    def spent(
        self, story: Story, visits: Sequence[Visit], step: int, at: datetime
    ) -> Mapping[str, Spent]:
        """By visit id: what these had taken after a step, at a moment."""
        with self._store.reading() as tx:
            return Durations(tx, story.model, self._calendars).of(visits, step, at)

    def spent_in(self, story: Story, steps: Sequence[Step]) -> Mapping[int, Spent]:
        """By number of the step: what the visit that it was about had taken then."""
        found: dict[int, Spent] = {}
        with self._store.reading() as tx:
            durations = Durations(tx, story.model, self._calendars)
            for step in steps:
                if step.visit is not None:
                    number, at = step.frame.number, step.frame.at
                    of = durations.of([step.visit], number, at)
                    if step.visit.visit_id in of:
                        found[number] = of[step.visit.visit_id]
        return found
