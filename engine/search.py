"""The search: instances, open tasks and SOPs that one may see, by words, keys and ids."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.bpmn.elements import ProcessModel
from engine.definitions import Definitions
from engine.errors import OTHER_TYPES, EngineError, Forbidden, InvalidInput, NotFound, is_its_own
from engine.lineage import lineage_of
from engine.model import (
    Actor,
    HistoryEvent,
    Listed,
    ProcessDefinition,
    ProcessInstance,
    Role,
    UserTask,
)
from engine.permissions import (
    lanes_seen_by,
    require_instance_visible,
    require_role,
    require_task_visible,
    task_scope_of,
)
from engine.queries import DefinitionQuery, EventQuery, Page, SortOrder, TaskQuery
from engine.search_words import (
    MOST_WORDS_ASKED,
    TEXT_KINDS,
    Text,
    texts_of,
    words_in,
    words_of_history,
    words_of_key,
)
from engine.store import Store, StoreTransaction

_log = logging.getLogger(__name__)

MAX_QUERY = 200
MOST_RESULTS = 100
#: Texts shown of one instance.
_MOST_MATCHES = 5
#: Open tasks shown of one instance.
_MOST_TASKS = 10
#: Instances that a rebuilding handles in one transaction.
_BATCH = 100
#: Ways in which the words of a query may be parted between a step's name and a key.
_MOST_KINDS = 8
_OLDEST_FIRST = (("created_at", SortOrder.ASC),)
_SOONEST = (("due_at", SortOrder.ASC), ("created_at", SortOrder.ASC))
_NUMBER = "sop:nomorSop"


@dataclass(frozen=True, slots=True)
class FoundInstance:
    """An instance, where in it the words stand, and its open tasks that the actor may see."""

    instance: ProcessInstance
    matches: tuple[Text, ...]
    tasks: tuple[UserTask, ...]


@dataclass(frozen=True, slots=True)
class FoundDefinition:
    """The newest version of an SOP, its number, and the names of its steps that were found."""

    definition: ProcessDefinition
    number: str | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one page of a search shows. `words`: what was looked for; none, none was asked."""

    words: tuple[str, ...]
    instances: tuple[FoundInstance, ...] = ()
    has_more: bool = False
    #: Open tasks by the name of their step, by their instance's key or by their id.
    tasks: tuple[UserTask, ...] = ()
    has_more_tasks: bool = False
    definitions: tuple[FoundDefinition, ...] = ()


class Search:
    """Looks for what the actor may see; the permission is part of the question."""

    def __init__(self, store: Store, definitions: Definitions) -> None:
        self._store = store
        self._definitions = definitions

    def find(
        self, query: str, *, actor: Actor, first_result: int = 0, max_results: int = 20
    ) -> Found:
        """Everything in which each word of the query stands, or begins a word.

        A whole id of an instance or task finds just that. Pages are those of instances; tasks and
        SOPs stand on the first one. Raises InvalidInput with `query` or `maxResults`.
        """
        words = _asked(query)
        if not 1 <= max_results <= MOST_RESULTS:
            told = f"expected 1 to {MOST_RESULTS}, found {max_results}"
            raise InvalidInput(f"maxResults: {told}", {"maxResults": [told]})
        if not words:
            return Found(())
        with self._store.reading() as tx:
            by_id = _by_id(tx, query.strip(), actor)
            if by_id is not None:
                return replace(by_id, words=words)
            found = tx.found_instances(
                words,
                lanes=lanes_seen_by(actor),
                account=actor.account,
                first_result=first_result,
                max_results=max_results + 1,
            )
            shown = _shown(tx, found[:max_results], words, actor)
            tasks = _tasks(tx, words, actor, max_results + 1) if not first_result else []
        definitions = () if first_result else self._found_definitions(words, actor)
        return Found(
            words,
            instances=shown,
            has_more=len(found) > max_results,
            tasks=tuple(tasks[:max_results]),
            has_more_tasks=len(tasks) > max_results,
            definitions=definitions,
        )

    def _found_definitions(self, words: Sequence[str], actor: Actor) -> tuple[FoundDefinition, ...]:
        """SOPs whose name or number has the words, or a step of which has them all."""
        found: list[FoundDefinition] = []
        for each, model in self._definitions.models(DefinitionQuery(is_latest=True), actor=actor):
            number = model.properties.get(_NUMBER)
            steps = _steps(model, words)
            if steps or _has(f"{each.name} {each.key} {number or ''}", words):
                found.append(FoundDefinition(each, number, steps))
        return tuple(sorted(found, key=lambda one: one.definition.name.casefold()))

    # ------------------------------------------------------------------- the index

    def rebuild(
        self,
        *,
        actor: Actor,
        instance_ids: Sequence[str] | None = None,
        on_progress: Callable[[int], None] = lambda _done: None,
    ) -> int:
        """Make the index anew from history, of all instances or of these; how many.

        What history does not tell any more is not found any more. Admins only. Raises NotFound.
        """
        require_role(actor, "rebuild the index of the search", Role.ADMIN)
        if instance_ids is not None:
            self._index_all(instance_ids)
            return len(instance_ids)
        done, last = 0, None
        while batch := self._behind(last):
            self._index_all(each.instance_id for each in batch)
            done, last = done + len(batch), batch[-1]
            on_progress(done)
        self.renew()
        return done

    def renew(self) -> None:
        """What looks for single words is made anew from the words of each instance."""
        with self._store.writing() as tx:
            tx.renew_word_index()

    def _behind(self, last: Listed | None) -> list[Listed]:
        with self._store.reading() as tx:
            return tx.instances_behind(last, _BATCH)

    def _index_all(self, instance_ids: Iterable[str]) -> None:
        with self._store.writing() as tx:
            for instance_id in instance_ids:
                self._index(tx, instance_id)

    def add_missing(self, *, on_progress: Callable[[int], None] = lambda _done: None) -> int:
        """Index the instances that the index does not have; how many."""
        done = 0
        while True:
            with self._store.reading() as tx:
                missing = tx.instances_without_words(_BATCH)
            self._index_all(missing)
            if not missing:
                return done
            done += len(missing)
            on_progress(done)

    def _index(self, tx: StoreTransaction, instance_id: str) -> None:
        words = self._words(tx, instance_id)
        # Its place among the others stays. Both databases would index all words of it anew.
        if set(words) != set((tx.words_of(instance_id) or "").split(" ")):
            tx.put_words(instance_id, " ".join(words))

    def _words(self, tx: StoreTransaction, instance_id: str) -> Sequence[str]:
        found = [instance_id.replace("-", "")]
        try:
            # No step adds words meanwhile.
            instance = tx.stored_instance(instance_id, for_step=True).instance
            found += words_of_key(instance.business_key)
            return self._words_of(tx, instance) or found
        except (EngineError, *OTHER_TYPES) as error:
            if isinstance(error, EngineError) and not is_its_own(error, instance_id):
                raise
            # A damaged history hinders no other; verify tells of it.
            _log.warning("instance %s is found by its key only: %s", instance_id, error)
            return found

    def _words_of(self, tx: StoreTransaction, instance: ProcessInstance) -> Sequence[str]:
        events = tx.events(instance.instance_id)
        models = lineage_of(tx, self._definitions, instance, events).models
        return words_of_history(instance, events, models).words


def _asked(query: str) -> tuple[str, ...]:
    if len(query) > MAX_QUERY:
        told = f"expected at most {MAX_QUERY} characters, found {len(query)}"
        raise InvalidInput(f"query: {told}", {"query": [told]})
    text = re.sub(r"(?<=[0-9a-f])-(?=[0-9a-f])", "", query) if _is_uuid(query) else query
    return tuple(dict.fromkeys(words_in(text)))[:MOST_WORDS_ASKED]


def _is_uuid(query: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", query.strip()) is not None


def _by_id(tx: StoreTransaction, query: str, actor: Actor) -> Found | None:
    """The instance or open or ended task whose id the query is, when the actor may see it."""
    if not _is_uuid(query):
        return None
    try:
        instance = tx.instance(query)
        require_instance_visible(actor, instance, tx.definition(instance.definition_id))
    except (NotFound, Forbidden):
        pass
    else:
        return Found((), _shown(tx, [instance], (), actor))
    try:
        task = tx.task(query)
        require_task_visible(actor, task)
    except (NotFound, Forbidden):
        return None
    return Found((), tasks=(task,))


def _tasks(tx: StoreTransaction, words: Sequence[str], actor: Actor, most: int) -> list[UserTask]:
    """Open tasks, the soonest due first: each word stands in the step's name or in the key."""
    whole = tuple(words)
    by_rest: dict[tuple[str, ...], list[str]] = {}
    for name in tx.open_task_names():
        rest = tuple(word for word in words if not _has(name, (word,)))
        by_rest.setdefault(rest, []).append(name)
    found: dict[str, UserTask] = {}
    others = sorted(by_rest.keys() - {whole}, key=lambda rest: (len(rest), rest))
    for rest in (whole, *others[:_MOST_KINDS]):
        query = TaskQuery(visible_to=task_scope_of(actor))
        if rest != whole:
            query = replace(query, names_in=tuple(by_rest[rest]))
        if rest:
            query = replace(query, instance_ids=tuple(tx.instances_by_key(rest)))
        if query.instance_ids != ():
            tasks = tx.tasks(query, Page(0, most, _SOONEST))
            found.update((task.task_id, task) for task in tasks)
    return sorted(found.values(), key=_soonest)[:most]


def _soonest(task: UserTask) -> tuple[bool, datetime, datetime, str]:
    return task.due_at is None, task.due_at or task.created_at, task.created_at, task.task_id


def _shown(
    tx: StoreTransaction, found: Sequence[ProcessInstance], words: Sequence[str], actor: Actor
) -> tuple[FoundInstance, ...]:
    """Where the words stand, as history tells it now, and what is open."""
    ids = tuple(instance.instance_id for instance in found)
    if not ids:
        return ()
    events = tx.find_events(EventQuery(instance_ids=ids, kinds=TEXT_KINDS))
    scope = task_scope_of(actor)
    open_tasks = tx.tasks(
        TaskQuery(instance_ids=ids, visible_to=scope), Page(0, None, _OLDEST_FIRST)
    )
    return tuple(
        FoundInstance(
            instance,
            _matches([e for e in events if e.instance_id == instance.instance_id], words),
            tuple(t for t in open_tasks if t.instance_id == instance.instance_id)[:_MOST_TASKS],
        )
        for instance in found
    )


def _matches(events: Sequence[HistoryEvent], words: Sequence[str]) -> tuple[Text, ...]:
    """The texts in which one of the words stands, each once, the latest of a variable."""
    latest: dict[tuple[str, str | None, str], Text] = {}
    for event in events:
        for text in texts_of(event):
            if any(_has(text.text, (word,)) for word in words):
                once = text.text if text.name is None else ""
                latest[text.source, text.name, once] = text
    return tuple(latest.values())[:_MOST_MATCHES]


def _steps(model: ProcessModel, words: Sequence[str]) -> tuple[str, ...]:
    names = (node.name for node in model.nodes.values() if node.type == "userTask" and node.name)
    return tuple(dict.fromkeys(name for name in names if _has(name, words)))


def _has(text: str, words: Sequence[str]) -> bool:
    """Whether each word stands in the text, or begins a word of it."""
    there = words_in(text)
    return all(
        any(each.startswith(word) if len(word) > 1 else each == word for each in there)
        for word in words
    )
