"""What the numbers of an accountability sheet are called, and under which heading each stands."""

from collections.abc import Mapping
from types import MappingProxyType

from web.i18n import N_
from workflow.engine.accountability import Measure

WORDS: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.ASSIGNED: N_("Answered for in the period"),
        Measure.NEW: N_("of which newly assigned"),
        Measure.EARLY: N_("Done before the last day"),
        Measure.ON_TIME: N_("Done on the last day"),
        Measure.UNDATED: N_("Done, no date was set"),
        Measure.LATE_DONE: N_("Done late"),
        Measure.LATE_OPEN: N_("Late, not done"),
        Measure.OPEN: N_("Under way, not late"),
        Measure.PASSED_ON: N_("Passed to another unit or given back"),
        Measure.WITHDRAWN: N_("Withdrawn"),
        Measure.SENT_BACK: N_("Results sent back"),
        Measure.EPISODES: N_("Stretches of lateness"),
        Measure.LATE_DAYS: N_("Days late in the period"),
        Measure.SUBJECTIVE: N_("Cause: subjective"),
        Measure.OBJECTIVE_CLAIMED: N_("Cause: objective, not confirmed"),
        Measure.OBJECTIVE_CONFIRMED: N_("Cause: objective, confirmed"),
        Measure.UNEXPLAINED: N_("Cause not stated"),
        Measure.WITHOUT_PLAN: N_("Late without an approved plan"),
        Measure.PLANS_BROKEN: N_("Remediation plans not kept"),
        Measure.EXTENSIONS_ASKED: N_("Extensions requested"),
        Measure.EXTENSIONS: N_("Due dates moved on"),
        Measure.REPORTS: N_("Reports to be sent"),
        Measure.REPORTS_ON_TIME: N_("Sent on time"),
        Measure.REPORTS_LATE: N_("Sent late"),
        Measure.REPORTS_MISSING: N_("Overdue, not sent"),
        Measure.REPORTS_OPEN: N_("Not due yet"),
        Measure.RETURNED: N_("Returned"),
        Measure.CORRECTED: N_("Corrected after receipt"),
        Measure.WAIVED: N_("Waived"),
        Measure.DIFFICULTIES: N_("Difficulties raised"),
        Measure.ANSWERED: N_("Answered in the period"),
        Measure.UNANSWERED: N_("Unanswered at the end"),
        Measure.ANSWER_DAYS: N_("Working days until the answers, together"),
        Measure.SIGNED_HEAD: N_("Signed and decided by the head"),
        Measure.SIGNED_KT: N_("Signed KT."),
        Measure.SIGNED_TL: N_("Signed TL."),
        Measure.SIGNED_TUQ: N_("Signed TUQ."),
    }
)

_ALL = tuple(Measure)


def _from(first: Measure, end: Measure) -> tuple[Measure, ...]:
    return _ALL[_ALL.index(first) : _ALL.index(end)]


BY_KIND = (
    (N_("Work"), _from(Measure.ASSIGNED, Measure.EPISODES)),
    (N_("Lateness"), _from(Measure.EPISODES, Measure.EXTENSIONS_ASKED)),
)
"""Told by kind of work."""

TOGETHER = (
    (N_("Extensions"), _from(Measure.EXTENSIONS_ASKED, Measure.REPORTS)),
    (N_("Periodic reports"), _from(Measure.REPORTS, Measure.DIFFICULTIES)),
    (N_("Difficulties"), _from(Measure.DIFFICULTIES, Measure.SIGNED_HEAD)),
    (N_("Signed and decided"), _ALL[_ALL.index(Measure.SIGNED_HEAD) :]),
)
"""Told for the unit as a whole."""
