"""Extensions of Flask, unbound: `create_app` binds them."""

from flask import Flask
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy

from workflow.persistence.engine import configure
from workflow.persistence.tables import metadata

db = SQLAlchemy(metadata=metadata)


class _Recognition(LoginManager):  # type: ignore[misc]
    """The session is a row of our own and dies with it: nothing of flask-login's is kept in a cookie."""

    def _session_protection_failed(self) -> bool:
        # It would hash the browser's name for every request before it finds that nobody asked for that.
        return False


login_manager = _Recognition()


def bind(app: Flask) -> None:
    """Bind both to `app`; every connection of its engine gets the product's settings."""
    db.init_app(app)
    # Templates get what they show from their view; asking the user there would ask the database.
    login_manager.init_app(app, add_context_processor=False)
    with app.app_context():
        configure(db.engine)
