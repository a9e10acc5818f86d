"""Periodic reports: open a period by hand. The clock does the same by itself when a period begins."""

from collections.abc import Iterator, Mapping

import click

from web import plain, plain_reports, problems
from web.cli.shell import (
    Desk,
    SpokenGroup,
    as_json,
    as_login,
    as_reader,
    caller_of,
    desk,
    option,
    refuse_in,
    request_key,
    say,
    say_json,
    say_reasons,
    table,
)
from web.i18n import N_, _, day, label, ngettext
from web.titles import titles_of
from workflow.engine import Definition
from workflow.queries.consolidation import Filed, Standing
from workflow.services.consolidation import NotConsolidated, consolidate, of_period
from workflow.services.matrix import PeriodRow, matrix
from workflow.services.reports import NotOpened, Opening, OpenPeriod, open_due, open_period

report = SpokenGroup("report", help=N_("Periodic reports: open their periods, see who sent what, consolidate."))


@report.command("open", help=N_("Open a period: one report for each unit that has none yet."))
@option(
    "--period", metavar="NAME", help=N_("2026-07, 2026-Q3, 2026-H2 or 2026; without it, all that are to be open now.")
)
@as_json
def open_command(period: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    opening = open_period(at.office, period) if period else open_due(at.office)
    if as_json:
        _say_plain(at, opening)
    else:
        _say_lines(at, opening)
    if opening.refused:
        reasons = [reason for refused in opening.refused for reason in refused.reasons]
        raise click.exceptions.Exit(problems.of_reasons(reasons).exit_code)


@report.command("matrix", help=N_("Who sent what: every unit in every period of a year, the last due first."))
@option("--year", type=int, help=N_("The year; without it, this one."))
@as_reader
@as_json
def matrix_command(year: int | None, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    with at.office.read() as uow:
        found = matrix(at.office, uow, caller.actor, str(year or plain_reports.today(at.office).year))
        titles = titles_of(uow)
        definitions = {one.item.id: at.office.editions.of(one.item, uow) for row in found.rows for one in _newest(row)}
    if as_json:
        say_json(plain_reports.matrix(found, at.office))
        return
    for row in found.rows:
        say(f"{label(row.period.label)} ({day(row.due_on)})")
        table((titles.unit(one.unit), *_cells(one, definitions, at)) for one in row.standings)


def _newest(row: PeriodRow) -> Iterator[Filed]:
    return (one.newest for one in row.standings if one.newest)


def _cells(one: Standing, definitions: Mapping[str, Definition], at: Desk) -> tuple[str, ...]:
    newest = one.newest
    if newest is None:
        return ("–", "", "")
    days = one.late_days(at.office.clock.now(), at.office.zone)
    state = label(definitions[newest.item.id].states[newest.item.state].label)
    late = ngettext("{n} day late", "{n} days late", days) if days else ""
    return state, newest.item.code, late


@report.command("consolidate", help=N_("Bring a period's consolidated report up to what was received."))
@option("--series", default="monthly", show_default=True, metavar="NAME", help=N_("The series of the period."))
@option("--period", required=True, metavar="NAME", help=N_("2026-07, 2026-Q3, 2026-H2 or 2026."))
@option(
    "--comment",
    default="",
    metavar="TEXT",
    help=N_("Why a new version is begun; without it, what came since is named."),
)
@as_login
@request_key
@as_json
def consolidate_command(series: str, period: str, comment: str, login: str, key: str | None, *, as_json: bool) -> None:
    at = desk()
    caller = caller_of(at.office, login, key)
    made = consolidate(at.office, caller, series, period, comment)
    if isinstance(made, NotConsolidated):
        refuse_in(at.office, made.reasons, made.definition)
    with at.office.read() as uow:
        gathered, versions = of_period(at.office, uow, caller, series, period)
    if as_json:
        say_json(plain_reports.consolidation(gathered, versions, at.office))
        return
    fields = made.item.fields
    say(
        _(
            "{code}, version {version}: {received} of {total} units",
            code=made.item.code,
            version=fields["version_no"],
            received=fields["units_received"],
            total=fields["units_total"],
        )
    )
    for words, name in (
        (N_("Without a received report: {units}"), "missing_units"),
        (N_("Sent late: {units}"), "late_units"),
    ):
        if fields.get(name):
            say("  " + _(words, units=fields[name]))


def _say_plain(at: Desk, opening: Opening) -> None:
    say_json(
        {
            "periods": [_opened(at, one) for one in opening.periods],
            "refused": [_refused(one) for one in opening.refused],
        }
    )


def _opened(at: Desk, one: OpenPeriod) -> plain.Said:
    period = one.period
    return {
        "workflow": one.workflow,
        "series": period.series,
        "period": period.name,
        "label": plain.words(period.label),
        "window_from": period.window_from.isoformat(),
        "window_to": period.window_to.isoformat(),
        "due_on": period.due_on.isoformat(),
        "due_at": plain.at_text(period.due_at(at.office.zone)),
        "finding": plain.words(period.finding),
        "opened": [{"code": item.code, "unit": item.unit} for item in one.items],
        "there": list(one.there),
    }


def _refused(one: NotOpened) -> plain.Said:
    return {
        "workflow": one.definition.workflow,
        "series": one.series,
        "period": one.period,
        "unit": one.unit,
        "reasons": plain.reasons(one.reasons, one.definition),
    }


def _say_lines(at: Desk, opening: Opening) -> None:
    for one in opening.periods:
        _say_period(one)
    with at.office.read() as uow:
        titles = titles_of(uow)
    for refused in opening.refused:
        say(_("{what} was not opened:", what=" ".join(filter(None, (refused.series, refused.period, refused.unit)))))
        say_reasons(refused.reasons, refused.definition, titles)


def _say_period(one: OpenPeriod) -> None:
    period = one.period
    days = {"first": day(period.window_from), "last": day(period.window_to), "due": day(period.due_on)}
    say(_("{period} ({label}): data {first} – {last}, last day for sending {due}", **days, **_named(one)))
    opened = ngettext("{n} report opened", "{n} reports opened", len(one.items))
    there = ngettext("{n} was there already", "{n} were there already", len(one.there))
    say(f"  {opened}; {there}")
    for item in one.items:
        say(f"  {item.code}  {item.unit}")
    if period.finding:
        say(f"  ! {label(period.finding)}")


def _named(one: OpenPeriod) -> dict[str, str]:
    return {"period": one.period.name, "label": label(one.period.label)}
