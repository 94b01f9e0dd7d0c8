"""The work that every contestant does: a SOP of ten steps in four lanes, five fields in each."""

from __future__ import annotations

from engine.model import Actor, Role
from tests.diagrams import end, field, form, line, process, start, user

LANES = ("Kadis", "Sekretaris", "Perencana", "Bidang")
KEY = "sop_sepuluh_langkah"
FIELDS = 5
ANALYST = Actor("analis", frozenset({Role.ANALYST}))
ADMIN = Actor("admin", frozenset({Role.ADMIN}))


def sop(steps: int = 10, key: str = KEY) -> str:
    """The diagram: one straight line of user tasks, the lanes taking turns."""
    names = step_names(steps)
    lanes = {
        lane: [name for number, name in enumerate(names) if lane_of(number) == lane]
        for lane in LANES
    }
    lanes[LANES[0]] += ["mulai", "selesai"]
    tasks = [user(name, form(*map(field, submission(name)))) for name in names]
    flows = line("mulai", *names, "selesai")
    return process(start("mulai"), *tasks, end("selesai"), flows, key=key, lanes=lanes)


def peer_sop(namespace: str | None = None, steps: int = 10) -> str:
    """The same for other engines: no forms, and each lane as the candidate group of its tasks.

    namespace: of the attribute that says so in that engine; None leaves it away.
    """
    names = step_names(steps)
    groups = [
        f' xmlns:x="{namespace}" x:candidateGroups="{lane_of(number)}"' if namespace else ""
        for number in range(steps)
    ]
    tasks = [
        f'<bpmn:userTask id="{name}" name="{name}"{group}/>'
        for name, group in zip(names, groups, strict=True)
    ]
    flows = line("mulai", *names, "selesai")
    return process(start("mulai"), *tasks, end("selesai"), flows, key=KEY)


def step_names(steps: int) -> list[str]:
    return [f"langkah_{number + 1}" for number in range(steps)]


def lane_of(number: int) -> str:
    """The lane of the step, counted from 0."""
    return LANES[number % len(LANES)]


def submission(step: str) -> dict[str, str]:
    """What a person fills in at the step."""
    return {f"{step}_isian_{number}": f"isian contoh {number}" for number in range(FIELDS)}


def person(lane: str) -> Actor:
    return Actor(lane.lower(), frozenset({Role.STAFF}), frozenset({lane}))
