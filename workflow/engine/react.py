"""Which messages follow from which events. Pure: they leave through the outbox, in the transaction that made them."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflow.engine.definition import Definition, Job, Notify, Webhook
from workflow.engine.events import Event, RequestOpened, Transitioned


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message before it has an address: `kind` is notify, webhook or job; `roles` are words of `by`, still to resolve."""

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
        elif isinstance(event, RequestOpened):
            gate = definition.transitions[event.move].gate
            if gate:
                roles = tuple(str(who) for who in gate.steps[0].by)
                found.append(Outgoing("notify", f"{event.move}_proposed", event.move, roles))
    return tuple(found)


def _after(definition: Definition, move: str) -> Iterable[Outgoing]:
    for follow in definition.transitions[move].after:
        if isinstance(follow, Notify):
            yield Outgoing("notify", follow.template, move, tuple(str(who) for who in follow.roles))
        elif isinstance(follow, Webhook):
            yield Outgoing("webhook", follow.name, move)
        elif isinstance(follow, Job):
            yield Outgoing("job", follow.name, move)
