"""What a call and a command answer about periods: who sent what, and what the received reports add up to, as JSON values."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from web import plain
from web.plain import Said
from workflow.catalog.figures import Figure, outcome
from workflow.catalog.indicators import Indicator
from workflow.catalog.plain_values import decimal_text
from workflow.engine import Item
from workflow.queries.consolidation import Standing
from workflow.services.consolidation import Difference, differences, newly_received
from workflow.services.gathering import Gathered, Line
from workflow.services.matrix import Matrix, PeriodRow
from workflow.services.office import Office


def matrix(found: Matrix, office: Office) -> Said:
    return {"units": list(found.units), "periods": [period(row, office) for row in found.rows]}


def period(row: PeriodRow, office: Office) -> Said:
    return {
        "series": row.series.name,
        "period": row.period.name,
        "label": plain.words(row.period.label),
        "window_from": row.period.window_from.isoformat(),
        "window_to": row.period.window_to.isoformat(),
        "due_on": row.due_on.isoformat(),
        "days_left": row.days_left(today(office)),
        "units": [_standing(one, office) for one in row.standings],
        "consolidation": row.consolidation.code if row.consolidation else None,
        "consolidation_due_on": row.consolidation_due_on.isoformat() if row.consolidation_due_on else None,
    }


def today(office: Office) -> date:
    return office.clock.now().astimezone(office.zone).date()


def _standing(one: Standing, office: Office) -> Said:
    newest, in_force = one.newest, one.in_force
    return {
        "unit": one.unit,
        "code": newest.item.code if newest else None,
        "state": newest.item.state if newest else None,
        "sent_at": plain.at_text(one.sent_at),
        "received_at": plain.at_text(in_force.received_at) if in_force else None,
        "late_days": one.late_days(office.clock.now(), office.zone),
        "returned": one.returned_count,
        "in_force": in_force.item.code if in_force else None,
        "version": one.version,
        "waived": one.is_waived,
    }


def consolidation(gathered: Gathered, versions: Sequence[Item], office: Office) -> Said:
    """What was received by now, the versions made of it, and by which reports the newest is out of date."""
    now = office.clock.now()
    newest = versions[-1] if versions else None
    return {
        "series": gathered.series.name,
        "period": gathered.period.name,
        "label": plain.words(gathered.period.label),
        "units_total": len(gathered.standings) - len(gathered.waived),
        "units_received": len(gathered.received),
        "late": [{"unit": unit, "days": days} for unit, days in gathered.late(now, office.zone)],
        "missing": [one.unit for one in gathered.missing],
        "waived": [one.unit for one in gathered.waived],
        "figures": [_line(line) for line in gathered.lines],
        "versions": [_version(one) for one in versions],
        "newly_received": sorted(newly_received(gathered, newest)) if newest else [],
        "differences": _differences(versions[-2:]),
    }


def _line(line: Line) -> Said:
    return {
        **_figure(line.indicator, line.figure),
        "units": {unit: _parts(figure.numerator, figure.denominator) for unit, figure in line.brought},
        "holes": list(line.holes),
    }


def _figure(indicator: Indicator, figure: Figure) -> Said:
    found = outcome(indicator, figure)
    return {
        "indicator": indicator.id,
        "told": found.told.value,
        "value": _number(found.rounded),
        **_parts(figure.numerator, figure.denominator),
    }


def _version(one: Item) -> Said:
    fields = one.fields
    return {
        "version": fields.get("version_no"),
        "code": one.code,
        "state": one.state,
        "collected_at": fields.get("collected_at"),
        "units_received": fields.get("units_received"),
        "units_total": fields.get("units_total"),
        "issued_at": fields.get("issued_at"),
        "issued_number": fields.get("issued_number"),
        "included": str(fields.get("included") or "").splitlines(),
    }


def _differences(pair: Sequence[Item]) -> list[Said]:
    found: Iterable[Difference] = differences(*pair) if len(pair) > 1 else ()
    return [{"indicator": one.indicator, "before": _parts(*one.before), "after": _parts(*one.after)} for one in found]


def _parts(numerator: Decimal | None, denominator: Decimal | None) -> Said:
    return {"numerator": _number(numerator), "denominator": _number(denominator)}


def _number(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value)
