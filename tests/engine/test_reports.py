"""Reports against small histories whose figures were computed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.model import (
    Actor,
    Conformance,
    CourseFigures,
    InstanceFigures,
    LaneFigures,
    Period,
    Return,
    SopReport,
    Spread,
    StepFigures,
    Variant,
)
from engine.reports import conformance_of
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.engine.test_task_times import measure
from tests.office import ADMIN, AUDITOR, Office, every_return_once, staff

HOUR = timedelta(hours=1)
KADIS, PERENCANA = staff("Kadis"), staff("Perencana")
JANUARY = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def row(name: str, number: int, term: str, *fields: str) -> str:
    """A step with its row of the sheet."""
    said = {"sop:nomor": number, "sop:waktuIso": term, "sop:waktu": "menurut lembar"}
    listed = "".join(f'<camunda:property name="{k}" value="{v}"/>' for k, v in said.items())
    drawn = form(*fields) if fields else form()
    inner = drawn.replace(
        "</bpmn:extensionElements>",
        f"<camunda:properties>{listed}</camunda:properties></bpmn:extensionElements>",
    )
    return user(name, inner, name.capitalize())


#: Susun, then periksa, which ends it or sends it back. The file has the rows in another order.
SHEET = process(
    start(),
    row("periksa", 10, "P1D", field("boleh", "boolean")),
    row("susun", 2, "PT2H"),
    exclusive("g"),
    end(),
    line("s", "susun", "periksa", "g"),
    flow("g", "e", "${boleh}"),
    flow("g", "susun", "${not boleh}"),
    key="layanan",
    lanes={"Perencana": ["s", "susun"], "Kadis": ["periksa", "g", "e"]},
)


def run_january(office: Office) -> None:
    """Three instances: one went straight on, one was sent back, one was cancelled."""
    definition, clock = office.deploy(SHEET), office.clock  # Monday 5 January 2026, 07:30

    first = office.start(definition)
    clock.advance(hours=1)
    office.engine.tasks.claim(office.task(first, "susun").task_id, actor=PERENCANA)
    clock.advance(hours=2)
    office.complete(first, "susun", PERENCANA)  # waited 1, worked 2: on time
    clock.advance(hours=1)
    office.complete(first, "periksa", KADIS, boleh=True)  # waited 1; 11:30

    second = office.start(definition)
    clock.advance(hours=2)
    office.complete(second, "susun", PERENCANA)  # waited 1, over lunch; 13:30
    clock.advance(hours=1)
    office.engine.tasks.claim(office.task(second, "periksa").task_id, actor=KADIS)
    clock.advance(hours=1)
    office.complete(second, "periksa", KADIS, boleh=False)  # waited 1, worked 1
    clock.advance(minutes=30)
    office.complete(second, "susun", PERENCANA)  # waited half; 16:00
    clock.advance(days=1, hours=17.5)
    office.complete(second, "periksa", KADIS, boleh=True)  # waited 9.5, late; Wednesday 09:30

    third = office.start(definition)
    clock.advance(hours=1)
    office.engine.instances.cancel(third, reason="salah unit", actor=ADMIN)
    measure(office)


def report(
    office: Office, period: Period = JANUARY, *, actor: Actor = AUDITOR, key: str = "layanan"
) -> SopReport:
    return office.engine.reports.sop(key, period, actor=actor)


@pytest.fixture
def january(office_on_both: Office) -> Office:
    run_january(office_on_both)
    return office_on_both


def test_steps_have_the_figures_that_were_computed_by_hand(january: Office) -> None:
    found = report(january)

    susun, periksa = found.steps
    assert (susun.number, susun.name, susun.lane) == ("2", "Susun", "Perencana")
    assert (susun.norm, susun.term) == ("menurut lembar", "PT2H")
    assert susun.figures == StepFigures(
        "susun",
        visits=3,
        cancelled=1,
        dated=1,
        late=0,
        repeated=1,
        returned=1,
        sent_back=0,
        waiting=Spread(HOUR, HOUR, 2.5 * HOUR),
        working=Spread(0 * HOUR, 1.6 * HOUR, 2 * HOUR),
    )
    assert periksa.figures == StepFigures(
        "periksa",
        visits=3,
        dated=3,
        late=1,
        repeated=1,
        sent_back=1,
        waiting=Spread(HOUR, 7.8 * HOUR, 11.5 * HOUR),
        working=Spread(0 * HOUR, 0.8 * HOUR, HOUR),
    )
    assert (susun.figures.on_time_share, periksa.figures.on_time_share) == (1, 2 / 3)
    assert (susun.share, periksa.share) == (4.5 / 17, 12.5 / 17)
    assert [step.activity_id for step in found.bottlenecks] == ["periksa", "susun"]


def test_instances_courses_and_conformance(january: Office) -> None:
    found = report(january)

    elapsed = Spread(8.5 * HOUR, 12.1 * HOUR, 17 * HOUR)
    assert found.instances == InstanceFigures("layanan", 3, 2, 1, 0, elapsed)
    assert found.variants == (
        Variant(("susun", "periksa"), 1, 0.5),
        Variant(("susun", "periksa", "susun", "periksa"), 1, 0.5),
    )
    assert found.conformance == Conformance(2, 1, {}, {"susun": 1, "periksa": 1})
    assert found.returns == (Return("periksa", "susun", 1),)
    assert found.heat.visits == {"s": 3, "susun": 4, "periksa": 3, "g": 3, "e": 2}
    assert found.heat.flows == {
        "s_susun": 3,
        "susun_periksa": 3,
        "periksa_g": 3,
        "g_susun": 1,
        "g_e": 2,
    }
    assert found.heat.times == {"susun": 4.5 * HOUR, "periksa": 12.5 * HOUR}
    assert found.unmeasured == 0


def test_lanes_have_what_they_did_and_what_waits_for_them(january: Office) -> None:
    january.start(january.engine.definitions.latest_definition("layanan", actor=ADMIN))

    assert report(january).lanes == (
        LaneFigures("Kadis", done=3, late=1, waiting=11.5 * HOUR, working=HOUR),
        LaneFigures("Perencana", done=3, waiting=2.5 * HOUR, working=2 * HOUR, open=1),
    )


def test_a_period_has_what_ended_in_it_and_its_end_is_none_of_it(january: Office) -> None:
    noon = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)  # Monday 11:30, when the first one ended

    before = report(january, Period(JANUARY.since, noon))
    after = report(january, Period(noon, JANUARY.until))

    assert [step.figures.visits for step in before.steps] == [1, 0]
    assert [step.figures.visits for step in after.steps] == [2, 3]
    assert (before.instances.completed, after.instances.completed) == (0, 2)
    assert (before.instances.started, after.instances.started) == (1, 2)
    with pytest.raises(InvalidInput):
        report(january, Period(noon, noon))


def test_what_has_ended_and_is_not_measured_is_told(office: Office) -> None:
    instance = office.start(office.deploy(SHEET))
    office.complete(instance, "susun", PERENCANA)
    assert (report(office).unmeasured, report(office).steps[0].figures.visits) == (1, 0)

    measure(office)

    assert (report(office).unmeasured, report(office).steps[0].figures.visits) == (0, 1)


def test_another_version_may_have_had_other_steps(january: Office) -> None:
    newer = SHEET.replace('id="susun"', 'id="tulis"').replace("Susun", "Tulis")
    for old in ("s_susun", "susun_periksa", "g_susun", ">susun<", '"susun"'):
        newer = newer.replace(old, old.replace("susun", "tulis"))
    january.deploy(newer)

    found = report(january)

    assert [step.activity_id for step in found.steps] == ["tulis", "periksa", "susun"]
    assert [step.figures.visits for step in found.steps] == [0, 3, 3]
    assert found.heat.visits == {}
    assert found.conformance.share == 0.5
    first = january.engine.reports.sop("layanan", JANUARY, version=1, actor=AUDITOR)
    assert [step.activity_id for step in first.steps] == ["susun", "periksa"]
    assert first.heat.visits["susun"] == 4


def test_reports_are_for_who_may_see_the_sop(january: Office) -> None:
    assert report(january, actor=KADIS).definition_key == "layanan"
    with pytest.raises(Forbidden):
        report(january, actor=staff("Bidang"))
    with pytest.raises(NotFound):
        report(january, key="tidak-ada")
    assert january.engine.reports.overview(JANUARY, actor=staff("Bidang")) == []


def test_the_overview_sums_up_each_sop(january: Office) -> None:
    january.deploy_sop("balangan")

    by_key = {s.definition_key: s for s in january.engine.reports.overview(JANUARY, actor=AUDITOR)}

    layanan, balangan = by_key["layanan"], by_key["pdk_balangan"]
    assert (layanan.dated, layanan.late, layanan.on_time_share) == (4, 1, 0.75)
    assert (layanan.office, layanan.instances.completed) == ("", 2)
    assert (balangan.office != "", balangan.instances.started) == (True, 0)
    assert balangan.on_time_share is None


def test_steps_that_were_skipped_and_repeated_are_counted_by_instance() -> None:
    def went(*steps: str, completed: int = 1, cancelled: int = 0) -> CourseFigures:
        return CourseFigures("d:1", steps, {}, {}, completed, cancelled)

    courses = [
        went("a", "b", "c", completed=4),
        went("a", "c", completed=2),
        went("a", "b", "b2", "b", "c"),
        went("a", completed=0, cancelled=9),
    ]

    found = conformance_of(courses, {"d:1": ("a", "b", "c")})

    assert found == Conformance(7, 4, {"b": 2}, {"b": 1})


def test_several_items_of_a_step_are_one_return(office: Office) -> None:
    definition = office.deploy_sop("bakesbangpol")
    instance = office.start_sop(definition)
    office.run_to_end(instance, every_return_once())
    measure(office)

    found = report(office, key=definition.key)

    [variant] = found.variants
    steps = [step for step in found.steps if step.figures.visits]
    assert sum(each.times for each in found.returns) == sum(s.figures.returned for s in steps)
    assert {each.times for each in found.returns} == {1}
    assert found.conformance.conforming == 0
    assert set(found.conformance.repeated) == {
        s for s in variant.steps if variant.steps.count(s) > 1
    }
    # The sheet's order is that of its numbers.
    assert [s.number for s in found.steps if s.number.isdigit()] == sorted(
        (s.number for s in found.steps if s.number.isdigit()), key=int
    )


def test_what_was_moved_to_another_version_is_not_judged(office: Office) -> None:
    first = office.deploy(process(start(), user("a"), end(), line("s", "a", "e"), key="layanan"))
    new = process(start(), user("z"), user("a"), end(), line("s", "z", "a", "e"), key="layanan")
    second = office.deploy(new)
    stayed, moved = office.start(first), office.start(first)
    plan = office.engine.migrations.generate(first.definition_id, second.definition_id, actor=ADMIN)
    office.engine.migrations.migrate(moved, plan, reason="revisi", basis="SK 1", actor=ADMIN)
    for instance in (stayed, moved):
        office.complete(instance, "a")
    measure(office)

    assert report(office).conformance == Conformance(1, 1, {}, {}, migrated=1)
