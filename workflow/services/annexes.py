"""The tables behind a report's paper: its figures, who sent what, and the tasks as they stood."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from workflow.catalog.figures import Figure, Told, outcome
from workflow.catalog.indicators import Indicator
from workflow.catalog.organisation import Unit
from workflow.engine import Definition, Item
from workflow.engine.definition import Group
from workflow.engine.periods import calendar_stretch
from workflow.exports.paper import Align, Annex, Column
from workflow.persistence import UnitOfWork
from workflow.queries.consolidation import CONSOLIDATION
from workflow.queries.papers import items_standing
from workflow.services.figures import figures_in, lines_of, past_of, table_of
from workflow.services.office import Office

_TASKS = "task"
NONE_AROSE, NO_FIGURE = "Không phát sinh", "Chưa có số liệu"


def is_of_commune(item: Item) -> bool:
    """Whether the whole commune reports there, not one unit."""
    return item.workflow == CONSOLIDATION


def annexes(
    office: Office, uow: UnitOfWork, units: Mapping[str, Unit], definition: Definition, item: Item, at: datetime
) -> Iterator[Annex]:
    """The figures, of the commune's report who sent his part, and the tasks as they stood at `at`; without what would be empty."""
    figures = _figures(office, uow, definition, item)
    if figures.rows:
        yield figures
    if is_of_commune(item):
        senders = _senders(units, item)
        if senders.rows:
            yield senders
    tasks = _tasks(office, uow, units, item, at)
    if tasks.rows:
        yield tasks


_FIGURE_COLUMNS = (
    Column("STT", 12, Align.CENTRE),
    Column("Chỉ tiêu", 68),
    Column("Đơn vị tính", 22, Align.CENTRE),
    Column("Tử số hoặc số lượng", 28, Align.RIGHT),
    Column("Mẫu số", 28, Align.RIGHT),
    Column("Kết quả", 34, Align.RIGHT),
    Column("Kỳ trước", 26, Align.RIGHT),
    Column("Nguồn số liệu, ghi chú", 34),
)


def _figures(office: Office, uow: UnitOfWork, definition: Definition, item: Item) -> Annex:
    rows = tuple(
        (
            str(n),
            one.indicator.label.vi,
            one.indicator.unit.vi,
            _amount(one.figure.numerator if one.figure else None),
            _amount(one.figure.denominator if one.figure else None) if one.indicator.denominator else "",
            _result(one.indicator, one.figure),
            _result(one.indicator, one.before) if one.before else "",
            _remarks(one.figure, one.holes),
        )
        for n, one in enumerate(figure_lines(office, uow, definition, item), 1)
    )
    note = f"“{NONE_AROSE}”: mẫu số bằng 0. “{NO_FIGURE}”: đơn vị chưa báo cáo; không tính là 0."
    return Annex("BIỂU SỐ LIỆU CÁC CHỈ TIÊU CẢI CÁCH HÀNH CHÍNH", _FIGURE_COLUMNS, rows, note if rows else "")


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One indicator on a paper; `holes` names, in words, what a merged figure misses."""

    indicator: Indicator
    figure: Figure | None
    before: Figure | None
    holes: str


def figure_lines(office: Office, uow: UnitOfWork, definition: Definition, item: Item) -> tuple[FigureLine, ...]:
    """The figures of a report or a consolidated report, in the order of the catalogue, those that are missing among them."""
    rows = item.fields.get(table_of(definition) or "")
    if is_of_commune(item):
        return _merged_lines(office, uow, item, figures_in(rows))
    lines = lines_of(office.indicators, definition, item, rows, past_of(uow, definition, item))
    return tuple(FigureLine(one.indicator, one.figure, one.before, "") for one in lines)


def _merged_lines(office: Office, uow: UnitOfWork, item: Item, here: Mapping[str, Figure]) -> tuple[FigureLine, ...]:
    units = {unit.id: unit.short.vi for unit in uow.people.units()}
    holes: dict[str, list[str]] = {}
    for hole in str(item.fields.get("holes") or "").split():
        name, _colon, place = hole.partition(":")
        unit, _slash, period = place.partition("/")
        holes.setdefault(name, []).append(" ".join(filter(None, (units.get(unit, unit), period))))
    return tuple(
        FigureLine(one, here.get(one.id), None, ", ".join(holes.get(one.id, ())))
        for one in office.indicators.indicators
        if one.id in here or one.id in holes
    )


def _remarks(figure: Figure | None, holes: str) -> str:
    said = [figure.source, figure.note] if figure else []
    missing = f"Thiếu: {holes}" if holes else ""
    return "; ".join(part for part in (*said, missing) if part)


_SENDER_COLUMNS = (Column("STT", 12, Align.CENTRE), Column("Đơn vị", 140), Column("Tình trạng gửi báo cáo", 100))


def _senders(units: Mapping[str, Unit], item: Item) -> Annex:
    """Which units sent in time, late, not at all."""

    def named(field: str, words: Callable[[str], str]) -> Iterator[tuple[str, str]]:
        for part in str(item.fields.get(field) or "").split():
            unit, _colon, days = part.partition(":")
            yield (units[unit].name.vi if unit in units else unit), words(days)

    found = (
        *named("on_time_units", lambda _days: "Gửi đúng hạn"),
        *named("late_units", lambda days: f"Gửi chậm {days} ngày"),
        *named("missing_units", lambda _days: "Chưa có báo cáo được tiếp nhận"),
        *named("waived_units", lambda _days: "Được miễn báo cáo kỳ này"),
    )
    rows = tuple((str(n), name, words) for n, (name, words) in enumerate(found, 1))
    return Annex("TÌNH HÌNH GỬI BÁO CÁO CỦA CÁC ĐƠN VỊ", _SENDER_COLUMNS, rows)


_TASK_COLUMNS = (
    Column("STT", 12, Align.CENTRE),
    Column("Nhiệm vụ", 92),
    Column("Đơn vị chủ trì", 34),
    Column("Hạn hoàn thành", 27, Align.CENTRE),
    Column("Tình trạng", 35),
    Column("Nguyên nhân, biện pháp khắc phục", 52),
)
_ORDER = (Group.BEHIND, Group.DOING, Group.DONE)


def _tasks(office: Office, uow: UnitOfWork, units: Mapping[str, Unit], item: Item, at: datetime) -> Annex:
    """The list of the dispatch: what is late and why, what is under way, what was done since the period began."""
    unit = "" if is_of_commune(item) else item.unit
    since = _begin(office, item)
    found: dict[Group, list[tuple[Item, Definition]]] = {group: [] for group in _ORDER}
    for task in items_standing(uow, _TASKS, at, unit):
        definition = office.editions.of(task, uow)
        state = definition.states[task.state]
        if state.group in found and not state.initial and (state.group is not Group.DONE or task.entered_at >= since):
            found[state.group].append((task, definition))
    ordered = [one for group in _ORDER for one in found[group]]
    rows = tuple(
        (
            str(n),
            str(task.fields.get("title") or task.code),
            units[task.unit].short.vi if task.unit in units else task.unit,
            day_of(task.fields.get("due_on")),
            definition.states[task.state].label.vi,
            _cause(definition, task),
        )
        for n, (task, definition) in enumerate(ordered, 1)
    )
    return Annex("DANH MỤC NHIỆM VỤ ĐƯỢC GIAO VÀ TIẾN ĐỘ THỰC HIỆN", _TASK_COLUMNS, rows)


def _begin(office: Office, item: Item) -> datetime:
    """The first instant of what the report is about."""
    first = item.fields.get("window_from")
    stretch = calendar_stretch(str(item.fields.get("period") or ""))
    day = date.fromisoformat(str(first)) if first else stretch.first if stretch else date.min
    return datetime(day.year, day.month, day.day, tzinfo=office.zone)


def _cause(definition: Definition, task: Item) -> str:
    """The cause of a lateness and its remedy, where the task is late or was."""
    kind = definition.fields.get("cause_kind")
    chosen = task.fields.get("cause_kind")
    words = next((one.label.vi for one in kind.choices if one.name == chosen), "") if kind else ""
    said = (words, task.fields.get("cause_note"), task.fields.get("plan_note"))
    return ". ".join(str(part).rstrip(" .") for part in said if part)


# -- words --------------------------------------------------------------------------------------------------------------


def _result(indicator: Indicator, figure: Figure | None) -> str:
    found = outcome(indicator, figure)
    if found.told is Told.NONE_AROSE:
        return NONE_AROSE
    if found.told is Told.MISSING or found.rounded is None:
        return NO_FIGURE
    return f"{_amount(found.rounded)}{' %' if found.is_share else ''}"


def _amount(value: Decimal | None) -> str:
    """1.234.567,5 as it is written in Vietnamese."""
    return "" if value is None else f"{value:,f}".translate(str.maketrans(",.", ".,"))


def day_of(value: object) -> str:
    return f"{date.fromisoformat(str(value)):%d/%m/%Y}" if value else ""
