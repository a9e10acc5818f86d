"""Standing duties measured by received reports: what a unit reported becomes the duty's line; a shortfall asks for a remedy."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from workflow.catalog.figures import Told, outcome
from workflow.catalog.plain_values import decimal_text
from workflow.engine import SYSTEM_ACTOR, Item
from workflow.engine.definition import Purpose
from workflow.persistence import UnitOfWork
from workflow.services.figures import figures_in
from workflow.services.moves import MoveRequest, perform_in
from workflow.services.office import Caller, Office

MEASURE, FALL_SHORT = "measure", "fall_short"

_SYSTEM = Caller(SYSTEM_ACTOR, "job")
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Measured:
    """What a report says of one duty."""

    duty: Item
    period: str
    value: Decimal
    met: bool

    @property
    def is_known(self) -> bool:
        """Whether the duty says so already."""
        fields = self.duty.fields
        value = fields.get("value")
        said = (fields.get("period"), fields.get("met"), Decimal(str(value)) if value is not None else None)
        return said == (self.period, self.met, self.value)

    @property
    def is_older(self) -> bool:
        """Whether the duty speaks of a later period already."""
        return str(self.duty.fields.get("period") or "") > self.period

    def is_remedied(self, today: date) -> bool:
        """Whether a remedy for a shortfall of this period, or one before, is under way."""
        due = self.duty.fields.get("remedy_due_on")
        return due is not None and date.fromisoformat(str(due)) > today and self.duty.fields.get("met") is False


def measure(office: Office, report_id: str) -> None:
    """Enter what a received report says into the duties whose target it meets, or for which a remedy is under way.

    Safe to repeat: what a duty says already is not entered again, and a target met in an older period tells nothing new.
    """
    now = office.clock.now()
    with office.write() as uow:
        for one in _measured(office, uow, report_id):
            if (one.met and not one.is_older) or (not one.met and _under_way(office, one, now)):
                inputs = {"period": one.period, "met": one.met, "value": _typed(one.value)}
                perform_in(office, uow, _SYSTEM, MoveRequest(one.duty.id, MEASURE, inputs=inputs), now)


def fall_short(office: Office, report_id: str) -> None:
    """Enter a target missed, whose cause and remedy are then asked for. Safe to repeat."""
    now = office.clock.now()
    with office.write() as uow:
        for one in _measured(office, uow, report_id):
            if not one.met and not _under_way(office, one, now):
                inputs = {"period": one.period, "value": _typed(one.value)}
                perform_in(office, uow, _SYSTEM, MoveRequest(one.duty.id, FALL_SHORT, inputs=inputs), now)


def _under_way(office: Office, one: Measured, now: datetime) -> bool:
    return one.is_remedied(now.astimezone(office.zone).date())


def _measured(office: Office, uow: UnitOfWork, report_id: str) -> Iterator[Measured]:
    """What the report says of the unit's duties; nothing where it is no longer, or not yet, the one received."""
    report = uow.items.get(report_id).item
    definition = office.editions.of(report, uow)
    series = definition.series.get(str(report.fields.get("series")))
    if series is None or "received_at" not in report.fields or not definition.states[report.state].final:
        return
    figures = figures_in(report.fields.get("figures"))
    for duty in _duties(office, uow, report.unit):
        indicator = office.indicators.find(str(duty.fields.get("indicator")))
        # A longer period carries the figures of the shorter ones too; they were measured there.
        if indicator is None or indicator.period != series.every:
            continue
        said = outcome(indicator, figures.get(indicator.id))
        target = duty.fields.get("target")
        if said.told is Told.NUMBER and said.value is not None and target is not None:
            value = said.rounded or Decimal(0)
            one = Measured(
                duty, str(report.fields["period"]), value, indicator.is_met(said.value, Decimal(str(target)))
            )
            if not one.is_known:
                yield one


def _duties(office: Office, uow: UnitOfWork, unit: str) -> Iterator[Item]:
    """The unit's duties into which a figure can be entered now; none where no workflow is for such duties."""
    workflow = office.editions.find_serving(Purpose.STANDING, uow)
    after = ""
    while workflow and (page := uow.items.open_of(workflow.workflow, after, _PAGE)):
        after = page[-1].item.id
        for stored in page:
            duty = stored.item
            moves = office.editions.of(duty, uow).transitions
            if duty.unit == unit and MEASURE in moves and duty.state in moves[MEASURE].sources:
                yield duty


def _typed(value: Decimal) -> str:
    # With the comma a number has one reading.
    return decimal_text(value).replace(".", ",")
