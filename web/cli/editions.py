"""Editions of a workflow: how two differ, what a workflow does when it is walked at random, running items under another edition."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from web import i18n, wiring
from web.cli.definition import definition, named
from web.cli.shell import (
    as_house,
    as_json,
    caller_of,
    database_is_there,
    desk,
    given_settings,
    open_desk,
    option,
    say,
    say_json,
    table,
    taken,
)
from web.i18n import N_, _, label, ngettext, reason_sentence
from web.titles import titles_of
from workflow.catalog.diff import Change, diff
from workflow.catalog.simulate import Walks, cast_of, simulate
from workflow.engine import Definition
from workflow.errors import NotFound
from workflow.services.succession import Passage, Verdict, plan, plan_return, run, run_return

__all__ = ["definition"]


@definition.command(
    "diff", help=N_("How two workflows or versions differ: files, names, or a name with its version (task@2).")
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@as_json
def diff_command(old: str, new: str, as_json: bool) -> None:  # noqa: FBT001  click's
    changes = diff(_edition(old), _edition(new))
    if as_json:
        say_json([_change(change) for change in changes])
        return
    for change in changes:
        say(change.sentence.in_language(i18n.language()))
    if not changes:
        say(_("The two do not differ."))


def _edition(name: str) -> Definition:
    """A file, the newest edition of a name, or `name@version`."""
    workflow, at, version = name.rpartition("@")
    if not at or not version.isdigit():
        return named(name)
    settings = given_settings()
    if not database_is_there(settings):
        raise NotFound("definition", name)
    return open_desk(settings).office.editions.version(workflow, int(version))


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "part": change.part,
        "name": change.name,
        "aspect": change.aspect,
        "old": {"vi": change.old.vi, "en": change.old.en} if change.old else None,
        "new": {"vi": change.new.vi, "en": change.new.en} if change.new else None,
        "message": {"vi": change.sentence.vi, "en": change.sentence.en},
    }


@definition.command(
    "simulate",
    help=N_(
        "Walk a workflow at random, by its rules: which states are reached, which steps never come about, how long."
    ),
)
@click.argument("name", metavar="NAME")
@option("--runs", type=click.IntRange(1, 100_000), default=200, help=N_("How many walks (200)."))
@option("--seed", type=int, default=1, help=N_("The same seed gives the same walks (1)."))
@as_json
def simulate_command(name: str, runs: int, seed: int, as_json: bool) -> None:  # noqa: FBT001  click's
    found = named(name)
    library = wiring.shipped()
    if library.organisation is None:
        raise NotFound("organisation", "organisation")
    calendar = library.calendars.get(found.calendar) if found.calendar else None
    walk = partial(simulate, found, cast_of(library.organisation), calendar, runs=runs, seed=seed)
    walks = walk() if as_json else _watched(_("Walks"), lambda heard: walk(heard=heard))
    if as_json:
        say_json({"workflow": found.workflow, "version": found.version, "seed": seed, **walks.to_plain()})
    else:
        _say_walks(found, walks)


def _watched(title: str, work: Callable[[Callable[[int, int], None]], Any]) -> Any:
    """What `work` yields, with a bar on a terminal as long as it takes."""
    with click.progressbar(length=1, label=title, show_eta=False) as bar:

        def heard(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        return work(heard)


def _say_walks(found: Definition, walks: Walks) -> None:
    rows = [(_("State"), _("Entered"), _("Days, mean"), _("Days, longest"), _("Ended here"))]
    rows += [
        (name, str(stay.entered), f"{stay.mean_days:.1f}", f"{stay.longest_days:.1f}", str(walks.ended.get(name, "")))
        for name, stay in walks.stays.items()
    ]
    table(rows)
    say(
        _(
            "Walks: {n}; not created: {none}; not ended: {open}.",
            n=walks.runs,
            none=walks.not_created,
            open=walks.unfinished,
        )
    )
    for name in walks.unreached:
        say(_("Never reached: {state}", state=f"{name} ({label(found.states[name].label)})"))
    for name, codes in walks.dead.items():
        words = f"{name} ({label(found.transitions[name].label)})"
        say(_("Never made: {move}; refused most by: {codes}", move=words, codes=", ".join(codes) or "-"))
    if walks.silent:
        say(_("Timers that never fell due: {names}", names=", ".join(walks.silent)))


@definition.command(
    "migrate",
    help=N_("Bring running items to a version of their workflow, or back: a verdict for each, one entry each."),
)
@click.argument("name", metavar="NAME")
@option("--to", "version", type=click.IntRange(1), required=True, metavar="V", help=N_("The version."))
@option("--dry-run", is_flag=True, help=N_("Only say what would be done."))
@option("--revert", is_flag=True, help=N_("Take items that were brought to that version back to where they came from."))
@as_house
@as_json
def migrate_command(name: str, version: int, dry_run: bool, revert: bool, login: str | None, as_json: bool) -> None:  # noqa: FBT001  click's
    office = desk().office
    caller = caller_of(office, login)
    if dry_run:
        passage = (plan_return if revert else plan)(office, name, version)
    else:
        doing = partial(run_return if revert else run, office, caller, name, version)
        passage = taken(doing() if as_json else _watched(_("Items"), lambda heard: doing(heard=heard)))
    if as_json:
        say_json(_passage(passage, dry_run=dry_run))
        return
    with office.read() as uow:
        titles = titles_of(uow)
    for verdict in passage.verdicts:
        say(_told(verdict, office.editions.version(name, verdict.version), titles.unit))
    say(_summary(passage, dry_run=dry_run))


def _told(verdict: Verdict, edition: Definition, unit_name: Callable[[str], str]) -> str:
    start = f"{verdict.code}  {unit_name(verdict.unit)}  {verdict.version} {verdict.state}"
    if not verdict.possible:
        sentences = " ".join(reason_sentence(reason, None, edition) for reason in verdict.reasons)
        return f"{start}  × {sentences}"
    parts = [f"{start} → {verdict.to_version} {verdict.to_state}"]
    if verdict.filled:
        parts.append(_("filled: {fields}", fields=", ".join(verdict.filled)))
    if verdict.dropped:
        parts.append(_("dropped: {fields}", fields=", ".join(verdict.dropped)))
    return "  ".join(parts)


def _summary(passage: Passage, *, dry_run: bool) -> str:
    stay = len(passage.verdicts) - passage.possible
    if dry_run:
        said = ngettext("{n} item would go on there.", "{n} items would go on there.", passage.possible)
    else:
        said = ngettext("{n} item goes on there.", "{n} items go on there.", passage.possible)
    return f"{said} {ngettext('{n} item stays.', '{n} items stay.', stay)}" if stay else said


def _passage(passage: Passage, *, dry_run: bool) -> dict[str, Any]:
    return {
        "workflow": passage.workflow,
        "version": passage.version,
        "dry_run": dry_run,
        "possible": passage.possible,
        "items": [
            {
                "id": verdict.item,
                "code": verdict.code,
                "unit": verdict.unit,
                "from": {"version": verdict.version, "state": verdict.state},
                "to": {"version": verdict.to_version, "state": verdict.to_state} if verdict.possible else None,
                "filled": list(verdict.filled),
                "dropped": list(verdict.dropped),
                "reasons": [{"code": reason.code, "params": dict(reason.params)} for reason in verdict.reasons],
            }
            for verdict in passage.verdicts
        ],
    }
