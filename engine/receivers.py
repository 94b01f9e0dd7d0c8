"""Which addresses web hooks may be sent to: https to the outside, more only when it is allowed.

The wall itself stands in webhooks/outgoing, where the connection is made; what is found here is
told to people while they type the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

from engine.errors import InvalidInput

Address = IPv4Address | IPv6Address
MAX_URL = 2000

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?")
#: What ends in a number is an IPv4 address to a resolver (WHATWG URL, host parsing), in one of
#: many spellings: 0x7f.1, 017700000001, 2130706433.
_NUMBER_AT_THE_END = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
#: IPv6 addresses that a router turns into the IPv4 ones in them: NAT64 and 6to4.
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("2002::/16"))
_ADVICE = "allow it in ALUR_WEBHOOK_ALLOW when it is the office's own"


@dataclass(frozen=True, slots=True)
class AllowedReceivers:
    """Hosts and networks that may be reached though they are inside, and by http."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def has_host(self, host: str) -> bool:
        """Whether the name stands in the list, as it is written in the address."""
        return host.lower().removesuffix(".") in self.hosts

    def has_address(self, address: Address) -> bool:
        """Whether the address is in one of the networks."""
        plain = as_plain(address)
        return any(plain in network for network in self.networks)


def allowed_receivers(entries: Iterable[str]) -> AllowedReceivers:
    """From the entries of ALUR_WEBHOOK_ALLOW, which settings.py has judged."""
    hosts, networks = set(), []
    for entry in entries:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            hosts.add(entry)
    return AllowedReceivers(frozenset(hosts), tuple(networks))


def is_inside(address: Address) -> bool:
    """Whether the address is of a house, a machine or a group, and not of the Internet at large."""
    plain = as_plain(address)
    is_translated = any(plain in network for network in _TRANSLATED)
    return not plain.is_global or plain.is_multicast or is_translated


def as_plain(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one that only stands for it."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def check_url(url: str, allowed: AllowedReceivers) -> str:
    """The address, when web hooks may be sent there as far as it says itself.

    Raises InvalidInput with the field `url`.
    """
    parts = _split(url)
    host = parts.hostname or ""
    address = _literal(host)
    if address is None and not _HOST.fullmatch(host):
        _refuse(f"expected a host of ASCII letters, digits, dots and dashes, found {host!r}")
    if address is None and _NUMBER_AT_THE_END.fullmatch(host):
        _refuse(f"expected a name, or an IPv4 address as four numbers, found {host!r}")
    is_allowed = allowed.has_host(host) or (address is not None and allowed.has_address(address))
    if not is_allowed:
        if parts.scheme == "http":
            _refuse(f"expected https; to send to {host} by http, {_ADVICE}")
        if address is not None and is_inside(address):
            _refuse(f"{host} is an inside address; {_ADVICE}")
        if host.lower().removesuffix(".").rpartition(".")[2] == "localhost":
            _refuse(f"{host} is this machine itself; {_ADVICE}")
    return url


def _split(url: str) -> SplitResult:
    if not 1 <= len(url) <= MAX_URL or not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        _refuse(f"expected an address of 1 to {MAX_URL} ASCII characters without blanks")
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError as error:
        _refuse(f"it cannot be read: {error}")
    if parts.scheme not in ("https", "http") or not parts.hostname or not has_port:
        _refuse("expected an address that begins with https:// and a host")
    if "@" in parts.netloc:
        _refuse("expected no user name or password; the signature proves who calls")
    if "#" in url:
        _refuse("expected no part after #; it is never sent")
    return parts


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse(reason: str) -> NoReturn:
    raise InvalidInput(f"url: {reason}", {"url": [reason]})
