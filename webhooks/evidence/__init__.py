"""Evidence on paper: PDF documents of instances and of periods, for the office and its auditors.

What they say is read from history that was proved; sheets.py is what a paper consists of, and
typesetting.py the only one that sets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from flask import Flask, has_app_context

from engine.model import Actor, Language
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks import language
from webhooks.evidence.instance_sheet import instance_sheet
from webhooks.evidence.typesetting import typeset
from webhooks.language import speaking
from webhooks.rest.context import put_context

__all__ = ["instance_pdf", "writing_papers"]


def instance_pdf(instance_id: str, *, actor: Actor) -> bytes:
    """The paper of one instance. Within an app, or `writing_papers`. Raises NotFound, Forbidden."""
    with speaking(Language.INDONESIAN):
        return typeset(instance_sheet(instance_id, actor=actor))


@contextmanager
def writing_papers(engine: ProcessEngine, settings: Settings) -> Iterator[None]:
    """Within it papers may be written: by a worker or a command, where no page is asked for."""
    with ExitStack() as stack:
        if not has_app_context():
            app = Flask(__name__)
            put_context(app, engine, settings)
            language.register(app, lambda: None)
            stack.enter_context(app.app_context())
        yield
