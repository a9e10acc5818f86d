"""A paper as PDF/A, set by Typst from our own template with our own letters; nothing of the machine's fonts or clock gets in."""

import json
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

import typst

from workflow.exports import paper as form
from workflow.exports.paper import Paper
from workflow.exports.seal import svg
from workflow.exports.typefaces import FAMILY, FOLDER, common_letters

_TEMPLATE = Path(__file__).with_name("paper.typ")
_MISSING = "□"
_TITLE = 250


def pdf(paper: Paper) -> bytes:
    """The paper as PDF/A-2a; equal papers make equal bytes. A letter that the typeface lacks is shown as an empty box."""
    said = json.dumps(_said(paper), ensure_ascii=False)
    made = _compiler().compile(
        input=_TEMPLATE.read_bytes(),
        format="pdf",
        sys_inputs={"paper": said},
        pdf_standards="a-2a",
        timestamp=paper.composed_at.astimezone(UTC),
    )
    if not isinstance(made, bytes):
        raise TypeError("one document was asked for")
    return made


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FOLDER])


def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)


def _said(paper: Paper) -> dict[str, Any]:
    return {
        "family": FAMILY,
        "margins": {"top": form.TOP, "bottom": form.BOTTOM, "left": form.LEFT, "right": form.RIGHT},
        "nation": form.NATION,
        "motto": form.MOTTO,
        "title": shown(f"{paper.kind} {paper.subject}")[:_TITLE],
        "superior": [shown(line) for line in form.balanced(paper.superior.upper())],
        "agency": [shown(line) for line in form.balanced(paper.agency.upper())],
        "number": shown(paper.number_line),
        "date": shown(paper.date_line),
        "draft": form.DRAFT if paper.draft else "",
        "kind": shown(paper.kind).upper(),
        "subject": shown(paper.subject),
        "addressee": shown(paper.addressee),
        "opening": [shown(line) for line in form.paragraphs(paper.opening)],
        "body": [[shown(heading), [shown(line) for line in lines]] for heading, lines in form.body(paper)],
        "recipients-word": form.RECIPIENTS,
        "recipients": [shown(one) for one in paper.recipients],
        "capacity": [shown(one) for one in paper.capacity],
        "signer": shown(paper.signer),
        "reference": shown(paper.reference),
        "annexes": [_annex(paper, n) for n in range(len(paper.annexes))],
        "seal": {"line": shown(paper.seal.line), "code": svg(paper.seal).decode()} if paper.seal else None,
        "seal-side": form.SEAL_SIDE,
        "seal-means": form.SEAL_MEANS,
    }


def _annex(paper: Paper, n: int) -> dict[str, Any]:
    annex = paper.annexes[n]
    return {
        "number": shown(form.annex_number(paper, n)),
        "title": shown(annex.title),
        "headings": [shown(column.heading) for column in annex.columns],
        "widths": [column.width for column in annex.columns],
        "aligns": [column.align.value for column in annex.columns],
        "rows": [[shown(form.written(cell)) for cell in row] for row in annex.rows],
        "note": shown(annex.note),
    }


def shown(text: str) -> str:
    """The letters of a text as the typeface can show them."""
    known = common_letters()
    return "".join(letter if ord(letter) in known else _MISSING for letter in form.clean(text))
