"""Timers: they agree with states and moves (L17), every wait has an owner and a reminder (L27), none spin (L28)."""

from collections.abc import Iterator

from workflow.catalog.findings import Finding
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import SAME, SYSTEM, Clear, Timer, Transition, Who, WhoKind

SYSTEM_WORD = Who(WhoKind.OFFICE, SYSTEM)


def timers_agree_with_moves(subject: Subject) -> Iterator[Finding]:
    definition = subject.definition
    for timer in definition.timers.values():
        path: Path = ("timers", timer.name)
        move = definition.transitions.get(timer.fire or "")
        if move and SYSTEM_WORD not in move.starters:
            vi, en = f"bước “{move.name}” không cho hệ thống làm", f'the move "{move.name}" is not by the system'
            yield subject.at_value("L17", (*path, "fire"), vi, en)
        for n, state in enumerate(timer.states):
            yield from _state(subject, (*path, "in", n), state, move)
        yield from _standing(subject, (*path, "in"), timer)


def _state(subject: Subject, path: Path, name: str, move: Transition | None) -> Iterator[Finding]:
    state = subject.definition.states.get(name)
    if state is None:
        return
    if move and name not in move.sources:
        vi, en = f"bước “{move.name}” không đi từ “{name}”", f'the move "{move.name}" does not start in "{name}"'
        yield subject.at_value("L17", path, vi, en)
    elif state.final:
        vi, en = f"“{name}” là trạng thái cuối: không còn gì để chờ", f'"{name}" is final: nothing is waited for there'
        yield subject.at_value("L17", path, vi, en)


def _standing(subject: Subject, path: Path, timer: Timer) -> Iterator[Finding]:
    """Where its deadline stands still, a timer never falls due."""
    deadline = subject.definition.deadlines.get(timer.at.anchor)
    for n, state in enumerate(timer.states):
        if deadline and state in deadline.pause_in:
            vi = f"hạn “{deadline.name}” dừng ở “{state}”, nên hẹn giờ không bao giờ đến ở đó"
            en = f'the deadline "{deadline.name}" stands still in "{state}": the timer never falls due there'
            yield subject.at_value("L17", (*path, n), vi, en)


def waits_have_owner_and_reminder(subject: Subject) -> Iterator[Finding]:
    reminded = {
        state for timer in subject.definition.timers.values() if _reminds(subject, timer) for state in timer.states
    }
    for name, state in subject.definition.states.items():
        if state.final:
            continue
        if state.waits_on is None:
            vi, en = "chưa nói đang chờ ai (waits_on)", 'it does not say whom it waits on ("waits_on")'
            yield subject.at_key("L27", ("states", name), vi, en)
        if state.waits_on != SYSTEM_WORD and name not in reminded:
            vi = "không hẹn giờ nào luôn nhắc ở trạng thái này (từ “entered”, hoặc từ một hạn không optional)"
            en = 'no timer is sure to remind anybody here (from "entered", or from a deadline that is not optional)'
            yield subject.at_key("L27", ("states", name), vi, en)


def _reminds(subject: Subject, timer: Timer) -> bool:
    """Whether the timer is sure to remind somebody: an optional deadline may have no date, then there is no timer."""
    deadline = subject.definition.deadlines.get(timer.at.anchor)
    return bool(timer.notify) and (deadline is None or not deadline.optional)


def timers_do_not_spin(subject: Subject) -> Iterator[Finding]:
    """No circle of timers that all fall due at once: each deadline behind us makes its timer due the moment a state is entered."""
    next_states = _at_once(subject)
    told: set[str] = set()
    for name in subject.definition.states:
        if name in told or name not in next_states:
            continue
        reached = _reached(next_states, name)
        if name in reached:
            told |= {state for state in reached if name in _reached(next_states, state)}
            names = ", ".join(sorted({timer for timer, _ in next_states[name]}))
            vi = f"các hẹn giờ đến hạn cùng lúc đưa mục quay lại đây mãi ({names}, …)"
            en = f"timers that are due at one instant lead back here for ever ({names}, …)"
            yield subject.at_key("L28", ("states", name), vi, en)


def _at_once(subject: Subject) -> dict[str, set[tuple[str, str]]]:
    """By state, the timers that may be due the moment it is entered, and where each leads."""
    definition, found = subject.definition, dict[str, set[tuple[str, str]]]()
    for timer in definition.timers.values():
        move = definition.transitions.get(timer.fire or "")
        if move is None or not _may_be_due_at_once(subject, timer, move):
            continue
        for state in timer.states:
            if state in definition.states and state in move.sources:
                ends = {state if target.state == SAME else target.state for target in move.targets}
                found.setdefault(state, set()).update((timer.name, end) for end in ends)
    return found


def _may_be_due_at_once(subject: Subject, timer: Timer, move: Transition) -> bool:
    if timer.at.anchor == "entered":
        return timer.at.offset is None or timer.at.offset.amount <= 0
    deadline = subject.definition.deadlines.get(timer.at.anchor)
    cleared = {name for effect in move.effects if isinstance(effect, Clear) for name in effect.fields}
    # A move that empties the date it was fired by cannot be fired by it again.
    return deadline is not None and deadline.base not in cleared


def _reached(next_states: dict[str, set[tuple[str, str]]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    for state in waiting:
        for _, end in next_states.get(state, ()):
            if end not in seen:
                seen.add(end)
                waiting.append(end)
    return seen
