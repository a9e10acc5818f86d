"""An office whose workflows bear other names does everything: pages and jobs ask for a purpose, never for a name."""

from collections import Counter
from datetime import date, datetime

import pytest

from tests.databases import sqlite_ground
from tests.offices import (
    DEFINITIONS,
    HOUSE,
    OPENING,
    at,
    caller,
    moved,
    next_version,
    office_over,
    opened_office,
    publish_all,
    shipped,
)
from tests.renamed import OTHER, renamed_definitions
from tests.reporting import FIGURES, UNITS, ZONE, on, table, voted
from workflow.catalog import load_folder
from workflow.engine.accountability import Measure
from workflow.engine.definition import Purpose
from workflow.errors import DefinitionInvalid, Unserved
from workflow.outbox.inline import relay_inline
from workflow.services import auditing, people, publishing
from workflow.services.accountability import account, explain, may_explain, period_asked
from workflow.services.consolidation import Consolidated, consolidate, of_period
from workflow.services.deadlines import sweep
from workflow.services.directives import Imported, NotImported, import_directive, order_of
from workflow.services.editions import Editions
from workflow.services.gathering import gather
from workflow.services.items import Created
from workflow.services.matrix import matrix
from workflow.services.overview import overview
from workflow.services.reports import open_period
from workflow.services.unit_work import work_of

ORDER = order_of(
    shipped().obligations, (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes(), date(2026, 6, 15)
)
CAUSE = {"cause_kind": "objective", "cause_note": "Thành phố đổi danh mục"}


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture(scope="module")
def other_library(tmp_path_factory):
    return load_folder(renamed_definitions(tmp_path_factory.mktemp("renamed")))


def renamed_office(folder, library):
    office = office_over(sqlite_ground(folder).database(), OPENING, library)
    people.seed_organisation(office, HOUSE, library.organisation)
    publish_all(office, library)
    return office


def items(office):
    with office.read() as uow:
        return [stored.item for stored in uow.items.page("", 2000)]


def item(office, code):
    with office.read() as uow:
        return uow.items.get(code).item


def children(office, code):
    with office.read() as uow:
        return [child.item.code for child in uow.items.children(uow.items.get(code).item.id)]


def live(office, names):
    """From June to October: a directive, a late task with its extension and its difficulty, reports, their sum, an explanation."""
    june = at(office, local("2026-06-15 09:00"))
    taken = import_directive(june, caller(june, "clerk"), ORDER)
    assert isinstance(taken, Imported), taken
    assert (taken.items, taken.obligations) == (48, 89)
    for one in items(june):
        moved(june, "chairman", one.code, "assign")
    tasks = [one for one in items(june) if one.workflow == names["task"] and one.due_at and one.unit == "kt"]
    code = min(tasks, key=lambda one: (one.due_at, one.code)).code
    due = item(june, code).due_at
    moved(june, "head.kt", code, "start")
    day_after = at(office, due.astimezone(ZONE).replace(hour=9))
    sweep(day_after)
    moved(day_after, "head.kt", code, "extend", proposed_due_on="2026-12-20", comment=CAUSE["cause_note"], **CAUSE)
    (extension,) = children(day_after, code)
    moved(day_after, "chairman", extension, "grant", granted_due_on="2026-12-20", cause_confirmed="true")
    moved(day_after, "head.kt", code, "escalate", comment="Thiếu kinh phí")
    (difficulty,) = set(children(day_after, code)) - {extension}
    report_october(office)
    return code, extension, difficulty


def report_october(office):
    opened = at(office, on(9, 15))
    opening = open_period(opened, "2026-10", on(9, 15))
    codes = {one.unit: one.code for period in opening.periods for one in period.items}
    assert set(codes) == set(UNITS)
    for unit in UNITS[:4]:
        filed(office, unit, codes[unit], on(10, 16))
    first = consolidated(office, on(10, 21, 9))
    moved(at(office, on(10, 21, 10)), "consolidator", first.code, "submit")
    voted(at(office, on(10, 21, 11)), "head.vhxh", first.code, "submit")
    moved(at(office, on(10, 21, 12)), "chairman", first.code, "issue")
    filed(office, "snc", codes["snc"], on(10, 23, 9))
    second = consolidated(office, on(10, 23, 10))
    assert (second.fields["version_no"], second.fields["units_received"]) == (2, 5)


def filed(office, unit, code, instant):
    then = at(office, instant)
    moved(then, f"officer.{unit}", code, "draft", results="Sáu lĩnh vực", figures=table(FIGURES[unit]))
    moved(then, f"officer.{unit}", code, "send")
    voted(then, f"head.{unit}", code, "send")
    moved(then, "head.vp" if unit == "vhxh" else "consolidator", code, "receive")
    relay_inline(then)


def consolidated(office, instant):
    then = at(office, instant)
    made = consolidate(then, caller(then, "consolidator"), "monthly", "2026-10")
    assert isinstance(made, Consolidated), made
    return made.item


def told(office, names):
    """Everything that pages tell of it, each workflow under its shipped name."""
    back = {other: name for name, other in names.items()}
    then = at(office, on(11, 5))
    chairman = caller(then, "chairman")
    period = period_asked(then, "2026")
    made = explain(then, caller(then, "head.kt"), "kt", period, "Thành phố đổi danh mục")
    assert isinstance(made, Created), made
    asking = [caller(then, login) for login in ("head.kt", "head.vp", "officer.kt")]
    with then.read() as uow:
        sheets = {unit: account(then, uow, chairman, unit, period) for unit in UNITS}
        grid = matrix(then, uow, chairman.actor, "2026")
        gathered, versions = of_period(then, uow, chairman, "monthly", "2026-10")
        report = next(one.newest.item for row in grid.rows for one in row.standings if one.unit == "kt")
        work = work_of(then, uow, chairman.actor, report)
        may = [may_explain(then, uow, one, "kt") for one in asking]
        unanswered = overview(then, uow).unanswered
    return {
        "items": Counter((back[one.workflow], one.state, one.unit) for one in items(then)),
        "sheets": {
            (unit, measure.value, back.get(name, "")): found.sheet.number(measure, name)
            for unit, found in sheets.items()
            for measure in Measure
            for name in ("", *found.workflows)
        },
        "explained": {
            unit: [one.fields["explanation"] for one in found.explanations] for unit, found in sheets.items()
        },
        "matrix": [
            (row.series.name, row.period.name, row.due_on, row.consolidation_due_on, [one.unit for one in row.missing])
            for row in grid.rows
        ],
        "versions": [(one.state, dict(one.fields).get("late_units"), one.fields["figures"]) for one in versions],
        "received": [one.unit for one in gathered.received],
        "work": (sorted(one.item.fields["obligation"] for one in work.tasks), len(work.duties)),
        "measured": sorted(
            (one.unit, one.fields["obligation"], str(one.fields["value"]), one.fields["met"])
            for one in items(then)
            if "met" in one.fields
        ),
        "may explain": may,
        "unanswered": unanswered,
    }


def test_the_renamed_definitions_are_without_fault(other_library):
    found = [
        str(one) for report in other_library.workflows.values() for one in report.findings if one.severity == "error"
    ]

    assert found == []
    assert set(other_library.workflows) == set(OTHER.values())


def test_an_office_tells_the_same_under_whatever_names(tmp_path, other_library):
    (tmp_path / "other").mkdir()
    (tmp_path / "same").mkdir()
    names = {name: name for name in OTHER}
    same, other = opened_office(tmp_path / "same"), renamed_office(tmp_path / "other", other_library)

    live(same, names)
    live(other, OTHER)

    expected = told(same, names)
    assert told(other, OTHER) == expected
    assert auditing.replay(other).differences == ()
    # The story has something to tell of each purpose.
    assert expected["unanswered"] == 1
    assert expected["explained"]["kt"] == ["Thành phố đổi danh mục"]
    assert expected["measured"]
    assert expected["work"][0]
    assert expected["work"][1]
    figures = expected["sheets"]
    kt = {
        measure: figures["kt", measure, ""]
        for measure in (Measure.EXTENSIONS_ASKED, Measure.DIFFICULTIES, Measure.REPORTS)
    }
    assert kt == {Measure.EXTENSIONS_ASKED: 1, Measure.DIFFICULTIES: 1, Measure.REPORTS: 1}


# -- a purpose that no workflow has


def without_purposes(report, *but):
    """The text of an edition that was published before there were purposes, or by an office that does without."""
    if report.definition.purpose in but:
        return report.source
    return report.source.replace(f"purpose: {report.definition.purpose}\n".encode(), b"")


def bare_office(folder, *but):
    """An office whose workflows have none of the purposes but those named."""
    office = office_over(sqlite_ground(folder).database(), OPENING)
    people.seed_organisation(office, HOUSE, shipped().organisation)
    for report in shipped().workflows.values():
        publishing.publish(office, HOUSE, without_purposes(report, *but), report.file)
    return office


def test_a_directive_is_refused_in_a_sentence_where_no_workflow_takes_its_tasks(tmp_path):
    office = bare_office(tmp_path)

    refused = import_directive(office, caller(office, "clerk"), ORDER)

    assert isinstance(refused, NotImported)
    assert [(one.code, dict(one.params)) for row in refused.rows for one in row.reasons] == [
        ("purpose_unserved", {"purpose": "task"})
    ]


def test_each_row_without_its_workflow_is_named_and_nothing_is_taken_in(tmp_path):
    office = bare_office(tmp_path, Purpose.TASK)

    refused = import_directive(office, caller(office, "clerk"), ORDER)

    assert isinstance(refused, NotImported)
    assert {(one.code, one.params["purpose"]) for row in refused.rows for one in row.reasons} == {
        ("purpose_unserved", "standing")
    }
    assert len(refused.rows) == 28
    assert items(office) == []


def test_what_needs_an_unserved_purpose_says_which_and_the_rest_goes_on(tmp_path):
    office = bare_office(tmp_path, Purpose.TASK)
    chairman = caller(office, "chairman")
    period = period_asked(office, "2026-06")

    with office.read() as uow:
        with pytest.raises(Unserved, match="report"):
            matrix(office, uow, chairman.actor, "2026")
        with pytest.raises(Unserved, match="report"):
            gather(office, uow, "monthly", "2026-06")
        assert account(office, uow, chairman, "kt", period).explanations == ()
        assert overview(office, uow).unanswered == 0
    with pytest.raises(Unserved, match="explanation"):
        explain(office, caller(office, "head.kt"), "kt", period, "…")


def test_reports_are_listed_without_a_workflow_for_their_sum(tmp_path):
    office = bare_office(tmp_path, Purpose.REPORT)
    open_period(at(office, on(9, 15)), "2026-10", on(9, 15))
    chairman = caller(office, "chairman")

    with office.read() as uow:
        (row,) = matrix(office, uow, chairman.actor, "2026").rows

    assert len(row.standings) == len(UNITS)
    assert (row.consolidation, row.consolidation_due_on) == (None, None)
    with pytest.raises(Unserved, match="consolidation"):
        consolidate(office, caller(office, "consolidator"), "monthly", "2026-10")


# -- editions from before, and one purpose for one workflow


def test_items_of_an_edition_without_the_purpose_count_once_the_next_one_has_it(tmp_path):
    office = bare_office(tmp_path)
    open_period(at(office, on(9, 15)), "2026-10", on(9, 15))

    for report in shipped().workflows.values():
        publishing.publish(office, HOUSE, next_version(report.source.decode()).encode(), report.file)

    chairman = caller(office, "chairman")
    with office.read() as uow:
        (row,) = matrix(office, uow, chairman.actor, "2026").rows
    assert all(one.newest for one in row.standings)
    assert office.editions.of(row.standings[0].newest.item, None).purpose is None


def test_a_purpose_that_a_workflow_has_is_given_to_no_other_until_it_is_given_up(tmp_path, other_library):
    office = opened_office(tmp_path)
    old, new = shipped().workflows["explanation"], other_library.workflows["giai_trinh"]
    head, period = caller(office, "head.kt"), period_asked(office, "2026-06")

    with pytest.raises(DefinitionInvalid) as refused:
        publishing.publish(office, HOUSE, new.source, "giai_trinh.yaml")
    assert [(one.code, one.line, one.column) for one in refused.value.findings] == [("L40", 7, 10)]

    given_up = next_version(without_purposes(old).decode())
    publishing.publish(office, HOUSE, given_up.encode(), "explanation.yaml")
    assert office.editions.find_serving(Purpose.EXPLANATION) is None
    publishing.publish(office, HOUSE, new.source, "giai_trinh.yaml")
    made = explain(office, head, "kt", period, "Thiếu người")

    assert isinstance(made, Created), made
    assert made.item.workflow == "giai_trinh"


def test_which_workflow_has_a_purpose_is_found_out_once_an_edition(tmp_path):
    office = opened_office(tmp_path)
    sorted_ = []

    class Counted(Editions):
        def _sort(self):
            sorted_.append(1)
            super()._sort()

    editions = Counted(office.read, office.names)
    with office.read() as uow:
        found = {editions.serving(purpose, uow).workflow for purpose in Purpose for _ in range(100)}
        assert editions.purposes(uow) is editions.purposes(uow)

    assert found == {purpose.value for purpose in Purpose}
    assert sorted_ == [1]
