"""Written delegations: what one gave and received, those of the whole office for whoever keeps them; giving and ending one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import N_, _, day, label, moment, reason_sentence
from web.pages.rendering import Shown
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.engine import Reason
from workflow.engine.administration import refusal_to_end, refusal_to_record_for_others, refusal_to_see_all_delegations
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.people import GivenPower
from workflow.services.delegations import KINDS, NotGiven, Power, candidates, days_of, end, give, visible_to
from workflow.values import replace

bp = Blueprint("delegations", __name__)

Answer = AnyResponse | tuple[str, int]

_FIELDS = {
    "giver": N_("Who delegates"),
    "receiver": N_("Who acts on his behalf"),
    "kind": N_("How the receiver signs"),
    "act": N_("Number and date of the written act"),
    "from": N_("From the day"),
    "to": N_("Until the end of"),
    "workflows": N_("Only for"),
    "areas": N_("Only in these areas"),
}
_KIND_WORDS = {
    "KT.": N_("KT. – a deputy signs for the head"),
    "TL.": N_("TL. – by order of the head"),
    "TUQ.": N_("TUQ. – by the head's written authority"),
}
_DONE = {
    "given": N_("Done. The delegation is recorded."),
    "ended": N_("Done. The delegation is ended, with effect at once."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One power in a list; `tone` and `standing` say whether it holds, `again` is where it is given anew."""

    id: str
    giver: str
    receiver: str
    kind: str
    act: str
    scope: str
    first: str
    last: str
    tone: str
    standing: str
    may_end: bool
    again: str


@bp.get("/delegations")
def index() -> Answer:
    with office().read() as uow:
        shown = _page(uow, _typed_again(uow))
    return shown.render()


@bp.post("/delegations")
def create() -> Answer:
    form = request.form
    asked = Power(
        receiver=form.get("receiver", ""),
        kind=form.get("kind", ""),
        act=form.get("act", ""),
        from_on=form.get("from", ""),
        to_on=form.get("to", ""),
        workflows=tuple(form.getlist("workflows")),
        areas=tuple(form.getlist("areas")),
        giver=form.get("giver") or None,
    )
    made = give(office(), current_caller(), asked)
    if isinstance(made, NotGiven):
        typed = {**form, "workflows": asked.workflows, "areas": asked.areas}
        return _refused(made.reasons, typed)
    return redirect(url_for("delegations.index", done="given"), 303)


@bp.post("/delegations/<delegation>/end")
def finish(delegation: str) -> Answer:
    ended = end(office(), current_caller(), delegation)
    if isinstance(ended, Reason):
        return _refused((ended,), {})
    return redirect(url_for("delegations.index", done="ended"), 303)


def _refused(reasons: tuple[Reason, ...], typed: dict[str, Any]) -> Answer:
    with office().read() as uow:
        shown = _page(uow, typed, problems.of_reasons(reasons).status, reasons)
    return shown.render()


def _page(uow: UnitOfWork, typed: dict[str, Any], status: int = 200, reasons: tuple[Reason, ...] = ()) -> Shown:
    actor, now, titles = current_actor(), office().clock.now(), titles_of(uow)
    workflows = {one.workflow: label(one.label) for one in office().editions.all_latest(uow)}
    powers = [(power, _line(power, workflows, titles, now)) for power in visible_to(uow, actor)]
    possible = candidates(uow, actor, now)
    errors = [(reason.params.get("field", ""), _sentence(reason, titles)) for reason in reasons]
    return Shown(
        "delegations/index.html",
        status,
        received=[line for power, line in powers if power.receiver == actor.id],
        given=[line for power, line in powers if power.giver == actor.id],
        of_office=[line for _power, line in powers] if refusal_to_see_all_delegations(actor) is None else None,
        may_give=bool(possible.givers),
        givers=_people(possible.givers, titles) if refusal_to_record_for_others(actor) is None else (),
        receivers=_people(possible.receivers, titles),
        kinds=[(kind, _(_KIND_WORDS[kind])) for kind in KINDS],
        workflows=list(workflows.items()),
        areas=[(name, label(words)) for name, words in titles.areas.items()],
        fields={name: _(words) for name, words in _FIELDS.items()},
        typed=typed,
        errors=errors,
        by_field={name: sentence for name, sentence in reversed(errors) if name},
        done=_(_DONE[request.args["done"]]) if request.args.get("done") in _DONE else "",
        key=new_id(now),
    )


def _people(ids: Iterable[str], titles: Titles) -> list[tuple[str, str]]:
    return [(titles.login(one) or "", titles.person(one)) for one in ids]


def _sentence(reason: Reason, titles: Titles) -> str:
    field = reason.params.get("field", "")
    named = replace(reason, params={**reason.params, "field": _(_FIELDS[field])}) if field in _FIELDS else reason
    return reason_sentence(named, unit_name=titles.unit)


def _line(power: GivenPower, workflows: dict[str, str], titles: Titles, now: datetime) -> Line:
    actor, (first, last) = current_actor(), days_of(power, office().zone)
    tone, standing = _standing(power, now)
    may_end = tone != "cancelled" and refusal_to_end(actor, power.giver, power.receiver) is None
    may_give_again = power.giver == actor.id or refusal_to_record_for_others(actor) is None
    return Line(
        id=power.id,
        giver=titles.person(power.giver),
        receiver=titles.person(power.receiver),
        kind=power.kind,
        act=power.act,
        scope=_scope(power, workflows, titles),
        first=day(first),
        last=day(last),
        tone=tone,
        standing=standing,
        may_end=may_end,
        again=url_for("delegations.index", again=power.id, _anchor="give") if may_give_again else "",
    )


def _standing(power: GivenPower, now: datetime) -> tuple[str, str]:
    if power.ended_at is not None:
        return "cancelled", _("ended {at}", at=moment(power.ended_at, office().zone))
    if power.to_at <= now:
        return "cancelled", _("no longer in force")
    return ("done", _("in force")) if power.from_at <= now else ("calm", _("to come"))


def _scope(power: GivenPower, workflows: dict[str, str], titles: Titles) -> str:
    kinds = ", ".join(workflows.get(name, name) for name in power.workflows) or _("all kinds of work")
    areas = ", ".join(titles.area(name) for name in power.areas)
    return f"{kinds}; {areas}" if areas else kinds


def _typed_again(uow: UnitOfWork) -> dict[str, Any]:
    """The form filled with a power that is to be given anew, from the day after its last on; its written act is another."""
    asked = request.args.get("again")
    power = next((one for one in visible_to(uow, current_actor()) if one.id == asked), None) if asked else None
    if power is None:
        return {}
    titles, today = titles_of(uow), office().clock.now().astimezone(office().zone).date()
    following = days_of(power, office().zone)[1] + timedelta(days=1)
    return {
        "giver": titles.login(power.giver),
        "receiver": titles.login(power.receiver),
        "kind": power.kind,
        "from": day(today if power.ended_at is not None else max(following, today)),
        "workflows": power.workflows,
        "areas": power.areas,
    }
