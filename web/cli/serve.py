"""The server, and the clock that notices what falls due."""

import importlib
import signal
import sys
import threading
from types import FrameType

import click
from flask import Flask
from waitress.server import create_server

from web import wiring
from web.cli.shell import UNREACHABLE, SpokenCommand, desk, option, say, say_fault
from web.i18n import N_, _, ngettext
from web.logs import log_to_stderr
from web.settings import Settings
from workflow.catalog.plain_values import Refused, instant_of_text
from workflow.clock import fixed
from workflow.engine.events import instant_of, instant_text
from workflow.services.deadlines import Swept
from workflow.values import replace

HOST, PORT, THREADS = "127.0.0.1", 5000, 8


@click.command(cls=SpokenCommand, help=N_("Serve pages and calls; without DONDOC_REDIS_URL the clock runs in it too."))
@option("--host", default=HOST, show_default=True, help=N_("The address to listen at."))
@option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=N_("The port to listen at; 0 takes a free one."),
)
@option(
    "--workers",
    default=THREADS,
    show_default=True,
    type=click.IntRange(1, 64),
    help=N_("How many requests are answered at once."),
)
def serve(host: str, port: int, workers: int) -> None:
    serve_forever(desk().settings, host, port, workers)


def serve_forever(settings: Settings, host: str, port: int, threads: int) -> None:
    """Answer until told to stop; the clock's round at hand is finished before this returns."""
    log_to_stderr(settings)
    app = web_application(settings)
    try:
        server = create_server(
            app, host=host, port=port, threads=threads, ident=None, clear_untrusted_proxy_headers=False
        )
    except OSError as fault:
        say_fault(_("Cannot listen at {host}:{port}: {what}", host=host, port=port, what=fault.strerror))
        raise click.exceptions.Exit(UNREACHABLE) from None
    running = wiring.start_clock(app)
    signal.signal(signal.SIGTERM, _stop)
    say(_("Serving at http://{host}:{port} (stop with Ctrl-C)", host=host, port=server.effective_port))
    sys.stdout.flush()
    try:
        server.run()
    finally:
        server.close()
        for rounds in running:
            rounds.stop()


def web_application(settings: Settings) -> Flask:
    """The whole application, found by its name: commands stand beside pages and calls and do not know them."""
    made: Flask = importlib.import_module("web").create_app(settings)
    return made


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


@click.command(cls=SpokenCommand, help=N_("Notice what falls due, again and again; several may run, one works."))
@option("--once", is_flag=True, help=N_("One round, then stop."))
@option(
    "--now",
    "instant",
    metavar="INSTANT",
    help=N_("The time of that round (demonstration or DONDOC_TEST_CLOCK=1 only)."),
)
def clock(once: bool, instant: str | None) -> None:  # noqa: FBT001  click's
    at = desk()
    if instant is not None:
        if not once:
            raise click.UsageError(_("--now goes with --once."))
        at = at.at(replace(at.office, clock=fixed(instant_of(_named(at.settings, instant)))))
    if once:
        swept = wiring.one_round(at.office, wiring.hands_of(at.settings))
        _say_round(swept, instant_text(at.office.clock.now()))
        return
    log_to_stderr(at.settings)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    running = wiring.rounds_of(at.office, at.settings)
    for rounds in running:
        rounds.start()
    say(_("The clock runs (stop with Ctrl-C)."))
    try:
        stopped.wait()
    except KeyboardInterrupt:
        stopped.set()
    for rounds in running:
        rounds.stop()


def _named(settings: Settings, instant: str) -> str:
    if not (settings.test_clock or wiring.is_demonstration(settings.data)):
        raise click.UsageError(_("--now is only for a demonstration office, or with DONDOC_TEST_CLOCK=1."))
    try:
        return instant_of_text(instant, settings.zone)
    except Refused:
        raise click.UsageError(_("“{given}” is no instant; write 2026-11-20T08:00:00+07:00.", given=instant)) from None


def _say_round(swept: Swept | None, at: str) -> None:
    if swept is None:
        say(_("Another clock is at work; nothing was done."))
        return
    say(ngettext("{n} timer fired at {at}.", "{n} timers fired at {at}.", swept.fired, at=at))
    if swept.reminded:
        say(ngettext("{n} reminder was sent.", "{n} reminders were sent.", swept.reminded))
    for code in swept.refused:
        say_fault(_("The workflow of {code} refused its own timer.", code=code))
    for year in swept.unknown:
        say_fault(_("The calendar has no data for {year}; that year's days off must be entered first.", year=year))
