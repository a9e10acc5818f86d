"""Rules of the data files and of a definitions folder as a whole."""

from datetime import date
from decimal import Decimal

import pytest

from workflow.catalog.calendar import NamedDay, read_calendar
from workflow.catalog.indicators import read_indicators
from workflow.catalog.library import check_text, load_folder
from workflow.catalog.obligations import Target, read_obligations
from workflow.catalog.organisation import Area, Post, read_organisation
from workflow.catalog.read import MAX_BYTES, DocumentInvalid
from workflow.engine.definition import Label
from workflow.engine.workdays import CalendarYearMissing

ORGANISATION = """\
format: 1
name: {vi: "UBND xã", en: "Commune"}
place: "Đường An"
consolidator_unit: kt
units:
  - id: kt
    name: {vi: "Phòng Kinh tế", en: "Economic Division"}
    short: {vi: "KT", en: "ED"}
    head_title: {vi: "Trưởng phòng", en: "Head"}
    deputy_title: {vi: "Phó", en: "Deputy"}
    kind: phong
    reports: true
areas: [{id: the-che, label: {vi: "Thể chế", en: "Institutions"}, full: {vi: "Cải cách thể chế", en: "Reform"}}]
posts:
  - {login: vice, roles: [vice_chairman], areas: [the-che], title: {vi: "Phó Chủ tịch", en: "Vice"}}
  - {login: head.kt, unit: kt, roles: [unit_head], title: {vi: "Trưởng phòng", en: "Head"}}
"""
CALENDAR = """\
format: 1
name: vn
years: [2026]
hours: [{from: "07:00", to: "11:30"}]
days:
  - {date: 2026-01-01, kind: off, name: "Tết Dương lịch", source: "Điều 112"}
  - {date: 2026-01-10, kind: worked, name: "Làm bù", source: "Công văn 12729"}
"""
INDICATORS = """\
format: 1
version: 1
indicators:
  - {id: rate, label: {vi: "Tỷ lệ", en: "Rate"}, unit: {vi: "%", en: "%"}, numerator: {vi: "tử", en: "part"},
     denominator: {vi: "mẫu", en: "whole"}, direction: up, target: "99.5", target_basis: seed, owner: kt,
     period: month, section: s4.1}
"""
OBLIGATIONS = """\
format: 1
version: 2
obligations:
  - {id: duty, title: {vi: "Việc", en: "Duty"}, section: s1.1, kind: task, units: [kt], support: [], mode: lead,
     area: the-che, recurrence: once, due_on: 2026-07-10, basis: sample, evidence: {vi: "Văn bản", en: "Paper"},
     indicators: [rate], target: {indicator: rate, op: at_least, value: "100", basis: seed}, served_by: task}
"""
WORKFLOW = """\
format: 1
workflow: task
version: 1
label: {vi: "Nhiệm vụ", en: "Task"}
create: {by: [chairman]}
fields: {}
states: {open: {initial: true, label: {vi: "Mở", en: "Open"}}}
transitions: {}
"""
KNOWN = {
    "units": frozenset({"kt"}),
    "areas": frozenset({"the-che"}),
    "indicators": frozenset({"rate"}),
}


def refusal(read, text, **known):
    with pytest.raises(DocumentInvalid) as caught:
        read(text, "data.yaml", **known)
    return [str(finding) for finding in caught.value.findings]


def replaced(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "organisation/xa.yaml": ORGANISATION,
        "calendars/vn.yaml": CALENDAR,
        "indicators/cchc.yaml": INDICATORS,
        "obligations/2026.yaml": OBLIGATIONS,
        "workflows/task.yaml": WORKFLOW,
        "workflows/task.scenarios.yaml": "- name: none\n",
        "workflows/notes.txt": "no definition",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_an_organisation_has_units_areas_and_posts_with_titles():
    found = read_organisation(ORGANISATION, "xa.yaml")

    assert [(unit.id, unit.reports, unit.short) for unit in found.units] == [("kt", True, Label("KT", "ED"))]
    assert found.areas == (Area("the-che", Label("Thể chế", "Institutions"), Label("Cải cách thể chế", "Reform")),)
    assert found.posts[0] == Post("vice", None, ("vice_chairman",), ("the-che",), Label("Phó Chủ tịch", "Vice"))
    assert found.roles == {"vice_chairman", "unit_head", "system"}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            "roles: [unit_head]",
            "roles: [unit_haed]",
            '16:40 L11 posts[1].roles[0]: no role "unit_haed" (did you mean "unit_head"?)',
        ),
        ("unit: kt, roles", "unit: tk, roles", '16:28 L11 posts[1].unit: no unit "tk"'),
        ("unit: kt, roles", "roles", 'L11 posts[1].roles: a post in a unit needs "unit"'),
        ("areas: [the-che], title", "areas: [the-chế], title", 'L11 posts[0].areas[0]: no area "the-chế"'),
        ("consolidator_unit: kt", "consolidator_unit: vhxh", '4:20 L11 consolidator_unit: no unit "vhxh"'),
        ("login: head.kt", "login: vice", 'L01 posts[1].login: "vice" stands here a second time'),
        ("reports: true", "report: true", 'unknown key "report" (did you mean "reports"?)'),
        ("place:", "# place:", 'L01 the key "place" is missing'),
    ],
)
def test_an_organisation_that_contradicts_itself_is_refused(old, new, complaint):
    found = refusal(read_organisation, replaced(ORGANISATION, old, new))

    assert any(complaint in text for text in found)


def test_a_calendar_is_what_the_engine_counts_with():
    found = read_calendar(CALENDAR, "vn.yaml")

    assert found.calendar.name == "vn"
    assert not found.calendar.is_working(date(2026, 1, 1))
    assert found.calendar.is_working(date(2026, 1, 10))
    with pytest.raises(CalendarYearMissing):
        found.calendar.is_working(date(2027, 1, 4))
    assert found.days[0] == NamedDay(date(2026, 1, 1), "off", "Tết Dương lịch", "Điều 112")
    assert found.hours == (("07:00", "11:30"),)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("2026-01-10", "2026-01-12", "7:12 L01 days[1].date: 2026-01-12 is a weekday, which is worked anyway"),
        ("2026-01-10", "2027-01-10", '7:12 L01 days[1].date: 2027 is not among "years"'),
        ("2026-01-10, kind: worked", "2026-01-01, kind: off", "L01 days[1].date: 2026-01-01 stands here a second time"),
        ("2026-01-10", "2026-02-30", "L01 days[1].date: expected a date written YYYY-MM-DD"),
        ("2026-01-10", "10/01/2026", "L01 days[1].date: expected a date written YYYY-MM-DD"),
        ("kind: off", "kind: free", 'L01 days[0].kind: "free" is none of: off, worked'),
        ("[2026]", "[]", "L01 years: the list is too short"),
        ('"07:00"', '"24:00"', 'L01 hours[0].from: "24:00" does not have the form'),
    ],
)
def test_a_calendar_that_would_miscount_is_refused(old, new, complaint):
    found = refusal(read_calendar, replaced(CALENDAR, old, new))

    assert any(complaint in text for text in found)


def test_an_indicator_is_a_ratio_with_a_target():
    (found,) = read_indicators(INDICATORS, "cchc.yaml", units=KNOWN["units"]).indicators

    assert (found.id, found.owner, found.target, found.denominator) == (
        "rate",
        "kt",
        Decimal("99.5"),
        Label("mẫu", "whole"),
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("owner: kt", "owner: xx", 'L11 indicators[0].owner: no unit "xx"'),
        ("direction: up", "direction: upward", 'L01 indicators[0].direction: "upward" is none of: up, down, none'),
        ('target: "99.5"', 'target: "99,5"', "L01 indicators[0].target:"),
        ("period: month", "period: monthly", '(did you mean "month"?)'),
    ],
)
def test_an_indicator_that_cannot_be_reckoned_is_refused(old, new, complaint):
    assert complaint in refusal(read_indicators, replaced(INDICATORS, old, new), units=KNOWN["units"])[0]


def test_an_obligation_says_who_owes_what_until_when():
    (found,) = read_obligations(OBLIGATIONS, "2026.yaml", **KNOWN).obligations

    assert (found.id, found.units, found.support, found.due_on) == ("duty", ("kt",), (), date(2026, 7, 10))
    assert found.target == Target("rate", "at_least", Decimal(100), "seed")
    assert (found.indicators, found.served_by, found.evidence) == (("rate",), "task", Label("Văn bản", "Paper"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("units: [kt]", "units: [kt, xx]", 'L11 obligations[0].units[1]: no unit "xx"'),
        ("support: []", "support: [xx]", 'L11 obligations[0].support[0]: no unit "xx"'),
        ("area: the-che", "area: the", 'L11 obligations[0].area: no area "the"'),
        (
            "indicators: [rate]",
            "indicators: [rat]",
            'L11 obligations[0].indicators[0]: no indicator "rat" (did you mean "rate"?)',
        ),
        ("{indicator: rate", "{indicator: rat", 'L11 obligations[0].target.indicator: no indicator "rat"'),
        ("kind: task", "kind: duty", "L01 obligations[0].kind"),
    ],
)
def test_an_obligation_names_only_what_is_known(old, new, complaint):
    assert complaint in refusal(read_obligations, replaced(OBLIGATIONS, old, new), **KNOWN)[0]


def test_a_folder_is_read_as_a_whole(folder):
    library = load_folder(folder, frozenset({"late"}))

    assert set(library.workflows) == {"task"}
    assert library.workflows["task"].definition.workflow == "task"
    assert library.workflows["task"].source == WORKFLOW.encode()
    assert set(library.calendars) == {"vn"}
    assert library.obligations.version == 2
    assert library.names.roles == {"vice_chairman", "unit_head", "system"}
    assert (library.names.workflows, library.names.templates) == ({"task"}, {"late"})
    assert (library.names.areas, library.names.calendars) == ({"the-che"}, {"vn"})


def test_an_empty_folder_is_an_empty_library(tmp_path):
    library = load_folder(tmp_path)

    assert (dict(library.workflows), library.organisation, library.indicators, library.obligations) == (
        {},
        None,
        None,
        None,
    )


def test_a_broken_workflow_is_reported_and_hides_no_other(folder):
    (folder / "workflows/broken.yaml").write_text("a: &x b\n", encoding="utf-8")
    (folder / "workflows/vast.yaml").write_bytes(b"#" * (MAX_BYTES * 4))
    (folder / "workflows/list.yaml").write_text("[a]\n", encoding="utf-8")

    library = load_folder(folder)

    assert set(library.workflows) == {"broken", "vast", "list", "task"}
    assert [report.ok for report in library.workflows.values()].count(True) <= 1
    assert [finding.code for finding in library.workflows["broken"].findings] == ["L02"]
    assert [finding.code for finding in library.workflows["vast"].findings] == ["L02"]
    assert [finding.code for finding in library.workflows["list"].findings] == ["L01"]
    assert library.workflows["task"].definition


def test_a_broken_data_file_stops_the_folder_and_is_named(folder):
    (folder / "calendars/vn.yaml").write_text(CALENDAR.replace("years", "yeers"), encoding="utf-8")

    with pytest.raises(DocumentInvalid, match=r"vn\.yaml:3:1 L01 unknown key \"yeers\" \(did you mean \"years\"\?\)"):
        load_folder(folder)


@pytest.mark.parametrize("text", ["", b"\xff", "a: 1", "[" * 100, "\ud800", "transitions: {a: {do: [{set: {x: y}}]}}"])
def test_a_text_that_is_no_workflow_is_a_report_and_no_exception(text, folder):
    report = check_text(text, "x.yaml", load_folder(folder).names)

    assert report.definition is None
    assert not report.ok
    assert report.findings


def test_the_shipped_folder_is_whole(pytestconfig):
    library = load_folder(pytestconfig.rootpath / "definitions")

    assert library.organisation.consolidator_unit == "vhxh"
    assert {area.id for area in library.organisation.areas} >= {"the-che", "chuyen-doi-so"}
    assert library.calendars["vn-commune"].is_working(date(2026, 1, 10))
    assert len(library.obligations.obligations) == 45
    assert library.indicators.find("hs-dung-han").target == 100
    assert all(report.definition for report in library.workflows.values())
