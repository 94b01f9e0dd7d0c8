"""The picture of an SOP: on its pages, at full size, and as a file that an analyst takes away."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from flask import url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.drawings import Image
from engine.errors import Forbidden
from engine.model import ProcessDefinition, ProcessInstance, UserTask
from webhooks.language import current_language, told
from webhooks.pages.blueprint import blueprint
from webhooks.pages.definition_files import definition_of
from webhooks.pages.logins import current_actor
from webhooks.rest.context import current_engine
from webhooks.rest.pictures import picture

#: Below this share of its full size the words of a picture are too small; the box scrolls then.
_LEAST_SCALE = 0.75
#: The style sheet has a class for every so many pixels of least width, up to the last one.
_STEP, _STEPS = 320, 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in a page."""

    svg: Markup
    #: Class that keeps its words readable.
    width: str
    #: The address of the picture alone.
    href: str
    #: The address of the page of its SOP, where a picture stands on another one.
    about: str = ""
    #: (address in the page, name) of each place where the instance is.
    here: tuple[tuple[str, str], ...] = ()
    #: Whether the file has no drawing of its own.
    is_laid_out: bool = False


def shown_definition(definition: ProcessDefinition, *, key: str = "gambar") -> Shown:
    """The picture of a definition. key: its own on a page that shows several."""
    href = url_for("pages.show_picture", key=definition.key, reference=definition.version)
    drawings, actor = current_engine().drawings, current_actor()
    image = drawings.of_definition(definition.definition_id, key=key, actor=actor, say=told)
    is_laid_out = drawings.is_laid_out(definition.definition_id, actor=actor)
    return replace(shown_image(image, href), is_laid_out=is_laid_out)


def shown_instance(instance: ProcessInstance) -> Shown:
    """The picture with what happened in the instance."""
    href = url_for("pages.show_instance_picture", instance_id=instance.instance_id)
    drawings = current_engine().drawings
    return shown_image(
        drawings.of_instance(instance.instance_id, actor=current_actor(), say=told), href
    )


def shown_step(task: UserTask) -> Shown | None:
    """Where the task stands in its SOP; None for who may do the task but not see the SOP."""
    engine, actor = current_engine(), current_actor()
    try:
        definition = engine.definitions.definition(task.definition_id, actor=actor)
        image = engine.drawings.around(
            task.definition_id,
            task.activity_id,
            actor=actor,
            say=told,
            language=current_language(),
        )
    except Forbidden:
        return None
    key, version = definition.key, definition.version
    shown = shown_image(image, url_for("pages.show_picture", key=key, reference=version))
    return replace(shown, about=url_for("pages.show_process", key=key, reference=version))


def shown_image(image: Image, href: str) -> Shown:
    """An image as it stands in a page; `href` leads to it alone."""
    steps = min(_STEPS, math.ceil(image.width * _LEAST_SCALE / _STEP))
    here = tuple((f"#{anchor}", name) for anchor, name in image.here)
    # The engine escapes every word of the file that it writes into the picture.
    return Shown(Markup(image.svg), f"lebar-{steps}", href, here=here)  # noqa: S704


@blueprint.get("/proses/<key>/<reference>/gambar.svg")
def show_picture(key: str, reference: str) -> ResponseReturnValue:
    """The picture of one version, alone and at full size."""
    definition = definition_of(key, reference)
    drawings = current_engine().drawings
    return picture(
        drawings.of_definition(definition.definition_id, actor=current_actor(), say=told)
    )


@blueprint.get("/berkas/<instance_id>/gambar.svg")
def show_instance_picture(instance_id: str) -> ResponseReturnValue:
    """The picture of an instance, alone and at full size."""
    return picture(
        current_engine().drawings.of_instance(instance_id, actor=current_actor(), say=told)
    )
