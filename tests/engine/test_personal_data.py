"""Personal data: sealed before it is history, opened for who may see it, and erased by its key."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from engine.errors import Forbidden, InvalidForm, InvalidInput, InvalidVariables, NotFound
from engine.model import AccountEventKind, Erased, EventKind, Role, Subject, Unreadable
from engine.personal_data import Basis
from engine.process_engine import build_engine
from engine.queries import AccountEventQuery, EventQuery, Page
from engine.services import TopicSubscription
from engine.settings import Settings
from engine.sources import RandomIds
from engine.store import Store
from tests.diagrams import end, field, form, line, process, start, user
from tests.office import ADMIN, AUDITOR, Office, staff

ADDRESS = "Jalan Kenanga Rahasia 17"
ILLNESS = "alergi-obat-xyz"
BASIS = Basis("400/12/Setda", date(2026, 1, 5), "permintaan yang bersangkutan")
BIDANG = staff("Bidang")
SEKRETARIS = staff("Sekretaris")
KEY = "k" * 40


def personal(name: str, kind: str = "string", subject: str | None = None, **rules: Any) -> str:
    properties = '<camunda:property id="pribadi" value="true"/>'
    if subject:
        properties += f'<camunda:property id="subjek" value="{subject}"/>'
    plain = field(name, kind, **rules)
    return plain.replace(
        "</camunda:formField>",
        f"<camunda:properties>{properties}</camunda:properties></camunda:formField>",
    )


def survey(*, between: str = "", ids: tuple[str, ...] = ("s", "isi", "tinjau", "e")) -> str:
    """Bidang tells of a person; Sekretaris looks at it."""
    return process(
        start(),
        user(
            "isi",
            form(
                field("pegawai"),
                personal("alamat", subject="pegawai", required=True),
                personal("umur", "long", subject="pegawai"),
                personal("penyakit"),
                field("catatan"),
            ),
        ),
        between,
        user("tinjau", form(field("selesai", "boolean"))),
        end(),
        line(*ids),
        lanes={"Bidang": ["s", "isi", "e"], "Sekretaris": ["tinjau"]},
    )


VALUES = {"pegawai": "P-19", "alamat": ADDRESS, "umur": 47, "penyakit": ILLNESS, "catatan": "x"}


@pytest.fixture
def house(store: Store) -> Office:
    """An office with a secret key, on SQLite and again on PostgreSQL."""
    return Office(store, Settings(secret_key=(KEY,)))


def with_account(office: Office) -> Office:
    """Drafts are of an account that there is."""
    office.engine.accounts.add(
        BIDANG.account,
        display_name="Bidang",
        password="sandi yang panjang",
        roles=["staff"],
        lanes=["Bidang"],
        actor=ADMIN,
    )
    return office


def submitted(office: Office, **values: Any) -> str:
    instance_id = office.start(office.deploy(survey()))
    office.complete(instance_id, "isi", BIDANG, **(VALUES | values))
    return instance_id


def raw_payload(office: Office, instance_id: str) -> dict[str, Any]:
    query = EventQuery(instance_id=instance_id, kinds=frozenset({EventKind.TASK_COMPLETED}))
    with office.store.reading() as tx:
        return dict(tx.find_events(query)[0].payload["variables"])


def person_of(office: Office, name: str, *, is_account: bool = False) -> str:
    return office.engine.personal_data.person_of(Subject(name, is_account), actor=ADMIN)


def erase(office: Office, name: str = "P-19", *, is_account: bool = False) -> Any:
    person = person_of(office, name, is_account=is_account)
    return office.engine.personal_data.erase_person(person, BASIS, actor=ADMIN)


def stored_bytes(store: Store) -> bytes:
    """All that the database keeps, as bytes: the files of SQLite, every row of PostgreSQL."""
    if store.file is not None:
        return b"".join(
            part.read_bytes()
            for ending in ("", "-wal")
            if (part := Path(f"{store.file}{ending}")).exists()
        )
    url = make_url(store._engine.url).set(drivername="postgresql")
    with closing(psycopg.connect(url.render_as_string(hide_password=False))) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [connection.execute(f'SELECT t::text FROM "{name}" t') for (name,) in tables]
        return "\n".join(row for found in rows for (row,) in found).encode()


# ------------------------------------------------------------------- sealed, and opened


def test_a_personal_value_is_nowhere_in_the_database(house: Office) -> None:
    instance_id = with_account(house).start(house.deploy(survey()))
    task = house.task(instance_id, "isi")
    house.engine.task_drafts.save(
        task.task_id, {"alamat": ADDRESS, "penyakit": ILLNESS, "catatan": "draf"}, actor=BIDANG
    )
    house.engine.tasks.complete(task.task_id, VALUES, actor=BIDANG, idempotency_key="satu")

    kept = stored_bytes(house.store)

    for word in (ADDRESS, "Kenanga", "kenanga", ILLNESS, "alergi"):
        assert word.encode() not in kept
    assert b"P-19" in kept


def test_who_sees_the_work_sees_the_value(house: Office) -> None:
    instance_id = submitted(house)

    shown = house.engine.instances.variables(instance_id, actor=SEKRETARIS)
    seen = house.engine.tasks.variables(house.task(instance_id, "tinjau").task_id, actor=SEKRETARIS)
    events = house.engine.history.events(instance_id, actor=AUDITOR)
    told = house.engine.playback.story(instance_id, actor=AUDITOR).steps[1].frame

    assert {name: shown[name] for name in VALUES} == VALUES
    assert {name: seen[name] for name in VALUES} == VALUES
    assert any(each.payload.get("variables", {}).get("umur") == 47 for each in events)
    assert told.payload["variables"]["alamat"] == ADDRESS
    assert told.changes["alamat"] == {"after": ADDRESS}


def test_history_holds_seals_and_is_sound_without_the_key(house: Office) -> None:
    instance_id = submitted(house)

    kept = raw_payload(house, instance_id)
    other = Office(house.store, Settings(secret_key=("another key" * 4,)))

    assert [name for name in kept if str(kept[name]).startswith("alur:sealed:1:")] == [
        "alamat",
        "penyakit",
        "umur",
    ]
    assert kept["catatan"] == "x"
    other.assert_sound(instance_id)
    shown = other.variables(instance_id)
    assert isinstance(shown["alamat"], Unreadable)
    assert shown["catatan"] == "x"


def test_the_form_judges_the_value_before_it_is_sealed(office: Office) -> None:
    instance_id = office.start(office.deploy(survey()))

    with pytest.raises(InvalidForm) as refused:
        office.complete(instance_id, "isi", BIDANG, **(VALUES | {"umur": "tua", "alamat": " "}))

    assert set(refused.value.fields) == {"umur", "alamat"}


def test_a_blank_value_needs_no_seal(office: Office) -> None:
    instance_id = submitted(office, penyakit="", umur=None)

    assert raw_payload(office, instance_id)["penyakit"] == ""
    assert raw_payload(office, instance_id)["umur"] is None


def test_a_seal_of_another_instance_is_refused(office: Office) -> None:
    stolen = raw_payload(office, submitted(office))["alamat"]
    instance_id = office.start(office.deploy(survey()))

    with pytest.raises(InvalidVariables) as refused:
        office.complete(instance_id, "isi", BIDANG, **(VALUES | {"catatan": stolen}))

    assert list(refused.value.fields) == ["alamat"]


def test_a_seal_that_was_moved_or_changed_does_not_open(office: Office) -> None:
    instance_id = submitted(office)
    seal = raw_payload(office, instance_id)["alamat"]
    moved = seal.replace(":alamat:", ":catatan:")
    changed = seal[:-6] + ("AAAA" if seal[-6:-2] != "AAAA" else "BBBB") + seal[-2:]

    for each in (moved, changed):
        with pytest.raises(InvalidVariables):
            office.engine.instances.change_variables(instance_id, {"umur": each}, actor=ADMIN)
        with office.store.reading() as tx:
            sealing = office.engine.tasks._steps.sealing
            assert isinstance(sealing.opened(tx, instance_id, each), Unreadable)


def test_an_external_task_gets_the_seal_and_may_give_it_back(office: Office) -> None:
    service = '<bpmn:serviceTask id="kirim" camunda:type="external" camunda:topic="kirim"/>'
    content = survey(between=service, ids=("s", "isi", "kirim", "tinjau", "e"))
    content = content.replace(
        "<bpmn:flowNodeRef>isi<", "<bpmn:flowNodeRef>kirim</bpmn:flowNodeRef><bpmn:flowNodeRef>isi<"
    )
    instance_id = office.start(office.deploy(content))
    office.complete(instance_id, "isi", BIDANG, **VALUES)
    worker = replace(ADMIN, account="mesin", roles=frozenset({Role.WORKER}))
    topics = [TopicSubscription("kirim", 60_000)]

    fetched = office.engine.external_tasks.fetch_and_lock("w", topics, max_tasks=1, actor=worker)[0]
    office.engine.external_tasks.complete(
        fetched.task.external_task_id,
        "w",
        {**fetched.variables, "penyakit": "baru"},
        actor=worker,
    )

    assert str(fetched.variables["alamat"]).startswith("alur:sealed:1:")
    assert office.variables(instance_id)["alamat"] == ADDRESS
    assert office.variables(instance_id)["penyakit"] == "baru"
    assert person_of(office, "mesin", is_account=True)
    office.assert_sound(instance_id)


def test_a_called_process_gets_the_value_under_a_seal_of_its_own(office: Office) -> None:
    office.deploy(
        process(
            start("cs", form(field("alamat", required=True), field("umur", "long"))),
            user("periksa", form(field("hasil"))),
            end("ce"),
            line("cs", "periksa", "ce"),
            key="anak",
            lanes={"Sekretaris": ["cs", "periksa", "ce"]},
        )
    )
    call = (
        '<bpmn:callActivity id="panggil" calledElement="anak"><bpmn:extensionElements>'
        '<camunda:in variables="all"/><camunda:out variables="all"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    content = survey(between=call, ids=("s", "isi", "panggil", "tinjau", "e"))
    content = content.replace(
        "<bpmn:flowNodeRef>isi<",
        "<bpmn:flowNodeRef>panggil</bpmn:flowNodeRef><bpmn:flowNodeRef>isi<",
    )
    instance_id = office.start(office.deploy(content, "induk.bpmn"))
    office.complete(instance_id, "isi", BIDANG, **VALUES)
    with office.store.reading() as tx:
        event = tx.find_events(EventQuery(kinds=frozenset({EventKind.CALL_REQUESTED})))[0]
    called = event.payload["call"]

    assert office.variables(called)["alamat"] == ADDRESS
    office.complete(called, "periksa", SEKRETARIS, hasil="baik")

    assert office.waiting_at(instance_id) == ["tinjau"]
    assert office.variables(instance_id)["umur"] == 47
    for each in (instance_id, called):
        office.assert_sound(each)
    assert erase(office).instance_count == 2
    assert isinstance(office.variables(called)["alamat"], Erased)


def test_whom_it_is_about_stays_when_an_admin_mends_it(office: Office) -> None:
    instance_id = submitted(office)

    office.engine.instances.change_variables(instance_id, {"penyakit": "sembuh"}, actor=ADMIN)

    _, holdings = office.engine.personal_data.person(
        person_of(office, BIDANG.account, is_account=True), actor=ADMIN
    )
    assert [each.value_count for each in holdings] == [2]
    assert office.variables(instance_id)["penyakit"] == "sembuh"


def test_a_task_with_personal_fields_costs_one_statement_more(office: Office) -> None:
    counts = []
    for content in (survey().replace('value="true"', 'value="false"'), survey()):
        plain = content.replace('<camunda:property id="subjek" value="pegawai"/>', "")
        instance_id = office.start(office.deploy(plain))
        task = office.task(instance_id, "isi")
        office.store.watch_steps(lambda written: counts.append(written.statements))
        office.engine.tasks.complete(task.task_id, VALUES, actor=BIDANG)
        office.store._watchers = ()

    assert counts[1] == counts[0] + 1


def test_the_search_does_not_find_what_is_personal(office: Office) -> None:
    submitted(office, catatan="terlihat")

    found = [office.engine.search.find(word, actor=AUDITOR) for word in ("kenanga", "terlihat")]

    assert [len(each.instances) for each in found] == [0, 1]


def test_a_draft_is_opened_for_its_owner_until_it_is_erased(office: Office) -> None:
    instance_id = with_account(office).start(office.deploy(survey()))
    task_id = office.task(instance_id, "isi").task_id
    drafts = office.engine.task_drafts
    drafts.save(task_id, {"pegawai": "P-19", "alamat": ADDRESS, "penyakit": "x"}, actor=BIDANG)

    before = drafts.find(task_id, actor=BIDANG)
    erase(office)
    after = drafts.find(task_id, actor=BIDANG)

    assert before is not None
    assert after is not None
    assert before.texts == {"pegawai": "P-19", "alamat": ADDRESS, "penyakit": "x"}
    assert after.texts == {"pegawai": "P-19", "penyakit": "x"}


def test_a_former_secret_key_still_opens_and_erases(house: Office) -> None:
    first = submitted(house)
    turned = Office(house.store)
    settings = Settings(secret_key=("new" * 20, KEY))
    turned.engine = build_engine(house.store, house.clock, RandomIds(), settings)
    instance_id = turned.start(turned.deploy(survey()))

    assert turned.variables(first)["alamat"] == ADDRESS
    turned.complete(instance_id, "isi", BIDANG, **VALUES)

    assert erase(turned).instance_count == 2
    assert isinstance(turned.variables(first)["alamat"], Erased)
    assert isinstance(turned.variables(instance_id)["alamat"], Erased)


def test_keys_are_sealed_anew_so_that_a_former_secret_key_may_go(house: Office) -> None:
    instance_id = submitted(house)
    both = Settings(secret_key=("new" * 20, KEY))
    turned = build_engine(house.store, house.clock, RandomIds(), both)

    count, left = turned.personal_data.reseal(actor=ADMIN)

    only = Settings(secret_key=("new" * 20,))
    house.engine = build_engine(house.store, house.clock, RandomIds(), only)
    assert (count, left) == (2, [])
    assert house.variables(instance_id)["alamat"] == ADDRESS
    assert erase(house).value_count == 2
    assert erase(house, BIDANG.account, is_account=True).value_count == 1


def test_one_key_serves_a_person_in_an_instance_whatever_the_secret_key(house: Office) -> None:
    instance_id = submitted(house)
    both = Settings(secret_key=("new" * 20, KEY))
    house.engine = build_engine(house.store, house.clock, RandomIds(), both)

    house.engine.instances.change_variables(instance_id, {"umur": 48}, actor=ADMIN)

    assert erase(house, " p-19 ").key_count == 1
    assert isinstance(house.variables(instance_id)["umur"], Erased)


def test_a_person_is_found_by_the_whole_name_only(office: Office) -> None:
    submitted(office)
    room = office.engine.personal_data

    found = {
        name: [each.subject.name for each in room.persons(actor=ADMIN, name=name)]
        for name in ("p-19", "P-1", BIDANG.account)
    }

    assert found == {"p-19": ["P-19"], "P-1": [], BIDANG.account: [BIDANG.account]}
    assert room.count_persons(actor=ADMIN, name="P-19") == 1


# ---------------------------------------------------------------------------- erased


def test_erasing_a_person_makes_the_values_unreadable_and_history_stays_sound(
    house: Office,
) -> None:
    instance_id = submitted(house)
    before = house.engine.history.verify(instance_id, actor=AUDITOR)

    done = erase(house)

    shown = house.variables(instance_id)
    after = house.engine.history.verify(instance_id, actor=AUDITOR)
    assert (done.key_count, done.instance_count, done.value_count) == (1, 1, 2)
    assert str(shown["alamat"]) == (
        "(dihapus pada 2026-01-05, dasar: 400/12/Setda tanggal 2026-01-05)"
    )
    assert isinstance(shown["umur"], Erased)
    assert shown["penyakit"] == ILLNESS
    assert after == before
    assert after.is_sound
    house.erase_snapshot(instance_id)
    house.complete(instance_id, "tinjau", SEKRETARIS, selesai=True)
    house.assert_sound(instance_id)


def test_nothing_of_the_key_is_left(house: Office) -> None:
    submitted(house)
    with house.store.reading() as tx:
        keys = tx.keys_of_persons([person_of(house, "P-19")])
    secrets = [keys[0].sealed_key, keys[0].sealed_subject, keys[0].person]
    assert all(str(each).encode() in stored_bytes(house.store) for each in secrets)

    erase(house)

    kept = stored_bytes(house.store)
    assert not [each for each in secrets if str(each).encode() in kept]


def test_an_erasure_is_in_the_chained_log_and_names_nobody(house: Office) -> None:
    submitted(house)
    done = erase(house)
    account = erase(house, BIDANG.account, is_account=True)

    query = AccountEventQuery(kinds=frozenset({AccountEventKind.PERSONAL_DATA_ERASED}))
    events = house.engine.account_log.events(query, actor=AUDITOR)

    assert [each.account for each in events] == [None, BIDANG.account]
    assert [each.payload["erasure"] for each in events] == [done.erasure_id, account.erasure_id]
    assert events[0].payload["basis"] == BASIS.number
    assert events[0].payload["values"] == 2
    assert "P-19" not in str(events[0])
    assert house.engine.account_log.verify(actor=AUDITOR).is_sound


def test_who_is_erased_gets_a_new_key_by_what_comes_later(office: Office) -> None:
    first = submitted(office)
    erase(office)

    with pytest.raises(NotFound):
        person_of(office, "P-19")
    second = submitted(office)

    assert isinstance(office.variables(first)["alamat"], Erased)
    assert office.variables(second)["alamat"] == ADDRESS
    assert person_of(office, "P-19")


def test_a_form_asks_anew_for_what_was_erased(office: Office) -> None:
    twice = (
        survey()
        .replace('id="tinjau" name="tinjau">', 'id="tinjau" name="tinjau">')
        .replace(form(field("selesai", "boolean")), form(personal("alamat", subject="pegawai")))
    )
    instance_id = office.start(office.deploy(twice))
    office.complete(instance_id, "isi", BIDANG, **VALUES)
    task_id = office.task(instance_id, "tinjau").task_id

    before = office.engine.tasks.form(task_id, actor=SEKRETARIS).values
    erase(office)
    after = office.engine.tasks.form(task_id, actor=SEKRETARIS).values

    assert (before["alamat"], after["alamat"]) == (ADDRESS, None)


def test_who_looks_at_persons_is_recorded(office: Office) -> None:
    submitted(office)

    found = office.engine.personal_data.persons(Page(), actor=AUDITOR)

    query = AccountEventQuery(kinds=frozenset({AccountEventKind.PERSONAL_DATA_READ}))
    assert {each.subject.name: each.value_count for each in found} == {
        "P-19": 2,
        BIDANG.account: 1,
    }
    assert office.engine.personal_data.count_persons(actor=AUDITOR) == 2
    assert len(office.engine.account_log.events(query, actor=ADMIN)) == 1


@pytest.mark.parametrize(
    ("basis", "name"),
    [
        (replace(BASIS, number=" "), "basis"),
        (replace(BASIS, reason=""), "reason"),
        (replace(BASIS, on=date(2026, 1, 6)), "basisDate"),
    ],
)
def test_an_erasure_needs_a_basis(office: Office, basis: Basis, name: str) -> None:
    submitted(office)

    with pytest.raises(InvalidInput) as refused:
        office.engine.personal_data.erase_person(person_of(office, "P-19"), basis, actor=ADMIN)

    assert list(refused.value.fields) == [name]


def test_only_admins_erase_and_only_readers_look(office: Office) -> None:
    submitted(office)
    person = person_of(office, "P-19")

    with pytest.raises(Forbidden):
        office.engine.personal_data.erase_person(person, BASIS, actor=AUDITOR)
    with pytest.raises(Forbidden):
        office.engine.personal_data.persons(Page(), actor=BIDANG)


# ------------------------------------------------------------------------- retention

_JRA = (
    '<bpmn:extensionElements><camunda:properties><camunda:property name="sop:jraKode" '
    'value="700.1"/><camunda:property name="sop:jraAktif" value="P1M"/><camunda:property '
    'name="sop:jraInaktif" value="P1M"/><camunda:property name="sop:jraAkhir" value="{fate}"/>'
    "</camunda:properties></bpmn:extensionElements>"
)


def ended(office: Office, fate: str) -> str:
    head = '<bpmn:process id="p" name="p" isExecutable="true">'
    content = survey().replace(head, head + _JRA.format(fate=fate))
    instance_id = office.start(office.deploy(content))
    office.complete(instance_id, "isi", BIDANG, **VALUES)
    office.complete(instance_id, "tinjau", SEKRETARIS, selesai=True)
    office.clock.advance(days=70)
    return instance_id


def test_what_outlived_its_retention_is_erased_for_everybody_in_it(house: Office) -> None:
    old = ended(house, "musnah")
    fresh = house.start(house.deploy(survey().replace('process id="p"', 'process id="q"')))
    house.engine.instances.change_variables(fresh, {"alamat": ADDRESS}, actor=ADMIN)
    room = house.engine.personal_data

    listed = room.erasable(actor=AUDITOR)
    basis = replace(BASIS, number="JRA 700.1")
    done = room.erase_outlived([old], basis, actor=ADMIN)
    report, holdings = room.erasure(done.erasure_id, actor=AUDITOR)

    assert [(each.outlived.instance_id, each.value_count, each.person_count) for each in listed]
    assert (done.by_retention, done.key_count, done.value_count) == (True, 2, 3)
    assert report == done
    assert [(each.instance.instance_id, each.value_count) for each in holdings] == [(old, 3)]
    assert isinstance(house.variables(old)["penyakit"], Erased)
    assert house.variables(fresh)["alamat"] == ADDRESS
    assert room.erasable(actor=AUDITOR) == []
    house.assert_sound(old)


def test_what_is_kept_for_ever_is_not_proposed(office: Office) -> None:
    old = ended(office, "permanen")

    assert office.engine.personal_data.erasable(actor=ADMIN) == []
    with pytest.raises(InvalidInput):
        office.engine.personal_data.erase_outlived([old], BASIS, actor=ADMIN)
    assert office.variables(old)["alamat"] == ADDRESS
