"""The one table of what goes wrong: which HTTP status it is, and with which code a command ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine import Kind, Reason
from workflow.errors import (
    Busy,
    DefinitionInvalid,
    NotFound,
    ReusedKey,
    StaleItem,
    TooLarge,
    TypeRefused,
    WorkflowError,
)


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
    StaleItem: Problem("stale", 412, 5),
    ReusedKey: Problem("reused-key", 422, 4),
    DefinitionInvalid: Problem("definition-invalid", 422, 1),
    TooLarge: Problem("too-large", 413, 4),
    TypeRefused: Problem("type-refused", 415, 4),
    Busy: Problem("busy", 503, 6),
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
