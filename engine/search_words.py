"""What of an instance can be searched, and the words by which it is found.

The words of a step go into an index in the step's own transaction. The index is a projection: it
holds no text, and history, from which it can be made anew at any time, tells where a word stood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from typing import Protocol

from engine.bpmn.elements import ProcessModel
from engine.model import (
    INPUT_KINDS,
    EventKind,
    HistoryEvent,
    Json,
    ProcessInstance,
    StepRecord,
    document_of,
)
from engine.queries import KEY_MARK, MOST_CHARACTERS
from engine.sealed_values import seal_of

#: Longer words are cut: they are no words of people.
MAX_WORD = 60
#: Words of one step that are kept; what comes after them is not found.
MOST_WORDS = 3000
#: Words of one question that are looked for.
MOST_WORDS_ASKED = 10

#: The events that bring something to be searched for.
TEXT_KINDS = INPUT_KINDS | {EventKind.VARIABLES_SET}
_NUMBER = "sop:nomorSop"
_VARIABLES = ("variables", "localVariables", "values")
_SEPARATORS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an instance: where it stands, and what it says.

    source: "businessKey", "variable", "comment", "attachment", "document" or "reason"; `name` that
    of the variable.
    """

    source: str
    name: str | None
    text: str


class Index(Protocol):
    """What is needed of a store's transaction."""

    def add_words(self, instance_id: str, words: str) -> None:
        """The instance is found by these words too."""
        ...

    def put_words(self, instance_id: str, words: str) -> None:
        """The instance is found by these words, and by no others."""
        ...


def index_step(
    tx: Index, record: StepRecord, model: ProcessModel | None = None, *, begins: bool = True
) -> None:
    """Make what the step brought searchable: one statement, none when it brought no new word.

    model: of an instance that begins, or comes to another version (not `begins`): it is found by
    the name and number of its SOP.
    """
    instance_id, words = record.instance.instance_id, words_of_events(record.events)
    if model is not None and begins:
        tx.put_words(instance_id, joined(chain(words_of_start(instance_id, model), words)))
        return
    said = joined(chain(words_of_sop(model), words) if model is not None else words)
    if said:
        tx.add_words(instance_id, said)


@dataclass(frozen=True, slots=True)
class IndexWords:
    """By which words an instance is found, in the order in which they came.

    left_out: what came when there was no more room.
    """

    words: tuple[str, ...]
    left_out: frozenset[str] = frozenset()


def words_of_history(
    instance: ProcessInstance,
    events: Iterable[HistoryEvent],
    models: Mapping[str, ProcessModel],
) -> IndexWords:
    """All that the steps of a history brought, as `index_step` does it one by one.

    models: definition id -> what its diagram says, of each version that the instance was in.
    """
    told = [each for each in events if each.kind in TEXT_KINDS]
    everything = dict.fromkeys(_words_of_step(instance, told, models))
    if len(everything) <= MOST_WORDS and sum(map(len, everything)) < MOST_CHARACTERS // 2:
        # No step brought too many of them, and there was room for all.
        return IndexWords(tuple(everything))
    found: dict[str, None] = {}
    length = 0
    for _, step in groupby(told, key=attrgetter("revision")):
        brought = list(dict.fromkeys(_words_of_step(instance, step, models)))
        kept = brought[:MOST_WORDS] if length < MOST_CHARACTERS else []
        new = [word for word in kept if word not in found]
        found.update(dict.fromkeys(new))
        length += sum(map(len, new)) + len(new)
    return IndexWords(tuple(found), frozenset(everything.keys() - found.keys()))


def _words_of_step(
    instance: ProcessInstance, step: Iterable[HistoryEvent], models: Mapping[str, ProcessModel]
) -> Iterator[str]:
    """Of one step, or of several."""
    for event in step:
        if event.kind is EventKind.INSTANCE_STARTED:
            model = models[event.payload.get("definition") or instance.definition_id]
            yield from words_of_start(instance.instance_id, model)
            # Histories of older versions do not tell it.
            yield from words_of_key(instance.business_key)
        elif event.kind is EventKind.INSTANCE_MIGRATED:
            yield from words_of_sop(models[event.payload["to"]])
        yield from _words_of_event(event)


def words_of_start(instance_id: str, model: ProcessModel) -> Iterator[str]:
    """The words by which every instance of the SOP is found, and its own id."""
    yield instance_id.replace("-", "")
    yield from words_of_sop(model)


def words_of_sop(model: ProcessModel) -> list[str]:
    """The words of the name and number of an SOP."""
    return words_in(f"{model.name} {model.properties.get(_NUMBER, '')}")


def words_of_events(events: Iterable[HistoryEvent]) -> Iterator[str]:
    """The words of all that the events brought."""
    for event in events:
        yield from _words_of_event(event)


def _words_of_event(event: HistoryEvent) -> Iterator[str]:
    others = []
    for text in texts_of(event):
        if text.source == "businessKey":
            yield from words_of_key(text.text)
        else:
            others.append(text.text)
    # Together: each alone takes twice as long, and a form has many.
    yield from words_in("\n".join(others))


def words_of_key(key: str | None) -> Iterator[str]:
    """The words of a business key, each as itself and as one of a key."""
    for word in words_in(key or ""):
        yield word
        yield KEY_MARK + word


def key_words(text: str | None) -> tuple[str, ...] | None:
    """The words that somebody looks for in business keys, as queries have them; None for none."""
    return None if text is None else tuple(dict.fromkeys(words_in(text)))[:MOST_WORDS_ASKED]


def joined(words: Iterable[str]) -> str:
    """Each word once, at most MOST_WORDS of them, separated by blanks."""
    return " ".join(list(dict.fromkeys(words))[:MOST_WORDS])


def words_in(text: str) -> list[str]:
    """The words of a text in their order: lower case, without accents, letters and digits only."""
    plain = text
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text)
        plain = "".join(each for each in letters if not unicodedata.combining(each))
    return [word[:MAX_WORD] for word in _SEPARATORS.split(plain.casefold()) if word]


def texts_of(event: HistoryEvent) -> Iterator[Text]:
    """What the event brought that people may look for."""
    if event.kind not in TEXT_KINDS:
        return
    payload = event.payload
    if event.kind is EventKind.INSTANCE_STARTED:
        yield from _plain("businessKey", payload, "businessKey")
    for place in _VARIABLES:
        for name, value in (payload.get(place) or {}).items():
            for text in _texts_in(value):
                yield Text("variable", name, text)
    if event.kind is EventKind.COMMENT_ADDED:
        yield from _plain("comment", payload, "message")
    if event.kind is EventKind.ATTACHMENT_ADDED:
        for key in ("name", "description", "url"):
            yield from _plain("attachment", payload, key)
    for document in payload.get("documents") or ():
        yield Text("document", None, document["name"])
    yield from _plain("reason", payload, "reason")
    if event.kind is EventKind.INSTANCE_MIGRATED:
        yield from _plain("reason", payload, "basis")


def _plain(source: str, payload: Json, key: str) -> Iterator[Text]:
    value = payload.get(key)
    if isinstance(value, str) and value:
        yield Text(source, None, value)


def _texts_in(value: Json) -> Iterator[str]:
    """Texts and whole numbers, however deep; a file is found as a document."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            if seal_of(each) is None:
                yield each
        elif isinstance(each, int) and not isinstance(each, bool):
            yield str(each)
        elif isinstance(each, list):
            pending += reversed(each)
        elif isinstance(each, dict) and document_of(each) is None:
            pending += reversed(each.values())
