"""Finds what a template says to people outside of a translation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

#: What stands for a value in the mark-up of a template.
_VALUE = "\0"
_SPOKEN = re.compile(r"\b(?:aria-label|title|alt|placeholder|data-label|label)=\"([^\"]*)\"")
#: Mark-up whose text is not for people, or is the same in every language.
_QUIET = re.compile(r"<(code|style|kbd)\b[^>]*>.*?</\1>|<!--.*?-->|<!doctype[^>]*>", re.S | re.I)
_TAG = re.compile(r"<[^<>]*>", re.S)
#: Of a macro that gives the attributes of a tag.
_ATTRIBUTE = re.compile(r"[\w-]+=\"[^\"]*\"")
_ENTITY = re.compile(r"&\w+;")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
#: The same in every language: names of programs and formats, and what stands on Modeler's buttons.
_NAMES = re.compile(
    r"\b(?:Alur|BPMN|CSV|iCalendar|SSO|SHA-256|Camunda Modeler|REST endpoint|HTTP Basic"
    r"|Bearer token|Tenant ID|Deploy|Start|Windows|macOS|Linux|ms)\b"
)
_TRANSLATING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
#: A constant that is an address, a name of a field or a class, and nothing that is read.
_TECHNICAL = re.compile(r"[a-z0-9_.:/#?=&%{}+\-<>,;\n]*|[A-Z_]+|sop:\w+")


def untranslated(source: str, environment: Environment) -> list[str]:
    """What people would read in Indonesian whatever they chose, in the order of the template."""
    tree = environment.parse(source)
    markup = _QUIET.sub(" ", "".join(_markup(tree)))
    attributes = [text for text in _SPOKEN.findall(markup) if _says(text)]
    texts = [text for text in _TAG.split(markup) if _says(_ATTRIBUTE.sub("", text))]
    return [_shown(each) for each in (*attributes, *texts, *_constants(tree))]


def _markup(node: nodes.Node) -> Iterator[str]:
    """The mark-up with a sign for each value; both branches of a condition."""
    if isinstance(node, nodes.TemplateData):
        yield node.data
    elif isinstance(node, nodes.Expr):
        yield _VALUE
    else:
        for child in node.iter_child_nodes():
            if not isinstance(node, nodes.Output) and isinstance(child, nodes.Expr):
                continue
            yield from _markup(child)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Texts in expressions: 'Simpan' in {{ button(path, 'Simpan') }}."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in _TRANSLATING:
        return
    text = node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else ""
    if not _TECHNICAL.fullmatch(text) and _says(text):
        yield text
    if isinstance(node, nodes.FromImport | nodes.Compare | nodes.Getitem | nodes.Getattr):
        return
    for child in node.iter_child_nodes():
        yield from _constants(child)


def _says(text: str) -> bool:
    return bool(_LETTERS.search(_NAMES.sub(" ", _ENTITY.sub(" ", text))))


def _shown(text: str) -> str:
    return " ".join(text.replace(_VALUE, "…").split())
