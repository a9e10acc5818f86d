"""The command `dondoc`: one module a noun."""

from typing import NoReturn

from web.cli import (
    accountability,
    audit,
    backups,
    calendar,
    db,
    delegation,
    demo,
    doctor,
    documents,
    editions,
    history,
    importing,
    item,
    mandate,
    outbox,
    people,
    redact,
    report,
    serve,
    sheets,  # noqa: F401  adds its commands to those of reports
)
from web.cli.shell import Root
from web.i18n import N_

dondoc = Root(
    "dondoc",
    help=N_("Assign, follow up and account for the work of a commune's People's Committee."),
    commands=[
        demo.demo,
        db.init,
        serve.serve,
        serve.clock,
        outbox.worker,
        outbox.outbox,
        item.item,
        documents.file,
        report.report,
        accountability.accountability,
        calendar.calendar,
        editions.definition,
        importing.importing,
        audit.audit,
        history.history,
        people.user,
        people.unit,
        people.token,
        delegation.delegation,
        mandate.mandate,
        backups.backup,
        backups.restore,
        redact.redact,
        doctor.doctor,
    ],
)


def main() -> NoReturn:
    """Run the command that the process was started with, and end the process with its code."""
    dondoc.main(prog_name="dondoc")
