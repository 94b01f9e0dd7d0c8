"""Random diagrams without a drawing: whatever a hand or a program might write."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from tests.diagrams import document

KINDS = (
    ["userTask"] * 6
    + ["serviceTask", "scriptTask", "callActivity", "manualTask"]
    + ["exclusiveGateway"] * 3
    + ["parallelGateway", "inclusiveGateway", "intermediateCatchEvent", "endEvent"]
)
WORDS = re.findall(
    r"\w+",
    "menyusun laporan kinerja triwulan kepada pejabat terkait memeriksa dan menandatangani "
    "rancangan dokumen perencanaan apakah lengkap setuju ya tidak kembalikan untuk perbaikan "
    "pertanggungjawaban",
)


@dataclass
class RandomDiagram:
    """One file, and which nodes each innermost lane must hold."""

    rng: random.Random
    lanes: dict[str, list[str]] = field(default_factory=dict)
    count: int = 0
    #: Process -> tasks of its surface.
    tasks: dict[str, list[str]] = field(default_factory=dict)

    def name(self, longest: int = 9) -> str:
        words = self.rng.choices(WORDS, k=self.rng.randint(0, longest))
        return " ".join(words).capitalize()

    def new_id(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    # ------------------------------------------------------------------- scopes

    def scope(self, size: int, depth: int = 0) -> tuple[str, list[str]]:
        """(XML of the nodes and flows of one scope, ids of its nodes)."""
        start = self.new_id("mulai")
        xml, nodes = [f'<bpmn:startEvent id="{start}" name="{self.name(2)}"/>'], [start]
        tasks: list[str] = []
        while len(nodes) < size:
            kind = self.rng.choice(KINDS)
            node = self.new_id("n")
            if depth < 2 and size > 8 and self.rng.random() < 0.04:
                inner, _ = self.scope(self.rng.randint(1, 6), depth + 1)
                xml.append(
                    f'<bpmn:subProcess id="{node}" name="{self.name(4)}">{inner}</bpmn:subProcess>'
                )
                tasks.append(node)
            else:
                longest = 9 if "ask" in kind or kind == "callActivity" else 4
                xml.append(f'<bpmn:{kind} id="{node}" name="{self.name(longest)}"/>')
                tasks += [node] if kind in ("userTask", "serviceTask") else []
            nodes.append(node)
        seats = self._seats(tasks, xml)
        self._flows(nodes, seats, xml)
        self._artifacts(nodes, xml)
        return "".join(xml), nodes

    def _seats(self, tasks: list[str], xml: list[str]) -> list[str]:
        seats = []
        for task in tasks:
            for _ in range(self.rng.choice([0] * 8 + [1, 2])):
                seat = self.new_id("b")
                xml.append(
                    f'<bpmn:boundaryEvent id="{seat}" name="{self.name(3)}" attachedToRef="{task}">'
                    "<bpmn:timerEventDefinition/></bpmn:boundaryEvent>"
                )
                seats.append(seat)
        return seats

    def _flows(self, nodes: list[str], seats: list[str], xml: list[str]) -> None:
        pairs = [
            (nodes[self.rng.randint(max(0, place - 4), place - 1)], node)
            for place, node in enumerate(nodes)
            if place
        ]
        for _ in range(len(nodes) // 4):
            pairs.append((self.rng.choice(nodes), self.rng.choice(nodes)))
        pairs += [(seat, self.rng.choice(nodes)) for seat in seats]
        for source, target in pairs:
            name = self.name(3) if self.rng.random() < 0.4 else ""
            xml.append(
                f'<bpmn:sequenceFlow id="{self.new_id("f")}" name="{name}" '
                f'sourceRef="{source}" targetRef="{target}"/>'
            )

    def _artifacts(self, nodes: list[str], xml: list[str]) -> None:
        for node in nodes:
            if self.rng.random() > 0.06:
                continue
            note = self.new_id("c")
            if self.rng.random() < 0.5:
                xml.append(
                    f'<bpmn:textAnnotation id="{note}"><bpmn:text>{self.name(12)}</bpmn:text>'
                    "</bpmn:textAnnotation>"
                )
            else:
                xml.append(f'<bpmn:dataObjectReference id="{note}" name="{self.name(3)}"/>')
            xml.append(
                f'<bpmn:association id="{self.new_id("a")}" sourceRef="{node}" targetRef="{note}"/>'
            )

    # -------------------------------------------------------------------- lanes

    def process(self, key: str, size: int, lane_count: int) -> str:
        inside, nodes = self.scope(size)
        self.tasks[key] = [node for node in nodes if f'<bpmn:userTask id="{node}"' in inside]
        return (
            f'<bpmn:process id="{key}" name="{self.name()}" isExecutable="true">'
            f"{self._lane_set(nodes, lane_count)}{inside}</bpmn:process>"
        )

    def _lane_set(self, nodes: list[str], count: int) -> str:
        if not count:
            return ""
        homes: dict[int, list[str]] = {number: [] for number in range(count)}
        for node in nodes:
            homes[self.rng.randrange(count)].append(node)
        return (
            f'<bpmn:laneSet id="{self.new_id("ls")}">{self._lanes(list(homes.values()))}'
            "</bpmn:laneSet>"
        )

    def _lanes(self, groups: list[list[str]]) -> str:
        if len(groups) > 2 and self.rng.random() < 0.4:
            members = "".join(_references(group) for group in groups[:2])
            return (
                f'<bpmn:lane id="{self.new_id("l")}" name="{self.name(3)}">{members}'
                f'<bpmn:childLaneSet id="{self.new_id("ls")}">{self._lanes(groups[:2])}'
                f"</bpmn:childLaneSet></bpmn:lane>{self._lanes(groups[2:])}"
            )
        return "".join(self._lane(group) for group in groups)

    def _lane(self, members: list[str]) -> str:
        lane = self.new_id("l")
        self.lanes[lane] = members
        return f'<bpmn:lane id="{lane}" name="{self.name(4)}">{_references(members)}</bpmn:lane>'

    # ------------------------------------------------------------------- whole files

    def file(self, size: int, lane_count: int, *, pools: int) -> str:
        if pools == 0:
            return document(self.process("p1", size, lane_count))
        processes = [
            self.process(f"p{n}", max(2, size // pools), lane_count) for n in range(1, pools + 1)
        ]
        parts = (
            "".join(
                f'<bpmn:participant id="pool{n}" name="{self.name(5)}" processRef="p{n}"/>'
                for n in range(1, pools + 1)
            )
            + '<bpmn:participant id="mitra" name="Mitra"/>'
        )
        messages = self._messages(pools)
        collaboration = f'<bpmn:collaboration id="k">{parts}{messages}</bpmn:collaboration>'
        return document(collaboration + "".join(processes))

    def _messages(self, pools: int) -> str:
        groups = [[f"pool{n}", *self.tasks[f"p{n}"]] for n in range(1, pools + 1)] + [["mitra"]]
        found = ""
        for number in range(2 * pools):
            here, there = self.rng.sample(groups, 2)
            found += (
                f'<bpmn:messageFlow id="m{number}" name="{self.name(2)}" '
                f'sourceRef="{self.rng.choice(here)}" targetRef="{self.rng.choice(there)}"/>'
            )
        return found


def _references(members: list[str]) -> str:
    return "".join(f"<bpmn:flowNodeRef>{each}</bpmn:flowNodeRef>" for each in members)
