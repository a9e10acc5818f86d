"""What a notice says: one sentence for each template, in the words of whoever reads it."""

from collections.abc import Mapping
from types import MappingProxyType

from web.i18n import N_, _, label
from workflow.engine import Definition
from workflow.persistence.notices import Notice

_PROPOSED = "_proposed"

# fmt: off
SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "assigned": N_("{kind} “{title}” has been assigned; please accept it and begin."),
        "dispatched": N_("{kind} “{title}” has been given to you to work on."),
        "transferred": N_("{kind} “{title}” now has your unit in the lead."),
        "transferred_away": N_("{kind} “{title}” has passed to another unit; your unit no longer leads it."),
        "lead_changed": N_("{kind} “{title}”, which your unit supports, now has another unit in the lead."),
        "withdrawn": N_("{kind} “{title}” has been withdrawn; nothing more is to be done."),
        "refused": N_("{kind} “{title}” has been sent back to its assigner; please look at it again."),
        "completed": N_("{kind} “{title}” has been declared complete and waits for verification."),
        "verified": N_("{kind} “{title}” has been verified as complete."),
        "reworked": N_("{kind} “{title}” does not meet what was asked; it is to be done again."),
        "due_changed": N_("{kind} “{title}” has a new due date."),
        "suspended": N_("{kind} “{title}” has been suspended."),
        "resumed": N_("{kind} “{title}” goes on after its suspension."),
        "late": N_("{kind} “{title}” is late; please state the cause and a plan to remedy it."),
        "plan_wanted": N_("{kind} “{title}” is late; its cause and a plan to remedy it are still to be given."),
        "no_plan": N_("{kind} “{title}” is late and has no remediation plan yet."),
        "plan_proposed": N_("{kind} “{title}” has a remediation plan that waits for your approval."),
        "plan_approved": N_("{kind} “{title}” has an approved remediation plan."),
        "plan_waived": N_("{kind} “{title}” needs no remediation plan."),
        "plan_last_day": N_("{kind} “{title}” comes to the last day of its remediation plan."),
        "plan_underway": N_("{kind} “{title}” is under a remediation plan; please report its progress."),
        "cause_confirmed": N_("{kind} “{title}” has its objective cause confirmed."),
        "extension_asked": N_("{kind} “{title}” has a request for more time that waits for your decision."),
        "extension_granted": N_("{kind} “{title}” has been granted."),
        "extension_refused": N_("{kind} “{title}” has not been granted."),
        "escalated": N_("{kind} “{title}” has a difficulty that waits for your answer."),
        "escalation_answered": N_("{kind} “{title}” has been answered."),
        "undrafted": N_("{kind} “{title}” is still a draft and has been assigned to nobody."),
        "unaccepted": N_("{kind} “{title}” has been assigned and is not accepted yet."),
        "underway": N_("{kind} “{title}” is in progress; please report how far it is."),
        "remind": N_("{kind} “{title}” is due soon."),
        "last_day": N_("{kind} “{title}” comes to its last day."),
        "unverified": N_("{kind} “{title}” has been declared complete and is not verified yet."),
        "paused": N_("{kind} “{title}” is still suspended; please let it go on or withdraw it."),
        "line_due": N_("{kind} “{title}” is due for a word on how it goes."),
        "remedy_last_day": N_("{kind} “{title}” comes to the last day for its remedy."),
        "undecided": N_("{kind} “{title}” is not decided yet."),
        "unanswered": N_("{kind} “{title}” has not been answered yet."),
        "unclosed": N_("{kind} “{title}” has been answered and is not closed yet."),
        "period_opened": N_("{kind} “{title}” has been opened; please gather its figures in time."),
        "cutoff": N_("{kind} “{title}” has reached the day on which its figures close."),
        "report_remind": N_("{kind} “{title}” is to be sent soon."),
        "report_last_day": N_("{kind} “{title}” comes to the last day for sending it."),
        "report_late": N_("{kind} “{title}” was not sent in time."),
        "report_missing": N_("{kind} “{title}” is overdue and still not sent by the unit."),
        "send_proposed": N_("{kind} “{title}” waits for your signature."),
        "sent": N_("{kind} “{title}” has been sent and waits to be received."),
        "received": N_("{kind} “{title}” has been received."),
        "returned": N_("{kind} “{title}” has been returned; please complete it and send it again."),
        "not_resent": N_("{kind} “{title}” was returned and has not been sent again yet."),
        "unreceived": N_("{kind} “{title}” has been sent and is not received yet."),
        "waived": N_("{kind} “{title}” need not be sent this time."),
        "correct_proposed": N_("{kind} “{title}” has a correction of figures that waits for your opinion."),
        "corrected": N_("{kind} “{title}” has had its figures corrected."),
        "urged": N_("{kind} “{title}”: you are urged to send it."),
        "remedy_wanted": N_("{kind} “{title}” missed its target in a received report; please give the cause and a remedy."),
        "consolidation_submitted": N_("{kind} “{title}” has been submitted and waits for your signature."),
        "consolidation_returned": N_("{kind} “{title}” has been sent back; please complete it."),
        "consolidation_issued": N_("{kind} “{title}” has been signed; its number is to be entered."),
        "consolidation_registered": N_("{kind} “{title}” has its number and its signed file."),
        "consolidation_renewed": N_("{kind} “{title}” is being replaced by a new version."),
        "consolidation_late": N_("{kind} “{title}” was not submitted in time."),
        "consolidation_last_day": N_("{kind} “{title}” comes to the last day for submitting it."),
        "unsubmitted": N_("{kind} “{title}” has not been submitted yet."),
        "unissued": N_("{kind} “{title}” has been submitted and is not signed yet."),
        "unregistered": N_("{kind} “{title}” has been signed and has no number yet."),
        "override_asked": N_("{kind} “{title}”: the administrator asks you to set its state past the workflow."),
        "override_granted": N_("{kind} “{title}”: the Chairman has set its state past the workflow."),
        "override_refused": N_("{kind} “{title}”: the Chairman has refused to set its state past the workflow."),
        "redaction_asked": N_("{kind} “{title}”: the administrator asks you to have a private text erased."),
        "redaction_granted": N_("{kind} “{title}”: the Chairman has had a private text erased."),
        "redaction_refused": N_("{kind} “{title}”: the Chairman has refused to have a private text erased."),
    }
)
# fmt: on
"""By the name of the template; a workflow's own names, of its moves and timers, are told in the words of the workflow."""


def sentence(notice: Notice, definitions: Mapping[str, Definition]) -> str:
    """`definitions` are the editions in force, by workflow; what one of them no longer knows is told by its name."""
    params = notice.params
    definition = definitions.get(str(params.get("workflow")))
    kind = label(definition.label) if definition else _("Item")
    title = str(params.get("title") or params.get("code") or "")
    known = SENTENCES.get(notice.template)
    if known is not None:
        return _(known, kind=kind, title=title)
    if definition is not None and notice.template in definition.timers:
        state = definition.states.get(str(params.get("state")))
        return _(
            "A reminder of {kind} “{title}”: {state}.",
            kind=kind,
            title=title,
            state=label(state.label) if state else "",
        )
    step = _step(notice, definition)
    if notice.template.endswith(_PROPOSED):
        return _(
            "{kind} “{title}” has a proposal that waits for your opinion: {step}.", kind=kind, title=title, step=step
        )
    return _("{kind} “{title}”: {step}.", kind=kind, title=title, step=step)


def _step(notice: Notice, definition: Definition | None) -> str:
    move = str(notice.params.get("move", ""))
    transition = definition.transitions.get(move) if definition else None
    return label(transition.label) if transition else notice.template
