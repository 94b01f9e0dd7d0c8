"""`alur serve` and `alur worker`: what keeps running."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from threading import Event, Thread
from types import FrameType
from typing import Any

from engine.cli.duties import build_worker
from engine.cli.exit_codes import OK, REFUSED
from engine.cli.invocation import Invocation
from engine.cli.words import Commands
from engine.errors import EngineError
from engine.logs import log_steps, start_logging
from engine.process_engine import ProcessEngine
from engine.settings import Settings, from_environ

#: How long a step under way may take before it is left behind; its transaction is undone then.
_FAREWELL_S = 30.0
#: How many connections may be open. Browsers keep one to three each for as long as two minutes, and
#: who comes as one too many would wait for that long. A process may open 1,024 files.
_CONNECTIONS = 800


def add_to(commands: Commands) -> None:
    """Declare the commands of this module."""
    serving = commands.add(
        "serve",
        serve,
        acts=False,
        about="""Serve the pages and the HTTP API, and do what is due, until stopped.

        SIGTERM and Ctrl-C stop it after the requests and the step under way. What `alur worker`
        does is done in the same process unless --no-worker is given. A database that cannot be
        reached yet is waited for.""",
        example="ALUR_DATABASE_URL=postgresql://db/alur alur serve --port 8080",
    )
    add_address(serving)
    working = commands.add(
        "worker",
        work,
        acts=False,
        about="""Do what is due until stopped, without serving: timers, reminders, deliveries.

        Any number of workers may run on one database. What fails is logged and tried again
        later; it does not stop the others. With --once it ends with 1 then. A database that cannot
        be reached yet is waited for, but not with --once.""",
        example="alur worker",
    )
    working.add_argument("--once", action="store_true", help="do what is due now, and end")


def add_address(parser: Any) -> None:
    """--host, --port and --no-worker."""
    parser.add_argument("--host", help="the address to listen on, instead of ALUR_HOST")
    parser.add_argument("--port", help="the port to listen on, instead of ALUR_PORT")
    parser.add_argument(
        "--no-worker", action="store_true", help="serve only; `alur worker` runs beside it"
    )


# ------------------------------------------------------------------------ serve


def serve(call: Invocation) -> int:
    """Serve until stopped."""
    settings = _with_address(call)
    with call.engine(is_awaited=True) as engine:
        start_logging(settings)
        engine.health.watch_steps(log_steps)
        _serve(call, engine, settings)
    return OK


def _serve(call: Invocation, engine: ProcessEngine, settings: Settings) -> None:
    # By name: webhooks stands above the command line and imports the engine, so that an import
    # here would turn the arrow round, and `alur verify` would load a web framework.
    webhooks = import_module("webhooks")
    listener = _listener(settings)
    server = import_module("waitress").create_server(
        webhooks.create_app(engine, settings),
        sockets=[listener],
        threads=settings.threads,
        ident="alur",
        # What trusted proxies say is read by the app, which counts them.
        clear_untrusted_proxy_headers=not settings.trusted_proxies,
        # It keeps a whole body on disk before the app may refuse it; the app's limit is lower, so
        # that what is a little too large gets the app's answer.
        max_request_body_size=2 * webhooks.largest_body(settings),
        connection_limit=_CONNECTIONS,
        # select() ends at the 1,024th open file.
        asyncore_use_poll=True,
    )
    url = f"http://{_in_url(settings.host)}:{listener.getsockname()[1]}"
    with _until_signalled(), _working(engine, settings, is_wanted=not call.words.no_worker):
        _keep_what_is_loaded()
        call.printer.json({"url": url})
        call.printer.say(f"Alur is at {url} (Ctrl-C stops it)")
        server.run()  # ends by the signal's SystemExit, after the requests under way
    server.close()
    call.printer.say("stopped")


def _keep_what_is_loaded() -> None:
    """Take what a long-lived process has loaded by now out of what is looked through for garbage.

    Each full collection of it takes some 50 ms or more, in the middle of somebody's step.
    """
    gc.freeze()


def _with_address(call: Invocation) -> Settings:
    """The settings with --host and --port in them, judged as the variables are."""
    given = {"ALUR_HOST": call.words.host, "ALUR_PORT": call.words.port}
    said = from_environ({name: value for name, value in given.items() if value is not None})
    changes: dict[str, Any] = {}
    if call.words.host is not None:
        changes["host"] = said.host
    if call.words.port is not None:
        changes["port"] = said.port
    return replace(call.settings, **changes)


def _listener(settings: Settings) -> socket.socket:
    """The socket to serve on; waitress 3.0.2 leaves its own open when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise EngineError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "choose another with --host or --port"
        ) from error


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _working(engine: ProcessEngine, settings: Settings, *, is_wanted: bool) -> Iterator[None]:
    """A worker beside the block, in its own thread; it ends with the block."""
    if not is_wanted:
        yield
        return
    stop = Event()
    worker = build_worker(engine, settings)
    thread = Thread(target=worker.run, args=(stop,), name="alur-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_FAREWELL_S)


# ----------------------------------------------------------------------- worker


def work(call: Invocation) -> int:
    """Do what is due until stopped."""
    start_logging(call.settings)
    with call.engine(is_awaited=not call.words.once) as engine:
        engine.health.watch_steps(log_steps)
        worker = build_worker(engine, call.settings)
        if call.words.once:
            done = worker.turn()
            failed = worker.failing()
            call.printer.json({"done": done, "failed": failed})
            for name, count in done.items():
                call.printer.say(f"{name}: failed" if name in failed else f"{name}: {count} done")
            return REFUSED if failed else OK
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        _keep_what_is_loaded()
        call.printer.say("working (Ctrl-C stops it)")
        worker.run(stop)
    call.printer.say("stopped")
    return OK


# ---------------------------------------------------------------------- signals


class _Stopped(SystemExit):
    """The operator asked to stop; waitress ends its loop on SystemExit."""


@contextmanager
def _until_signalled() -> Iterator[None]:
    """Within the block SIGTERM and SIGINT end it."""
    former = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    except _Stopped:
        pass  # it came before or after the server's own loop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # A second signal must not break off the farewell.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped
