"""The HTML pages: one module a page, each with its blueprint `bp`."""

from flask import Flask

from web.pages import (
    account,
    accountability,
    admin,
    as_of,
    calendars,
    delegations,
    directives,
    documents,
    editions,
    editor,
    errors,
    escalations,
    feeds,
    files,
    help,  # noqa: A004  the page is called help
    history,
    inbox,
    items,
    jobs,
    mandates,
    messages,
    mining,
    notices,
    overrides,
    overview,
    redactions,
    rendering,
    reports,
    seals,
    session,
    sheets,
    workflows,
)


def register(app: Flask) -> None:
    """Give `app` every page, what the templates may call, and the pages that tell of errors."""
    rendering.equip(app)
    errors.handle(app)
    for page in (
        session,
        inbox,
        items,
        jobs,
        notices,
        messages,
        overrides,
        redactions,
        overview,
        reports,
        sheets,
        accountability,
        escalations,
        directives,
        delegations,
        history,
        seals,
        as_of,
        workflows,
        mining,
        editor,
        editions,
        files,
        documents,
        admin,
        mandates,
        account,
        feeds,
        calendars,
        help,
    ):
        app.register_blueprint(page.bp)
