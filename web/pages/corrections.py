"""What a person makes of the proposals that were read from a dispatch: fields of a form, and the obligations they stand for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from werkzeug.datastructures import MultiDict

from web.i18n import N_, _, day, reason_sentence
from workflow.catalog.obligations import REPORT, Obligation
from workflow.catalog.plain_values import Refused, date_of, text_of
from workflow.engine import Kind, Label, Reason
from workflow.engine.definition import Purpose
from workflow.services.directives import Order
from workflow.values import replace

Form = MultiDict[str, str]

SERVED: Mapping[str, str] = MappingProxyType(
    {
        Purpose.TASK.value: N_("Task with a due date"),
        Purpose.STANDING.value: N_("Standing duty"),
        "report/monthly": N_("Monthly report"),
        "report/quarterly": N_("Quarterly report"),
        "report/half": N_("Half-year report"),
        "report/yearly": N_("Yearly report"),
        Purpose.CONSOLIDATION.value: N_("Consolidated report of the commune"),
        "rule/remediation_plan": N_("Rule: a late task needs a remediation plan"),
        "rule/accountability_sheet": N_("Rule: the head of the unit answers for its results"),
        "rule/report_checks": N_("Rule: a report is complete and its figures have evidence"),
        "rule/report_route": N_("Rule: reports go to the consolidating unit"),
        "rule/escalation": N_("Rule: difficulties are raised in time"),
        "rule/none": N_("Other rule, kept in the register only"),
    }
)
"""What can serve an obligation, in the words of the office."""

# What somebody chose in place of the proposal says how often as well.
_RECURRENCE = {
    Purpose.TASK.value: "once",
    "report/monthly": "monthly",
    "report/quarterly": "quarterly",
    "report/half": "half-yearly",
    "report/yearly": "annual",
    Purpose.CONSOLIDATION.value: "monthly",
}
_LONGEST = 500


def served_words(served_by: str | None) -> str:
    """What serves an obligation, a purpose, a series or a rule, as people say it; one of another release by its name."""
    return _(SERVED.get(served_by or "", served_by or ""))


@dataclass(frozen=True, slots=True)
class HeadTyped:
    """The document's own fields, as typed."""

    title: str
    number: str
    dated_on: str
    source: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One proposal as the form holds it, every value as typed; `n` is its place among the proposals."""

    n: int
    keep: bool
    title_vi: str
    title_en: str
    served_by: str
    units: tuple[str, ...]
    area: str
    due_on: str

    def name(self, field: str) -> str:
        """The name of one of its fields in the form."""
        return f"p{self.n}-{field}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A sentence about the field of that name; `n` is the proposal it belongs to, None for the document's own fields."""

    field: str
    sentence: str
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a correction may name, and the day it is made."""

    units: Collection[str]
    areas: Collection[str]
    today: date


def head_proposed(order: Order) -> HeadTyped:
    return HeadTyped(order.title, order.number, day(order.dated_on), order.source)


def head_typed(form: Form) -> HeadTyped:
    return HeadTyped(form.get("title", ""), form.get("number", ""), form.get("dated_on", ""), form.get("source", ""))


def proposed(obligations: Sequence[Obligation]) -> tuple[Correction, ...]:
    """The form as it is before anybody has touched it: everything is kept as it was read."""
    return tuple(
        Correction(
            n=n,
            keep=True,
            title_vi=one.title.vi,
            title_en=one.title.en,
            served_by=one.served_by,
            units=one.units,
            area=one.area,
            due_on=day(one.due_on),
        )
        for n, one in enumerate(obligations)
    )


def typed(form: Form, count: int) -> tuple[Correction, ...]:
    """What a form says of each of `count` proposals; one that it does not tick is dropped."""
    return tuple(_typed(form, n) for n in range(count))


def _typed(form: Form, n: int) -> Correction:
    def given(field: str) -> str:
        return form.get(f"p{n}-{field}", "")

    return Correction(
        n=n,
        keep=bool(given("keep")),
        title_vi=given("title_vi"),
        title_en=given("title_en"),
        served_by=given("served_by"),
        units=tuple(dict.fromkeys(form.getlist(f"p{n}-units"))),
        area=given("area"),
        due_on=given("due_on"),
    )


def corrected(
    order: Order, head: HeadTyped, corrections: Iterable[Correction], known: Known
) -> Order | tuple[Trouble, ...]:
    """The order with everything as typed, or every trouble with it."""
    reading = _Reading(known)
    settled = replace(
        order,
        title=reading.text("title", _("Subject"), head.title),
        number=reading.text("number", _("Number and symbol"), head.number, needed=False),
        dated_on=reading.day("dated_on", _("Date of issue"), head.dated_on, needed=True) or order.dated_on,
        source=reading.text("source", _("Assigning document"), head.source),
        obligations=tuple(reading.obligation(order.obligations[one.n], one) for one in corrections if one.keep),
    )
    return tuple(reading.troubles) or settled


class _Reading:
    """Reads what was typed, value by value, and gathers everything that is wrong with it."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._n: int | None = None
        self.troubles: list[Trouble] = []

    def obligation(self, before: Obligation, one: Correction) -> Obligation:
        self._n = one.n
        title = self.text(one.name("title_vi"), _("Title"), one.title_vi)
        due_on = self.day(one.name("due_on"), _("Due date"), one.due_on)
        # What stands in no list was not chosen from the form.
        self._chosen(one.name("served_by"), _("Kind and how it is served"), {*SERVED, before.served_by}, one.served_by)
        self._chosen(one.name("units"), _("Accountable units"), self._known.units, *one.units)
        self._chosen(one.name("area"), _("Reform area"), self._known.areas, one.area)
        after = replace(
            before,
            title=Label(
                title, self.text(one.name("title_en"), _("Title in English"), one.title_en, needed=False) or title
            ),
            units=one.units,
            support=tuple(unit for unit in before.support if unit not in one.units),
            area=one.area,
            due_on=due_on,
            # A date that a person set is nobody's guess.
            basis=before.basis if due_on == before.due_on else None,
        )
        return after if one.served_by == before.served_by else _served(after, one.served_by)

    def text(self, name: str, words: str, given: str, *, needed: bool = True) -> str:
        try:
            text = text_of(given)
        except Refused as refused:
            self._refuse(name, words, refused)
            return ""
        if len(text) > _LONGEST:
            self._refuse(name, words, Refused("too_long", limit=_LONGEST))
        elif needed and not text:
            self._miss(name, words)
        return text

    def day(self, name: str, words: str, given: str, *, needed: bool = False) -> date | None:
        if not given.strip():
            if needed:
                self._miss(name, words)
            return None
        try:
            return date_of(given, self._known.today)
        except Refused as refused:
            self._refuse(name, words, refused)
            return None

    def _chosen(self, name: str, words: str, known: Collection[str], *given: str) -> None:
        if not given or not set(given) <= set(known):
            self._miss(name, words)

    def _miss(self, name: str, words: str) -> None:
        self._add(name, Reason("input_missing", Kind.INPUT, {"field": words}))

    def _refuse(self, name: str, words: str, refused: Refused) -> None:
        self._add(name, Reason(refused.fault.code, Kind.INPUT, {**refused.fault.params, "field": words}))

    def _add(self, name: str, reason: Reason) -> None:
        self.troubles.append(Trouble(name, reason_sentence(reason), self._n))


def _served(obligation: Obligation, served_by: str) -> Obligation:
    """The same duty, served in another way: its kind and how often it recurs follow from that."""
    kind = REPORT if served_by == Purpose.CONSOLIDATION else served_by.partition("/")[0]
    return replace(obligation, served_by=served_by, kind=kind, recurrence=_RECURRENCE.get(served_by, "continuous"))
