"""The tables behind a paper, of which its form names some: the item's figures, who sent what, and the tasks as they stood."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from types import MappingProxyType

from workflow.catalog.figures import Figure, Told, outcome
from workflow.catalog.indicators import Indicator
from workflow.catalog.organisation import Unit
from workflow.engine import Actor, Definition, Item
from workflow.engine.definition import Agency, PaperForm, Table
from workflow.engine.periods import calendar_stretch
from workflow.exports.paper import Align, Annex, Cell, Column, Share
from workflow.persistence import UnitOfWork
from workflow.services.figures import figures_in, lines_of, past_of, table_of
from workflow.services.office import Office
from workflow.services.past import office_at
from workflow.services.unit_work import Standing, work_led, work_of

NONE_AROSE, NO_FIGURE = "Không phát sinh", "Chưa có số liệu"


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads, of which office, out of which unit of work; `units` are those that have names."""

    office: Office
    uow: UnitOfWork
    actor: Actor
    units: Mapping[str, Unit]


@dataclass(frozen=True, slots=True)
class Reported:
    """What the tables tell of: an item of an edition, as that edition's `form` asks, as things stood at `at`."""

    item: Item
    definition: Definition
    form: PaperForm
    at: datetime

    @property
    def of_commune(self) -> bool:
        """Whether the whole commune reports there, not one unit."""
        return self.form.agency is Agency.COMMUNE


def annexes(reading: Reading, reported: Reported) -> Iterator[Annex]:
    """The tables that the form names, in its order, without what would be empty."""
    for table in reported.form.annexes:
        annex = _ANNEXES[table](reading, reported)
        if annex.rows:
            yield annex


_FIGURE_COLUMNS = (
    Column("STT", 12, Align.CENTRE),
    Column("Chỉ tiêu", 60),
    Column("Đơn vị tính", 22, Align.CENTRE),
    Column("Tử số hoặc số lượng", 33, Align.RIGHT),
    Column("Mẫu số", 33, Align.RIGHT),
    Column("Kết quả", 28, Align.RIGHT),
    Column("Kỳ trước", 26, Align.RIGHT),
    Column("Nguồn số liệu, ghi chú", 38),
)
_BEFORE = 6


def _figures(reading: Reading, reported: Reported) -> Annex:
    rows = tuple(
        (
            n,
            one.indicator.label.vi,
            one.indicator.unit.vi,
            one.figure.numerator if one.figure else None,
            one.figure.denominator if one.figure else None,
            _result(one.indicator, one.figure),
            _result(one.indicator, one.before) if one.before else None,
            _remarks(one.figure, one.holes),
        )
        for n, one in enumerate(_figure_lines(reading, reported), 1)
    )
    note = f"“{NONE_AROSE}”: mẫu số bằng 0. “{NO_FIGURE}”: đơn vị chưa báo cáo; không tính là 0."
    whole = Annex("BIỂU SỐ LIỆU CÁC CHỈ TIÊU CẢI CÁCH HÀNH CHÍNH", _FIGURE_COLUMNS, rows, note if rows else "")
    return _without_empty(whole)


def _without_empty(annex: Annex) -> Annex:
    """Without the column of the period before where it says nothing; the last one takes its room."""
    if any(row[_BEFORE] is not None for row in annex.rows):
        return annex
    *others, last = annex.columns
    kept = (*others[:_BEFORE], *others[_BEFORE + 1 :], replace(last, width=last.width + annex.columns[_BEFORE].width))
    rows = tuple((*row[:_BEFORE], *row[_BEFORE + 1 :]) for row in annex.rows)
    return replace(annex, columns=kept, rows=rows)


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One indicator on a paper; `holes` names, in words, what a merged figure misses."""

    indicator: Indicator
    figure: Figure | None
    before: Figure | None
    holes: str


def _figure_lines(reading: Reading, reported: Reported) -> tuple[FigureLine, ...]:
    """The figures of a unit or of the commune, in the order of the catalogue, those that are missing among them."""
    item, definition = reported.item, reported.definition
    rows = item.fields.get(table_of(definition) or "")
    if reported.of_commune:
        return _merged_lines(reading, item, figures_in(rows))
    past = past_of(reading.uow, definition, item)
    lines = lines_of(reading.office.indicators, definition, item, rows, past)
    return tuple(FigureLine(one.indicator, one.figure, one.before, "") for one in lines)


def _merged_lines(reading: Reading, item: Item, here: Mapping[str, Figure]) -> tuple[FigureLine, ...]:
    holes: dict[str, list[str]] = {}
    for hole in str(item.fields.get("holes") or "").split():
        name, _colon, place = hole.partition(":")
        unit, _slash, period = place.partition("/")
        short = reading.units[unit].short.vi if unit in reading.units else unit
        holes.setdefault(name, []).append(f"{short} {period}".strip())
    return tuple(
        FigureLine(one, here.get(one.id), None, ", ".join(holes.get(one.id, ())))
        for one in reading.office.indicators.indicators
        if one.id in here or one.id in holes
    )


def _remarks(figure: Figure | None, holes: str) -> str:
    said = [figure.source, figure.note] if figure else []
    missing = f"Thiếu: {holes}" if holes else ""
    return "; ".join(part for part in (*said, missing) if part)


_SENDER_COLUMNS = (Column("STT", 12, Align.CENTRE), Column("Đơn vị", 140), Column("Tình trạng gửi báo cáo", 100))


def _senders(reading: Reading, reported: Reported) -> Annex:
    """Which units sent in time, late, not at all."""
    units, item = reading.units, reported.item

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
    rows = tuple((n, name, words) for n, (name, words) in enumerate(found, 1))
    return Annex("TÌNH HÌNH GỬI BÁO CÁO CỦA CÁC ĐƠN VỊ", _SENDER_COLUMNS, rows)


_TASK_COLUMNS = (
    Column("STT", 12, Align.CENTRE),
    Column("Nhiệm vụ", 92),
    Column("Đơn vị chủ trì", 34),
    Column("Hạn hoàn thành", 27, Align.CENTRE),
    Column("Tình trạng", 35),
    Column("Nguyên nhân, biện pháp khắc phục", 52),
)


def _tasks(reading: Reading, reported: Reported) -> Annex:
    """The list of the dispatch: what is late and why, what is under way, what was done since the period began."""
    rows = tuple(
        (
            n,
            str(one.item.fields.get("title") or one.item.code),
            reading.units[one.item.unit].short.vi if one.item.unit in reading.units else one.item.unit,
            _day(one.item.fields.get("due_on")),
            one.definition.states[one.item.state].label.vi,
            _cause(one.definition, one.item),
        )
        for n, one in enumerate(_standing(reading, reported), 1)
    )
    return Annex("DANH MỤC NHIỆM VỤ ĐƯỢC GIAO VÀ TIẾN ĐỘ THỰC HIỆN", _TASK_COLUMNS, rows)


def _standing(reading: Reading, reported: Reported) -> Iterator[Standing]:
    """As of the cut-off of a unit's period, of every unit's tasks as of `at`; never later than `at`."""
    office, uow, actor = reading.office, reading.uow, reading.actor
    item, at = reported.item, reported.at
    if not reported.of_commune:
        work = work_of(office_at(office, at), uow, actor, item)
        yield from work.tasks if work else ()
        return
    stretch = calendar_stretch(str(item.fields.get("period") or ""))
    if stretch is not None:
        since = datetime.combine(stretch.first, time(), tzinfo=office.zone)
        for unit in reading.units:
            yield from work_led(office, uow, actor, unit, since, at).tasks


def _cause(definition: Definition, task: Item) -> str:
    """The cause of a lateness and its remedy, where the task is late or was."""
    kind = definition.fields.get("cause_kind")
    chosen = task.fields.get("cause_kind")
    words = next((one.label.vi for one in kind.choices if one.name == chosen), "") if kind else ""
    said = (words, task.fields.get("cause_note"), task.fields.get("plan_note"))
    return ". ".join(str(part).rstrip(" .") for part in said if part)


_ANNEXES: Mapping[Table, Callable[[Reading, Reported], Annex]] = MappingProxyType(
    {Table.FIGURES: _figures, Table.SENDERS: _senders, Table.TASKS: _tasks}
)


# -- words --------------------------------------------------------------------------------------------------------------


def _result(indicator: Indicator, figure: Figure | None) -> Cell:
    found = outcome(indicator, figure)
    if found.told is Told.NONE_AROSE:
        return NONE_AROSE
    if found.told is Told.MISSING or found.rounded is None:
        return NO_FIGURE
    return Share(found.rounded) if found.is_share else found.rounded


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
