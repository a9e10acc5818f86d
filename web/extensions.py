"""Extensions of Flask, unbound: `create_app` binds them."""

from flask import Flask
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine

from workflow.persistence.engine import configure
from workflow.persistence.tables import metadata

db = SQLAlchemy(metadata=metadata)

login_manager = LoginManager()
# The session is a row of our own and dies with it: nothing of flask-login's is kept in a cookie.
login_manager.session_protection = None


def bind(app: Flask) -> Engine:
    """Bind both to `app` and hand back its engine, whose every connection gets the product's settings."""
    db.init_app(app)
    login_manager.init_app(app)
    with app.app_context():
        return configure(db.engine)
