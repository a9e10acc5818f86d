"""What a call and a command answer about an accountability sheet, as JSON values: people by their login."""

from collections.abc import Iterable

from web import plain
from web.plain import Said
from web.titles import Titles
from workflow.engine.accountability import Mark, Measure, Product
from workflow.services.accountability import Account, Score


def sheet(found: Account, titles: Titles) -> Said:
    """Every number, of all work and of each kind of it."""
    return {
        **_about(found, titles),
        "numbers": {measure.value: _number(found, measure) for measure in Measure},
        "explanations": [
            {
                "code": one.code,
                "state": one.state,
                "text": one.fields.get("explanation"),
                "at": plain.at_text(one.created_at),
            }
            for one in found.explanations
        ],
    }


def entries(found: Account, measure: Measure, workflow: str, titles: Titles) -> Said:
    """The entries of the log that one number counts, the oldest first."""
    return {
        **_about(found, titles),
        "measure": measure.value,
        "number": found.sheet.number(measure, workflow),
        "entries": _marks(found.sheet.of(measure, workflow), titles),
    }


def scores(found: Account, told: Iterable[Score], titles: Titles) -> Said:
    """The progress scores; `person` None is the head, who answers for what nobody is named for."""
    return {**_about(found, titles), "scores": [_score(one, titles) for one in told]}


def _about(found: Account, titles: Titles) -> Said:
    return {
        "unit": found.unit,
        "period": found.period.name,
        "first": found.period.first.isoformat(),
        "last": found.period.last.isoformat(),
        "as_of": plain.at_text(found.at),
        "over": found.whole,
        "heads": [titles.login(person) for person in found.heads],
    }


def _number(found: Account, measure: Measure) -> Said:
    by_workflow = {name: found.sheet.number(measure, name) for name in found.workflows}
    return {
        "all": found.sheet.number(measure),
        "by_workflow": {name: number for name, number in by_workflow.items() if number},
    }


def _marks(marks: Iterable[Mark], titles: Titles) -> list[Said]:
    ordered = sorted(marks, key=lambda mark: (mark.line.effective_at, mark.item.code))
    return [_mark(mark, titles) for mark in ordered]


def _mark(mark: Mark, titles: Titles) -> Said:
    line = mark.line
    return {
        "code": mark.item.code,
        "workflow": mark.item.workflow,
        "n": line.n,
        "type": line.type,
        "move": line.move or None,
        "effective_at": plain.at_text(line.effective_at),
        "recorded_at": plain.at_text(line.recorded_at),
        "actor": titles.login(line.person),
        "power": line.power or None,
        "days": mark.days,
    }


def _score(score: Score, titles: Titles) -> Said:
    return {
        "person": titles.login(score.person),
        "percent": f"{score.tenths / 10:.1f}",
        "products": [_product(one, titles) for one in score.products],
    }


def _product(product: Product, titles: Titles) -> Said:
    return {
        "code": product.item.code,
        "percent": product.score,
        "delays": _marks(product.delays, titles),
        "excused": _marks(product.excused, titles),
    }
