"""The engine as a whole: one object that holds the rooms, built once per process.

Each room has one method per intention. The border (webhooks, cli) calls those and nothing else.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from engine.access_log import AccessLog
from engine.access_tokens import AccessTokens
from engine.account_log import AccountLog
from engine.accounts import Accounts
from engine.auditing import History
from engine.backup_folder import BackupFolder
from engine.backups import Backups
from engine.calendars import Calendars
from engine.checkpoint_folder import CheckpointFolder
from engine.checkpoint_proof import CheckpointProof
from engine.checkpoints import Checkpoints, Outside
from engine.contacts import Contacts
from engine.correlation import Post
from engine.deadlines import Deadlines
from engine.definitions import Definitions
from engine.deliveries import Deliveries
from engine.document_intake import MEGABYTE, Intake
from engine.documents import Documents
from engine.drawings import Drawings
from engine.escalation_proof import EscalationProof
from engine.escalations import Escalations
from engine.event_logs.room import EventLogs
from engine.evidence_packages import EvidencePackages
from engine.health import Health
from engine.historic_figures import HistoricFigures
from engine.historic_records import HistoricRecords
from engine.history_codes import HistoryCodes
from engine.history_export import HistoryExport
from engine.instances import Instances
from engine.kept_messages import KeptMessages
from engine.logins import Logins
from engine.measure_proof import MeasureProof
from engine.measuring import Measuring
from engine.message_sources import MessageSources
from engine.messages import Messages
from engine.migration.room import Migrations
from engine.model import Channel
from engine.overviews import Overviews
from engine.papers import Papers
from engine.passwords import Passwords
from engine.pending_uploads import PendingUploads
from engine.personal_data import PersonalData
from engine.playback.room import Playback
from engine.receivers import allowed_receivers
from engine.reindexing import Reindexing
from engine.remaining_times import RemainingTimes
from engine.remarks import Remarks
from engine.repeats import Repeats
from engine.reports import Reports
from engine.retention import RetentionSchedule
from engine.saved_filters import SavedFilters
from engine.sealing import Sealing
from engine.search import Search
from engine.second_factors import SecondFactors
from engine.secret_key import SecretKey, beside
from engine.services import ExternalTasks
from engine.sessions import Sessions
from engine.settings import Settings
from engine.signals import Signals
from engine.signing_key import SigningKey
from engine.single_sign_on import SingleSignOn
from engine.sources import Clock, Ids, RandomIds, SystemClock
from engine.steps import Steps
from engine.store import Store
from engine.substitutions import Substitutions
from engine.superiors import Superiors
from engine.tallying import Tallying
from engine.task_changes import TaskChanges
from engine.task_drafts import TaskDrafts
from engine.task_links import TaskLinks
from engine.task_times import TaskTimes
from engine.tasks import Tasks
from engine.webhook_subscriptions import WebhookSubscriptions
from engine.worktime import Rule


@dataclass(frozen=True, slots=True)
class ProcessEngine:
    """All rooms over one store. Safe to share between threads."""

    store: Store
    clock: Clock
    definitions: Definitions
    instances: Instances
    migrations: Migrations
    tasks: Tasks
    task_links: TaskLinks
    task_drafts: TaskDrafts
    task_changes: TaskChanges
    escalations: Escalations
    superiors: Superiors
    saved_filters: SavedFilters
    search: Search
    reindexing: Reindexing
    external_tasks: ExternalTasks
    messages: Messages
    kept_messages: KeptMessages
    signals: Signals
    documents: Documents
    papers: Papers
    remarks: Remarks
    pending_uploads: PendingUploads
    history: History
    historic_records: HistoricRecords
    historic_figures: HistoricFigures
    retention: RetentionSchedule
    backups: Backups
    personal_data: PersonalData
    history_export: HistoryExport
    history_codes: HistoryCodes
    event_logs: EventLogs
    evidence_packages: EvidencePackages
    drawings: Drawings
    overviews: Overviews
    playback: Playback
    calendars: Calendars
    remaining_times: RemainingTimes
    task_times: TaskTimes
    measuring: Measuring
    tallying: Tallying
    reports: Reports
    accounts: Accounts
    substitutions: Substitutions
    logins: Logins
    sessions: Sessions
    access_tokens: AccessTokens
    account_log: AccountLog
    repeats: Repeats
    second_factors: SecondFactors
    single_sign_on: SingleSignOn
    health: Health
    checkpoints: Checkpoints
    checkpoint_proof: CheckpointProof
    secret_key: SecretKey
    message_sources: MessageSources
    webhook_subscriptions: WebhookSubscriptions
    deliveries: Deliveries
    contacts: Contacts

    def reading_at_once(self) -> AbstractContextManager[None]:
        """What this thread asks meanwhile is of one moment, and costs one transaction.

        Until it changes something: then it sees the change.
        """
        return self.store.reading_at_once()

    def note_anew(self) -> None:
        """From now on it is noted anew what this thread keeps, and leaves out as it is damaged."""
        self.store.note_anew()

    @property
    def has_kept(self) -> bool:
        """Whether this thread has kept anything since."""
        return self.store.has_kept

    @property
    def left_out(self) -> tuple[str, ...]:
        """Each row that was left out since, by table and key: no list is to be taken for whole."""
        return self.store.quarantine.left_out

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()


def build_engine(
    store: Store, clock: Clock, ids: Ids, settings: Settings, *, passwords: Passwords | None = None
) -> ProcessEngine:
    """The rooms over a store, sharing one clock and one source of ids.

    passwords: how they are hashed; as OWASP asks, unless a test cannot wait for that.
    """
    definitions = Definitions(store, clock, ids)
    calendars = Calendars(store, clock, settings.time_zone)
    tallying = Tallying(store, clock, settings.time_zone)
    deadlines = Deadlines(
        calendars, Rule(settings.deadline_rule), remind_before=settings.remind_before
    )
    key = SecretKey(
        ids,
        given=settings.secret_key,
        file=beside(store.file) if store.file else None,
        dies_with_process=store.is_in_memory,
        count_sealed=partial(_number_sealed, store),
    )
    sealing = Sealing(key, ids, settings.time_zone)
    steps = Steps(definitions, settings.time_zone, deadlines, sealing)
    max_bytes = settings.max_file_mb * MEGABYTE
    intake = Intake(ids, max_bytes=max_bytes)
    papers = Papers(store, definitions)
    access = AccessLog(store, clock)
    tasks = Tasks(
        store, definitions, steps, clock=clock, intake=intake, papers=papers, access=access
    )
    passwords = passwords or Passwords()
    logins = Logins(store, clock, ids, passwords)
    accounts = Accounts(store, clock, passwords, logins, tasks)
    post = Post(definitions, steps, clock, ids)
    remaining_times = RemainingTimes(
        store, definitions, calendars, clock, Rule(settings.deadline_rule)
    )
    outside = outside_of(store, ids, settings)
    checkpoints = Checkpoints(store, clock, ids, outside)
    search = Search(store, definitions)
    measures = MeasureProof(calendars)
    history = History(
        store,
        definitions,
        access,
        deadlines=deadlines,
        escalations=EscalationProof(calendars),
        sealing=sealing,
        measures=measures,
        zone=settings.time_zone,
    )
    superiors = Superiors(store, clock)
    drawings = Drawings(store, definitions, history)
    retention = RetentionSchedule(store, definitions, clock, settings.time_zone)
    deliveries = Deliveries(store, clock, ids, channels=_channels(settings))
    return ProcessEngine(
        store=store,
        clock=clock,
        definitions=definitions,
        instances=Instances(
            store, definitions, steps, clock=clock, ids=ids, intake=intake, access=access
        ),
        migrations=Migrations(
            store, definitions, steps, deadlines, clock=clock, zone=settings.time_zone
        ),
        tasks=tasks,
        task_drafts=TaskDrafts(store, definitions, sealing, clock),
        task_changes=TaskChanges(store, definitions, steps, clock),
        escalations=Escalations(
            store, definitions, steps, clock, calendars=calendars, superiors=superiors
        ),
        superiors=superiors,
        saved_filters=SavedFilters(store),
        search=search,
        reindexing=Reindexing(store, definitions, search, measures, zone=settings.time_zone),
        task_links=TaskLinks(
            store,
            definitions,
            steps,
            tasks,
            papers=papers,
            clock=clock,
            ids=ids,
            lifetime=timedelta(hours=settings.link_hours),
        ),
        messages=Messages(store, post, clock, ids, intake),
        kept_messages=KeptMessages(store, post, clock),
        signals=Signals(store, definitions, post, clock, ids),
        external_tasks=ExternalTasks(store, steps, clock, intake),
        documents=Documents(store, steps, clock, access),
        papers=papers,
        remarks=Remarks(store, steps, clock=clock, ids=ids, intake=intake),
        history=history,
        retention=retention,
        backups=Backups(store, clock),
        personal_data=PersonalData(store, sealing, retention, access, clock=clock, ids=ids),
        historic_records=HistoricRecords(store, definitions, access, sealing),
        historic_figures=HistoricFigures(store, definitions, access, zone=settings.time_zone),
        history_export=HistoryExport(store, clock, access),
        history_codes=HistoryCodes(store),
        event_logs=EventLogs(
            store, definitions, calendars, access, clock=clock, zone=settings.time_zone
        ),
        evidence_packages=EvidencePackages(store, clock, ids, leader_lanes=settings.leader_lanes),
        overviews=Overviews(store, clock, remaining_times),
        drawings=drawings,
        playback=Playback(
            store,
            definitions,
            history,
            access,
            drawings=drawings,
            calendars=calendars,
            clock=clock,
            zone=settings.time_zone,
            sealing=sealing,
        ),
        calendars=calendars,
        remaining_times=remaining_times,
        task_times=TaskTimes(store, definitions, calendars, clock),
        measuring=Measuring(store, definitions, calendars, tallying, clock),
        tallying=tallying,
        reports=Reports(store, definitions, calendars, clock),
        health=Health(
            store,
            clock,
            checkpoints,
            backups=BackupFolder(settings.backups) if settings.backups else None,
        ),
        checkpoints=checkpoints,
        checkpoint_proof=CheckpointProof(store, outside),
        pending_uploads=PendingUploads(store, clock, ids, max_bytes=max_bytes),
        accounts=accounts,
        substitutions=Substitutions(
            store,
            tasks,
            clock=clock,
            ids=ids,
            zone=settings.time_zone,
            most_days=settings.substitution_days,
        ),
        logins=logins,
        sessions=Sessions(
            store,
            clock,
            ids,
            idle=timedelta(minutes=settings.session_idle_minutes),
            lifetime=timedelta(hours=settings.session_hours),
        ),
        access_tokens=AccessTokens(store, clock, ids),
        account_log=AccountLog(store),
        repeats=Repeats(store, clock),
        second_factors=SecondFactors(store, clock, ids, key),
        single_sign_on=SingleSignOn(
            store,
            clock,
            ids,
            accounts,
            groups=settings.oidc_groups,
            provisions=settings.oidc_provision,
        ),
        secret_key=key,
        message_sources=MessageSources(store, clock, ids, key),
        webhook_subscriptions=WebhookSubscriptions(
            store,
            clock,
            ids,
            key,
            allowed=allowed_receivers(settings.webhook_allow),
            expand_all=deliveries.expand_all,
        ),
        deliveries=deliveries,
        contacts=Contacts(store, clock),
    )


def outside_of(store: Store, ids: Ids, settings: Settings) -> Outside | None:
    """Where checkpoints are written: as the settings say, else beside a SQLite file."""
    folder, key = settings.checkpoints, settings.checkpoint_key
    if store.file:
        folder = folder or store.file.with_suffix(".checkpoints")
        key = key or store.file.with_suffix(".checkpoint-key")
    if folder is None or key is None:
        return None
    return Outside(CheckpointFolder(folder), SigningKey(key, ids))


def _number_sealed(store: Store) -> int:
    with store.reading() as tx:
        return tx.sealed_number()


def _channels(settings: Settings) -> frozenset[Channel]:
    """Over which the office reaches people."""
    places = {Channel.EMAIL: settings.smtp_url, Channel.GATEWAY: settings.gateway_url}
    return frozenset(channel for channel, place in places.items() if place is not None)


def open_engine(settings: Settings) -> ProcessEngine:
    """The engine of these settings, on the computer's clock. Raises StorageOutdated."""
    store = Store.open(settings.database_url)
    store.check_schema()
    return build_engine(store, SystemClock(), RandomIds(), settings)
