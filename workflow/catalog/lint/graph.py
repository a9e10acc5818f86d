"""The graph of states: where it begins, what can be reached and left, whether work can be done, what must stay true of it."""

from collections.abc import Iterator, Mapping

from workflow.catalog.findings import Finding
from workflow.catalog.lint import places
from workflow.catalog.lint.routes import Leg
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import (
    SAME,
    Final,
    NeverInvariant,
    PathInvariant,
    SetField,
    Transition,
    Who,
    WhoKind,
)


def one_initial_state(subject: Subject) -> Iterator[Finding]:
    initial = _initial(subject)
    if not initial:
        vi, en = "chưa có trạng thái ban đầu (initial: true)", "no state is the initial one (initial: true)"
        yield subject.at_key("L03", ("states",), vi, en)
    for name in initial[1:]:
        vi, en = f"đã có trạng thái ban đầu “{initial[0]}”", f'the initial state is "{initial[0]}" already'
        yield subject.at_key("L03", ("states", name), vi, en)


def _initial(subject: Subject) -> list[str]:
    return [name for name, state in subject.definition.states.items() if state.initial]


def every_state_is_reached(subject: Subject) -> Iterator[Finding]:
    starts = _initial(subject)
    reached = subject.routes.reached(starts)
    for name in subject.definition.states:
        if starts and name not in reached:
            vi, en = "không có đường nào dẫn tới trạng thái này", "no path leads to this state"
            yield subject.at_key("L05", ("states", name), vi, en)


def _is_dead_end(subject: Subject, name: str) -> bool:
    return all(end == name for fan in subject.routes.leaving[name] for end in fan.ends_from(name))


def no_dead_end(subject: Subject) -> Iterator[Finding]:
    for name, state in subject.definition.states.items():
        if not state.final and _is_dead_end(subject, name):
            vi, en = "không có bước nào rời trạng thái này, mà nó không phải trạng thái cuối", "no move leads out of it"
            yield subject.at_key("L06", ("states", name), vi, f"{en}, and it is not final")


def work_can_be_done(subject: Subject) -> Iterator[Finding]:
    states = subject.definition.states
    ends = [name for name, state in states.items() if state.final is Final.DONE]
    if not ends and states:
        vi, en = "không có trạng thái nào là final: done", "no state is final: done"
        yield subject.at_key("L07", ("states",), vi, en)
        return
    doable = subject.routes.leading_to(ends)
    for name, state in states.items():
        if not state.final and name not in doable and not _is_dead_end(subject, name):
            vi, en = "từ đây không còn đường tới hoàn thành (final: done)", "from here nothing leads to final: done"
            yield subject.at_key("L07", ("states", name), vi, en)


def leaving_a_final_state_is_declared(subject: Subject) -> Iterator[Finding]:
    states = subject.definition.states
    for move in subject.definition.transitions.values():
        stays = all(target.state == SAME for target in move.targets)
        for n, name in enumerate(move.sources):
            if name in states and states[name].final and not move.reopens and not stays:
                vi = f"“{name}” là trạng thái cuối: rời khỏi nó phải ghi reopens: true"
                en = f'"{name}" is final: a move that leaves it says reopens: true'
                yield subject.at_value("L09", ("transitions", move.name, "from", n), vi, en)


def invariants_hold(subject: Subject) -> Iterator[Finding]:
    for n, entry in enumerate(subject.definition.invariants):
        path: Path = ("invariants", n)
        if isinstance(entry, PathInvariant):
            yield from _path(subject, path, entry)
        else:
            yield from _never(subject, path, entry)


def _path(subject: Subject, path: Path, entry: PathInvariant) -> Iterator[Finding]:
    """Every path from `start` to `end` passes `through`: with that state taken away, `end` is not reached.

    Where `start` is being late, the rule binds while the lateness lasts: a move that gives the item a new main date on
    its way to somewhere else ends it.
    """
    states = subject.definition.states
    if not {entry.start, entry.end, entry.through} <= set(states) or entry.through in (entry.start, entry.end):
        return
    late = states[entry.start].overdue

    def follow(move: Transition, target: str) -> bool:
        return target != entry.through and (target == entry.end or not (late and _dates_anew(subject, move)))

    legs = subject.routes.legs([entry.start], follow)
    if entry.end in legs:
        way = _way(legs, entry)
        yield subject.at_value(
            "L26",
            path,
            f"có đường từ “{entry.start}” tới “{entry.end}” không qua “{entry.through}”: {way}",
            f'a path from "{entry.start}" to "{entry.end}" avoids "{entry.through}": {way}',
        )


def _dates_anew(subject: Subject, move: Transition) -> bool:
    main = subject.definition.deadlines.get("main")
    if main is None:
        return False
    written = {effect.field for effect in move.effects if isinstance(effect, SetField)}
    return main.base in move.inputs or main.base in written


def _way(legs: Mapping[str, Leg], entry: PathInvariant) -> str:
    """The moves of the shortest path found, in order: `suspend, resume, complete`."""
    names: list[str] = []
    state = entry.end
    while not names or state != entry.start:
        leg = legs[state]
        names.append(leg.move.name)
        state = leg.source
    return ", ".join(reversed(names))


def _never(subject: Subject, path: Path, entry: NeverInvariant) -> Iterator[Finding]:
    move = subject.definition.transitions.get(entry.do)
    if move is None:
        return
    for who in _performing(subject, move):
        if who == entry.by:
            vi, en = f"“{entry.by}” làm được bước “{entry.do}”", f'"{entry.by}" may make the move "{entry.do}"'
            yield subject.at_value("L26", path, vi, en)
            return
        if who.kind not in (WhoKind.OFFICE, WhoKind.POST):
            vi = f"không chứng minh được: “{who}” làm bước “{entry.do}” có thể là “{entry.by}”"
            en = f'cannot be proved: "{who}", who may make the move "{entry.do}", may be "{entry.by}"'
            yield subject.at_value("L26", path, vi, en)
            return


def _performing(subject: Subject, move: Transition) -> Iterator[Who]:
    """Whoever may begin or decide the move, also by rejecting a request that then turns into it."""
    seen: set[str] = set()
    for word in _words(subject, move):
        yield from _people(subject, word, seen)


def _words(subject: Subject, move: Transition) -> Iterator[Who]:
    yield from (placed.who for placed in places.performers(move))
    for other in subject.definition.transitions.values():
        if other.gate and other.gate.on_reject == move.name:
            yield from (who for step in other.gate.steps for who in step.by)


def _people(subject: Subject, who: Who, seen: set[str]) -> Iterator[Who]:
    """What a word comes down to: `creator` is whoever may create, `last(move)` whoever may make that move."""
    if str(who) in seen:
        return
    seen.add(str(who))
    move = subject.definition.transitions.get(who.name) if who.kind is WhoKind.LAST else None
    if who.kind is WhoKind.CREATOR:
        yield from (one for word in subject.definition.create.by for one in _people(subject, word, seen))
    elif move:
        yield from (one for word in _words(subject, move) for one in _people(subject, word, seen))
    else:
        yield who


def what_came_before_can_have_come(subject: Subject) -> Iterator[Finding]:
    """`distinct_from` and `last(…)` name moves that can have been made by then (L31)."""
    definition = subject.definition
    starts = _initial(subject)
    if not starts:
        return
    for move in definition.transitions.values():
        for path, name in places.distinct(move):
            yield from _comes_before(subject, path, name, move.sources)
        for path, who in places.performers(move):
            if who.kind is WhoKind.LAST:
                yield from _comes_before(subject, path, who.name, move.sources)
    for state in definition.states.values():
        if state.waits_on and state.waits_on.kind is WhoKind.LAST:
            yield from _comes_before(subject, ("states", state.name, "waits_on"), state.waits_on.name, (state.name,))
    for timer in definition.timers.values():
        for key, whos in (("notify", timer.notify), ("then", timer.then)):
            for n, who in enumerate(whos):
                if who.kind is WhoKind.LAST:
                    yield from _comes_before(subject, ("timers", timer.name, key, n), who.name, timer.states)


def _comes_before(subject: Subject, path: Path, name: str, states: tuple[str, ...]) -> Iterator[Finding]:
    if name not in subject.definition.transitions:
        return
    if not subject.after(name) & set(states):
        vi, en = f"bước “{name}” không bao giờ đi trước đây", f'the move "{name}" never comes before this'
        yield subject.at_value("L31", path, vi, en)
