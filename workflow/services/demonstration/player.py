"""Performs the acts of a story through the use cases of everybody, each at its own past instant; no row is written by hand."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from workflow.catalog import Library
from workflow.clock import fixed
from workflow.engine import SYSTEM_ACTOR
from workflow.engine.definition import Spawn, Transition
from workflow.engine.facts import folded
from workflow.services import evidence, items, moves, people, publishing
from workflow.services.consolidation import NotConsolidated, consolidate
from workflow.services.delegations import Given, Power, give
from workflow.services.demonstration.paper import pdf
from workflow.services.demonstration.telling import Act, Life
from workflow.services.items import Created, NewItem
from workflow.services.moves import Done, MoveRequest
from workflow.services.office import Caller, Office
from workflow.values import replace

_CONSOLIDATES = "consolidator"
HOUSE = Caller(SYSTEM_ACTOR, "cli")


class StoryBroken(RuntimeError):
    """An act of the story met another answer than the one it tells of: the story or a rule was changed."""


@dataclass(slots=True)
class Player:
    """`known` holds the id of each item by the key under which the story speaks of it."""

    office: Office
    library: Library
    known: dict[str, str] = field(default_factory=dict)

    def found(self, at: datetime, password_hash: str) -> None:
        """Give the empty office its people, all with one password, and its workflows."""
        organisation = self.library.organisation
        if organisation is None:
            raise StoryBroken("the shipped library describes no organisation")
        office = self.at(at)
        people.seed_organisation(office, HOUSE, organisation, password_hash)
        for report in self.library.workflows.values():
            publishing.publish(office, HOUSE, report.source, Path(report.file).name)

    def create(self, life: Life, at: datetime, login: str) -> None:
        office = self.at(at)
        new = NewItem(life.workflow, life.unit, life.fields)
        created = items.create(office, self.caller(office, login), new)
        if not isinstance(created, Created):
            raise StoryBroken(f"{life.key} could not be created: {created.reasons}")
        self.known[life.key] = created.item.id

    def act(self, life: Life, act: Act) -> None:
        office, item = self.at(act.at), self.known[life.key]
        caller = self.caller(office, act.by, act.in_name_of)
        if act.do == "comment":
            items.comment(office, caller, item, act.comment or "")
            return
        inputs = dict(act.inputs)
        if act.files:
            inputs["evidence"] = [self._attached(office, caller, item, life, act, name) for name in act.files]
        vote, _, move = act.do.rpartition(" ")
        request = MoveRequest(item, move, vote or "perform", inputs, act.comment, _seen(office, item))
        outcome = moves.perform(office, caller, request)
        met = None if isinstance(outcome, Done) else outcome.reasons[0].code
        if met != act.refused:
            raise StoryBroken(f"{act.at:%d/%m %H:%M} {act.by}: {act.do} of {life.key} met {met}: {outcome}")
        if isinstance(outcome, Done) and _brings_about(outcome.definition.transitions[move]):
            self._adopt(life, move, item)

    def _adopt(self, life: Life, move: str, item: str) -> None:
        """What the move brought about is known from now on; a mere proposal has brought about nothing yet."""
        with self.office.read() as uow:
            children = uow.items.children(item)
        if children:
            self.known[f"{life.key}>{move}"] = children[-1].item.id

    def give(self, at: datetime, login: str, power: Power) -> None:
        """A written power is recorded."""
        office = self.at(at)
        given = give(office, self.caller(office, login), power)
        if not isinstance(given, Given):
            raise StoryBroken(f"{power.act} was refused: {given.reasons}")

    def consolidate(self, at: datetime, series: str, period: str) -> None:
        """The commune's report of the period is brought up to what has been received; its key is the period's name."""
        office = self.at(at)
        made = consolidate(office, self.caller(office, _CONSOLIDATES), series, period)
        if isinstance(made, NotConsolidated):
            raise StoryBroken(f"{period} could not be consolidated: {made.reasons}")
        self.known[period] = made.item.id

    def _attached(self, office: Office, caller: Caller, item: str, life: Life, act: Act, name: str) -> str:
        said = [name.removesuffix(".pdf"), f"{life.key}, {act.at:%d/%m/%Y %H:%M}", "Du lieu mau cua he thong Don Doc"]
        content = io.BytesIO(pdf([folded(line) for line in said]))
        uploaded = evidence.attach(office, caller, item, name, content)
        if not isinstance(uploaded, evidence.Uploaded):
            raise StoryBroken(f"{name} was refused for {life.key}: {uploaded.reasons}")
        return uploaded.sha256

    def at(self, at: datetime) -> Office:
        """The office at that instant."""
        return replace(self.office, clock=fixed(at.astimezone(UTC)))

    def caller(self, office: Office, login: str, in_name_of: str = "") -> Caller:
        actor = people.actor_of(office, login)
        giver = people.actor_of(office, in_name_of).id if in_name_of else None
        return Caller(replace(actor, acting_for=giver), "web")


def _brings_about(transition: Transition) -> bool:
    return any(isinstance(effect, Spawn) for effect in transition.effects)


def _seen(office: Office, item: str) -> int:
    """The revision that somebody looks at before acting, as a page would show it."""
    with office.read() as uow:
        return uow.items.get(item).item.revision
