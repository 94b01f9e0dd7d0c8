"""The walls around web hooks: whatever is typed, nothing inside is reached unless it is allowed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.model import DeliveryFailure
from engine.receivers import AllowedReceivers, allowed_receivers, check_url
from tests.webhooks.outgoing.conftest import PostOffice
from tests.webhooks.outgoing.receivers import answering, receiving
from webhooks.outgoing.deadline import Deadline
from webhooks.outgoing.http_sender import HttpSender
from webhooks.outgoing.walls import InvalidIPAddress, walled_session

OK = answering("200 OK")
NOBODY = AllowedReceivers()

#: Ways to write this machine, its neighbours, and the addresses that clouds and machines keep for
#: themselves.
INSIDE = (
    *("127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0.0.0.0", "0"),  # noqa: S104
    *("2130706433", "0x7f000001", "017700000001", "0x7f.0.0.1", "0177.0.0.1", "0x7f.1"),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.0.1"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[ff02::1]"),
    *("localhost", "localhost.", "LOCALHOST", "anything.localhost"),
)
#: Names that a reader takes for something else.
CONFUSING = (
    "https://１２７.０.０.１/",
    "https://ⓛocalhost/",
    "https://127。0。0。1/",
    "https://luar.test@127.0.0.1/",
    "https://user:pass@luar.test/",
    "https://luar.test\\@127.0.0.1/",
    "https://127.0.0.1#@luar.test/",
    "https://luar.test#sini",
    "https://luar.test:0/",
    "https://luar.test:99999/",
    "https:///kait",
    "https://[::1",
    "https://-luar.test/",
    "https://luar test/",
    "https://luar.test/\r\nX: y",
    " https://luar.test/",
    "ftp://luar.test/",
    "file:///etc/passwd",
    "gopher://luar.test/",
    "//luar.test/",
    "luar.test",
    "",
    "https://luar.test/" + "a" * 2000,
)


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_inside_address_is_refused_when_it_is_typed(scheme: str, host: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_url(f"{scheme}://{host}/kait", NOBODY)

    assert list(refusal.value.fields) == ["url"]


@pytest.mark.parametrize("url", CONFUSING)
def test_confusing_address_is_refused_when_it_is_typed(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_url(url, NOBODY)


@pytest.mark.parametrize(
    "url",
    [
        "https://gerbang.dinas.go.id/kait",
        "https://GERBANG.dinas.go.id:8443/kait?a=b&c=%20d",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/kait",
        "https://[2606:4700::1111]/kait",
        "https://127.0.0.1.nip.example/",
    ],
)
def test_address_outside_is_taken(url: str) -> None:
    assert check_url(url, NOBODY) == url


def test_plain_http_to_the_outside_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expected https"):
        check_url("http://gerbang.dinas.go.id/", NOBODY)


def test_what_the_office_allows_is_taken_and_its_neighbour_is_not() -> None:
    allowed = allowed_receivers(("gerbang.dinas.go.id", "10.1.0.0/16", "fd00::/8"))

    for url in ("http://gerbang.dinas.go.id/", "https://10.1.2.3/", "http://[fd00::1]:81/"):
        assert check_url(url, allowed) == url
    for url in ("http://lain.dinas.go.id/", "https://10.2.0.1/", "http://[fc00::1]/"):
        with pytest.raises(InvalidInput):
            check_url(url, allowed)


# ------------------------------------------- the wall itself, where the connection is made


def _refusal(url: str, allowed: AllowedReceivers = NOBODY) -> Exception:
    """What a request past the first wall ends with."""
    with (
        Deadline(5) as deadline,
        walled_session(allowed, deadline, connect_s=0.3, read_s=1) as session,
        pytest.raises(OSError) as refusal,  # noqa: PT011 - the root of all that requests raises
    ):
        session.post(url, data=b"{}")
    return refusal.value


@pytest.mark.parametrize("host", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_inside_address_is_not_reached_though_nobody_looked_at_it(scheme: str, host: str) -> None:
    with receiving(OK) as receiver:
        _refusal(f"{scheme}://{host}:{receiver.port}/")

    assert receiver.connections == 0


Resolve = Callable[..., list[Any]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name server of our own: name -> the addresses that it gives, one per question."""
    given: dict[str, list[str]] = {}
    real: Resolve = socket.getaddrinfo

    def resolve(host: str, *args: Any, **options: Any) -> list[Any]:
        if host not in given:
            return real(host, *args, **options)
        addresses = given[host]
        address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return real(address, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return given


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "169.254.169.254"])
def test_name_that_leads_inside_is_not_followed(
    post: PostOffice, names: dict[str, list[str]], address: str
) -> None:
    names["luar.test"] = [address]
    outside = post.with_settings(webhook_allow=())
    with receiving(OK) as receiver:
        sent = outside.send(f"https://luar.test:{receiver.port}/")

    assert (sent.failure, receiver.connections) == (DeliveryFailure.ADDRESS, 0)


def test_name_that_changes_after_it_was_judged_is_not_followed(names: dict[str, list[str]]) -> None:
    # An address outside at which nothing is served (AS112, RFC 7534).
    names["luar.test"] = ["2620:4f:8000::1", "127.0.0.1"]
    with receiving(OK) as receiver:
        refusal = _refusal(f"https://luar.test:{receiver.port}/")

    assert not isinstance(refusal, InvalidIPAddress)
    assert (receiver.connections, names["luar.test"]) == (0, ["127.0.0.1"])


def test_name_that_changes_goes_where_it_was_judged_when_it_is_allowed(
    post: PostOffice, names: dict[str, list[str]]
) -> None:
    names["gerbang.test"] = ["127.0.0.1", "192.0.2.1"]
    named = post.with_settings(webhook_allow=("gerbang.test",))
    with receiving(OK) as receiver:
        sent = named.send(f"http://gerbang.test:{receiver.port}/")

    assert sent.is_delivered
    assert receiver.calls[0].headers["host"] == f"gerbang.test:{receiver.port}"


def test_name_in_an_allowed_network_may_be_reached_by_https_only_unless_it_is_named(
    post: PostOffice, names: dict[str, list[str]]
) -> None:
    names["gerbang.test"] = ["127.0.0.1"]

    with pytest.raises(InvalidInput, match="ALUR_WEBHOOK_ALLOW"):
        post.subscribe("http://gerbang.test/")
    with receiving(OK) as receiver:
        sent = post.send(f"https://gerbang.test:{receiver.port}/")

    assert sent.failure is not DeliveryFailure.ADDRESS
    assert receiver.connections == 1


def test_what_is_not_allowed_any_more_is_not_sent(post: PostOffice) -> None:
    with receiving(OK) as receiver:
        subscription_id, _ = post.subscribe(receiver.url)
        ping = post.ping(subscription_id)
        stricter = post.with_settings(webhook_allow=())

        sent = HttpSender(stricter.engine, stricter.settings).send(ping)

    assert (sent.failure, receiver.connections) == (DeliveryFailure.ADDRESS, 0)


def test_proxies_and_passwords_of_the_environment_are_not_taken(
    post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving(OK) as receiver, receiving(OK) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        sent = post.send(receiver.url)

    assert (sent.is_delivered, proxy.connections) == (True, 0)
