"""What is wrong with the seals of the log, in sentences: pages show it as a red line, the doctor and the commands say the same."""

import time
from datetime import datetime, tzinfo

from flask import current_app

from web.i18n import _, language, moment
from web.wiring import office, settings
from workflow.clock import VIETNAM
from workflow.services.sealing import Standing, standing
from workflow.services.signing import SENTENCES

_SECONDS = 30.0


def alarms(found: Standing, now: datetime, zone: tzinfo = VIETNAM) -> tuple[str, ...]:
    """Nothing where the log is sealed and signed as it should be."""
    told = []
    if found.refused is not None:
        vietnamese, english = SENTENCES[found.refused]
        told.append(
            _(
                "The signer refuses to vouch for the log: {why}. Change nothing and call the auditor.",
                why=_place(found, english if language() == "en" else vietnamese),
            )
        )
    elif found.unsigned_too_long(now) and found.unsigned_since is not None:
        told.append(_("What was recorded since {time} is not signed yet.", time=moment(found.unsigned_since, zone)))
    if found.waits_too_long(now) and found.waiting_since is not None:
        told.append(
            _("What was recorded since {time} has no place in the log yet.", time=moment(found.waiting_since, zone))
        )
    return tuple(told)


def _place(found: Standing, why: str) -> str:
    return why if found.at_entry is None else _("{why} (entry {seq})", why=why, seq=found.at_entry)


def alarms_seen() -> tuple[str, ...]:
    """The same as it was a few seconds ago at most: for pages that are asked for all the time."""
    found: Standing = _seen()
    return alarms(found, office().clock.now(), settings().zone)


def _seen() -> Standing:
    known: tuple[float, Standing] | None = current_app.extensions.get("seals_seen")
    now = time.monotonic()
    if known is None or now - known[0] > _SECONDS:
        with office().read() as uow:
            known = now, standing(uow)
        current_app.extensions["seals_seen"] = known
    return known[1]
