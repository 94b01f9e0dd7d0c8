"""Errors and escalations go outwards to the nearest event that catches them, and to no other."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from tests.diagrams import (
    boundary,
    coded,
    declared,
    each,
    end,
    flow,
    line,
    parallel,
    process,
    start,
    subprocess,
    throw,
    timer,
    triggered,
    user,
)
from tests.office import ADMIN, Office

CODES = declared("KURANG", "LAIN") + declared("LAMA", kind="escalation")
INSIDE = start("s2") + user("isi")


def checked(last: str, *more: str, catches: str, host_extra: str = "") -> str:
    """A sub-process `periksa` with a user task and `last`, and events on its edge."""
    return process(
        start(),
        subprocess("periksa", INSIDE, last, line("s2", "isi", "e2"), host_extra),
        catches,
        user("lanjut"),
        end(),
        line("s", "periksa", "lanjut", "e"),
        *more,
        before=CODES,
    )


def path(event: str) -> str:
    """From the event to a task of its name with t_ before, and to an end."""
    return user(f"t_{event}") + end(f"e_{event}") + line(event, f"t_{event}", f"e_{event}")


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_an_error_end_interrupts_its_sub_process_and_goes_on_at_the_boundary(
    office_on_both: Office, is_reloaded: bool
) -> None:
    office = office_on_both
    catch = boundary(
        "b", "periksa", coded("KURANG", errorCodeVariable="kode", errorMessageVariable="pesan")
    )
    inside = end("e2", coded("KURANG")) + user("lain") + end("e3") + line("s2", "lain", "e3")
    diagram = checked(inside, path("b"), catches=catch).replace(
        'errorCode="KURANG"', 'errorCode="KURANG" camunda:errorMessage="tidak ada ${apa}"'
    )
    instance = office.start(office.deploy(diagram))
    assert office.waiting_at(instance) == ["isi", "lain"]
    if is_reloaded:
        office.erase_snapshot(instance)

    office.complete(instance, "isi", apa="KTP")

    assert office.waiting_at(instance) == ["t_b"]
    assert office.variables(instance) == {"apa": "KTP", "kode": "KURANG", "pesan": "tidak ada KTP"}
    kinds = office.kinds(instance)
    assert kinds[kinds.index(("error_thrown", "e2")) :] == [
        ("error_thrown", "e2"),
        ("activity_cancelled", "periksa"),
        ("activity_cancelled", "lain"),
        ("activity_entered", "b"),
        ("variables_set", "b"),
        ("activity_completed", "b"),
        ("flow_taken", "t_b"),
        ("activity_entered", "t_b"),
    ]
    office.complete(instance, "t_b")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


@pytest.mark.parametrize(
    ("caught", "expected"),
    [
        (("KURANG", None), "t_b0"),
        ((None, "KURANG"), "t_b1"),
        (("LAIN", None), "t_b1"),
        ((None,), "t_b0"),
    ],
)
def test_the_very_code_goes_before_an_event_that_catches_all(
    office: Office, caught: tuple[str | None, ...], expected: str
) -> None:
    events = "".join(boundary(f"b{n}", "periksa", coded(code)) for n, code in enumerate(caught))
    paths = "".join(path(f"b{n}") for n in range(len(caught)))
    diagram = checked(end("e2", coded("KURANG")), paths, catches=events)
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "isi")

    assert office.waiting_at(instance) == [expected]
    office.assert_sound(instance)


def nested(inner_catch: str, outer_catch: str) -> str:
    inner = subprocess(
        "dalam", start("s3"), user("isi"), end("e3", coded("KURANG")), line("s3", "isi", "e3")
    )
    catches = boundary("b_dalam", "dalam", inner_catch) if inner_catch else ""
    paths = path("b_dalam") if inner_catch else ""
    outer = subprocess(
        "luar", start("s2"), inner, catches, paths, end("e2"), line("s2", "dalam", "e2")
    )
    return process(
        start(),
        outer,
        boundary("b_luar", "luar", outer_catch),
        path("b_luar"),
        end(),
        line("s", "luar", "e"),
        before=CODES,
    )


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        (coded("KURANG"), coded("KURANG"), "t_b_dalam"),
        (coded(None), coded("KURANG"), "t_b_dalam"),
        (coded("LAIN"), coded("KURANG"), "t_b_luar"),
        ("", coded("KURANG"), "t_b_luar"),
    ],
)
def test_the_nearest_scope_that_catches_it_does(
    office: Office, inner: str, outer: str, expected: str
) -> None:
    instance = office.start(office.deploy(nested(inner, outer)))
    office.complete(instance, "isi", nilai=7)

    assert office.waiting_at(instance) == [expected]
    office.erase_snapshot(instance)
    office.complete(instance, expected)
    assert office.state(instance) == "COMPLETED"
    assert office.variables(instance)["nilai"] == 7
    office.assert_sound(instance)


def test_an_error_that_nobody_catches_ends_the_instance_and_is_recorded(office: Office) -> None:
    diagram = process(
        start(), parallel("f"), user("a"), user("b"), end("e", coded("KURANG")), end("e2"),
        line("s", "f", "a", "e"), line("f", "b", "e2"), before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))

    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    assert office.waiting_at(instance) == []
    found = office.engine.instances.instance(instance, actor=ADMIN)
    assert found.end_reason == "error 'KURANG': -"
    assert office.kinds(instance)[-3:] == [
        ("error_thrown", "e"),
        ("activity_cancelled", "b"),
        ("instance_completed", None),
    ]
    office.assert_sound(instance)


def test_one_instance_of_a_loop_ends_the_whole_loop_by_its_error(office_on_both: Office) -> None:
    office = office_on_both
    diagram = checked(
        end("e2", coded("KURANG")),
        path("b"),
        catches=boundary("b", "periksa", coded("KURANG")),
        host_extra=each("${daftar}"),
    )
    instance = office.start(office.deploy(diagram), daftar=["A", "B", "C"])
    task = next(t for t in office.open_tasks(instance) if t.local_variables["x"] == "B")

    office.engine.tasks.complete(task.task_id, {"catatan": "B"}, actor=ADMIN)

    assert office.waiting_at(instance) == ["t_b"]
    # What is given to one instance of a loop stays there.
    assert office.variables(instance) == {"daftar": ["A", "B", "C"]}
    office.assert_sound(instance)


def test_a_thrown_escalation_lets_the_thrower_go_on_beside_the_path_of_the_catch(
    office_on_both: Office,
) -> None:
    office = office_on_both
    inside = throw("lapor", coded("LAMA", "escalation")) + user("lagi") + end("e2")
    diagram = process(
        start(),
        subprocess("periksa", INSIDE, inside, line("s2", "isi", "lapor", "lagi", "e2")),
        boundary("b", "periksa", coded("LAMA", "escalation", escalationCodeVariable="kode"),
                 interrupts=False),
        path("b"),
        end(),
        line("s", "periksa", "e"),
        before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "isi")

    assert office.waiting_at(instance) == ["lagi", "t_b"]
    assert office.variables(instance) == {"kode": "LAMA"}
    office.erase_snapshot(instance)
    office.complete(instance, "t_b")
    office.complete(instance, "lagi")
    assert office.state(instance) == "COMPLETED"
    office.assert_sound(instance)


def test_an_escalation_is_caught_each_time_that_it_is_thrown(office: Office) -> None:
    loop = (
        throw("lapor", coded("LAMA", "escalation"))
        + "<bpmn:exclusiveGateway id='m'/><bpmn:exclusiveGateway id='x'/>"
        + end("e2")
        + line("s2", "m", "isi", "lapor", "x")
        + flow("x", "m", "${lagi}")
        + flow("x", "e2", "${!lagi}")
    )
    diagram = process(
        start(),
        subprocess("periksa", INSIDE, loop),
        boundary("b", "periksa", coded(None, "escalation"), interrupts=False),
        path("b"),
        end(),
        line("s", "periksa", "e"),
        before=CODES,
    )
    instance = office.start(office.deploy(diagram))
    for lagi in (True, True, False):
        office.complete(instance, "isi", lagi=lagi)

    assert office.waiting_at(instance) == ["t_b"] * 3
    office.assert_sound(instance)


def test_an_interrupting_escalation_begins_nothing_that_follows_the_throw(office: Office) -> None:
    inside = throw("lapor", coded("LAMA", "escalation")) + user("lagi") + end("e2")
    diagram = process(
        start(),
        subprocess("periksa", INSIDE, inside, line("s2", "isi", "lapor", "lagi", "e2")),
        boundary("b", "periksa", coded("LAMA", "escalation")),
        path("b"),
        end(),
        line("s", "periksa", "e"),
        before=CODES,
    )
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "isi", dari="dalam")

    assert office.waiting_at(instance) == ["t_b"]
    assert ("activity_entered", "lagi") not in office.kinds(instance)
    assert office.variables(instance) == {"dari": "dalam"}
    office.assert_sound(instance)


def test_an_escalation_that_nobody_catches_changes_nothing(office: Office) -> None:
    diagram = process(
        start(), user("a"), throw("lapor", coded("LAMA", "escalation")),
        end("e", coded("LAMA", "escalation")), line("s", "a", "lapor", "e"), before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "a")

    assert office.state(instance) == "COMPLETED"
    assert [p for _, p in office.kinds(instance, "escalation_thrown")] == ["lapor", "e"]
    assert office.engine.instances.instance(instance, actor=ADMIN).end_reason is None
    office.assert_sound(instance)


def test_a_message_that_cannot_be_evaluated_is_an_incident_that_can_be_run_again(
    office: Office,
) -> None:
    diagram = checked(
        end("e2", coded("KURANG")),
        path("b"),
        catches=boundary("b", "periksa", coded("KURANG", errorMessageVariable="pesan")),
    ).replace('errorCode="KURANG"', 'errorCode="KURANG" camunda:errorMessage="${belum}"')
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "isi")
    assert "belum" in office.incidents(instance)[0]
    [incident] = office.engine.instances.incidents(actor=ADMIN, instance_id=instance)

    office.engine.instances.change_variables(instance, {"belum": "kini ada"}, actor=ADMIN)
    office.engine.instances.retry_incident(incident.incident_id, actor=ADMIN)

    assert office.waiting_at(instance) == ["t_b"]
    assert office.variables(instance)["pesan"] == "kini ada"
    office.assert_sound(instance)


def test_an_error_settles_the_incidents_and_timers_of_what_it_interrupts(office: Office) -> None:
    failing = (
        '<bpmn:scriptTask id="hitung" scriptFormat="python"><bpmn:script>x = tidak_ada'
        "</bpmn:script></bpmn:scriptTask>"
    )
    inside = (
        failing
        + user("tunggu")
        + boundary("b_t", "tunggu", timer("PT1H"))
        + end("e2", coded("KURANG"))
        + end("e3")
        + end("e4")
        + end("e5")
        + line("s2", "hitung", "e3")
        + line("s2", "tunggu", "e4")
        + line("b_t", "e5")
    )
    diagram = checked(inside, path("b"), catches=boundary("b", "periksa", coded("KURANG")))
    instance = office.start(office.deploy(diagram))
    assert len(office.incidents(instance)) == 1

    office.complete(instance, "isi")

    assert office.incidents(instance) == []
    assert office.waiting_at(instance) == ["t_b"]
    assert office.engine.instances.instance(instance, actor=ADMIN).next_due_at is None
    office.assert_sound(instance)


# ------------------------------------------------------------ reported by a person


def reported(*, interrupts: bool = True) -> str:
    return process(
        start(),
        user("isi"),
        boundary("b", "isi", coded("KURANG", errorMessageVariable="pesan")),
        boundary("n", "isi", coded("LAMA", "escalation"), interrupts=interrupts),
        path("b"),
        path("n"),
        end(),
        line("s", "isi", "e"),
        before=CODES,
    )


def test_a_person_ends_a_task_by_an_error(office_on_both: Office) -> None:
    office = office_on_both
    instance = office.start(office.deploy(reported()))
    task = office.task(instance, "isi")

    office.engine.tasks.bpmn_error(
        task.task_id, "KURANG", message="salah alamat", variables={"x": 1}, actor=ADMIN
    )

    assert office.waiting_at(instance) == ["t_b"]
    assert office.variables(instance) == {"x": 1, "pesan": "salah alamat"}
    assert office.engine.tasks.task(task.task_id, actor=ADMIN).state == "cancelled"
    office.assert_sound(instance)


def test_a_code_that_nobody_catches_is_refused_and_nothing_has_moved(office: Office) -> None:
    instance = office.start(office.deploy(reported()))
    task = office.task(instance, "isi")
    before = office.kinds(instance)

    with pytest.raises(InvalidInput, match="codes that are caught: 'KURANG'"):
        office.engine.tasks.bpmn_error(task.task_id, "LAIN", actor=ADMIN)
    with pytest.raises(InvalidInput, match="errorCode"):
        office.engine.tasks.bpmn_error(task.task_id, " ", actor=ADMIN)

    assert office.kinds(instance) == before
    assert office.waiting_at(instance) == ["isi"]


def test_a_person_escalates_and_goes_on(office: Office) -> None:
    instance = office.start(office.deploy(reported(interrupts=False)))
    task = office.task(instance, "isi")
    for _ in range(2):
        office.engine.tasks.bpmn_escalation(task.task_id, "LAMA", actor=ADMIN)

    assert office.waiting_at(instance) == ["isi", "t_n", "t_n"]
    office.erase_snapshot(instance)
    office.complete(instance, "isi")
    assert office.waiting_at(instance) == ["t_n", "t_n"]
    office.assert_sound(instance)


def test_what_fails_behind_a_catch_is_an_incident_and_the_report_stands(office: Office) -> None:
    failing = (
        '<bpmn:userTask id="t_n" name="t_n"><bpmn:extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="x">${belum_ada}</camunda:inputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements></bpmn:userTask>"
    )
    diagram = reported(interrupts=False).replace(user("t_n"), failing)
    instance = office.start(office.deploy(diagram))
    task = office.task(instance, "isi")

    office.engine.tasks.bpmn_escalation(task.task_id, "LAMA", actor=ADMIN)

    assert "belum_ada" in office.incidents(instance)[0]
    assert office.waiting_at(instance) == ["isi"]
    office.assert_sound(instance)


# ------------------------------------------------------------- event sub-processes


def test_an_error_starts_the_event_sub_process_beside_what_threw_it(office: Office) -> None:
    rescue = triggered(
        "bantu", coded("KURANG", errorCodeVariable="kode"), user("tolong"), end("e_bantu"),
        line("bantu_s", "tolong", "e_bantu"),
    )  # fmt: skip
    diagram = process(
        start(), parallel("f"), user("a"), user("b"), end("e", coded("KURANG")), end("e2"),
        line("s", "f", "a", "e"), line("f", "b", "e2"), rescue, before=CODES,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    assert office.waiting_at(instance) == ["a", "b"]
    office.complete(instance, "a")

    assert office.waiting_at(instance) == ["tolong"]
    assert office.variables(instance) == {"kode": "KURANG"}
    office.erase_snapshot(instance)
    office.complete(instance, "tolong", hasil="baik")
    assert office.state(instance) == "COMPLETED"
    assert office.variables(instance) == {"kode": "KURANG", "hasil": "baik"}
    office.assert_sound(instance)


def test_what_an_event_sub_process_throws_is_not_for_itself(office: Office) -> None:
    rescue = triggered(
        "bantu", coded(None), user("tolong"), end("e_bantu", coded("KURANG")),
        line("bantu_s", "tolong", "e_bantu"),
    )  # fmt: skip
    diagram = checked(
        end("e2", coded("KURANG")), path("b"), catches=boundary("b", "periksa", coded("KURANG")),
        host_extra=rescue,
    )  # fmt: skip
    instance = office.start(office.deploy(diagram))
    office.complete(instance, "isi")
    assert office.waiting_at(instance) == ["tolong"]
    office.complete(instance, "tolong")

    assert office.waiting_at(instance) == ["t_b"]
    office.assert_sound(instance)
