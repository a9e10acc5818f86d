"""A workflow in three editions and an office that has items under each: for rules about what becomes of running items."""

import re
from datetime import timedelta
from pathlib import Path

from tests.offices import HOUSE, OPENING, at, caller, moved, opened_office
from workflow.services import publishing
from workflow.services.deadlines import sweep
from workflow.services.items import Created, NewItem, create
from workflow.services.moves import MoveRequest, perform
from workflow.services.office import Office

BASE = (Path(__file__).parent / "definitions" / "lint" / "base.yaml").read_text(encoding="utf-8")
STAGES = ("draft", "open", "late", "proposed", "planned", "done", "closed")
"""Where items are brought; the last is final, `proposed` is late with an open request."""


def edited(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


PLACE = '  place: {type: text, private: false, label: {vi: "Nơi", en: "Place"}}\n'
SECRET = '  secret: {type: text, label: {vi: "Mật", en: "Secret"}}\n'
FIRST = edited(BASE, ("calendar: vn\n", "calendar: vn-commune\n"))
SECOND = edited(
    re.sub(r"\bplanned\b", "mended", FIRST),
    ("version: 1\n", "version: 2\n"),
    ("require: [title, due_on], optional: [kind]", "require: [title, due_on, kind], optional: [place, secret]"),
    (
        "  note: {",
        f"{PLACE}{SECRET}  note: {{",
    ),
)
SECOND += "migrate: [{from: 1, states: {planned: mended}, fill: {kind: plain}}]\n"
THIRD = edited(
    re.sub(r"\bopen\b", "doing", SECOND.partition("migrate:")[0]),
    ("version: 2\n", "version: 3\n"),
    ("optional: [place, secret]", "optional: [site]"),
    (PLACE, ""),
    (SECRET, '  site: {type: text, private: false, label: {vi: "Địa điểm", en: "Site"}}\n'),
)
THIRD += "migrate: [{from: 2, states: {open: doing}, fill: {site: place}, drop: [place, secret]}]\n"


def publish(office: Office, text: str) -> None:
    publishing.publish(office, HOUSE, text.encode(), "errand.yaml")


def lived_in(folder: Path, of_each: int) -> Office:
    """The office on 8 June 2026: items of the first two editions at every stage, `of_each` of each, and the third published."""
    office = opened_office(folder)
    for text, fields in ((FIRST, {}), (SECOND, {"kind": "urgent", "place": "Hội trường", "secret": "Kín"})):
        publish(office, text)
        for stage in STAGES:
            for _ in range(of_each):
                brought(office, stage, fields)
    sweep(at(office, OPENING + timedelta(days=3)))
    office = at(office, OPENING + timedelta(days=7))
    explained(office)
    publish(office, THIRD)
    return office


def brought(office: Office, stage: str, fields: dict[str, str]) -> None:
    behind = stage in ("late", "proposed", "planned")
    new = NewItem("errand", "kt", {"title": stage, "due_on": "2026-06-02" if behind else "2026-12-01", **fields})
    created = create(office, caller(office, "clerk"), new)
    assert isinstance(created, Created), created
    code = created.item.code
    if stage != "draft":
        moved(office, "chairman", code, "assign")
    if stage in ("done", "closed"):
        moved(office, "head.kt", code, "report", note="Xong")
    if stage == "closed":
        moved(office, "chairman", code, "close")


def explained(office: Office) -> None:
    """Plans for what is late, as far as their stage goes."""
    for item in items(office):
        stage = item.fields["title"]
        if stage in ("proposed", "planned"):
            moved(office, "head.kt", item.code, "plan", note="Thiếu người", plan_on="2026-06-30", owner="officer.kt")
        if stage == "planned":
            perform(office, caller(office, "chairman"), MoveRequest(item.code, "plan", "approve"))


def items(office: Office) -> list:
    """Every errand, in the order of creation."""
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 10_000) if stored.item.workflow == "errand"]
