"""May this actor, in which capacity: offices, posts, relations, delegations and four eyes."""

from collections.abc import Iterable

from workflow.engine.circumstances import Directory
from workflow.engine.decision import Kind, Reason
from workflow.engine.definition import POSTS, Who, WhoKind
from workflow.engine.item import Actor, Delegation, Doer, Item, units_of
from workflow.values import Frozen, replace


class Capacity(Frozen):
    """The word of `by` under which an actor may act, and for whom under which delegation, if any."""

    who: Who
    acting_for: str | None = None
    delegation: str | None = None


class FourEyes(Frozen):
    """A rule of distinct people: the moves (or "proposer") whose doers are excluded, by person and by unit."""

    distinct_from: tuple[str, ...]
    distinct_unit_from: tuple[str, ...]
    nobody_left: Who | None


def area_of(item: Item) -> str | None:
    area = item.fields.get("area")
    return str(area) if area else None


def covers(delegation: Delegation, item: Item) -> bool:
    """Whether the item lies within what was given: its workflow and its area, where it has one."""
    area = area_of(item)
    return (not delegation.workflows or item.workflow in delegation.workflows) and (
        not delegation.areas or area is None or area in delegation.areas
    )


def _office(name: str, roles: frozenset[str], areas: frozenset[str], item: Item) -> bool:
    if name not in roles:
        return False
    area = area_of(item)
    return name != "vice_chairman" or area is None or area in areas


def _relation(who: Who, person: str, item: Item) -> bool:
    if who.kind is WhoKind.FIELD:
        return bool(person) and item.fields.get(who.name) == person
    if who.kind is WhoKind.CREATOR:
        return item.created_by == person
    doer = item.last.get(who.name)
    return doer is not None and person in doer.people


def _in_force(actor: Actor, item: Item) -> Iterable[Delegation]:
    """The delegations the actor may use here: the named giver's when he says for whom he acts, else all of them."""
    return (
        delegation
        for delegation in actor.delegations
        if covers(delegation, item) and actor.acting_for in (None, delegation.giver)
    )


def _own(who: Who, actor: Actor, item: Item) -> Capacity | None:
    if who.kind is WhoKind.OFFICE:
        return Capacity(who) if _office(who.name, actor.roles, actor.areas, item) else None
    if who.kind is not WhoKind.POST:
        return Capacity(who) if _relation(who, actor.id, item) else None
    if who.name == "unit_deputy":
        return _as_deputy(who, actor, item)
    return Capacity(who) if who.name in actor.roles and actor.unit == item.unit else None


def _as_deputy(who: Who, actor: Actor, item: Item) -> Capacity | None:
    """A deputy signs for the head (KT.) only under a written delegation in force: Nghị định 30/2020, Điều 13."""
    if who.name not in actor.roles or actor.unit != item.unit:
        return None
    for delegation in _in_force(actor, item):
        if "unit_head" in delegation.roles and delegation.giver_unit == item.unit:
            return Capacity(who, delegation.giver, delegation.id)
    return None


def _delegated(who: Who, actor: Actor, item: Item) -> Capacity | None:
    if who.kind is WhoKind.POST and who.name == "unit_deputy":
        return _as_deputy(who, actor, item)
    for delegation in _in_force(actor, item):
        if who.kind is WhoKind.OFFICE:
            held = _office(who.name, delegation.roles, delegation.giver_areas, item)
        elif who.kind is WhoKind.POST:
            held = who.name in delegation.roles and delegation.giver_unit == item.unit
        else:
            held = _relation(who, delegation.giver, item)
        if held:
            return Capacity(who, delegation.giver, delegation.id)
    return None


def capacity(who: Who, actor: Actor, item: Item) -> Capacity | None:
    """The capacity `who` gives the actor on this item, or None. Acting for somebody, only that person's powers count."""
    if actor.acting_for is not None:
        return _delegated(who, actor, item)
    return _own(who, actor, item)


def givers_on(actor: Actor, item: Item) -> tuple[str, ...]:
    """Everybody in whose name the actor may try to act on this item, in the order of their powers."""
    return tuple(dict.fromkeys(delegation.giver for delegation in actor.delegations if covers(delegation, item)))


def carried_on(actor: Actor, delegation: str | None) -> Actor:
    """The actor as the consequences of his act meet him: the power he used covers them, whatever their workflow."""
    powers = tuple(
        replace(power, workflows=frozenset()) if power.id == delegation else power for power in actor.delegations
    )
    return replace(actor, delegations=powers) if delegation else actor


def roles_of(actor: Actor) -> frozenset[str]:
    """The actor's own roles and, where he acts for somebody, the giver's: a rule that binds the giver binds him too."""
    lent = (delegation.roles for delegation in actor.delegations if delegation.giver == actor.acting_for)
    return actor.roles.union(*lent)


def holders(who: Who, item: Item, directory: Directory) -> frozenset[str]:
    """Everybody whom `who` may mean on this item. A deputy, who needs a delegation first, is never counted on."""
    if who.kind is WhoKind.OFFICE:
        return directory.holders(who.name, None, area_of(item))
    if who.kind is WhoKind.POST:
        return frozenset() if who.name == "unit_deputy" else directory.holders(who.name, item.unit, area_of(item))
    if who.kind is WhoKind.FIELD:
        value = item.fields.get(who.name)
        return frozenset({str(value)}) if value else frozenset()
    if who.kind is WhoKind.CREATOR:
        return frozenset({item.created_by})
    if who.kind is WhoKind.POST_IN:
        units = units_in(item, who.name) if who.post != "unit_deputy" else ()
        return frozenset().union(*(directory.holders(who.post, unit, area_of(item)) for unit in units))
    doer = item.last.get(who.name)
    return doer.people if doer else frozenset()


def units_in(item: Item, field: str) -> tuple[str, ...]:
    """The units that a field of the item holds: one, or several."""
    value = item.fields.get(field)
    return units_of(str(value)) if value else ()


def _refusal(by: tuple[Who, ...], actor: Actor, item: Item) -> Reason:
    """The most telling reason why none of `by` fits."""
    may = ", ".join(str(who) for who in by)
    if actor.acting_for is not None:
        return Reason(_substitute_refusal(actor, item), Kind.AUTHORITY, {"may": may})
    for who in by:
        if who.kind is WhoKind.POST and who.name in actor.roles and actor.unit != item.unit:
            return Reason("wrong_unit", Kind.AUTHORITY, {"unit": item.unit, "may": may})
    for who in by:
        if who.name == "unit_deputy" and "unit_deputy" in actor.roles and actor.unit == item.unit:
            return Reason("delegation_needed", Kind.AUTHORITY, {"may": may})
        if who.name == "vice_chairman" and "vice_chairman" in actor.roles:
            return Reason("outside_area", Kind.AUTHORITY, {"area": area_of(item) or "", "may": may})
    return Reason("not_permitted", Kind.AUTHORITY, {"may": may})


def _substitute_refusal(actor: Actor, item: Item) -> str:
    powers = [delegation for delegation in actor.delegations if delegation.giver == actor.acting_for]
    if not powers:
        return "delegation_needed"
    # A power gives nothing that the giver does not have himself.
    return "not_permitted" if any(covers(power, item) for power in powers) else "delegation_outside"


def _excluded(rule: FourEyes, item: Item, proposer: Doer | None) -> tuple[frozenset[str], frozenset[str], list[str]]:
    """The people and units a four-eyes rule shuts out, and the moves that did it."""
    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    for name in rule.distinct_from:
        doer = proposer if name == "proposer" else item.last.get(name)
        people |= doer.people if doer else frozenset()
    for name in rule.distinct_unit_from:
        doer = proposer if name == "proposer" else item.last.get(name)
        if doer and doer.unit:
            units |= {doer.unit}
    return people, units, [*rule.distinct_from, *rule.distinct_unit_from]


def _four_eyes(rule: FourEyes, actor: Actor, found: Capacity, item: Item, proposer: Doer | None) -> Reason | None:
    people, units, moves = _excluded(rule, item, proposer)
    acting = {actor.id, found.acting_for} - {None}
    if people & acting:
        return Reason("self_review", Kind.AUTHORITY, {"moves": ", ".join(moves)})
    if actor.unit in units:
        return Reason("same_unit", Kind.AUTHORITY, {"unit": actor.unit or "", "moves": ", ".join(moves)})
    return None


def _somebody_left(
    by: tuple[Who, ...], rule: FourEyes, item: Item, directory: Directory, proposer: Doer | None
) -> bool:
    people, _, _ = _excluded(rule, item, proposer)
    return any(holders(who, item, directory) - people for who in by)


def left_by(rule: FourEyes, who: Who, item: Item, directory: Directory, proposer: Doer | None = None) -> frozenset[str]:
    """Everybody whom `who` means and the rule of distinct people does not shut out, by person or by the post in a unit."""
    people, units, _ = _excluded(rule, item, proposer)
    shut_out = frozenset(
        person for unit in units for post in sorted(POSTS) for person in directory.holders(post, unit, area_of(item))
    )
    return holders(who, item, directory) - people - shut_out


def authorise(
    by: tuple[Who, ...],
    rule: FourEyes,
    actor: Actor,
    item: Item,
    directory: Directory,
    proposer: Doer | None = None,
) -> Capacity | Reason:
    """In which capacity the actor may act, or why not. A rule that leaves nobody turns to its fallback, never to everyone."""
    refusal: Reason | None = None
    for who in by:
        found = capacity(who, actor, item)
        if found is None:
            continue
        reason = _four_eyes(rule, actor, found, item, proposer)
        if reason is None:
            return found
        refusal = refusal or reason
    fallback = rule.nobody_left and capacity(rule.nobody_left, actor, item)
    if (
        fallback
        and _four_eyes(rule, actor, fallback, item, proposer) is None
        and not _somebody_left(by, rule, item, directory, proposer)
    ):
        return fallback
    return refusal or _refusal(by, actor, item)
