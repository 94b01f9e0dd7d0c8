"""In which order BPMN 2.0 wants the children of an element, read from the schema itself."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from lxml import etree

from engine.bpmn.names import Element, bpmn_children, is_bpmn, local

FOLDER = Path(__file__).parent
_XSD = "{http://www.w3.org/2001/XMLSchema}"


class _Vocabulary:
    """Elements, types and attributes that the schema declares, by local name."""

    def __init__(self) -> None:
        roots = [etree.parse(FOLDER / name).getroot() for name in ("Semantic.xsd", "BPMN20.xsd")]
        self.types = {
            t.get("name", ""): t for root in roots for t in root.iter(f"{_XSD}complexType")
        }
        declared = [e for root in roots for e in root.findall(f"{_XSD}element")]
        self.type_of = {e.get("name", ""): _bare(e.get("type")) for e in declared}
        self.head_of = {e.get("name", ""): _bare(e.get("substitutionGroup")) for e in declared}
        attributes = {a.get("name", "") for root in roots for a in root.iter(f"{_XSD}attribute")}
        self.attributes = {name.casefold(): name for name in attributes}

    def children(self, type_name: str) -> list[str]:
        """The names that the type lists, those of the types it extends first."""
        declaration = self.types.get(type_name)
        if declaration is None:
            return []
        names: list[str] = []
        for part in declaration.iter(f"{_XSD}extension", f"{_XSD}element"):
            if part.tag == f"{_XSD}extension":
                names += self.children(_bare(part.get("base")))
            else:
                names.append(_bare(part.get("ref")) or part.get("name", ""))
        return names


def _bare(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


@cache
def _vocabulary() -> _Vocabulary:
    return _Vocabulary()


@lru_cache(maxsize=512)  # a hostile file may name any number of tags
def _ranks(tag: str) -> dict[str, int]:
    """Child -> its place in an element of that tag."""
    vocabulary = _vocabulary()
    ranks: dict[str, int] = {}
    for place, name in enumerate(vocabulary.children(vocabulary.type_of.get(tag, ""))):
        ranks.setdefault(name, place)
    for name in vocabulary.type_of:
        head = name
        while head and head not in ranks:
            head = vocabulary.head_of.get(head, "")
        if head:
            ranks.setdefault(name, ranks[head])
    return ranks


def known_attribute(name: str) -> str | None:
    """The attribute of BPMN that is spelled so but for upper and lower case."""
    return _vocabulary().attributes.get(name.casefold())


def put_in_order(parent: Element) -> bool:
    """Sort the children as the schema wants them; whether any stood elsewhere.

    Children of one kind keep their order, which is all that means anything.
    """
    ranks = _ranks(local(parent))
    last = 0
    places: list[int] = []
    for child in bpmn_children(parent):
        last = ranks.get(local(child), last)
        places.append(last)
    if places == sorted(places):
        return False
    children = list(bpmn_children(parent))
    others = [child for child in parent if not is_bpmn(child)]
    order = sorted(range(len(children)), key=places.__getitem__)
    parent[:] = [*(children[number] for number in order), *others]
    return True
