"""The web application: pages, calls and commands over one office."""

from flask import Flask

from web import actors, api, delivery, extensions, health, logs, metrics, pages, security, wiring
from web.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The application over the office that `settings` describe; it touches no database until the first request."""
    app = Flask(__name__, static_folder=None)
    app.config.update(SECRET_KEY=settings.secret_key, SQLALCHEMY_DATABASE_URI=settings.database_url)
    meters = metrics.Meters()
    metrics.measure(app, meters, settings)
    security.protect(app, trusted_hosts=settings.trusted_hosts, https=settings.https, proxy_hops=settings.proxy_hops)
    extensions.bind(app)
    wiring.attach(app, settings, meters.witness)
    meters.registry.register(metrics.Kept(lambda: app.extensions["office"]))
    logs.follow(app)
    health.register(app)
    actors.guard(app)
    delivery.deliver(app)
    pages.register(app)
    api.register(app)
    return app
