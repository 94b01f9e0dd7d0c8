"""Pictures of process definitions, and of what happened in instances drawn on them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, TypeVar

from engine.auditing import History
from engine.bpmn.diagram import read_diagram
from engine.bpmn.drawing.heat import Warmth, paint_heat
from engine.bpmn.drawing.interchange import with_layout
from engine.bpmn.drawing.marks import Mark, Marks, marks_of
from engine.bpmn.drawing.picture import Picture
from engine.bpmn.drawing.reading import picture_of
from engine.bpmn.drawing.svg import Image, paint_parts, paint_picture
from engine.definitions import Definitions
from engine.model import Actor, Language, Say
from engine.permissions import require_definition_visible
from engine.store import Store

__all__ = ["Drawings", "Image", "Warmth"]

K = TypeVar("K")
V = TypeVar("V")

#: Pictures kept per process; the least recently used goes first.
MAX_PICTURES = 200


class Drawings:
    """Pictures for everybody who may see what they show."""

    def __init__(self, store: Store, definitions: Definitions, history: History) -> None:
        self._store = store
        self._definitions = definitions
        self._history = history
        self._pictures: _Kept[str, Picture] = _Kept(MAX_PICTURES)
        #: The images of `around`, by definition, activity and language.
        self._places: _Kept[tuple[str, str, Language], Image] = _Kept(MAX_PICTURES)

    def of_definition(
        self, definition_id: str, *, actor: Actor, key: str = "gambar", say: Say = str
    ) -> Image:
        """The picture of a definition. Raises NotFound, Forbidden.

        key: what ids in it begin with, since a page may hold several.

        say, here and below: how sentences of ours are said in it.
        """
        return paint_picture(self._picture(definition_id, actor), key=key, say=say)

    def of_instance(self, instance_id: str, *, actor: Actor, say: Say = str) -> Image:
        """The picture with what happened in the instance so far. Raises NotFound, Forbidden."""
        events = self._history.events(instance_id, actor=actor)
        with self._store.reading() as tx:
            definition_id = tx.instance(instance_id).definition_id
        return paint_picture(self._picture(definition_id, actor), marks_of(events), say=say)

    def with_marks(
        self, definition_id: str, marks: Marks, *, key: str, actor: Actor, say: Say = str
    ) -> Image:
        """The picture with these marks, its parts named, so that a page may change them."""
        picture = self._picture(definition_id, actor)
        return paint_picture(picture, marks, key=key, is_live=True, say=say)

    def parts_with_marks(
        self,
        definition_id: str,
        marks: Iterable[Marks],
        *,
        key: str,
        actor: Actor,
        say: Say = str,
    ) -> list[dict[str, str]]:
        """The parts of the picture with each of these marks, by name."""
        picture = self._picture(definition_id, actor)
        return [paint_parts(picture, each, key=key, say=say) for each in marks]

    def around(
        self,
        definition_id: str,
        activity_id: str,
        *,
        actor: Actor,
        say: Say = str,
        language: Language = Language.INDONESIAN,
    ) -> Image:
        """The part of the picture where an activity stands, which is marked as the present one.

        language: the one that `say` speaks; the image is the same whoever looks at it in that.
        """
        picture = self._picture(definition_id, actor)
        place = definition_id, activity_id, language
        image = self._places.get(place)
        if image is None:
            marks = Marks({activity_id: Mark(visits=1, open=1)})
            image = paint_picture(picture, marks, focus=activity_id, say=say)
            self._places.put(place, image)
        return image

    def heat_map(
        self, definition_id: str, warmth: Warmth, *, actor: Actor, say: Say = str
    ) -> Image:
        """The picture of a definition with how much of something each element had.

        Raises NotFound, Forbidden.
        """
        return paint_heat(self._picture(definition_id, actor), warmth, say=say)

    def is_laid_out(self, definition_id: str, *, actor: Actor) -> bool:
        """Whether the deployed file has no drawing of its own, so that Alur made one."""
        return not self._picture(definition_id, actor).is_drawn

    def copy_with_layout(self, definition_id: str, *, actor: Actor) -> bytes:
        """A copy of the deployed file with a drawing; the file itself stays as it is."""
        name = self._definitions.definition(definition_id, actor=actor).resource_name
        return with_layout(name, self._definitions.xml(definition_id, actor=actor))

    def _picture(self, definition_id: str, actor: Actor) -> Picture:
        """It is kept, and who asks is judged each time."""
        with self._store.reading() as tx:
            require_definition_visible(actor, tx.definition(definition_id))
            known = self._pictures.get(definition_id)
            if known is not None:
                return known
            definition, resource = tx.definition_content(definition_id)
        # Outside of the transaction: laying out a large file takes a while.
        source = read_diagram(resource.name, resource.content).source
        picture = picture_of(source, definition.key)
        self._pictures.put(definition_id, picture)
        return picture


class _Kept(Generic[K, V]):
    """The values that were used last, for several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
