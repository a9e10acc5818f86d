"""What a call and a command answer: items, moves, entries and definitions as JSON values, people by their login."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from web.i18n import reason_sentence
from web.titles import Titles, titles_of
from workflow.catalog.inputs import input_field
from workflow.engine import Actor, Circumstances, Definition, Item, Kind, Label, Offer, Reason, RowFacts, row_facts
from workflow.engine.approval import is_satisfied
from workflow.engine.decide import steps_that_count
from workflow.engine.definition import SAME, Duration, FieldType, Gate, InputField, Moment, Step, Transition, Who
from workflow.engine.events import instant_text
from workflow.engine.item import Episode, Plain, Request
from workflow.engine.visibility import scope_of, shown_to
from workflow.persistence import StoredItem, UnitOfWork
from workflow.persistence.mandates import GivenMandate
from workflow.persistence.notices import Notice
from workflow.persistence.people import GivenPower
from workflow.persistence.redactions import RedactionRequest
from workflow.queries.history import HistoryEntry
from workflow.queries.worklist import Row
from workflow.services import custody
from workflow.services.calendars import missing_years, standing
from workflow.services.delegations import days_of
from workflow.services.inbox import Waiting
from workflow.services.moves import offers
from workflow.services.office import Office
from workflow.services.overview import Bar, Overview
from workflow.services.signatures import SENTENCES, Signature

Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told, of which office, out of which unit of work."""

    office: Office
    uow: UnitOfWork
    actor: Actor
    titles: Titles


def reader(office: Office, uow: UnitOfWork, actor: Actor) -> Reader:
    return Reader(office, uow, actor, titles_of(uow))


def words(label: Label | None) -> Said | None:
    return {"vi": label.vi, "en": label.en} if label else None


def at_text(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


# -- reasons ------------------------------------------------------------------------------------------------------------


def reason(found: Reason, definition: Definition | None = None, titles: Titles | None = None) -> Said:
    unit_name = titles.unit if titles else str
    return {
        "code": found.code,
        "kind": found.kind.value,
        "params": dict(found.params),
        "message": {language: reason_sentence(found, language, definition, unit_name) for language in ("vi", "en")},
    }


def reasons(found: Iterable[Reason], definition: Definition | None = None, titles: Titles | None = None) -> list[Said]:
    return [reason(one, definition, titles) for one in found]


# -- one item -----------------------------------------------------------------------------------------------------------


def value(field: InputField | None, stored: Any, titles: Titles) -> Any:
    """A stored value as JSON: people by login, decimals as the text they are stored as."""
    if field is not None and field.type is FieldType.PERSON and isinstance(stored, str):
        return titles.login(stored)
    if isinstance(stored, Mapping):
        return {name: value(None, part, titles) for name, part in stored.items()}
    if isinstance(stored, tuple | list):
        return [value(None, part, titles) for part in stored]
    return stored


def _values(definition: Definition, stored: Mapping[str, Plain], titles: Titles) -> Said:
    return {
        name: value(input_field(definition, name), part, titles) for name, part in stored.items() if part is not None
    }


def item(to: Reader, found: Item, *, every_move: bool = False) -> Said:
    """The item as `GET /items/{id}` shows it; `every_move` lists also the moves that are other people's."""
    definition = to.office.editions.of(found, to.uow)
    children = [child.item for child in to.uow.items.children(found.id)]
    return {
        **_content(to, found, definition),
        "children": [child.id for child in children if scope_of(to.actor).covers(child)],
        "moves": moves(to, definition, found, every_move=every_move),
    }


def past_item(to: Reader, found: Item, by: str) -> Said:
    """How an item stood at the instant of the reader's office: what it held, but nobody's moves, for that time is over."""
    definition = to.office.editions.of(found, to.uow)
    return {**_content(to, found, definition), "as_of": at_text(to.office.clock.now()), "by": by}


def counts_then(found: Overview, at: datetime, by: str) -> Said:
    """How many items stood in each group at an instant; `total` is what counts as assigned: withdrawn items do not."""
    return {
        "as_of": at_text(at),
        "by": by,
        "total": _counts(found.total),
        "by_unit": [{"unit": bar.key, **_counts(bar)} for bar in found.by_unit],
        "by_area": [{"area": bar.key or None, **_counts(bar)} for bar in found.by_area],
        "due_soon": found.due_soon,
    }


def _counts(bar: Bar) -> Said:
    return {
        "doing": bar.doing,
        "behind": bar.behind,
        "done": bar.done,
        "cancelled": bar.cancelled,
        "total": bar.total,
    }


def _content(to: Reader, found: Item, definition: Definition) -> Said:
    found, now = shown_to(to.actor, definition, found), to.office.clock.now()
    circumstances = to.office.around(to.uow, definition, now)
    return {
        **summary(found, definition, row_facts(definition, found), to.titles, now),
        "definition": {"version": definition.version, "hash": definition.fingerprint},
        "fields": _values(definition, found.fields, to.titles),
        "created_by": to.titles.login(found.created_by),
        "created_at": at_text(found.created_at),
        "late": [_episode(definition, episode, to.titles) for episode in found.episodes],
        "paused": [
            {"deadline": name, "bound": at_text(paused.bound), "since": at_text(paused.since)}
            for name, paused in found.paused.items()
        ],
        "parent": found.parent,
        "requests": [_request(definition, found, one, circumstances, to) for one in found.requests],
    }


def summary(found: Item, definition: Definition, facts: RowFacts, titles: Titles, now: datetime) -> Said:
    """What a list says of an item, made from the item itself."""
    state = definition.states[found.state]
    return _line(
        Row(
            id=found.id,
            code=found.code,
            workflow=found.workflow,
            revision=found.revision,
            state=found.state,
            unit=found.unit,
            title=facts.title,
            area=facts.area,
            assignee=facts.assignee,
            due_at=facts.due_at,
            waits_on=facts.waits_on,
            waits_person=facts.waits_person,
            late=facts.late,
            group=state.group.value,
            final=facts.final,
            fingerprint=found.fingerprint,
            entered_at=found.entered_at,
        ),
        titles,
        now,
    )


def row_of(to: Reader, found: Item) -> Said:
    """What `row` says of an item, made from the item itself."""
    definition = to.office.editions.of(found, to.uow)
    now = to.office.clock.now()
    facts = row_facts(definition, found)
    said = summary(found, definition, facts, to.titles, now)
    return said | {"fields": _listed(facts.title, facts.area, facts.assignee, to.titles)}


def waiting_row(to: Reader, one: Waiting) -> Said:
    """A row of the inbox: the item and the moves on which the reader can act now."""
    by_move: dict[str, list[Offer]] = {}
    for offer in one.offers:
        by_move.setdefault(offer.move, []).append(offer)
    ready = [move(one.definition, one.item, standing, to.titles) for standing in by_move.values()]
    return row_of(to, one.item) | {"moves": ready}


def _listed(title: str, area: str | None, assignee: str | None, titles: Titles) -> Said:
    """Those fields that a list shows."""
    fields = {"title": title, "area": area, "assignee": titles.login(assignee)}
    return {name: part for name, part in fields.items() if part is not None}


def row(found: Row, titles: Titles, now: datetime) -> Said:
    """What a list says of an item, made from its row."""
    return _line(found, titles, now) | {"fields": _listed(found.title, found.area, found.assignee, titles)}


def _line(found: Row, titles: Titles, now: datetime) -> Said:
    working = found.group in ("doing", "behind") and not found.final
    return {
        "id": found.id,
        "code": found.code,
        "workflow": found.workflow,
        "version": found.revision,
        "state": found.state,
        "group": found.group,
        "unit": found.unit,
        "title": found.title,
        "due_at": at_text(found.due_at),
        "overdue": working and found.due_at is not None and found.due_at <= now,
        "waits_on": found.waits_on or None,
        "waits_for": titles.login(found.waits_person),
    }


def _episode(definition: Definition, found: Episode, titles: Titles) -> Said:
    return {
        "n": found.n,
        "effective_at": at_text(found.effective_at),
        "recorded_at": at_text(found.recorded_at),
        "ended_at": at_text(found.ended_at),
        "ended_by": found.ended_by,
        "unit": found.unit,
        "record": {
            name: {
                "value": value(input_field(definition, name), kept.value, titles),
                "by": titles.login(kept.by),
                "at": at_text(kept.at),
            }
            for name, kept in found.record.items()
        },
    }


# -- proposals ----------------------------------------------------------------------------------------------------------


def _request(definition: Definition, found: Item, asked: Request, circumstances: Circumstances, to: Reader) -> Said:
    return {
        "move": asked.move,
        "proposed_by": to.titles.login(asked.proposer.person),
        "at": at_text(asked.at),
        "inputs": _values(definition, asked.inputs, to.titles),
        "steps": [
            _standing(asked, step, to.titles) for step in steps_that_count(definition, found, asked, circumstances)
        ],
    }


def _standing(asked: Request, step: Step, titles: Titles) -> Said:
    voted = [ballot.doer.person for ballot in asked.votes if ballot.step == step.id]
    missing = 0 if is_satisfied(asked, step) else max(1, step.need - len(voted))
    return {
        "id": step.id,
        "by": _by(step.by),
        "need": step.need,
        "voted": [titles.login(person) for person in voted],
        "missing": missing,
    }


# -- moves --------------------------------------------------------------------------------------------------------------


def moves(to: Reader, definition: Definition, found: Item, *, every_move: bool = False) -> list[Said]:
    """The moves out of the item's state: those that only authority forbids are left out unless `every_move` is asked."""
    by_move: dict[str, list[Offer]] = {}
    for offer in offers(to.office, to.uow, definition, found, to.actor):
        by_move.setdefault(offer.move, []).append(offer)
    return [
        move(definition, found, standing, to.titles)
        for standing in by_move.values()
        if every_move or not all(offer.refused_by_authority_alone for offer in standing)
    ]


def move(definition: Definition, found: Item, standing: Sequence[Offer], titles: Titles) -> Said:
    """One move as it stands for one actor. `allowed` speaks of making the move; `approval` of voting on it."""
    transition = definition.transitions[standing[0].move]
    own = next((offer for offer in standing if offer.act in ("perform", "amend")), None)
    # Somebody else has proposed it: whoever is not the proposer can only vote.
    refused = own.reasons if own else (Reason("request_open", Kind.STATE, {"move": transition.name}),)
    return {
        "name": transition.name,
        "label": words(transition.label),
        "to": (own.target if own else None) or _only_target(transition, found.state),
        "allowed": own is not None and own.allowed,
        "reasons": reasons(refused, definition, titles),
        "inputs": inputs(definition, transition.inputs, transition.require),
        **_in_whose_name(own, titles),
        **({"approval": _approval(definition, transition.gate, standing, titles)} if transition.gate else {}),
    }


def _in_whose_name(offer: Offer | None, titles: Titles) -> Said:
    """For whom the act has to be asked, where only his written power allows it."""
    return {"for": titles.login(offer.acting_for)} if offer and offer.acting_for else {}


def _only_target(transition: Transition, state: str) -> str | None:
    """Where the move leads, or None where that depends on what is not known yet."""
    targets = {state if target.state == SAME else target.state for target in transition.targets}
    return targets.pop() if len(targets) == 1 else None


def _approval(definition: Definition, gate: Gate, standing: Sequence[Offer], titles: Titles) -> Said:
    acts = {offer.act: offer for offer in reversed(standing)}
    vote = acts.get("vote")
    may_vote = vote and {
        "allowed": vote.allowed,
        "reasons": reasons(vote.reasons, definition, titles),
        **_in_whose_name(vote, titles),
    }
    return {
        **_gate(gate),
        "open": vote is not None,
        "vote": may_vote,
        "take_back": "take_back" in acts,
    }


def inputs(definition: Definition, names: Iterable[str], required: Sequence[str]) -> list[Said]:
    return [
        {
            "name": name,
            "type": field.type.value,
            "label": words(field.label),
            "required": name in required,
            "choices": [{"name": choice.name, "label": words(choice.label)} for choice in field.choices],
            **_bounds(field),
        }
        for name in names
        if (field := input_field(definition, name))
    ]


def _bounds(field: InputField) -> Said:
    bounds = {"min": field.minimum, "max": field.maximum, "pattern": field.pattern, "hint": words(field.hint)}
    return {name: bound for name, bound in bounds.items() if bound is not None}


# -- delegations --------------------------------------------------------------------------------------------------------


def delegation(power: GivenPower, titles: Titles, now: datetime, zone: tzinfo) -> Said:
    """A written power; both days are included, no workflows or areas means all of them."""
    first, last = days_of(power, zone)
    return {
        "id": power.id,
        "giver": titles.login(power.giver),
        "receiver": titles.login(power.receiver),
        "kind": power.kind,
        "act": power.act,
        "workflows": list(power.workflows),
        "areas": list(power.areas),
        "from": first.isoformat(),
        "to": last.isoformat(),
        "ended_at": at_text(power.ended_at),
        "in_force": power.in_force(now),
    }


def redaction(wish: RedactionRequest, code: str, titles: Titles) -> Said:
    """A wish to erase a private text: where it stands, never what it says."""
    return {
        "id": wish.id,
        "item": code,
        "n": wish.n,
        "field": wish.field,
        "ground": wish.ground,
        "asked_by": titles.login(wish.asked_by),
        "asked_at": at_text(wish.asked_at),
        "outcome": wish.outcome,
        "decided_by": titles.login(wish.decided_by) if wish.decided_by else None,
        "decided_at": at_text(wish.decided_at),
        "note": wish.note,
        "erased_at": at_text(wish.done_at),
    }


def mandate(given: GivenMandate, titles: Titles, now: datetime) -> Said:
    """An auditor's mandate; no units or workflows means all of them."""
    return {
        "id": given.id,
        "login": titles.login(given.person),
        "act": given.act,
        "from": at_text(given.from_at),
        "to": at_text(given.to_at),
        "units": list(given.units),
        "workflows": list(given.workflows),
        "private": given.private,
        "ended_at": at_text(given.ended_at),
        "in_force": given.in_force(now),
    }


def notice(found: Notice) -> Said:
    """A notice of the asker's own: which template about which item, and since when he has read it."""
    return {
        "id": found.message,
        "item": found.item,
        "template": found.template,
        "at": at_text(found.at),
        "read_at": at_text(found.read_at),
    }


# -- the log ------------------------------------------------------------------------------------------------------------

_SEALS = frozenset({"v", "prev", "cmt"})
"""What proves an entry and tells a reader nothing."""


def entry(found: HistoryEntry, titles: Titles) -> Said:
    """An entry flat, under the names of the log, with its private text opened and people by login."""
    told = {name: part for name, part in found.body.items() if name not in _SEALS}
    told |= {"ev": list(found.events), "chg": _changes(found), "comment": found.comment}
    named: Said = _with_logins(told, titles)
    return named


def sealed_entry(found: HistoryEntry, titles: Titles) -> Said:
    """The same with what places and proves it: its id, by which lists go on, and the hashes of the chain."""
    proof = {name: found.body[name] for name in sorted(_SEALS) if name in found.body}
    return entry(found, titles) | proof | {"id": found.id, "leaf": found.leaf}


def _changes(found: HistoryEntry) -> list[list[Any]]:
    """Every change of a field or of the unit, private ones too: what the events say, in their order."""
    changes: list[list[Any]] = []
    for event in found.events:
        if event["e"] == "field":
            changes.append([event["field"], event["old"], event["new"]])
        elif event["e"] == "unit":
            changes.append(["unit", event["old"], event["new"]])
    return changes


def _with_logins(told: Any, titles: Titles) -> Any:
    """People's ids are opaque and unlike any other value, so each one found is a person."""
    if isinstance(told, str):
        return titles.logins.get(told, told)
    if isinstance(told, Mapping):
        return {name: _with_logins(part, titles) for name, part in told.items()}
    if isinstance(told, tuple | list):
        return [_with_logins(part, titles) for part in told]
    return told


# -- definitions --------------------------------------------------------------------------------------------------------


def definition(found: Definition) -> Said:
    return {
        "name": found.workflow,
        "version": found.version,
        "hash": found.fingerprint,
        "label": words(found.label),
        "code": found.code,
        "purpose": found.purpose.value if found.purpose else None,
        "create": {
            "by": _by(found.create.by),
            "require": list(found.create.require),
            "optional": list(found.create.optional),
            "children_of": list(found.create.children_of),
            "inputs": inputs(found, found.create.inputs, found.create.require),
        },
        "fields": [_field(field) for field in found.fields.values()],
        "states": [
            {
                "name": state.name,
                "label": words(state.label),
                "group": state.group.value,
                "final": state.final.value if state.final else None,
                "initial": state.initial,
                "overdue": state.overdue,
                "waits_on": str(state.waits_on) if state.waits_on else None,
            }
            for state in found.states.values()
        ],
        "transitions": [_transition(transition) for transition in found.transitions.values()],
        "timers": [
            {
                "name": timer.name,
                "in": list(timer.states),
                "at": _moment(timer.at),
                "fire": timer.fire,
                "notify": _by(timer.notify),
                "then": _by(timer.then),
                "every": _duration(timer.every),
                "max": timer.maximum,
                "template": timer.template,
            }
            for timer in found.timers.values()
        ],
        "series": [
            {"name": one.name, "every": one.every, "for_each": one.for_each, "enabled": one.enabled}
            for one in found.series.values()
        ],
    }


def _field(field: InputField) -> Said:
    return {
        "name": field.name,
        "type": field.type.value,
        "label": words(field.label),
        "system": field.system,
        "private": field.private,
        "choices": [{"name": choice.name, "label": words(choice.label)} for choice in field.choices],
        **_bounds(field),
    }


def _transition(found: Transition) -> Said:
    return {
        "name": found.name,
        "label": words(found.label),
        "from": list(found.sources),
        "to": [target.state for target in found.targets],
        "by": _by(found.starters),
        "require": list(found.require),
        "optional": list(found.optional),
        "distinct_from": list(found.distinct_from),
        "distinct_unit_from": list(found.distinct_unit_from),
        "conditions": [{"if": one.expression, "else": words(one.otherwise)} for one in found.when],
        "check": list(found.checked),
        "bulk": found.bulk,
        "approval": _gate(found.gate) if found.gate else None,
    }


def _gate(gate: Gate) -> Said:
    return {
        "proposed_by": _by(gate.proposed_by),
        "steps": [
            {
                "id": step.id,
                "by": _by(step.by),
                "need": step.need,
                "if": step.condition.expression if step.condition else None,
            }
            for step in gate.steps
        ],
        "ordered": gate.ordered,
        "on_reject": gate.on_reject,
    }


def _by(words_of: Iterable[Who]) -> list[str]:
    return [str(who) for who in words_of]


def _duration(found: Duration | None) -> str | None:
    return f"{found.amount}{found.unit}" if found else None


def _moment(found: Moment) -> str:
    if found.offset is None:
        return found.anchor
    sign = "-" if found.offset.amount < 0 else "+"
    return f"{found.anchor} {sign} {abs(found.offset.amount)}{found.offset.unit}"


# -- calendars ----------------------------------------------------------------------------------------------------------


def calendar(office: Office, name: str, year: int | None = None) -> Said:
    """A working calendar as it stands; with `year`, the days of that year only. NotFound for an unknown name."""
    found = standing(office, name)
    return {
        "name": found.name,
        "years": sorted(found.years),
        "missing_years": [one.year for one in missing_years(office) if one.calendar == name],
        "hours": [{"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"} for begin, end in found.hours],
        "days": [
            {"date": one.date.isoformat(), "kind": one.kind, "name": one.name, "source": one.source}
            for one in found.days
            if year in (None, one.date.year)
        ],
    }


def held(to: Reader, stored: StoredItem) -> Said:
    """For whom an item waited, stretch by stretch; `charged` is the unit on whose clock it ran, working time in minutes."""
    definition = to.office.editions.of(stored.item, to.uow)
    calendar = to.office.calendars.get(definition.calendar or "")
    spans = custody.spans_of(to.office, to.uow, stored)
    return {
        "items": [
            {
                "state": one.span.state,
                "unit": one.span.unit,
                "who": one.span.holder.who,
                "person": to.titles.login(one.span.holder.person),
                "charged": one.span.holder.unit,
                "since": at_text(one.span.since),
                "until": at_text(one.span.until),
                "working_minutes": _minutes(one.working),
            }
            for one in custody.measured(to.office, definition, spans, to.office.clock.now())
        ],
        "day_minutes": _minutes(calendar.day_length) if calendar else None,
    }


def _minutes(length: timedelta | None) -> int | None:
    return length // timedelta(minutes=1) if length is not None else None


# -- files --------------------------------------------------------------------------------------------------------------


def signed_file(sha256: str, name: str, signatures: Iterable[Signature]) -> Said:
    return {"sha256": sha256, "name": name, "signatures": [signature(one) for one in signatures]}


def signature(one: Signature) -> Said:
    """One signature; only where it `holds` does what it says of itself count."""
    return {
        "field": one.field,
        "holds": one.holds,
        "verdict": one.verdict.value,
        "sentence": words(SENTENCES[one.verdict]),
        "signer": one.signer,
        "organisation": one.organisation,
        "issuer": one.issuer,
        "signed_at": at_text(one.signed_at),
        "timestamped": one.timestamped,
        "covers_all": one.covers_all,
    }
