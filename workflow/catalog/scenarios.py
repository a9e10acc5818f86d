"""The stories beside a definition, `<name>.scenarios.yaml`: read strictly, played by the rules, each slip a finding (L37)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, validates_schema

from workflow.catalog.findings import Finding, nearest, quoted
from workflow.catalog.grammar import (
    NAME,
    SLUG,
    Bilingual,
    Block,
    Day,
    Listed,
    Named,
    One,
    Part,
    Problem,
    Text,
    load_as,
    refuse,
)
from workflow.catalog.read import Document, DocumentInvalid, Path, read_document
from workflow.catalog.rehearsal import Cast, Rehearsal, RehearsalTooLong
from workflow.clock import VIETNAM
from workflow.engine import SYSTEM_ACTOR, Actor, Choice, Definition, Delegation, Label, Reason
from workflow.engine.definition import SYSTEM
from workflow.engine.effects import signals_its_parent
from workflow.engine.workdays import Calendar
from workflow.values import replace

_ACTS = ("do", "approve", "reject", "withdraw", "clock")


class Given(Part):
    """A value as somebody would type it: `{file: "name.pdf"}` is the file of that name."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if isinstance(value, list):
            return [_file(part) for part in value]
        return _file(value)


def _file(value: Any) -> Any:
    """A file of a story has no bytes: its name stands for its content."""
    if isinstance(value, dict) and value.keys() == {"file"} and isinstance(value["file"], str):
        return hashlib.sha256(value["file"].encode()).hexdigest()
    return value


class Moment(Part):
    """`2026-06-20` is 00:00 of that day, local; `2026-06-20 08:00` that instant."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            at = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            at = None
        if at is None or not 1900 <= at.year < 2200:
            raise refuse(
                f"“{quoted(str(value))}” không phải ngày hoặc thời điểm (YYYY-MM-DD, YYYY-MM-DD HH:MM)",
                f'"{quoted(str(value))}" is neither a day nor an instant (YYYY-MM-DD, YYYY-MM-DD HH:MM)',
            )
        return (at if at.tzinfo else at.replace(tzinfo=VIETNAM)).astimezone(UTC)


class StepBlock(Block):
    @validates_schema
    def one_act_by_somebody(self, data: Any, **_: Any) -> None:
        acts = [key for key in _ACTS if key in data]
        if len(acts) != 1:
            words = ", ".join(_ACTS)
            raise refuse(f"mỗi bước cần đúng một trong: {words}", f"a step needs exactly one of: {words}")
        foreign = {"clock": ("as", "with", "comment", "refused", "for")}.get(acts[0], ("with",) * (acts[0] != "do"))
        errors = {
            key: [
                Problem(
                    Label(f"“{key}” không đi cùng “{acts[0]}”", f'"{key}" does not go with "{acts[0]}"'), None, True
                )
            ]
            for key in foreign
            if key in data
        }
        if acts[0] != "clock" and "as" not in data:
            errors["as"] = [Problem(Label("thiếu khóa “as”", 'the key "as" is missing'))]
        if errors:
            raise ValidationError(errors)


PERSON = Block.from_dict(
    {"unit": Text(), "roles": Listed(Text()), "areas": Listed(Text()), "delegated_by": Listed(Text())}, name="Person"
)
CREATE = Block.from_dict(
    {"by": Text(needed=True), "unit": Text(needed=True), "parent": Text(), "fields": Named(Given(), form=NAME)},
    name="ScenarioCreate",
)
STEP = StepBlock.from_dict(
    {
        "as": Text(),
        "for": Text(),
        "do": Text(),
        "approve": Text(),
        "reject": Text(),
        "withdraw": Text(),
        "clock": Moment(),
        "with": Named(Given(), form=NAME),
        "comment": Text(),
        "expect": Text(),
        "refused": Listed(Text(), least=1),
        "waits": Listed(Text()),
        "notified": Listed(Text()),
    },
    name="ScenarioStep",
)
SCENARIO = Block.from_dict(
    {
        "name": Bilingual(needed=True),
        "today": Day(needed=True),
        "people": Named(One(PERSON), needed=True, form=SLUG, refused={SYSTEM}),
        "create": One(CREATE, needed=True),
        "steps": Listed(One(STEP), needed=True, least=1),
    },
    name="Scenario",
)


def check_scenarios(
    definition: Definition, text: str | bytes, file: str, calendars: Mapping[str, Calendar]
) -> tuple[Finding, ...]:
    """What the stories in `text` have against `definition`: of each story the first slip. Never raises for what the text says.

    `definition` must have passed its checks.
    """
    try:
        document = read_document(text, file)
    except DocumentInvalid as fault:
        return fault.findings
    stories, findings = load_as(Listed(One(SCENARIO), least=1), document)
    if stories is None:
        return findings
    calendar = calendars.get(definition.calendar) if definition.calendar else None
    found = (_Story(definition, document, n, story, calendar).slip() for n, story in enumerate(stories))
    return tuple(finding for finding in found if finding)


class _Slip(Exception):
    """Where a story leaves the rules: what was expected, and what came."""

    def __init__(self, path: Path, vi: str, en: str, hint: str | None = None) -> None:
        super().__init__(en)
        self.path, self.vi, self.en, self.hint = path, vi, en, hint


def _unlike(path: Path, wanted: Label, got: Label) -> _Slip:
    return _Slip(path, f"mong đợi {wanted.vi}, nhận được {got.vi}", f"expected {wanted.en}, got {got.en}")


def _same(text: str) -> Label:
    return Label(text, text)


def _listed(words: Iterable[str]) -> Label:
    joined = ", ".join(words)
    return Label(joined or "không ai", joined or "nobody")


def _spoken(reasons: Iterable[Reason]) -> str:
    """Refusals as the author of a story names them, with the field where one is meant."""
    return ", ".join(
        f"{reason.code}({reason.params['field']})" if "field" in reason.params else reason.code for reason in reasons
    )


@dataclass(frozen=True, eq=False)
class _Story:
    definition: Definition
    document: Document
    n: int
    told: Mapping[str, Any]
    calendar: Calendar | None

    def slip(self) -> Finding | None:
        """The first thing that goes otherwise than told, at the step where it does."""
        try:
            self._play()
        except _Slip as slip:
            name: Label = self.told["name"]
            steps = slip.path[1] if len(slip.path) > 1 and slip.path[0] == "steps" else None
            place = ("", "") if steps is None else (f", bước {int(steps) + 1}", f", step {int(steps) + 1}")
            message = Label(
                f"kịch bản “{quoted(name.vi or name.en)}”{place[0]}: {slip.vi}",
                f'scenario "{quoted(name.en or name.vi)}"{place[1]}: {slip.en}',
            )
            return self.document.finding("L37", self.document.at((self.n, *slip.path)), message, slip.hint)
        return None

    def _play(self) -> None:
        began = datetime.combine(self.told["today"], time(), tzinfo=VIETNAM).astimezone(UTC)
        rehearsal = Rehearsal(self.definition, self._cast(), self.calendar, began)
        self._create(rehearsal)
        for n, step in enumerate(self.told["steps"]):
            path: Path = ("steps", n)
            reasons = self._act(rehearsal, path, step)
            _judge(rehearsal, path, step, reasons)

    # -- people -----------------------------------------------------------------------------------------------------------

    def _cast(self) -> Cast:
        people = {
            name: Actor(
                id=name,
                unit=told.get("unit"),
                roles=frozenset(told.get("roles", ())),
                areas=frozenset(told.get("areas", ())),
            )
            for name, told in self.told["people"].items()
        }
        return Cast(MappingProxyType({name: self._empowered(actor, people) for name, actor in people.items()}))

    def _empowered(self, actor: Actor, people: Mapping[str, Actor]) -> Actor:
        powers = []
        for n, name in enumerate(self.told["people"][actor.id].get("delegated_by", ())):
            giver = self._person(people, ("people", actor.id, "delegated_by", n), name)
            powers.append(Delegation(f"{name}-{actor.id}", name, giver.unit, giver.roles, giver.areas))
        return replace(actor, delegations=tuple(powers))

    def _person(self, people: Mapping[str, Actor], path: Path, name: str) -> Actor:
        if name not in people:
            raise _Slip(
                path, f"không có người “{name}” trong people", f'no "{name}" among the people', nearest(name, people)
            )
        return people[name]

    def _actor(self, people: Mapping[str, Actor], path: Path, name: str) -> Actor:
        return SYSTEM_ACTOR if name == SYSTEM else self._person(people, path, name)

    # -- acts -------------------------------------------------------------------------------------------------------------

    def _create(self, rehearsal: Rehearsal) -> None:
        told, create = self.told["create"], self.definition.create
        by = told["by"]
        people = rehearsal.cast.people
        actor = self._actor(people, ("create", "by"), by)
        parent = told.get("parent")
        if parent is None and create.children_of and signals_its_parent(self.definition):
            parent = create.children_of[0]
        reasons = rehearsal.create(actor, told["unit"], told.get("fields", {}), parent)
        if reasons:
            codes = _spoken(reasons)
            raise _Slip(("create",), f"không tạo được: {codes}", f"the item cannot be created: {codes}")

    def _act(self, rehearsal: Rehearsal, path: Path, step: Mapping[str, Any]) -> tuple[Reason, ...]:
        if "clock" in step:
            self._wait(rehearsal, path, step["clock"])
            return ()
        actor = self._actor(rehearsal.cast.people, (*path, "as"), step["as"])
        if "for" in step:
            self._person(rehearsal.cast.people, (*path, "for"), step["for"])
            actor = replace(actor, acting_for=step["for"])
        key = next(key for key in _ACTS if key in step)
        move, comment = step[key], step.get("comment")
        if move not in self.definition.transitions:
            hint = nearest(move, self.definition.transitions)
            raise _Slip((*path, key), f"không có bước “{move}”", f'no move "{move}"', hint)
        if key == "do":
            return rehearsal.perform(actor, move, step.get("with", {}), comment)
        if key == "withdraw":
            return rehearsal.withdraw(actor, move, comment)
        return rehearsal.vote(actor, move, Choice(key), comment)

    def _wait(self, rehearsal: Rehearsal, path: Path, until: datetime) -> None:
        if until < rehearsal.now:
            at = rehearsal.now.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M")
            raise _Slip(
                (*path, "clock"), f"thời gian không lùi được: đang là {at}", f"time does not go back: it is {at}"
            )
        try:
            rehearsal.wait(until)
        except RehearsalTooLong:
            raise _Slip(path, "có quá nhiều lần hẹn giờ", "timers fall due too often") from None
        except ValueError as fault:
            raise _Slip(path, f"không tính được ngày làm việc: {fault}", str(fault)) from None


def _judge(rehearsal: Rehearsal, path: Path, step: Mapping[str, Any], reasons: tuple[Reason, ...]) -> None:
    _judge_refusal(path, step, reasons)
    wanted = step.get("expect")
    if wanted is not None and wanted != rehearsal.state:
        states = rehearsal.definition.states
        slip = _unlike(path, _same(wanted), _same(rehearsal.state))
        raise _Slip(path, slip.vi, slip.en, None if wanted in states else nearest(wanted, states))
    if "waits" in step:
        _judge_people(path, step["waits"], rehearsal.waiting(), Label("chờ", "waiting for"))
    if "notified" in step:
        _judge_people(path, step["notified"], rehearsal.told, Label("thông báo tới", "notified"))


def _judge_refusal(path: Path, step: Mapping[str, Any], reasons: tuple[Reason, ...]) -> None:
    wanted = step.get("refused")
    if wanted is None:
        if reasons:
            state = step.get("expect")
            expected = _same(state) if state else Label("được chấp nhận", "acceptance")
            codes = _spoken(reasons)
            raise _unlike(path, expected, Label(f"từ chối: {codes}", f"a refusal: {codes}"))
        return
    refusal = Label(f"từ chối: {', '.join(wanted)}", f"a refusal: {', '.join(wanted)}")
    if not reasons:
        raise _unlike(path, refusal, Label("chấp nhận", "acceptance"))
    if not set(wanted) <= {reason.code for reason in reasons}:
        raise _unlike(path, refusal, _same(_spoken(reasons)))


def _judge_people(path: Path, wanted: Iterable[str], got: frozenset[str], what: Label) -> None:
    """Each one named must be among them; an empty list says that there is nobody."""
    named = set(wanted)
    if named <= got and (named or not got):
        return
    expected, found = _listed(sorted(named)), _listed(sorted(got))
    raise _unlike(path, Label(f"{what.vi} {expected.vi}", f"{what.en} {expected.en}"), found)
