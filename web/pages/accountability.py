"""The accountability sheet of a unit's head: every number opens the entries of the log that make it up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import _, day, label, moment, number, reason_sentence
from web.measures import BY_KIND, TOGETHER, WORDS
from web.pages import presenting
from web.pages.overview import Tile
from web.pages.rendering import Shown
from web.titles import Titles, titles_of
from web.wiring import office, settings
from workflow.engine import Item, Reason
from workflow.engine.accountability import Mark, Measure, Product
from workflow.engine.periods import CalendarStretch, calendar_stretch
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.services import accountability
from workflow.services.accountability import Account, Score, account, day_asked, explain, may_explain, period_asked
from workflow.services.items import NotCreated

bp = Blueprint("accountability", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST = 500
_FIELD = "explanation"
"""Where the head's words are typed, and kept."""


@dataclass(frozen=True, slots=True)
class Number:
    """`href` is empty where there is nothing to open."""

    value: int
    href: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class NumberRow:
    words: str
    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under one heading; `kinds` head their columns before the last, which tells all of them together."""

    heading: str
    rows: Sequence[NumberRow]
    kinds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One entry behind a number: what happened, when it counted and was recorded, who did it, on which item."""

    title: str
    code: str
    href: str
    kind: str
    what: str
    at: datetime
    recorded: str
    who: str
    days: int


@dataclass(frozen=True, slots=True)
class Said:
    """One explanation by the head."""

    text: str
    at: datetime
    who: str
    state: str
    group: str
    code: str
    href: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    who: str
    score: str
    products: int
    delays: int
    excused: int
    lines: Sequence["ProductLine"]


@dataclass(frozen=True, slots=True)
class ProductLine:
    title: str
    code: str
    href: str
    score: int
    delays: Sequence[MarkLine]
    excused: Sequence[MarkLine]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; `trouble` says why nothing can be told, and `typed` is what was written for the period."""

    period: CalendarStretch
    typed: str
    at: datetime | None
    trouble: tuple[tuple[str, str], ...] = ()

    def query(self, **more: str) -> str:
        """The same question for another page about the same sheet."""
        as_of = request.args.get("as_of", "").strip()
        asked = {"period": self.period.name, "as_of": as_of if self.at else "", **more}
        return urlencode({name: value for name, value in asked.items() if value})


# -- pages --------------------------------------------------------------------------------------------------------------


@bp.get("/units/<unit>/accountability")
def sheet(unit: str) -> Answer:
    with office().read() as uow:
        shown = _sheet_page(uow, unit)
    return shown.render()


@bp.get("/units/<unit>/accountability/print")
def print_sheet(unit: str) -> Answer:
    with office().read() as uow:
        shown = _sheet_page(uow, unit, template="accountability/print.html")
    return shown.render()


def _sheet_page(
    uow: UnitOfWork,
    unit: str,
    status: int = 200,
    typed: str = "",
    reasons: tuple[Reason, ...] = (),
    template: str = "accountability/sheet.html",
) -> Shown:
    asked = _asked()
    caller = current_caller()
    found = account(office(), uow, caller, unit, asked.period, asked.at)
    titles = titles_of(uow)
    here = f"/units/{unit}/accountability"
    return Shown(
        template,
        422 if asked.trouble else status,
        **_named(found, titles, asked),
        tiles=_tiles(found, here, asked),
        by_kind=[_section(heading, rows, found, here, asked, _kinds(found, rows)) for heading, rows in BY_KIND],
        together=[_section(heading, rows, found, here, asked) for heading, rows in TOGETHER],
        mean_answer=_mean_answer(found),
        said=[_said(uow, one, titles) for one in found.explanations],
        may_explain=asked.at is None and may_explain(office(), uow, caller, unit),
        typed=typed,
        explain_errors=[(_FIELD, reason_sentence(reason)) for reason in reasons],
        scores_href=f"/units/{unit}/scores?{asked.query()}" if accountability.scores(caller, found) else "",
        print_href=f"{here}/print?{asked.query()}",
        periods=_periods(found.period),
        key=new_id(office().clock.now()),
    )


@bp.post("/units/<unit>/accountability")
def explain_it(unit: str) -> Answer:
    period = period_asked(office(), request.form.get("period", ""))
    if isinstance(period, Reason):
        abort(400)
    text = request.form.get(_FIELD, "").strip()
    made = explain(office(), current_caller(), unit, period, text)
    if isinstance(made, NotCreated):
        with office().read() as uow:
            shown = _sheet_page(uow, unit, problems.of_reasons(made.reasons).status, text, made.reasons)
        return shown.render()
    return redirect(f"/units/{unit}/accountability?{urlencode({'period': period.name, 'done': 'explained'})}", 303)


@bp.get("/units/<unit>/accountability/<measure>")
def behind(unit: str, measure: str) -> Answer:
    """The entries that make up one number."""
    if measure not in WORDS:
        abort(404)
    asked = _asked()
    with office().read() as uow:
        found = account(office(), uow, current_caller(), unit, asked.period, asked.at)
        titles = titles_of(uow)
        marks = found.sheet.of(Measure(measure), request.args.get("workflow", ""))
        lines = [_mark(uow, mark, titles) for mark in _newest_first(marks)[:_MOST]]
        shown = Shown(
            "accountability/behind.html",
            422 if asked.trouble else 200,
            **_named(found, titles, asked),
            measure=_(WORDS[Measure(measure)]),
            kind=_kind(found, request.args.get("workflow", "")),
            number=found.sheet.number(Measure(measure), request.args.get("workflow", "")),
            in_days=Measure(measure) in (Measure.LATE_DAYS, Measure.ANSWER_DAYS),
            lines=lines,
            hidden=len(marks) - len(lines),
            back=f"/units/{unit}/accountability?{asked.query()}",
        )
    return shown.render()


@bp.get("/units/<unit>/scores")
def scores(unit: str) -> Answer:
    """The progress scores by person, as far as the reader may read them."""
    return _scores_page(unit, "accountability/scores.html")


@bp.get("/units/<unit>/scores/print")
def print_scores(unit: str) -> Answer:
    return _scores_page(unit, "accountability/print_scores.html")


def _scores_page(unit: str, template: str) -> Answer:
    asked = _asked()
    with office().read() as uow:
        found = account(office(), uow, current_caller(), unit, asked.period, asked.at)
        titles = titles_of(uow)
        shown = Shown(
            template,
            422 if asked.trouble else 200,
            **_named(found, titles, asked),
            lines=[_score(uow, one, found, titles) for one in accountability.scores(current_caller(), found)],
            periods=_periods(found.period),
            back=f"/units/{unit}/accountability?{asked.query()}",
            print_href=f"/units/{unit}/scores/print?{asked.query()}",
        )
    return shown.render()


# -- what is asked ------------------------------------------------------------------------------------------------------


def _asked() -> Asked:
    """The period and the day; what cannot be read is told, and the present month as it stands now is shown instead."""
    given = request.values.get("period", "")
    period, at = period_asked(office(), given), day_asked(office(), request.args.get("as_of", ""))
    trouble = []
    typed = given if isinstance(period, Reason) else label(period.label)
    if isinstance(period, Reason):
        trouble.append(("period", _("A period is written 10/2026, quarter 4 of 2026, second half of 2026 or 2026.")))
        period = period_asked(office(), "")
    if isinstance(at, Reason):
        # A day is asked for here; that an instant would be taken as well need not confuse anybody.
        code = "not_a_date" if at.code == "not_an_instant" else at.code
        trouble.append(("as_of", reason_sentence(Reason(code, at.kind, {**at.params, "field": _("As of")}))))
        at = None
    if isinstance(period, Reason):
        abort(400)
    return Asked(period, typed, at, tuple(trouble))


def _named(found: Account, titles: Titles, asked: Asked) -> dict[str, object]:
    """What every page of a sheet says at its head."""
    heads = " · ".join(titles.person(person) for person in found.heads)
    return {
        "unit": found.unit,
        "name": titles.unit(found.unit),
        "heads": heads or _("the post is vacant"),
        "period": found.period,
        "first": day(found.period.first),
        "last": day(found.period.last),
        "at": moment(found.at, settings().zone),
        "whole": found.whole,
        "asked": asked,
        "typed_as_of": request.args.get("as_of", ""),
        "typed_period": asked.typed,
        "printed_by": titles.person(current_actor().id),
        "printed_at": moment(office().clock.now(), settings().zone),
    }


def _periods(period: CalendarStretch) -> list[tuple[str, str]]:
    """The periods that the last day of this one lies in (today, where it is not over) and the month before, to choose from."""
    near = min(period.last, max(period.first, office().clock.now().astimezone(settings().zone).date()))
    year, month = near.year, near.month
    before = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02d}"
    names = (
        before,
        f"{year}-{month:02d}",
        f"{year}-Q{(month + 2) // 3}",
        f"{year}-H{1 if month < 7 else 2}",
        f"{year}",
    )
    return [(one.name, label(one.label)) for one in map(calendar_stretch, names) if one]


# -- numbers ------------------------------------------------------------------------------------------------------------


def _tiles(found: Account, here: str, asked: Asked) -> list[Tile]:
    chosen = (
        (Measure.LATE_OPEN, _("Late, not done"), "late"),
        (Measure.WITHOUT_PLAN, _("Late without an approved plan"), "soon"),
        (Measure.ASSIGNED, _("Answered for in the period"), "doing"),
        (Measure.REPORTS_ON_TIME, _("Reports sent on time"), "done"),
    )
    return [
        Tile(found.sheet.number(measure), words, f"{here}/{measure.value}?{asked.query()}", tone)
        for measure, words, tone in chosen
    ]


def _kinds(found: Account, measures: Iterable[Measure]) -> tuple[str, ...]:
    """The workflows that one of these numbers counts."""
    counted = {mark.item.workflow for measure in measures for mark in found.sheet.of(measure)}
    return tuple(name for name in found.workflows if name in counted)


def _section(
    heading: str, measures: Iterable[Measure], found: Account, here: str, asked: Asked, kinds: tuple[str, ...] = ()
) -> Section:
    return Section(
        _(heading),
        [
            NumberRow(_(WORDS[measure]), [_number(measure, kind, found, here, asked) for kind in (*kinds, "")])
            for measure in measures
        ],
        [_kind(found, kind) for kind in kinds],
    )


def _number(measure: Measure, workflow: str, found: Account, here: str, asked: Asked) -> Number:
    value = found.sheet.number(measure, workflow)
    href = f"{here}/{measure.value}?{asked.query(workflow=workflow)}" if value else ""
    return Number(value, href, _kind(found, workflow) or _("All"))


def _kind(found: Account, workflow: str) -> str:
    definition = found.workflows.get(workflow)
    return label(definition.label) if definition else ""


def _mean_answer(found: Account) -> str:
    """The mean time to an answer, in working days with one decimal."""
    answered = found.sheet.number(Measure.ANSWERED)
    if not answered:
        return ""
    return number(f"{found.sheet.number(Measure.ANSWER_DAYS) / answered:.1f}")


# -- entries ------------------------------------------------------------------------------------------------------------


def _newest_first(marks: Iterable[Mark]) -> list[Mark]:
    return sorted(marks, key=lambda mark: (mark.line.effective_at, mark.item.code), reverse=True)


def _mark(uow: UnitOfWork, mark: Mark, titles: Titles) -> MarkLine:
    item, line = mark.item, mark.line
    definition = office().editions.of(item, uow)
    step = definition.transitions.get(line.move)
    counted, recorded = (moment(at, settings().zone) for at in (line.effective_at, line.recorded_at))
    return MarkLine(
        title=_title(item),
        code=item.code,
        href=f"{presenting.item_path(item.code)}/history#entry-{line.n}",
        kind=label(definition.label),
        what=label(step.label) if step else _("Created"),
        at=line.effective_at,
        recorded=recorded if recorded != counted else "",
        who=f"{line.power} {titles.person(line.person)}".strip(),
        days=mark.days,
    )


def _title(item: Item) -> str:
    return str(item.fields.get("title") or item.code)


def _said(uow: UnitOfWork, item: Item, titles: Titles) -> Said:
    definition = office().editions.of(item, uow)
    state = definition.states[item.state]
    return Said(
        text=presenting.value_text(definition, _FIELD, item.fields.get(_FIELD), titles, {}),
        at=item.created_at,
        who=titles.person(item.created_by),
        state=label(state.label),
        group=state.group.value,
        code=item.code,
        href=presenting.item_path(item.code),
    )


def _score(uow: UnitOfWork, score: Score, found: Account, titles: Titles) -> ScoreLine:
    who = titles.person(score.person) if score.person else _("{who} (nobody is named)", who=_heads(found, titles))
    return ScoreLine(
        who=who,
        score=number(f"{score.tenths / 10:.1f}"),
        products=len(score.products),
        delays=sum(len(one.delays) for one in score.products),
        excused=sum(len(one.excused) for one in score.products),
        lines=[
            _product(uow, one, titles) for one in sorted(score.products, key=lambda one: (one.score, one.item.code))
        ],
    )


def _heads(found: Account, titles: Titles) -> str:
    return " · ".join(titles.person(person) for person in found.heads) or titles.unit(found.unit)


def _product(uow: UnitOfWork, product: Product, titles: Titles) -> ProductLine:
    return ProductLine(
        title=_title(product.item),
        code=product.item.code,
        href=presenting.item_path(product.item.code),
        score=product.score,
        delays=[_mark(uow, mark, titles) for mark in product.delays],
        excused=[_mark(uow, mark, titles) for mark in product.excused],
    )
