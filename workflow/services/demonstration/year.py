"""A reporting year of the office: every period of five units, opened by the clock and sent by real moves, each at its time.

What was typed is told beside it as plain numbers, so that whoever adds them up can be held against what the office shows.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from types import MappingProxyType

from workflow.catalog import Library
from workflow.clock import VIETNAM
from workflow.engine import Reason
from workflow.services import publishing, succession
from workflow.services.deadlines import sweep
from workflow.services.demonstration.amounts import Amounts, counted, lowered, together
from workflow.services.demonstration.fates import UNITS, Days, Fate, Term, fate_of, moment, terms
from workflow.services.demonstration.play import Built
from workflow.services.demonstration.player import HOUSE, Player, StoryBroken
from workflow.services.demonstration.telling import Act, Life
from workflow.services.office import Office
from workflow.services.reports import open_due

REPORT, CONSOLIDATION = "report", "consolidation"
_SEED = 20_260_614
_NIGHTLY = time(0, 0, 10)
_EVENING = time(17)
_NEW_EDITION = (7, 1)
_CALENDAR = "vn-commune"
_CORRECTED_AFTER = 8
_CONSOLIDATED_AFTER = 2
_VERSION = re.compile(rb"^version: ([0-9]+)$", re.MULTILINE)


def _unheard(_done: int, _of: int) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class Year:
    """An empty office, the shipped library, and the year that is to be lived there; the same seed tells the same year.

    `night` is one round of the clock beside the opening of periods. `heard` is told how many of how many steps are done.
    """

    office: Office
    library: Library
    password_hash: str
    year: int
    seed: int = _SEED
    night: Callable[[Office], object] = sweep
    heard: Callable[[int, int], None] = _unheard


@dataclass(frozen=True, slots=True)
class Typed:
    """What one report said in the end: `version` 2 is the correction of version 1. Only what was received counts anywhere."""

    series: str
    period: str
    unit: str
    version: int
    received: bool
    figures: Amounts


@dataclass(frozen=True, slots=True)
class Lived:
    """The year as it stands on its last evening, and everything that was typed in it."""

    built: Built
    typed: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    at: datetime
    play: Callable[[], object]


def live(year: Year) -> Lived:
    """Live through the year. StoryBroken where a rule objects, CalendarYearMissing where its days off are not known."""
    until = datetime.combine(date(year.year, 12, 31), _EVENING, tzinfo=VIETNAM)
    story = _Story(year)
    steps = sorted((*story.nights(until), *story.days()), key=lambda step: step.at)
    for n, step in enumerate(steps, 1):
        step.play()
        year.heard(n, len(steps))
    return Lived(Built(len(story.player.known), len(steps), until), tuple(story.typed))


class _Story:
    """Tells the steps; `typed` is complete once all of them are told."""

    def __init__(self, year: Year) -> None:
        self.player = Player(year.office, year.library)
        self.typed: list[Typed] = []
        self._year = year
        self._terms = tuple(terms(year.year))
        self._counted = counted(year.year, year.seed)
        self._run_on = _run_on(year.library)
        self._fates = {
            (one.name, unit): fate_of(one, unit, self._chance(one, unit)) for one in self._terms for unit in UNITS
        }
        self._received: dict[str, list[datetime]] = {one.name: [] for one in self._terms}

    def nights(self, until: datetime) -> Iterator[_Step]:
        founded = datetime.combine(date(self._year.year, 1, 1), time(0), tzinfo=VIETNAM)
        yield _Step(founded, partial(self.player.found, founded, self._year.password_hash))
        at = datetime.combine(founded.date(), _NIGHTLY, tzinfo=VIETNAM)
        while at < until:
            yield _Step(at, partial(self._night, at))
            at += timedelta(days=1)

    def days(self) -> Iterator[_Step]:
        yield _Step(moment(date(self._year.year, *_NEW_EDITION), 8, 30), self._renew_the_edition)
        for term in self._terms:
            for unit in UNITS:
                yield from self._report(term, unit)
        for term in self._terms:
            yield from self._consolidations(term)

    def _chance(self, term: Term, unit: str) -> Random:
        # A made-up year: who guesses its troubles has learned nothing.
        return Random(f"{self._year.seed}/{term.name}/{unit}")  # noqa: S311

    def _days(self, term: Term) -> Days:
        return Days(self._year.library.calendars[_CALENDAR], self._year.year, term.last_month)

    # -- the house --------------------------------------------------------------------------------------------------------

    def _night(self, at: datetime) -> None:
        office = self.player.at(at)
        self._year.night(office)
        for opened in open_due(office).periods:
            self.player.known |= {f"{opened.period.name}/{item.unit}": item.id for item in opened.items}

    def _renew_the_edition(self) -> None:
        """From July on a deadline on a day off moves to the next working day; what is open already keeps its own."""
        office = self.player.at(moment(date(self._year.year, *_NEW_EDITION), 8, 30))
        report = self._year.library.workflows[REPORT]
        version = int(_VERSION.search(report.source)[1]) + 1  # type: ignore[index]
        text = _VERSION.sub(b"version: %d" % version, report.source, count=1).replace(b"roll: keep", b"roll: next")
        published = publishing.publish(office, HOUSE, text, Path(report.file).name)
        if isinstance(published, Reason) or not published.fresh:
            raise StoryBroken(f"the new edition was not published: {published}")
        passage = succession.run(office, HOUSE, REPORT, version)
        if isinstance(passage, Reason) or passage.possible != len(passage.verdicts):
            raise StoryBroken(f"open reports did not pass to the new edition: {passage}")

    # -- a unit's report --------------------------------------------------------------------------------------------------

    def _report(self, term: Term, unit: str) -> Iterator[_Step]:
        fate, days = self._fates[term.name, unit], self._days(term)
        first, second = days.within[0], days.within[min(1, len(days.within) - 1)]
        drafted = moment(first, 8, 20 + _late_by(unit))
        figures = self._figures(term, unit, drafted)
        if fate is not Fate.WAIVED:
            self.typed.append(Typed(term.series, term.name, unit, 1, fate is not Fate.NEVER, figures))
        if fate is Fate.WAIVED:
            yield self._step(term, unit, Act(drafted, "chairman", "waive", "Đơn vị gộp số liệu vào báo cáo quý."))
        elif fate is Fate.NEVER:
            yield self._drafted(term, unit, drafted, figures)
            urged = moment(days.overdue, 8, 15)
            yield self._step(
                term, unit, Act(urged, "consolidator", "urge", "Đã quá hạn, đề nghị đơn vị gửi báo cáo ngay.")
            )
        elif fate is Fate.RETURNED:
            yield self._drafted(term, unit, drafted, lowered(figures))
            yield from self._sent(term, unit, first)
            why = "Số liệu chưa khớp với biểu kèm theo, đề nghị kiểm tra lại."
            yield self._step(term, unit, Act(moment(first, 15, 30), _receiver(unit), "return", why))
            again = second if second > first else days.after(first, 1)
            yield self._drafted(term, unit, moment(again, 8, 20 + _late_by(unit)), figures)
            yield from self._sent(term, unit, again)
            yield self._receipt(term, unit, days.after(again, 1))
        else:
            yield self._drafted(term, unit, drafted, figures)
            sent_on = days.overdue if fate is Fate.LATE else second
            yield from self._sent(term, unit, sent_on)
            yield self._receipt(term, unit, days.after(sent_on, 1))
            if fate is Fate.CORRECTED:
                yield from self._correction(term, unit, self._corrected_on(term), lowered(figures))

    def _corrected_on(self, term: Term) -> date:
        days = self._days(term)
        return days.after(days.within[min(1, len(days.within) - 1)], 1 + _CORRECTED_AFTER)

    def _correction(self, term: Term, unit: str, on: date, figures: Amounts) -> Iterator[_Step]:
        self.typed.append(Typed(term.series, term.name, unit, 2, received=True, figures=figures))
        why = "Đối chiếu lại với hệ thống nguồn, phát hiện số liệu chưa đúng."
        yield self._step(term, unit, Act(moment(on, 8, 30), f"head.{unit}", "correct", why))
        yield self._step(term, unit, Act(moment(on, 9, 30), _receiver(unit), "approve correct"))
        yield self._drafted(term, unit, moment(on, 9, 40 + _late_by(unit)), figures, 2)
        yield from self._sent(term, unit, on, 2)
        yield self._receipt(term, unit, self._days(term).after(on, 1), 2)

    def _drafted(self, term: Term, unit: str, at: datetime, figures: Amounts, version: int = 1) -> _Step:
        inputs = {
            "overview": "Thủ trưởng đơn vị chỉ đạo thực hiện theo kế hoạch CCHC của năm.",
            "results": "Thực hiện theo kế hoạch; số liệu tại biểu kèm theo.",
            "next_tasks": "Tiếp tục thực hiện các chỉ tiêu được giao.",
            "figures": _rows(figures, at),
        }
        files = ("Biểu số liệu.pdf",)
        return self._step(
            term, unit, Act(at, f"officer.{unit}", "draft", files=files, inputs=MappingProxyType(inputs)), version
        )

    def _sent(self, term: Term, unit: str, on: date, version: int = 1) -> Iterator[_Step]:
        """Proposed by the officer, then signed by the head, which sends."""
        minute = _late_by(unit)
        yield self._step(term, unit, Act(moment(on, 10, minute), f"officer.{unit}", "send"), version)
        yield self._step(term, unit, Act(moment(on, 11, minute), f"head.{unit}", "approve send"), version)

    def _receipt(self, term: Term, unit: str, on: date, version: int = 1) -> _Step:
        at = moment(on, 8, 30 + _late_by(unit))
        self._received[term.name].append(at)
        return self._step(term, unit, Act(at, _receiver(unit), "receive"), version)

    def _step(self, term: Term, unit: str, act: Act, version: int = 1) -> _Step:
        return _Step(act.at, partial(self.player.act, Life(_key(term, unit, version), REPORT, unit, ()), act))

    # -- what stands in it ------------------------------------------------------------------------------------------------

    def _figures(self, term: Term, unit: str, at: datetime) -> Amounts:
        """What the unit knows on that day of the whole period: months that were put right by then are so here."""
        months = together((self._month(unit, n, at) for n in term.months), self._run_on)
        quarters = together((self._counted.quarterly.get((unit, n), {}) for n in term.quarters), self._run_on)
        yearly = self._counted.yearly.get(unit, {}) if term.series == "yearly" else {}
        return months | quarters | dict(yearly)

    def _month(self, unit: str, n: int, at: datetime) -> Amounts:
        term = next(one for one in self._terms if one.series == "monthly" and one.months == (n,))
        amounts = self._counted.monthly[unit, n]
        corrected = self._fates[term.name, unit] is Fate.CORRECTED and moment(self._corrected_on(term), 8, 30) < at
        return lowered(amounts) if corrected else amounts

    # -- the commune's report ---------------------------------------------------------------------------------------------

    def _consolidations(self, term: Term) -> Iterator[_Step]:
        """Two working days after the deadline, and again on the day after something it rests on came in later."""
        days = self._days(term)
        first = days.after(date(self._year.year, term.last_month, 19), _CONSOLIDATED_AFTER)
        yield from self._consolidated(term, moment(first, 14, 0))
        rests_on = [one.name for one in self._terms if set(one.months) <= set(term.months)]
        later = {at.date() for name in rests_on for at in self._received[name] if at.date() > first}
        for day in sorted(later):
            yield from self._consolidated(term, moment(day, 14, 0))

    def _consolidated(self, term: Term, at: datetime) -> Iterator[_Step]:
        """Gathered, signed in the division, submitted, and issued by the chairman on the same afternoon."""
        yield _Step(at, partial(self.player.consolidate, at, term.series, term.name))
        life = Life(term.name, CONSOLIDATION, "vhxh", ())
        for minutes, by, do in (
            (20, "consolidator", "submit"),
            (50, "head.vhxh", "approve submit"),
            (110, "chairman", "issue"),
        ):
            act = Act(at + timedelta(minutes=minutes), by, do)
            yield _Step(act.at, partial(self.player.act, life, act))


def _run_on(library: Library) -> frozenset[str]:
    known = library.indicators.indicators if library.indicators else ()
    return frozenset(one.id for one in known if one.merge == "latest")


def _key(term: Term, unit: str, version: int = 1) -> str:
    return f"{term.name}/{unit}" if version == 1 else f"{term.name}/{unit}>correct"


def _receiver(unit: str) -> str:
    return "head.vp" if unit == "vhxh" else "consolidator"


def _late_by(unit: str) -> int:
    """Minutes by which one unit does the same thing after another."""
    return 3 * UNITS.index(unit)


def _rows(figures: Amounts, at: datetime) -> list[Mapping[str, object]]:
    return [
        {
            "indicator": indicator,
            "numerator": _typed(numerator),
            **({} if denominator is None else {"denominator": _typed(denominator)}),
            "source": "Hệ thống thông tin của đơn vị",
            "extracted_at": at.date().isoformat(),
        }
        for indicator, (numerator, denominator) in figures.items()
    ]


def _typed(amount: Decimal) -> str:
    return f"{amount:f}".replace(".", ",")
