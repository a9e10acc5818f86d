"""What the log says the administrator changed, in words: lines of a working calendar and mandates of auditors."""

from collections.abc import Mapping
from typing import Any

from web.i18n import N_, _, day, last_day
from web.wiring import settings
from workflow.engine.events import instant_of

_LINES = {
    "calendar_day": N_("Calendar {calendar}: {day} is “{kind}” ({name}), by {source}"),
    "calendar_day_back": N_("Calendar {calendar}: the line of {day} ({name}) is taken back, by {source}"),
    "calendar_year": N_("Calendar {calendar}: the days of {year} are complete, by {source}"),
    "mandate_given": N_("{post} may read as an auditor by {document}, from {from} until {until}"),
    "mandate_ended": N_("{post} may no longer read as an auditor by {document}"),
    "redaction_asked": N_("The Chairman was asked to erase “{field}” of entry {n} under {ground}"),
    "redaction_granted": N_("“{field}” of entry {n} is to be erased under {ground}"),
    "redaction_refused": N_("“{field}” of entry {n} is not to be erased under {ground}"),
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
    if "until" in words:
        zone = settings().zone
        words["from"] = day(instant_of(words["from"]), zone)
        words["until"] = day(last_day(instant_of(words["until"]), zone))
    kind = _KINDS.get(words.get("kind", ""))
    if kind:
        words["kind"] = _(kind)
    return _(line, **words)
