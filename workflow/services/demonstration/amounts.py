"""What the units counted, month by month of a year: plain numbers, made by chance from a seed and always the same for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from random import Random
from types import MappingProxyType

Amount = tuple[Decimal, Decimal | None]
"""A numerator with its denominator; a count has none."""

Amounts = Mapping[str, Amount]
"""By indicator."""

_PLAN = 42_500_000_000
_UNITS = 5
_MONTHS = range(1, 13)
_QUARTERS = range(1, 5)


@dataclass(frozen=True, slots=True)
class Counted:
    """`monthly` and `quarterly` are by unit and number of the period, `yearly` by unit."""

    monthly: Mapping[tuple[str, int], Amounts]
    quarterly: Mapping[tuple[str, int], Amounts]
    yearly: Mapping[str, Amounts]


def counted(year: int, seed: int) -> Counted:
    """What stood in everybody's books that year."""

    def chance(*of: object) -> Random:
        # A made-up year: who guesses its numbers has learned nothing.
        return Random("/".join(map(str, (seed, year, *of))))  # noqa: S311

    monthly = {(unit, n): book(chance(unit, n), n) for unit, book in _BOOKS.items() for n in _MONTHS}
    monthly |= {("kt", n): amounts for n, amounts in enumerate(_paid_out(chance("kt")), 1)}
    for n, amounts in enumerate(_remedied(chance("remedied")), 1):
        monthly["vhxh", n] = {**monthly["vhxh", n], **amounts}
    quarterly = {(unit, n): book(chance(unit, f"Q{n}"), n) for unit, book in _QUARTERLY.items() for n in _QUARTERS}
    yearly = {
        "hcc": _whole({"sipas": (Decimal(chance("sipas").randint(900, 950)) / 10, None)}),
        "vhxh": _whole({"par-index": (Decimal(chance("par").randint(8400, 9200)) / 100, None)}),
    }
    return Counted(MappingProxyType(monthly), MappingProxyType(quarterly), MappingProxyType(yearly))


def together(parts: Iterable[Amounts], run_on: frozenset[str]) -> dict[str, Amount]:
    """What an officer makes of shorter periods: sums, and the newest of what runs on by itself."""
    found: dict[str, Amount] = {}
    for amounts in parts:
        for indicator, (numerator, denominator) in amounts.items():
            before = found.get(indicator)
            if before is None or indicator in run_on:
                found[indicator] = (numerator, denominator)
            else:
                whole = None if denominator is None else (before[1] or Decimal(0)) + denominator
                found[indicator] = (before[0] + numerator, whole)
    return found


def lowered(amounts: Amounts) -> dict[str, Amount]:
    """The same figures with something less done than was said: what a correction comes to, or what was wrong at first.

    Dossiers found to have been settled late leave those settled in time and are counted as overdue.
    """
    changed = dict(amounts)
    if "hs-dung-han" in amounts:
        changed |= _found_late(amounts, Decimal(14))
    for indicator in ("vb-dien-tu", "cong-ttdt"):
        if indicator in amounts:
            part, whole = amounts[indicator]
            changed[indicator] = (part - 2, whole)
    if "bc-bi-tra-lai" in amounts:
        changed["bc-bi-tra-lai"] = (amounts["bc-bi-tra-lai"][0] + 1, None)
    if "giai-ngan" in amounts:
        paid, plan = amounts["giai-ngan"]
        changed["giai-ngan"] = (paid - 1_000_000, plan)
    return changed


def _found_late(amounts: Amounts, many: Decimal) -> dict[str, Amount]:
    in_time, settled = amounts["hs-dung-han"]
    early, _ = amounts["hs-truoc-han"]
    overdue, _ = amounts["hs-qua-han"]
    return {
        "hs-dung-han": (in_time - many, settled),
        "hs-truoc-han": (min(early, in_time - many), settled),
        "hs-qua-han": (overdue + many, None),
    }


# -- the books ----------------------------------------------------------------------------------------------------------


def _whole(plain: Mapping[str, tuple[int | Decimal, int | None]]) -> Amounts:
    return {name: (Decimal(part), None if whole is None else Decimal(whole)) for name, (part, whole) in plain.items()}


def _service_centre(chance: Random, _month: int) -> Amounts:
    received = chance.randint(880, 1100)
    settled = received - chance.randint(5, 40)
    late = chance.choice((0, 0, 0, 1, 2, 4))
    # Only where one was late is another still pending past its date: a month at 100 % has none.
    pending = chance.choice((0, 1, 3)) if late else 0
    in_time = settled - late
    online, paying = received * 88 // 100, received * chance.randint(30, 40) // 100
    return _whole(
        {
            "hs-tiep-nhan": (received, None),
            "hs-giai-quyet": (settled, None),
            "hs-dung-han": (in_time, settled),
            "hs-truoc-han": (in_time * chance.randint(55, 75) // 100, settled),
            "hs-qua-han": (late + pending, None),
            "hs-cap-nhat": (received - chance.choice((0, 0, 7, 21)), received),
            "hs-truc-tuyen": (online * chance.randint(54, 70) // 100, online),
            "tt-truc-tuyen": (paying * chance.randint(40, 60) // 100, paying),
            "so-hoa": (settled * chance.randint(78, 90) // 100, settled),
            "tai-su-dung": (received * chance.randint(70, 82) // 100, received),
        }
    )


def _office(chance: Random, _month: int) -> Amounts:
    documents = chance.randint(380, 460)
    petitions, asked = chance.choice((0, 6, 9, 14)), chance.choice((0, 0, 1, 3))
    return _whole(
        {
            "vb-dien-tu": (documents - chance.choice((2, 5, 11)), documents),
            "vb-ky-so": (documents * chance.randint(86, 95) // 100, documents),
            "don-thu-dung-han": (max(0, petitions - chance.choice((0, 0, 1))), petitions),
            "kk-duoc-tra-loi": (max(0, asked - chance.choice((0, 0, 1))), asked),
        }
    )


def _culture(chance: Random, _month: int) -> Amounts:
    due, behind = chance.randint(4, 9), chance.choice((0, 0, 1, 2))
    return _whole(
        {
            "nv-hoan-thanh": (due - behind, due),
            "nv-cham-tien-do": (behind, None),
            "nv-cham-co-ke-hoach": (max(0, behind - chance.choice((0, 1))), behind),
            "bc-dung-han": (chance.randint(3, _UNITS), _UNITS),
            "bc-bi-tra-lai": (chance.randint(0, 2), None),
        }
    )


def _delivery(chance: Random, _month: int) -> Amounts:
    items = chance.randint(24, 30)
    return _whole({"tin-bai": (chance.randint(11, 24), None), "cong-ttdt": (items - chance.choice((2, 3, 4)), items)})


def _paid_out(chance: Random) -> Iterable[Amounts]:
    """Capital paid out since January, of the plan of the whole year."""
    steps = (chance.randint(2_400, 3_400) * 1_000_000 for _ in _MONTHS)
    return [_whole({"giai-ngan": (paid, _PLAN)}) for paid in accumulate(steps)]


def _remedied(chance: Random) -> Iterable[Amounts]:
    """Shortcomings found and remedied since January."""
    found = tuple(accumulate(chance.randint(1, 3) for _ in _MONTHS))
    return [_whole({"ton-tai-khac-phuc": (seen - 1, seen)}) for seen in found]


def _of_quarter(
    book: Callable[[Random, int], Mapping[str, tuple[int, int | None]]],
) -> Callable[[Random, int], Amounts]:
    return lambda chance, n: _whole(book(chance, n))


_BOOKS: Mapping[str, Callable[[Random, int], Amounts]] = MappingProxyType(
    {"vhxh": _culture, "vp": _office, "hcc": _service_centre, "snc": _delivery}
)
_QUARTERLY: Mapping[str, Callable[[Random, int], Amounts]] = MappingProxyType(
    {
        "vhxh": _of_quarter(
            lambda chance, n: {
                "kiem-tra-ky-cuong": (chance.randint(1, 4), None),
                "don-vi-iso": (n + 1, None),
                "sang-kien": (chance.randint(0, 3), None),
            }
        ),
        "vp": _of_quarter(lambda chance, _n: {"doi-thoai": (chance.randint(1, 3), None)}),
        "kt": _of_quarter(lambda chance, _n: {"cong-khai-ngan-sach": (chance.randint(5, 6), 6)}),
        "hcc": _of_quarter(
            lambda chance, _n: {
                "tthc-ra-soat": (chance.randint(20, 45), None),
                "tthc-don-gian-hoa": (chance.randint(3, 12), None),
            }
        ),
    }
)
