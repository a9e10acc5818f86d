"""The audit log: is it whole, and does it yield the rows that pages show."""

import click

from web import i18n
from web.cli.sealing import COMMANDS
from web.cli.shell import WRONG, SpokenGroup, as_json, desk, say, say_json
from web.i18n import N_, _, ngettext
from workflow.audit import Fault, HeadFault
from workflow.services import auditing, custody

audit = SpokenGroup(
    "audit", help=N_("The audit log: verify it, compare it with the rows, sign it, take it away."), commands=COMMANDS
)


@audit.command(
    help=N_(
        "Walk the whole log; the first entry that does not hold is named, and each stream whose end is not the one that was kept."
    )
)
@as_json
def verify(as_json: bool) -> None:  # noqa: FBT001  click's
    found = auditing.verify(desk().office)
    if as_json:
        first = _plain(found.first_bad) if found.first_bad else None
        heads = [_plain(one) for one in found.heads]
        say_json({"ok": found.ok, "entries": found.count, "first_bad": first, "heads": heads})
    else:
        _say_verified(found)
    if not found.ok:
        raise click.exceptions.Exit(WRONG)


def _plain(fault: Fault | HeadFault) -> dict[str, object]:
    message = fault.in_language(i18n.language())
    return {"stream": fault.stream, "n": fault.n, "code": fault.code, "message": message}


def _say_verified(found: auditing.Verified) -> None:
    if found.first_bad:
        say(_("The first bad entry: {entry}", entry=found.first_bad.in_language(i18n.language())))
    for one in found.heads:
        say(_("An end that is not as it was kept: {what}", what=one.in_language(i18n.language())))
    if found.ok:
        say(
            ngettext(
                "{n} entry, every one holds, and so does the end of each stream.",
                "{n} entries, every one holds, and so does the end of each stream.",
                found.count,
            )
        )


@audit.command(help=N_("Replay the log of every item and compare it with the item's row, fact by fact."))
@as_json
def replay(as_json: bool) -> None:  # noqa: FBT001  click's
    found = auditing.replay(desk().office)
    if as_json:
        rows = [
            {"code": one.code, "id": one.item_id, "fact": one.fact, "row": one.row, "log": one.log}
            for one in found.differences
        ]
        say_json({"ok": not rows, "items": found.items, "entries": found.entries, "differences": rows})
    else:
        for one in found.differences:
            say(
                _(
                    "{code} · {fact}: the row says {row}, the log says {log}",
                    code=one.code,
                    fact=one.fact,
                    row=one.row,
                    log=one.log,
                )
            )
        say(
            _(
                "{items} items from {entries} entries, {count} differences.",
                items=found.items,
                entries=found.entries,
                count=len(found.differences),
            )
        )
    if found.differences:
        raise click.exceptions.Exit(WRONG)


@audit.command(help=N_("Tell anew, out of the log, who held which item how long."))
@as_json
def reindex(as_json: bool) -> None:  # noqa: FBT001  click's
    count = custody.rebuild(desk().office)
    if as_json:
        say_json({"items": count})
    else:
        say(ngettext("{n} item told anew.", "{n} items told anew.", count))
