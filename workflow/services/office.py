"""What every use case needs of the outside, gathered once by whoever starts the process."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from workflow.catalog import Names
from workflow.catalog.indicators import NO_INDICATORS, Indicators
from workflow.clock import VIETNAM, Clock
from workflow.engine import Actor, Circumstances, Definition, Directory
from workflow.engine.circumstances import Measures
from workflow.engine.workdays import Calendar
from workflow.persistence import UnitOfWork
from workflow.persistence.content import ContentStore
from workflow.persistence.erasure import Eraser
from workflow.persistence.sealer import Sealer
from workflow.persistence.together import ALONE, Together
from workflow.services.editions import Editions
from workflow.services.letters import Mailer
from workflow.services.measures import CatalogueMeasures
from workflow.values import Frozen


def _alone(_name: str) -> AbstractContextManager[bool]:
    """The turns of an office that only one process works with."""
    return nullcontext(enter_result=True)


Witness = Callable[[str, str, tuple[str, ...]], object]
"""Is told of each move that was tried: its workflow, its name, and the codes of what stood against it; none where it was made."""


def unwitnessed(_workflow: str, _move: str, _codes: tuple[str, ...]) -> None:
    """The witness of an office whose moves nobody counts."""


@dataclass(frozen=True, slots=True)
class Office:
    """`write` and `read` open a unit of work; `editions` hands out published definitions; `names` is what files may refer to.

    `content` keeps the bytes of uploaded files; an office without it takes none. `mailer` sends letters; without it notices
    stay in the application. `turn` takes the turn of a name, which one process has at a time: False where another has it.
    `witness` hears of every move that was tried, after its transaction.
    `eraser` may delete private texts; without it another process carries out what was granted. `trusted_roots` is the folder
    of certificates by which signatures on files are judged; without it none is called good. `indicators` are those of reports.
    `sealer` may number the log; without it another process does. `together` is how requests that come at once share a transaction.
    """

    write: Callable[[], UnitOfWork]
    read: Callable[[], UnitOfWork]
    clock: Clock
    editions: Editions
    calendars: Mapping[str, Calendar]
    names: Names
    zone: tzinfo = VIETNAM
    content: ContentStore | None = None
    mailer: Mailer | None = None
    turn: Callable[[str], AbstractContextManager[bool]] = _alone
    witness: Witness = unwitnessed
    trusted_roots: Path | None = None
    indicators: Indicators = NO_INDICATORS
    eraser: Eraser | None = None
    sealer: Sealer | None = None
    together: Together = ALONE

    def measures(self, uow: UnitOfWork) -> Measures:
        """What the office holds figures against in a unit of work: its indicators, and what was reported before."""
        return CatalogueMeasures(self.indicators, uow)

    def around(self, uow: UnitOfWork, definition: Definition, now: datetime | None = None) -> Circumstances:
        """What surrounds a decision that is made in a unit of work, at `now` or at this instant."""
        at = now or self.clock.now()
        return self.circumstances(definition, uow.people.directory(at), self.measures(uow), at)

    def circumstances(
        self, definition: Definition, directory: Directory, measures: Measures, now: datetime | None = None
    ) -> Circumstances:
        """The same from parts at hand: for several decisions that share them."""
        calendar = self.calendars.get(definition.calendar) if definition.calendar else None
        return Circumstances(now or self.clock.now(), self.zone, calendar, directory, measures)


class Caller(Frozen):
    """Who asks, through which shell ("web", "api", "cli", "job"), with which request id and idempotency key."""

    actor: Actor
    shell: str
    request: str | None = None
    key: str | None = None
