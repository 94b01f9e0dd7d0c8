"""Uji jalan on pages: what never ends and what is never reached is told before it is deployed."""

from __future__ import annotations

from engine.model import ProcessDefinition
from engine.queries import DefinitionQuery, InstanceQuery
from tests.diagrams import end, exclusive, field, flow, form, line, process, start, user
from tests.office import AUDITOR, Office
from tests.webhooks.pages.browser import Browser, Page
from tests.webhooks.pages.conftest import SOP, Visit

#: Whoever answers neither "ya" nor "tidak" gets no further: nothing leads on.
STUCK = process(
    start(),
    user("a", form(field("pilihan", "boolean")), name="Menilai"),
    exclusive("g"),
    user("b", name="Mencatat"),
    user("c", name="Membuang"),
    end(),
    line("s", "a", "g"),
    flow("g", "b", "${pilihan}"),
    flow("g", "c", "${pilihan &amp;&amp; !pilihan}"),
    line("b", "e"),
    line("c", "e"),
    key="macet",
    lanes={"Perencana": ["s", "a", "g", "b", "c", "e"]},
)


def upload(visitor: Browser, *files: str) -> Page:
    sent = [(each.encode(), f"sop-{number}.bpmn") for number, each in enumerate(files)]
    page = visitor.get("/proses/unggah")
    [button] = page.tree.xpath("//button[@formaction='/proses/unggah/uji-jalan']")
    button.getparent().getparent().action = button.get("formaction")
    return visitor.send(page, "/uji-jalan", berkas=sent)


def test_version_whose_ways_all_end_is_said_to_be_good(
    office: Office, visit: Visit, sop: ProcessDefinition
) -> None:
    analyst = visit("analis")

    page = analyst.get(analyst.get("/proses/laporan/1").link("Uji jalan"))

    assert "Setiap jalan sampai ke akhir, dan semua alur dilalui" in page.text
    assert "setujui; kembalikan" in page.text
    steps = page.tree.xpath("//section[@aria-labelledby='jalan']//tbody/tr")
    assert "Menyusun laporan" in steps[1].text_content()
    # On a phone each cell is its label and one thing beside it.
    onward = page.tree.xpath("//td[@data-label='Lanjut ke']")
    assert [len(each) for each in onward] == [1] * len(steps)
    assert page.link("Penyusunan Laporan") == "/proses/laporan/1"
    assert office.engine.instances.count_instances(InstanceQuery(), actor=AUDITOR) == 0


def test_file_that_gets_stuck_says_where_before_it_is_deployed(
    office: Office, visit: Visit
) -> None:
    page = upload(visit("analis"), STUCK)

    assert "Ada jalan yang tidak sampai ke akhir" in page.text
    assert "Alur yang tidak pernah dilalui" in page.text
    assert "Membuang" in page.text
    found = office.engine.definitions.definitions(DefinitionQuery(key="macet"), actor=AUDITOR)
    assert list(found) == []


def test_file_that_would_be_refused_shows_its_findings(visit: Visit) -> None:
    page = upload(visit("analis"), SOP.replace('targetRef="susun"', 'targetRef="hilang"'))

    assert "Berkas ini akan ditolak" in page.text


def test_uji_jalan_takes_one_file(visit: Visit) -> None:
    none, two = upload(visit("analis")), upload(visit("analis"), SOP, STUCK)

    assert (none.status, two.status) == (400, 400)
    assert "Pilih satu berkas BPMN" in none.fault_of("berkas")
    assert "Pilih satu berkas BPMN" in two.fault_of("berkas")


def test_only_who_deploys_may_simulate(visit: Visit, sop: ProcessDefinition) -> None:
    assert visit("staf").get("/proses/laporan/1/uji-jalan").status == 403
    assert "Uji jalan" not in visit("staf").get("/proses/laporan/1").text
    assert visit("auditor").get("/proses/laporan/1/uji-jalan").status == 403
