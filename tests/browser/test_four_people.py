"""Every SOP from start to end by four people, each at a browser of their own.

Each SOP is done twice: at a desk by the keys alone, and at 390 px with a thumb, without JavaScript
and with every way back taken once. They know no address: what is theirs they find in the inbox, or
it opens after what they finished. axe looks at every page in the state in which they come to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from engine.model import EventKind, FieldType, FormField, UserTask
from engine.queries import InstanceQuery
from engine.sources import RandomIds
from tests.browser.hands import Hands, Keys, Thumb
from tests.browser.served import PASSWORD, Served
from tests.browser.test_accessibility import axe, too_wide, violations
from tests.office import AUDITOR, SOP_FILES, Chooser, every_return_once, filled_in, straight

__all__ = ["axe"]

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NAMES = {"Kadis": "kadis", "Sekretaris": "sekretaris", "Perencana": "perencana", "Bidang": "bidang"}


@dataclass
class Colleagues:
    """The four at their browsers, who work in one manner."""

    browser: Browser
    served: Served
    hands: Hands
    window: ViewportSize
    has_javascript: bool
    axe: str
    #: States of pages that axe has seen.
    seen: set[str] = field(default_factory=set)
    pages: dict[str, Page] = field(default_factory=dict)
    #: Where axe runs when the pages may run no scripts.
    copy: Page | None = None

    def page_of(self, name: str) -> Page:
        """The page of a person who has logged in."""
        if name not in self.pages:
            context = self.browser.new_context(
                base_url=self.served.origin,
                viewport=self.window,
                java_script_enabled=self.has_javascript,
                has_touch=not isinstance(self.hands, Keys),
            )
            context.set_default_timeout(10_000)
            self.pages[name] = context.new_page()
            self._log_in(self.pages[name], name)
        return self.pages[name]

    def look(self, page: Page, state: str) -> None:
        """Nothing juts out, and axe finds nothing; it looks once at each state."""
        assert too_wide(page) == [], state
        if state in self.seen:
            return
        self.seen.add(state)
        shown = page if self.has_javascript else self._copy(page)
        shown.evaluate(self.axe)
        assert violations(shown) == [], state

    def close(self) -> None:
        for page in (*self.pages.values(), *([self.copy] if self.copy else [])):
            page.context.close()

    def _log_in(self, page: Page, name: str) -> None:
        page.goto("/")
        self.hands.write(page, page.get_by_label("Nama pengguna"), name)
        self.hands.write(page, page.get_by_label("Kata sandi"), PASSWORD)
        self.hands.follow(page, page.get_by_role("button", name="Masuk", exact=True))

    def _copy(self, page: Page) -> Page:
        """The same page, in a window where scripts run."""
        if self.copy is None:
            self.copy = self.browser.new_page(base_url=self.served.origin, viewport=self.window)
            self.copy.goto("/static/alur.css")
        self.copy.set_content(page.content())
        return self.copy


@pytest.fixture(scope="module", params=["by the keys", "on a phone without JavaScript"])
def colleagues(
    request: pytest.FixtureRequest, browser: Browser, served: Served, axe: str
) -> Iterator[Colleagues]:
    by_keys = request.param == "by the keys"
    hands: Hands = Keys() if by_keys else Thumb()
    found = Colleagues(browser, served, hands, DESK if by_keys else PHONE, by_keys, axe)
    yield found
    found.close()


@pytest.mark.parametrize("stem", SOP_FILES)
def test_sop_is_done_by_four_people(stem: str, colleagues: Colleagues, tmp_path: Path) -> None:
    office, file = colleagues.served.office, tmp_path / "bukti.pdf"
    file.write_bytes(b"%PDF-1.7 contoh")
    choose = straight if colleagues.has_javascript else every_return_once()
    instance_id = start(colleagues, f"pdk_{stem.replace('-', '_')}")

    done: list[tuple[str, str]] = []
    while tasks := office.open_tasks(instance_id):
        task = next_task(tasks, colleagues)
        who = NAMES[task.lane or ""]
        page = colleagues.page_of(who)
        come_to(page, task, colleagues)
        if not done:
            attach(page, file, colleagues)
            send_it_empty(page, task, colleagues)
        complete(page, task, choose, colleagues)
        done.append((task.activity_id, who))

    assert office.state(instance_id) == "COMPLETED"
    events = office.engine.history.events(instance_id, actor=AUDITOR)
    recorded = [e for e in events if e.kind is EventKind.TASK_COMPLETED]
    assert [(each.activity_id, each.actor) for each in recorded] == done
    assert sum(each.kind is EventKind.TASK_CLAIMED for each in events) == len(done)
    office.assert_sound(instance_id)


def start(colleagues: Colleagues, key: str) -> str:
    """The instance that the Perencana starts."""
    page, hands, business_key = colleagues.page_of("perencana"), colleagues.hands, new_key()
    definitions = colleagues.served.office.engine.definitions
    definition = definitions.latest_definition(key, actor=AUDITOR)
    hands.follow(page, page.get_by_role("link", name="SOP", exact=True))
    tile = page.get_by_role("listitem").filter(has_text=definition.name)
    hands.follow(page, tile.get_by_role("link", name="Mulai Proses"))
    colleagues.look(page, f"start of {key}")
    hands.write(page, page.get_by_label("Kunci / nomor berkas"), business_key)
    form = definitions.start_form(definition.definition_id, actor=AUDITOR)
    fill_in(page, form, filled_in(form, straight), hands)
    hands.follow(page, page.get_by_role("button", name="Mulai Proses"))
    instances = colleagues.served.office.engine.instances
    [found] = instances.instances(InstanceQuery(business_key=business_key), actor=AUDITOR)
    return found.instance_id


def next_task(tasks: list[UserTask], colleagues: Colleagues) -> UserTask:
    """One that has opened before somebody; else the oldest."""
    urls = " ".join(page.url for page in colleagues.pages.values())
    oldest = sorted(tasks, key=lambda each: (each.created_at, each.activity_id, each.task_id))
    return next((each for each in oldest if each.task_id in urls), oldest[0])


def come_to(page: Page, task: UserTask, colleagues: Colleagues) -> None:
    """The task is in hand, and its form before the person."""
    if f"/tugas/{task.task_id}" in page.url:
        take = page.get_by_role("button", name="Ambil", exact=True)
    else:
        take = found_in_inbox(page, task, colleagues)
    colleagues.hands.follow(page, take)
    colleagues.look(page, f"{task.definition_key} {task.activity_id}")


def found_in_inbox(page: Page, task: UserTask, colleagues: Colleagues) -> Locator:
    """The button in the task's row, from wherever the person is."""
    colleagues.hands.follow(page, page.get_by_role("link", name="Kotak Masuk", exact=True).first)
    colleagues.look(page, "inbox")
    row = page.locator("main tr").filter(has=page.locator(f'a[href*="{task.task_id}"]'))
    if not row.count():
        colleagues.hands.follow(page, page.get_by_role("link", name="Tugas lajur saya"))
        colleagues.look(page, "inbox of the lane")
    return row.get_by_role("button", name="Ambil dan kerjakan")


def attach(page: Page, file: Path, colleagues: Colleagues) -> None:
    """A file and a remark beside the task, whose form is still there afterwards."""
    colleagues.hands.attach(page, page.get_by_label("Tambah lampiran"), file)
    colleagues.hands.follow(page, page.get_by_role("button", name="Lampirkan"))
    expect(page.get_by_role("link", name=file.name)).to_be_visible()
    colleagues.look(page, "with an attachment")


def send_it_empty(page: Page, task: UserTask, colleagues: Colleagues) -> None:
    """What is missing is told at once, and its link leads into the field."""
    colleagues.hands.press(page, page.locator("form.panel button.main"))
    summary = page.get_by_role("alert").filter(has_text="Periksa kembali isian Anda")
    expect(summary).to_be_focused()
    colleagues.look(page, f"{task.definition_key} {task.activity_id} refused")
    link = summary.get_by_role("link").first
    place = (link.get_attribute("href") or "").removeprefix("#")
    colleagues.hands.press(page, link)
    expect(page.locator(f'[id="{place}"]')).to_be_focused()


def complete(page: Page, task: UserTask, choose: Chooser, colleagues: Colleagues) -> None:
    """The form is filled in and sent, and the next page says that the task is done."""
    office = colleagues.served.office
    form = office.engine.tasks.form(task.task_id, actor=office.people[task.lane or ""])
    fill_in(page, form.fields, filled_in(form.fields, choose), colleagues.hands)
    colleagues.hands.follow(page, page.locator("form.panel button.main"))
    assert task.name in page.get_by_role("status").inner_text()
    colleagues.look(page, "after a completion")


def fill_in(
    page: Page, fields: tuple[FormField, ...], values: dict[str, Any], hands: Hands
) -> None:
    """Give every field its value."""
    for each in fields:
        if each.is_readonly:
            continue
        control = page.locator(f'[name="isian-{each.id}"]')
        if each.type is FieldType.BOOLEAN:
            hands.tick(page, control)
        elif each.type is FieldType.ENUM:
            hands.choose(page, control, values[each.id])
        else:
            hands.write(page, control, as_typed(each, values[each.id]))


def as_typed(form_field: FormField, value: Any) -> str:
    """As an Indonesian types it: one item per line, a comma before the decimals."""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    if form_field.type is FieldType.DOUBLE:
        return str(value).replace(".", ",")
    return str(value)


def new_key() -> str:
    return RandomIds().new_id()
