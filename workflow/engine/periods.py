"""Reporting periods: what data each covers, when it opens, until when its report is sent. Pure: dates go in, dates come out."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from workflow.engine.deadlines import end_of_day
from workflow.engine.definition import Label, Series
from workflow.engine.facts import folded
from workflow.engine.workdays import Calendar, CalendarYearMissing

NO_CALENDAR = Calendar("", frozenset(), frozenset(), frozenset())
"""Knows no year: whatever must count working days by it is a fault."""

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_NAMES = {
    "month": re.compile(r"((?:19|2[01])[0-9]{2})-(0[1-9]|1[0-2])"),
    "quarter": re.compile(r"((?:19|2[01])[0-9]{2})-Q([1-4])"),
    "half": re.compile(r"((?:19|2[01])[0-9]{2})-H([12])"),
    "year": re.compile(r"((?:19|2[01])[0-9]{2})()"),
}
_ONE_DAY = timedelta(days=1)
_LONGEST_ROLL = timedelta(days=31)
_ROMAN = ("I", "II", "III", "IV")
# fmt: off
_ENGLISH = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)
# fmt: on


_OF = r"(?: ?[/-] ?| nam | of | )(?P<year>[0-9]{4})"
_SAID = (
    (re.compile(rf"(?:thang )?(?P<n>[0-9]{{1,2}}|{'|'.join(_ENGLISH).lower()}){_OF}"), "month"),
    (re.compile(rf"(?:quy|quarter) (?P<n>[1-4]|{'|'.join(_ROMAN).lower()}){_OF}"), "quarter"),
    (re.compile(rf"(?:6|sau) thang (?P<n>dau|cuoi)(?: nam)?{_OF}"), "half"),
    (re.compile(rf"(?P<n>first|second) half{_OF}"), "half"),
    (re.compile(r"(?:nam|year) (?P<year>[0-9]{4})"), "year"),
)
_NUMBERS = {"dau": 1, "cuoi": 2, "first": 1, "second": 2} | {
    word.lower(): number for words in (_ROMAN, _ENGLISH) for number, word in enumerate(words, 1)
}
"""What stands for a number in the words for a period."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a series. `due_on` is the last day for sending, after the roll; `finding` is what is amiss with its dates."""

    series: str
    name: str
    label: Label
    window_from: date
    window_to: date
    opens_on: date
    due_on: date
    finding: Label | None = None

    def due_at(self, zone: tzinfo) -> datetime:
        """The exclusive bound: the first instant (UTC) at which a report is late."""
        return end_of_day(self.due_on, zone)


def period_named(series: Series, name: str, calendar: Calendar) -> Period | None:
    """The period, or None where the series has none of that name; CalendarYearMissing where a roll needs that year."""
    found = _NAMES[series.every].fullmatch(name)
    return _period(series, _Span(series.every, int(found[1]), int(found[2] or 1)), calendar) if found else None


def periods_between(series: Series, first: date, last: date, calendar: Calendar) -> tuple[Period, ...]:
    """Every period that is open on some day from `first` to `last`, begun and not yet due, in order.

    CalendarYearMissing where the roll of one of them needs a year without data.
    """
    spans = (span for span in _spans(series.every, first.year - 1, last.year + 1) if _opens_on(series, span) <= last)
    near = (span for span in spans if _last_day(series, span) + _LONGEST_ROLL >= first)
    periods = (_period(series, span, calendar) for span in near)
    return tuple(period for period in periods if period.due_on >= first)


@dataclass(frozen=True, slots=True)
class CalendarStretch:
    """The months that a period is named after, whole: `first` and `last` are days of theirs, both of them counted."""

    name: str
    label: Label
    first: date
    last: date


def calendar_stretch(name: str) -> CalendarStretch | None:
    """The month, quarter, half or year of that name (2026-07, 2026-Q3, 2026-H2, 2026), or None where it names none."""
    for every, pattern in _NAMES.items():
        if found := pattern.fullmatch(name):
            span = _Span(every, int(found[1]), int(found[2] or 1))
            last = _day(span.year, span.last_month, 31)
            return CalendarStretch(name, _label(span), _day(span.year, span.month_before + 1, 1), last)
    return None


def stretch_said(text: str) -> CalendarStretch | None:
    """The same for what people write: 10/2026, tháng 10 năm 2026, quý IV/2026, 6 tháng cuối năm 2026, or its name."""
    plain = " ".join(folded(text).split())
    for pattern, every in _SAID:
        if found := pattern.fullmatch(plain):
            said = found.groupdict("1").get("n", "1")
            number = _NUMBERS.get(said) or (int(said) if said.isdecimal() else 0)
            return calendar_stretch(_name(_Span(every, int(found["year"]), number)))
    return calendar_stretch(text.strip())


def latest_periods(every: str, day: date, count: int) -> tuple[str, ...]:
    """The names of the month, quarter, half or year (`every`) that `day` lies in and of those before it, the oldest first."""
    spans = _spans(every, day.year - count * _MONTHS[every] // 12 - 1, day.year)
    begun = [span for span in spans if date(span.year, span.month_before + 1, 1) <= day]
    return tuple(_name(span) for span in begun[-count:])


@dataclass(frozen=True, slots=True)
class _Span:
    """The n-th month, quarter or half of a year, or the year itself."""

    every: str
    year: int
    number: int

    @property
    def last_month(self) -> int:
        return self.number * _MONTHS[self.every]

    @property
    def month_before(self) -> int:
        """0 is December of the year before."""
        return self.last_month - _MONTHS[self.every]


def _spans(every: str, first: int, last: int) -> Iterator[_Span]:
    for year in range(first, last + 1):
        for number in range(1, 12 // _MONTHS[every] + 1):
            yield _Span(every, year, number)


def _period(series: Series, span: _Span, calendar: Calendar) -> Period:
    window_to = _window_to(series, span)
    due_on = _rolled(_last_day(series, span), series.roll, calendar)
    return Period(
        series=series.name,
        name=_name(span),
        label=_label(span),
        window_from=_window_from(series, span),
        window_to=window_to,
        opens_on=_opens_on(series, span),
        due_on=due_on,
        finding=_finding(window_to, due_on, calendar),
    )


# -- days ---------------------------------------------------------------------------------------------------------------


def _window_from(series: Series, span: _Span) -> date:
    if span.month_before == 0:
        return _day(span.year - 1, 12, series.window_from)
    return _day(span.year, span.month_before, series.window_from)


def _window_to(series: Series, span: _Span) -> date:
    return _day(span.year, span.last_month, series.window_to)


def _opens_on(series: Series, span: _Span) -> date:
    return _window_to(series, span) + _ONE_DAY if series.opens == "window_end" else _window_from(series, span)


def _last_day(series: Series, span: _Span) -> date:
    """The day before `before_day`, wherever the calendar puts it."""
    return (
        _day(span.year, span.last_month, 1)
        - _ONE_DAY
        + min(timedelta(days=series.before_day - 1), timedelta(days=monthrange(span.year, span.last_month)[1]))
    )


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _rolled(day: date, roll: str, calendar: Calendar) -> date:
    # `keep` asks nobody: its deadline stands even where next year's days off are not known yet.
    if roll == "keep" or calendar.is_working(day):
        return day
    return calendar.shift(day, 1 if roll == "next" else -1)


def _finding(window_to: date, due_on: date, calendar: Calendar) -> Label | None:
    """Decree 09/2019, article 8: at least one working day lies between the cut-off and the end of the deadline."""
    try:
        if calendar.between(window_to, due_on):
            return None
    except CalendarYearMissing as missing:
        return Label(
            f"Lịch làm việc chưa có dữ liệu năm {missing.year}, nên chưa kiểm tra được số ngày làm việc giữa thời điểm"
            " chốt số liệu và hạn gửi báo cáo.",
            f"The calendar has no data for {missing.year}, so the working days between the data cut-off and the"
            " deadline could not be counted.",
        )
    cut_off, last = f"{window_to:%d/%m/%Y}", f"{due_on:%d/%m/%Y}"
    return Label(
        f"Không có ngày làm việc nào từ sau thời điểm chốt số liệu ({cut_off}) đến hết ngày cuối của hạn gửi báo cáo"
        f" ({last}); Nghị định số 09/2019/NĐ-CP yêu cầu có ít nhất 01 ngày làm việc.",
        f"No working day lies after the data cut-off ({cut_off}) up to the last day for sending ({last}); Decree"
        " 09/2019/NĐ-CP wants at least one.",
    )


# -- words --------------------------------------------------------------------------------------------------------------


def _name(span: _Span) -> str:
    part = {"month": f"-{span.number:02d}", "quarter": f"-Q{span.number}", "half": f"-H{span.number}", "year": ""}
    return f"{span.year}{part[span.every]}"


def _label(span: _Span) -> Label:
    year, number = span.year, span.number
    if span.every == "month":
        return Label(f"tháng {number} năm {year}", f"{_ENGLISH[number - 1]} {year}")
    if span.every == "quarter":
        return Label(f"quý {_ROMAN[number - 1]} năm {year}", f"quarter {number} of {year}")
    if span.every == "half":
        which = Label("đầu", "first") if number == 1 else Label("cuối", "second")
        return Label(f"6 tháng {which.vi} năm {year}", f"{which.en} half of {year}")
    return Label(f"năm {year}", f"year {year}")
