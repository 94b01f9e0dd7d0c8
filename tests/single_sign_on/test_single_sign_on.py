"""Logging in by a real provider: who gets in, with which lanes; and what attackers try."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from engine.model import AccountEventKind, LoginMethod, Role
from engine.queries import AccountEventQuery
from tests.diagrams import end, line, process, start, user
from tests.office import ADMIN
from tests.single_sign_on.conftest import (
    SignOnOffice,
    SignOnServer,
    free_port,
    listening,
    office_of,
    query_of,
)
from tests.webhooks.pages.browser import PASSWORD


def reasons(office: SignOnOffice) -> list[str]:
    query = AccountEventQuery(kinds=(AccountEventKind.LOGIN_FAILED,))
    events = office.engine.account_log.events(query, actor=ADMIN)
    return [event.payload["reason"] for event in events]


def test_somebody_unknown_gets_an_account_with_what_his_groups_give(office: SignOnOffice) -> None:
    office.server.has("p-1", "sso-perencana", "lain-lain", username="wati", name="Wati Perencana")

    page = office.browser().log_in("p-1")

    assert (page.status, page.path) == (200, "/")
    account = office.engine.accounts.account("wati")
    assert (account.display_name, account.password_hash) == ("Wati Perencana", None)
    assert (account.lanes, account.roles) == ({"Perencana"}, {Role.STAFF})
    session = office.engine.sessions.of("wati", actor=ADMIN)[0]
    assert session.method is LoginMethod.SINGLE_SIGN_ON


def test_one_comes_back_to_the_page_that_was_asked_for(office: SignOnOffice) -> None:
    office.server.has("p-2", "sso-perencana")
    person = office.browser()
    asked = person.here.get("/berkas?status=ACTIVE")

    page = person.log_in("p-2", asked.link("Masuk dengan SSO"))

    assert page.response.request.full_path == "/berkas?status=ACTIVE"


@pytest.mark.parametrize("target", ["//jahat.example", "https://jahat.example/", "/\\jahat"])
def test_only_paths_of_this_server_are_gone_to(office: SignOnOffice, target: str) -> None:
    office.server.has("p-3", "sso-perencana")

    page = office.browser().log_in("p-3", "/masuk/sso?" + urlencode({"next": target}))

    assert page.path == "/"


def test_the_request_carries_a_challenge_a_nonce_and_a_state(office: SignOnOffice) -> None:
    first, second = (query_of(office.browser().leave()) for _ in range(2))

    assert first["code_challenge_method"] == "S256"
    assert first["response_type"] == "code"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


def test_lanes_follow_the_groups_at_the_next_login_and_tasks_go_back(office: SignOnOffice) -> None:
    subject = office.server.has("p-4", "sso-perencana", username="bayu")
    person = office.browser()
    person.log_in(subject)
    bayu = office.engine.accounts.account("bayu").as_actor()
    diagram = process(
        start(), user("a"), end(), line("s", "a", "e"), lanes={"Perencana": ["s", "a", "e"]}
    )
    file = {"test.bpmn": diagram.encode()}
    definition = office.engine.definitions.deploy("t", file, actor=ADMIN).definitions[0]
    started = office.engine.instances.start(definition, {}, actor=bayu)
    task_id = started.opened[0].task_id
    office.engine.tasks.claim(task_id, actor=bayu)

    office.server.has(subject, "sso-kadis", username="bayu")
    assert office.engine.accounts.account("bayu").lanes == {"Perencana"}
    office.browser().log_in(subject)

    assert office.engine.accounts.account("bayu").lanes == {"Kadis"}
    assert office.engine.tasks.task(task_id, actor=ADMIN).assignee is None
    event = office.engine.history.events(started.instance.instance_id, actor=ADMIN)[-1]
    assert (event.actor, event.capacity) == ("bayu", "single sign-on")


def test_a_login_lasts_no_longer_than_groups_may_be_old(office: SignOnOffice) -> None:
    subject = office.server.has("p-5", "sso-perencana")
    person = office.browser()
    person.log_in(subject)
    for _ in range(12 * 3 - 1):
        office.clock.advance(minutes=20)
        assert person.here.get("/").path == "/"

    office.clock.advance(minutes=20)

    assert person.here.get("/").path == "/masuk"


def test_who_is_in_no_group_any_more_is_refused_and_has_no_lanes(office: SignOnOffice) -> None:
    subject = office.server.has("p-6", "sso-perencana", username="cici")
    office.browser().log_in(subject)
    office.server.has(subject, username="cici")

    page = office.browser().log_in(subject)

    assert page.status == 403
    assert "Tidak satu pun grup Anda" in page.text
    account = office.engine.accounts.account("cici")
    assert (account.lanes, account.roles) == (frozenset(), frozenset())
    assert reasons(office) == ["no group"]


def test_who_was_deactivated_here_stays_out(office: SignOnOffice) -> None:
    subject = office.server.has("p-7", "sso-perencana", username="dodi")
    office.browser().log_in(subject)
    office.engine.accounts.deactivate("dodi", actor=ADMIN)

    person = office.browser()
    page = person.log_in(subject)

    assert (page.status, person.here.cookie()) == (403, None)
    assert "tidak aktif" in page.text
    assert reasons(office) == ["inactive"]


def test_a_name_that_is_anothers_is_not_taken_over(office: SignOnOffice) -> None:
    subject = office.server.has("p-8", "sso-perencana", username="lama")

    page = office.browser().log_in(subject)

    assert page.status == 403
    assert "sudah dipakai akun lain" in page.text
    assert office.engine.single_sign_on.identities_of("lama") == []


@pytest.mark.parametrize("username", ["Nama Lengkap", "x", "../admin", ""])
def test_a_name_that_no_account_may_have_is_refused(office: SignOnOffice, username: str) -> None:
    office.server.has("-", "sso-perencana", username=username or " ")

    page = office.browser().log_in("-")

    assert page.status == 403
    assert len(office.engine.accounts.list(actor=ADMIN)) == 2


def test_an_unknown_person_without_a_group_or_provisioning_gets_no_account(
    server: SignOnServer, office: SignOnOffice
) -> None:
    server.has("p-9", "grup-lain")
    assert office.browser().log_in("p-9").status == 403

    server.has("p-9", "sso-perencana")
    with office_of(server, oidc_provision=False) as strict:
        page = strict.browser().log_in("p-9")

        assert page.status == 403
        assert "belum mempunyai akun" in page.text
        assert len(strict.engine.accounts.list(actor=ADMIN)) == 2
        assert reasons(strict) == ["unknown"]


def linked(office: SignOnOffice, subject: str) -> tuple[str, str]:
    """Who logs in by password and links; the page's heading or path afterwards."""
    person = office.browser()
    person.here.log_in("lama")
    page = person.here.send(person.here.get("/saya"), "/saya/sso")
    done = person.here.get(person.come_back(page.link("Lanjutkan ke SSO"), subject))
    return done.path, done.text


def test_an_account_is_linked_by_its_owner_and_keeps_what_no_group_gives(
    server: SignOnServer,
) -> None:
    with office_of(server, oidc_groups={}) as office:
        server.has("p-10", username="lain-nama")
        path, text = linked(office, "p-10")
        assert (path, "telah dihubungkan" in text) == ("/saya", True)

        person = office.browser()
        page = person.log_in("p-10")

        assert (page.path, page.status) == ("/", 200)
        assert office.engine.accounts.account("lama").roles == {Role.STAFF}
        person.here.send(person.here.get("/saya"), "/saya/sso/putus")
        assert office.browser().log_in("p-10").status == 403


def test_an_identity_is_linked_with_one_account(server: SignOnServer) -> None:
    with office_of(server) as office:
        server.has("p-11", "sso-perencana", username="endah")
        office.browser().log_in("p-11")

        _, text = linked(office, "p-11")

        assert "sudah terhubung dengan akun lain" in text


# -------------------------------------------------------------------- attackers


def test_an_answer_counts_once(office: SignOnOffice) -> None:
    office.server.has("p-20", "sso-perencana")
    person = office.browser()
    back = person.come_back(person.leave(), "p-20")
    state = person.here.cookie("alur_sso")
    assert person.here.get(back).status == 200

    person.here.client.set_cookie("alur_sso", state)
    again = person.here.get(back)

    assert (again.status, again.heading) == (403, "Tidak dapat masuk dengan SSO")


def test_an_answer_of_another_browser_is_refused(office: SignOnOffice) -> None:
    office.server.has("p-21", "sso-perencana")
    attacker, victim = office.browser(), office.browser()
    back = attacker.come_back(attacker.leave(), "p-21")
    victim.leave()

    assert victim.here.get(back).status == 403
    assert victim.here.cookie() is None


def test_a_code_that_was_injected_fails_by_challenge_and_nonce(office: SignOnOffice) -> None:
    office.server.has("p-22", "sso-perencana")
    attacker, victim = office.browser(), office.browser()
    stolen = query_of(attacker.come_back(attacker.leave(), "p-22"))["code"]
    own = query_of(victim.leave())["state"]

    injected = {"code": stolen, "state": own, "iss": office.server.issuer}
    page = victim.here.get("/masuk/sso/kembali?" + urlencode(injected))

    assert page.status == 403
    assert victim.here.cookie() is None


@pytest.mark.parametrize("issuer", ["https://jahat.example", None])
def test_an_answer_of_another_issuer_is_refused(office: SignOnOffice, issuer: str | None) -> None:
    office.server.has("p-23", "sso-perencana")
    person = office.browser()
    values = query_of(person.come_back(person.leave(), "p-23"))
    values.pop("iss")

    page = person.here.get(
        "/masuk/sso/kembali?" + urlencode({**values, **({"iss": issuer} if issuer else {})})
    )

    assert page.status == 403


def test_an_answer_that_took_too_long_is_refused(office: SignOnOffice) -> None:
    office.server.has("p-24", "sso-perencana")
    person = office.browser()
    back = person.come_back(person.leave(), "p-24")
    office.clock.advance(minutes=11)

    assert person.here.get(back).status == 403
    assert office.engine.single_sign_on.forget_begun() == 0


def test_a_token_for_another_client_or_another_time_is_refused(office: SignOnOffice) -> None:
    office.server.has("p-25", "sso-perencana")
    person = office.browser()
    url = person.leave()
    office.clock.advance(days=-1)
    back = person.come_back(url, "p-25")

    assert person.here.get(back).status == 403


def test_a_provider_that_is_down_is_told_and_passwords_still_work(server: SignOnServer) -> None:
    with office_of(server, oidc_issuer=f"http://127.0.0.1:{free_port()}") as office:
        browser = office.browser().here

        page = browser.get("/masuk/sso")

        assert (page.status, page.heading) == (503, "SSO tidak dapat dihubungi")
        assert browser.log_in("lama", PASSWORD).path == "/"


def test_a_provider_that_says_to_be_another_is_not_used(server: SignOnServer) -> None:
    with office_of(server, oidc_issuer=server.issuer.replace("127.0.0.1", "localhost")) as office:
        assert office.browser().here.get("/masuk/sso").status == 503


def test_a_logout_at_the_provider_ends_the_logins_here(office: SignOnOffice) -> None:
    subject = office.server.has("p-30", "sso-perencana", username="fitri")
    person = office.browser()
    person.log_in(subject)

    with listening(office):
        office.server.log_out(subject)

    assert person.here.get("/").path == "/masuk"
    kinds = (AccountEventKind.SESSIONS_REVOKED,)
    query = AccountEventQuery(account="fitri", kinds=kinds)
    assert len(office.engine.account_log.events(query, actor=ADMIN)) == 1


@pytest.mark.parametrize("token", ["", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwLTMwIn0."])
def test_a_logout_that_the_provider_did_not_sign_ends_nothing(
    office: SignOnOffice, token: str
) -> None:
    response = office.app.test_client().post("/masuk/sso/keluar", data={"logout_token": token})

    assert response.status_code == 400


def test_without_a_provider_there_is_no_button_and_no_route(server: SignOnServer) -> None:
    with office_of(server, oidc_issuer=None) as office:
        browser = office.browser().here

        assert "SSO" not in browser.get("/masuk").text
        assert browser.get("/masuk/sso").status == 404
        assert browser.get("/masuk/sso/kembali").status == 404
