"""The faults that callers catch by class. A refusal by a rule is no fault: it is a value (`workflow.engine.decision`)."""

from collections.abc import Mapping


class WorkflowError(Exception):
    """The root of every fault this package raises on purpose."""


class NotFound(WorkflowError):
    """Nothing of that kind bears that name, or the asker may not see it."""

    def __init__(self, kind: str, name: str, nearest: str | None = None) -> None:
        super().__init__(f"no {kind} {name!r}" + (f" (did you mean {nearest!r}?)" if nearest else ""))
        self.kind, self.name, self.nearest = kind, name, nearest


class Unserved(NotFound):
    """No workflow of the office has that purpose: what needs it cannot be done until one is published."""

    def __init__(self, purpose: str) -> None:
        super().__init__("purpose", purpose)


class OutsideMandate(WorkflowError):
    """An auditor without a mandate in force: `code` says whether it is over, to come or missing, `params` of which act."""

    def __init__(self, code: str, params: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class StaleItem(WorkflowError):
    """The item was changed since the caller read it; nothing was written."""

    def __init__(self, item_id: str, seen: int, current: int) -> None:
        super().__init__(f"item {item_id}: revision {seen} was seen, {current} is current")
        self.item_id, self.seen, self.current = item_id, seen, current


class ReusedKey(WorkflowError):
    """An idempotency key came again with another request behind it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"key {key!r} was used for another request")
        self.key = key


class TwinRunning(WorkflowError):
    """The first request with this idempotency key is still at work; ask again in a moment."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the request with key {key!r} is still running")
        self.key = key


class DefinitionInvalid(WorkflowError):
    """A definition was refused; `findings` says why, one each."""

    def __init__(self, findings: tuple[object, ...]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = findings


class Busy(WorkflowError):
    """The database was locked for longer than the caller may wait; nothing was written, try again."""


class HalfRestored(WorkflowError):
    """A backup is being brought back into the database, or that was broken off: nobody may work in it."""


class TooLarge(WorkflowError):
    """An upload or a text exceeds its bound; `limit` is the bound in bytes."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"{what} is larger than {limit} bytes")
        self.what, self.limit = what, limit


class TypeRefused(WorkflowError):
    """An upload is of a kind that is not accepted; `found` is the code of what is wrong (`services.file_kinds.FAULTS`)."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(f"{name!r} is not accepted: {found}")
        self.name, self.found = name, found
