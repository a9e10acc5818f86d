"""Obligations guessed from the words of a dispatch. Every guess is meant to be looked at by a person before it counts."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from workflow.catalog.dispatch_text import Passage, folded, sentences
from workflow.catalog.obligations import REPORT, RULE, STANDING, TASK, Obligation, Target
from workflow.catalog.organisation import Organisation
from workflow.engine.definition import Label, Purpose

MAX_TITLE = 160

# All words below are folded: small, without marks. The order within a tuple does not matter.
_RULES: Mapping[str, tuple[str, ...]] = {
    "rule/remediation_plan": ("ke hoach khac phuc",),
    "rule/accountability_sheet": ("chiu trach nhiem truc tiep",),
    "rule/report_checks": ("noi dung bao cao phai",),
    "rule/report_route": ("bao cao gui ve", "gui bao cao ve"),
    "rule/escalation": ("kip thoi",),
}
_STANDING = ("100", "tang cuong", "duy tri", "thuong xuyen", "nang cao", "tiep tuc", "don doc", "theo doi")
_TASK = ("ra soat", "tham muu", "lap danh sach", "hoan thanh", "giai ngan", "ban hanh")
_PERIODS: Mapping[str, tuple[str, ...]] = {
    "monthly": ("hang thang", "bao cao thang"),
    "quarterly": ("bao cao quy", "hang quy"),
    "half-yearly": ("bao cao 6 thang", "bao cao sau thang"),
    "annual": ("bao cao nam", "hang nam"),
}
_PERIOD_TITLES: Mapping[str, Label] = {
    "monthly": Label("Báo cáo tháng", "Monthly report"),
    "quarterly": Label("Báo cáo quý", "Quarterly report"),
    "half-yearly": Label("Báo cáo 6 tháng", "Half-year report"),
    "annual": Label("Báo cáo năm", "Annual report"),
}
_CARRIED = {TASK: Purpose.TASK, STANDING: Purpose.STANDING}
_SERIES = {
    "monthly": "monthly",
    "quarterly": "quarterly",
    "half-yearly": "half",
    "annual": "yearly",
    "yearly": "yearly",
}
_AREAS: Mapping[str, tuple[str, ...]] = {
    "the-che": ("quy pham phap luat", "the che", "ban hanh huong dan", "xay dung van ban"),
    "thu-tuc-hanh-chinh": (
        "thu tuc hanh chinh",
        "ho so",
        "mot cua",
        "dich vu cong",
        "thanh toan truc tuyen",
        "doi thoai",
    ),
    "to-chuc-bo-may": ("to chuc bo may", "bien che", "sap xep", "theo tung linh vuc"),
    "che-do-cong-vu": ("ky luat", "ky cuong", "cong vu", "can bo", "tham nhung", "tiep cong dan", "don thu", "don doc"),
    "tai-chinh-cong": ("ngan sach", "tai san cong", "tai chinh", "giai ngan", "von dau tu"),
    "chuyen-doi-so": (
        "chuyen doi so",
        "chu ky so",
        "dien tu",
        "du lieu",
        "chinh quyen so",
        "he thong thong tin",
        "iso",
    ),
}
_DEFAULT_AREA = "che-do-cong-vu"
_BEGINNINGS = (
    "chu tri", "phoi hop", "tham gia", "tham muu", "huong dan", "trien khai", "kiem soat", "kiem tra", "bao dam", "dam bao",
    "tang cuong", "thuc hien", "nang cao", "cap nhat", "ra soat", "han che", "tiep tuc", "tuyen truyen", "xay dung", "lap",
    "dac biet", "to chuc", "hoan thanh", "bao cao", "kip thoi", "gui", "de xuat", "quan ly", "giai ngan", "ket noi",
    "chiu trach nhiem", "cong khai", "theo doi", "don doc", "duy tri", "khac phuc", "cong bo",
)  # fmt: skip
"""With what a new duty begins after a semicolon; anything else goes on with the list before it."""

_BREAK = re.compile(r";\s+|,\s+(?=đồng thời\s)|\s+(?=và phối hợp\s)")
_LEAD_IN = re.compile(r"^(?:đồng thời|và|đặc biệt|yêu cầu)\s+", re.IGNORECASE)
_PERCENT = re.compile(r"([0-9]{1,3})\s*%")
_BY_DAY = re.compile(
    r"(trước|chậm nhất|trong|đến hết|xong trước)\s+(?:ngày\s+)?([0-9]{1,2})(?:/|\s+tháng\s+)([0-9]{1,2})(?:/|\s+năm\s+)([0-9]{4})",
    re.IGNORECASE,
)
_IN_YEAR = re.compile(r"(?<!được giao )trong năm ([0-9]{4})", re.IGNORECASE)


def propose(passages: Iterable[Passage], organisation: Organisation) -> tuple[Obligation, ...]:
    """At least one obligation for each passage, in reading order; a part to all is told to every reporting unit."""
    return tuple(obligation for passage in passages for obligation in _of_passage(passage, organisation))


def served_by(kind: str, recurrence: str, words: str, organisation: Organisation, units: Sequence[str]) -> str:
    """What carries such an obligation: a workflow of that purpose, a series or a rule."""
    plain = folded(words)
    if kind == RULE:
        return next((rule for rule, signs in _RULES.items() if _first(plain, signs) is not None), "rule/other")
    if kind in _CARRIED:
        return _CARRIED[kind].value
    if tuple(units) == (organisation.consolidator_unit,) and "tong hop" in plain:
        return Purpose.CONSOLIDATION.value
    return f"{Purpose.REPORT}/{_SERIES.get(recurrence, 'monthly')}"


def _of_passage(passage: Passage, organisation: Organisation) -> Iterator[Obligation]:
    units = _units(passage, organisation)
    owner = units[0] if len(units) == 1 else "all"
    clauses = [clause for sentence in sentences(passage.text) for clause in _clauses(sentence, organisation)]
    guesses = [guess for clause in clauses for guess in _readings(clause)]
    for number, (clause, kind, recurrence) in enumerate(guesses, start=1):
        due_on, basis = _due(clause)
        yield Obligation(
            id=f"{owner}-{passage.id}-{number}",
            title=_title(clause, recurrence if kind == REPORT else "", organisation),
            section=passage.id,
            kind=kind,
            units=units,
            mode=_mode(clause),
            area=_area(clause, passage.text, organisation),
            recurrence=recurrence,
            served_by=served_by(kind, recurrence, clause, organisation, units),
            support=_support(clause, units, organisation),
            due_on=due_on,
            basis=basis,
            target=_target(clause),
        )


def _units(passage: Passage, organisation: Organisation) -> tuple[str, ...]:
    """The part's own unit; in a part to all, the units named, where several are, else every unit that reports."""
    if passage.unit_id:
        return (passage.unit_id,)
    named = _named(passage.text, organisation)
    return named if len(named) > 1 else tuple(unit.id for unit in organisation.units if unit.reports)


def _named(text: str, organisation: Organisation) -> tuple[str, ...]:
    words = f" {folded(text)} "
    return tuple(unit.id for unit in organisation.units if unit.reports and f" {folded(unit.name.vi)} " in words)


def _clauses(sentence: str, organisation: Organisation) -> Iterator[str]:
    """A sentence in its duties: split where a new one begins, not inside a list."""
    clause = ""
    for piece in _BREAK.split(sentence.strip().rstrip("./;: ")):
        plain = folded(_LEAD_IN.sub("", piece))
        begins = plain.startswith(tuple(f"{word} " for word in _BEGINNINGS))
        if clause and begins and not _is_address(clause, organisation):
            yield clause
            clause = piece
        else:
            clause = f"{clause}; {piece}" if clause else piece
    if clause:
        yield clause


def _is_address(clause: str, organisation: Organisation) -> bool:
    """Only the units spoken to, with what they are told still to come."""
    left = folded(_LEAD_IN.sub("", clause))
    for unit in organisation.units:
        left = left.replace(folded(unit.name.vi), "")
    return not left.strip()


def _readings(clause: str) -> Iterator[tuple[str, str, str]]:
    """A clause with its kind and recurrence; one that asks for reports of several periods is as many obligations."""
    plain = folded(clause)
    if any(_first(plain, signs) is not None for signs in _RULES.values()):
        yield clause, RULE, "on-event" if "kip thoi" in plain else "continuous"
    elif "bao cao" in plain:
        periods = [period for period, signs in _PERIODS.items() if _first(plain, signs) is not None]
        for period in periods or ["monthly"]:
            yield clause, REPORT, period
    else:
        task, standing = _first(plain, _TASK), _first(plain, _STANDING)
        ends = task is not None and (standing is None or task < standing)
        regular = "periodic-unspecified" if "dinh ky" in plain else "continuous"
        yield (clause, TASK, "once") if ends else (clause, STANDING, regular)


def _first(plain: str, signs: Iterable[str]) -> int | None:
    """Where the first of some words stands, as a whole word."""
    padded = f" {plain} "
    found = [padded.find(f" {sign} ") for sign in signs]
    return min((place for place in found if place >= 0), default=None)


def _mode(clause: str) -> str:
    plain = folded(_LEAD_IN.sub("", clause))
    if plain.startswith("phoi hop"):
        return "coordinate"
    return "participate" if plain.startswith("tham gia") else "lead"


def _support(clause: str, units: Sequence[str], organisation: Organisation) -> tuple[str, ...]:
    """The units that a duty is to be done together with."""
    _, told, others = folded(clause).partition("phoi hop voi ")
    return tuple(unit for unit in _named(others, organisation) if unit not in units) if told else ()


def _area(clause: str, passage: str, organisation: Organisation) -> str:
    known = [area.id for area in organisation.areas]
    for words in (folded(clause), folded(passage)):
        score = {area: sum(f" {sign} " in f" {words} " for sign in _AREAS.get(area, ())) for area in known}
        best = max(known, key=lambda area: score[area], default=_DEFAULT_AREA)
        if score.get(best):
            return best
    return _DEFAULT_AREA if _DEFAULT_AREA in known or not known else known[0]


def _title(clause: str, period: str, organisation: Organisation) -> Label:
    """The duty in its own words, cut at a word; nobody has translated them. Reports are told apart by their period."""
    words = _without_address(clause, organisation)
    if len(words) > MAX_TITLE:
        words = f"{words[: MAX_TITLE - 1].rsplit(' ', 1)[0].rstrip(',;: ')}…"
    title = words[:1].upper() + words[1:]
    named = _PERIOD_TITLES.get(period)
    return Label(f"{named.vi}: {title}", f"{named.en}: {title}") if named else Label(title, title)


def _without_address(clause: str, organisation: Organisation) -> str:
    """What is said, without the units it is said to."""
    words = _LEAD_IN.sub("", clause).strip()
    names = sorted((unit.name.vi for unit in organisation.units if unit.reports), key=len, reverse=True)
    while True:
        told = next(
            (name for name in names if words.lower().startswith((f"{name.lower()};", f"{name.lower()} tổ"))), None
        )
        if told is None:
            return words
        words = words[len(told) :].lstrip("; ")


def _due(clause: str) -> tuple[date | None, str | None]:
    """The last day, and whether the dispatch says it or it only follows; "before the 15th" leaves until the 14th."""
    stated = _BY_DAY.search(clause)
    if stated:
        word, day, month, year = stated.groups()
        try:
            last = date(int(year), int(month), int(day))
            return last - timedelta(days=1) if "trước" in word.lower() else last, "seed"
        except (ValueError, OverflowError):
            return None, None
    year_only = _IN_YEAR.search(clause)
    if year_only and int(year_only[1]) >= 1:
        return date(int(year_only[1]), 12, 31), "inferred"
    return None, None


def _target(clause: str) -> Target | None:
    """A share that is to be reached. Which indicator measures it, the words do not tell."""
    found = _PERCENT.search(clause)
    return Target("", "at_least", Decimal(found[1]), "seed") if found and int(found[1]) <= 100 else None
