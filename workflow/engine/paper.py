"""What the texts of a paper may leave open, which fields it speaks of, and how a text is filled."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from workflow.engine.definition import Agency, FieldType, PaperForm, Table

PLACEHOLDERS: Mapping[str, Mapping[str, FieldType]] = MappingProxyType(
    {
        "agency": {},
        "commune": {},
        "committee": {},
        "consolidating": {},
        "unit": {},
        "unit_symbol": {},
        "title": {"title": FieldType.TEXT},
        "period": {"period": FieldType.TEXT},
        "window": {"window_from": FieldType.DATE, "window_to": FieldType.DATE},
    }
)
"""Every word that may stand in braces, and the fields of the item that it is made of."""

BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
"""A placeholder, whose word is the group; or a brace that belongs to none."""

_SENDERS = ("on_time_units", "late_units", "missing_units", "waived_units")


def needs_of(table: Table, agency: Agency) -> Mapping[str, FieldType]:
    """The fields that an annex is made of, by name; a table of figures is any field of its type."""
    if table is Table.FIGURES:
        return {}
    if table is Table.SENDERS:
        return dict.fromkeys(_SENDERS, FieldType.TEXT)
    return PLACEHOLDERS["period" if agency is Agency.COMMUNE else "window"]


def placeholders_in(text: str) -> Iterator[str]:
    """The words in braces, in the order of the text."""
    return (found[1] for found in BRACES.finditer(text) if found[1] is not None)


def fields_said(form: PaperForm) -> frozenset[str]:
    """The fields whose words stand on the paper itself; whoever changes one after the signature takes the signature away."""
    texts = (form.subject, form.addressee, form.opening, *form.recipients)
    asked = (PLACEHOLDERS[word] for text in texts for word in placeholders_in(text) if word in PLACEHOLDERS)
    return frozenset(name for name, _ in form.sections) | {name for needs in asked for name in needs}


def filled(text: str, words: Mapping[str, str]) -> str:
    """The text with its placeholders filled, once: what a word brings in is not read again. No gap stays where a word is empty."""
    said = BRACES.sub(lambda found: words.get(found[1] or "", ""), text)
    return re.sub(" {2,}", " ", said).strip()


def filled_line(text: str, words: Mapping[str, str]) -> str | None:
    """The same of a line that stands for itself; None where one of its placeholders has nothing to say."""
    return filled(text, words) if all(words.get(word) for word in placeholders_in(text)) else None
