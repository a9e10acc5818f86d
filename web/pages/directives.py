"""Directives: what was taken in with its register; a new one, looked over and corrected before anything of it counts."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from web import problems
from web.actors import current_actor, current_caller
from web.i18n import _, due_cue, label, reason_sentence
from web.pages import corrections, presenting
from web.pages.complaints import complaints, pasted_text, sent_file, shown_text
from web.pages.corrections import Correction, HeadTyped, Known, Trouble
from web.pages.rendering import Shown
from web.titles import Titles, titles_of
from web.wiring import office, settings, shipped
from workflow.engine import Label
from workflow.engine.definition import Purpose
from workflow.engine.visibility import ReadScope, scope_of
from workflow.errors import NotFound
from workflow.ids import new_id
from workflow.persistence import UnitOfWork
from workflow.persistence.directives import Directive
from workflow.persistence.drafts import Draft
from workflow.queries import register
from workflow.services.directives import (
    CREATED,
    Imported,
    NotImported,
    Order,
    Preview,
    import_directive,
    preview,
    refusal_to_import,
)

bp = Blueprint("directives", __name__)

Answer = AnyResponse | tuple[str, int]
_MOST_PROPOSALS = 200
_DRAFT_OF = "directive"
_PRINT = 16
_FEW = 12
"""So many orders can be shown with all their fields; of a longer document each row brings its own when it is asked for."""
_OPEN = "open-"
_HEAD_FIELDS = ("title", "number", "dated_on", "source")


# -- what was taken in --------------------------------------------------------------------------------------------------


@bp.get("/directives")
def index() -> Answer:
    _reader()
    with office().read() as uow:
        titles = titles_of(uow)
        shown = Shown(
            "directives/list.html",
            rows=register.summaries(uow),
            titles=titles,
            may_import=refusal_to_import(office(), uow, current_caller()) is None,
            begun=[(draft.move, draft.inputs["file"], draft.at) for draft in _drafts(uow)],
            done=_done_words().get(request.args.get("done", ""), ""),
        )
    return shown.render()


def _reader() -> ReadScope:
    """What the asker may read; directives are for those who have a part in the office's work."""
    scope = scope_of(current_actor())
    if not (scope.everything or scope.unit or scope.lent):
        abort(403)
    return scope


def _done_words() -> dict[str, str]:
    return {
        "imported": _("The document has been entered. Its tasks and standing duties wait as drafts to be assigned."),
        "discarded": _("The document was put aside; nothing of it was entered."),
        "kept": _("Your corrections are saved. Only you can see them."),
    }


@dataclass(frozen=True, slots=True)
class Instance:
    """The part of one unit in an obligation; `href` leads to the item that carries it."""

    unit: str
    href: str = ""
    code: str = ""
    state: str = ""
    group: str = ""
    due: Any = None


@dataclass(frozen=True, slots=True)
class Registered:
    title: str
    area: str
    served: str
    instances: tuple[Instance, ...]


@bp.get("/directives/<directive_id>")
def show(directive_id: str) -> Answer:
    scope = _reader()
    with office().read() as uow:
        found = uow.directives.find(directive_id)
        if found is None:
            raise NotFound("directive", directive_id)
        titles = titles_of(uow)
        lines = register.lines(uow, directive_id, scope)
        shown = Shown(
            "directives/show.html",
            directive=found,
            imported_by=titles.person(found.imported_by),
            sections=[(_section(name), _registered(part, titles, uow)) for name, part in _by(lines, "section")],
            obligations=len({line.obligation for line in lines}),
            instances=len(lines),
            whole=scope.everything,
            unit=titles.unit(scope.unit),
            drafts=_drafts_made(lines, uow),
            done=_done_words().get(request.args.get("done", ""), ""),
        )
    return shown.render()


def _by(lines: Iterable[register.Line], part: str) -> Iterator[tuple[str, list[register.Line]]]:
    return ((name, list(found)) for name, found in groupby(lines, lambda line: getattr(line, part)))


def _section(name: str) -> str:
    """`s1.2` as people say it."""
    return _("Section {n}", n=name.removeprefix("s"))


def _registered(lines: Iterable[register.Line], titles: Titles, uow: UnitOfWork) -> list[Registered]:
    return [
        Registered(
            title=label(found[0].title),
            area=titles.area(found[0].area),
            served=corrections.served_words(found[0].served_by),
            instances=tuple(_instance(line, titles, uow) for line in found),
        )
        for _name, found in _by(lines, "obligation")
    ]


def _instance(line: register.Line, titles: Titles, uow: UnitOfWork) -> Instance:
    carrier = line.carrier
    if carrier is None:
        return Instance(titles.unit(line.unit))
    state = office().editions.latest(carrier.workflow, uow).states.get(carrier.state)
    now = office().clock.now()
    return Instance(
        unit=titles.unit(line.unit),
        href=presenting.item_path(carrier.code),
        code=carrier.code,
        state=label(state.label) if state else carrier.state,
        group=carrier.group,
        due=None if carrier.final else due_cue(carrier.due_at, now, zone=settings().zone),
    )


def _drafts_made(lines: Iterable[register.Line], uow: UnitOfWork) -> list[tuple[str, str, int, str]]:
    """For each workflow whose items an import makes: its name, its first state, how many stand there, and their list."""
    standing = [line.carrier for line in lines if line.carrier is not None]
    made = []
    for definition in filter(None, (office().editions.find_serving(purpose, uow) for purpose in CREATED)):
        workflow, first = definition.workflow, definition.initial
        count = sum(one.workflow == workflow and one.state == first.name for one in standing)
        if count:
            href = f"/items?{urlencode({'workflow': workflow, 'state': first.name})}"
            made.append((label(definition.label), label(first.label), count, href))
    return made


# -- a new one ----------------------------------------------------------------------------------------------------------


@bp.get("/directives/new")
def new_form() -> Answer:
    return _new_page("", ()).render()


def _new_page(text: str, errors: Iterable[tuple[str, str]], status: int = 200, **more: Any) -> Shown:
    with office().read() as uow:
        _only_importers(uow)
        begun = [(draft.move, draft.inputs["file"], draft.at) for draft in _drafts(uow)]
    return Shown("directives/new.html", status, text=text, errors=list(errors), begun=begun, **more)


def _only_importers(uow: UnitOfWork) -> None:
    office().editions.serving(Purpose.TASK, uow)
    if refusal_to_import(office(), uow, current_caller()) is not None:
        abort(403)


@bp.post("/directives/new")
def read_new() -> Answer:
    """What was sent is read and kept for this person alone; the next page shows what was understood."""
    with office().read() as uow:
        _only_importers(uow)
    file, source = _sent()
    if not source.strip():
        return _new_page("", [("part", _("Please choose a file, or paste the text of the document."))], 422).render()
    read = preview(office(), shipped(), source, file)
    text = shown_text(source)
    if read.order is None:
        told = _("The document cannot be entered yet; what stands against it is listed below.")
        return _new_page(text, [("text", told)], 422, complaints=complaints(read.dispatch.findings, text)).render()
    if len(read.order.obligations) > _MOST_PROPOSALS:
        many = _("The document holds {n} orders; {most} at most can be entered at once. Please split it.")
        sentence = many.format(n=len(read.order.obligations), most=_MOST_PROPOSALS)
        return _new_page(text, [("text", sentence)], 422).render()
    return _keep_new(read.order, file, text)


def _sent() -> tuple[str, bytes]:
    """A name by whose ending the form is known, and the bytes."""
    sent = sent_file()
    if sent is not None:
        return sent
    text = pasted_text()
    structured = text.lstrip().startswith("{") or any(line.startswith("schema:") for line in text.splitlines())
    return _("pasted text") + (".yaml" if structured else ".txt"), text.encode()


def _keep_new(order: Order, file: str, text: str) -> Answer:
    print_ = order.source_hash[:_PRINT]
    known = _known(print_)
    if known is not None:
        reason = _("This document has been entered already: {title}.", title=known.title)
        return _new_page(text, [("", reason)], 409, known=url_for("directives.show", directive_id=known.id)).render()
    with office().write() as uow:
        begun = uow.drafts.find(current_actor().id, _DRAFT_OF, print_)
        typed = begun.inputs["typed"] if begun else None
        inputs = {"file": file, "text": text, "typed": typed}
        uow.drafts.keep(current_actor().id, _DRAFT_OF, print_, inputs, office().clock.now())
    return redirect(url_for("directives.preview_form", print_=print_), 303)


def _known(print_: str) -> Directive | None:
    with office().read() as uow:
        return next((one for one in uow.directives.all() if one.source_hash[:_PRINT] == print_), None)


def _drafts(uow: UnitOfWork) -> list[Draft]:
    return [draft for draft in uow.drafts.of_person(current_actor().id) if draft.item == _DRAFT_OF]


# -- looked over --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal of the form; `errors` by field.

    `open`: its fields are on the page; `shown`: they are unfolded. Those of a row that is not open are carried along unseen.
    """

    correction: Correction
    title: str
    served: str
    units: str
    area: str
    errors: Mapping[str, str]
    open: bool
    shown: bool

    @property
    def values(self) -> Iterator[tuple[str, str]]:
        """What the form must hold of a row that is not open, by field."""
        one = self.correction
        yield from (("title_vi", one.title_vi), ("title_en", one.title_en), ("served_by", one.served_by))
        yield from (("area", one.area), ("due_on", one.due_on), *(("units", unit) for unit in one.units))


@dataclass(frozen=True, slots=True)
class PassageShown:
    name: str
    unit: str
    text: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class PartShown:
    heading: str
    passages: tuple[PassageShown, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """A document that somebody is looking over: its text, what was understood of it, and what was typed so far.

    `print_`, the beginning of its hash, names it in addresses.
    """

    print_: str
    file: str
    text: str
    read: Preview
    order: Order
    head: HeadTyped
    corrections: tuple[Correction, ...]


def _begun(print_: str, inputs: Mapping[str, Any]) -> Begun:
    file, text, typed = str(inputs["file"]), str(inputs["text"]), inputs["typed"]
    read = preview(office(), shipped(), text, file)
    if read.order is None:
        # It was read once; what a later release cannot read any more is put in anew.
        raise NotFound("draft", print_)
    if typed is None:
        head, rows = corrections.head_proposed(read.order), corrections.proposed(read.order.obligations)
    else:
        form: corrections.Form = MultiDict(typed)
        head, rows = corrections.head_typed(form), corrections.typed(form, len(read.order.obligations))
    return Begun(print_, file, text, read, read.order, head, rows)


@bp.get("/directives/new/<print_>")
def preview_form(print_: str) -> Answer:
    draft = _draft(print_)
    if draft is None:
        raise NotFound("draft", print_)
    begun = _begun(print_, draft.inputs)
    with office().read() as uow:
        shown = _preview_page(uow, begun, opened=request.args.getlist("open"))
    return shown.render()


def _draft(print_: str) -> Draft | None:
    with office().read() as uow:
        _only_importers(uow)
        return uow.drafts.find(current_actor().id, _DRAFT_OF, print_)


@bp.post("/directives/new/<print_>")
def settle(print_: str) -> Answer:
    """Keep the corrections, put the document aside, or take all of it in."""
    draft = _draft(print_)
    if draft is None:
        # The same form was sent before: what it asked for stands already.
        known = _known(print_) or abort(404)
        return redirect(url_for("directives.show", directive_id=known.id), 303)
    if request.form.get("act") == "discard":
        _discard(print_)
        return redirect(url_for("directives.index", done="discarded"), 303)
    # What was typed is kept first, so that no answer can lose it.
    inputs = {**draft.inputs, "typed": _typed_fields()}
    with office().write() as uow:
        uow.drafts.keep(current_actor().id, _DRAFT_OF, print_, inputs, office().clock.now())
    act = request.form.get("act", "")
    if act == "keep":
        return redirect(url_for("directives.preview_form", print_=print_, done="kept"), 303)
    if act.startswith(_OPEN):
        n = act.removeprefix(_OPEN)
        opened = dict.fromkeys((*request.form.getlist("open"), n))
        return redirect(url_for("directives.preview_form", print_=print_, open=list(opened), _anchor=f"p{n}"), 303)
    return _confirm(_begun(print_, inputs))


def _typed_fields() -> dict[str, list[str]]:
    sent = request.form.to_dict(flat=False)
    return {name: values for name, values in sent.items() if name in _HEAD_FIELDS or name.startswith("p")}


def _discard(print_: str) -> None:
    with office().write() as uow:
        uow.drafts.discard(current_actor().id, _DRAFT_OF, print_)


def _confirm(begun: Begun) -> Answer:
    with office().read() as uow:
        titles = titles_of(uow)
    today = office().clock.now().astimezone(office().zone).date()
    known = Known(titles.units, titles.areas, today)
    order = corrections.corrected(begun.order, begun.head, begun.corrections, known)
    if isinstance(order, tuple):
        return _again(begun, order, 422)
    outcome = import_directive(office(), current_caller(), order)
    if isinstance(outcome, NotImported):
        reasons = [reason for row in outcome.rows for reason in row.reasons]
        return _again(begun, tuple(_troubles(outcome, begun, titles)), problems.of_reasons(reasons).status)
    return _entered(outcome, begun)


def _entered(outcome: Imported, begun: Begun) -> Answer:
    _discard(begun.print_)
    return redirect(url_for("directives.show", directive_id=outcome.directive, done="imported"), 303)


def _again(begun: Begun, troubles: tuple[Trouble, ...], status: int) -> Answer:
    with office().read() as uow:
        shown = _preview_page(uow, begun, status, troubles, opened=request.form.getlist("open"))
    return shown.render()


_FIELDS = {"title": "title_vi", "area": "area", "due_on": "due_on", "unit": "units", "support_units": "units"}


def _troubles(refused: NotImported, begun: Begun, titles: Titles) -> Iterator[Trouble]:
    """Each refusal of the import as a trouble of the row it is about; what several units share is said once."""
    places = {one.id: n for n, one in enumerate(begun.order.obligations)}
    told: dict[tuple[str, str, int | None], list[str]] = {}
    for row in refused.rows:
        n = places.get(row.obligation)
        for reason in row.reasons:
            field = reason.params.get("field", "")
            sentence = reason_sentence(reason, definition=row.definition, unit_name=titles.unit)
            name = field if field in _HEAD_FIELDS and field not in _FIELDS else _FIELDS.get(field, "keep")
            if n is not None and name not in _HEAD_FIELDS:
                name = begun.corrections[n].name(name)
            told.setdefault((name if n is not None else "", sentence, n), []).append(titles.unit(row.unit))
    for (name, sentence, n), units in told.items():
        named = ", ".join(unit for unit in units if unit)
        yield Trouble(name, f"{sentence} ({named})" if named else sentence, n)


def _preview_page(
    uow: UnitOfWork,
    begun: Begun,
    status: int = 200,
    troubles: tuple[Trouble, ...] = (),
    opened: Collection[str] = (),
) -> Shown:
    titles = titles_of(uow)
    few = len(begun.corrections) <= _FEW
    rows = [_row(one, titles, troubles, all_open=few, unfolded=str(one.n) in opened) for one in begun.corrections]
    kept = [one for one in begun.corrections if one.keep]
    return Shown(
        "directives/preview.html",
        status,
        print_=begun.print_,
        file=begun.file,
        document=begun.read.dispatch.document,
        guessed=begun.read.dispatch.proposed,
        head=begun.head,
        head_errors={one.field: one.sentence for one in troubles if one.n is None},
        complaints=complaints(begun.read.dispatch.findings, begun.text),
        parts=_parts(begun, rows, titles),
        errors=[(one.field, _titled(one, rows)) for one in troubles],
        served=_served_choices(begun.order),
        folded=not few,
        units=[(name, label(words)) for name, words in titles.units.items()],
        areas=[(name, label(words)) for name, words in titles.areas.items()],
        obligations=len(kept),
        instances=sum(len(one.units) for one in kept),
        made=[(corrections.served_words(purpose), _count(kept, purpose)) for purpose in CREATED],
        registered=sum(len(one.units) for one in kept if one.served_by not in CREATED),
        key=new_id(office().clock.now()),
        done=_done_words().get(request.args.get("done", ""), "") if not troubles else "",
    )


def _count(kept: Iterable[Correction], purpose: str) -> int:
    return sum(len(one.units) for one in kept if one.served_by == purpose)


def _titled(trouble: Trouble, rows: list[Row]) -> str:
    return trouble.sentence if trouble.n is None else f"{rows[trouble.n].title}: {trouble.sentence}"


def _served_choices(order: Order) -> list[tuple[str, str]]:
    names = dict.fromkeys([*corrections.SERVED, *(one.served_by for one in order.obligations)])
    return [(name, corrections.served_words(name)) for name in names]


def _row(one: Correction, titles: Titles, troubles: Iterable[Trouble], *, all_open: bool, unfolded: bool) -> Row:
    errors = {trouble.field: trouble.sentence for trouble in troubles if trouble.n == one.n}
    shown = unfolded or bool(errors)
    return Row(
        correction=one,
        title=label(Label(one.title_vi, one.title_en or one.title_vi)) or _("(no title)"),
        served=corrections.served_words(one.served_by),
        units=", ".join(titles.unit(unit) for unit in one.units),
        area=titles.area(one.area),
        errors=errors,
        open=all_open or shown,
        shown=shown,
    )


def _parts(begun: Begun, rows: list[Row], titles: Titles) -> list[PartShown]:
    """The document's own order; obligations whose passage it does not show come last, by their section."""
    of_section: dict[str, list[Row]] = {}
    for obligation, row in zip(begun.order.obligations, rows, strict=True):
        of_section.setdefault(obligation.section, []).append(row)
    dispatch = begun.read.dispatch
    shown = []
    for part in dispatch.parts:
        passages = [
            PassageShown(_section(one.id), titles.unit(one.unit_id), one.text, tuple(of_section.pop(one.id, ())))
            for one in dispatch.passages
            if one.part == part.number
        ]
        heading = titles.unit(part.unit_id) or part.heading or _("Closing part")
        shown.append(PartShown(_("Part {n}: {heading}", n=part.number, heading=heading), tuple(passages)))
    if of_section:
        rest = tuple(PassageShown(_section(name), "", "", tuple(found)) for name, found in of_section.items())
        shown.append(PartShown(_("Without their words here") if dispatch.parts else _("Orders"), rest))
    return shown
