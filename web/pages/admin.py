"""The administrator's pages: accounts and posts, units and areas, the workflows in force, the state of the office."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.health import CLOCK_IS_OLD, clock_age
from web.i18n import ROLES, _, label, reason_sentence, role_name
from web.pages.complaints import complaints, pasted_text, sent_file, shown_text
from web.pages.rendering import Shown, render_page
from web.seals import alarms
from web.titles import Titles, titles_of
from web.wiring import office, settings
from workflow import __version__
from workflow.catalog import Report, Source
from workflow.catalog.findings import Finding
from workflow.catalog.plain_values import Refused, text_of
from workflow.engine import Definition, Kind, Label, Reason
from workflow.engine.administration import refusal_to_administer
from workflow.engine.definition import OFFICES, POSTS, SYSTEM
from workflow.errors import DefinitionInvalid, NotFound
from workflow.persistence import UnitOfWork
from workflow.persistence.migrations import newest
from workflow.persistence.people import Appointment, Person
from workflow.queries.condition import condition
from workflow.services import passwords, people, publishing
from workflow.services.sealing import standing
from workflow.values import replace

bp = Blueprint("admin", __name__)

Answer = AnyResponse | tuple[str, int]
Errors = Sequence[tuple[str, str]]
_LONGEST_TITLE = 200
_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@bp.before_request
def only_administrators() -> None:
    """One guard for every page here; the use cases ask the same rule again."""
    if refusal_to_administer(current_actor()) is not None:
        abort(403)


# -- the state of the office --------------------------------------------------------------------------------------------


@bp.get("/admin")
def index() -> Answer:
    now = office().clock.now()
    with office().read() as uow:
        found = condition(uow)
        age = clock_age(uow, now)
        accounts = len(uow.people.all())
        sealed = standing(uow)
    last_round = now - age if age is not None else None
    disk = shutil.disk_usage(settings().data)
    return render_page(
        "admin/index.html",
        found=found,
        database=_DATABASES.get(found.database, found.database),
        needed=newest(),
        version=__version__,
        accounts=accounts,
        last_round=last_round,
        round_minutes=_minutes(last_round, now),
        alarms=alarms(sealed, now),
        clock_stands=age is None or age >= CLOCK_IS_OLD,
        message_minutes=_minutes(found.oldest_message, now),
        free=disk.free // 2**20,
        free_percent=100 * disk.free // disk.total,
        now=now,
    )


def _minutes(since: datetime | None, now: datetime) -> int:
    return max(0, int((now - since).total_seconds() // 60)) if since else 0


@bp.get("/admin/units")
def units() -> Answer:
    with office().read() as uow:
        shown = Shown("admin/units.html", units=uow.people.units(), areas=uow.people.areas())
    return shown.render()


# -- people -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """An appointment as people say it."""

    id: str
    words: str
    areas: str
    since: datetime
    until: datetime | None


@bp.get("/admin/people")
def all_people() -> Answer:
    now = office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        held: dict[str, list[Post]] = {}
        for one in uow.people.all_appointments():
            if _in_force(one, now):
                held.setdefault(one.person, []).append(_post(one, titles))
        rows = [(person, held.get(person.id, [])) for person in uow.people.all()]
    return render_page("admin/people.html", rows=rows)


def _in_force(one: Appointment, now: datetime) -> bool:
    return one.to_at is None or one.to_at > now


def _post(one: Appointment, titles: Titles) -> Post:
    words = role_name(one.role)
    words = words[:1].upper() + words[1:]
    return Post(
        id=one.id,
        words=f"{words} – {titles.unit(one.unit)}" if one.unit else words,
        areas=", ".join(titles.area(area) for area in one.areas),
        since=one.from_at,
        until=one.to_at,
    )


@bp.get("/admin/people/new")
def new_person() -> Answer:
    return _new_person().render()


def _new_person(errors: Errors = (), status: int = 200) -> Shown:
    return Shown("admin/new_person.html", status, errors=errors, error_of=dict(errors), typed=request.form)


@bp.post("/admin/people/new")
def add_person() -> Answer:
    title, errors = _title()
    if errors:
        return _new_person(errors, 422).render()
    login = request.form.get("login", "").strip()
    password = request.form.get("password", "") or passwords.generated()
    added = people.add_person(office(), current_caller(), login, title, password)
    if isinstance(added, Reason):
        return _new_person(_told(added), problems.of_reasons([added]).status).render()
    return _with_password(added, password, "added")


def _title() -> tuple[Label, Errors]:
    """The title of the post in both languages; what is not given in English is as in Vietnamese."""
    errors = []
    given = {}
    for name, words in (("title_vi", _("Title of the post")), ("title_en", _("Title of the post in English"))):
        try:
            given[name] = text_of(request.form.get(name, ""))
        except Refused as refused:
            given[name] = ""
            errors.append((name, _sentence(refused.fault.code, {**refused.fault.params, "field": words})))
        if len(given[name]) > _LONGEST_TITLE:
            errors.append((name, _sentence("too_long", {"field": words, "limit": str(_LONGEST_TITLE)})))
    if not given["title_vi"] and not errors:
        errors.append(("title_vi", _sentence("input_missing", {"field": _("Title of the post")})))
    return Label(given["title_vi"], given["title_en"] or given["title_vi"]), errors


def _sentence(code: str, params: Mapping[str, str]) -> str:
    return reason_sentence(Reason(code, Kind.INPUT, params))


_FIELD_OF = {"login_taken": "login", "login_not_plain": "login", "post_needs_unit": "unit"}


def _told(reason: Reason) -> Errors:
    """The one reason, at the field it is about."""
    field = "password" if reason.code.startswith("password_") else _FIELD_OF.get(reason.code, "")
    return [(field, reason_sentence(reason))]


def _with_password(person: Person, password: str, done: str) -> Answer:
    """To the person's page; but a password that was made here is shown first, in this answer and in no other."""
    if request.form.get("password"):
        return redirect(url_for("admin.person", login=person.login, done=done), 303)
    return render_page("admin/password.html", person=person, password=password)


@bp.get("/admin/people/<login>")
def person(login: str) -> Answer:
    with office().read() as uow:
        shown = _person_page(uow, login)
    return shown.render()


def _person_page(uow: UnitOfWork, login: str, errors: Errors = (), status: int = 200) -> Shown:
    found = uow.people.by_login(login)
    if found is None:
        raise NotFound("person", login)
    now, titles = office().clock.now(), titles_of(uow)
    held = [(_in_force(one, now), _post(one, titles)) for one in uow.people.appointments(found.id)]
    return Shown(
        "admin/person.html",
        status,
        person=found,
        posts=[post for standing, post in held if standing],
        past=[post for standing, post in held if not standing],
        roles=_role_choices(),
        units=[(unit, label(words)) for unit, words in titles.units.items()],
        areas=[(area, label(words)) for area, words in titles.areas.items()],
        errors=errors,
        error_of=dict(errors),
        typed=request.form,
        chosen_areas=request.form.getlist("areas"),
        done=_done_words().get(request.args.get("done", ""), ""),
    )


def _role_choices() -> list[tuple[str, str]]:
    names = {word: role_name(word) for word in ROLES if word in (OFFICES | POSTS) - {SYSTEM}}
    return [(word, words[:1].upper() + words[1:]) for word, words in names.items()]


def _done_words() -> dict[str, str]:
    return {
        "added": _("The account has been added. Give it a post below."),
        "password": _("The new password is in force; every session of this person has ended."),
        "locked": _("The account is locked; every session of this person has ended."),
        "unlocked": _("The account is open again."),
        "appointed": _("The post has been given; this person signs in anew."),
        "ended": _("The post has ended; this person signs in anew."),
    }


def _answered(outcome: Any, login: str, done: str) -> Answer:
    """Back to the person's page, with what was done or with why not."""
    if isinstance(outcome, Reason):
        return _again(login, _told(outcome), problems.of_reasons([outcome]).status)
    return redirect(url_for("admin.person", login=login, done=done), 303)


def _again(login: str, errors: Errors, status: int = 422) -> Answer:
    with office().read() as uow:
        shown = _person_page(uow, login, errors, status)
    return shown.render()


@bp.post("/admin/people/<login>/password")
def set_password(login: str) -> Answer:
    password = request.form.get("password", "") or passwords.generated()
    outcome = people.set_password(office(), current_caller(), login, password)
    if isinstance(outcome, Reason):
        return _again(login, _told(outcome), problems.of_reasons([outcome]).status)
    return _with_password(outcome, password, "password")


@bp.post("/admin/people/<login>/lock")
def lock(login: str) -> Answer:
    return _answered(people.lock(office(), current_caller(), login), login, "locked")


@bp.post("/admin/people/<login>/unlock")
def unlock(login: str) -> Answer:
    return _answered(people.unlock(office(), current_caller(), login), login, "unlocked")


@bp.post("/admin/people/<login>/posts")
def appoint(login: str) -> Answer:
    form = request.form
    new = people.NewPost(login, form.get("role", ""), form.get("unit") or None, tuple(form.getlist("areas")))
    try:
        outcome = people.appoint(office(), current_caller(), new)
    except NotFound as fault:
        words = {"role": _("Post"), "unit": _("Unit"), "area": _("Areas")}.get(fault.kind)
        if words is None:
            raise
        field = "areas" if fault.kind == "area" else fault.kind
        return _again(login, [(field, _sentence("input_missing", {"field": words}))])
    return _answered(outcome, login, "appointed")


@bp.post("/admin/people/<login>/posts/<appointment_id>/end")
def end_appointment(login: str, appointment_id: str) -> Answer:
    return _answered(people.end_appointment(office(), current_caller(), login, appointment_id), login, "ended")


# -- workflows ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edition:
    workflow: str
    name: str
    version: int
    published_at: datetime
    published_by: str
    fingerprint: str
    file: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The file of a workflow and the scenarios beside it, if any, as they came."""

    file: str
    source: bytes
    scenarios: Source | None

    @property
    def text(self) -> str:
        return shown_text(self.source)

    @property
    def stories(self) -> str:
        return shown_text(self.scenarios.content) if self.scenarios else ""


@bp.get("/admin/definitions")
def definitions() -> Answer:
    published = _published()
    if published is None:
        return _definitions_page().render()
    name, report = published
    done = _(
        "“{name}”, version {version} is in force for everything that begins from now on.",
        name=label(name.label),
        version=name.version,
    )
    return _definitions_page(done=done, report=report).render()


def _published() -> tuple[Definition, Report] | None:
    """The edition that was just published, with what its check warned of."""
    workflow, version = request.args.get("done", ""), request.args.get("version", "")
    if not workflow or not version.isdigit():
        return None
    with office().read() as uow:
        edition = uow.definitions.get(workflow, int(version))
    report = publishing.check(office(), edition.text, edition.file)
    return office().editions.version(workflow, edition.version), report


def _definitions_page(
    status: int = 200,
    *,
    sent: Sent | None = None,
    errors: Errors = (),
    report: Report | None = None,
    done: str = "",
) -> Shown:
    with office().read() as uow:
        editions = _editions(uow)
    return Shown(
        "admin/definitions.html",
        status,
        editions=editions,
        text=sent.text if sent else "",
        scenarios=sent.stories if sent else "",
        errors=errors,
        complaints=complaints(report.findings, shown_text(report.source), report.scenarios) if report else [],
        done=done,
    )


def _editions(uow: UnitOfWork) -> list[Edition]:
    titles = titles_of(uow)
    names = {one.workflow: label(one.label) for one in office().editions.all_latest(uow)}
    return [
        Edition(
            workflow=one.workflow,
            name=names.get(one.workflow, one.workflow),
            version=one.version,
            published_at=one.published_at,
            published_by=titles.person(one.published_by),
            fingerprint=one.fingerprint[:12],
            file=one.file,
        )
        for workflow in names
        for one in reversed(uow.definitions.editions(workflow))
    ]


def _sent() -> Sent:
    file, source = sent_file() or (_("pasted text") + ".yaml", pasted_text().encode())
    stories = sent_file("scenarios_part") or (_("pasted scenarios") + ".yaml", pasted_text("scenarios").encode())
    return Sent(file, source, Source(stories[1], stories[0]) if stories[1].strip() else None)


@bp.post("/admin/definitions")
def publish() -> Answer:
    """Check what was sent; publish it where nothing stands against it and that was asked for."""
    sent = _sent()
    if not sent.source.strip():
        missing = _("Please choose a file, or paste the text of the workflow.")
        return _definitions_page(422, sent=sent, errors=[("part", missing)]).render()
    report = publishing.check(office(), sent.source, sent.file, sent.scenarios)
    if not report.ok:
        return _refused(sent, report)
    if request.form.get("act") == "check":
        done = _("No error was found. Nothing has been published yet.")
        return _definitions_page(sent=sent, report=report, done=done).render()
    return _published_now(sent, report)


def _published_now(sent: Sent, report: Report) -> Answer:
    try:
        outcome = publishing.publish(office(), current_caller(), sent.source, sent.file, sent.scenarios)
    except DefinitionInvalid as fault:
        # Only the writing itself shows that this version was published with another content.
        found = tuple(finding for finding in fault.findings if isinstance(finding, Finding))
        return _refused(sent, replace(report, findings=found))
    if isinstance(outcome, Reason):
        status = problems.of_reasons([outcome]).status
        return _definitions_page(status, sent=sent, errors=_told(outcome)).render()
    if not outcome.fresh:
        known = _("This very text was published before; nothing was changed.")
        return _definitions_page(sent=sent, report=report, done=known).render()
    made = outcome.definition
    return redirect(url_for("admin.definitions", done=made.workflow, version=made.version), 303)


def _refused(sent: Sent, report: Report) -> Answer:
    told = _("The workflow was not published; what stands against it is listed below.")
    return _definitions_page(422, sent=sent, errors=[("text", told)], report=report).render()
