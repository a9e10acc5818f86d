"""One's own account: what one gets by mail, and the secret address of one's calendar."""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller, signed_in
from web.i18n import N_, _, reason_sentence
from web.pages.rendering import render_page
from web.wiring import office, settings
from workflow.engine import Kind, Reason
from workflow.errors import NotFound
from workflow.persistence.letters import AT_ONCE, DIGEST, OFF
from workflow.services import feeds, mail

bp = Blueprint("account", __name__)

Answer = AnyResponse | tuple[str, int]

_CHOICES = {
    AT_ONCE: N_("At once what came back to me or is late; everything else at 7:30 on working days, in one letter"),
    DIGEST: N_("Everything at 7:30 on working days, in one letter"),
    OFF: N_("Nothing by mail"),
}
_FIELDS = {"address": N_("E-mail address"), "choice": N_("What I get by mail")}
_DONE = {
    "mail": N_("Done. Your choice holds from now on."),
    "closed": N_("Done. The address of your calendar answers to nobody any more."),
}


@bp.get("/account")
def index() -> Answer:
    return _page()


@bp.post("/account/mail")
def choose() -> Answer:
    address, choice = request.form.get("address", ""), request.form.get("choice", "")
    refusal = mail.choose(office(), current_caller(), current_actor().id, address, choice)
    if refusal is not None:
        return _page(problems.of_reasons([refusal]).status, refusal=refusal)
    return redirect(url_for("account.index", done="mail"), 303)


@bp.post("/account/calendar")
def open_calendar() -> Answer:
    """The address stands in this answer and in no other."""
    secret = feeds.open_feed(office(), current_caller())
    return _page(feed=f"{settings().base_url or request.host_url.rstrip('/')}{url_for('feeds.show', secret=secret)}")


@bp.post("/account/calendar/close")
def close_calendar() -> Answer:
    try:
        feeds.close_feed(office(), current_caller())
    except NotFound:
        # Closed meanwhile in another window: what was asked for holds.
        return redirect(url_for("account.index"), 303)
    return redirect(url_for("account.index", done="closed"), 303)


def _page(status: int = 200, *, feed: str = "", refusal: Reason | None = None) -> Answer:
    found, person = signed_in(), current_actor().id
    with office().read() as uow:
        choice, since = uow.letters.choice(person), uow.sessions.feed_since(person)
    typed = request.form if refusal else {}
    errors = [_told(refusal)] if refusal else []
    return render_page(
        "account/index.html",
        status,
        address=typed.get("address", found.person.email or "" if found else ""),
        choice=typed.get("choice", choice),
        choices=[(name, _(words)) for name, words in _CHOICES.items()],
        fields={name: _(words) for name, words in _FIELDS.items()},
        mails=office().mailer is not None,
        since=since,
        feed=feed,
        errors=errors,
        error_of=dict(errors),
        done=_(_DONE[request.args["done"]]) if request.args.get("done") in _DONE else "",
    )


def _told(refusal: Reason) -> tuple[str, str]:
    """The field and the sentence."""
    field = refusal.params.get("field", "")
    params = {**refusal.params, "field": _(_FIELDS[field])} if field in _FIELDS else refusal.params
    return field, reason_sentence(Reason(refusal.code, Kind.INPUT, params))
