"""Evidence on paper: PDF documents of instances and of periods, for the office and its auditors.

What they say is read from history that was proved; sheets.py is what a paper consists of, and
typesetting.py the only one that sets it.
"""

from __future__ import annotations

from engine.model import Actor, Language
from engine.process_engine import ProcessEngine
from engine.settings import Settings
from webhooks.evidence.akip_package import write_package
from webhooks.evidence.contexts import writing_papers
from webhooks.evidence.instance_sheet import instance_sheet
from webhooks.evidence.maker import PackageMaker
from webhooks.evidence.typesetting import typeset
from webhooks.language import speaking

__all__ = ["PackageMaker", "build_maker", "instance_pdf", "write_package", "writing_papers"]


def instance_pdf(instance_id: str, *, actor: Actor) -> bytes:
    """The paper of one instance. Within an app, or `writing_papers`. Raises NotFound, Forbidden."""
    with speaking(Language.INDONESIAN):
        return typeset(instance_sheet(instance_id, actor=actor))


def build_maker(engine: ProcessEngine, settings: Settings) -> PackageMaker:
    """The duty that makes packages of evidence."""
    return PackageMaker(engine, settings)
