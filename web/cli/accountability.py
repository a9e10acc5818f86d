"""The accountability sheet of a unit's head, on the command line."""

import click

from web import plain_accountability
from web.cli.shell import Desk, SpokenCommand, as_json, as_reader, caller_of, desk, option, say, say_json, table, taken
from web.i18n import N_, _, day, label, moment, number
from web.measures import BY_KIND, TOGETHER, WORDS
from web.titles import Titles, titles_of
from workflow.engine.accountability import Measure
from workflow.services.accountability import Account, account, asked_of, scores


@click.command(
    "accountability",
    cls=SpokenCommand,
    help=N_("What the head of a unit answers for in a period, by the log: as of now, or of a past day."),
)
@click.argument("unit", metavar="UNIT")
@option("--period", default="", metavar="NAME", help=N_("2026-10, 2026-Q4, 2026-H2 or 2026; without it, this month."))
@option("--as-of", default="", metavar="DAY", help=N_("The log is read up to the end of that day."))
@option("--scores", "with_scores", is_flag=True, help=N_("The progress scores by person as well."))
@as_reader
@as_json
def accountability(unit: str, period: str, as_of: str, with_scores: bool, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    at = desk()
    caller = caller_of(at.office, login)
    asked = taken(asked_of(at.office, period, as_of))
    with at.office.read() as uow:
        found = account(at.office, uow, caller, unit, *asked)
        titles = titles_of(uow)
    told = scores(caller, found) if with_scores else ()
    if as_json:
        said = plain_accountability.sheet(found, titles)
        say_json(
            {**said, **({"scores": plain_accountability.scores(found, told, titles)["scores"]} if with_scores else {})}
        )
        return
    _say_sheet(at, found, titles)
    for one in told:
        who = titles.person(one.person) if one.person else _("{who} (nobody is named)", who=titles.unit(unit))
        say(f"{number(f'{one.tenths / 10:.1f}')} %  {who}")


def _say_sheet(at: Desk, found: Account, titles: Titles) -> None:
    say(f"{titles.unit(found.unit)} – {label(found.period.label)}")
    days = _("from {first} to {last}", first=day(found.period.first), last=day(found.period.last))
    say(f"{days}; {_('by the log up to {at}', at=moment(found.at, at.settings.zone))}")
    for heading, measures in (*BY_KIND, *TOGETHER):
        say(_(heading))
        table((found.sheet.number(measure), _(WORDS[measure])) for measure in measures if _is_told(found, measure))


def _is_told(found: Account, measure: Measure) -> bool:
    return found.sheet.number(measure) > 0
