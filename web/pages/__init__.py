"""The HTML pages: one module a page, each with its blueprint `bp`."""

from flask import Flask

from web.pages import delegations, directives, errors, files, help, history, inbox, items, overview, rendering, session, workflows  # noqa: A004  the page is called help


def register(app: Flask) -> None:
    """Give `app` every page, what the templates may call, and the pages that tell of errors."""
    rendering.equip(app)
    errors.handle(app)
    for page in (session, inbox, items, overview, directives, delegations, history, workflows, files, help):
        app.register_blueprint(page.bp)
