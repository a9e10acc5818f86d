"""A document of a workflow, made a Definition. Total: any document gives a Compiled, never an exception."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from workflow.catalog.findings import Finding, quoted
from workflow.catalog.grammar import load, spoken
from workflow.catalog.read import Document
from workflow.catalog.schema import WORKFLOW, is_quantity
from workflow.engine.definition import (
    OFFICES,
    POSTS,
    Agency,
    Choice,
    Clear,
    Condition,
    Count,
    Create,
    Deadline,
    Definition,
    Effect,
    FieldType,
    Final,
    FollowUp,
    Gate,
    Group,
    InputField,
    Invariant,
    Job,
    Label,
    Migration,
    NeverInvariant,
    Notify,
    PaperForm,
    PathInvariant,
    Purpose,
    Series,
    SetField,
    Signal,
    Source,
    Spawn,
    Stamp,
    State,
    Step,
    Table,
    Target,
    Timer,
    Transition,
    Value,
    Webhook,
    Who,
    WhoKind,
)

_LAST = re.compile(r"last\( *([a-z][a-z0-9_]*) *\)")
_POST_IN = re.compile(rf"({'|'.join(sorted(POSTS))})\( *([a-z][a-z0-9_]*) *\)")
_REFERENCE = re.compile(r"(input|item|child)\.([a-z][a-z0-9_]*)")
_UNLABELLED = Label("", "")
_GROUPS = {Final.DONE: Group.DONE, Final.CANCELLED: Group.CANCELLED, Final.SUPERSEDED: Group.CANCELLED}

_Block = Mapping[str, Any]

JOBS = frozenset({"fall_short", "measure", "merge_reports"})
"""What this release starts after a move. A job makes the move of its own name, as the system: `workflow.outbox.handlers`."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a file may refer to beyond itself: the organisation's roles and areas, calendars, templates, workflows.

    `webhooks` are those that this installation takes, none unless somebody says so; `jobs` those of this release.
    """

    roles: frozenset[str] = OFFICES | POSTS
    calendars: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()
    jobs: frozenset[str] = JOBS


@dataclass(frozen=True, slots=True)
class Compiled:
    """`definition` is None where the grammar fails; `document` tells where each of its parts stands.

    Traps for who checks it further: a label or language left out is "" and a condition's sentence None; a word of a `by`
    that nothing knows is a Who of kind FIELD whose field does not exist; every other name stands as it was written.
    """

    definition: Definition | None
    findings: tuple[Finding, ...]
    document: Document


def compile_document(document: Document, names: Names) -> Compiled:  # noqa: ARG001  the promise of the border
    """The definition a document declares, or why its grammar fails (L01)."""
    loaded, findings = load(WORKFLOW, document)
    if loaded is None:
        return Compiled(None, findings, document)
    definition = _definition(loaded, document.fingerprint)
    return Compiled(definition, tuple(_misfits(definition, loaded, document)), document)


def _misfits(definition: Definition, top: _Block, document: Document) -> Iterator[Finding]:
    """The literals of `set` that are no value of the field they are written to."""
    for move, block in top["transitions"].items():
        for n, entry in enumerate(block.get("do", ())):
            for name, text in entry.get("set", {}).items():
                field = definition.fields.get(name)
                if field and _value(text).source is Source.LITERAL and not is_literal(field, text):
                    path = ("transitions", move, "do", n, "set", name)
                    kind = field.type.value
                    short = quoted(text)
                    vi, en = f"“{short}” không phải giá trị kiểu {kind}", f'"{short}" is no value of type {kind}'
                    message = Label(spoken(path) + vi, spoken(path) + en)
                    yield document.finding("L01", document.at(path), message)


def is_literal(field: InputField, text: str) -> bool:
    """Whether a text of the file can stand for a value of the field. A person or a unit is taken at its word."""
    if field.type in (FieldType.TEXT, FieldType.PERSON, FieldType.UNIT, FieldType.UNITS):
        return True
    if field.type is FieldType.BOOLEAN:
        return text in ("true", "false")
    if field.type is FieldType.CHOICE:
        return any(choice.name == text for choice in field.choices)
    return is_quantity(field.type, text)


def who_of(word: str) -> Who:
    """What one word of a `by` means; one that is no office, post or relation is taken for a field of type person."""
    if word in OFFICES:
        return Who(WhoKind.OFFICE, word)
    if word in POSTS:
        return Who(WhoKind.POST, word)
    if word == "creator":
        return Who(WhoKind.CREATOR, word)
    post_in = _POST_IN.fullmatch(word)
    if post_in:
        return Who(WhoKind.POST_IN, post_in[2], post_in[1])
    last = _LAST.fullmatch(word)
    return Who(WhoKind.LAST, last[1]) if last else Who(WhoKind.FIELD, word)


def _definition(top: _Block, fingerprint: str) -> Definition:
    fields = {name: _field(name, block) for name, block in top["fields"].items()}
    return Definition(
        workflow=top["workflow"],
        version=top["version"],
        fingerprint=fingerprint,
        label=top["label"],
        code=top.get("code", ""),
        purpose=Purpose(top["purpose"]) if "purpose" in top else None,
        calendar=top.get("calendar"),
        create=_create(top["create"]),
        fields=MappingProxyType(fields),
        deadlines=_named(top.get("deadlines"), _deadline),
        episode_record=top.get("episode", {}).get("record", ()),
        states=MappingProxyType({name: _state(name, block, fields) for name, block in top["states"].items()}),
        transitions=_named(top["transitions"], _transition),
        timers=_named(top.get("timers"), _timer),
        series=_named(top.get("series"), _series),
        paper=_paper(top["paper"]) if "paper" in top else None,
        invariants=tuple(_invariant(block) for block in top.get("invariants", ())),
        migrations=tuple(_migration(block) for block in top.get("migrate", ())),
    )


def _named(blocks: Mapping[str, _Block] | None, build: Any) -> Mapping[str, Any]:
    return MappingProxyType({name: build(name, block) for name, block in (blocks or {}).items()})


def _whos(words: Iterable[str]) -> tuple[Who, ...]:
    return tuple(who_of(word) for word in words)


def _who(word: str | None) -> Who | None:
    return who_of(word) if word else None


def _create(block: _Block) -> Create:
    return Create(
        by=_whos(block.get("by", ())),
        require=block.get("require", ()),
        optional=block.get("optional", ()),
        children_of=block.get("children_of", ()),
    )


def _field(name: str, block: _Block) -> InputField:
    kind = FieldType(block["type"])
    return InputField(
        name=name,
        type=kind,
        label=block.get("label", _UNLABELLED),
        system=block.get("system", False),
        # Text may name people unless the file says otherwise.
        private=block.get("private", kind is FieldType.TEXT),
        minimum=block.get("min"),
        maximum=block.get("max"),
        pattern=block.get("pattern"),
        choices=tuple(Choice(word, label) for word, label in block.get("of", ())),
        hint=block.get("hint"),
    )


def _state(name: str, block: _Block, fields: Mapping[str, InputField]) -> State:
    final = Final(block["final"]) if "final" in block else None
    freeze = block.get("freeze", ())
    return State(
        name=name,
        label=block.get("label", _UNLABELLED),
        initial=block.get("initial", False),
        final=final,
        group=Group(block["group"]) if "group" in block else _group(final),
        overdue="flag" in block,
        waits_on=_who(block.get("waits_on")),
        freeze=frozenset(fields if freeze == "all" else freeze),
    )


def _group(final: Final | None) -> Group:
    return _GROUPS[final] if final else Group.DOING


def _condition(block: _Block) -> Condition | None:
    return Condition(block["if"], block.get("else")) if "if" in block else None


def _transition(name: str, block: _Block) -> Transition:
    return Transition(
        name=name,
        label=block.get("label", _UNLABELLED),
        sources=block["from"],
        targets=tuple(Target(target["state"], _condition(target)) for target in block["to"]),
        by=_whos(block.get("by", ())),
        require=block.get("require", ()),
        optional=block.get("optional", ()),
        when=tuple(Condition(when["if"], when.get("else")) for when in block.get("when", ())),
        checked=block.get("check", ()),
        gate=_gate(block["approval"], block.get("by", ())) if "approval" in block else None,
        distinct_from=block.get("distinct_from", ()),
        distinct_unit_from=block.get("distinct_unit_from", ()),
        nobody_left=_who(block.get("nobody_left")),
        effects=tuple(effect for entry in block.get("do", ()) for effect in _effects(entry)),
        after=tuple(_follow_up(entry, name) for entry in block.get("after", ())),
        bulk=block.get("bulk", False),
        reopens=block.get("reopens", False),
    )


def _gate(block: _Block, by: Iterable[str]) -> Gate:
    return Gate(
        proposed_by=_whos(block.get("proposed_by", by)),
        steps=tuple(_step(step) for step in block["steps"]),
        ordered=block.get("order", "sequence") == "sequence",
        distinct_from=block.get("distinct_from", ()),
        distinct_steps=block.get("distinct_steps", False),
        distinct_unit_from=block.get("distinct_unit_from", ()),
        nobody_left=_who(block.get("nobody_left")),
        on_reject=block.get("on_reject", "stay"),
        dismiss_when_changed=block.get("dismiss_when_changed", ()),
    )


def _step(block: _Block) -> Step:
    return Step(block["id"], _whos(block["by"]), block.get("need", 1), _condition(block))


def _value(text: str) -> Value:
    found = _REFERENCE.fullmatch(text)
    return Value(Source(found[1]), found[2]) if found else Value(Source.LITERAL, text)


def _values(block: _Block) -> tuple[tuple[str, Value], ...]:
    return tuple((name, _value(text)) for name, text in block.items())


def _effects(block: _Block) -> tuple[Effect, ...]:
    """The effects of one entry of `do`: one, but for `set`, which has one for each field."""
    if "set" in block:
        return tuple(SetField(name, value) for name, value in _values(block["set"]))
    if "stamp" in block:
        return (Stamp(block["stamp"]),)
    if "count" in block:
        return (Count(block["count"]),)
    if "clear" in block:
        return (Clear(block["clear"]),)
    if "spawn" in block:
        return (Spawn(block["spawn"], _values(block.get("fields", {}))),)
    return (Signal(block["signal"], block["move"], _values(block.get("fields", {}))),)


def _follow_up(block: _Block, move: str) -> FollowUp:
    if "webhook" in block:
        return Webhook(block["webhook"])
    if "job" in block:
        return Job(block["job"])
    return Notify(_whos(block["notify"]), block.get("template", move))


def _deadline(name: str, block: _Block) -> Deadline:
    return Deadline(
        name=name,
        base=block["base"],
        optional=block.get("optional", False),
        pause_in=block.get("pause_in", ()),
        grace_on_return=block.get("grace_on_return"),
    )


def _timer(name: str, block: _Block) -> Timer:
    return Timer(
        name=name,
        states=block["in"],
        at=block["at"],
        fire=block.get("fire"),
        notify=_whos(block.get("notify", ())),
        then=_whos(block.get("then", ())),
        every=block.get("every"),
        maximum=block.get("max"),
        template=block.get("template", name),
    )


def _series(name: str, block: _Block) -> Series:
    due = block["due"]
    return Series(
        name=name,
        every=block["every"],
        window_from=block["window"]["from"],
        window_to=block["window"]["to"],
        before_day=due["before_day"],
        due_of=due.get("of"),
        roll=due.get("roll", "keep"),
        opens=block.get("opens", "window_start"),
        for_each=block["for_each"],
        enabled=block.get("enabled", True),
    )


def _paper(block: _Block) -> PaperForm:
    return PaperForm(
        signed_by=block["signed_by"],
        agency=Agency(block.get("agency", Agency.UNIT)),
        kind=block["kind"],
        symbol=block["symbol"],
        subject=block["subject"],
        addressee=block.get("addressee", ""),
        opening=block.get("opening", ""),
        sections=tuple(block["sections"].items()),
        recipients=block["recipients"],
        annexes=tuple(Table(word) for word in block.get("annexes", ())),
        number=block.get("number"),
        dated=block.get("dated"),
    )


def _invariant(block: _Block) -> Invariant:
    if "path" in block:
        path = block["path"]
        return PathInvariant(path["from"], path["to"], path["through"])
    return NeverInvariant(who_of(block["never"]["by"]), block["never"]["do"])


def _migration(block: _Block) -> Migration:
    return Migration(
        from_version=block["from"],
        states=tuple(block.get("states", {}).items()),
        fill=tuple(block.get("fill", {}).items()),
        drop=block.get("drop", ()),
    )
