"""What the log says the administrator changed, in words: lines of a working calendar, for the time being."""

from collections.abc import Mapping
from typing import Any

from web.i18n import N_, _, day

_LINES = {
    "calendar_day": N_("Calendar {calendar}: {day} is “{kind}” ({name}), by {source}"),
    "calendar_day_back": N_("Calendar {calendar}: the line of {day} ({name}) is taken back, by {source}"),
    "calendar_year": N_("Calendar {calendar}: the days of {year} are complete, by {source}"),
    "calendar_hours": N_("Calendar {calendar}: the hours are {hours}, by {source}"),
}
_KINDS = {"off": N_("day off"), "worked": N_("worked")}


def administered(said: Mapping[str, Any]) -> str:
    """One sentence, or "" for what has no words of its own."""
    line = _LINES.get(str(said.get("act")))
    if line is None:
        return ""
    words = {name: str(value) for name, value in said.items()}
    if "day" in words:
        words["day"] = day(words["day"])
    kind = _KINDS.get(words.get("kind", ""))
    if kind:
        words["kind"] = _(kind)
    return _(line, **words)
