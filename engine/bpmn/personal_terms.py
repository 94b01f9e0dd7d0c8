"""Which form fields hold personal data, and whose it is, as the diagram says."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.elements import ProcessModel


def personal_fields(model: ProcessModel) -> Mapping[str, str | None]:
    """Id of each personal field -> the field that names its subject; None: who submitted it.

    What one form calls personal is personal in the whole process: its name counts, wherever the
    value comes from.
    """
    found: dict[str, str | None] = {}
    for node in model.nodes.values():
        for field in node.form or ():
            if field.is_personal:
                found[field.id] = found.get(field.id) or field.subject
    return found
