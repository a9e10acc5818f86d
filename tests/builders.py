"""Test data in one line: a small task workflow, people, items, moves."""

from datetime import UTC, datetime

from workflow.engine import (
    Accepted,
    Actor,
    Choice,
    Circumstances,
    CreateItem,
    Definition,
    Delegation,
    Item,
    Label,
    Perform,
    Rejected,
    Vote,
    decide,
    fold,
)
from workflow.engine.definition import (
    OFFICES,
    POSTS,
    Clear,
    Condition,
    Count,
    Create,
    Deadline,
    FieldType,
    Final,
    Gate,
    Group,
    InputField,
    Moment,
    SetField,
    Source,
    Stamp,
    State,
    Step,
    Target,
    Timer,
    Transition,
    Value,
    Who,
    WhoKind,
)

LABEL = Label("Nhãn", "Label")
REFUSAL = Label("Chưa được.", "Not yet.")
FILE = "a" * 64


def who(word: str) -> Who:
    if word in OFFICES:
        return Who(WhoKind.OFFICE, word)
    if word in POSTS:
        return Who(WhoKind.POST, word)
    if word.startswith("last("):
        return Who(WhoKind.LAST, word[5:-1])
    return Who(WhoKind.CREATOR if word == "creator" else WhoKind.FIELD, word)


def by(*words: str) -> tuple[Who, ...]:
    return tuple(who(word) for word in words)


def state(name: str, **options) -> State:
    return State(name, LABEL, **options)


def move(name: str, source: str, target: str, actors: str, **options) -> Transition:
    """A transition; sources and actors are space-separated words."""
    targets = options.pop("targets", (Target(target),))
    return Transition(name, LABEL, tuple(source.split()), targets, by(*actors.split()), **options)


def named(*things) -> dict:
    return {thing.name: thing for thing in things}


def field(name: str, kind: str, **options) -> InputField:
    return InputField(name, FieldType(kind), LABEL, **options)


def definition(**changes) -> Definition:
    """The small task: assigned → in_progress → completed → verified, with lateness and a plan behind a gate."""
    parts = {
        "workflow": "task",
        "version": 1,
        "fingerprint": "f" * 64,
        "label": LABEL,
        "code": "NV",
        "create": Create(by("chairman"), ("title",), ("due_on", "area", "assignee")),
        "fields": named(
            field("title", "text"),
            field("area", "text"),
            field("due_on", "date"),
            field("assignee", "person"),
            field("progress", "integer"),
            field("evidence", "attachments"),
            field("cause_note", "text", private=True),
            field("plan_due_on", "date"),
            field("late_count", "integer", system=True),
            field("completed_at", "instant", system=True),
            field("checked", "boolean"),
            field("to_unit", "unit"),
        ),
        "states": named(
            state("assigned", initial=True, waits_on=who("unit_head")),
            state("in_progress", waits_on=who("assignee")),
            state("late", group=Group.BEHIND, overdue=True, waits_on=who("unit_head")),
            state("remediation_planned", group=Group.BEHIND, overdue=True, waits_on=who("unit_head")),
            state("completed", waits_on=who("chairman"), freeze=frozenset({"title"})),
            state("verified", final=Final.DONE, group=Group.DONE, freeze=frozenset({"title", "due_on"})),
        ),
        "deadlines": {"main": Deadline("main", "due_on", optional=True), "plan": Deadline("plan", "plan_due_on")},
        "episode_record": ("cause_note", "plan_due_on"),
        "transitions": named(
            move("start", "assigned", "in_progress", "unit_head unit_deputy assignee"),
            move("progress", "in_progress remediation_planned", "same", "officer unit_head", require=("progress",)),
            move(
                "mark_late",
                "assigned in_progress remediation_planned",
                "late",
                "system",
                effects=(Count("late_count"),),
            ),
            Transition(
                "plan",
                LABEL,
                ("late",),
                (Target("remediation_planned"),),
                require=("cause_note", "plan_due_on"),
                when=(Condition("plan_due_on > today", REFUSAL),),
                gate=Gate(
                    by("unit_head", "unit_deputy"),
                    (Step("chair", by("chairman", "vice_chairman")),),
                    distinct_from=("proposer",),
                    nobody_left=who("chairman"),
                    dismiss_when_changed=("plan_due_on",),
                ),
            ),
            move(
                "complete",
                "in_progress remediation_planned",
                "completed",
                "unit_head unit_deputy",
                require=("evidence",),
                when=(Condition("item.open_children == 0", REFUSAL),),
                effects=(Stamp("completed_at"), SetField("checked", Value(Source.LITERAL, "true"))),
            ),
            move(
                "rework",
                "completed",
                "",
                "chairman vice_chairman",
                require=("comment",),
                targets=(
                    Target("remediation_planned", Condition("'plan_due_on' in filled && plan_due_on >= today")),
                    Target("late", Condition("overdue")),
                    Target("in_progress"),
                ),
                effects=(Clear(("completed_at",)),),
            ),
            move(
                "verify",
                "completed",
                "verified",
                "chairman vice_chairman",
                distinct_from=("complete",),
                distinct_unit_from=("complete",),
                nobody_left=who("chairman"),
            ),
            move(
                "transfer",
                "assigned in_progress late",
                "assigned",
                "chairman",
                require=("to_unit",),
                effects=(SetField("unit", Value(Source.INPUT, "to_unit")),),
            ),
            move("reopen", "verified", "in_progress", "chairman", reopens=True, require=("comment",)),
        ),
        "timers": named(
            Timer("due", ("assigned", "in_progress"), Moment("main"), fire="mark_late"),
            Timer("broken", ("remediation_planned",), Moment("plan"), fire="mark_late"),
        ),
    }
    return Definition(**{**parts, **changes})


TASK = definition()

AN = Actor("an", "kt", frozenset({"officer"}), post="Chuyên viên Phòng Kinh tế")
BINH = Actor("binh", "vhxh", frozenset({"officer", "consolidator"}), post="Công chức tổng hợp")
CHI = Actor("chi", "kt", frozenset({"unit_head"}), post="Trưởng phòng Kinh tế")
DEPUTY = Actor("deputy", "kt", frozenset({"unit_deputy"}), post="Phó Trưởng phòng Kinh tế")
DUNG = Actor("dung", "ubnd", frozenset({"chairman"}), post="Chủ tịch UBND xã")
VICE = Actor("vice", "ubnd", frozenset({"vice_chairman"}), frozenset({"tai-chinh-cong"}), post="Phó Chủ tịch UBND xã")
GIANG = Actor("giang", None, frozenset({"auditor"}), post="Người kiểm tra, giám sát")
KHACH = Actor("khach")

KT_POWER = Delegation("uq-1", "chi", "kt", frozenset({"unit_head"}))


class Posts:
    """A directory of the personas above."""

    people = (AN, BINH, CHI, DEPUTY, DUNG, VICE, GIANG)

    def __init__(self, *people: Actor) -> None:
        if people:
            self.people = people

    def holders(self, role: str, unit: str | None, area: str | None) -> frozenset[str]:
        return frozenset(
            person.id
            for person in self.people
            if role in person.roles
            and unit in (None, person.unit)
            and (role != "vice_chairman" or area is None or area in person.areas)
        )


def at(text: str) -> datetime:
    """An instant from local Vietnamese words: `2026-06-20` or `2026-06-20 08:00`."""
    return datetime.fromisoformat(f"{text}+07:00").astimezone(UTC) if " " in text else at(f"{text} 00:00")


def on(text: str = "2026-06-10 09:00", *people: Actor) -> Circumstances:
    return Circumstances(at(text), directory=Posts(*people))


def item(workflow: Definition = TASK, *, unit: str = "kt", day: str = "2026-06-10 08:00", **fields) -> Item:
    """A fresh item of unit kt, created by the chairman."""
    fields = {"title": "Công khai ngân sách", "due_on": "2026-06-19", **fields}
    created = decide(workflow, None, CreateItem(DUNG, "i1", "NV-2026-0001", unit, fields), on(day))
    assert isinstance(created, Accepted), created
    return fold(None, created.events)


def accepted(workflow: Definition, before: Item, command, circumstances: Circumstances) -> Item:
    decision = decide(workflow, before, command, circumstances)
    assert isinstance(decision, Accepted), decision
    return fold(before, decision.events)


def codes(decision) -> set[str]:
    assert isinstance(decision, Rejected), decision
    return {reason.code for reason in decision.reasons}


def perform(name: str, actor: Actor, comment: str | None = None, **inputs) -> Perform:
    return Perform(actor, name, inputs, comment)


def vote(name: str, actor: Actor, choice: str = "approve") -> Vote:
    return Vote(actor, name, Choice(choice))
