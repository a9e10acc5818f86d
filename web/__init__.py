"""The web application: pages, calls and commands over one office."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from web import actors, api, delivery, extensions, health, logs, metrics, pages, readings, security, wiring
from web.settings import Settings


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: nothing here is a coroutine, and to look costs every request a dozen questions."""
        return func


def create_app(settings: Settings) -> Flask:
    """The application over the office that `settings` describe; it touches no database until the first request."""
    app = _Application(__name__, static_folder=None)
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
    readings.keep(app)
    delivery.deliver(app)
    pages.register(app)
    api.register(app)
    return app
