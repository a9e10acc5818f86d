"""A document of a workflow, made a Definition."""

from dataclasses import dataclass

from workflow.catalog.findings import Finding
from workflow.catalog.read import Document
from workflow.engine.definition import OFFICES, POSTS, Definition


@dataclass(frozen=True, slots=True)
class Names:
    """What a file may refer to beyond itself: the organisation's roles and areas, calendars, templates, workflows."""

    roles: frozenset[str] = OFFICES | POSTS
    calendars: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Compiled:
    """`definition` is None where the grammar fails; `document` tells where each of its parts stands.

    A word of a `by` that nothing knows is kept as a Who of kind FIELD whose field does not exist.
    """

    definition: Definition | None
    findings: tuple[Finding, ...]
    document: Document
