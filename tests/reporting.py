"""What people do with a period in an office at hand: opened, drafted, signed, received, each at its instant."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.offices import at, caller, moved
from workflow.engine import Item
from workflow.queries.consolidation import standings
from workflow.services.moves import Done, MoveRequest, perform
from workflow.services.office import Office
from workflow.services.reports import open_period

UNITS = ("vhxh", "vp", "kt", "hcc", "snc")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
FIGURES = {
    "vhxh": {"ton-tai-khac-phuc": (7, 12)},
    "vp": {"vb-dien-tu": (421, 421)},
    "kt": {"giai-ngan": (30, 40)},
    "hcc": {"hs-giai-quyet": (1000, None), "hs-dung-han": (1000, 1000), "hs-qua-han": (0, None)},
    "snc": {"tin-bai": (20, None)},
}


def on(month: int, day: int, hour: int = 8, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def table(figures: dict[str, tuple[int, int | None]]) -> list[dict[str, object]]:
    return [
        {"indicator": name, "numerator": part, **({} if whole is None else {"denominator": whole})}
        for name, (part, whole) in figures.items()
    ]


def code_of(office: Office, unit: str, period: str) -> str:
    with office.read() as uow:
        (standing,) = (
            one for one in standings(uow, "report", period, UNITS) if (one.unit, one.period) == (unit, period)
        )
    return standing.newest.item.code


def opened(office: Office, period: str, instant: datetime) -> None:
    open_period(at(office, instant), period, instant)


def sent(office: Office, unit: str, period: str, instant: datetime, figures: dict | None = None) -> str:
    """The code of the unit's report, drafted and signed at that instant."""
    then, code = at(office, instant), code_of(office, unit, period)
    moved(then, f"officer.{unit}", code, "draft", results="Sáu lĩnh vực", figures=table(figures or FIGURES[unit]))
    moved(then, f"officer.{unit}", code, "send")
    voted(then, f"head.{unit}", code, "send")
    return code


def voted(office: Office, login: str, code: str, move: str) -> Item:
    done = perform(office, caller(office, login), MoveRequest(code, move, act="approve"))
    assert isinstance(done, Done), done
    return done.item


def received(office: Office, unit: str, code: str, instant: datetime) -> None:
    moved(at(office, instant), "head.vp" if unit == "vhxh" else "consolidator", code, "receive")


def reported(office: Office, unit: str, period: str, instant: datetime, figures: dict | None = None) -> str:
    code = sent(office, unit, period, instant, figures)
    received(office, unit, code, instant)
    return code
