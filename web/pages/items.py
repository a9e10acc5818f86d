"""One item: its page, the form of each of its moves, comments and files; and the list of items."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import _, label, language, reason_sentence
from web.pages import acting, figures, forms, presenting
from web.pages.ahead import Ahead, ahead_of, others_text
from web.pages.documents import signed_lines, uses_of
from web.pages.family import family_of
from web.pages.held import held_lines
from web.pages.rendering import Shown, count_within, render_fragment, render_page, wants_fragment
from web.pages.then import asked_then
from web.pages.unit_work import work_lists
from web.titles import Titles, titles_of
from web.wiring import office
from workflow.catalog.draw import Drawing, View, draw
from workflow.engine import Definition, Item, Offer, Reason
from workflow.engine.administration import refusal_to_contribute
from workflow.engine.definition import COMMENT, FieldType, Transition
from workflow.engine.item import Request
from workflow.engine.visibility import shown_to
from workflow.errors import StaleItem, TooLarge, TypeRefused
from workflow.exports.sheet_reader import Row
from workflow.ids import new_id
from workflow.persistence import StoredItem, UnitOfWork
from workflow.persistence.files import StoredFile
from workflow.queries import history
from workflow.queries.erased import grounds_in, grounds_of
from workflow.queries.worklist import CursorInvalid, Filter, Page, list_items
from workflow.services import evidence
from workflow.services.documents import has_paper
from workflow.services.figure_sheets import cells_in, put_into
from workflow.services.figures import past_of, table_of
from workflow.services.file_kinds import FAULTS
from workflow.services.gathering import months_merged
from workflow.services.items import Created, NewItem, comment, creatable, create, creates_something, readable
from workflow.services.journal import stream_of
from workflow.services.moves import Done, MoveRequest, Refused, offers, perform, transition_named
from workflow.services.overview import SOON_DAYS
from workflow.services.preview import who_could
from workflow.values import replace

bp = Blueprint("items", __name__)

Answer = AnyResponse | tuple[str, int]


_RECENT = 12
_WHOLE = 200


# -- the list -----------------------------------------------------------------------------------------------------------


class Choices(NamedTuple):
    """What a list can be narrowed to, each as (value, words)."""

    kinds: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, str], ...]


class Chosen(NamedTuple):
    """What it is narrowed to; what somebody typed is no part of it."""

    workflow: str
    state: str
    group: str
    unit: str
    area: str
    sort: str


_FILTERS = ("q", "workflow", "state", "group", "unit", "assignee", "area", "sort")


@bp.get("/items")
@bp.get("/search", endpoint="search")
def index() -> Answer:
    """The list; the filter is the address, so that a list can be kept and sent."""
    wanted = _filter()
    now = office().clock.now()
    with office().read() as uow:
        titles = titles_of(uow)
        people = uow.people.by_login(wanted.assignee) if wanted.assignee else None
        found = replace(wanted, assignee=people.id if people else ("?" if wanted.assignee else ""))
        try:
            page: Page = list_items(uow, current_actor(), found, now, cursor=request.args.get("cursor"))
        except CursorInvalid:
            abort(400)
        lines = presenting.lines_of(page.rows, lambda name: office().editions.latest(name, uow), titles, now)
        may_create = creates_something(office(), uow, current_caller())
        count_within(uow)
    saved, here = _saved(), request.full_path.rstrip("?")
    following = _address(cursor=page.next) if page.next else ""
    first = _address(cursor=None) if request.args.get("cursor") else ""
    return render_page(
        "items/list.html",
        lines=lines,
        q=wanted.q,
        choices=Choices(
            kinds=tuple((one.workflow, label(one.label)) for one in office().editions.all_latest()),
            states=_states(wanted.workflow),
            groups=_groups(),
            units=titles.unit_choices(),
            areas=titles.area_choices(),
        ),
        chosen=Chosen(wanted.workflow, wanted.state, wanted.group, wanted.unit, wanted.area, wanted.sort),
        saved=saved,
        here=here if any(href == here for href, _words in saved) else "",
        next_href=following,
        first_href=first,
        may_create=may_create,
    )


def _filter() -> Filter:
    # A plain mapping: to miss a key of the request's own costs an exception each time.
    asked = request.args.to_dict()
    given = {name: asked.get(name, "").strip() for name in _FILTERS}
    sort = given.pop("sort") or "due_on"
    if sort not in ("due_on", "-due_on", "title", "code"):
        abort(400)
    return Filter(
        **given,
        sort=sort,
        overdue=asked.get("overdue") == "true",
        late=asked.get("late") == "true",
        due_until=office().clock.now() + timedelta(days=SOON_DAYS) if asked.get("soon") == "true" else None,
        open_only=asked.get("closed") != "true" and not given["state"] and not given["group"],
    )


def _address(**changes: str | None) -> str:
    kept = {name: value for name, value in request.args.items() if value}
    merged = {**kept, **changes}
    return f"{request.path}?{urlencode({name: value for name, value in merged.items() if value})}"


def _states(workflow: str) -> tuple[tuple[str, str], ...]:
    if not workflow:
        return ()
    return tuple((state.name, label(state.label)) for state in office().editions.latest(workflow).states.values())


def _groups() -> tuple[tuple[str, str], ...]:
    return (
        ("doing", _("In progress")),
        ("behind", _("Behind schedule")),
        ("done", _("Done")),
        ("cancelled", _("Withdrawn")),
    )


def _saved() -> tuple[tuple[str, str], ...]:
    """Lists that everybody has: each is an address."""
    actor = current_actor()
    own = [(f"/items?unit={actor.unit}", _("My unit"))] if actor.unit else []
    return (
        ("/items", _("All open")),
        *own,
        ("/items?late=true", _("Late")),
        ("/items?overdue=true", _("Past their date")),
        ("/items?group=done", _("Done")),
        ("/items?closed=true", _("Everything, closed ones too")),
    )


# -- one item -----------------------------------------------------------------------------------------------------------


@bp.get("/items/<code>")
def show(code: str) -> Answer:
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _item_page(uow, stored)
    return shown.render()


def _item_page(uow: UnitOfWork, stored: StoredItem, status: int = 200, **more: Any) -> Shown:
    definition = office().editions.of(stored.item, uow)
    item = shown_to(current_actor(), definition, stored.item)
    titles = titles_of(uow)
    files = uow.files.of_item(item.id)
    now = office().clock.now()
    standing = offers(office(), uow, definition, item, current_actor())
    entries = history.seen_by(current_actor(), history.of_item(uow, item, stream=stream_of(item), limit=_RECENT))
    told = _told(uow, entries, definition, titles, files)
    state = definition.states[item.state]
    named = presenting.buttons(standing, item, definition, titles)
    others = {
        move: others_text(could, current_actor().id, item, definition, titles)
        for move, could in who_could(office(), uow, definition, item).items()
    }
    return Shown(
        "items/show.html",
        status,
        item=item,
        definition_label=label(definition.label),
        period=_period_link(item),
        version_path=f"/definitions/{definition.workflow}/{definition.version}",
        title=str(item.fields.get("title") or item.code),
        state=label(state.label),
        group=state.group.value,
        due=presenting.due_of(item, definition, now),
        pauses=presenting.pauses_of(item, definition),
        waits=presenting.waits_for(item, definition, titles),
        unit=titles.unit(item.unit),
        buttons=named,
        blocked=presenting.blocked(standing, definition, titles, others),
        requests=[_request_card(one, definition, titles, files) for one in item.requests],
        drawing=_drawing(definition, item, standing),
        who_may=presenting.who_may_table(item, definition, standing, titles, others),
        facts=presenting.facts_of(item, definition, titles, files, grounds_of(uow, item, stream_of(item))),
        figures=_figures(uow, definition, item, files),
        work=work_lists(uow, item, titles),
        files=list(files.values()),
        signed=signed_lines(files.values()),
        uses=uses_of(definition, item),
        has_paper=has_paper(definition),
        titles=titles,
        lateness=presenting.late_lines(item, definition, titles, files, now),
        told=told,
        more_history=len(entries) == _RECENT,
        reason=_reason_to_act(entries, definition, told),
        held=held_lines(uow, stored, definition, titles),
        family=family_of(uow, item),
        key=new_id(now),
        no_files=_sentences(evidence.refusals(definition, item, current_actor()), definition),
        no_comments=_sentences((refusal,) if (refusal := refusal_to_contribute(current_actor())) else (), definition),
        **more,
    )


def _period_link(item: Item) -> tuple[str, str] | None:
    """Where the item's period is seen with every unit in it, and the words of that link."""
    series, period, version = (item.fields.get(name) for name in ("series", "period", "version_no"))
    if not (series and period):
        return None
    if version is None:
        return url_for("reports.show", series=series, period=period), _("The whole period")
    href = url_for("reports.consolidation", series=series, period=period, version=version)
    return href, _("Merged figures, versions and differences")


def _figures(
    uow: UnitOfWork, definition: Definition, item: Item, files: Mapping[str, StoredFile]
) -> list[tuple[str, tuple[figures.FigureRow, ...]]]:
    """The item's tables of figures: the field's words and its rows."""
    return [
        (label(field.label), figures.read_rows(definition, item, rows, past_of(uow, definition, item), files))
        for name, field in definition.fields.items()
        if field.type is FieldType.FIGURES and (rows := figures.stored_rows(item.fields.get(name)))
    ]


def _sentences(reasons: Iterable[Reason], definition: Definition) -> str:
    return " ".join(reason_sentence(reason, None, definition) for reason in reasons)


def _drawing(definition: Definition, item: Item, standing: Iterable[Offer]) -> Drawing:
    allowed = frozenset(offer.move for offer in standing if offer.allowed)
    return draw(definition, View(item.state, item.visited, allowed, language()), "neighbourhood")


def _reason_to_act(
    entries: tuple[history.HistoryEntry, ...], definition: Definition, told: list[presenting.Told]
) -> presenting.Told | None:
    """The words with which somebody last sent the item here: what whoever must act now reads first."""
    for entry, shown in zip(entries, told, strict=True):
        body = entry.body
        moved = body.get("to") and body.get("from") not in (None, body.get("to"))
        rejected = any(event["e"] == "vote" and event["vote"] == "reject" for event in entry.events)
        if moved or rejected:
            return shown if shown.text and not definition.states[str(body["to"])].final else None
    return None


def _request_card(one: Request, definition: Definition, titles: Titles, files: Any) -> dict[str, Any]:
    transition = definition.transitions[one.move]
    voted = {ballot.step: presenting.doer_words(ballot.doer, titles) for ballot in one.votes}
    steps = [
        (", ".join(titles.who(str(who), "", definition).split(" – ")[0] for who in step.by), voted.get(step.id, ""))
        for step in (transition.gate.steps if transition.gate else ())
    ]
    return {
        "move": label(transition.label),
        "proposer": presenting.doer_words(one.proposer, titles),
        "at": one.at,
        "inputs": [
            (
                label(definition.fields[name].label) if name in definition.fields else name,
                presenting.value_text(definition, name, value, titles, files),
            )
            for name, value in one.inputs.items()
        ],
        "steps": steps,
    }


@bp.get("/items/<code>/history")
def whole_history(code: str) -> Answer:
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        definition = office().editions.of(stored.item, uow)
        titles, files = titles_of(uow), uow.files.of_item(stored.item.id)
        entries = history.of_item(
            uow,
            stored.item,
            stream=stream_of(stored.item),
            before=request.args.get("before"),
            limit=_WHOLE,
            refusals=request.args.get("refusals") == "1",
        )
        told = _told(uow, entries, definition, titles, files)
        then = asked_then(uow, stored.item, titles, files)
    return render_page(
        "items/history.html",
        422 if then.error else 200,
        item=stored.item,
        title=str(stored.item.fields.get("title") or code),
        told=told,
        then=then,
        next_href=_address(before=entries[-1].id) if len(entries) == _WHOLE else "",
    )


# -- moves --------------------------------------------------------------------------------------------------------------


@bp.get("/items/<code>/moves/<move>")
def move_form(code: str, move: str) -> Answer:
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        draft = uow.drafts.find(current_actor().id, stored.item.id, move)
        typed = dict(draft.inputs) if draft else _known_already(uow, stored.item, move)
        shown = _move_page(uow, stored, move, typed, kept_at=draft.at if draft else None)
    return shown.render()


def _known_already(uow: UnitOfWork, item: Item, move: str) -> dict[str, Any]:
    """What an empty table of figures begins with: what the unit's reports of the shorter periods add up to."""
    definition = office().editions.of(item, uow)
    name, transition = table_of(definition), definition.transitions.get(move)
    if name is None or transition is None or name not in transition.inputs or item.fields.get(name):
        return {}
    rows = figures.written_rows(months_merged(office(), uow, item))
    return {name: rows} if rows else {}


def _move_page(
    uow: UnitOfWork,
    stored: StoredItem,
    move: str,
    typed: dict[str, Any],
    status: int = 200,
    *,
    refused: Refused | None = None,
    seen: int | None = None,
    notice: str = "",
    file_error: str = "",
    kept_at: datetime | None = None,
) -> Shown:
    item = stored.item
    definition = office().editions.of(item, uow)
    transition = transition_named(definition, move)
    titles, files = titles_of(uow), uow.files.of_item(item.id)
    act = request.values.get("act", "perform")
    reasons = refused.reasons if refused else ()
    actor = acting.actor_asked(uow)
    standing = [o for o in offers(office(), uow, definition, item, actor) if o.move == move]
    offer = next((o for o in standing if o.act == act), standing[0] if standing else None)
    request_open = item.request(move)
    if request_open and act == "amend" and not typed:
        typed = forms.retyped(definition, request_open.inputs, titles)
    changes = _since(uow, stored, definition, titles, seen) if seen is not None and seen != item.revision else []
    rows = (
        () if act in ("vote", "take_back") else _rows(uow, definition, transition, typed, titles, item, files, reasons)
    )
    status_now = status
    if refused is None and not changes and not file_error and offer is not None and not offer.allowed:
        reasons = offer.reasons
        status_now = problems.of_reasons(reasons).status if status == 200 else status
    state = definition.states[item.state]
    return Shown(
        "items/move.html",
        status_now,
        item=item,
        title=str(item.fields.get("title") or item.code),
        state=label(state.label),
        group=state.group.value,
        due=presenting.due_of(item, definition, office().clock.now()),
        move=move,
        act=act,
        acting=acting.acting(uow, definition, item, actor, offer, titles),
        label=label(transition.label),
        ahead=_ahead(uow, stored, transition, offer, rows, typed, titles),
        rows=rows,
        comment=typed.get(COMMENT, ""),
        comment_required=COMMENT in transition.require,
        comment_error=forms.errors_by_field(reasons, definition).get(COMMENT, ""),
        errors=[
            *([("", file_error)] if file_error else []),
            *forms.summary(reasons, definition, titles, transition.inputs),
        ],
        request_card=_request_card(request_open, definition, titles, files) if request_open else None,
        changes=changes,
        possible=offer is not None,
        key=new_id(office().clock.now()),
        notice=notice,
        kept_at=kept_at,
        work=work_lists(uow, item, titles) if any(row.figures for row in rows) else None,
        kept=bool(reasons or changes or file_error),
    )


def _ahead(
    uow: UnitOfWork,
    stored: StoredItem,
    transition: Transition,
    offer: Offer | None,
    rows: Iterable[forms.FormField],
    typed: dict[str, Any],
    titles: Titles,
) -> Ahead:
    """What the form as it is filled in would lead to."""
    acts = {"vote": "approve", "take_back": "take_back"}
    inputs = {row.name: row.value for row in rows if row.value not in ("", (), None)}
    asked = MoveRequest(
        stored.item.id,
        transition.name,
        acts.get(offer.act if offer else "", "perform"),
        inputs,
        str(typed.get(COMMENT, "")),
    )
    return ahead_of(uow, stored, asked, offer.acting_for if offer else None, titles)


def _rows(
    uow: UnitOfWork,
    definition: Definition,
    transition: Transition,
    typed: dict[str, Any],
    titles: Titles,
    item: Item,
    files: Any,
    reasons: Any,
) -> tuple[forms.FormField, ...]:
    names = [name for name in transition.inputs if name != COMMENT]
    tables = {
        name: figures.form_rows(uow, definition, item, name, forms.value_in(field, typed, item, titles), reasons, files)
        for name in names
        if (field := definition.fields.get(name)) is not None and field.type is FieldType.FIGURES
    }
    return forms.fields_of(
        definition,
        names,
        transition.require,
        typed,
        titles,
        item=item,
        files=files.values(),
        errors=forms.errors_by_field(reasons, definition),
        tables=tables,
    )


def _since(
    uow: UnitOfWork, stored: StoredItem, definition: Definition, titles: Titles, seen: int
) -> list[presenting.Told]:
    """What happened to the item after the revision this person had looked at."""
    files = uow.files.of_item(stored.item.id)
    entries = history.of_item(uow, stored.item, stream=stream_of(stored.item), limit=20)
    later = [entry for entry in entries if int(entry.body.get("rev", 0)) > seen]
    return _told(uow, later, definition, titles, files)


def _told(
    uow: UnitOfWork,
    entries: Sequence[history.HistoryEntry],
    definition: Definition,
    titles: Titles,
    files: Mapping[str, StoredFile],
) -> list[presenting.Told]:
    grounds = grounds_in(uow, entries)
    return [
        presenting.told(entry, definition, titles, files, grounds=grounds.get((entry.stream, entry.n), {}))
        for entry in history.seen_by(current_actor(), entries)
    ]


@bp.post("/items/<code>/moves/<move>")
def make_move(code: str, move: str) -> Answer:
    definition, item_id = _definition_of(code)
    transition = transition_named(definition, move)
    typed = forms.typed_inputs(definition, transition.inputs)
    comment_text = request.form.get("comment", "")
    try:
        trouble = _take_uploads(code, transition, typed)
    except (TooLarge, TypeRefused) as fault:
        return _bad_file(code, move, typed | {COMMENT: comment_text}, fault)
    if trouble is not None:
        return _again(code, move, typed | {COMMENT: comment_text}, trouble)
    act = _act()
    try:
        sheets = {name: cells_in(sent.filename or "", sent.stream) for name, sent in forms.sheets(transition.inputs)}
    except (TooLarge, TypeRefused) as fault:
        return _bad_file(code, move, typed | {COMMENT: comment_text}, fault)
    if sheets or request.form.get("fill"):
        return _filled(code, move, typed | {COMMENT: comment_text}, sheets)
    if request.form.get("draft"):
        return _keep_draft(code, item_id, move, typed | {COMMENT: comment_text})
    asked = MoveRequest(code, move, act, typed, comment_text, seen=_seen())
    try:
        outcome = perform(office(), current_caller(acting_for=_giver()), asked)
    except StaleItem as stale:
        return _conflict(code, move, typed | {COMMENT: comment_text}, stale)
    if isinstance(outcome, Refused):
        return _again(code, move, typed | {COMMENT: comment_text}, outcome)
    return _done(outcome, item_id, move)


@bp.post("/items/<code>/moves/<move>/preview")
def foresee(code: str, move: str) -> Answer:
    """The form again with what it would lead to now; as a fragment, that part alone. Nothing is written."""
    definition, _item_id = _definition_of(code)
    transition = transition_named(definition, move)
    typed = forms.typed_inputs(definition, transition.inputs) | {COMMENT: request.form.get("comment", "")}
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _move_page(uow, stored, move, typed)
    if wants_fragment():
        return render_fragment("items/ahead.html", ahead=shown.part("ahead"))
    return shown.render()


@bp.post("/items/<code>/moves/<move>/keep")
def keep_typed(code: str, move: str) -> Answer:
    """Keep what is typed so far as one's draft, while one goes on; the answer is when, and what stands against the figures."""
    definition, _item_id = _definition_of(code)
    transition = transition_named(definition, move)
    typed = forms.typed_inputs(definition, transition.inputs) | {COMMENT: request.form.get("comment", "")}
    now = office().clock.now()
    with office().write() as uow:
        item = readable(uow, current_caller(), code).item
        # What comes late, after its form was sent, must not stand there as a draft again.
        fresh = item.revision == _seen()
        if fresh:
            uow.drafts.keep(current_actor().id, item.id, move, typed, now)
        faults = [
            sentence
            for name, rows in typed.items()
            if name in definition.fields and definition.fields[name].type is FieldType.FIGURES
            for told in figures.sentences(figures.faults_in(uow, item, name, rows)).values()
            for sentence in told
        ]
    if not wants_fragment():
        return redirect(url_for("items.move_form", code=code, move=move), 303)
    return render_fragment("items/kept.html", kept_at=now if fresh else None, faults=faults)


def _definition_of(code: str) -> tuple[Definition, str]:
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        return office().editions.of(stored.item, uow), stored.item.id


def _giver() -> str | None:
    with office().read() as uow:
        return acting.giver_asked(uow)


def _act() -> str:
    vote = request.form.get("vote")
    if vote in ("approve", "reject", "withdraw"):
        return vote
    act = request.form.get("act", "perform")
    return "take_back" if act == "take_back" else "perform"


def _seen() -> int | None:
    given = request.form.get("seen", "")
    if not given.isdigit():
        abort(428)
    return int(given)


def _take_uploads(code: str, transition: Transition, typed: dict[str, Any]) -> Refused | None:
    """Store what was attached and name it in the inputs; a refused file says why and loses nothing else."""
    new = []
    for name, sent in forms.uploads(transition.inputs):
        taken = evidence.attach(office(), current_caller(), code, sent.filename or "", sent.stream)
        if isinstance(taken, Refused):
            return taken
        typed.setdefault(name, []).append(taken.sha256)
        new.append(taken.sha256)
    forms.show_figures_by(typed, new)
    return None


def _bad_file(code: str, move: str, typed: dict[str, Any], fault: TooLarge | TypeRefused) -> Answer:
    """The form again with the sentence about the file on top; everything typed and every good file is kept."""
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _move_page(uow, stored, move, typed, problems.of_error(fault).status, file_error=_file_sentence(fault))
    return shown.render()


def _file_sentence(fault: TooLarge | TypeRefused) -> str:
    if isinstance(fault, TooLarge):
        return _("The file is larger than {limit} MB. Attach a smaller file, or split it.", limit=fault.limit // 2**20)
    found = label(FAULTS[fault.found]) if fault.found in FAULTS else fault.found
    return _("“{name}” was not taken: {why}.", name=fault.name, why=found)


def _again(code: str, move: str, typed: dict[str, Any], refused: Refused) -> Answer:
    problem = problems.of_reasons(refused.reasons)
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        seen = _seen() if problem.status == 409 else None
        shown = _move_page(uow, stored, move, typed, problem.status, refused=refused, seen=seen)
    return shown.render()


def _conflict(code: str, move: str, typed: dict[str, Any], stale: StaleItem) -> Answer:
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        status = problems.of_error(stale).status
        shown = _move_page(uow, stored, move, typed, status, seen=stale.seen)
    return shown.render()


def _filled(code: str, move: str, typed: dict[str, Any], sheets: Mapping[str, Sequence[Row]]) -> Answer:
    """The form again with what was pasted or stood in a sheet in its boxes; nothing is written."""
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        faults: list[Reason] = []
        for name, cells in sheets.items():
            taken = figures.taken(cells, name, uow.files.of_item(stored.item.id))
            typed[name] = put_into(typed.get(name), figures.written_rows(taken.rows))
            faults += taken.faults
        refused = Refused(stored.item, office().editions.of(stored.item, uow), move, tuple(faults)) if faults else None
        told = "" if faults else _("The table is filled. Look it over, then go on; nothing is saved yet.")
        shown = _move_page(uow, stored, move, typed, 422 if faults else 200, refused=refused, notice=told)
    return shown.render()


def _keep_draft(code: str, item_id: str, move: str, typed: dict[str, Any]) -> Answer:
    with office().write() as uow:
        uow.drafts.keep(current_actor().id, item_id, move, typed, office().clock.now())
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _move_page(uow, stored, move, typed, notice=_("Your draft is saved. Only you can see it."))
    return shown.render()


def _done(outcome: Done, item_id: str, move: str) -> Answer:
    with office().write() as uow:
        uow.drafts.discard(current_actor().id, item_id, move)
    return redirect(url_for("items.show", code=outcome.item.code, done=move), 303)


# -- comments and files -------------------------------------------------------------------------------------------------


@bp.post("/items/<code>/comments")
def add_comment(code: str) -> Answer:
    text = request.form.get("text", "").strip()
    if text:
        if isinstance(comment(office(), current_caller(), code, text), Reason):
            # The page offers no form to whoever only reads.
            abort(403)
        return redirect(url_for("items.show", code=code, _anchor="history"), 303)
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _item_page(uow, stored, 422, comment_error=_("Please write the comment first."))
    return shown.render()


@bp.post("/items/<code>/files")
def add_file(code: str) -> Answer:
    sent = request.files.get("part")
    if sent is not None and sent.filename:
        try:
            taken = evidence.attach(office(), current_caller(), code, sent.filename, sent.stream)
        except (TooLarge, TypeRefused) as fault:
            sentence, status = _file_sentence(fault), problems.of_error(fault).status
        else:
            if not isinstance(taken, Refused):
                return redirect(url_for("items.show", code=code, _anchor="files"), 303)
            sentence = " ".join(reason_sentence(reason) for reason in taken.reasons)
            status = problems.of_reasons(taken.reasons).status
    else:
        sentence, status = _("Please choose a file first."), 422
    with office().read() as uow:
        stored = readable(uow, current_caller(), code)
        shown = _item_page(uow, stored, status, file_error=sentence)
    return shown.render()


# -- a new item ---------------------------------------------------------------------------------------------------------


@bp.get("/items/new")
def new_form() -> Answer:
    with office().read() as uow:
        shown = _new_page(uow, {})
    return shown.render()


def _new_page(
    uow: UnitOfWork, typed: dict[str, Any], status: int = 200, reasons: tuple[Any, ...] = (), unit_error: str = ""
) -> Shown:
    possible = creatable(office(), uow, current_caller())
    if not possible:
        abort(403)
    chosen = request.values.get("workflow") or possible[0].workflow
    definition = next((one for one in possible if one.workflow == chosen), None)
    if definition is None:
        abort(403)
    titles = titles_of(uow)
    errors = forms.errors_by_field(reasons, definition)
    rows = forms.fields_of(
        definition, definition.create.inputs, definition.create.require, typed, titles, errors=errors
    )
    summary = forms.summary(reasons, definition, titles, definition.create.inputs)
    if unit_error:
        summary.insert(0, ("unit", unit_error))
    return Shown(
        "items/new.html",
        status,
        workflow=chosen,
        workflows=[(one.workflow, label(one.label)) for one in possible],
        label=label(definition.label),
        units=[(name, label(words)) for name, words in titles.units.items()],
        unit=request.values.get("unit") or (current_actor().unit or ""),
        unit_error=unit_error,
        rows=rows,
        errors=summary,
        key=new_id(office().clock.now()),
    )


@bp.post("/items/new")
def create_item() -> Answer:
    workflow = request.form.get("workflow", "")
    definition = office().editions.latest(workflow)
    typed = forms.typed_inputs(definition, definition.create.inputs)
    unit = request.form.get("unit", "")
    with office().read() as uow:
        missing = not uow.people.unit_exists(unit)
        shown = _new_page(uow, typed, 422, unit_error=_("Please choose the lead unit.")) if missing else None
    if shown is not None:
        return shown.render()
    made = create(office(), current_caller(), NewItem(workflow, unit, typed))
    if isinstance(made, Created):
        return redirect(url_for("items.show", code=made.item.code, done="create"), 303)
    with office().read() as uow:
        shown = _new_page(uow, typed, problems.of_reasons(made.reasons).status, made.reasons)
    return shown.render()
