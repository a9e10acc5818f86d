"""Charts as shapes and words: geometry is worked out here, macros draw it, and a reader who sees no picture gets the same facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from web.i18n import _, label, number, percent, period_words
from web.pages import presenting
from web.pages.figures import result_text
from workflow.catalog.figures import Told
from workflow.engine.accountability import Measure
from workflow.services.trends import Lateness, Point, Trend, scale

WIDTH, HEIGHT, _EDGE = 132, 36, 6
_STEP = 10


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    latest: bool


@dataclass(frozen=True, slots=True)
class PointWords:
    """One period in words; `href` leads to the report that says it, and is empty where none was received."""

    period: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One indicator: where it stands, its target and whether that is met (`tone`), and the line of its periods.

    `strokes` are runs of neighbouring periods with a number; a gap is a period without one.
    """

    name: str
    latest: str
    period: str
    href: str
    target: str
    verdict: str
    tone: str
    strokes: Sequence[str]
    dots: Sequence[Dot]
    target_y: float | None
    points: Sequence[PointWords]


@dataclass(frozen=True, slots=True)
class Share:
    """One line of a breakdown of one number: a bar as wide as its share of a hundred."""

    words: str
    count: int
    href: str
    width: float
    tone: str


def trend_lines(trends: Iterable[Trend]) -> list[TrendLine]:
    return [_line(trend) for trend in trends]


def _line(trend: Trend) -> TrendLine:
    points = trend.points
    low, high = scale(trend)
    places = [_place(n, point.outcome.value, low, high) for n, point in enumerate(points)]
    latest = trend.latest
    dots = [Dot(*place, point is latest) for place, point in zip(places, points, strict=True) if place]
    target = trend.indicator.target
    met = trend.is_met
    return TrendLine(
        name=label(trend.indicator.label),
        latest=_said(trend, latest) if latest else "",
        period=period_words(latest.period) if latest else "",
        href=_href(latest) if latest else "",
        target=_target(trend),
        verdict="" if met is None else _("reached") if met else _("not reached"),
        tone="calm" if met is None else "done" if met else "late",
        strokes=_strokes(places),
        dots=dots,
        target_y=_y(target, low, high) if target is not None else None,
        points=[
            PointWords(period_words(point.period), _said(trend, point), _href(point)) for point in reversed(points)
        ],
    )


def _place(n: int, value: Decimal | None, low: Decimal, high: Decimal) -> tuple[float, float] | None:
    return None if value is None else (float(_EDGE + n * _STEP + _STEP / 2), _y(value, low, high))


def _y(value: Decimal, low: Decimal, high: Decimal) -> float:
    share = float((value - low) / (high - low)) if high > low else 0.5
    return round(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE), 1)


def _strokes(places: Iterable[tuple[float, float] | None]) -> list[str]:
    runs: list[list[str]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(f"{place[0]},{place[1]}")
    return [" ".join(run) for run in runs if len(run) > 1]


def _said(trend: Trend, point: Point) -> str:
    """A figure as people read it, with the unit of what is counted."""
    text = result_text(trend.indicator, point.figure) or _("no figure yet")
    counted = point.outcome.told is Told.NUMBER and not point.outcome.is_share
    return f"{text} {label(trend.indicator.unit)}" if counted else text


def _target(trend: Trend) -> str:
    target, unit = trend.indicator.target, label(trend.indicator.unit)
    if target is None:
        return "–"
    return percent(target) if unit == "%" else f"{number(target)} {unit}"


def _href(point: Point) -> str:
    return presenting.item_path(point.codes[0]) if point.codes else ""


def shares(lateness: Lateness, words: Mapping[Measure, str], path: str) -> list[Share]:
    """Why what is late is late, as bars: `path` leads to the list of each cause."""
    whole = sum(len(found) for found in lateness.by_cause.values()) or 1
    return [
        Share(
            words=_(words[cause]),
            count=len(found),
            href=f"{path}/{cause.value}" if found else "",
            width=round(100 * len(found) / whole, 1),
            tone="late",
        )
        for cause, found in lateness.by_cause.items()
    ]
