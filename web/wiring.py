"""Composition: which database, clock, calendars and definitions the use cases of this process work with."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

from flask import Flask, current_app

from web.extensions import db
from web.mailer import SmtpMailer
from web.settings import Settings
from workflow.catalog import Library, load_folder
from workflow.catalog.indicators import NO_INDICATORS
from workflow.catalog.organisation import Organisation
from workflow.clock import Clock
from workflow.engine.events import instant_text
from workflow.outbox.inline import relay_inline
from workflow.outbox.relay import forget_old
from workflow.persistence import UnitOfWork, redaction_list
from workflow.persistence.content import ContentStore
from workflow.persistence.erasure import Eraser
from workflow.persistence.restoration import Fitness, refuse_half_restored
from workflow.persistence.sealer import Sealer
from workflow.persistence.together import together_on
from workflow.persistence.turns import turn
from workflow.services import custody, jobs, mail, redactions, roots, sealing
from workflow.services.calendars import Calendars
from workflow.services.deadlines import Swept, sweep
from workflow.services.editions import Editions
from workflow.services.evidence import sweep_daily
from workflow.services.inbox import Badge
from workflow.services.office import Office, Witness, unwitnessed
from workflow.services.reports import open_due

_log = logging.getLogger(__name__)
_HERE = Path(__file__).resolve().parent
_ROUND_SECONDS = 10.0
_POST_SECONDS = 1.0
_CLOCK_FILE = "clock.json"
HEARTBEAT = "clock_at"
"""Under this key the office keeps when a round of the clock ended last."""
TIMERS_FIRED = "timers_fired"
"""Under this key the office keeps how many timers fired, whichever process fired them."""

# fmt: off
NOTICES = frozenset(
    {
        "assigned", "dispatched", "transferred", "transferred_away", "lead_changed", "withdrawn", "refused",
        "completed", "verified", "reworked",
        "due_changed", "suspended", "resumed", "late", "plan_wanted", "no_plan", "plan_proposed",
        "plan_approved", "plan_waived",
        "plan_last_day", "plan_underway", "cause_confirmed", "undrafted", "unaccepted", "underway", "remind",
        "last_day", "unverified", "paused", "line_due", "remedy_last_day", "period_opened", "cutoff", "report_remind",
        "report_last_day", "report_late", "report_missing", "send_proposed", "sent", "received", "returned",
        "not_resent", "unreceived", "waived", "correct_proposed", "corrected", "undecided", "unanswered", "unclosed",
        "extension_asked", "extension_granted", "extension_refused", "escalated", "escalation_answered",
        "urged", "remedy_wanted", "consolidation_submitted", "consolidation_returned", "consolidation_issued",
        "consolidation_registered", "consolidation_renewed", "consolidation_late", "consolidation_last_day",
        "unsubmitted", "unissued", "unregistered",
    }
)
# fmt: on
"""The notices that this installation can send: a workflow may name these only."""


def definitions_folder() -> Path:
    """The shipped definitions: beside the packages in a checkout, else where the installation put them."""
    beside = Path(__file__).resolve().parent.parent / "definitions"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "dondoc" / "definitions"


@cache
def shipped() -> Library:
    """What the shipped definitions folder holds, read once a process."""
    return load_folder(definitions_folder(), NOTICES)


def attach(
    app: Flask, settings: Settings, witness: Witness = unwitnessed, fitness: Fitness = refuse_half_restored
) -> None:
    """Give `app`, whose database is bound, its office; `office()` finds it from then on."""
    with app.app_context():
        engine = db.engine

    library = shipped()
    calendars = Calendars(library.calendars, lambda: UnitOfWork(engine, read_only=True))
    # What was once found fit is asked no more.
    look = cache(partial(fitness, engine))

    def read() -> UnitOfWork:
        look()
        calendars.look()
        return UnitOfWork(engine, read_only=True)

    def write() -> UnitOfWork:
        look()
        calendars.look()
        return UnitOfWork(engine)

    made = Office(
        write=write,
        read=read,
        clock=kept_clock(settings.data),
        editions=Editions(read, library.names),
        calendars=calendars,
        names=library.names,
        content=ContentStore(settings.files),
        zone=settings.zone,
        mailer=mailer_of(settings),
        eraser=eraser_of(settings),
        sealer=sealer_of(settings),
        turn=partial(turn, engine),
        witness=witness,
        trusted_roots=settings.trusted_roots,
        indicators=library.indicators or NO_INDICATORS,
        together=together_on(engine),
    )
    app.extensions.update(settings=settings, office=made, badge=Badge(made))


def mailer_of(settings: Settings) -> SmtpMailer | None:
    """Who sends letters; None where no mail server is set, and notices stay in the application."""
    if settings.mail_server is None or settings.base_url is None:
        return None
    return SmtpMailer(settings.mail_server, settings.base_url, settings.zone)


def eraser_of(settings: Settings) -> Eraser | None:
    """Who erases private texts: this process itself over a SQLite file, else whichever was given the redactor's address."""
    url = settings.redactor_database_url
    if url is None and settings.database_url.startswith("sqlite:"):
        url = settings.database_url
    return Eraser(url, settings.data / redaction_list.FILE) if url else None


def sealer_of(settings: Settings) -> Sealer | None:
    """Who numbers the log: this process itself over a SQLite file, else whichever was given the sealer's address."""
    url = settings.sealer_database_url
    if url is None and settings.database_url.startswith("sqlite:"):
        url = settings.database_url
    return Sealer(url) if url else None


def badge() -> Badge:
    """Counts what waits for a person."""
    found: Badge = current_app.extensions["badge"]
    return found


def office() -> Office:
    """The office of the application at hand."""
    found: Office = current_app.extensions["office"]
    return found


def organisation() -> Organisation | None:
    """The office as its shipped file describes it: its name stands in the page's head."""
    return shipped().organisation


def settings() -> Settings:
    """The settings of the application at hand."""
    found: Settings = current_app.extensions["settings"]
    return found


# -- the demonstration's clock ------------------------------------------------------------------------------------------


def kept_clock(data: Path) -> Clock:
    """The real clock, shifted by what the data folder keeps for the demonstration."""
    path = data / _CLOCK_FILE
    if not path.exists():
        return Clock()
    return Clock(timedelta(seconds=json.loads(path.read_text(encoding="ascii"))["offset_seconds"]))


def is_demonstration(data: Path) -> bool:
    """Whether this data folder holds the demonstration office, whose clock may be set."""
    return (data / _CLOCK_FILE).exists()


def keep_clock(data: Path, offset: timedelta) -> Clock:
    """Shift the clock of this data folder from now on; no offset at all makes it the real one."""
    data.mkdir(parents=True, exist_ok=True)
    (data / _CLOCK_FILE).write_text(json.dumps({"offset_seconds": offset.total_seconds()}), encoding="ascii")
    return kept_clock(data)


# -- the clock ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does what the clock finds: `post` sees to the messages that wait to leave, `toil` to the long jobs."""

    post: Callable[[Office], object]
    toil: Callable[[Office], object]


OWN_HANDS = Hands(relay_inline, jobs.work)
"""This process does it itself."""


def hands_of(settings: Settings) -> Hands:
    """Workers' hands where there is a Redis to call them by, else those of this process."""
    if settings.redis_url is None:
        return OWN_HANDS
    from workflow.outbox.rq_dispatch import Bell, connect

    bell = Bell(connect(settings.redis_url), deliver="web.worker.deliver", work="web.worker.work")
    return Hands(bell.announce, bell.call_for_work)


class Rounds:
    """Does one round after another in a thread of its own, until told to stop. A round that fails is logged; the next comes."""

    def __init__(self, one_round: Callable[[], object], seconds: float = _ROUND_SECONDS) -> None:
        self._round, self._seconds = one_round, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when the round at hand is over."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._round()
            except Exception:  # noqa: BLE001  it is logged, and the next round must come
                # The clock must outlive a database that is out of reach for a while.
                _log.exception("a round of the clock failed")
            self._stop.wait(self._seconds)


SIGNER_SECONDS = 60.0
"""So often it is asked whether something waits for the signer's signature."""


class SignerCall:
    """Calls the signer when something has waited for fifteen minutes: a process of its own, for this one has no key.

    The first call does nothing: whoever has just started has other things to do.
    """

    def __init__(self, office: Office, settings: Settings) -> None:
        self._office, self._settings, self._rested = office, settings, False

    def __call__(self) -> None:
        if not self._rested:
            self._rested = True
            return
        with self._office.read() as uow:
            found = sealing.standing(uow)
        if found.wants_signature(self._office.clock.now()):
            call_signer(self._settings)


def call_signer(settings: Settings) -> None:
    """Have the log signed now. Who signs tells a refusal himself, in the database: pages show it."""
    command = [sys.executable, "-m", "web", "audit", "sign", "--data", str(settings.data.resolve())]
    subprocess.run(command, check=False, capture_output=True, cwd=_HERE.parent)  # noqa: S603  our own command


def start_clock(app: Flask) -> tuple[Rounds, ...]:
    """The embedded clock of `dondoc serve`; nothing where processes of their own do it (DONDOC_REDIS_URL)."""
    settings: Settings = app.extensions["settings"]
    if settings.redis_url:
        return ()
    made = rounds_of(app.extensions["office"], settings)
    for rounds in made:
        rounds.start()
    return made


def rounds_of(office: Office, settings: Settings) -> tuple[Rounds, ...]:
    """What has to come round again and again, to be started and stopped together."""
    hands = hands_of(settings)
    rounds = Rounds(partial(one_round, office, hands))
    if settings.signs_by_itself:
        return rounds, Rounds(SignerCall(office, settings), SIGNER_SECONDS)
    if settings.redis_url is None:
        return (rounds,)
    # To call a worker costs next to nothing: nobody should wait for the clock's next round to be told something.
    return rounds, Rounds(partial(call_hands, office, hands), _POST_SECONDS)


def clock_and_post(office: Office, post: Callable[[Office], object] = relay_inline) -> Swept:
    """What fell due happens, and whoever is to be told of anything is told."""
    swept = sweep(office)
    mail.gather(office)
    roots.spread(office)
    post(office)
    return swept


def one_round(office: Office, hands: Hands = OWN_HANDS) -> Swept | None:
    """What fell due, what is to be told, periods that begin and what waits in jobs, now; None where another process is at it.

    It leaves its time, from which its age is told.
    """
    with office.turn("clock") as mine:
        if not mine:
            return None
        swept = clock_and_post(office, hands.post)
        open_due(office)
        custody.bring_up(office)
        hands.toil(office)
        forget_old(office)
        jobs.forget_old(office)
        redactions.carry_out_granted(office)
        sweep_daily(office)
        with office.write() as uow:
            uow.settings.put(HEARTBEAT, instant_text(office.clock.now()))
            fired = swept.fired + swept.reminded
            if fired:
                uow.settings.put(TIMERS_FIRED, str(int(uow.settings.find(TIMERS_FIRED) or 0) + fired))
        # Last: a log that cannot be numbered is an alarm of its own and holds nothing else up.
        sealing.bring_up(office)
        return swept


def call_hands(office: Office, hands: Hands) -> None:
    """Only what waits to be told and what waits in jobs."""
    with office.turn("post") as mine:
        if mine:
            hands.post(office)
            hands.toil(office)
