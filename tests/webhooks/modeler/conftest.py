"""The office and the browsers of the pages' tests."""

from __future__ import annotations

from tests.webhooks.pages.conftest import app, browser, instance, office, sop, visit

__all__ = ["app", "browser", "instance", "office", "sop", "visit"]
