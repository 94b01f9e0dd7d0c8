"""Performers, dates and parameters by expression: evaluated in the step, recorded, replayed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.model import Actor, Role
from engine.queries import TaskQuery
from tests.diagrams import each, end, exclusive, flow, line, process, start, subprocess, user
from tests.office import ADMIN, AUDITOR, Office, staff

ANI = Actor("ani", frozenset({Role.STAFF}), frozenset({"Bidang"}))


def with_attributes(node: str, **attributes: str) -> str:
    text = " ".join(f'camunda:{name}="{value}"' for name, value in attributes.items())
    return f'<bpmn:userTask id="{node}" name="{node}" {text}/>'


def parameters(
    *, inputs: dict[str, str] | None = None, outputs: dict[str, str] | None = None
) -> str:
    rows = [
        f'<camunda:{kind}Parameter name="{name}">{value}</camunda:{kind}Parameter>'
        for kind, values in (("input", inputs), ("output", outputs))
        for name, value in (values or {}).items()
    ]
    return (
        f"<bpmn:extensionElements><camunda:inputOutput>{''.join(rows)}</camunda:inputOutput>"
        "</bpmn:extensionElements>"
    )


def test_a_task_goes_to_whom_its_expressions_name(office: Office) -> None:
    diagram = process(
        '<bpmn:startEvent id="s" camunda:initiator="pemulai"/>',
        with_attributes("a", assignee="${pemulai}"),
        with_attributes("b", candidateUsers="${wakil}, budi", candidateGroups="${lajur}"),
        end(),
        line("s", "a", "b", "e"),
    )
    instance = office.start(office.deploy(diagram), ADMIN, wakil="ani", lajur="Kadis")

    assert office.task(instance, "a").assignee == "admin"
    office.complete(instance, "a", ADMIN)
    task = office.task(instance, "b")

    assert (task.candidate_users, task.candidate_groups) == (("ani", "budi"), ("Kadis",))
    assert office.engine.tasks.tasks(TaskQuery(), actor=ANI) == [task]
    assert office.engine.tasks.count_tasks(TaskQuery(), actor=staff("Kadis")) == 1
    assert office.engine.tasks.count_tasks(TaskQuery(), actor=staff("Bidang", "lain")) == 0
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        # A day ends at its midnight in the office, seven hours before UTC's.
        ("2026-01-31", datetime(2026, 1, 31, 17, tzinfo=UTC)),
        ("2026-01-31T08:00:00+08:00", datetime(2026, 1, 31, 0, tzinfo=UTC)),
        ("2026-01-31T08:00:00", datetime(2026, 1, 31, 1, tzinfo=UTC)),
        ("PT90M", datetime(2026, 1, 5, 2, tzinfo=UTC)),
        ("P2D", datetime(2026, 1, 7, 0, 30, tzinfo=UTC)),
    ],
)
def test_due_dates_are_read_in_the_offices_time(
    office: Office, written: str, expected: datetime
) -> None:
    diagram = process(
        start(),
        with_attributes("a", dueDate="${batas}", followUpDate=written, priority="${nilai}"),
        end(),
        line("s", "a", "e"),
    )
    instance = office.start(office.deploy(diagram), batas=written, nilai=80)
    task = office.task(instance, "a")

    assert task.due_at == task.follow_up_at == expected
    assert task.priority == 80
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("dueDate", "besok"), ("priority", "tinggi"), ("assignee", 7), ("candidateUsers", [1])],
)
def test_a_wrong_value_is_an_incident_that_a_correction_heals(
    office: Office, attribute: str, value: object
) -> None:
    diagram = process(
        start(), with_attributes("a", **{attribute: "${v}"}), end(), line("s", "a", "e")
    )
    instance = office.start(office.deploy(diagram), v=value)
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    assert "${v}" in incident.message
    assert office.waiting_at(instance) == []

    office.engine.instances.change_variables(instance, {"v": None}, actor=ADMIN)
    if attribute == "priority":
        office.engine.instances.change_variables(instance, {"v": 1}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.waiting_at(instance) == ["a"]
    office.assert_sound(instance)


def test_input_parameters_stay_with_the_task_and_outputs_leave_it(office: Office) -> None:
    inner = parameters(
        inputs={
            "judul": "Laporan ${tahun}",
            "daftar": "<camunda:list><camunda:value>satu</camunda:value>"
            "<camunda:value>${tahun}</camunda:value></camunda:list>",
            "peta": '<camunda:map><camunda:entry key="t">${tahun}</camunda:entry></camunda:map>',
        },
        outputs={"ringkas": "${judul}: ${nilai}", "judul": "${judul}"},
    )
    diagram = process(start(), user("a", inner), user("b"), end(), line("s", "a", "b", "e"))
    instance = office.start(office.deploy(diagram), tahun=2026)
    task = office.task(instance, "a")

    assert task.local_variables == {
        "judul": "Laporan 2026",
        "daftar": ["satu", 2026],
        "peta": {"t": 2026},
    }
    assert office.variables(instance) == {"tahun": 2026}
    office.complete(instance, "a", nilai=5, judul="Laporan akhir")

    assert office.variables(instance) == {
        "tahun": 2026,
        "nilai": 5,
        "ringkas": "Laporan akhir: 5",
        "judul": "Laporan akhir",
    }
    assert office.task(instance, "b").local_variables == {}
    office.assert_sound(instance)


def test_a_failing_output_keeps_the_work_and_can_be_retried(office: Office) -> None:
    diagram = process(
        start(),
        user("a", parameters(outputs={"hasil": "${tidak_ada}"})),
        user("b"),
        end(),
        line("s", "a", "b", "e"),
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a", nilai=5)

    assert office.waiting_at(instance) == []
    assert office.variables(instance) == {"nilai": 5}
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.assert_sound(instance)

    office.engine.instances.change_variables(instance, {"tidak_ada": 1}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.waiting_at(instance) == ["b"]
    assert office.variables(instance)["hasil"] == 1
    office.assert_sound(instance)


def test_a_sub_process_has_its_own_inputs(office: Office) -> None:
    inside = subprocess(
        "sub",
        parameters(inputs={"n": "${tahun + 1}"}, outputs={"keluar": "${n}"}),
        start("ss"),
        exclusive("gx"),
        user("ua"),
        end("se"),
        line("ss", "gx"),
        flow("gx", "ua", "${n == 2027}"),
        flow("gx", "se", "${n != 2027}"),
        line("ua", "se"),
    )
    instance = office.start(
        office.deploy(process(start(), inside, end(), line("s", "sub", "e"))), tahun=2026
    )

    assert office.waiting_at(instance) == ["ua"]
    office.complete(instance, "ua")
    assert office.variables(instance) == {"tahun": 2026, "keluar": 2027}
    office.assert_sound(instance)


def test_each_instance_of_a_loop_goes_to_its_own_performer(office: Office) -> None:
    loop = each("${daftar}", element="siapa")
    task = f'<bpmn:userTask id="a" name="a" camunda:assignee="${{siapa}}">{loop}</bpmn:userTask>'
    instance = office.start(
        office.deploy(process(start(), task, end(), line("s", "a", "e"))), daftar=["ani", "budi"]
    )

    assert sorted(t.assignee or "" for t in office.open_tasks(instance)) == ["ani", "budi"]
    assert office.state(instance) == "ACTIVE"
    assert office.engine.tasks.count_tasks(TaskQuery(), actor=AUDITOR) == 2
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("value", "variables"),
    [
        ("${n * n}", {"n": 2**52}),
        ("${n * n}", {"n": 1e300}),
        ('<camunda:map><camunda:entry key="typename">x</camunda:entry></camunda:map>', {}),
        ("${t}" * 40, {"t": "a" * 10_000}),
    ],
    ids=["too large", "infinite", "reserved", "too long"],
)
def test_a_parameter_that_cannot_be_kept_is_an_incident(
    office: Office, value: str, variables: dict[str, object]
) -> None:
    diagram = process(
        start(), user("a", parameters(inputs={"x": value})), end(), line("s", "a", "e")
    )
    instance = office.start(office.deploy(diagram), **variables)

    assert len(office.incidents(instance)) == 1
    assert office.waiting_at(instance) == []
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("priority", "²"),
        ("priority", "--5"),
        ("dueDate", "9999-12-31T23:59:59-23:00"),
        ("dueDate", "0001-01-01T00:00:00+23:00"),
        ("candidateUsers", {"a": 1}),
    ],
)
def test_a_strange_value_is_an_incident(office: Office, attribute: str, value: object) -> None:
    diagram = process(
        start(), with_attributes("a", **{attribute: "${v}"}), end(), line("s", "a", "e")
    )
    instance = office.start(office.deploy(diagram), v=value)

    assert len(office.incidents(instance)) == 1
    office.assert_sound(instance)
