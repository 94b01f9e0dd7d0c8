"""What an instance throws and does not catch reaches the instance that called it."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from engine.errors import InvalidInput
from engine.model import Actor, ProcessInstance, Role
from engine.queries import InstanceQuery, TopicSubscription
from tests.diagrams import (
    boundary,
    coded,
    declared,
    each,
    end,
    line,
    process,
    start,
    throw,
    triggered,
    user,
)
from tests.office import ADMIN, AUDITOR, Office

WORKER = Actor("robot", frozenset({Role.WORKER}))
CODES = declared("KURANG", "LAIN") + declared("LAMA", kind="escalation")
OUT = (
    '<bpmn:extensionElements><camunda:out source="catatan" target="catatan_rapat"/>'
    '<camunda:out sourceExpression="${belum_ada}" target="nanti"/></bpmn:extensionElements>'
)


def calling(*catches: str, key: str = "induk", called: str = "anak", inner: str = OUT) -> str:
    """A call, events on its edge and a task `t_<event>` behind each."""
    paths = "".join(
        user(f"t_b{n}") + end(f"e_b{n}") + line(f"b{n}", f"t_b{n}", f"e_b{n}")
        for n, _ in enumerate(catches)
    )
    call = f'<bpmn:callActivity id="panggil" calledElement="{called}">{inner}</bpmn:callActivity>'
    return process(
        start(), call, user("sesudah"), end(), line("s", "panggil", "sesudah", "e"),
        *catches, paths, key=key, before=CODES,
    )  # fmt: skip


def on_call(inner: str, number: int = 0, *, interrupts: bool = True) -> str:
    return boundary(f"b{number}", "panggil", inner, interrupts=interrupts)


ENDS_BY_ERROR = process(
    start(), user("rapat"), end("e", coded("KURANG")), line("s", "rapat", "e"),
    key="anak", before=CODES,
)  # fmt: skip
SERVICE = process(
    start(),
    '<bpmn:serviceTask id="kirim" camunda:type="external" camunda:topic="kirim"/>',
    end(),
    line("s", "kirim", "e"),
    key="anak",
)


def called_by(office: Office, instance: str) -> ProcessInstance:
    query = InstanceQuery(super_instance_id=instance)
    [called] = office.engine.instances.instances(query, actor=AUDITOR)
    return called


def a_call(office: Office, called: str, *catches: str, inner: str = OUT) -> tuple[str, str]:
    office.deploy(called, "anak.bpmn")
    instance = office.start(office.deploy(calling(*catches, inner=inner), "induk.bpmn"))
    return instance, called_by(office, instance).instance_id


def report(office: Office, code: str = "KURANG") -> None:
    tasks = office.engine.external_tasks
    [fetched] = tasks.fetch_and_lock(
        "w", [TopicSubscription("kirim", 60_000)], max_tasks=1, actor=WORKER
    )
    tasks.bpmn_error(
        fetched.task.external_task_id, "w", code, actor=WORKER, message="tidak ada",
        variables={"x": 1},
    )  # fmt: skip


def assert_all_sound(office: Office, *instances: str) -> None:
    for instance in instances:
        office.assert_sound(instance)


def test_an_error_end_of_the_called_process_is_caught_at_the_call(office_on_both: Office) -> None:
    office = office_on_both
    catch = on_call(coded("KURANG", errorCodeVariable="kode"))
    instance, called = a_call(office, ENDS_BY_ERROR, catch)
    office.erase_snapshot(instance)

    office.complete(called, "rapat", catatan="belum siap")

    assert office.state(called) == "COMPLETED"
    assert office.waiting_at(instance) == ["t_b0"]
    assert office.variables(instance) == {"catatan_rapat": "belum siap", "kode": "KURANG"}
    office.erase_snapshot(instance)
    office.complete(instance, "t_b0")
    assert office.state(instance) == "COMPLETED"
    assert_all_sound(office, instance, called)


def test_an_error_that_no_caller_catches_is_an_incident_of_the_call(office: Office) -> None:
    instance, called = a_call(office, ENDS_BY_ERROR, on_call(coded("LAIN")))
    office.complete(called, "rapat")

    assert office.state(called) == "COMPLETED"
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)
    assert incident.activity_id == "panggil"
    assert "KURANG" in incident.message
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)
    query = InstanceQuery(super_instance_id=instance)
    assert len(office.engine.instances.instances(query, actor=AUDITOR)) == 2
    assert_all_sound(office, instance, called)


def test_an_error_goes_up_through_a_caller_that_does_not_catch_it(office_on_both: Office) -> None:
    office = office_on_both
    office.deploy(ENDS_BY_ERROR, "anak.bpmn")
    office.deploy(calling(key="tengah"), "tengah.bpmn")
    instance = office.start(
        office.deploy(calling(on_call(coded("KURANG")), called="tengah"), "induk.bpmn")
    )
    middle = called_by(office, instance).instance_id
    called = called_by(office, middle).instance_id

    office.complete(called, "rapat")

    assert [office.state(each) for each in (called, middle)] == ["COMPLETED", "COMPLETED"]
    assert office.waiting_at(instance) == ["t_b0"]
    assert office.incidents(middle) == []
    assert_all_sound(office, instance, middle, called)


@pytest.mark.parametrize("code", ["KURANG", "LAIN"])
def test_a_worker_s_error_is_caught_by_the_caller_or_an_incident_where_it_happened(
    office_on_both: Office, code: str
) -> None:
    office = office_on_both
    instance, called = a_call(office, SERVICE, on_call(coded("KURANG")))

    report(office, code)

    is_caught = code == "KURANG"
    assert office.waiting_at(instance) == (["t_b0"] if is_caught else [])
    assert office.state(called) == ("COMPLETED" if is_caught else "ACTIVE")
    assert len(office.incidents(called)) == (0 if is_caught else 1)
    assert office.incidents(instance) == []
    assert_all_sound(office, instance, called)


def test_a_person_s_error_in_a_called_process_is_caught_by_the_caller(office: Office) -> None:
    called_file = process(start(), user("rapat"), end(), line("s", "rapat", "e"), key="anak")
    instance, called = a_call(office, called_file, on_call(coded("KURANG")))
    task = office.task(called, "rapat")
    with pytest.raises(InvalidInput):
        office.engine.tasks.bpmn_error(task.task_id, "LAIN", actor=ADMIN)
    office.engine.tasks.bpmn_error(task.task_id, "KURANG", actor=ADMIN)

    assert office.state(called) == "COMPLETED"
    assert office.waiting_at(called) == []
    assert office.waiting_at(instance) == ["t_b0"]
    assert_all_sound(office, instance, called)


ESCALATES = process(
    start(), user("rapat"), throw("lapor", coded("LAMA", "escalation")), user("lagi"), end(),
    line("s", "rapat", "lapor", "lagi", "e"), key="anak", before=CODES,
)  # fmt: skip


def test_an_escalation_reaches_the_caller_and_the_called_process_goes_on(
    office_on_both: Office,
) -> None:
    office = office_on_both
    catch = on_call(coded("LAMA", "escalation", escalationCodeVariable="kode"), interrupts=False)
    instance, called = a_call(office, ESCALATES, catch, inner=OUT.replace("belum_ada", "catatan"))
    office.complete(called, "rapat", catatan="masih lama")

    assert office.waiting_at(called) == ["lagi"]
    assert office.waiting_at(instance) == ["t_b0"]
    assert office.variables(instance) == {"catatan_rapat": "masih lama", "kode": "LAMA"}
    office.complete(called, "lagi")
    assert office.waiting_at(instance) == ["sesudah", "t_b0"]
    assert_all_sound(office, instance, called)


def test_an_interrupting_escalation_ends_the_called_process(office_on_both: Office) -> None:
    office = office_on_both
    instance, called = a_call(office, ESCALATES, on_call(coded("LAMA", "escalation")))
    office.complete(called, "rapat")

    assert office.state(called) == "EXTERNALLY_TERMINATED"
    assert office.waiting_at(called) == []
    assert office.waiting_at(instance) == ["t_b0"]
    assert_all_sound(office, instance, called)


def test_an_escalation_that_no_caller_catches_is_not_told(office: Office) -> None:
    instance, called = a_call(office, ESCALATES)
    before = office.kinds(instance)
    office.complete(called, "rapat")

    assert office.kinds(instance) == before
    assert office.waiting_at(called) == ["lagi"]
    assert_all_sound(office, instance, called)


def test_an_event_sub_process_of_the_caller_catches_it_for_every_call_of_a_loop(
    office: Office,
) -> None:
    rescue = triggered(
        "bantu", coded("KURANG"), user("tolong"), end("e_bantu"),
        line("bantu_s", "tolong", "e_bantu"),
    )  # fmt: skip
    office.deploy(ENDS_BY_ERROR, "anak.bpmn")
    caller = process(
        start(),
        f'<bpmn:callActivity id="panggil" calledElement="anak">{each("${daftar}")}'
        "</bpmn:callActivity>",
        end(),
        line("s", "panggil", "e"),
        rescue,
        key="induk",
        before=CODES,
    )
    instance = office.start(office.deploy(caller, "induk.bpmn"), daftar=["A", "B"])
    query = InstanceQuery(super_instance_id=instance)
    calls = [c.instance_id for c in office.engine.instances.instances(query, actor=AUDITOR)]

    office.complete(calls[0], "rapat")

    assert [office.state(each_call) for each_call in calls] == [
        "COMPLETED",
        "EXTERNALLY_TERMINATED",
    ]
    assert office.waiting_at(instance) == ["tolong"]
    assert_all_sound(office, instance, *calls)


def test_a_crash_at_any_statement_leaves_caller_and_called_as_they_were_or_done(
    office_on_both: Office,
) -> None:
    office = office_on_both
    instance, called = a_call(office, ENDS_BY_ERROR, on_call(coded("KURANG")))
    fatal = Fatal(office)
    task_id = office.task(called, "rapat").task_id

    for statement in range(2, 100):
        fatal.left = statement
        try:
            office.engine.tasks.complete(task_id, {}, actor=ADMIN)
        except Crash:
            assert office.waiting_at(called) == ["rapat"]
            assert office.waiting_at(instance) == []
            assert_all_sound(office, instance, called)
            continue
        break
    fatal.left = 0

    assert statement > 10
    assert office.state(called) == "COMPLETED"
    assert office.waiting_at(instance) == ["t_b0"]
    assert_all_sound(office, instance, called)


class Crash(Exception):
    """The process ended here."""


class Fatal:
    """Raises Crash instead of the statement after which none is `left`; 0: never."""

    def __init__(self, office: Office) -> None:
        self.left = 0
        event.listen(office.store._engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        if self.left:
            self.left -= 1
            if self.left == 0:
                raise Crash
