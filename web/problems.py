"""The one table of what goes wrong: which HTTP status it is, and with which code a command ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine import Kind, Reason
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import (
    Busy,
    DefinitionInvalid,
    HalfRestored,
    NotFound,
    OutsideMandate,
    ReusedKey,
    StaleItem,
    TooLarge,
    TwinRunning,
    TypeRefused,
    Unserved,
    WorkflowError,
)
from workflow.services.calendars import year_missing


@dataclass(frozen=True, slots=True)
class Problem:
    """`name` ends the problem type's URI."""

    name: str
    status: int
    exit_code: int


BY_KIND = {
    Kind.STATE: Problem("state", 409, 5),
    Kind.AUTHORITY: Problem("authority", 403, 3),
    Kind.INPUT: Problem("input", 422, 4),
    Kind.PRECONDITION: Problem("precondition", 422, 4),
}
"""In order of rank: several reasons make one answer, the first kind here that is among them."""

BY_ERROR: dict[type[WorkflowError], Problem] = {
    NotFound: Problem("not-found", 404, 7),
    OutsideMandate: BY_KIND[Kind.AUTHORITY],
    StaleItem: Problem("stale", 412, 5),
    ReusedKey: Problem("reused-key", 422, 4),
    TwinRunning: Problem("twin-running", 409, 5),
    DefinitionInvalid: Problem("definition-invalid", 422, 1),
    TooLarge: Problem("too-large", 413, 4),
    TypeRefused: Problem("type-refused", 415, 4),
    Busy: Problem("busy", 503, 6),
    HalfRestored: Problem("restoring", 503, 6),
    CalendarYearMissing: Problem("precondition", 422, 4),
}

VERSION_MISSING = Problem("version-missing", 428, 2)
NOT_SIGNED_IN = Problem("not-signed-in", 401, 3)
TOO_MANY = Problem("too-many-requests", 429, 6)
FAULT = Problem("fault", 500, 6)


def of_reasons(reasons: Iterable[Reason]) -> Problem:
    kinds = {reason.kind for reason in reasons}
    return next(problem for kind, problem in BY_KIND.items() if kind in kinds)


def of_error(error: WorkflowError) -> Problem:
    return next((problem for kind, problem in BY_ERROR.items() if isinstance(error, kind)), FAULT)


def reason_of(error: WorkflowError, request: str = "") -> Reason:
    """The one reason that a fault of the workflow stands for."""
    if isinstance(error, Unserved):
        return Reason("purpose_unserved", Kind.PRECONDITION, {"purpose": error.name})
    if isinstance(error, NotFound):
        params = {"kind": error.kind, "name": error.name}
        if error.nearest:
            return Reason("no_such_name", Kind.INPUT, params | {"nearest": error.nearest})
        return Reason("not_found", Kind.INPUT, params)
    if isinstance(error, OutsideMandate):
        return Reason(error.code, Kind.AUTHORITY, error.params)
    if isinstance(error, StaleItem):
        return Reason("stale", Kind.STATE, {"seen": str(error.seen), "current": str(error.current)})
    if isinstance(error, ReusedKey):
        return Reason("key_reused", Kind.INPUT, {"key": error.key})
    if isinstance(error, TooLarge):
        return Reason("too_large", Kind.INPUT, {"limit": str(error.limit)})
    if isinstance(error, TypeRefused):
        return Reason("type_refused", Kind.INPUT, {"name": error.name, "found": error.found})
    if isinstance(error, DefinitionInvalid):
        return Reason("definition_invalid", Kind.INPUT, {"findings": _codes(error)})
    if isinstance(error, TwinRunning):
        return Reason("twin_running", Kind.STATE, {"key": error.key})
    if isinstance(error, Busy):
        return Reason("busy", Kind.PRECONDITION)
    if isinstance(error, HalfRestored):
        return Reason("half_restored", Kind.PRECONDITION)
    if isinstance(error, CalendarYearMissing):
        return year_missing(error)
    return Reason("fault", Kind.PRECONDITION, {"request": request})


def _codes(error: DefinitionInvalid) -> str:
    return "; ".join(str(finding) for finding in error.findings)
