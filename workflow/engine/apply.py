"""Events folded into an item: the only way any fact of an item changes, live and in a replay alike."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from workflow.engine.events import (
    ChildClosed,
    ChildOpened,
    DuePaused,
    DueResumed,
    DueSet,
    EpisodeEnded,
    EpisodeOpened,
    EpisodeRecorded,
    Event,
    FieldChanged,
    ItemCreated,
    Migrated,
    Overridden,
    RequestAmended,
    RequestClosed,
    RequestOpened,
    TimerFired,
    Transitioned,
    UnitChanged,
    Voted,
    VoteWithdrawn,
)
from workflow.engine.item import Ballot, Episode, Heard, Item, Paused, Recorded, Request
from workflow.values import replace

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class _Work:
    """The parts of one item while the events of one command run over them."""

    __slots__ = ("changes", "due", "episodes", "fields", "item", "requests")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.changes: dict[str, Any] = {}
        self.fields: dict[str, Any] | None = None
        self.due: dict[str, Any] | None = None
        self.episodes: list[Episode] | None = None
        self.requests: list[Request] | None = None

    def finished(self, revision: int) -> Item:
        if self.fields is not None:
            self.changes["fields"] = MappingProxyType({k: v for k, v in self.fields.items() if v is not None})
        if self.due is not None:
            self.changes["due"] = MappingProxyType(self.due)
        if self.episodes is not None:
            self.changes["episodes"] = tuple(self.episodes)
        if self.requests is not None:
            self.changes["requests"] = tuple(self.requests)
        return replace(self.item, revision=revision, **self.changes)


def created(event: ItemCreated) -> Item:
    """The item as it stands before the first command is folded: revision 0."""
    return Item(
        id=event.item_id,
        code=event.code,
        workflow=event.workflow,
        version=event.version,
        fingerprint=event.fingerprint,
        revision=0,
        state=event.state,
        unit=event.unit,
        created_by=event.by,
        created_at=event.at,
        entered_at=event.at,
        visited=(event.state,),
        parent=event.parent,
    )


def fold(item: Item | None, events: Iterable[Event]) -> Item:
    """The item after the events of one command; `item` is None where the first event creates it."""
    events = tuple(events)
    if item is None:
        first = events[0]
        if not isinstance(first, ItemCreated):
            raise ValueError("a stream begins with the creation of its item")
        item = created(first)
        events = events[1:]
    work = _Work(item)
    for event in events:
        _APPLY[type(event)](work, event)
    return work.finished(item.revision + 1 if changes_the_item(events) else item.revision)


def changes_the_item(events: Iterable[Event]) -> bool:
    """Whether a command is a new revision. A reminder is none: it changes nothing that anybody looks at before he acts."""
    return not all(isinstance(event, TimerFired) for event in events)


def replay(commands: Iterable[Iterable[Event]]) -> Item:
    """The item that the whole log of its stream yields, one iterable of events a command."""
    item: Item | None = None
    for events in commands:
        item = fold(item, events)
    if item is None:
        raise ValueError("nothing to replay")
    return item


def _field(work: _Work, event: FieldChanged) -> None:
    if work.fields is None:
        work.fields = dict(work.item.fields)
    work.fields[event.field] = event.new


def _unit(work: _Work, event: UnitChanged) -> None:
    work.changes["unit"] = event.new


def _moved(work: _Work, event: Transitioned) -> None:
    work.changes["last"] = MappingProxyType({**work.changes.get("last", work.item.last), event.move: event.doer})
    if event.target != event.source:
        _enter(work, event.target, event.at)


def _enter(work: _Work, state: str, at: datetime) -> None:
    work.changes["state"] = state
    work.changes["entered_at"] = at
    # Whatever the clock had told belongs to the wait that is over.
    work.changes["heard"] = _NOTHING
    visited = work.changes.get("visited", work.item.visited)
    work.changes["visited"] = (*(one for one in visited if one != state), state)


def _overridden(work: _Work, event: Overridden) -> None:
    _enter(work, event.target, event.at)


def _due(work: _Work, event: DueSet) -> None:
    if work.due is None:
        work.due = dict(work.item.due)
    if event.new is None:
        work.due.pop(event.deadline, None)
    else:
        work.due[event.deadline] = event.new


def _due_stands(work: _Work, event: DuePaused) -> None:
    paused = work.changes.get("paused", work.item.paused)
    work.changes["paused"] = MappingProxyType({**paused, event.deadline: Paused(event.bound, event.at)})


def _due_runs(work: _Work, event: DueResumed) -> None:
    paused = work.changes.get("paused", work.item.paused)
    left = {name: since for name, since in paused.items() if name != event.deadline}
    work.changes["paused"] = MappingProxyType(left)


def _timer(work: _Work, event: TimerFired) -> None:
    heard = work.changes.get("heard", work.item.heard)
    work.changes["heard"] = MappingProxyType({**heard, event.timer: Heard(event.n, event.at)})


def _episodes(work: _Work) -> list[Episode]:
    if work.episodes is None:
        work.episodes = list(work.item.episodes)
    return work.episodes


def _late(work: _Work, event: EpisodeOpened) -> None:
    _episodes(work).append(Episode(event.n, event.effective_at, event.recorded_at, event.unit))


def _late_record(work: _Work, event: EpisodeRecorded) -> None:
    episodes = _episodes(work)
    episode = episodes[event.n - 1]
    record = {**episode.record, event.field: Recorded(event.value, event.by, event.at)}
    episodes[event.n - 1] = replace(episode, record=MappingProxyType(record))


def _late_end(work: _Work, event: EpisodeEnded) -> None:
    episodes = _episodes(work)
    episodes[event.n - 1] = replace(episodes[event.n - 1], ended_at=event.at, ended_by=event.by)


def _requests(work: _Work) -> list[Request]:
    if work.requests is None:
        work.requests = list(work.item.requests)
    return work.requests


def _change_request(work: _Work, move: str, **changes: Any) -> None:
    requests = _requests(work)
    for index, request in enumerate(requests):
        if request.move == move:
            requests[index] = replace(request, **changes)


def _votes(work: _Work, move: str) -> tuple[Ballot, ...]:
    return next((request.votes for request in _requests(work) if request.move == move), ())


def _request(work: _Work, event: RequestOpened) -> None:
    _requests(work).append(Request(event.move, event.proposer, event.at, event.inputs))


def _amend(work: _Work, event: RequestAmended) -> None:
    votes = () if event.dismissed else _votes(work, event.move)
    _change_request(work, event.move, inputs=event.inputs, votes=votes)


def _voted(work: _Work, event: Voted) -> None:
    if event.vote == "approve":
        ballot = Ballot(event.step, event.doer, event.at)
        _change_request(work, event.move, votes=(*_votes(work, event.move), ballot))


def _unvoted(work: _Work, event: VoteWithdrawn) -> None:
    votes = tuple(vote for vote in _votes(work, event.move) if vote.doer.person != event.doer.person)
    _change_request(work, event.move, votes=votes)


def _request_end(work: _Work, event: RequestClosed) -> None:
    work.requests = [request for request in _requests(work) if request.move != event.move]


def _child(work: _Work, _: ChildOpened) -> None:
    work.changes["open_children"] = work.changes.get("open_children", work.item.open_children) + 1


def _child_end(work: _Work, _: ChildClosed) -> None:
    work.changes["open_children"] = work.changes.get("open_children", work.item.open_children) - 1


def _migrated(work: _Work, event: Migrated) -> None:
    """Since when the item waits stays: that its state has another name is no step forward."""
    work.changes["version"], work.changes["fingerprint"] = event.version, event.fingerprint
    work.changes["state"] = event.new_state
    visited = work.changes.get("visited", work.item.visited)
    work.changes["visited"] = (
        *(state for state in visited if state not in (event.old_state, event.new_state)),
        event.new_state,
    )


_APPLY: dict[type, Any] = {
    FieldChanged: _field,
    UnitChanged: _unit,
    Transitioned: _moved,
    DueSet: _due,
    DuePaused: _due_stands,
    DueResumed: _due_runs,
    TimerFired: _timer,
    EpisodeOpened: _late,
    EpisodeRecorded: _late_record,
    EpisodeEnded: _late_end,
    RequestOpened: _request,
    RequestAmended: _amend,
    Voted: _voted,
    VoteWithdrawn: _unvoted,
    RequestClosed: _request_end,
    ChildOpened: _child,
    ChildClosed: _child_end,
    Overridden: _overridden,
    Migrated: _migrated,
}
