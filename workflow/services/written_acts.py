"""What was typed of a written act that gives somebody something for a time: read with every fault told at once."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from workflow.catalog.plain_values import Refused, date_of, shown, text_of
from workflow.engine import Kind, Reason

_LIMIT = 200


class TypedAct:
    """`reasons` holds what stands against it so far; each names the field it concerns."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self.now, self.zone = now, zone
        self.reasons: list[Reason] = []

    def refuse(self, code: str, field: str, **params: str) -> None:
        self.reasons.append(Reason(code, Kind.INPUT, {"field": field, **params}))

    def number_of_act(self, typed: str) -> str | None:
        """The act's number and date, as its writer spells them."""
        text: str | None = self._read("act", text_of, typed)
        if text is not None and len(text) > _LIMIT:
            self.refuse("too_long", "act", limit=str(_LIMIT), length=str(len(text)))
        return text

    def day(self, field: str, typed: str) -> date | None:
        today = self.now.astimezone(self.zone).date()
        found: date | None = self._read(field, lambda value: date_of(value, today), typed)
        return found

    def known(self, field: str, given: Iterable[str], known: Collection[str]) -> None:
        for name in given:
            if name not in known:
                self.refuse("not_a_choice" if name else "input_missing", field, value=shown(name))

    def _read(self, field: str, reading: Callable[[str], Any], typed: str) -> Any:
        if not typed or not typed.strip():
            self.refuse("input_missing", field)
            return None
        try:
            return reading(typed)
        except Refused as refusal:
            self.refuse(refusal.fault.code, field, **refusal.fault.params)
            return None


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant (UTC) at which that local day begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
