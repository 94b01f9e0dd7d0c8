"""The search finds what one may see, tells where it stands, and is made anew from history."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import Forbidden, InvalidInput, NotFound
from engine.model import Actor, Upload
from engine.remarks import Place
from engine.search import Found
from engine.search_words import words_in
from tests.diagrams import end, field, form, line, process, start, user
from tests.engine.moving import move
from tests.office import ADMIN, AUDITOR, Office, staff

ADI, KADIS, OTHER = staff("Bidang", "adi"), staff("Kadis"), staff("Gudang")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LKJ-2026", "lkj 2026"),
        ("005/SOP/Disdikbud-BLG/2023", "005 sop disdikbud blg 2023"),
        ("  Triwulan\tI_b. ", "triwulan i b"),
        ("Café STRASSE Straße", "cafe strasse strasse"),
        ("x" * 70, "x" * 60),
        ("“…”", ""),
    ],
)
def test_words_are_letters_and_digits(text: str, words: str) -> None:
    assert words_in(text) == words.split()


def sop(number: str) -> str:
    said = (
        "<bpmn:extensionElements><camunda:properties>"
        f'<camunda:property name="sop:nomorSop" value="{number}"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )
    return process(
        start("s", form(field("periode"), field("tahun", "long"))),
        user("a", form(field("catatan"), field("bukti", "file")), name="Mengisi data"),
        user("b", name="Menandatangani laporan"),
        end(),
        line("s", "a", "b", "e"),
        lanes={"Bidang": ["s", "a"], "Kadis": ["b", "e"]},
    ).replace('isExecutable="true">', f'isExecutable="true">{said}', 1)


@pytest.fixture
def instance(office_on_both: Office) -> str:
    """One that has passed a step of Bidang, and waits for Kadis."""
    office = office_on_both
    definition = office.deploy(sop("400.3/301"))
    started = office.engine.instances.start(
        definition, {"periode": "Triwulan I", "tahun": 2026}, actor=ADI, business_key="LKJ-77"
    ).instance.instance_id
    task_id = office.task(started, "a").task_id
    office.engine.remarks.comment(Place(task_id=task_id), "Menunggu SMP Negeri", actor=ADI)
    office.complete(
        started, "a", ADI, catatan="Capaian 98,5", bukti=Upload("Rekap Siswa.xlsx", b"x")
    )
    office.start(definition, ADI, periode="Triwulan II", tahun=2027)
    return started


def search(office: Office, query: str, actor: Actor = AUDITOR, **more: Any) -> Found:
    return office.engine.search.find(query, actor=actor, **more)


def places(found: Found) -> list[tuple[str, str | None, str]]:
    return [(text.source, text.name, text.text) for text in found.instances[0].matches]


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("lkj-77", ("businessKey", None, "LKJ-77")),
        ("triwulan i lkj", ("variable", "periode", "Triwulan I")),
        ("2026", ("variable", "tahun", "2026")),
        ("smp", ("comment", None, "Menunggu SMP Negeri")),
        ("REKAP", ("document", None, "Rekap Siswa.xlsx")),
        ("capai 98", ("variable", "catatan", "Capaian 98,5")),
    ],
)
def test_an_instance_is_found_where_the_words_stand(
    office_on_both: Office, instance: str, query: str, place: tuple[str, str | None, str]
) -> None:
    found = search(office_on_both, query)

    assert [each.instance.instance_id for each in found.instances] == [instance]
    assert place in places(found)
    assert [task.activity_id for task in found.instances[0].tasks] == ["b"]


def test_the_name_and_number_of_the_sop_find_it_and_its_instances(
    office_on_both: Office, instance: str
) -> None:
    found = search(office_on_both, "400.3/301")

    assert len(found.instances) == 2
    [sop] = found.definitions
    assert (sop.definition.key, sop.number, sop.steps) == ("p", "400.3/301", ())
    assert search(office_on_both, "menandatangani").definitions[0].steps == (
        "Menandatangani laporan",
    )


def test_open_tasks_are_found_by_step_key_and_id(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    task = office.task(instance, "b")

    for query in ("menandatangani lkj", "laporan 77", task.task_id):
        assert [each.task_id for each in search(office, query, KADIS).tasks] == [task.task_id], (
            query
        )
        assert search(office, query, ADI).tasks == (), query
    assert search(office, "mengisi lkj").tasks == ()


def test_an_id_finds_exactly_its_instance(office_on_both: Office, instance: str) -> None:
    office = office_on_both

    for query in (instance, f" {instance} ", instance.replace("-", "")):
        found = search(office, query, ADI)
        assert [each.instance.instance_id for each in found.instances] == [instance]
        assert search(office, query, OTHER).instances == ()


def test_what_one_may_not_see_is_not_found(office_on_both: Office, instance: str) -> None:
    for query in ("lkj", "smp", "rekap", "400", "mengisi"):
        found = search(office_on_both, query, OTHER)
        assert (found.instances, found.tasks, found.definitions) == ((), (), ())
        assert search(office_on_both, query, KADIS).instances or query == "mengisi"


def test_pages_are_those_of_instances(office_on_both: Office, instance: str) -> None:
    first = search(office_on_both, "triwulan", max_results=1)
    second = search(office_on_both, "triwulan", max_results=1, first_result=1)

    assert (first.has_more, second.has_more) == (True, False)
    assert second.instances[0].instance.instance_id == instance
    assert second.definitions == ()
    assert search(office_on_both, " “” ") == Found(())
    for query, most in (("x" * 201, 1), ("x", 0), ("x", 101)):
        with pytest.raises(InvalidInput):
            search(office_on_both, query, max_results=most)


def test_the_index_is_made_anew_from_history(office_on_both: Office, instance: str) -> None:
    office = office_on_both
    queries = ("lkj-77", "smp", "rekap", "capaian", "400.3", instance.replace("-", ""))
    before = [search(office, query) for query in queries]
    with office.store.writing() as tx:
        tx.put_words(instance, "lain")
    assert search(office, "smp").instances == ()

    assert office.engine.search.rebuild(actor=ADMIN, instance_ids=[instance]) == 1
    assert [search(office, query) for query in queries] == before
    with office.store.writing() as tx:
        tx.forget_words([instance])
    assert (office.engine.search.add_missing(), office.engine.search.add_missing()) == (1, 0)
    assert search(office, "smp") == before[1]
    assert office.engine.search.rebuild(actor=ADMIN) == 2
    assert len(search(office, "400.3").instances) == 2
    with pytest.raises(NotFound):
        office.engine.search.rebuild(actor=ADMIN, instance_ids=["?"])
    with pytest.raises(Forbidden):
        office.engine.search.rebuild(actor=AUDITOR)


def test_who_is_moved_is_found_as_before_and_by_the_new_name(
    office_on_both: Office, instance: str
) -> None:
    office = office_on_both
    move(office, instance, sop("400.3/302"))

    for query in ("lkj-77", "smp", "rekap", "301", "302", "perwali"):
        found = search(office, query).instances
        assert instance in [each.instance.instance_id for each in found], query
    office.assert_sound(instance)

    with office.store.writing() as tx:
        tx.forget_words([instance])
    office.engine.search.add_missing()
    office.assert_sound(instance)
