"""Two tabs, the back button, a lost connection: nothing typed is lost, nothing is done twice."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from engine.model import EventKind
from tests.browser.conftest import log_in
from tests.browser.served import Served
from tests.diagrams import end, line, process, start
from tests.office import AUDITOR
from tests.papers import step

_TEXT = (
    '<camunda:formField id="judul" label="Judul" type="string"><camunda:validation>'
    '<camunda:constraint name="required"/></camunda:validation></camunda:formField>'
    '<camunda:formField id="uraian" label="Uraian" type="string"><camunda:properties>'
    '<camunda:property id="baris" value="4"/></camunda:properties></camunda:formField>'
    '<camunda:formField id="sifat" label="Sifat" type="enum">'
    '<camunda:value id="biasa" name="Biasa"/><camunda:value id="segera" name="Segera"/>'
    "</camunda:formField>"
    '<camunda:formField id="lengkap" label="Berkas lengkap" type="boolean"/>'
)
FORM = process(
    start(),
    step("isi", _TEXT),
    end(),
    line("s", "isi", "e"),
    key="gangguan",
    lanes={"Bidang": ["s", "isi", "e"]},
)


@dataclass
class Desk:
    """Somebody's window, and the one task that waits there."""

    served: Served
    context: BrowserContext
    page: Page
    instance: str
    path: str
    has_script: bool

    def completions(self) -> int:
        events = self.served.office.engine.history.events(self.instance, actor=AUDITOR)
        return sum(event.kind is EventKind.TASK_COMPLETED for event in events)

    def value(self, name: str) -> object:
        return self.served.office.variables(self.instance).get(name)


class Desks:
    """Windows of one person, with JavaScript or without, kept: each test has a task of its own."""

    def __init__(self, browser: Browser, served: Served, *, has_script: bool) -> None:
        self._served, self._has_script = served, has_script
        self._context = browser.new_context(base_url=served.origin, java_script_enabled=has_script)
        self._context.set_default_timeout(10_000)
        log_in(self._context.new_page(), "bidang")
        self._definition = served.office.deploy(FORM, "gangguan.bpmn")

    def another(self) -> Desk:
        office = self._served.office
        actor = office.engine.accounts.account("bidang").as_actor()
        instance = office.start(self._definition, actor)
        path = f"/tugas/{office.task(instance, 'isi').task_id}"
        page = self._context.new_page()
        page.goto(path)
        return Desk(self._served, self._context, page, instance, path, self._has_script)


@pytest.fixture(scope="module")
def desks(browser: Browser, served: Served) -> Desks:
    return Desks(browser, served, has_script=True)


@pytest.fixture(scope="module")
def plain_desks(browser: Browser, served: Served) -> Desks:
    return Desks(browser, served, has_script=False)


@pytest.fixture
def desk(desks: Desks) -> Desk:
    return desks.another()


@pytest.fixture(params=["desks", "plain_desks"], ids=["with JavaScript", "without JavaScript"])
def either_desk(request: pytest.FixtureRequest) -> Desk:
    found: Desks = request.getfixturevalue(request.param)
    return found.another()


def fill(page: Page, title: str) -> None:
    """Something in every kind of field."""
    page.get_by_label("Judul").fill(title)
    page.get_by_label("Uraian").fill(f"Uraian {title}\nbaris kedua")
    page.get_by_label("Segera").check()
    page.get_by_label("Berkas lengkap").check()


def assert_filled(page: Page, title: str) -> None:
    expect(page.get_by_label("Judul")).to_have_value(title)
    expect(page.get_by_label("Uraian")).to_have_value(f"Uraian {title}\nbaris kedua")
    expect(page.get_by_label("Segera")).to_be_checked()
    expect(page.get_by_label("Berkas lengkap")).to_be_checked()


def send(page: Page) -> None:
    page.get_by_role("button", name="Selesaikan").click()


def assert_done(page: Page) -> None:
    expect(page.get_by_role("status")).to_contain_text("telah diselesaikan")


def test_second_tab_is_told_who_was_faster_and_shows_what_was_typed_there(
    either_desk: Desk,
) -> None:
    desk = either_desk
    other = desk.context.new_page()
    other.goto(desk.path)
    fill(desk.page, "dari tab pertama")
    fill(other, "dari tab kedua")

    send(desk.page)
    assert_done(desk.page)
    send(other)

    expect(other.get_by_role("heading", level=1)).to_have_text("Tugas sudah selesai")
    kept = other.get_by_role("region", name="Isian Anda tidak tersimpan")
    expect(kept).to_contain_text("dari tab kedua")
    expect(kept).to_contain_text("baris kedua")
    assert (desk.completions(), desk.value("judul")) == (1, "dari tab pertama")


def test_going_back_after_completion_and_sending_again_does_nothing_twice(
    either_desk: Desk,
) -> None:
    desk = either_desk
    fill(desk.page, "sekali saja")
    send(desk.page)
    assert_done(desk.page)

    desk.page.go_back()

    again = desk.page.get_by_role("button", name="Selesaikan")
    if again.count():
        # The browser shows the form as it kept it.
        again.click()
        assert_done(desk.page)
    else:
        expect(desk.page.get_by_role("heading", level=1)).to_have_text("Tugas sudah selesai")
    assert desk.completions() == 1


def test_form_of_a_lost_connection_stays_and_is_sent_once(either_desk: Desk) -> None:
    desk = either_desk
    fill(desk.page, "sebelum putus")
    if not desk.has_script:
        # Without it the browser leaves the form; what was saved is there again.
        desk.page.get_by_role("button", name="Simpan Draf").click()
        expect(desk.page.get_by_role("status")).to_contain_text("Draf disimpan")

    desk.context.set_offline(True)
    send(desk.page)
    if desk.has_script:
        expect(desk.page.get_by_role("alert")).to_contain_text("Sambungan terputus")
        desk.context.set_offline(False)
    else:
        desk.page.wait_for_load_state()
        desk.context.set_offline(False)
        desk.page.goto(desk.path)
    assert_filled(desk.page, "sebelum putus")
    assert desk.completions() == 0
    send(desk.page)

    assert_done(desk.page)
    assert (desk.completions(), desk.value("judul")) == (1, "sebelum putus")


def test_answer_that_was_lost_on_its_way_is_asked_for_again_with_the_same_key(desk: Desk) -> None:
    fill(desk.page, "jawaban hilang")

    def lose_answer(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort("connectionreset")

    desk.page.route("**/selesai*", lose_answer, times=1)
    send(desk.page)
    expect(desk.page.get_by_role("alert")).to_contain_text("tidak akan tercatat dua kali")
    assert desk.completions() == 1
    send(desk.page)

    assert_done(desk.page)
    assert (desk.completions(), desk.value("judul")) == (1, "jawaban hilang")


def test_form_that_takes_long_says_that_it_is_on_its_way(desk: Desk) -> None:
    fill(desk.page, "lama")
    held: list[Route] = []
    desk.page.route("**/selesai*", lambda route: held.append(route), times=1)  # noqa: PLW0108
    sending = desk.page.get_by_text("Sedang dikirim")
    expect(sending).to_have_count(0)

    send(desk.page)

    expect(sending).to_be_visible()
    held[0].abort("connectionreset")
    expect(desk.page.get_by_role("alert")).to_contain_text("Isian Anda masih di sini")
    expect(sending).to_have_count(0)
    send(desk.page)
    assert_done(desk.page)


def test_server_that_is_away_behind_its_proxy_takes_nothing_from_the_form(desk: Desk) -> None:
    fill(desk.page, "server mati")
    away = "<html><body><h1>502 Bad Gateway</h1></body></html>"
    desk.page.route("**/selesai*", lambda route: route.fulfill(status=502, body=away), times=1)

    send(desk.page)

    expect(desk.page.get_by_role("alert")).to_contain_text("Isian Anda masih di sini")
    assert_filled(desk.page, "server mati")
    send(desk.page)
    assert_done(desk.page)
    assert desk.completions() == 1


def test_form_with_a_fault_keeps_everything_that_was_typed(desk: Desk) -> None:
    fill(desk.page, "x")
    desk.page.get_by_label("Judul").fill("")

    send(desk.page)

    expect(desk.page.get_by_role("alert")).to_contain_text("Judul")
    expect(desk.page.get_by_label("Uraian")).to_have_value("Uraian x\nbaris kedua")
    expect(desk.page.get_by_label("Segera")).to_be_checked()
    expect(desk.page.get_by_label("Berkas lengkap")).to_be_checked()
    desk.page.get_by_label("Judul").fill("kini ada")
    send(desk.page)
    assert_done(desk.page)
    assert (desk.completions(), desk.value("uraian")) == (1, "Uraian x\nbaris kedua")


def test_form_of_a_login_that_ended_is_shown_again_after_the_next_login(desk: Desk) -> None:
    fill(desk.page, "sesi habis")
    desk.served.office.clock.advance(minutes=31)

    send(desk.page)
    expect(desk.page.get_by_role("alert")).to_contain_text("Isian Anda masih ada")
    assert desk.completions() == 0
    log_in(desk.page, "bidang", is_there=True)

    assert_filled(desk.page, "sesi habis")
    assert desk.completions() == 0
    send(desk.page)
    assert_done(desk.page)
    assert (desk.completions(), desk.value("judul")) == (1, "sesi habis")
