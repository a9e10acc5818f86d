"""Which messages follow from which events. Pure: they leave through the outbox, in the transaction that made them."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine.definition import Definition, Job, Notify, Timer, Webhook, Who
from workflow.engine.events import Event, RequestOpened, TimerFired, Transitioned


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message before it has an address: `kind` is notify, webhook or job; `roles` are words of `by`, still to resolve.

    `move` is what made it: a move's name, or a timer's.
    """

    kind: str
    name: str
    move: str
    roles: tuple[str, ...] = ()


def react(definition: Definition, events: Iterable[Event]) -> tuple[Outgoing, ...]:
    """The messages that the events of one command cause, in the order of the definition."""
    found: list[Outgoing] = []
    for event in events:
        if isinstance(event, Transitioned):
            found.extend(_after(definition, event.move))
        elif isinstance(event, TimerFired):
            found.extend(_reminder(definition.timers[event.timer], event))
        elif isinstance(event, RequestOpened):
            gate = definition.transitions[event.move].gate
            if gate:
                roles = tuple(str(who) for who in gate.steps[0].by)
                found.append(Outgoing("notify", f"{event.move}_proposed", event.move, roles))
    return tuple(found)


def _reminder(timer: Timer, event: TimerFired) -> Iterable[Outgoing]:
    """Whom a timer tells; the last of its repeats goes further up."""
    told = told_by(timer, event.n)
    if told:
        yield Outgoing("notify", timer.template, timer.name, tuple(str(who) for who in told))


def told_by(timer: Timer, n: int) -> tuple[Who, ...]:
    """Whom the `n`-th falling due of a timer is told: those of `then` when it is the last."""
    last = timer.maximum is not None and n >= timer.maximum
    return tuple(dict.fromkeys(timer.notify + (timer.then if last else ())))


def _after(definition: Definition, move: str) -> Iterable[Outgoing]:
    for follow in definition.transitions[move].after:
        if isinstance(follow, Notify):
            yield Outgoing("notify", follow.template, move, tuple(str(who) for who in follow.roles))
        elif isinstance(follow, Webhook):
            yield Outgoing("webhook", follow.name, move)
        elif isinstance(follow, Job):
            yield Outgoing("job", follow.name, move)
