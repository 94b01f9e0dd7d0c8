"""An office in full swing on a free port: late tasks, an incident, remarks, web hooks, messages."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine.correlation import Message
from engine.history_codes import code_of
from engine.model import Actor, Period, ProcessDefinition, Subject, Upload
from engine.overdue_tasks import OverdueTasks
from engine.personal_data import Basis
from engine.remarks import Place
from engine.settings import Settings
from engine.store import Store
from engine.webhook_subscriptions import Wishes
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.office import ADMIN, SOP_FILES, Office, every_return_once, straight
from tests.serving import served
from webhooks import create_app
from webhooks.hooks.tokens import link_url

PASSWORD = "prosedur-resmi-1"
PEOPLE = {
    "kadis": ("Kepala Dinas", ["staff"], ["Kadis"]),
    "sekretaris": ("Sekretaris", ["staff"], ["Sekretaris"]),
    "perencana": ("Perencana", ["staff"], ["Perencana"]),
    "perencana-2": ("Perencana Kedua", ["staff"], ["Perencana"]),
    "bidang": ("Bidang", ["staff"], ["Bidang"]),
    "analis": ("Analis Proses", ["analyst"], []),
    "auditor": ("Auditor", ["auditor"], []),
    "admin": ("Administrator", ["admin"], []),
}
#: Leads nowhere when nobody says how many: the engine stops with an incident.
STUCK = process(
    start(), user("a", name="Mengisi"), exclusive("g"), user("b"), end(),
    line("s", "a", "g"), flow("g", "b", "${jumlah &gt; 3}"), line("b", "e"),
    lanes={"Perencana": ["s", "a", "g", "b", "e"]},
)  # fmt: skip


#: Due within an hour, and left lying.
LATE = process(
    start(), user("a", name="Menandatangani"), end(), line("s", "a", "e"),
    key="terlambat", lanes={"Perencana": ["s", "a", "e"]},
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="PT1H" ')  # fmt: skip


_RETENTION = "".join(
    f'<camunda:property name="sop:jra{name}" value="{value}"/>'
    for name, value in (("Aktif", "P1D"), ("Inaktif", "P1D"), ("Akhir", "musnah"))
)
#: Asks for personal data, of which the retention is soon over.
PERSONAL = process(
    "<bpmn:extensionElements><camunda:properties>"
    f"{_RETENTION}</camunda:properties></bpmn:extensionElements>",
    start("s", form(field("pegawai"), field("telepon"))), end(), line("s", "e"),
    key="data_pegawai", lanes={"Perencana": ["s", "e"]},
).replace(
    '"telepon" type="string">',
    '"telepon" type="string"><camunda:properties><camunda:property id="pribadi" value="true"/>'
    '<camunda:property id="subjek" value="pegawai"/></camunda:properties>',
)  # fmt: skip

#: Two versions of one SOP.
REVISED = tuple(
    process(
        start(), user("telaah", name=name), user("arsip", name="Mengarsipkan"), end(),
        line("s", "telaah", "arsip", "e"),
        key="revisi", lanes={"Arsiparis": ["s", "telaah", "arsip", "e"]},
    )
    for name in ("Menelaah naskah", "Meneliti naskah")
)  # fmt: skip


@dataclass(frozen=True)
class Served:
    """Where the office is, and where on it the things of the story stand."""

    office: Office
    origin: str
    #: A word for a page that has an id in its address -> its path.
    paths: dict[str, str]


@contextlib.contextmanager
def served_office(database: Path) -> Iterator[Served]:
    """The office over a database file, behind the server that `alur serve` uses."""
    store = Store.open(f"sqlite:///{database}")
    store.migrate()
    office = Office(store)
    office.engine = office.engine_with(Settings())
    paths = fill(office)
    with served(create_app(office.engine, Settings())) as origin:
        yield Served(office, origin, paths)
    store.close()


def fill(office: Office) -> dict[str, str]:
    """The story; a word for a page that has an id in its address -> its path."""
    for name, (display_name, roles, lanes) in PEOPLE.items():
        office.engine.accounts.add(
            name,
            display_name=display_name,
            password=PASSWORD,
            roles=roles,
            lanes=lanes,
            actor=ADMIN,
        )
    definitions = [office.deploy_sop(stem) for stem in SOP_FILES]
    hook, _ = office.engine.webhook_subscriptions.add(
        Wishes("Gerbang layanan", "https://gerbang.dinas.test/kait/alur/peristiwa"), actor=ADMIN
    )
    instances = [_under_way(office, each) for each in definitions]
    task = office.open_tasks(instances[0])[0]
    _remark(office, instances[0])
    late = office.start(office.deploy(LATE, "terlambat.bpmn"), _actor(office, "perencana"))
    held = office.open_tasks(instances[1])[0]
    office.engine.tasks.claim(held.task_id, actor=_actor(office, "perencana"))
    office.clock.advance(days=40)
    _other_systems(office)
    to_sign = _to_sign(office, definitions[3])
    ended, stuck = _ended(office, definitions[0]), _stuck(office)
    office.engine.measuring.turn(lambda: False)
    OverdueTasks(office.engine.escalations, office.clock).turn(lambda: False)
    report = f"/laporan/{definitions[0].key}"
    head = office.engine.instances.instance(ended, actor=ADMIN).head_hash
    days = Period(office.clock.now() - timedelta(days=90), office.clock.now())
    failed = _failed_package(office, days)
    package = office.engine.evidence_packages.order(days, "Triwulan I", actor=ADMIN)
    return {
        "kode": f"/periksa?kode={code_of(ended, head)}",
        "paket": f"/bukti-akip/{package.package_id}",
        "paket-gagal": f"/bukti-akip/{failed}",
        "laporan": f"{report}?periode=tahun",
        "laporan-waktu": f"{report}?periode=tahun&panas=waktu",
        "pemantauan": f"{report}/pemantauan?periode=tahun",
        "tugas": f"/tugas/{task.task_id}",
        "ambil-alih": f"/tugas/{held.task_id}/ambil-alih",
        "ubah": f"/tugas/{held.task_id}/ubah",
        "terlambat": f"/tugas/{office.task(late, 'a').task_id}",
        "tanda-tangan": f"/tugas/{to_sign}",
        "berkas": f"/berkas/{instances[0]}",
        "selesai": f"/berkas/{ended}",
        "keutuhan": f"/berkas/{instances[0]}/keutuhan",
        "gangguan": f"/berkas/{stuck}",
        "putar-ulang": f"/putar-ulang/{ended}?langkah=12",
        "putar-ulang-gangguan": f"/putar-ulang/{stuck}?langkah=2",
        "bandingkan": f"/bandingkan?a={ended}&b={instances[0]}",
        "sop": f"/proses/{definitions[1].key}/1",
        "uji-jalan": f"/proses/{definitions[3].key}/1/uji-jalan",
        "mulai": f"/proses/{definitions[1].key}/mulai",
        **_personal(office),
        **_revised(office),
        "langganan": f"/langganan/{hook.subscription_id}",
        "tautan": _link(office, task.task_id),
    }


def _actor(office: Office, name: str) -> Actor:
    return office.engine.accounts.account(name).as_actor()


def _under_way(office: Office, definition: ProcessDefinition) -> str:
    instance_id = office.start_sop(definition)
    office.run_to_end(instance_id, straight, limit=4)
    return instance_id


def _to_sign(office: Office, definition: ProcessDefinition) -> str:
    """The task in which the Kadis of Luwu Timur signs what was sent back once and came again."""
    instance_id, choose = office.start_sop(definition), every_return_once()
    while "langkah_8" not in office.waiting_at(instance_id):
        office.run_to_end(instance_id, choose, limit=1)
    return office.task(instance_id, "langkah_8").task_id


def _revised(office: Office) -> dict[str, str]:
    """An SOP of two versions, with an instance that was moved and one that could be."""
    old = office.deploy(REVISED[0], "revisi.bpmn")
    moved, _ = office.start(old), office.start(old)
    new = office.deploy(REVISED[1], "revisi.bpmn")
    migrations = office.engine.migrations
    plan = migrations.generate(old.definition_id, new.definition_id, actor=ADMIN)
    migrations.migrate(moved, plan, reason="Perwali baru", basis="SK 188/2026", actor=ADMIN)
    return {
        "pindahkan": f"/proses/revisi/{old.version}/pindahkan",
        "tugas-pindah": f"/tugas/{office.task(moved, 'telaah').task_id}",
        "putar-ulang-pindah": f"/putar-ulang/{moved}?langkah=2",
    }


def _ended(office: Office, definition: ProcessDefinition) -> str:
    """One that came back wherever it can."""
    instance_id = office.start_sop(definition)
    office.run_to_end(instance_id, every_return_once())
    return instance_id


def _failed_package(office: Office, period: Period) -> str:
    packages = office.engine.evidence_packages
    ordered = packages.order(period, "Triwulan I", actor=ADMIN)
    hold = packages.take()
    assert hold is not None
    hold.fail("OSError: [Errno 28] No space left on device")
    return ordered.package_id


def _remark(office: Office, instance_id: str) -> None:
    place, actor = Place(instance_id=instance_id), office.people["Perencana"]
    long = "Mohon diperiksa sebelum ditandatangani; lihat " + "lampiran-yang-panjang-sekali" * 4
    office.engine.remarks.comment(place, long, actor=actor)
    file = Upload("Rekapitulasi_Laporan_Kinerja_Triwulan_Final_Revisi_3.pdf", b"%PDF-1.7 contoh")
    office.engine.remarks.attach(place, file, actor=actor, description="Naskah terakhir")


def _stuck(office: Office) -> str:
    actor = _actor(office, "perencana")
    instance_id = office.start(office.deploy(STUCK, "buntu.bpmn"), actor)
    office.complete(instance_id, "a", actor)
    return instance_id


def _personal(office: Office) -> dict[str, str]:
    """A person whose data is sealed, instances that outlived their retention, and an erasure."""
    definition, room = office.deploy(PERSONAL, "data_pegawai.bpmn"), office.engine.personal_data
    for name in ("P-17", "P-18", "P-19"):
        values = {"pegawai": name, "telepon": "0812-0000-0000"}
        office.start(definition, _actor(office, "perencana"), **values)
    office.clock.advance(days=4)
    basis = Basis("400/12/Setda", office.clock.now().date(), "permintaan yang bersangkutan")
    person, other = (room.person_of(Subject(name), actor=ADMIN) for name in ("P-17", "P-18"))
    done = room.erase_person(other, basis, actor=ADMIN)
    return {
        "data-pribadi": f"/data-pribadi/{person}",
        "usul-musnah": "/data-pribadi/usul-musnah",
        "penghapusan": f"/data-pribadi/penghapusan/{done.erasure_id}",
    }


def _other_systems(office: Office) -> None:
    office.engine.message_sources.add("srikandi", ["surat_masuk", "balasan"], actor=ADMIN)
    message = Message("balasan", business_key="LAP-7", variables={"nomor": "045/12"})
    office.engine.messages.correlate(message, actor=ADMIN, keep_unmatched=True)


def _link(office: Office, task_id: str) -> str:
    task = office.engine.tasks.task(task_id, actor=ADMIN)
    _, secret = office.engine.task_links.make(task_id, actor=office.people[task.lane or ""])
    return link_url(office.engine, secret, "")
