"""A call activity runs another process as an instance of its own, and waits for its end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.errors import DeploymentRejected
from engine.model import ProcessInstance
from engine.queries import InstanceQuery
from engine.simulation import Bounds, Scenario, simulate
from engine.sources import ManualClock
from tests.diagrams import (
    boundary,
    each,
    end,
    field,
    form,
    line,
    process,
    properties,
    start,
    timer,
    user,
)
from tests.office import ADMIN, ANALYST, AUDITOR, Office

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def call(node: str = "panggil", element: str = "rapat", inner: str = "", **attributes: str) -> str:
    more = "".join(f' camunda:{name}="{value}"' for name, value in attributes.items())
    return (
        f'<bpmn:callActivity id="{node}" calledElement="{element}"{more}>{inner}'
        "</bpmn:callActivity>"
    )


def mappings(*rows: str) -> str:
    return f"<bpmn:extensionElements>{''.join(rows)}</bpmn:extensionElements>"


def calling(activity: str, *more: str) -> str:
    return process(
        start(), activity, user("sesudah"), *more, end(), line("s", "panggil", "sesudah", "e"),
        key="induk",
    )  # fmt: skip


MEETING = process(start(), user("rapat_1"), end(), line("s", "rapat_1", "e"), key="rapat")

IN_AND_OUT = mappings(
    '<camunda:in businessKey="#{execution.processBusinessKey}"/>',
    '<camunda:in source="tahun" target="periode"/>',
    '<camunda:in sourceExpression="${tahun + 1}" target="berikut"/>',
    '<camunda:out source="hasil" target="hasil_rapat"/>',
    '<camunda:out sourceExpression="${hasil == \'baik\'}" target="lulus"/>',
)


def called_by(office: Office, instance: str) -> list[ProcessInstance]:
    query = InstanceQuery(super_instance_id=instance)
    return office.engine.instances.instances(query, actor=AUDITOR)


def a_call(office: Office, activity: str | None = None, **variables: object) -> str:
    office.deploy(MEETING, "rapat.bpmn")
    definition = office.deploy(calling(activity or call(inner=IN_AND_OUT)), "induk.bpmn")
    started = office.engine.instances.start(
        definition, {"tahun": 2026, **variables}, actor=ADMIN, business_key="TW1"
    )
    return started.instance.instance_id


def test_variables_go_in_and_come_out(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_call(office)
    [called] = called_by(office, instance)

    assert office.waiting_at(instance) == []
    assert (called.definition_key, called.business_key) == ("rapat", "TW1")
    assert office.variables(called.instance_id) == {"periode": 2026, "berikut": 2027}
    office.complete(called.instance_id, "rapat_1", hasil="baik", rahasia="tinggal di sini")

    assert office.state(called.instance_id) == "COMPLETED"
    assert office.waiting_at(instance) == ["sesudah"]
    assert office.variables(instance) == {"tahun": 2026, "hasil_rapat": "baik", "lulus": True}
    office.assert_sound(instance)
    office.assert_sound(called.instance_id)


def test_the_caller_goes_on_without_its_snapshot(office: Office) -> None:
    instance = a_call(office)
    [called] = called_by(office, instance)
    for each_instance in (instance, called.instance_id):
        office.erase_snapshot(each_instance)

    office.complete(called.instance_id, "rapat_1", hasil="baik")

    assert office.waiting_at(instance) == ["sesudah"]
    office.assert_sound(instance)


def test_an_expression_chooses_the_process(office: Office) -> None:
    instance = a_call(office, call(element="${jenis}"), jenis="rapat")

    assert [c.definition_key for c in called_by(office, instance)] == ["rapat"]


def test_a_missing_process_is_an_incident_until_it_is_deployed(office: Office) -> None:
    definition = office.deploy(calling(call(element="belum_ada")))
    instance = office.start(definition)
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    assert "belum_ada" in incident.message
    office.assert_sound(instance)

    office.deploy(MEETING.replace('id="rapat"', 'id="belum_ada"'), "lain.bpmn")
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.incidents(instance) == []
    [called] = called_by(office, instance)
    office.complete(called.instance_id, "rapat_1")
    assert office.waiting_at(instance) == ["sesudah"]
    office.assert_sound(instance)


def test_a_start_form_that_is_not_filled_in_is_an_incident(office: Office) -> None:
    office.deploy(
        process(
            start(inner=form(field("agenda", required=True))), end(), line("s", "e"), key="rapat"
        ),
        "rapat.bpmn",
    )
    instance = office.start(office.deploy(calling(call())))

    [message] = office.incidents(instance)
    assert "agenda" in message


def test_cancelling_the_caller_cancels_the_called(office_on_both: Office) -> None:
    office = office_on_both
    instance = a_call(office)
    [called] = called_by(office, instance)

    office.engine.instances.cancel(instance, reason="ganda", actor=ADMIN)

    assert office.state(called.instance_id) == "EXTERNALLY_TERMINATED"
    ended = office.engine.instances.instance(called.instance_id, actor=AUDITOR)
    assert ended.end_reason == "ganda"
    office.assert_sound(instance)
    office.assert_sound(called.instance_id)


def test_cancelling_the_called_is_an_incident_of_the_caller(office: Office) -> None:
    instance = a_call(office)
    [called] = called_by(office, instance)

    office.engine.instances.cancel(called.instance_id, reason="salah rapat", actor=ADMIN)

    [message] = office.incidents(instance)
    assert "salah rapat" in message
    office.assert_sound(instance)


def test_a_timer_on_the_call_cancels_the_called(office: Office) -> None:
    activity = call() + boundary("b", "panggil", timer()) + end("e2") + line("b", "e2")
    instance = a_call(office, activity)
    [called] = called_by(office, instance)
    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.state(instance) == "COMPLETED"
    assert office.state(called.instance_id) == "EXTERNALLY_TERMINATED"
    office.assert_sound(instance)
    office.assert_sound(called.instance_id)


def test_a_failing_output_is_tried_again_with_what_came_out(office: Office) -> None:
    inner = mappings('<camunda:out sourceExpression="${hasil + tambahan}" target="n"/>')
    instance = a_call(office, call(inner=inner))
    [called] = called_by(office, instance)
    office.complete(called.instance_id, "rapat_1", hasil=1)

    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    office.engine.instances.change_variables(instance, {"tambahan": 2}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.variables(instance)["n"] == 3
    assert len(called_by(office, instance)) == 1
    assert office.waiting_at(instance) == ["sesudah"]
    office.assert_sound(instance)


def test_a_called_process_without_a_wait_ends_in_the_same_step(office: Office) -> None:
    office.deploy(process(start(), end(), line("s", "e"), key="rapat"), "rapat.bpmn")
    instance = office.start(office.deploy(calling(call())))

    assert office.waiting_at(instance) == ["sesudah"]
    office.assert_sound(instance)


def test_one_instance_is_called_for_each_element(office: Office) -> None:
    inner = properties(kumpulkan="semua").replace(
        "</bpmn:extensionElements>",
        '<camunda:in source="x" target="bidang"/><camunda:out source="nilai" target="nilai"/>'
        "</bpmn:extensionElements>",
    ) + each("${daftar}")
    instance = a_call(office, call(inner=inner), daftar=["A", "B"])
    called = called_by(office, instance)
    assert len(called) == 2
    for one in called:
        bidang = office.variables(one.instance_id)["bidang"]
        office.complete(one.instance_id, "rapat_1", nilai=f"nilai {bidang}")

    assert office.variables(instance)["semua"] == [
        {"nilai": "nilai A", "x": "A"},
        {"nilai": "nilai B", "x": "B"},
    ]
    office.assert_sound(instance)


def test_a_process_that_calls_itself_by_an_expression_is_stopped(office: Office) -> None:
    definition = office.deploy(
        calling(call(element="${aku}", inner=mappings('<camunda:in variables="all"/>')))
    )
    instance = office.start(definition, aku="induk")

    count = office.engine.instances.count_instances(InstanceQuery(), actor=AUDITOR)
    assert count == 10
    assert office.state(instance) == "ACTIVE"


@pytest.mark.parametrize(
    "activity",
    [
        call(element="${rapat.nama()}"),
        call(calledElementBinding="versionTag"),
        call(inner=mappings('<camunda:in source="a"/>')),
        call(inner=mappings('<camunda:out sourceExpression="${a(}" target="b"/>')),
    ],
)
def test_a_call_that_cannot_be_run_is_refused(office: Office, activity: str) -> None:
    with pytest.raises(DeploymentRejected) as refused:
        office.deploy(calling(activity))

    refusals = {f.element_id for f in refused.value.findings if f.severity != "warning"}
    assert refusals == {"panggil"}


def test_two_files_that_call_each_other_are_refused(office: Office) -> None:
    def calls(key: str, other: str) -> bytes:
        return process(start(), call("c", other), end(), line("s", "c", "e"), key=key).encode()

    with pytest.raises(DeploymentRejected) as refused:
        office.engine.definitions.deploy(
            "x", {"a.bpmn": calls("a", "b"), "b.bpmn": calls("b", "a")}, actor=ANALYST
        )

    assert "call-activity" in {f.rule for f in refused.value.findings}


def test_incidents_that_a_timer_settles_replay_in_their_order(office: Office) -> None:
    repeated = call("panggil", "tidak_ada", each("daftar"))
    late = boundary("terlambat", "panggil", timer("PT1H"))
    diagram = calling(repeated, late, line("terlambat", "e"))
    instance = office.start(office.deploy(diagram), daftar=[1, 2, 3, 4, 5, 6])
    assert len(office.incidents(instance)) == 6

    office.clock.advance(hours=2)
    office.engine.instances.fire_due(instance)

    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_a_simulation_ends_the_calls_that_are_still_waited_for() -> None:
    repeated = call(
        "panggil", "rapat", each(cardinality="3", until="${nrOfCompletedInstances > 0}")
    )
    diagram = calling(repeated).encode()

    found = simulate(
        "induk.bpmn", diagram, Scenario(started_at=NOW), Bounds(runs=5), clock=ManualClock(NOW)
    )

    assert found.outcomes == {"completed": 1}
