"""In whose name a step is taken on its form: one's own, or that of somebody whose written power one holds."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from web.actors import current_actor
from web.i18n import _, day
from web.titles import Titles
from web.wiring import office
from workflow.engine import Actor, Definition, Item, Offer
from workflow.engine.permissions import covers
from workflow.errors import NotFound
from workflow.persistence import UnitOfWork
from workflow.services.delegations import days_of
from workflow.services.moves import names_to_act_in
from workflow.values import replace


@dataclass(frozen=True, slots=True)
class Acting:
    """`login` is that of the giver, "" for one's own name; `banner` says so; `others` are (words, address) of the choice."""

    login: str = ""
    banner: str = ""
    others: tuple[tuple[str, str], ...] = ()


def giver_asked(uow: UnitOfWork) -> str | None:
    """The id of the person whom the form or the address names in `for`, or None; NotFound where there is nobody."""
    login = request.values.get("for")
    if not login:
        return None
    person = uow.people.id_of_login(login)
    if person is None:
        raise NotFound("person", login)
    return person


def actor_asked(uow: UnitOfWork) -> Actor:
    """Whoever is signed in, in the name that he says."""
    return replace(current_actor(), acting_for=giver_asked(uow))


def acting(
    uow: UnitOfWork, definition: Definition, item: Item, actor: Actor, offer: Offer | None, titles: Titles
) -> Acting:
    """What the form of that offer says of the name in which it will be sent."""
    giver = (offer.acting_for if offer else None) or actor.acting_for
    login = (titles.login(giver) or "") if giver else ""
    return Acting(
        login, _banner(uow, item, actor, giver, titles), _choice(uow, definition, item, actor, offer, giver, titles)
    )


def _banner(uow: UnitOfWork, item: Item, actor: Actor, giver: str | None, titles: Titles) -> str:
    held = next((power for power in actor.delegations if power.giver == giver and covers(power, item)), None)
    if held is None:
        return ""
    power = uow.people.delegation(held.id)
    return _(
        "A delegation is in force: you take this step on behalf of {giver} ({kind}, {document}, until {day})."
        " The log names both of you.",
        giver=titles.person(giver),
        kind=power.kind,
        document=power.act,
        day=day(days_of(power, office().zone)[1]),
    )


def _choice(
    uow: UnitOfWork,
    definition: Definition,
    item: Item,
    actor: Actor,
    offer: Offer | None,
    giver: str | None,
    titles: Titles,
) -> tuple[tuple[str, str], ...]:
    if offer is None or not actor.delegations:
        return ()
    names = names_to_act_in(office(), uow, definition, item, actor, (offer.move, offer.act))
    return tuple((_words(name, titles), _address(offer, name, titles)) for name in names if name != giver)


def _words(name: str | None, titles: Titles) -> str:
    return on_behalf_of(name, titles) if name else _("in your own name")


def on_behalf_of(giver: str, titles: Titles) -> str:
    return _("on behalf of {giver}", giver=titles.person(giver))


def _address(offer: Offer, name: str | None, titles: Titles) -> str:
    return request.path.removesuffix("/preview") + query_of(offer, name, titles)


def query_of(offer: Offer, name: str | None, titles: Titles) -> str:
    """The query with which a step's form is opened for that act in that name, "" where neither has to be said."""
    said = {"act": "" if offer.act == "perform" else offer.act, "for": (titles.login(name) or "") if name else ""}
    query = urlencode({key: value for key, value in said.items() if value})
    return f"?{query}" if query else ""
