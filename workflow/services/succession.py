"""Running items pass to another edition of their workflow, and back: planned for each, then done for each by itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from workflow.audit import canonical, open_events
from workflow.engine import Accepted, Definition, Item, NobodyElse, Reason, Rejected
from workflow.engine.administration import refusal_to_administer
from workflow.engine.apply import fold
from workflow.engine.circumstances import UNMEASURED
from workflow.engine.events import FieldChanged, Migrated, from_plain
from workflow.engine.succession import go_back, migrate, road
from workflow.errors import NotFound, StaleItem
from workflow.persistence import UnitOfWork
from workflow.services.commits import Decided, commit
from workflow.services.journal import stream_of
from workflow.services.office import Caller, Office
from workflow.values import replace

_BATCH = 500
ENTRY = "migrate"
"""The type of the one entry that a migration leaves in an item's log."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one item, or, where there are `reasons`, why it stays as it is.

    `filled` and `dropped` are names of fields; their values are the item's own business.
    """

    item: str
    code: str
    unit: str
    version: int
    state: str
    to_version: int
    to_state: str
    filled: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def possible(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Passage:
    """The verdicts on all items concerned, in the order in which they were created; planned ones, or those of what was done."""

    workflow: str
    version: int
    verdicts: tuple[Verdict, ...]

    @property
    def possible(self) -> int:
        return sum(verdict.possible for verdict in self.verdicts)


Heard = Callable[[int, int], None]
_Judge = Callable[[UnitOfWork, Item], tuple[Definition, Accepted | Rejected] | None]
"""Decides on one item as it stands; None where it is not concerned (any more)."""


def _unheard(_done: int, _of: int) -> None:
    """Nobody watches the progress."""


def plan(office: Office, workflow: str, version: int) -> Passage:
    """What `run` would do, item by item; nothing is written. NotFound for a workflow or version that is not published."""
    return _planned(office, workflow, version, _forward(office, workflow, version))


def plan_return(office: Office, workflow: str, version: int) -> Passage:
    """What `run_return` would do: items that a migration brought to `version` go back to the edition they came from."""
    return _planned(office, workflow, version, _back(office, workflow, version))


def run(office: Office, caller: Caller, workflow: str, version: int, heard: Heard = _unheard) -> Passage | Reason:
    """Bring every open item of an older edition to `version`, each in a transaction of its own with one entry in its log.

    An item that cannot go stays where it is and is told of. A Reason says that the caller may not do this at all.
    """
    return _run(office, caller, workflow, version, _forward(office, workflow, version), heard)


def run_return(
    office: Office, caller: Caller, workflow: str, version: int, heard: Heard = _unheard
) -> Passage | Reason:
    """The same road back: what was filled or dropped is undone, what people did since then is kept."""
    return _run(office, caller, workflow, version, _back(office, workflow, version), heard)


# -- deciding ---------------------------------------------------------------------------------------------------------------


def _editions(office: Office, workflow: str, version: int) -> Mapping[int, Definition]:
    """The editions up to `version`, by version."""
    with office.read() as uow:
        versions = [edition.version for edition in uow.definitions.editions(workflow)]
    if not versions:
        raise NotFound("workflow", workflow)
    if version not in versions:
        raise NotFound("definition", f"{workflow} {version}")
    return MappingProxyType({known: office.editions.version(workflow, known) for known in versions if known <= version})


def _forward(office: Office, workflow: str, version: int) -> _Judge:
    editions = _editions(office, workflow, version)
    target = editions[version]

    def judge(_: UnitOfWork, item: Item) -> tuple[Definition, Accepted | Rejected] | None:
        if item.version >= version or _is_final(editions, item):
            return None
        legs = road(editions, item.version, version)
        return target, migrate(legs, item, office.circumstances(target, NobodyElse(), UNMEASURED))

    return judge


def _back(office: Office, workflow: str, version: int) -> _Judge:
    editions = _editions(office, workflow, version)

    def judge(uow: UnitOfWork, item: Item) -> tuple[Definition, Accepted | Rejected] | None:
        if item.version != version or _is_final(editions, item):
            return None
        last = _last_migration(uow, item)
        if last is None or last.event.version != version or last.event.old_version > version:
            return None
        former = editions[last.event.old_version]
        legs = road(editions, former.version, version)
        circumstances = office.circumstances(former, NobodyElse(), UNMEASURED)
        return former, go_back(legs, last.before, last.after, item, circumstances)

    return judge


def _is_final(editions: Mapping[int, Definition], item: Item) -> bool:
    return editions[item.version].states[item.state].final is not None


@dataclass(frozen=True, slots=True)
class _Migration:
    event: Migrated
    before: Item
    after: Item


def _last_migration(uow: UnitOfWork, item: Item) -> _Migration | None:
    """The item's last change of edition and what it did, as its log tells; what was erased from the log stays empty."""
    stream = stream_of(item)
    private = uow.audit.private_of_stream(stream)
    found: _Migration | None = None
    standing: Item | None = None
    for entry in uow.audit.stream(stream):
        plain = open_events(canonical.decode(entry.body), private.get(entry.n, {}))
        if not plain:
            continue
        events = tuple(from_plain(event) for event in plain)
        before, standing = standing, fold(standing, events)
        migrated = next((event for event in events if isinstance(event, Migrated)), None)
        if migrated and before:
            found = _Migration(migrated, _legible(before), _legible(standing))
    return found


def _legible(item: Item) -> Item:
    """Without the marks that erased values leave behind."""
    fields = {name: value for name, value in item.fields.items() if not isinstance(value, Mapping)}
    return replace(item, fields=MappingProxyType(fields))


# -- planning and doing -----------------------------------------------------------------------------------------------------


def _planned(office: Office, workflow: str, version: int, judge: _Judge) -> Passage:
    verdicts: list[Verdict] = []
    for ids in _pages(office, workflow):
        with office.read() as uow:
            for item_id in ids:
                item = uow.items.get(item_id).item
                judged = judge(uow, item)
                if judged:
                    verdicts.append(_verdict(item, *judged))
    return Passage(workflow, version, tuple(verdicts))


def _pages(office: Office, workflow: str) -> Iterator[tuple[str, ...]]:
    after = ""
    while True:
        with office.read() as uow:
            ids = tuple(stored.item.id for stored in uow.items.open_of(workflow, after, _BATCH))
        if not ids:
            return
        yield ids
        after = ids[-1]


def _verdict(item: Item, definition: Definition, decision: Accepted | Rejected) -> Verdict:
    verdict = Verdict(item.id, item.code, item.unit, item.version, item.state, definition.version, "")
    if not isinstance(decision, Accepted):
        return replace(verdict, reasons=decision.reasons)
    changes = [event for event in decision.events if isinstance(event, FieldChanged)]
    return replace(
        verdict,
        to_state=next(event.new_state for event in decision.events if isinstance(event, Migrated)),
        filled=tuple(change.field for change in changes if change.new is not None),
        dropped=tuple(change.field for change in changes if change.new is None),
    )


def _run(office: Office, caller: Caller, workflow: str, version: int, judge: _Judge, heard: Heard) -> Passage | Reason:
    refusal = refusal_to_administer(caller.actor)
    if refusal:
        return refusal
    concerned = [verdict.item for verdict in _planned(office, workflow, version, judge).verdicts]
    verdicts: list[Verdict] = []
    for n, item_id in enumerate(concerned, 1):
        verdict = _pass_on(office, caller, item_id, judge)
        if verdict:
            verdicts.append(verdict)
        heard(n, len(concerned))
    return Passage(workflow, version, tuple(verdicts))


def _pass_on(office: Office, caller: Caller, item_id: str, judge: _Judge) -> Verdict | None:
    """One item in a transaction of its own, decided anew on what it is by now."""
    while True:
        try:
            with office.write() as uow:
                stored = uow.items.get(item_id)
                judged = judge(uow, stored.item)
                if judged is None:
                    return None
                definition, decision = judged
                if isinstance(decision, Accepted):
                    circumstances = office.circumstances(definition, NobodyElse(), UNMEASURED)
                    commit(uow, Decided(definition, stored, decision, caller, circumstances, entry_type=ENTRY))
                return _verdict(stored.item, definition, decision)
        except StaleItem:
            # Somebody moved the item between our reading and our writing it: look at it again.
            continue
