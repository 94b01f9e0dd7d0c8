"""The work: duties, checkpoints, backups, clock, secret key, and what people must see to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine import message_sources, sealing, second_factors, webhook_subscriptions
from engine.doctor.diagnoses import attention, broken, looked, of_check, ok
from engine.errors import EngineError
from engine.model import Diagnosis, Figures, Role
from engine.process_engine import ProcessEngine
from engine.settings import Settings

#: Table -> what its secrets are sealed for.
_PURPOSES = {
    "personal_key": sealing.DATA_KEY,
    "second_factor": second_factors.PURPOSE,
    "webhook_subscription": webhook_subscriptions.PURPOSE,
    "message_source": message_sources.PURPOSE,
}
#: Clocks of several machines differ by less.
_AHEAD = timedelta(minutes=5)
#: An office is closed for so long at most.
_ABSENCE = timedelta(days=30)
#: A timer that waits for longer is one that fails again and again.
_LATE = timedelta(minutes=10)
_SERVICE = "look at `systemctl status alur` and `journalctl -u alur`, and start it"


def look_at_work(engine: ProcessEngine, settings: Settings) -> Iterator[Diagnosis]:
    """What needs a sound database to be asked."""
    yield looked("clock", lambda: _clock(engine, settings), advice=_SERVICE)
    yield from _health(engine)
    yield looked("secret key", lambda: _secret_key(engine), advice="restore it from its backup")
    yield looked("accounts", lambda: _accounts(engine), advice="see `alur account --help`")
    try:
        figures, now = engine.health.figures()
    except EngineError as error:
        yield broken("figures", str(error), _SERVICE)
        return
    yield _incidents(figures)
    yield _timers(figures, now)
    yield _deliveries(figures)


def _clock(engine: ProcessEngine, settings: Settings) -> Diagnosis:
    now = engine.clock.now()
    with engine.store.reading() as tx:
        last = tx.last_sign_of_life()
    said = f"this machine says {now.astimezone(settings.time_zone):%Y-%m-%d %H:%M %Z}"
    if last is None:
        return ok("clock", said)
    then = f"{last.astimezone(settings.time_zone):%Y-%m-%d %H:%M %Z}"
    advice = "compare with a watch; `timedatectl set-ntp true`, or a new battery; then start Alur"
    if last - now > _AHEAD:
        said += f", and something was written at {then}: the clock is wrong, or was"
        return broken("clock", said, advice)
    if now - last > _ABSENCE:
        return attention("clock", f"{said}, and nothing was written since {then}", advice)
    return ok("clock", f"{said}; the last sign of life is of {then}")


def _health(engine: ProcessEngine) -> Iterator[Diagnosis]:
    """What /health looks at; of duties the silent ones, each by its name."""
    told = ("database", "rows", "log")  # elsewhere, and what has met rows is another process
    checks = [each for each in engine.health.checks() if each.name not in told]
    duties = [each for each in checks if each.name.startswith(("duty ", "worker"))]
    silent = [each for each in duties if not each.is_well]
    if duties and len(silent) == len(duties):
        yield broken("worker", f"no worker runs: {silent[0].message}", _SERVICE)
    else:
        yield ok("worker", f"{len(duties) - len(silent)} of {len(duties)} duties are done")
        for check in silent:
            yield of_check(check, _SILENT)
    for check in checks:
        if check not in duties:
            yield of_check(check, _ADVICE[check.name])


_SILENT = "look for its name in the log (`journalctl -u alur`), which says why it fails"
_ADVICE = {
    "disk": "free some room: what is full stops all work, and nothing is lost by it",
    "checkpoints": "look for `duty checkpoints` in the log: it names what fails",
    "backups": "run `alur backup --keep 14`, and see why the timer or cron did not",
}


def _secret_key(engine: ProcessEngine) -> Diagnosis:
    """One secret of each table can be opened."""
    with engine.store.reading() as tx:
        samples = tx.sealed_samples()
    for table, sealed in samples.items():
        engine.secret_key.unseal(_PURPOSES[table], sealed)
    if not samples:
        return ok("secret key", "nothing is sealed yet")
    return ok("secret key", f"opens what it sealed ({', '.join(samples)})")


def _accounts(engine: ProcessEngine) -> Diagnosis:
    with engine.store.reading() as tx:
        accounts = tx.accounts()
    admins = [each for each in accounts if each.is_active and Role.ADMIN in each.roles]
    if not admins:
        advice = "`alur account add NAME --role admin`, or `alur account activate NAME`"
        return broken("accounts", "no active account is an admin", advice)
    return ok("accounts", f"{len(admins)} of {len(accounts)} are active admins")


def _incidents(figures: Figures) -> Diagnosis:
    number = figures.open_incidents
    if number:
        advice = "an analyst sees to each: page SOP, or `alur instances`"
        return attention("incidents", f"{number} instances wait for somebody to mend them", advice)
    return ok("incidents", "none is open")


def _timers(figures: Figures, now: datetime) -> Diagnosis:
    since = figures.oldest_due_at
    if since is not None and now - since > _LATE:
        minutes = int((now - since).total_seconds() // 60)
        said = (
            f"{figures.due_instances} instances have a due timer, the oldest for {minutes} minutes"
        )
        return broken("timers", said, "look for `its timer did not fire` in the log")
    return ok("timers", "none is late")


def _deliveries(figures: Figures) -> Diagnosis:
    sent = figures.deliveries
    if sent.failed:
        said = f"{sent.failed} were given up within a day; {sent.pending} are on their way"
        return attention("deliveries", said, "`alur webhook deliveries` says why")
    return ok("deliveries", f"{sent.pending} are on their way, none was given up within a day")
