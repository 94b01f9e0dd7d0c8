"""Receivers for tests: real servers on this machine, each with one way to behave."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from struct import pack


@dataclass
class Call:
    """One request as it came in."""

    line: str
    headers: dict[str, str]
    body: str


#: How long a receiver hangs that says nothing: who is done before that has given up by himself.
HANGS_S = 10


Behaviour = Callable[[socket.socket, "Receiver"], None]


@dataclass
class Receiver:
    """A server that counts connections, reads the requests and behaves in its way."""

    port: int
    scheme: str = "http"
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    #: Set when the test is over, so that who hangs may go.
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/kait"


@contextmanager
def receiving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver while the block lasts."""
    listener = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(listener.getsockname()[1], "https" if tls else "http")
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        if tls:
            connection = tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with connection, suppress(OSError):
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            behave(connection, receiver)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            receiver.connections += 1
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield receiver
    finally:
        receiver.is_over.set()
        # Closing alone does not wake a thread that accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(10)


def read_call(connection: socket.socket, receiver: Receiver) -> Call:
    """Read one request, and note it."""
    content = b""
    while b"\r\n\r\n" not in content:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("the caller is gone")
        content += more
    head, _, body = content.partition(b"\r\n\r\n")
    line, *rows = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (row.partition(": ") for row in rows)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    call = Call(line, headers, body.decode())
    receiver.calls.append(call)
    return call


# ------------------------------------------------------------------------ behaviours


def answering(status: str, *headers: str, body: str = "") -> Behaviour:
    """Answers every call so."""

    def behave(connection: socket.socket, receiver: Receiver) -> None:
        read_call(connection, receiver)
        rows = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        connection.sendall(("\r\n".join(rows) + "\r\n\r\n" + body).encode())

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behaves in one way after the other, and in the last way from then on."""

    def behave(connection: socket.socket, receiver: Receiver) -> None:
        number = min(receiver.connections, len(behaviours)) - 1
        behaviours[number](connection, receiver)

    return behave


def hang(connection: socket.socket, receiver: Receiver) -> None:
    """Reads the call and says nothing."""
    read_call(connection, receiver)
    receiver.is_over.wait(HANGS_S)


def hang_before_tls(_connection: socket.socket, receiver: Receiver) -> None:
    """Accepts the connection and says nothing at all."""
    receiver.is_over.wait(HANGS_S)


def speak_plainly(connection: socket.socket, receiver: Receiver) -> None:
    """Answers in HTTP whatever came."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def reset(connection: socket.socket, receiver: Receiver) -> None:
    """Breaks the connection off."""
    read_call(connection, receiver)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))


def drip_head(connection: socket.socket, receiver: Receiver) -> None:
    """Sends its head byte by byte, and never ends it."""
    read_call(connection, receiver)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not receiver.is_over.wait(0.01):
        connection.sendall(b"x")


def drip_body(connection: socket.socket, receiver: Receiver) -> None:
    """Says 200, and sends its body byte by byte for ever."""
    read_call(connection, receiver)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not receiver.is_over.wait(0.01):
        connection.sendall(b"x")


def flood(connection: socket.socket, receiver: Receiver) -> None:
    """Says 200, and sends 200 MB."""
    read_call(connection, receiver)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n")
    with suppress(OSError):  # the caller hung up, as it should
        for _ in range(200):
            connection.sendall(b"x" * 1048576)
