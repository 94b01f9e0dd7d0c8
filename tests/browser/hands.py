"""How people work a page: by the keys alone, or by a thumb on a phone without JavaScript."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import ElementHandle, Locator, Page

#: Of the element that has the focus: what a screen reader calls it, and whether one sees it there.
STOP = """wanted => {
  const each = document.activeElement;
  if (!each || each === document.body) return null;
  const box = each.getBoundingClientRect();
  const name = [...(each.labels ?? [])].map(one => one.textContent).join(' ') ||
    each.getAttribute('aria-label') || each.textContent || each.id;
  return {
    name: name.replace(/\\s+/g, ' ').trim(),
    isThere: wanted.includes(each),
    isSeen: getComputedStyle(each).outlineStyle !== 'none' && box.width > 0 && box.height > 0 &&
      box.bottom > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""
#: The smallest height of what a thumb hits, in CSS pixels: ours is above the 24 of WCAG 2.2, 2.5.8.
THUMB = 40


class Hands(Protocol):
    """What a person does with a page."""

    def press(self, page: Page, target: Locator) -> None:
        """Use a link or a button."""
        ...

    def follow(self, page: Page, target: Locator) -> None:
        """Use one that leads to another page, which is there afterwards."""
        ...

    def write(self, page: Page, control: Locator, text: str) -> None:
        """Put a text, or a date as 2026-01-31, in place of what stands in the control."""
        ...

    def choose(self, page: Page, controls: Locator, value: str) -> None:
        """Choose among radio buttons or in a list."""
        ...

    def tick(self, page: Page, control: Locator) -> None: ...

    def attach(self, page: Page, control: Locator, file: Path) -> None: ...


class Keys:
    """Tab, Enter, space and arrows."""

    def press(self, page: Page, target: Locator) -> None:
        self._reach(page, target)
        page.keyboard.press("Enter")

    def follow(self, page: Page, target: Locator) -> None:
        self._reach(page, target)
        with page.expect_navigation():
            page.keyboard.press("Enter")

    def write(self, page: Page, control: Locator, text: str) -> None:
        self._reach(page, control)
        if control.get_attribute("type") == "date":
            year, month, day = text.split("-")
            page.keyboard.type(f"{month}{day}{year}")
        else:
            page.keyboard.press("Control+A")
            page.keyboard.insert_text(text)
        assert control.input_value() == text

    def choose(self, page: Page, controls: Locator, value: str) -> None:
        self._reach(page, controls)
        is_radio = controls.first.get_attribute("type") == "radio"
        for _ in range(20):
            now = page.evaluate("document.activeElement.value")
            if now == value:
                break
            page.keyboard.press("ArrowDown")
        else:
            pytest.fail(f"the arrows never come to {value!r}")
        if is_radio:
            page.keyboard.press("Space")

    def tick(self, page: Page, control: Locator) -> None:
        self._reach(page, control)
        if not control.is_checked():
            page.keyboard.press("Space")
        assert control.is_checked()

    def attach(self, page: Page, control: Locator, file: Path) -> None:
        # Asked for before the way there: it takes the browser a moment until it tells of choosers,
        # and one that opens before that is seen by nobody.
        page.once("filechooser", lambda _chooser: None)
        self._reach(page, control)
        with page.expect_file_chooser() as chosen:
            page.keyboard.press("Space")
        chosen.value.set_files(file)

    def _reach(self, page: Page, wanted: Locator) -> None:
        """Press Tab until the focus is there; every stop on the way is seen and has a name."""
        elements = wanted.element_handles()
        assert elements, f"there is no {wanted}"
        names: list[str] = []
        stop = self._stop(page, elements)
        if stop is None and page.locator("main").first.evaluate(
            "(main, wanted) => wanted.every(each => main.contains(each))", elements
        ):
            self._skip_head(page)
        while not (stop and stop["isThere"]):
            page.keyboard.press("Tab")
            stop = self._stop(page, elements)
            if stop is None:
                continue
            assert stop["isSeen"], stop["name"]
            assert stop["name"]
            names.append(stop["name"])
            if len(names) > 120:
                pytest.fail(f"Tab never comes to {wanted}; it came to {names}")

    def _skip_head(self, page: Page) -> None:
        """On a fresh page the first stop leads to the content."""
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "isi"

    def _stop(self, page: Page, elements: list[ElementHandle]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = page.evaluate(STOP, elements)
        return found


class Thumb:
    """Taps, and types where it tapped."""

    def press(self, page: Page, target: Locator) -> None:
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= THUMB, target
        self._tap(target)

    def follow(self, page: Page, target: Locator) -> None:
        with page.expect_navigation():
            self.press(page, target)

    def write(self, page: Page, control: Locator, text: str) -> None:
        self._tap(control)
        control.fill(text)

    def choose(self, page: Page, controls: Locator, value: str) -> None:
        if controls.first.get_attribute("type") == "radio":
            self._tap(self._label(page, controls.and_(page.locator(f'[value="{value}"]'))))
        else:
            controls.select_option(value)

    def tick(self, page: Page, control: Locator) -> None:
        if not control.is_checked():
            self._tap(self._label(page, control))
        assert control.is_checked()

    def attach(self, page: Page, control: Locator, file: Path) -> None:
        control.set_input_files(file)

    def _label(self, page: Page, control: Locator) -> Locator:
        return page.locator(f'label[for="{control.get_attribute("id")}"]')

    def _tap(self, target: Locator) -> None:
        target.tap()
