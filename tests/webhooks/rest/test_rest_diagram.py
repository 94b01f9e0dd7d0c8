"""Pictures over HTTP."""

from __future__ import annotations

from lxml import etree

from tests.webhooks.rest.hall import Hall, assert_problem


def test_diagram_of_a_definition_is_an_svg(hall: Hall) -> None:
    definition = hall.deployed()

    found = hall.get(f"/process-definition/{definition['id']}/diagram")

    assert found.status_code == 200
    assert found.mimetype == "image/svg+xml"
    assert found.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert etree.fromstring(found.data).tag == "{http://www.w3.org/2000/svg}svg"
    assert hall.get("/process-definition/key/surat/diagram").data == found.data
    assert_problem(hall.get("/process-definition/nix/diagram"), 404)
    assert_problem(hall.get("/process-definition/key/surat/diagram", "tamu"), 403)
    assert_problem(hall.get("/process-definition/key/surat/diagram", None), 401)


def test_diagram_of_an_instance_shows_where_it_is(hall: Hall) -> None:
    hall.deployed()
    instance = hall.started()

    found = hall.get(f"/process-instance/{instance}/diagram")

    assert found.mimetype == "image/svg+xml"
    assert "di sini" in found.text
    assert_problem(hall.get("/process-instance/nix/diagram"), 404)
    assert_problem(hall.get(f"/process-instance/{instance}/diagram", "tamu"), 403)
