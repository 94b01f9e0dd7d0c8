"""A repeated activity says how often, by a collection or by a number, and what each repeat gets."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.checks.places import Rule, checked_processes, flow_nodes
from engine.bpmn.diagram import Diagram
from engine.bpmn.elements import MultiInstance
from engine.bpmn.names import Element, bpmn, is_variable
from engine.bpmn.supported import MAX_INSTANCES
from engine.model import Finding

RULE = "multi-instance"


def check(diagram: Diagram) -> Iterator[Finding]:
    """Exactly one of collection and cardinality, with names that variables can have."""
    rule = Rule(RULE, diagram)
    for model, process in checked_processes(diagram):
        for node in flow_nodes(process):
            loop = model.nodes[node.get("id", "")].multi_instance
            if loop is not None:
                yield from _check_times(rule, node, loop)
                yield from _check_names(rule, node, loop)


def _check_times(rule: Rule, node: Element, loop: MultiInstance) -> Iterator[Finding]:
    if not loop.collection and not loop.cardinality and not _has_foreign_collection(node):
        yield rule.error(
            node,
            "kegiatan berulang tidak menyebut koleksi (camunda:collection) atau jumlah "
            "(loopCardinality); isi salah satunya",
            "the multi-instance activity names neither a collection (camunda:collection) nor a "
            "number (loopCardinality); set one",
        )
    if loop.collection and loop.cardinality:
        yield rule.error(
            node,
            "kegiatan berulang menyebut koleksi dan jumlah sekaligus; pilih satu",
            "the multi-instance activity names a collection and a number; choose one",
        )
    digits = (loop.cardinality or "").strip("${} ")
    if digits.isdigit() and len(digits) < 10 and not 1 <= int(digits) <= MAX_INSTANCES:
        yield rule.error(
            node,
            f"jumlah {digits} di luar 1 sampai {MAX_INSTANCES}",
            f"the number {digits} is outside 1 to {MAX_INSTANCES}",
        )


def _has_foreign_collection(node: Element) -> bool:
    """Whether it is repeated in a way of which unsupported-element speaks."""
    marks = node.find(bpmn("multiInstanceLoopCharacteristics"))
    if marks is None:
        return False
    names = {str(name).rpartition("}")[2] for name in marks.attrib}
    return "collection" in names or marks.find(bpmn("loopDataInputRef")) is not None


def _check_names(rule: Rule, node: Element, loop: MultiInstance) -> Iterator[Finding]:
    names = {"camunda:elementVariable": loop.element_variable, "sop:kumpulkan": loop.collect_into}
    for what, name in names.items():
        if name is not None and not is_variable(name):
            yield rule.error(
                node,
                f"{what} {name!r} bukan nama variabel; pakai huruf, angka dan garis bawah",
                f"{what} {name!r} is no name of a variable; use letters, digits and underscores",
            )
    if loop.element_variable and not loop.collection:
        yield rule.error(
            node,
            "camunda:elementVariable memerlukan camunda:collection; isi koleksinya",
            "camunda:elementVariable needs a camunda:collection; set the collection",
        )
