"""The walls around a request to an address that somebody typed: nothing inside is reached.

The name is resolved once, the address judged, and the connection made to that very address, so that
a name cannot change between judging and connecting. requests-hardened does so for the outside;
what ALUR_WEBHOOK_ALLOW names is judged here and pinned in the same way.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from engine.receivers import Address, AllowedReceivers
from webhooks.outgoing.deadline import Deadline

__all__ = ["InvalidIPAddress", "walled_session"]


def walled_session(
    allowed: AllowedReceivers, deadline: Deadline, *, connect_s: float, read_s: float
) -> requests.Session:
    """A session for one request: no redirects, no proxies or passwords of the environment."""
    config = Config(
        ip_filter_enable=True,
        ip_filter_allow_loopback_ips=False,
        never_redirect=True,
        default_timeout=(connect_s, read_s),
    )
    session: requests.Session = HTTPSession(config)
    session.trust_env = False
    for scheme in ("http", "https"):
        session.mount(f"{scheme}://", _Walled(scheme, allowed, deadline))
    return session


class _Walled(IPFilterAdapter):  # type: ignore[misc]
    """Pins each connection to an address that was judged, and lets the deadline watch it."""

    def __init__(self, scheme: str, allowed: AllowedReceivers, deadline: Deadline) -> None:
        self._is_https = scheme == "https"
        self._allowed = allowed
        self._deadline = deadline
        super().__init__(is_https_proto=self._is_https)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Connections that the deadline watches."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _watched(self._deadline)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[Any, Any]:
        """Where to connect: the judged address, under the name that was asked for."""
        parts = urlsplit(str(request.url))
        host = parts.hostname or ""
        address = self._allowed_address(host, parts.port or (443 if self._is_https else 80))
        if address is None:
            if not self._is_https:
                raise InvalidIPAddress(f"{host} may not be reached by http")
            pinned: tuple[Any, Any] = super().build_connection_pool_key_attributes(
                request, verify, cert
            )
            return pinned
        place, options = HTTPAdapter.build_connection_pool_key_attributes(
            self, request, verify, cert
        )
        request.headers["Host"] = parts.netloc
        if self._is_https:
            options |= {"assert_hostname": host, "server_hostname": host}
        place["host"] = f"[{address}]" if address.version == 6 else str(address)
        return place, options

    def _allowed_address(self, host: str, port: int) -> Address | None:
        """The address of a receiver that the office allows though it is inside."""
        is_named = self._allowed.has_host(host)
        if not is_named and not self._allowed.networks:
            return None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise requests.ConnectionError(f"{host} cannot be resolved") from error
        address = ip_address(found[0][4][0])
        return address if is_named or self._allowed.has_address(address) else None


def _watched(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    """Pools whose connections the deadline watches from the first byte after the handshake.

    Connecting and the handshake of TLS have the socket's own timeout, each as a whole.
    """

    class Watched(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class WatchedTls(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Watched

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = WatchedTls

    return {"http": Pool, "https": TlsPool}
