"""Letters to a real mail server, and to some that misbehave."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

from engine.model import Actor, Channel, Delivery, DeliveryFailure, DeliveryState, Language, Sent
from engine.overdue_tasks import OverdueTasks
from engine.setting_values import SmtpServer
from tests.diagrams import end, line, process, start, user
from tests.webhooks.outgoing.conftest import PostOffice, certified
from tests.webhooks.outgoing.receivers import HANGS_S, Receiver, answering, receiving
from webhooks import create_app
from webhooks.language import speaking
from webhooks.outgoing import MailSender
from webhooks.pages.dates import moment_in

_RULE = '<camunda:property name="sop:wajib_masuk" value="ya"/>'
#: One step of the Kadis that demands a login.
AT_A_DESK = process(
    start(),
    user(
        "setujui",
        "<bpmn:extensionElements>"
        f"<camunda:properties>{_RULE}</camunda:properties></bpmn:extensionElements>",
    ),
    end(),
    line("s", "setujui", "e"),
    lanes={"Kadis": ["s", "setujui", "e"]},
)

AT_A_BIDANG = process(
    start(),
    user("isi"),
    end(),
    line("s", "isi", "e"),
    lanes={"Bidang": ["s", "isi", "e"]},
).replace("<bpmn:userTask ", '<bpmn:userTask camunda:dueDate="P1D" ')


class Mailbox:
    """What the mail server took, and what it answers."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.receivers: list[str] = []
        self.refusal: str | None = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        self.receivers += envelope.rcpt_tos
        return "250 OK"


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    """A mail server on this machine, and its port."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def at(post: PostOffice, port: int, **changes: Any) -> PostOffice:
    """The office with a mail server there."""
    server = SmtpServer("127.0.0.1", port, **{"security": "none", **changes})
    return post.with_settings(
        smtp_url=server, mail_from="alur@dinas.test", base_url="https://alur.dinas.test"
    )


def a_letter(post: PostOffice) -> Delivery:
    """One that waits for sekretaris, of a new instance."""
    post.add_people()
    post.tell("sekretaris")
    post.start_sop(post.deploy_sop("balangan"))
    post.engine.deliveries.expand()
    (letter,) = post.log(channel=Channel.EMAIL)
    return letter


def sent_by(post: PostOffice, letter: Delivery, **options: Any) -> Sent:
    return MailSender(post.engine, post.settings, **options).send(letter)


def test_letter_says_what_waits_and_where(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        letter = a_letter(office)
        sent = office.work()

    (found,) = mailbox.letters
    task_id = letter.facts["task_id"]
    assert (sent, mailbox.receivers) == (1, ["sekretaris@dinas.test"])
    assert found["From"] == "Alur <alur@dinas.test>"
    assert found["Subject"] == "[Alur] Tugas baru menunggu"
    assert found["Message-ID"] == f"<{letter.delivery_id}@dinas.test>"
    assert found["Auto-Submitted"] == "auto-generated"
    text = found.get_content()
    assert "SOP      : Mekanisme Pengumpulan Data Kinerja" in text
    assert "Lajur    : Sekretaris" in text
    assert f"https://alur.dinas.test/tugas/{task_id}" in text
    assert "Perencana" not in text
    assert post.log()[0].state is DeliveryState.DELIVERED


def test_letter_is_in_the_language_of_its_receiver(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        a_letter(office)
        office.engine.accounts.choose_language(Language.ENGLISH, actor=Actor("sekretaris"))
        office.work()

    (found,) = mailbox.letters
    text = found.get_content()
    assert found["Subject"] == "[Alur] A new task is waiting"
    assert "Lane     : Sekretaris" in text
    with speaking(Language.ENGLISH):
        until = moment_in(post.clock.now() + timedelta(hours=72), post.settings.time_zone)
    assert f"works once, until {until}." in text
    assert "Surat" not in text


def test_letter_has_a_link_that_completes_the_task_without_a_login(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        letter = a_letter(office)
        office.work()

    text = mailbox.letters[0].get_content()
    (link,) = re.findall(r"https://alur\.dinas\.test(/hook/\S+)", text)
    client = create_app(office.engine, office.settings).test_client(use_cookies=False)
    body = {"variables": {"langkah_1_isi_disposisi": {"value": "Kumpulkan data"}}}
    done = [client.post(link, json=body).status_code for _ in range(2)]
    assert done == [200, 409]
    until = moment_in(post.clock.now() + timedelta(hours=72), post.settings.time_zone)
    assert f"untuk Anda sendiri, berlaku sekali, sampai {until}." in text
    assert "Jangan diteruskan" in text
    assert office.waiting_at(letter.instance_id or "") == ["langkah_1b", "langkah_1b"]


def test_letter_of_a_step_that_demands_a_login_leads_to_the_page_only(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        office.add_people()
        office.tell("kadis")
        office.start(office.deploy(AT_A_DESK))
        office.work()

    text = mailbox.letters[0].get_content()
    assert "https://alur.dinas.test/tugas/" in text
    assert "/hook/" not in text


def test_without_a_public_address_a_letter_has_no_link(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port).with_settings(base_url=None)
        a_letter(office)
        office.work()

    text = mailbox.letters[0].get_content()
    assert "Buka Alur untuk melanjutkan." in text
    assert "http" not in text


def test_letter_over_starttls_with_a_password(post: PostOffice, authority: trustme.CA) -> None:
    known: list[bytes] = []

    def authenticate(_s: Any, _ss: Any, _e: Any, _m: str, data: Any) -> AuthResult:
        known.append(data.password)
        return AuthResult(success=data.password == b"rahasia@surel", handled=False)

    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    options = {
        "tls_context": certified(authority, "127.0.0.1"),
        "require_starttls": True,
        "authenticator": authenticate,
        "auth_required": True,
    }
    with mail_server(**options) as (mailbox, port):
        right = at(post, port, security="starttls", user="alur", password="rahasia@surel")
        letter = a_letter(right)
        first = sent_by(right, letter, trust=trust)
        wrong = at(post, port, security="starttls", user="alur", password="salah")
        second = sent_by(wrong, letter, trust=trust)
        stranger = sent_by(right, letter)

    assert (first.is_delivered, known[0]) == (True, b"rahasia@surel")
    assert (second.failure, second.status) == (DeliveryFailure.MAIL_REFUSED, 535)
    assert not second.is_gone
    assert stranger.failure is DeliveryFailure.TLS
    assert len(mailbox.letters) == 1


def test_letter_over_tls_from_the_first_byte(post: PostOffice, authority: trustme.CA) -> None:
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with mail_server(ssl_context=certified(authority, "127.0.0.1")) as (mailbox, port):
        office = at(post, port, security="tls")
        sent = sent_by(office, a_letter(office), trust=trust)

    assert (sent.is_delivered, len(mailbox.letters)) == (True, 1)


@pytest.mark.parametrize(
    ("refusal", "state"),
    [("550 No such user", DeliveryState.FAILED), ("451 Come back later", DeliveryState.PENDING)],
)
def test_refused_receiver_is_tried_again_unless_the_refusal_is_for_ever(
    post: PostOffice, refusal: str, state: DeliveryState
) -> None:
    with mail_server() as (mailbox, port):
        mailbox.refusal = refusal
        office = at(post, port)
        letter = a_letter(office)
        office.work()

    (found,) = post.log()
    (attempt,) = post.attempts(letter)
    assert found.state is state
    assert attempt.failure is DeliveryFailure.MAIL_REFUSED
    assert f"{attempt.status} {attempt.answer}" == refusal


def _hang(_connection: socket.socket, receiver: Receiver) -> None:
    receiver.is_over.wait(HANGS_S)


def _drip(connection: socket.socket, receiver: Receiver) -> None:
    while not receiver.is_over.wait(0.01):
        connection.sendall(b"2")


def _break(connection: socket.socket, _receiver: Receiver) -> None:
    connection.sendall(b"220 halo\r\n")


@pytest.mark.parametrize(
    ("behave", "failure"),
    [
        (_hang, DeliveryFailure.TIMEOUT),
        (_drip, DeliveryFailure.TIMEOUT),
        (_break, DeliveryFailure.CONNECTION),
    ],
)
def test_mail_server_that_misbehaves_fails_in_time(
    post: PostOffice, behave: Callable[[socket.socket, Receiver], None], failure: DeliveryFailure
) -> None:
    with receiving(behave) as receiver:
        office = at(post, receiver.port)
        letter = a_letter(office)
        began = time.monotonic()
        sent = sent_by(office, letter, deadline_s=0.5, connect_s=5)
        took = time.monotonic() - began

    assert (sent.is_delivered, sent.failure) == (False, failure)
    assert took < HANGS_S


def test_letter_that_nobody_waits_for_is_dropped(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        letter = a_letter(office)
        office.tell("sekretaris", is_on=False)
        office.work()

    assert mailbox.letters == []
    assert post.log(delivery_id=letter.delivery_id)[0].state is DeliveryState.DROPPED


def test_process_without_a_mail_server_says_so(post: PostOffice) -> None:
    office = at(post, 1)
    letter = a_letter(office)

    assert sent_by(post, letter).failure is DeliveryFailure.NO_MAIL


def test_admin_is_written_to_when_a_web_hook_is_given_up(post: PostOffice) -> None:
    with mail_server() as (mailbox, port), receiving(answering("410 Gone")) as receiver:
        office = at(post, port)
        office.add_people()
        office.tell("admin")
        subscription_id, _ = office.subscribe(receiver.url)
        office.ping(subscription_id)
        office.work()
        office.work()

    (found,) = mailbox.letters
    assert found["Subject"] == "[Alur] Langganan web hook dinonaktifkan"
    text = found.get_content()
    assert "“gerbang” telah dinonaktifkan" in text
    assert "410" in text
    assert f"https://alur.dinas.test/langganan/{subscription_id}" in text


def test_letter_to_a_superior_says_what_went_up_and_leads_to_the_page(post: PostOffice) -> None:
    with mail_server() as (mailbox, port):
        office = at(post, port)
        office.add_people()
        office.tell("sekretaris")
        office.start(office.deploy(AT_A_BIDANG))
        office.clock.advance(days=4)
        assert OverdueTasks(office.engine.escalations, office.clock).turn(lambda: False) == 1
        office.work()

    (letter,) = mailbox.letters
    text = letter.get_content()
    assert letter["Subject"] == "[Alur] Tugas yang terlambat diteruskan kepada Anda"
    assert "diteruskan kepada Anda sebagai atasan" in text.replace("\n", " ")
    assert "Lajur    : Bidang" in text
    assert "Atasan   : Sekretaris" in text
    assert "https://alur.dinas.test/tugas/" in text
    # Nobody completes by a link what does not wait for him.
    assert "/hook/" not in text
