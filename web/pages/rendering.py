"""How a page is made: the frame around it and what templates may call. Templates hold no rules."""

from collections.abc import Callable, Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any

from flask import Flask, current_app, g, render_template, request
from flask.templating import Environment

from web import actors, delivery, i18n, security
from web.actors import UNREAD
from web.wiring import badge, office, organisation, settings
from workflow.engine import Actor, Label
from workflow.engine.administration import refusal_to_administer
from workflow.persistence import UnitOfWork
from workflow.services.calendars import MissingYear, missing_years

ICONS = "vendor/tabler-icons-3.51.0/icons.svg"
_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page. `notices` is the one link that stands beside the person, not in the row of links.

    `demonstration` is the office's day where its clock is shifted, else empty. `missing_years` are told to the administrator
    alone: years whose days off he has to enter.
    """

    language: str
    person: Label | None
    links: tuple[actors.NavLink, ...]
    notices: actors.NavLink | None
    demonstration: str
    office_name: Label | None
    request_id: str
    path: str
    search: bool
    missing_years: tuple[MissingYear, ...] = ()


def frame() -> Frame:
    found = actors.signed_in()
    clock = office().clock
    house, links = organisation(), actors.navigation()
    return Frame(
        language=i18n.language(),
        person=found.person.title if found else None,
        links=tuple(link for link in links if link.badge != UNREAD),
        notices=next((link for link in links if link.badge == UNREAD), None),
        demonstration=i18n.moment(clock.now(), settings().zone) if clock.offset else "",
        office_name=house.name if house else None,
        request_id=security.request_id(),
        path=security.own_path(request.full_path.rstrip("?") if request.method == "GET" else request.path),
        search=found is not None and actors.has_page("/search"),
        missing_years=missing_years(office()) if found and refusal_to_administer(found.actor) is None else (),
    )


def render_page(template: str, status: int = 200, **context: Any) -> tuple[str, int]:
    """A whole page: `template` extends base.html."""
    return render_template(template, frame=frame(), **context), status


class Shown:
    """A page that is ready to be rendered once its unit of work is over: the frame around it asks the database itself."""

    __slots__ = ("_context", "_status", "_template")

    def __init__(self, template: str, status: int = 200, **context: Any) -> None:
        self._template, self._status, self._context = template, status, context

    def part(self, name: str) -> Any:
        """What the template would be given under that name."""
        return self._context[name]

    def render(self) -> tuple[str, int]:
        return render_page(self._template, self._status, **self._context)


def render_fragment(template: str, status: int = 200, **context: Any) -> tuple[str, int]:
    """A part of a page, for a request that htmx made; never a whole page."""
    return render_template(template, **context), status


def leave_the_database_alone() -> None:
    """For pages that tell of a fault of the database: their frame is made without it."""
    g.nav_counts = dict.fromkeys(_COUNTS, 0)


def kept(template: str, macro: str) -> Callable[..., str]:
    """That macro, each of its answers made once in a language: for words that stand on many pages, never for what somebody wrote.

    What follows from the arguments and the language alone may be kept; a macro that asks for more (a token, a count) may not.
    """

    # Typed: markup and a text that is spelled alike are not the same words.
    @lru_cache(maxsize=_KEPT, typed=True)
    def made(_spoken: str, *words: Hashable) -> str:
        answer: str = getattr(current_app.jinja_env.get_template(template).module, macro)(*words)
        return answer

    return lambda *words: made(i18n.language(), *words)


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page that is on the screen."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def _waiting(uow: UnitOfWork, actor: Actor) -> int:
    return badge().count(uow, actor)


def _unread(uow: UnitOfWork, actor: Actor) -> int:
    return uow.notices.unread(actor.id)


_COUNTS: Mapping[str, Callable[[UnitOfWork, Actor], int]] = MappingProxyType(
    {actors.WAITING: _waiting, UNREAD: _unread}
)


def count_within(uow: UnitOfWork) -> None:
    """Count for the frame in the unit that a page has open anyway: a unit of its own would cost more than the counts."""
    found = actors.signed_in()
    if found is not None and "nav_counts" not in g:
        g.nav_counts = {name: count(uow, found.actor) for name, count in _COUNTS.items()}


def nav_count(what: str) -> int:
    """How many things wait for whoever is signed in, or how many notices he has not read; 0 shows nothing."""
    found = actors.signed_in()
    if found is None or what not in _COUNTS:
        return 0
    if "nav_counts" not in g:
        with office().read() as uow:
            count_within(uow)
    known: dict[str, int] = g.nav_counts
    return known[what]


def icon_address(name: str) -> str:
    return f"{delivery.address(ICONS)}#{name}"


class _Environment(Environment):
    """Templates share what they may call as one plain mapping, complete before the first is loaded.

    Jinja's own is a chain of two, whose names are walked through one by one for every page and every import.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}


def equip(app: Flask) -> None:
    app.jinja_environment = _Environment
    zone = app.extensions["settings"].zone
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        _=i18n._,
        ngettext=i18n.ngettext,
        asset=delivery.address,
        icon=kept("macros/icons.html", "icon"),
        icon_address=icon_address,
        options=kept("macros/choices.html", "options"),
        main_links=kept("macros/navigation.html", "main_links"),
        ready_lists=kept("macros/filters.html", "ready_lists"),
        filter_lists=kept("macros/filters.html", "filter_lists"),
        csrf_token=security.csrf_token,
        nav_count=nav_count,
        reason_sentence=i18n.reason_sentence,
        role_name=i18n.role_name,
    )
    app.jinja_env.filters.update(
        label=i18n.label,
        day=partial(i18n.day, zone=zone),
        clock_time=partial(i18n.clock_time, zone=zone),
        moment=partial(i18n.moment, zone=zone),
        exact_time=partial(i18n.exact_time, zone=zone),
        number=i18n.number,
        percent=i18n.percent,
    )
