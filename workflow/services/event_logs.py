"""The moves of the office leave it as an event log for the tools of process mining; each export is an entry of the log."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workflow.catalog.findings import nearest
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_read_log
from workflow.engine.visibility import part_of_log
from workflow.errors import NotFound
from workflow.exports.event_log import everything, ocel, xes
from workflow.persistence import UnitOfWork
from workflow.services.journal import Note, append
from workflow.services.office import Caller, Office

FORMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"xes": ("application/xml", "xes"), "ocel": ("application/json", "jsonocel")}
)
"""The forms of an event log, with their media types and the endings of their names."""


@dataclass(frozen=True, slots=True)
class EventLog:
    """`number` is that of the export's entry in the log's own stream; `pieces` reads the log while it is taken away."""

    number: int
    name: str
    type: str
    pieces: Iterator[str]


def export(office: Office, caller: Caller, form: str, whose: str) -> EventLog | Reason:
    """The moves of all items that the caller may read the log of, `whose` office it is named after; NotFound for another form."""
    if form not in FORMS:
        raise NotFound("format", form[:64], nearest(form, FORMS))
    refusal = refusal_to_read_log(caller.actor)
    if refusal:
        return refusal
    media, ending = FORMS[form]
    with office.write() as uow:
        said = {"what": "moves", "format": form}
        entry = append(uow, Note("log", "export", extra={"export": said}), caller, office.clock.now())
    return EventLog(entry.n, f"dondoc-{entry.n}.{ending}", media, _pieces(office, caller, form, whose))


def _pieces(office: Office, caller: Caller, form: str, whose: str) -> Iterator[str]:
    with office.read() as uow:
        admits = _admitted(uow, caller)
        yield from xes(uow, whose, admits) if form == "xes" else ocel(uow, admits)


def _admitted(uow: UnitOfWork, caller: Caller) -> Callable[[str], bool]:
    """Which items are told: all, or those within the bounds of a mandate."""
    scope = part_of_log(caller.actor)
    if scope is None:
        return everything

    def admits(item_id: str) -> bool:
        stored = uow.items.find(item_id)
        return stored is not None and scope.covers(stored.item)

    return admits
