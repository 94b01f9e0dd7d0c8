"""`alur superiors`: to whom overdue tasks go up."""

from __future__ import annotations

from tests.cli.conftest import Terminal


def order(alur: Terminal) -> dict[str, tuple[str, str]]:
    superiors = alur.ok("superiors", "list", "--json").json["superiors"]
    return {lane: (above["lane"], above["after"]) for lane, above in superiors.items()}


def test_the_order_is_listed_changed_and_taken_away(alur: Terminal) -> None:
    assert order(alur)["Bidang"] == ("Sekretaris", "P1D")

    changed = alur.ok("superiors", "set", "Bidang", "Kadis", "--after", "PT4H")
    assert "PT4H" in changed.out
    assert order(alur)["Bidang"] == ("Kadis", "PT4H")
    alur.ok("superiors", "remove", "Bidang")

    assert "Bidang" not in order(alur)
    assert order(alur)["Sekretaris"] == ("Kadis", "P1D")


def test_what_cannot_be_is_refused(alur: Terminal) -> None:
    circle = alur("superiors", "set", "Kadis", "Bidang")
    wrong = alur("superiors", "set", "Bidang", "Kadis", "--after", "besok")
    unknown = alur("superiors", "remove", "Gudang")

    assert [each.code for each in (circle, wrong, unknown)] == [2, 2, 3]
    assert "circle" in circle.err
    assert "besok" in wrong.err
    assert "Gudang" in unknown.err
