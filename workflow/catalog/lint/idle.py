"""Nothing idle (L19), and what is only suspicious (L33): unused fields, deadlines and words, two moves with one label."""

from collections.abc import Iterator

from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.clock import SYSTEM_WORD
from workflow.catalog.lint.expressions import asked_for
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.conditions import reads
from workflow.engine.definition import Clear, Count, SetField, Stamp, Transition, Who, WhoKind
from workflow.engine.paper import fields_said


def nothing_is_idle(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    fired = {timer.fire for timer in definition.timers.values()}
    fired |= {move.gate.on_reject for move in definition.transitions.values() if move.gate}
    # A job makes the move of its own name.
    fired |= subject.names.jobs
    for move in definition.transitions.values():
        if move.starters and set(move.starters) == {SYSTEM_WORD} and move.name not in fired:
            vi, en = (
                "bước của hệ thống mà không hẹn giờ, việc nền nào gọi",
                "a move of the system that no timer and no job makes",
            )
            yield subject.at_key("L19", ("transitions", move.name), vi, en)
        yield from _unwatched(subject, move)
    yield from _idle_timers(subject)


def _unwatched(subject: Subject, move: Transition) -> Iterator[Finding]:
    for n, name in enumerate(move.gate.dismiss_when_changed if move.gate else ()):
        if name in subject.definition.fields and name not in move.inputs:
            vi = f"“{name}” không phải dữ liệu nhập của bước này, nên không bao giờ đổi"
            en = f'"{name}" is no input of this move, so it never changes'
            yield subject.at_value("L19", ("transitions", move.name, "approval", "dismiss_when_changed", n), vi, en)


def _idle_timers(subject: Subject) -> Iterator[Finding]:
    for timer in subject.definition.timers.values():
        path: Path = ("timers", timer.name)
        if not timer.states:
            yield subject.at_key("L19", (*path, "in"), "hẹn giờ không chạy ở đâu cả", "the timer runs in no state")
        if not timer.fire and not timer.notify:
            vi, en = "hẹn giờ không gọi bước nào và không báo cho ai", "the timer fires no move and tells nobody"
            yield subject.at_key("L19", path, vi, en)
        for key, given in (("max", timer.maximum), ("then", timer.then)):
            needed = "every" if key == "max" else "max"
            present = timer.every if key == "max" else timer.maximum
            if given and not present:
                yield _without(subject, (*path, key), needed)
        if timer.every and timer.every.amount <= 0:
            yield _no_length(subject, (*path, "every"))
        if "template" in subject.document.data["timers"][timer.name] and not timer.notify:
            yield _without(subject, (*path, "template"), "notify")


def _without(subject: Subject, path: Path, needed: str) -> Finding:
    key = path[-1]
    vi, en = f"“{key}” không có tác dụng khi thiếu “{needed}”", f'"{key}" does nothing without "{needed}"'
    return subject.at_key("L19", path, vi, en)


def _no_length(subject: Subject, path: Path) -> Finding:
    return subject.at_value("L19", path, "khoảng phải dài hơn 0", "the span must be longer than nothing")


def pauses_are_not_idle(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    for deadline in definition.deadlines.values():
        path: Path = ("deadlines", deadline.name)
        for n, name in enumerate(deadline.pause_in):
            state = definition.states.get(name)
            if state and state.final:
                vi, en = (
                    f"“{name}” là trạng thái cuối: không còn hạn nào",
                    f'"{name}" is final: no deadline is left there',
                )
                yield subject.at_value("L19", (*path, "pause_in", n), vi, en)
        grace = deadline.grace_on_return
        if grace and not deadline.pause_in:
            # Only what was handed over comes back.
            yield _without(subject, (*path, "grace_on_return"), "pause_in")
        if grace and grace.amount <= 0:
            yield _no_length(subject, (*path, "grace_on_return"))


def suspicious(subject: Subject) -> Iterator[Finding]:
    yield from _unused_fields(subject)
    yield from _unused_deadlines(subject)
    yield from _unused_words(subject)
    yield from _like_labels(subject)


def _unused_fields(subject: Subject) -> Iterator[Finding]:
    used = set(_used_fields(subject))
    for name in subject.definition.fields:
        if name not in used:
            yield subject.warning("L33", ("fields", name), "trường không dùng ở đâu", "the field is used nowhere")


def _used_fields(subject: Subject) -> Iterator[str]:
    definition = subject.definition
    yield from (placed.name for placed in places.creation_inputs(subject))
    yield from definition.episode_record
    yield from (deadline.base for deadline in definition.deadlines.values())
    yield from fields_said(definition.paper) if definition.paper else ()
    words = (placed.who for placed in places.whos(subject))
    yield from (who.name for who in words if who.kind in (WhoKind.FIELD, WhoKind.POST_IN))
    for _, condition, _ in places.conditions(subject):
        yield from reads(condition.expression) | asked_for(condition.expression)
    for move in definition.transitions.values():
        yield from move.inputs
        yield from (value.value for _, _, value in places.values(subject, move))
        for _, effect in places.effects(subject, move):
            if isinstance(effect, Stamp | Count | SetField):
                yield effect.field
            elif isinstance(effect, Clear):
                yield from effect.fields


def _unused_deadlines(subject: Subject) -> Iterator[Finding]:
    read = {timer.at.anchor for timer in subject.definition.timers.values()} | {"main"}
    for name in subject.definition.deadlines:
        if name not in read:
            yield subject.warning("L33", ("deadlines", name), "không hẹn giờ nào dùng hạn này", "no timer reads it")


def _unused_words(subject: Subject) -> Iterator[Finding]:
    seen: dict[Path, set[Who]] = {}
    for path, who in places.whos(subject):
        if isinstance(path[-1], int):
            words = seen.setdefault(path[:-1], set())
            if who in words:
                yield subject.warning("L33", path, f"“{who}” đã được nêu", f'"{who}" is named already')
            words.add(who)
    for move in subject.definition.transitions.values():
        if move.gate and move.by and move.gate.proposed_by != move.by:
            path = ("transitions", move.name, "by")
            vi, en = (
                "“by” không dùng đến khi có “approval.proposed_by”",
                '"by" is unused where "proposed_by" says who starts',
            )
            yield subject.warning("L33", path, vi, en)


def _like_labels(subject: Subject) -> Iterator[Finding]:
    """Two buttons with one text on one page; what only the clock does has no button."""
    seen: dict[tuple[str, str], str] = {}
    for move in subject.definition.transitions.values():
        if set(move.starters) == {SYSTEM_WORD}:
            continue
        texts = {(key, text.casefold()) for key, text in (("vi", move.label.vi), ("en", move.label.en)) if text}
        told = False
        for state in move.sources:
            for key, text in sorted(texts):
                other = seen.setdefault((state, f"{key}:{text}"), move.name)
                if other != move.name and not told:
                    told = True
                    vi = f"cùng nhãn với “{other}” ở trạng thái “{state}”"
                    en = f'the same label as "{other}" in the state "{state}"'
                    yield subject.warning("L33", ("transitions", move.name, "label"), vi, en)
