"""Reports: how the work of an SOP went in a period, against the times and steps of its sheet.

Read from measured time (measuring.py), so that no report reads histories. Nothing here names a
person: figures are of steps, lanes and instances.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from engine.bpmn.elements import FlowNode, ProcessModel
from engine.bpmn.sop_terms import TERM
from engine.calendars import Calendars
from engine.deadlines import calendar_key
from engine.definitions import Definitions
from engine.errors import InvalidInput, NotFound
from engine.model import (
    Actor,
    Conformance,
    CourseFigures,
    Heat,
    InstanceFigures,
    LaneFigures,
    LaneLoad,
    Period,
    ProcessDefinition,
    ReportedSop,
    ReportedStep,
    SopReport,
    StepFigures,
    Variant,
)
from engine.permissions import require_definition_visible
from engine.queries import DefinitionQuery, Page, SortOrder
from engine.sources import Clock
from engine.store import Store, StoreTransaction

_OFFICE, _NUMBER, _NORM = "sop:satuanKerja", "sop:nomor", "sop:waktu"
_NEWEST_FIRST = Page(sorting=(("version", SortOrder.DESC),))
#: Of an office that has no calendar yet: Perpres 21/2023, 37.5 hours in 5 days.
_USUAL_DAY = timedelta(hours=7.5)
_NONE = timedelta(0)
_DIGITS = re.compile(r"\d+")


class Reports:
    """Reports for whoever may see the SOP."""

    def __init__(
        self, store: Store, definitions: Definitions, calendars: Calendars, clock: Clock
    ) -> None:
        self._store = store
        self._definitions = definitions
        self._calendars = calendars
        self._clock = clock

    def overview(self, period: Period, *, actor: Actor) -> list[ReportedSop]:
        """Every SOP that the actor may see, by name. Raises InvalidInput."""
        _require_order(period)
        latest = self._definitions.definitions(DefinitionQuery(is_latest=True), actor=actor)
        with self._store.reading() as tx:
            instances = tx.instance_figures(period)
            dated = tx.deadline_figures(period)
            found = [
                ReportedSop(
                    each.key,
                    each.name,
                    self._office(tx, each),
                    instances.get(each.key, InstanceFigures(each.key)),
                    *dated.get(each.key, (0, 0)),
                )
                for each in latest
            ]
        return sorted(found, key=lambda sop: (sop.name.casefold(), sop.definition_key))

    def sop(
        self, definition_key: str, period: Period, *, version: int | None = None, actor: Actor
    ) -> SopReport:
        """All figures of one SOP over its versions; names and picture are of the newest, or of one.

        Raises NotFound, Forbidden, InvalidInput.
        """
        _require_order(period)
        with self._store.reading() as tx:
            shown, versions = _shown(tx, definition_key, version, actor)
            model = self._definitions.machine(tx, shown.definition_id).model
            returns = tx.returns(definition_key, period)
            figures = tx.step_figures(definition_key, period, returns)
            steps = self._steps(tx, [shown, *versions], figures)
            courses = tx.course_figures(definition_key, period)
            instances = tx.instance_figures(period, definition_key)
            return SopReport(
                definition_key=definition_key,
                definition_id=shown.definition_id,
                name=shown.name,
                office=_said(model.properties, _OFFICE),
                period=period,
                day=self._day(tx, model),
                instances=instances.get(definition_key, InstanceFigures(definition_key)),
                steps=steps,
                lanes=_lanes(steps, tx.open_loads(definition_key, now=self._clock.now())),
                returns=tuple(returns),
                variants=variants_of(courses),
                conformance=self._conformance(tx, courses),
                heat=_heat(shown.definition_id, courses, figures),
                unmeasured=tx.count_unmeasured(definition_key),
            )

    # ---------------------------------------------------------------------- parts

    def _office(self, tx: StoreTransaction, definition: ProcessDefinition) -> str:
        model = self._definitions.machine(tx, definition.definition_id).model
        return _said(model.properties, _OFFICE)

    def _day(self, tx: StoreTransaction, model: ProcessModel) -> timedelta:
        key = calendar_key(model)
        revision = tx.last_calendar_revision(key)
        if not revision:
            return _USUAL_DAY
        return self._calendars.at_revision(tx, key, revision).usual_day or _USUAL_DAY

    def _steps(
        self,
        tx: StoreTransaction,
        versions: Sequence[ProcessDefinition],
        figures: Iterable[StepFigures],
    ) -> tuple[ReportedStep, ...]:
        """The steps of the first version in the order of its sheet, then those only others had."""
        found = {each.activity_id: each for each in figures}
        nodes = {node.id: node for node in self._user_tasks(tx, versions[0].definition_id)}
        for version in versions[1:]:
            if found.keys() <= nodes.keys():
                break
            for node in self._user_tasks(tx, version.definition_id):
                if node.id in found:
                    nodes.setdefault(node.id, node)
        total = sum((each.total for each in found.values()), _NONE)
        return tuple(
            _step(node, found.get(node.id, StepFigures(node.id)), total) for node in nodes.values()
        )

    def _user_tasks(self, tx: StoreTransaction, definition_id: str) -> list[FlowNode]:
        return user_tasks(self._definitions.machine(tx, definition_id).model)

    def _conformance(self, tx: StoreTransaction, courses: Iterable[CourseFigures]) -> Conformance:
        expected: dict[str, tuple[str, ...]] = {}
        for course in courses:
            if course.definition_id not in expected:
                tasks = self._user_tasks(tx, course.definition_id)
                expected[course.definition_id] = expected_steps(tasks)
        return conformance_of(courses, expected)


def user_tasks(model: ProcessModel) -> list[FlowNode]:
    """The user tasks in the order of the sheet's numbers; without numbers in that of the file."""
    tasks = [node for node in model.nodes.values() if node.type == "userTask"]
    return sorted(tasks, key=lambda node: _sheet_place(_said(node.properties, _NUMBER)))


def expected_steps(tasks: Sequence[FlowNode]) -> tuple[str, ...]:
    """What an instance does that keeps to the SOP: the steps of its sheet, or every user task."""
    numbered = [node.id for node in tasks if _said(node.properties, _NUMBER)]
    return tuple(numbered or [node.id for node in tasks])


def variants_of(courses: Iterable[CourseFigures]) -> tuple[Variant, ...]:
    """The orders of steps of completed instances, the most frequent first."""
    counted: Counter[tuple[str, ...]] = Counter()
    for course in courses:
        counted[course.steps] += course.completed
    total = counted.total()
    return tuple(
        Variant(steps, number, number / total)
        for steps, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        if number
    )


def conformance_of(
    courses: Iterable[CourseFigures], expected: Mapping[str, Sequence[str]]
) -> Conformance:
    """Which steps completed instances skipped or repeated. expected: definition id -> its steps."""
    skipped: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    completed = conforming = migrated = 0
    for course in courses:
        if course.is_migrated:
            migrated += course.completed
        if not course.completed or course.is_migrated:
            continue
        times = Counter(course.steps)
        missing = [step for step in expected[course.definition_id] if not times[step]]
        again = [step for step, number in times.items() if number > 1]
        skipped.update(dict.fromkeys(missing, course.completed))
        repeated.update(dict.fromkeys(again, course.completed))
        completed += course.completed
        conforming += 0 if missing or again else course.completed
    return Conformance(completed, conforming, dict(skipped), dict(repeated), migrated)


def _heat(
    definition_id: str, courses: Iterable[CourseFigures], figures: Iterable[StepFigures]
) -> Heat:
    visits: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    for course in courses:
        if course.definition_id == definition_id:
            number = course.completed + course.cancelled
            visits.update({node: times * number for node, times in course.visits.items()})
            flows.update({flow: times * number for flow, times in course.flows.items()})
    return Heat(definition_id, visits, flows, {each.activity_id: each.total for each in figures})


def _lanes(steps: Iterable[ReportedStep], loads: Iterable[LaneLoad]) -> tuple[LaneFigures, ...]:
    """What each lane did, and what waits for it; a step is of the lane that it is shown with."""
    found = {
        each.lane: LaneFigures(each.lane, open=each.open_tasks, overdue=each.overdue_tasks)
        for each in loads
    }
    for step in steps:
        lane, done = found.get(step.lane, LaneFigures(step.lane)), step.figures
        found[step.lane] = replace(
            lane,
            done=lane.done + done.visits,
            late=lane.late + done.late,
            waiting=lane.waiting + done.waiting.total,
            working=lane.working + done.working.total,
        )
    return tuple(found[name] for name in sorted(found, key=lambda name: name or ""))


def _step(node: FlowNode, figures: StepFigures, total: timedelta) -> ReportedStep:
    return ReportedStep(
        activity_id=node.id,
        number=_said(node.properties, _NUMBER),
        name=node.name or node.id,
        lane=node.lane,
        norm=_said(node.properties, _NORM),
        term=_said(node.properties, TERM),
        figures=figures,
        share=figures.total / total if total else 0.0,
    )


def _shown(
    tx: StoreTransaction, definition_key: str, version: int | None, actor: Actor
) -> tuple[ProcessDefinition, list[ProcessDefinition]]:
    """The version whose names are shown, and all of them, the newest first."""
    versions = tx.definitions(DefinitionQuery(key=definition_key), _NEWEST_FIRST)
    wanted = [each for each in versions if version in (None, each.version)]
    if not wanted:
        raise NotFound("process definition", _name(definition_key, version))
    require_definition_visible(actor, wanted[0])
    return wanted[0], versions


def _name(definition_key: str, version: int | None) -> str:
    return definition_key if version is None else f"{definition_key}, version {version}"


def _sheet_place(number: str) -> tuple[bool, list[int], str]:
    """Where a row of that number stands: 2 before 10, 3a after 3; what has none comes last."""
    return not number, [int(digits) for digits in _DIGITS.findall(number)], number


def _said(properties: Mapping[str, str], key: str) -> str:
    return properties.get(key, "").strip()


def _require_order(period: Period) -> None:
    if period.until <= period.since:
        raise InvalidInput(
            f"the period ends at {period.until}, before it begins at {period.since}",
            {"until": ["expected a moment after the first one"]},
        )
