"""The workflows as they are published: the drawing, the states, who may do what."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response as AnyResponse

from web.actors import current_actor
from web.i18n import _, label, language, role_name
from web.pages import presenting
from web.pages.rendering import render_page
from web.wiring import office
from workflow.catalog.draw import View, draw
from workflow.catalog.inputs import input_field
from workflow.engine import Definition
from workflow.engine.administration import refusal_to_administer
from workflow.services import publishing
from workflow.services.mining import refusal_to_mine

bp = Blueprint("workflows", __name__)

Answer = AnyResponse | tuple[str, int]


@bp.get("/definitions")
def index() -> Answer:
    rows = [
        (label(one.label), one.workflow, one.version, len(one.states), len(one.transitions))
        for one in office().editions.all_latest()
    ]
    return render_page("workflows/list.html", rows=rows, may_edit=_may_edit())


def _may_edit() -> bool:
    return refusal_to_administer(current_actor()) is None


@bp.get("/definitions/<name>")
def newest(name: str) -> Answer:
    return _shown(office().editions.latest(name))


@bp.get("/definitions/<name>/<int:version>")
def edition(name: str, version: int) -> Answer:
    return _shown(office().editions.version(name, version))


def _shown(definition: Definition) -> Answer:
    with office().read() as uow:
        scenarios = publishing.scenarios_of(uow, definition.workflow, definition.version)
    drawing = draw(definition, View(None, (), frozenset(), language()), "whole")
    return render_page(
        "workflows/show.html",
        name=label(definition.label),
        workflow=definition.workflow,
        may_edit=_may_edit(),
        may_mine=refusal_to_mine(current_actor()) is None,
        version=definition.version,
        fingerprint=definition.fingerprint,
        drawing=drawing,
        scenarios=scenarios,
        editions=_editions(definition.workflow),
        moves=[_move(definition, name) for name in definition.transitions],
        states=[
            (label(state.label), role_name(str(state.waits_on), definition) if state.waits_on else "")
            for state in definition.states.values()
        ],
    )


def _editions(workflow: str) -> list[dict[str, Any]]:
    """Every version, the newest first, with how many items follow it; `before` is the one it came after."""
    with office().read() as uow:
        published = uow.definitions.editions(workflow)
        counts = uow.items.on_editions(workflow)
    rows = [
        {
            "version": one.version,
            "at": one.published_at,
            "open": counts.get(one.version, (0, 0))[0],
            "closed": counts.get(one.version, (0, 0))[1],
            "before": before.version if before else None,
        }
        for before, one in zip((None, *published), published, strict=False)
    ]
    return rows[::-1]


def _move(definition: Definition, name: str) -> dict[str, str]:
    transition = definition.transitions[name]
    asked = [label(field.label) for part in transition.require if (field := input_field(definition, part))]
    decided = [
        ", ".join(role_name(str(who), definition) for who in step.by)
        for step in (transition.gate.steps if transition.gate else ())
    ]
    return {
        "label": label(transition.label),
        "from": ", ".join(label(definition.states[source].label) for source in transition.sources),
        "to": presenting.targets_text(definition, transition),
        "who": ", ".join(role_name(str(who), definition) for who in transition.starters),
        "decided": "; ".join(decided),
        "asks": ", ".join(asked),
        "conditions": " ".join(label(rule.otherwise) for rule in transition.when if rule.otherwise),
        "distinct": _("somebody else than in: {moves}", moves=", ".join(_labels(definition, transition.distinct_from)))
        if transition.distinct_from
        else "",
    }


def _labels(definition: Definition, moves: tuple[str, ...]) -> list[str]:
    return [label(definition.transitions[name].label) for name in moves if name in definition.transitions]
