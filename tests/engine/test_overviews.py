"""How the work stands, for those who may see it."""

from __future__ import annotations

import pytest

from engine.errors import InvalidQuery
from engine.model import Overview, ProcessStanding, Punctuality
from engine.queries import OverviewQuery
from engine.remaining_times import Remaining
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

#: Two steps in two lanes; the first is due within an hour.
LETTER = process(
    start(), user("a", name="Menulis"), user("b", name="Menandatangani"), end(),
    line("s", "a", "b", "e"), key="surat", lanes={"Bidang": ["s", "a"], "Kadis": ["b", "e"]},
).replace('id="a"', 'id="a" camunda:dueDate="PT1H"')  # fmt: skip
ELSEWHERE = process(
    start(), user("a"), end(), line("s", "a", "e"), key="lain", lanes={"Camat": ["s", "a", "e"]}
)
ALWAYS = OverviewQuery()


def letters(office: Office, count: int) -> list[str]:
    definition = office.deploy(LETTER, "surat.bpmn")
    return [office.start(definition, office.people["Bidang"]) for _ in range(count)]


def sop(overview: Overview, key: str) -> ProcessStanding:
    return next(each for each in overview.processes if each.definition_key == key)


def test_overview_tells_lanes_sops_and_what_waits_for_oneself(office: Office) -> None:
    in_time, late, _ = letters(office, 3)
    bidang, kadis = office.people["Bidang"], office.people["Kadis"]
    office.complete(in_time, "a", bidang)
    office.complete(in_time, "b", kadis)
    office.clock.advance(hours=2)
    office.complete(late, "a", bidang)
    office.engine.tasks.claim(office.task(late, "b").task_id, actor=kadis)

    seen = office.engine.overviews.overview(ALWAYS, actor=kadis)

    assert sop(seen, "surat") == ProcessStanding(
        "surat", running=2, late=1, failed=0, completed=1, cancelled=0,
        punctuality=Punctuality(2, 1),
    )  # fmt: skip
    assert [(e.lane, e.open_tasks, e.unclaimed_tasks, e.late_tasks) for e in seen.lanes] == [
        ("Bidang", 1, 1, 1),
        ("Kadis", 1, 0, 0),
    ]
    assert (seen.my_tasks, seen.offered_tasks) == (1, 0)
    assert (len(seen.late), seen.failed, seen.punctuality.share) == (1, (), 0.5)


def test_nobody_counts_what_they_may_not_see(office: Office) -> None:
    letters(office, 1)
    office.start(office.deploy(ELSEWHERE, "lain.bpmn"), ADMIN)

    of_bidang = office.engine.overviews.overview(ALWAYS, actor=office.people["Bidang"])
    of_camat = office.engine.overviews.overview(ALWAYS, actor=staff("Camat"))
    of_auditor = office.engine.overviews.overview(ALWAYS, actor=AUDITOR)

    assert [each.definition_key for each in of_bidang.processes] == ["surat"]
    assert [each.lane for each in of_camat.lanes] == ["Camat"]
    assert [each.definition_key for each in of_auditor.processes] == ["lain", "surat"]


def test_where_instances_are_is_told_to_whoever_sees_them(office: Office) -> None:
    [letter] = letters(office, 1)
    other = office.start(office.deploy(ELSEWHERE, "lain.bpmn"), ADMIN)
    overviews = office.engine.overviews

    found = overviews.open_steps([letter, other], actor=office.people["Kadis"])

    assert set(found) == {letter}
    [step] = found[letter]
    assert (step.task.name, step.is_visible) == ("Menulis", False)
    assert step.left == Remaining()
    of_auditor = overviews.open_steps([letter, other], actor=AUDITOR)
    assert [step.is_visible for steps in of_auditor.values() for step in steps] == [True, True]
    assert overviews.open_steps([], actor=AUDITOR) == {}


def test_period_that_ends_before_it_begins_is_refused(office: Office) -> None:
    now = office.clock.now()

    with pytest.raises(InvalidQuery):
        office.engine.overviews.overview(OverviewQuery(since=now, before=now), actor=AUDITOR)
