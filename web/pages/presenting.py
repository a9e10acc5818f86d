"""Items, values and entries as people read them: ids become titles, names become labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from web.i18n import (
    N_,
    DueCue,
    _,
    day,
    due_cue,
    label,
    last_day,
    moment,
    ngettext,
    number,
    period_words,
    reason_sentence,
    role_name,
)
from web.pages import acting
from web.pages.administered import administered
from web.pages.figures import stored_rows, told_rows
from web.pages.rendering import kept
from web.titles import Titles, choice_label
from web.wiring import settings
from workflow.audit import ERASED
from workflow.catalog.inputs import input_field, names_a_period
from workflow.engine import Definition, Item, Kind, Offer
from workflow.engine.administration import OVERRIDE, REDACTION
from workflow.engine.definition import FieldType, Transition
from workflow.engine.events import instant_of
from workflow.engine.facts import over_at, resolved, waiting
from workflow.engine.item import Doer, units_of
from workflow.engine.react import told_by
from workflow.persistence.files import StoredFile
from workflow.queries.erased import Grounds
from workflow.queries.history import HistoryEntry
from workflow.queries.worklist import Row

state_cell = kept("macros/lists.html", "state_cell")
due_cell = kept("macros/lists.html", "due_cell")
waits_cell = kept("macros/lists.html", "waits_cell")


class Line(NamedTuple):
    """One item in a list, its last cells ready to be shown; a tuple, because fifty of them are made for every page."""

    code: str
    href: str
    title: str
    about: str
    state: str
    due: str
    waits: str


@dataclass(frozen=True, slots=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of a timeline; `effective` is empty where both times are the same; `alarm` marks what went past the workflow."""

    n: int
    title: str
    who: str
    at: datetime
    effective: str
    text: str
    changes: tuple[tuple[str, str, str], ...]
    by_system: bool
    refused: bool
    folded: bool = False
    href: str = ""
    item: str = ""
    alarm: bool = False


def item_path(code: str) -> str:
    return f"/items/{code}"


class _Once(dict[tuple[Any, ...], str]):
    """What `say` says of its arguments, asked once for each. Every page makes four of these: a cache would cost more to make."""

    __slots__ = ("_say",)

    def __init__(self, say: Callable[..., str]) -> None:
        super().__init__()
        self._say = say

    def __missing__(self, words: tuple[Any, ...]) -> str:
        said = self[words] = self._say(*words)
        return said


def lines_of(
    rows: Iterable[Row], definition_of: Callable[[str], Definition], titles: Titles, now: datetime
) -> list[Line]:
    """The lines of one list. What fifty rows share is put into words once."""
    zone = settings().zone

    def place(unit: str, workflow: str) -> str:
        return _place(definition_of(workflow), titles.unit(unit))

    def state(name: str, group: str, workflow: str) -> str:
        found = definition_of(workflow).states.get(name)
        return state_cell(label(found.label) if found else name, group)

    def due(at: datetime | None, over_at: datetime | None) -> str:
        return due_cell(due_cue(at, now, over_at, zone=zone))

    def waits(person: str | None, word: str, unit: str, workflow: str) -> str:
        if person:
            return waits_cell(titles.person(person))
        return waits_cell(titles.who(word, unit, definition_of(workflow)) if word else "")

    places, states, dues, waited = _Once(place), _Once(state), _Once(due), _Once(waits)
    return [
        Line(
            row.code,
            item_path(row.code),
            row.title,
            row.code + places[row.unit, row.workflow],
            states[row.state, row.group, row.workflow],
            dues[row.due_at, row.over_at(definition_of(row.workflow))],
            waited[row.waits_person, row.waits_on, row.unit, row.workflow],
        )
        for row in rows
    ]


def line_of(item: Item, definition: Definition, titles: Titles, due: DueCue | None, href: str) -> Line:
    """The line of an item that is read whole, in a list that says what can be done instead of who is waited for."""
    state = definition.states[item.state]
    return Line(
        item.code,
        href,
        str(item.fields.get("title") or item.code),
        item.code + _place(definition, titles.unit(item.unit)),
        state_cell(label(state.label), state.group.value),
        due_cell(due),
        "",
    )


def _place(definition: Definition, unit: str) -> str:
    return f" · {label(definition.label)} · {unit}"


def waits_for(item: Item, definition: Definition, titles: Titles) -> str:
    """Whom the item waits for, by name where one is named."""
    held = (resolved(who, item) for who in waiting(definition, item))
    words = (titles.person(person) if person else titles.who(word, item.unit, definition) for word, person in held)
    return _(" or ").join(dict.fromkeys(words))


def due_of(item: Item, definition: Definition, now: datetime) -> DueCue | None:
    """The due chip: counting while work goes on, frozen at the declaration once it is done."""
    over = over_at(definition, definition.states[item.state].group.value, item.fields, item.entered_at)
    return due_cue(item.due_at, now, over, zone=settings().zone)


def value_text(definition: Definition, name: str, value: Any, titles: Titles, files: Mapping[str, StoredFile]) -> str:
    """A stored value as people read it."""
    if isinstance(value, Mapping):
        return _("(private text)")
    field = input_field(definition, name)
    if value == ERASED:
        return erased_words("")
    if value is None or field is None:
        return "" if value is None else str(value)
    if field.type is FieldType.PERSON:
        return titles.person(str(value))
    if field.type is FieldType.UNIT:
        return titles.unit(str(value))
    if field.type is FieldType.UNITS:
        return ", ".join(titles.unit(unit) for unit in units_of(str(value)))
    if field.type is FieldType.CHOICE:
        return choice_label(field, value)
    if field.type is FieldType.DATE:
        return day(str(value))
    if field.type is FieldType.INSTANT:
        return moment(instant_of(str(value)), settings().zone)
    if field.type is FieldType.BOOLEAN:
        return _("yes") if value else _("no")
    if field.type in (FieldType.INTEGER, FieldType.DECIMAL):
        return number(str(value))
    if field.type is FieldType.ATTACHMENTS:
        return ", ".join(files[sha].name if sha in files else sha[:12] for sha in value)
    if field.type is FieldType.FIGURES:
        return "; ".join(f"{words}: {result or _('no figure yet')}" for words, result in told_rows(stored_rows(value)))
    return period_words(str(value)) if names_a_period(field) else str(value)


def erased_words(ground: str) -> str:
    """What stands in the place of a text that was erased on that legal ground; "" where the page does not know it."""
    return _("[erased under {ground}]", ground=ground) if ground else _("[erased as the law demands]")


def facts_of(
    item: Item,
    definition: Definition,
    titles: Titles,
    files: Mapping[str, StoredFile],
    grounds: Grounds = MappingProxyType({}),
) -> list[tuple[str, str]]:
    """The filled fields, in the order of the file, but the title, which heads the page, and attachments, listed apart."""
    shown = []
    for name, field in definition.fields.items():
        value = item.fields.get(name)
        if value in (None, "", ()) or name == "title" or field.type in (FieldType.ATTACHMENTS, FieldType.FIGURES):
            continue
        told = erased_words(grounds[name]) if value == ERASED and name in grounds else None
        shown.append((label(field.label), told or value_text(definition, name, value, titles, files)))
    return shown


def told(
    entry: HistoryEntry,
    definition: Definition | None,
    titles: Titles,
    files: Mapping[str, StoredFile],
    *,
    code: str = "",
    grounds: Grounds = MappingProxyType({}),
) -> Told:
    """One entry of the log in people's words: who with which post and for whom, what, both times, what changed."""
    body = entry.body
    effective = entry.effective_at
    late_record = abs((effective - entry.recorded_at).total_seconds()) >= 1
    return Told(
        n=entry.n,
        title=_entry_title(entry, definition),
        who=_who(entry, titles),
        at=entry.recorded_at,
        effective=moment(effective, settings().zone) if late_record else "",
        text=_words_of(entry, definition, grounds),
        changes=_changes(entry, definition, titles, files, grounds),
        by_system=body["act"]["id"] == "system",
        refused=entry.type == "refusal",
        folded=entry.type == "create",
        href=item_path(code) if code else "",
        item=code,
        alarm=entry.type == OVERRIDE,
    )


def _who(entry: HistoryEntry, titles: Titles) -> str:
    act = entry.actor
    # The post is that of the day of the act, as the log kept it, not the one held today.
    name = titles.person(act["id"]) if act["id"] == "system" else str(act.get("post") or titles.person(act["id"]))
    if act.get("for"):
        giver = str(act.get("for_post") or titles.person(str(act["for"])))
        return _("{name}, acting for {giver}", name=name, giver=giver)
    return name


def doer_words(doer: Doer, titles: Titles) -> str:
    """Who did something, and for whom."""
    name = titles.person(doer.person)
    if doer.acting_for is None:
        return name
    return _("{name}, acting for {giver}", name=name, giver=titles.person(doer.acting_for))


def _words_of(entry: HistoryEntry, definition: Definition | None, grounds: Grounds) -> str:
    if entry.type == "delegation":
        return _delegation_words(entry.body["delegation"])
    if entry.type == "timer":
        return _reminder_words(entry, definition)
    if entry.type == "admin":
        return administered(entry.body.get("admin", {}))
    if entry.type in ("read", "refusal", "export") and "what" in entry.body:
        return " · ".join(str(entry.body[part]) for part in ("what", "purpose") if part in entry.body)
    if entry.type == REDACTION:
        return erased_words(str(entry.body[REDACTION]["ground"]))
    if entry.comment is None and "comment" in grounds:
        return erased_words(grounds["comment"])
    return entry.comment or ""


def _reminder_title(entry: HistoryEntry, definition: Definition | None) -> str:
    event = _timer_event(entry)
    timer = definition.timers.get(event["timer"]) if definition else None
    state = _state_words(definition, str(entry.body.get("to")))
    if timer is None or timer.maximum is None:
        return _("Reminder: {state}", state=state)
    return _("Reminder {n} of {most}: {state}", n=event["n"], most=timer.maximum, state=state)


def _reminder_words(entry: HistoryEntry, definition: Definition | None) -> str:
    """Whom it went to, and whether others before it were missed while the clock stood."""
    event = _timer_event(entry)
    timer = definition.timers.get(event["timer"]) if definition else None
    told = told_by(timer, event["n"]) if timer else ()
    words = [_("To: {who}", who=", ".join(role_name(str(who), definition) for who in told))] if told else []
    if event["missed"]:
        words.append(
            ngettext(
                "({n} reminder before it fell due while the clock stood)",
                "({n} reminders before it fell due while the clock stood)",
                event["missed"],
            )
        )
    return " ".join(words)


def _timer_event(entry: HistoryEntry) -> Mapping[str, Any]:
    return next(event for event in entry.events if event["e"] == "timer")


def pauses_of(item: Item, definition: Definition) -> list[str]:
    """What is to be said of deadlines whose clock stands."""
    zone = settings().zone
    return [
        _(
            "“{deadline}” stands still since {since}; it was {bound} and moves on by as long as it stands.",
            deadline=label(definition.fields[definition.deadlines[name].base].label),
            since=moment(paused.since, zone),
            bound=day(last_day(paused.bound, zone)),
        )
        for name, paused in item.paused.items()
        if name in definition.deadlines
    ]


def _delegation_words(said: Mapping[str, Any]) -> str:
    """What an entry says of a power: both posts are those of that day."""
    zone = settings().zone
    parties = {"giver": said["giver_post"], "receiver": said["receiver_post"]}
    last = last_day(instant_of(str(said["until"])), zone)
    if said["act"] == "ended":
        return _("{giver} – {receiver}: the delegation is ended ({document})", document=said["document"], **parties)
    return _(
        "{giver} delegates to {receiver} ({kind}, {document}) from {first} until {last}",
        kind=said["kind"],
        document=said["document"],
        first=day(instant_of(str(said["from"])), zone),
        last=day(last),
        **parties,
    )


_TYPES = {
    "create": "Created",
    "comment": "Comment",
    "timer": "Reminder",
    "file": "File uploaded",
    "refusal": "Refused attempt",
    "login": "Signed in or out",
    "definition": "Workflow published",
    "admin": "Administration",
    "import": "Import",
    "export": "Export",
    "read": "Reading of the log",
    "notice": "Notice sent or read",
    "delegation": "Delegation",
    "child": "Something below this item has changed",
    "request": "Proposal",
    "vote": "Opinion on a proposal",
    "migrate": "Brought to another version of the workflow",
    "redaction": "Private text erased",
    "restore": "Restored from a backup",
    "key": "Key of the log entered",
    "heads": "Last entries of every item confirmed",
    "root": "Root of the log mailed",
}


def _entry_title(entry: HistoryEntry, definition: Definition | None) -> str:
    body = entry.body
    if entry.type == OVERRIDE:
        return _override_title(body, definition)
    if entry.type == "timer":
        return _reminder_title(entry, definition)
    kind = _(_TYPES[entry.type]) if entry.type in _TYPES else entry.type
    if entry.type == "child":
        opened = any(event["e"] == "child" for event in entry.events)
        return _("Opened below this item") if opened else _("Closed below this item")
    move = body.get("tr") or body.get("move") or _request_move(entry)
    if move is None or definition is None or move not in definition.transitions:
        return kind
    name = label(definition.transitions[move].label)
    if entry.type == "refusal":
        return _("Refused: {move}", move=name)
    votes = [event for event in entry.events if event["e"] == "vote"]
    if votes:
        return _("Approved: {move}", move=name) if votes[0]["vote"] == "approve" else _("Rejected: {move}", move=name)
    if entry.type == "request":
        ended = next((event for event in entry.events if event["e"] == "request_end"), None)
        return _("Taken back: {move}", move=name) if ended else _("Proposed: {move}", move=name)
    return f"{name}{_arrow(body, definition)}"


def _override_title(body: Mapping[str, Any], definition: Definition | None) -> str:
    wish = str(body.get("wish", ""))
    before, after = (body.get("of"), body.get("wanted")) if wish else (body.get("from"), body.get("to"))
    names = [_state_words(definition, str(one)) for one in (before, after)]
    words = {
        "asked": N_("Asked to go past the workflow: from “{before}” to “{after}”"),
        "refused": N_("Refused to go past the workflow: from “{before}” to “{after}”"),
    }.get(wish, N_("Past the workflow: from “{before}” to “{after}”"))
    return _(words, before=names[0], after=names[1])


def _state_words(definition: Definition | None, name: str) -> str:
    found = definition.states.get(name) if definition else None
    return label(found.label) if found else name


def _request_move(entry: HistoryEntry) -> str | None:
    return next((str(event["move"]) for event in entry.events if "move" in event), None)


def _arrow(body: Mapping[str, Any], definition: Definition) -> str:
    source, target = body.get("from"), body.get("to")
    before, after = definition.states.get(str(source)), definition.states.get(str(target))
    if source == target or before is None or after is None:
        return ""
    return f": {label(before.label)} – {label(after.label)}"


def _changes(
    entry: HistoryEntry,
    definition: Definition | None,
    titles: Titles,
    files: Mapping[str, StoredFile],
    grounds: Grounds,
) -> tuple[tuple[str, str, str], ...]:
    if definition is None:
        return ()

    def shown(name: str, value: Any) -> str:
        if value == ERASED and name in grounds:
            return erased_words(grounds[name])
        return value_text(definition, name, value, titles, files)

    rows = []
    for event in entry.events:
        if event["e"] == "field":
            field = input_field(definition, event["field"])
            rows.append(
                (
                    label(field.label) if field else event["field"],
                    shown(event["field"], event["old"]),
                    shown(event["field"], event["new"]),
                )
            )
        elif event["e"] == "unit":
            rows.append((_("Lead unit"), titles.unit(event["old"]), titles.unit(event["new"])))
        elif event["e"] in ("request", "amend"):
            rows.extend(
                (
                    label(field.label) if (field := input_field(definition, name)) else name,
                    "",
                    shown(name, value),
                )
                for name, value in event["inputs"].items()
            )
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Button:
    """An act that is open to this person; `name` says on whose behalf, "" for his own."""

    move: str
    label: str
    href: str
    target: str
    act: str
    name: str = ""


def buttons(offers: Iterable[Offer], item: Item, definition: Definition, titles: Titles) -> tuple[Button, ...]:
    """What the person may do now, decisions that wait for him first, then in the order of the definition."""
    allowed = sorted((offer for offer in offers if offer.allowed), key=lambda offer: offer.act != "vote")
    return tuple(
        Button(
            move=offer.move,
            label=_button_words(offer, definition.transitions[offer.move]),
            href=f"{item_path(item.code)}/moves/{offer.move}{acting.query_of(offer, offer.acting_for, titles)}",
            target=_led_to(offer, item, definition),
            act=offer.act,
            name=acting.on_behalf_of(offer.acting_for, titles) if offer.acting_for else "",
        )
        for offer in allowed
    )


def _led_to(offer: Offer, item: Item, definition: Definition) -> str:
    """The state that follows, where it is certain and another one."""
    if offer.target is None or offer.target == item.state:
        return ""
    return label(definition.states[offer.target].label)


def _button_words(offer: Offer, transition: Transition) -> str:
    name = label(transition.label)
    if offer.act == "amend":
        return _("Amend the proposal: {move}", move=name)
    if offer.act == "take_back":
        return _("Take the proposal back: {move}", move=name)
    if offer.act == "vote":
        return _("Approve or reject: {move}", move=name)
    return name


def blocked(
    offers: Iterable[Offer], definition: Definition, titles: Titles, others: Mapping[str, str]
) -> tuple[tuple[str, Sequence[str], str], ...]:
    """The moves of this person's post that are not possible now, with every sentence of why and who could act instead.

    `others` tells the latter for each move, "" where there is nobody. Moves with the same answer stand together: it is said once.
    """
    told: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for offer in offers:
        if offer.allowed or _is_other_peoples(offer):
            continue
        why = tuple(reason_sentence(reason, definition=definition, unit_name=titles.unit) for reason in offer.reasons)
        instead = others.get(offer.move, "") if _only_for_another(offer) else ""
        told.setdefault((why, instead), []).append(label(definition.transitions[offer.move].label))
    return tuple(("; ".join(moves), why, instead) for (why, instead), moves in told.items())


def _is_other_peoples(offer: Offer) -> bool:
    """Whether the person has nothing to do with the move by any post of his: then it is no button of his at all."""
    return all(reason.code in ("not_permitted", "wrong_unit") for reason in offer.reasons)


def _only_for_another(offer: Offer) -> bool:
    """Whether the item itself is not in the way, so that somebody else could do it now."""
    return any(reason.kind is Kind.AUTHORITY for reason in offer.reasons)


@dataclass(frozen=True, slots=True)
class WhoMay:
    """One line of the table under the drawing: a move out of this state, where it leads, who may, and what about me.

    `others` names whoever else could take it now.
    """

    move: str
    target: str
    who: str
    mine: str
    others: str = ""


def who_may_table(
    item: Item, definition: Definition, offers: Iterable[Offer], titles: Titles, others: Mapping[str, str]
) -> tuple[WhoMay, ...]:
    standing = {offer.move: offer for offer in offers}
    rows = []
    for transition in definition.leaving(item.state):
        offer = standing.get(transition.name)
        if offer is None:
            mine = ""
        elif offer.allowed:
            mine = _("You may")
            if offer.acting_for:
                mine = f"{mine}, {acting.on_behalf_of(offer.acting_for, titles)}"
        else:
            mine = " ".join(reason_sentence(r, definition=definition, unit_name=titles.unit) for r in offer.reasons)
        rows.append(
            WhoMay(
                label(transition.label),
                targets_text(definition, transition),
                ", ".join(role_name(str(who), definition) for who in transition.starters),
                mine,
                others.get(transition.name, ""),
            )
        )
    return tuple(rows)


def targets_text(definition: Definition, transition: Transition) -> str:
    names = [label(definition.states[t.state].label) for t in transition.targets if t.state in definition.states]
    return _(" or ").join(dict.fromkeys(names)) or _("stays as it is")


@dataclass(frozen=True, slots=True)
class LateLine:
    n: int
    unit: str
    effective: datetime
    recorded: datetime
    ended: datetime | None
    days: int
    record: tuple[tuple[str, str, str, datetime], ...]


def late_lines(
    item: Item, definition: Definition, titles: Titles, files: Mapping[str, StoredFile], now: datetime
) -> tuple[LateLine, ...]:
    """The episodes of lateness, the newest first; a started day counts."""
    lines = []
    for episode in reversed(item.episodes):
        until = episode.ended_at or now
        record = tuple(
            (
                label(field.label) if (field := input_field(definition, name)) else name,
                value_text(definition, name, part.value, titles, files),
                titles.person(part.by),
                part.at,
            )
            for name, part in episode.record.items()
        )
        days = max(1, -(-int((until - episode.effective_at).total_seconds()) // 86_400))
        lines.append(
            LateLine(
                episode.n,
                titles.unit(episode.unit),
                episode.effective_at,
                episode.recorded_at,
                episode.ended_at,
                days,
                record,
            )
        )
    return tuple(lines)
