"""A real office over a real database in one line: the shipped definitions, the commune's posts, a clock that stands still."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from workflow.catalog import Library, load_folder
from workflow.clock import fixed
from workflow.engine import SYSTEM_ACTOR
from workflow.persistence import UnitOfWork, open_engine, open_owner_engine
from workflow.persistence.content import ContentStore
from workflow.persistence.migrations import upgrade
from workflow.services import people, publishing
from workflow.services.editions import Editions
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import Done, MoveRequest, Outcome, perform
from workflow.services.office import Caller, Office

DEFINITIONS = Path(__file__).parent.parent / "definitions"
OPENING = datetime(2026, 6, 1, 1, tzinfo=UTC)
HOUSE = Caller(SYSTEM_ACTOR, "cli")


@cache
def shipped() -> Library:
    return load_folder(DEFINITIONS)


def empty_office(folder: Path, at: datetime = OPENING) -> Office:
    """An office over a new SQLite database in `folder`, with nothing in it."""
    url = f"sqlite:///{folder}/office.sqlite"
    owner = open_owner_engine(url)
    upgrade(owner)
    owner.dispose()
    engine = open_engine(url)

    def read() -> UnitOfWork:
        return UnitOfWork(engine, read_only=True)

    library = shipped()
    return Office(
        write=lambda: UnitOfWork(engine),
        read=read,
        clock=fixed(at),
        editions=Editions(read, library.names),
        calendars=library.calendars,
        names=library.names,
        content=ContentStore(folder / "files"),
    )


def opened_office(folder: Path, at: datetime = OPENING) -> Office:
    """The same with the commune's posts and the shipped workflows."""
    office = empty_office(folder, at)
    people.seed_organisation(office, HOUSE, shipped().organisation)
    for report in shipped().workflows.values():
        publishing.publish(office, HOUSE, report.source, report.file)
    return office


def at(office: Office, instant: datetime) -> Office:
    """The same office at another instant."""
    return replace(office, clock=fixed(instant))


def caller(office: Office, login: str, key: str | None = None) -> Caller:
    return Caller(people.actor_of(office, login), "web", key=key)


def new_task(office: Office, unit: str = "kt", **fields: str) -> str:
    """The code of a new task of `unit`, assigned and started."""
    asked = {"title": "Công khai ngân sách quý III", "source": "Kế hoạch năm", "area": "tai-chinh-cong"} | fields
    created = create(office, caller(office, "clerk"), NewItem("task", unit, asked))
    assert isinstance(created, Created), created
    moved(office, "chairman", created.item.code, "assign")
    moved(office, f"head.{unit}", created.item.code, "start")
    return created.item.code


def tried(office: Office, login: str, code: str, move: str, **inputs: object) -> Outcome:
    comment = str(inputs.pop("comment", "")) or None
    return perform(office, caller(office, login), MoveRequest(code, move, inputs=inputs, comment=comment))


def moved(office: Office, login: str, code: str, move: str, **inputs: object) -> Done:
    done = tried(office, login, code, move, **inputs)
    assert isinstance(done, Done), done
    return done
