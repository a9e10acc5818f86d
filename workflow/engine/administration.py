"""Who may run the house: accounts, units, calendars, definitions and written delegations.

No business move follows from running it, and none gives it. The one way past a workflow is here, too: the administrator
asks, the chairman decides and is the one who acted.
"""

from workflow.engine.circumstances import Circumstances
from workflow.engine.deadlines import bounds_after
from workflow.engine.decide import lateness_of, overtaken_by
from workflow.engine.decision import Accepted, Decision, Kind, Reason, Rejected
from workflow.engine.definition import Definition
from workflow.engine.events import Overridden
from workflow.engine.item import Actor, Doer, Item
from workflow.engine.mandate import AUDITOR
from workflow.engine.workdays import CalendarYearMissing

_ADMINISTRATORS = frozenset({"admin", "system"})


def refusal_to_administer(actor: Actor) -> Reason | None:
    """Why `actor` may not administer the office, or None where he may."""
    if actor.roles & _ADMINISTRATORS:
        return None
    return Reason("not_permitted", Kind.AUTHORITY, {"may": "admin"})


def refusal_to_audit(actor: Actor) -> Reason | None:
    """Why `actor` may not read the whole log, or None: the auditor, and the chairman who answers for the office.

    An auditor whose mandate names units or workflows reads a part of it only (`refusal_to_read_log`).
    """
    refusal = refusal_to_read_log(actor)
    if refusal is None and actor.mandate is not None and actor.mandate.narrow:
        return Reason("mandate_narrow", Kind.AUTHORITY, {"act": actor.mandate.act})
    return refusal


def refusal_to_read_log(actor: Actor) -> Reason | None:
    """Why `actor` may not look into the log at all, or None; what of it he reads is within his scope of reading."""
    if actor.roles & {"auditor", "chairman", "system"}:
        return None
    return Reason("not_permitted", Kind.AUTHORITY, {"may": "auditor, chairman"})


def refusal_to_take_private(actor: Actor) -> Reason | None:
    """Why `actor` may not take private texts away with the log, or None: his mandate says so, or he answers for the office."""
    refusal = refusal_to_audit(actor)
    if refusal is None and actor.mandate is not None and not actor.mandate.private:
        return Reason("mandate_without_private", Kind.AUTHORITY, {"act": actor.mandate.act})
    return refusal


def stands_apart_from_content(actor: Actor) -> bool:
    """Whether `actor` runs the accounts: what he tries to read of the office's business is refused, and kept."""
    return "admin" in actor.roles


def inspects(actor: Actor) -> bool:
    """Whether `actor` reads as an auditor: then each page and answer that he is shown is an entry of the log."""
    return AUDITOR in actor.roles


def refusal_to_mandate(held: frozenset[str]) -> Reason | None:
    """Why nobody with these offices and posts can be given a mandate, or None: who inspects has no other part in the office."""
    if held - {AUDITOR}:
        return Reason("auditor_has_posts", Kind.INPUT, {"field": "login", "may": ", ".join(sorted(held))})
    return None


def refusal_to_contribute(actor: Actor) -> Reason | None:
    """Why `actor` may add neither words nor files to an item that he reads, or None: who inspects the office only reads."""
    if actor.roles - {"auditor"} or actor.delegations:
        return None
    return Reason("reads_only", Kind.AUTHORITY)


# -- written delegations: Nghị định 30/2020, Điều 13 -------------------------------------------------------------------

_GIVERS = ("unit_head", "vice_chairman", "chairman")
_CLERK = "clerk"
_APART = frozenset({"admin", "auditor"})


def refusal_to_delegate(actor: Actor) -> Reason | None:
    """Why `actor` may not give a power of his own, or None. What was lent to somebody is never passed on (Điều 13.3)."""
    if actor.roles & set(_GIVERS):
        return None
    if actor.delegations or "unit_deputy" in actor.roles:
        return Reason("delegation_chain", Kind.AUTHORITY)
    return Reason("not_permitted", Kind.AUTHORITY, {"may": ", ".join(_GIVERS)})


def refusal_to_record_for_others(actor: Actor) -> Reason | None:
    """Why `actor` may not record a power that somebody else gave, or None: the clerk keeps the office's written acts."""
    return None if _CLERK in actor.roles else Reason("not_permitted", Kind.AUTHORITY, {"may": _CLERK})


def refusal_to_receive(receiver: Actor, giver: Actor) -> Reason | None:
    """Why `receiver` cannot be the giver's substitute, or None. A unit head's work stays within his unit."""
    if receiver.id == giver.id:
        return Reason("receiver_is_giver", Kind.INPUT, {"field": "receiver"})
    if receiver.roles & _APART:
        # Whoever inspects the office or runs its accounts takes no part in its business.
        return Reason("receiver_stands_apart", Kind.INPUT, {"field": "receiver"})
    if not giver.roles & {"chairman", "vice_chairman"} and receiver.unit != giver.unit:
        return Reason("receiver_of_other_unit", Kind.INPUT, {"field": "receiver", "unit": giver.unit or ""})
    return None


def refusal_to_end(actor: Actor, giver: str, receiver: str) -> Reason | None:
    """Why `actor` may not end that power, or None: either of the two, and the clerk."""
    if actor.id in (giver, receiver):
        return None
    return refusal_to_record_for_others(actor)


def refusal_to_see_all_delegations(actor: Actor) -> Reason | None:
    """Why `actor` sees only the powers that he gave or received, or None."""
    may = (_CLERK, "chairman", "auditor")
    return None if actor.roles & set(may) else Reason("not_permitted", Kind.AUTHORITY, {"may": ", ".join(may)})


# -- past the workflow --------------------------------------------------------------------------------------------------

OVERRIDE = "override"
REDACTION = "redaction"
"""A private text is erased: like a wish past the workflow, the administrator asks and the chairman decides."""
_CHAIRMAN = "chairman"


def refusal_to_override(definition: Definition, item: Item, target: str) -> Reason | None:
    """Why an override to `target` makes no sense on this item, whoever decides it; None where it does."""
    if target not in definition.states:
        return Reason("no_such_state", Kind.INPUT, {"field": "state", "value": target})
    if target == item.state:
        return Reason("already_there", Kind.PRECONDITION, {"state": target})
    return None


def refusal_to_decide(actor: Actor, asked_by: str) -> Reason | None:
    """Why `actor` may not decide what `asked_by` asked: only the chairman may, and never on a wish of his own."""
    if _CHAIRMAN not in actor.roles:
        return Reason("not_permitted", Kind.AUTHORITY, {"may": _CHAIRMAN})
    if actor.id == asked_by:
        return Reason("self_review", Kind.AUTHORITY, {"moves": OVERRIDE})
    return None


def override(
    definition: Definition, item: Item, actor: Actor, target: str, asked_by: str, circumstances: Circumstances
) -> Decision:
    """What follows when `actor` grants it: the state alone changes, its episodes of lateness and open requests with it."""
    refusals = (refusal_to_decide(actor, asked_by), refusal_to_override(definition, item, target))
    reasons = tuple(reason for reason in refusals if reason)
    if reasons:
        return Rejected(reasons)
    try:
        bounds = bounds_after(definition, item, target, {}, circumstances)
    except CalendarYearMissing as fault:
        return Rejected((Reason("calendar_year_missing", Kind.PRECONDITION, {"year": str(fault.year)}),))
    now = circumstances.now
    overridden = Overridden(item.state, target, asked_by, Doer(actor.id, actor.unit), now)
    following = (
        *bounds,
        *lateness_of(definition, item, target, OVERRIDE, now),
        *overtaken_by(definition, item, target, now),
    )
    return Accepted((overridden, *following), role=_CHAIRMAN)
