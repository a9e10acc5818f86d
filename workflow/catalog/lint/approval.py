"""Approvals and four eyes.

Somebody may act (L20), votes can suffice (L21, L22, L24), the rules have a way out (L23, L36), a rejection leads
somewhere (L25), and what overtakes an open request is known (L32).
"""

from collections.abc import Iterable, Iterator
from math import inf

from workflow.catalog.findings import Finding
from workflow.catalog.lint.expressions import negated, plain
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import COMMENT, SYSTEM, Gate, Step, Transition, Who, WhoKind

_SOLE_OFFICES = frozenset({"chairman", "office_chief"})
_SOLE_POSTS = frozenset({"unit_head"})

# Offices whose holders sit in a unit that also has items of its own: a rule of distinct units may shut them out.
_SEATED_OFFICES = frozenset({"office_chief", "consolidator", "clerk"})


def somebody_may_act(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    if not definition.create.by:
        yield subject.at_key("L20", ("create", "by"), "không ai được lập mục này", "nobody may create an item")
    for move in definition.transitions.values():
        path: Path = ("transitions", move.name)
        if not move.starters:
            key = "proposed_by" if move.gate and "by" not in subject.document.data["transitions"][move.name] else "by"
            where = (*path, "approval", key) if key == "proposed_by" else (*path, key)
            yield subject.at_key("L20", where, "không ai được làm bước này", "nobody may make this move")
        for n, step in enumerate(move.gate.steps if move.gate else ()):
            if all(_is_system(who) for who in step.by):
                vi, en = "không ai biểu quyết được ở cấp duyệt này", "nobody can vote in this step"
                yield subject.at_key("L20", (*path, "approval", "steps", n, "by"), vi, en)


def _is_system(who: Who) -> bool:
    return who.kind is WhoKind.OFFICE and who.name == SYSTEM


def some_step_always_applies(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        if move.gate and not _is_covered(move.gate):
            yield subject.at_key(
                "L21",
                ("transitions", move.name),
                "không chứng minh được rằng luôn có cấp duyệt: cần một cấp không có “if”, hoặc hai cấp phủ định nhau bằng !(…)",
                'it cannot be proved that some approval step always applies: one step without an "if", or two of'
                ' which one is "!(…)" of the other, would prove it',
            )


def _is_covered(gate: Gate) -> bool:
    expressions = {plain(step.condition.expression) for step in gate.steps if step.condition}
    return any(step.condition is None for step in gate.steps) or any(
        negated(text) in expressions for text in expressions
    )


def quorums_can_be_met(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        for n, step in enumerate(move.gate.steps if move.gate else ()):
            if move.gate and step.by:
                yield from _quorum(subject, move, n, step, move.gate)


def _quorum(subject: Subject, move: Transition, n: int, step: Step, gate: Gate) -> Iterator[Finding]:
    holders = _most(step.by)
    left = holders - _excluded(subject, move, gate, step)
    # Where the rules leave nobody the fallback votes, one person; without one it is L23 that speaks.
    possible = left if left > 0 else 1 if gate.nobody_left else holders
    if step.need > possible:
        yield subject.at_value(
            "L22",
            ("transitions", move.name, "approval", "steps", n, "need"),
            f"cần {step.need} người mà nhiều nhất chỉ có {possible:.0f}",
            f"{step.need} people are needed and there are {possible:.0f} at most",
        )


def _is_sole(who: Who) -> bool:
    """Whether one person at most is meant, in any organisation."""
    if who.kind is WhoKind.OFFICE:
        return who.name in _SOLE_OFFICES
    return who.name in _SOLE_POSTS if who.kind is WhoKind.POST else True


def _most(words: Iterable[Who]) -> float:
    distinct = {who for who in words if not _is_system(who)}
    return len(distinct) if all(_is_sole(who) for who in distinct) else inf


def _excluded(subject: Subject, move: Transition, gate: Gate, step: Step) -> int:
    """How many holders of a step a four-eyes rule may exclude: one for each named move that one of them may have made."""
    return sum(1 for name in gate.distinct_from if _doers(subject, move, name) & set(step.by))


def _doers(subject: Subject, move: Transition, name: str) -> frozenset[Who]:
    """Who may have been meant by a name in `distinct_from`. A gated move is done by whoever gives the last vote."""
    if name == "proposer":
        return frozenset(move.gate.proposed_by if move.gate else ())
    other = subject.definition.transitions.get(name)
    if other is None:
        return frozenset()
    if other.gate is None:
        return frozenset((*other.by, *_present(other.nobody_left)))
    voters = (who for step in other.gate.steps for who in step.by)
    return frozenset((*voters, *_present(other.gate.nobody_left)))


def _present(who: Who | None) -> tuple[Who, ...]:
    return (who,) if who else ()


def four_eyes_have_a_way_out(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        path: Path = ("transitions", move.name)
        key = _rule_key(move.distinct_from, move.distinct_unit_from)
        if key and move.gate:
            vi = f"“{key}” của bước có phê duyệt phải đứng trong “approval”, ở đây nó không có tác dụng"
            en = f'on a move with an approval "{key}" belongs inside "approval"; here it binds nobody'
            yield subject.at_key("L23", (*path, key), vi, en)
        elif key and move.nobody_left is None:
            yield subject.at_key("L23", (*path, key), *_no_way_out(key))
        gate = move.gate
        inner = _rule_key(gate.distinct_from, gate.distinct_unit_from) if gate else None
        if gate and inner and gate.nobody_left is None:
            yield subject.at_key("L23", (*path, "approval", inner), *_no_way_out(inner))


def _rule_key(people: tuple[str, ...], units: tuple[str, ...]) -> str | None:
    return "distinct_from" if people else "distinct_unit_from" if units else None


def _no_way_out(key: str) -> tuple[str, str]:
    return (
        f"“{key}” có thể loại hết mọi người: cần “nobody_left”",
        f'"{key}" may leave nobody: "nobody_left" is needed beside it',
    )


def distinct_steps_have_distinct_people(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        gate = move.gate
        if gate is None:
            continue
        path: Path = ("transitions", move.name, "approval", "steps")
        seen: set[str] = set()
        for n, step in enumerate(gate.steps):
            if step.id in seen:
                vi, en = f"hai cấp duyệt cùng tên “{step.id}”", f'two steps bear the name "{step.id}"'
                yield subject.at_value("L24", (*path, n, "id"), vi, en)
            seen.add(step.id)
        if gate.distinct_steps:
            yield from _crowded(subject, path, gate)


def _crowded(subject: Subject, path: Path, gate: Gate) -> Iterator[Finding]:
    """Steps of the same few people, who are fewer than the votes that both steps need."""
    alike: dict[frozenset[Who], list[Step]] = {}
    for n, step in enumerate(gate.steps):
        people = frozenset(step.by)
        before = alike.setdefault(people, [])
        other = next((one for one in before if one.need + step.need > _most(people) and _may_meet(one, step)), None)
        if other:
            names = ", ".join(sorted(str(who) for who in people))
            vi = f"cấp duyệt “{other.id}” và cấp này đều chỉ có {names}, mà “distinct_steps” đòi người khác nhau"
            en = (
                f'the step "{other.id}" and this one both have only {names}, yet "distinct_steps" wants distinct people'
            )
            yield subject.at_key("L24", (*path, n, "by"), vi, en)
        before.append(step)


def _may_meet(one: Step, other: Step) -> bool:
    """Whether both steps may apply to one item."""
    if one.condition is None or other.condition is None:
        return True
    first, second = plain(one.condition.expression), plain(other.condition.expression)
    return negated(first) != second and negated(second) != first


def rejections_lead_somewhere(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        following = subject.definition.transitions.get(move.gate.on_reject) if move.gate else None
        if following is None:
            continue
        for vi, en in _obstacles(move, following):
            yield subject.at_value("L25", ("transitions", move.name, "approval", "on_reject"), vi, en)


def _obstacles(move: Transition, following: Transition) -> Iterator[tuple[str, str]]:
    name = following.name
    elsewhere = [state for state in move.sources if state not in following.sources]
    wanted = [field for field in following.require if field != COMMENT]
    if elsewhere:
        yield f"bước “{name}” không đi từ “{elsewhere[0]}”", f'the move "{name}" does not start in "{elsewhere[0]}"'
    if wanted:
        yield (
            f"bước “{name}” đòi “{wanted[0]}”, lá phiếu không có",
            f'the move "{name}" asks for "{wanted[0]}", which a vote does not carry',
        )
    if following.gate:
        yield f"bước “{name}” lại chờ phê duyệt", f'the move "{name}" waits for an approval itself'


def fallbacks_end(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        path: Path = ("transitions", move.name)
        if move.nobody_left and move.gate is None:
            rule = (move.distinct_from, move.distinct_unit_from)
            yield from _fallback(subject, (*path, "nobody_left"), move, move.nobody_left, rule)
        if move.gate and move.gate.nobody_left:
            rule = (move.gate.distinct_from, move.gate.distinct_unit_from)
            yield from _fallback(subject, (*path, "approval", "nobody_left"), move, move.gate.nobody_left, rule)


def _fallback(
    subject: Subject, path: Path, move: Transition, who: Who, rule: tuple[tuple[str, ...], tuple[str, ...]]
) -> Iterator[Finding]:
    if _is_system(who):
        yield subject.at_value("L36", path, "hệ thống không quyết định thay người", "the clock decides for nobody")
        return
    people, units = rule
    name = next((name for name in people if _may_be(who, _doers(subject, move, name))), None)
    name = name or next((name for name in units if _may_sit_with(who, _doers(subject, move, name))), None)
    if name:
        vi = f"“{who}” cũng có thể bị loại vì đã làm “{name}”, sau đó không còn ai"
        en = f'"{who}" may be excluded by "{name}" too, and there is nobody after'
        yield subject.at_value("L36", path, vi, en)


def _may_be(who: Who, doers: frozenset[Who]) -> bool:
    """Whether the fallback may be one of them: the same word, or a relation, which may be anybody."""
    relation = who.kind not in (WhoKind.OFFICE, WhoKind.POST)
    return bool(doers) and (relation or who in doers)


def _may_sit_with(who: Who, doers: frozenset[Who]) -> bool:
    """Whether the fallback may sit in the unit of one of them."""
    apart = who.kind is WhoKind.OFFICE and who.name not in _SEATED_OFFICES
    return bool(doers) and (who in doers or not apart)


def open_requests_may_be_overtaken(subject: Subject) -> Iterator[Finding]:
    for move in subject.definition.transitions.values():
        others = _overtaking(subject, move) if move.gate else []
        if others:
            names = ", ".join(others)
            vi = f"khi đề nghị còn mở, {names} có thể chuyển mục đi: đề nghị khi đó đóng lại, các phiếu mất hiệu lực"
            en = (
                f"while a request is open, {names} may move the item on: the request then closes and its votes are void"
            )
            yield subject.warning("L32", ("transitions", move.name, "approval"), vi, en)


def _overtaking(subject: Subject, gated: Transition) -> list[str]:
    """The moves that take the item out of reach of an open request."""
    within = {*gated.sources, None}
    found = (
        fan.move.name
        for fan in subject.routes.fans
        if fan.move.name != gated.name and fan.sources & within and any(end.target not in within for end in fan.ends)
    )
    return list(dict.fromkeys(found))
