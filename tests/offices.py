"""A real office over a real database in one line: the shipped definitions, the commune's posts, a clock that stands still."""

import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from tests.databases import Database, Ground, sqlite_ground
from workflow.catalog import Library, load_folder
from workflow.catalog.indicators import NO_INDICATORS
from workflow.clock import fixed
from workflow.engine import SYSTEM_ACTOR
from workflow.persistence.content import ContentStore
from workflow.persistence.together import together_on
from workflow.services import passwords, people, publishing
from workflow.services.demonstration import Stage, build
from workflow.services.directives import order_of
from workflow.services.editions import Editions
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import Done, MoveRequest, Outcome, perform
from workflow.services.office import Caller, Office
from workflow.values import replace

DEFINITIONS = Path(__file__).parent.parent / "definitions"
OPENING = datetime(2026, 6, 1, 1, tzinfo=UTC)
HOUSE = Caller(SYSTEM_ACTOR, "cli")


@cache
def shipped() -> Library:
    return load_folder(DEFINITIONS)


def empty_office(place: Path | Ground, at: datetime = OPENING) -> Office:
    """An office over a new database on that ground, or a SQLite file in that folder, with nothing in it."""
    return office_over(_ground(place).database(), at)


def opened_office(place: Path | Ground, at: datetime = OPENING) -> Office:
    """The same with the commune's posts and the shipped workflows."""
    # Opened once for all tests that open it at this instant.
    return office_over(_ground(place).like(f"opened-{at:%Y%m%d%H%M%S}", lambda bare: _open(office_over(bare, at))), at)


def _ground(place: Path | Ground) -> Ground:
    return place if isinstance(place, Ground) else sqlite_ground(place)


def _open(office: Office) -> None:
    people.seed_organisation(office, HOUSE, shipped().organisation)
    publish_all(office, shipped())


def publish_all(office: Office, library: Library) -> None:
    for report in library.workflows.values():
        publishing.publish(office, HOUSE, report.source, report.file)


def office_over(database: Database, at: datetime = OPENING, library: Library | None = None) -> Office:
    """The office that lies in that database, at an instant; with the shipped definitions where no others are given."""
    library = library or shipped()
    return Office(
        write=database.write,
        read=database.read,
        clock=fixed(at),
        editions=Editions(database.read, library.names),
        calendars=library.calendars,
        names=library.names,
        indicators=library.indicators or NO_INDICATORS,
        content=ContentStore(database.folder / "files"),
        together=together_on(database.engine),
    )


def lived_office(place: Path | Ground) -> Office:
    """The demonstration office on its last day."""
    office = empty_office(place)
    text = (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes()
    order = order_of(shipped().obligations, text, date(2026, 6, 15))
    built = build(Stage(office, shipped(), order, passwords.hash_of("mot-mat-khau-cua-van-phong-mau")))
    return at(office, built.until)


def next_version(text: str) -> str:
    """The text of an edition under the next number."""
    return re.sub(r"^version: (\d+)$", lambda found: f"version: {int(found[1]) + 1}", text, count=1, flags=re.MULTILINE)


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
