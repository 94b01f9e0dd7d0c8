from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from flask import Flask

from engine.model import ProcessDefinition
from engine.settings import Settings
from tests.office import Office
from tests.webhooks.pages.browser import Browser
from tests.webhooks.pages.conftest import Visit
from webhooks import create_app

WEBAPPS = "/.well-known/camunda-automation-platform/webapps"


def link_of(deployment_id: str) -> str:
    """The link as the Modeler writes it: colons stay, brackets and quotes are escaped."""
    condition = [{"type": "id", "operator": "eq", "value": deployment_id}]
    text = json.dumps(condition, separators=(",", ":"))
    return f"/repository?deploymentsQuery={quote(text, safe=':,')}"


def test_link_after_deploy_shows_the_deployed_version(sop: ProcessDefinition, visit: Visit) -> None:
    page = visit("analis").get(link_of(sop.deployment_id))

    assert (page.status, page.path) == (200, "/proses/laporan/1")


def test_link_after_start_shows_the_replay(instance: str, visit: Visit) -> None:
    page = visit("staf").get(f"/process-instance/{instance}")

    assert (page.status, page.path) == (200, f"/putar-ulang/{instance}")


def test_link_after_deploy_leads_on_after_the_login(
    sop: ProcessDefinition, browser: Browser
) -> None:
    page = browser.log_in("analis", path=link_of(sop.deployment_id))

    assert (page.status, page.path) == (200, "/proses/laporan/1")


def test_link_after_start_leads_on_after_the_login(instance: str, browser: Browser) -> None:
    page = browser.log_in("staf", path=f"/process-instance/{instance}")

    assert (page.status, page.path) == (200, f"/putar-ulang/{instance}")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "nix",
        "[",
        "{}",
        "[]",
        "[1]",
        '[{"type":"id"}]',
        '[{"type":"id","operator":"eq","value":1}]',
        '[{"type":"name","operator":"eq","value":"x"}]',
        '[{"type":"id","operator":"eq","value":"nix"}]',
        r'[{"type":"id","operator":"eq","value":"\u0000"}]',
        r'[{"type":"id","operator":"eq","value":"\ud800"}]',
        "[" * 3000,
    ],
    ids=lambda text: text[:50],
)
def test_link_that_says_nothing_is_a_friendly_404(visit: Visit, query: str) -> None:
    page = visit("analis").get(f"/repository?deploymentsQuery={quote(query)}")

    assert (page.status, page.heading) == (404, "Tidak ditemukan")


def test_instance_that_is_not_there_is_a_friendly_404(visit: Visit) -> None:
    page = visit("analis").get("/process-instance/nix")

    assert (page.status, page.heading) == (404, "Tidak ditemukan")


def test_link_to_what_one_may_not_see_is_a_404(sop: ProcessDefinition, visit: Visit) -> None:
    assert visit("luar").get(link_of(sop.deployment_id)).status == 404


def test_repository_without_a_question_lists_the_sops(visit: Visit) -> None:
    assert visit("analis").get("/repository").path == "/proses"


def test_page_needs_no_login_and_names_the_endpoint(browser: Browser) -> None:
    page = browser.get("/modeler")

    assert page.status == 200
    assert "http://localhost/engine-rest" in page.text
    assert browser.get(page.link("Unduh")).status == 200


def test_page_keeps_the_menu_of_who_is_logged_in(visit: Visit) -> None:
    assert visit("analis").get("/modeler").link("Akun saya") == "/saya"


def test_templates_are_a_file_to_save(browser: Browser) -> None:
    answer = browser.client.get("/modeler/alur-element-templates.json")

    assert answer.mimetype == "application/json"
    assert 'attachment; filename="alur-element-templates.json"' in answer.headers.values()
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.json) >= 4


def test_pages_are_where_the_modeler_is_told(app: Flask, office: Office) -> None:
    here = app.test_client().get(WEBAPPS).json
    settings = Settings(base_url="https://alur.example.go.id")
    public = create_app(office.engine, settings).test_client()

    assert here["cockpitUrl"] == "http://localhost/"
    assert public.get(WEBAPPS).json["cockpitUrl"] == "https://alur.example.go.id/"
    assert b"https://alur.example.go.id/engine-rest" in public.get("/modeler").data
