"""Multi-instance bodies: one task per element, their values kept apart and given back as a list."""

from __future__ import annotations

import pytest

from tests.diagrams import (
    boundary,
    each,
    end,
    exclusive,
    flow,
    line,
    process,
    properties,
    start,
    subprocess,
    timer,
    user,
)
from tests.office import ADMIN, Office


def a_round(loop: str, node_properties: str = "") -> str:
    return process(
        start(), user("isi", node_properties + loop), user("z"), end(), line("s", "isi", "z", "e")
    )


def by_element(office: Office, instance: str) -> dict[str, str]:
    return {t.local_variables["x"]: t.task_id for t in office.open_tasks(instance)}


def test_every_element_has_a_task_and_what_it_submits_stays_with_it(office: Office) -> None:
    definition = office.deploy(a_round(each("${daftar}"), properties(kumpulkan="hasil")))
    instance = office.start(definition, daftar=["A", "B"])

    tasks = by_element(office, instance)
    office.engine.tasks.complete(tasks["B"], {"nilai": 2}, actor=ADMIN)
    seen_by_a = office.engine.tasks.variables(tasks["A"], actor=ADMIN)
    office.engine.tasks.complete(tasks["A"], {"nilai": 1}, actor=ADMIN)

    assert "nilai" not in seen_by_a
    assert seen_by_a["x"] == "A"
    variables = office.variables(instance)
    assert variables["hasil"] == [{"nilai": 1, "x": "A"}, {"nilai": 2, "x": "B"}]
    assert "nilai" not in variables
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_a_sequence_offers_one_element_after_the_other(office: Office) -> None:
    instance = office.start(
        office.deploy(a_round(each("${daftar}", sequential=True))), daftar=["A", "B", "C"]
    )
    order = []
    while office.waiting_at(instance) == ["isi"]:
        task = office.task(instance, "isi")
        order.append(task.local_variables["x"])
        office.engine.tasks.complete(task.task_id, {}, actor=ADMIN)

    assert order == ["A", "B", "C"]
    office.assert_sound(instance)


def test_a_completion_condition_ends_the_rest(office: Office) -> None:
    loop = each("${daftar}", until="${nrOfCompletedInstances == 2}")
    instance = office.start(office.deploy(a_round(loop)), daftar=["A", "B", "C"])
    tasks = by_element(office, instance)

    office.engine.tasks.complete(tasks["C"], {}, actor=ADMIN)
    office.engine.tasks.complete(tasks["A"], {}, actor=ADMIN)

    assert office.waiting_at(instance) == ["z"]
    assert ("activity_cancelled", "isi") in office.kinds(instance)
    office.assert_sound(instance)


def test_an_empty_list_passes_at_once(office: Office) -> None:
    assert office.waiting_at(
        office.start(office.deploy(a_round(each("${daftar}"))), daftar=[])
    ) == ["z"]


def test_a_cardinality_counts(office: Office) -> None:
    instance = office.start(office.deploy(a_round(each(cardinality="${n}"))), n=3)

    counters = sorted(t.local_variables["loopCounter"] for t in office.open_tasks(instance))
    assert counters == [0, 1, 2]


@pytest.mark.parametrize(
    ("loop", "variables"),
    [
        (each("${daftar}"), {"daftar": "bukan daftar"}),
        (each("${daftar}"), {"daftar": list(range(1001))}),
        (each("${daftar}"), {}),
        (each(cardinality="${n}"), {"n": -1}),
        (each(cardinality="${n}"), {"n": 10**7}),
        (each(cardinality="${n}"), {"n": True}),
    ],
)
def test_a_wrong_collection_is_an_incident_that_a_correction_and_a_retry_heal(
    office: Office, loop: str, variables: dict[str, object]
) -> None:
    instance = office.start(office.deploy(a_round(loop)), **variables)
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    assert office.waiting_at(instance) == []

    office.engine.instances.change_variables(instance, {"daftar": ["A"], "n": 1}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.waiting_at(instance) == ["isi"]
    assert office.incidents(instance) == []
    office.assert_sound(instance)


def test_a_loop_of_sub_processes_sees_its_own_element(office: Office) -> None:
    inside = subprocess(
        "sub",
        each("${daftar}"),
        start("ss"),
        exclusive("gx"),
        user("ua"),
        user("ub"),
        end("se"),
        line("ss", "gx"),
        flow("gx", "ua", "${x == 'A'}"),
        flow("gx", "ub", "${x != 'A'}"),
        line("ua", "se"),
        line("ub", "se"),
    )
    instance = office.start(
        office.deploy(process(start(), inside, user("z"), end(), line("s", "sub", "z", "e"))),
        daftar=["A", "B"],
    )

    assert office.waiting_at(instance) == ["ua", "ub"]
    office.complete(instance, "ua")
    office.complete(instance, "ub")
    assert office.waiting_at(instance) == ["z"]
    office.assert_sound(instance)


def test_a_loop_in_a_rework_round_runs_again_whole(office: Office) -> None:
    diagram = process(
        start(),
        user("isi", each("${daftar}")),
        user("periksa"),
        exclusive("x"),
        end(),
        line("s", "isi", "periksa", "x"),
        flow("x", "isi", "${ulang}"),
        flow("x", "e", "${!ulang}"),
    )
    instance = office.start(office.deploy(diagram), daftar=["A", "B"])
    for again in (True, True, False):
        assert office.waiting_at(instance) == ["isi", "isi"]
        office.complete(instance, "isi")
        office.complete(instance, "isi")
        office.complete(instance, "periksa", ulang=again)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_timer_on_a_loop_cancels_every_instance(office: Office) -> None:
    diagram = process(
        start(),
        user("isi", each("${daftar}")),
        boundary("b", "isi", timer("PT1H")),
        user("z"),
        end(),
        end("e2"),
        line("s", "isi", "z", "e"),
        line("b", "e2"),
    )
    instance = office.start(office.deploy(diagram), daftar=["A", "B"])
    office.complete(instance, "isi")
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.state(instance) == "COMPLETED"
    assert office.waiting_at(instance) == []
    office.assert_sound(instance)


def test_an_interrupted_loop_leaves_nothing_open_in_its_sub_processes(
    office_on_both: Office,
) -> None:
    office = office_on_both
    inside = subprocess(
        "tiap", each("${daftar}"), start("s2"), user("isi"), end("e3"), line("s2", "isi", "e3")
    )
    diagram = process(
        start(),
        inside,
        boundary("b", "tiap", timer("PT1H")),
        user("z"),
        end(),
        end("e2"),
        line("s", "tiap", "e"),
        line("b", "z", "e2"),
    )
    instance = office.start(office.deploy(diagram), daftar=["A", "B"])
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.waiting_at(instance) == ["z"]
    assert [place for _, place in office.kinds(instance, "activity_cancelled")] == [
        "tiap#multiInstanceBody",
        "tiap",
        "isi",
        "tiap",
        "isi",
    ]
    office.assert_sound(instance)
