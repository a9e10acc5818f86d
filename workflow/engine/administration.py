"""Who may run the house: accounts, units, calendars and definitions. No business move follows from it, and none gives it."""

from workflow.engine.decision import Kind, Reason
from workflow.engine.item import Actor

_ADMINISTRATORS = frozenset({"admin", "system"})


def refusal_to_administer(actor: Actor) -> Reason | None:
    """Why `actor` may not administer the office, or None where he may."""
    if actor.roles & _ADMINISTRATORS:
        return None
    return Reason("not_permitted", Kind.AUTHORITY, {"may": "admin"})


def refusal_to_audit(actor: Actor) -> Reason | None:
    """Why `actor` may not read the whole log, or None: the auditor, and the chairman who answers for the office."""
    if actor.roles & {"auditor", "chairman", "system"}:
        return None
    return Reason("not_permitted", Kind.AUTHORITY, {"may": "auditor, chairman"})
