"""Periodic reports: open a period by hand. The clock does the same by itself when a period begins."""

import click

from web import plain, problems
from web.cli.shell import Desk, SpokenGroup, as_json, desk, option, say, say_json, say_reasons
from web.i18n import N_, _, day, label, ngettext
from web.titles import titles_of
from workflow.services.reports import NotOpened, Opening, OpenPeriod, open_due, open_period

report = SpokenGroup("report", help=N_("Periodic reports: open their periods."))


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
