"""The demonstration office: made once, kept, served."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import click

from web import i18n, wiring
from web.cli.db import prepare
from web.cli.serve import HOST, PORT, THREADS, serve_forever
from web.cli.shell import (
    WRONG,
    Desk,
    SpokenCommand,
    given_settings,
    open_desk,
    option,
    say,
    say_fault,
    sqlite_file,
)
from web.i18n import N_, _, label
from web.settings import Settings
from workflow.catalog.plain_values import Refused, date_of
from workflow.clock import Clock
from workflow.services import passwords
from workflow.services.demonstration import Stage, build, password_of
from workflow.services.demonstration.play import LAST_DAY
from workflow.services.demonstration.year import Year, live
from workflow.services.directives import Order, order_of
from workflow.services.sealing import seal_whole

_UNFINISHED = "demo-unfinished"
_REAL = "real"
_FIRST_DAY = date(2026, 1, 1)
_RECEIVED_ON = date(2026, 6, 15)

_Heard = Callable[[int, int], None]
"""Is told how many of how many steps are done."""


@click.command(
    cls=SpokenCommand,
    help=N_("The demonstration office from the dispatch, with a lived-in history: made once, then served."),
)
@option(
    "--port",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=N_("The port to listen at; 0 takes a free one."),
)
@option("--today", metavar="DATE", help=N_("The office's day (2026-11-20 without it); “real” for the true one."))
@option(
    "--year",
    metavar="YEAR",
    type=click.IntRange(1900, 2199),
    help=N_("Instead, a whole reporting year up to its last day: the reports of five units, consolidated."),
)
@option("--no-serve", is_flag=True, help=N_("Make it and stop."))
def demo(port: int, today: str | None, year: int | None, no_serve: bool) -> None:  # noqa: FBT001  click's
    settings = given_settings()
    wished = _wished(settings, today, year)
    password = password_of(settings.data)
    if not wiring.is_demonstration(settings.data):
        _make(settings, wished, password)
    elif today is not None or year is not None:
        say_fault(_("The office is kept as it is; for another day, take another folder: --data DIR."))
    at = open_desk(settings)
    _introduce(at, password)
    if not no_serve:
        serve_forever(settings, HOST, port, THREADS)


@dataclass(frozen=True, slots=True)
class _Wished:
    """How the office comes to its past: `play` lives through it; then its clock is `ahead` of the true one."""

    play: Callable[[Desk, str, _Heard], object]
    ahead: timedelta


def _wished(settings: Settings, today: str | None, year: int | None) -> _Wished:
    if year is None:
        day = _day(settings, today)
        begins = datetime.combine(day, time(8), tzinfo=settings.zone)
        return _Wished(partial(_live, today=day), timedelta(0) if today == _REAL else begins - Clock().now())
    if today is not None:
        raise click.UsageError(_("Either --today or --year, not both."))
    if not all(year in calendar.years for calendar in wiring.shipped().calendars.values()):
        raise click.UsageError(_("The working calendar holds no days off for {year}.", year=year))
    ends = datetime.combine(date(year, 12, 31), time(17), tzinfo=settings.zone)
    return _Wished(partial(_live_through, year=year), ends - Clock().now())


def _day(settings: Settings, today: str | None) -> date:
    if today is None:
        return LAST_DAY
    real = Clock().now().astimezone(settings.zone).date()
    if today == _REAL:
        return real
    try:
        day = date_of(today, real)
    except Refused:
        raise click.UsageError(_("“{given}” is no date; write 2026-11-20.", given=today)) from None
    if day < _FIRST_DAY:
        raise click.UsageError(_("The demonstration begins on {day}.", day=i18n.day(_FIRST_DAY)))
    return day


def _make(settings: Settings, wished: _Wished, password: str) -> None:
    _clear_unfinished(settings)
    prepare(settings)
    at = open_desk(settings)
    with at.office.read() as uow:
        if uow.people.all():
            say_fault(
                _(
                    "{folder} holds an office that is no demonstration; take another folder: --data DIR.",
                    folder=settings.data,
                )
            )
            raise click.exceptions.Exit(WRONG)
    marker = settings.data / _UNFINISHED
    marker.touch()
    say(_("Making the demonstration office; this takes a minute."))
    _play(at, wished, passwords.hash_of(password))
    wiring.keep_clock(settings.data, wished.ahead)
    seal_whole(at.office)
    if settings.signs_by_itself:
        # Its past is months old: without it the log would be shown as unsigned for too long until the signer's first round.
        wiring.call_signer(settings)
    marker.unlink()


def _clear_unfinished(settings: Settings) -> None:
    """What an interrupted run left behind is made anew: half a story is none."""
    marker = settings.data / _UNFINISHED
    file = sqlite_file(settings)
    if not marker.exists() or file is None:
        return
    for part in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        part.unlink(missing_ok=True)
    shutil.rmtree(settings.files, ignore_errors=True)
    marker.unlink()


def _play(at: Desk, wished: _Wished, password_hash: str) -> None:
    with click.progressbar(length=1, label=_("History"), show_eta=False) as bar:

        def heard(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        wished.play(at, password_hash, heard)


def _live(at: Desk, password_hash: str, heard: _Heard, today: date) -> None:
    stage = Stage(
        at.office, wiring.shipped(), shipped_order(), password_hash, today, night=wiring.clock_and_post, heard=heard
    )
    build(stage)


def _live_through(at: Desk, password_hash: str, heard: _Heard, year: int) -> None:
    live(Year(at.office, wiring.shipped(), password_hash, year, night=wiring.clock_and_post, heard=heard))


def shipped_order() -> Order:
    """The dispatch as the shipped register gives it."""
    register = wiring.shipped().obligations
    if register is None:
        raise click.UsageError(_("The definitions folder holds no register of obligations."))
    file = next(iter(sorted((wiring.definitions_folder() / "obligations").glob("*.yaml"))))
    return order_of(register, file.read_bytes(), _RECEIVED_ON)


def _introduce(at: Desk, password: str) -> None:
    moment = i18n.moment(at.office.clock.now(), at.settings.zone)
    say(_("Demonstration office; its time now: {moment}", moment=moment))
    with at.office.read() as uow:
        people = uow.people.all()
    for person in people:
        say(f"  {person.login:<16}{label(person.title)}")
    say(_("Password of all accounts: {password}", password=password))
