"""Votes, withdrawals, changes of content and delegations that end, all at once: no gate opens with too few (fault F10)."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.offices import HOUSE, caller, opened_office
from workflow.audit import canonical
from workflow.engine import Reason
from workflow.services import auditing, delegations, people, publishing
from workflow.services.items import NewItem, create
from workflow.services.moves import Done, MoveRequest, perform
from workflow.values import replace

QUORUM = Path(__file__).parent.parent / "definitions" / "quorum.yaml"
SCHEDULES = int(os.environ.get("DONDOC_SCHEDULES", "2000"))
ON_A_SERVER = 150
"""There, threads meet in the database itself: fewer schedules meet in more ways."""
VOTERS = ("chairman", "vice", "head.vp", "consolidator")
NEED = 2


@pytest.fixture
def office(ground):
    office = opened_office(ground)
    publishing.publish(office, HOUSE, QUORUM.read_bytes(), "quorum.yaml")
    return office


def item_of(office, n):
    made = create(office, caller(office, "officer.kt"), NewItem("quorum", "kt", {"title": f"Mua sắm {n}"}))
    asked = MoveRequest(made.item.code, "approve", inputs={"amount": "10"})
    assert isinstance(perform(office, caller(office, "officer.kt"), asked), Done)
    return made.item


def lent(office):
    power = delegations.Power("officer.vp", "TUQ.", "Văn bản số 9", "2026-06-01", "2026-06-30")
    given = delegations.give(office, caller(office, "chairman"), power)
    assert not isinstance(given, Reason), given
    return given


def acts(chance):
    """What one schedule holds: four to eight acts in some order, some of them of one person twice."""
    kinds = ["approve"] * 6 + ["withdraw"] * 2 + ["amend"] * 2 + ["substitute"] * 2 + ["end", "reword"]
    chosen = [chance.choice(kinds) for _ in range(chance.randint(4, 8))]
    return [(kind, chance.choice(VOTERS), chance.randint(11, 13)) for kind in chosen]


class Schedule:
    """The acts of one item, carried out by several threads; counts what was done."""

    def __init__(self, office, callers, item, power):
        self.office, self.callers, self.item, self.power = office, callers, item, power

    def act(self, kind, voter, number):
        code = self.item.code
        if kind == "end":
            delegations.end(self.office, self.callers["chairman"], self.power.power.id)
            return 0
        if kind == "amend":
            request = MoveRequest(code, "approve", inputs={"amount": str(number)})
        elif kind == "reword":
            request = MoveRequest(code, "approve", inputs={"amount": "10", "note": str(number)})
        else:
            request = MoveRequest(code, "approve", "withdraw" if kind == "withdraw" else "approve")
        who = {"amend": "officer.kt", "reword": "officer.kt", "substitute": "substitute"}.get(kind, voter)
        return isinstance(perform(self.office, self.callers[who], request), Done)


def history(office, item):
    with office.read() as uow:
        return [canonical.decode(entry.body) for entry in uow.audit.stream(f"quorum/{item.id}")]


def voices(votes):
    """How many people spoke, a substitute and the one he stands for being one."""
    groups = []
    for people_ in votes:
        touching = [group for group in groups if group & people_]
        groups = [group for group in groups if group not in touching] + [people_.union(*touching)]
    return len(groups)


def check(entries):
    """Walk one item's log by hand and hold each opening of its gate to the rule, knowing nothing of the engine."""
    votes, proposer, opened = {}, set(), 0
    for entry in entries:
        for event in entry.get("ev", []):
            if event["e"] == "request":
                votes, proposer = {}, set(event["proposer"][::2]) - {None}
            elif event["e"] == "amend" and event["dismissed"]:
                votes = {}
            elif event["e"] == "vote":
                person, _unit, giver = event["doer"]
                assert person not in votes, "one person voted twice"
                votes[person] = {person, giver} - {None}
            elif event["e"] == "unvote":
                del votes[event["doer"][0]]
            elif event["e"] == "request_end" and event["outcome"] == "opened":
                opened += 1
                assert voices(list(votes.values())) >= NEED, votes
                assert not set().union(*votes.values()) & proposer
    return opened


def test_no_schedule_opens_a_gate_with_too_few(office, ground):
    schedules = SCHEDULES if ground.name == "sqlite" else min(SCHEDULES, ON_A_SERVER)
    callers = {login: caller(office, login) for login in (*VOTERS, "officer.kt")}
    chance = random.Random(7)
    opened = 0
    power = lent(office)
    with ThreadPoolExecutor(4) as threads:
        for n in range(schedules):
            if n % 10 == 0:
                delegations.end(office, callers["chairman"], power.power.id)
                power = lent(office)
                actor = people.actor_of(office, "officer.vp")
                giver = callers["chairman"].actor.id
                callers["substitute"] = replace(callers["chairman"], actor=replace(actor, acting_for=giver))
            item = item_of(office, n)
            schedule = Schedule(office, callers, item, power)
            done = sum(threads.map(lambda act, schedule=schedule: schedule.act(*act), acts(chance)))
            entries = history(office, item)
            opened += check(entries)
            # Creation, proposal, and one entry for each act that was accepted: nothing was lost, nothing doubled.
            assert len(entries) == 2 + done

    assert opened > schedules // 20
    assert auditing.replay(office).differences == ()
    assert auditing.verify(office).ok
