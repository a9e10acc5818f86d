"""Working calendars: what the office enters lies over the file, is on record, is known to every process, and moves no date."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.offices import HOUSE, OPENING, at, caller, new_task, opened_office, shipped
from workflow.audit import canonical
from workflow.clock import VIETNAM
from workflow.engine.workdays import CalendarYearMissing
from workflow.errors import NotFound
from workflow.persistence.statements import observing
from workflow.services import calendars
from workflow.services.calendars import Calendars, TypedDay
from workflow.services.deadlines import sweep
from workflow.services.reports import open_period
from workflow.values import replace

NAME = "vn-commune"
TET = TypedDay("24/11/2026", "off", "Ngày Văn hóa Việt Nam", "Nghị quyết 100/2026/QH16")


def joined(office):
    """The same office as another process has it: calendars of its own over the same database."""
    return replace(office, calendars=Calendars(shipped().calendars, office.read))


@pytest.fixture
def office(ground):
    return joined(opened_office(ground))


@pytest.fixture
def admin(office):
    return caller(office, "admin")


def standing(office):
    return office.calendars[NAME]


def log(office):
    with office.read() as uow:
        bodies = [canonical.decode(entry.body) for entry in uow.audit.stream("admin")]
    return [body for body in bodies if "calendar" in body.get("admin", {})]


def codes(outcome):
    return [reason.code for reason in outcome.reasons]


def test_a_day_that_is_entered_counts_at_once_and_is_on_record(office, admin):
    entered = calendars.put_day(office, admin, NAME, TypedDay("1/6/2026", "off", "Nghỉ bão", "Công điện 12/CĐ-UBND"))

    assert entered.date == date(2026, 6, 1)
    assert not standing(office).is_working(date(2026, 6, 1))
    (body,) = log(office)
    assert (body["type"], body["act"]["role"], body["act"]["id"]) == ("admin", "admin", admin.actor.id)
    assert body["admin"] == {
        "act": "calendar_day",
        "calendar": NAME,
        "day": "2026-06-01",
        "kind": "off",
        "name": "Nghỉ bão",
        "source": "Công điện 12/CĐ-UBND",
    }


def test_a_line_of_the_office_replaces_that_of_the_file_and_says_what_stood_there(office, admin):
    calendars.put_day(office, admin, NAME, replace(TET, kind="worked"))

    assert standing(office).is_working(date(2026, 11, 24))
    assert log(office)[0]["admin"]["before"]["kind"] == "off"


def test_a_saturday_may_be_worked(office, admin):
    calendars.put_day(office, admin, NAME, TypedDay("13/06/2026", "worked", "Làm bù", "Công văn 5"))

    assert standing(office).is_working(date(2026, 6, 13))


@pytest.mark.parametrize("on", ["24/11/2026", "2026-11-24"])
def test_a_line_that_is_taken_back_leaves_the_day_to_its_weekday(office, admin, on):
    calendars.take_day_back(office, admin, NAME, on, "Chưa có văn bản")

    assert standing(office).is_working(date(2026, 11, 24))
    assert date(2026, 11, 24) not in {day.date for day in standing(office).days}
    (body,) = log(office)
    assert (body["admin"]["act"], body["admin"]["before"]["kind"]) == ("calendar_day_back", "off")


def test_what_was_taken_back_may_be_entered_again(office, admin):
    calendars.take_day_back(office, admin, NAME, "24/11/2026", "Chưa có văn bản")
    calendars.put_day(office, admin, NAME, TET)

    assert not standing(office).is_working(date(2026, 11, 24))
    assert "before" not in log(office)[1]["admin"]


def test_a_day_without_a_line_cannot_be_taken_back(office, admin):
    with pytest.raises(NotFound):
        calendars.take_day_back(office, admin, NAME, "03/06/2026", "x")

    assert log(office) == []


def test_a_year_counts_only_once_it_is_declared_complete(office, admin):
    calendars.put_day(office, admin, NAME, TypedDay("01/01/2028", "off", "Tết Dương lịch", "Điều 112"))
    with pytest.raises(CalendarYearMissing):
        standing(office).is_working(date(2028, 1, 3))

    assert calendars.complete_year(office, admin, NAME, "2028", "Thông báo nghỉ lễ năm 2028") == 2028

    assert standing(office).is_working(date(2028, 1, 3))
    assert [body["admin"]["act"] for body in log(office)] == ["calendar_day", "calendar_year"]
    assert codes(calendars.complete_year(office, admin, NAME, 2028, "x")) == ["calendar_year_known"]


def test_hours_are_entered_and_measure_working_time(office, admin):
    calendars.put_hours(office, admin, NAME, "08:00-12:00 13:00-17:00", "Quyết định 7/QĐ-UBND")

    found = standing(office)
    assert found.hours == ((time(8), time(12)), (time(13), time(17)))
    assert found.day_length == timedelta(hours=8)
    assert log(office)[0]["admin"]["before"] == "07:00-11:30 13:30-17:00"


@pytest.mark.parametrize("hours", ["", "8:00-12:00", "12:00-08:00", "08:00-12:00 11:00-17:00", "08:00–", "abc"])
def test_hours_that_are_none_are_refused(office, admin, hours):
    assert codes(calendars.put_hours(office, admin, NAME, hours, "Quyết định 7")) == ["hours_out_of_order"]


def test_everything_wrong_with_a_line_is_told_at_once(office, admin):
    outcome = calendars.put_day(office, admin, NAME, TypedDay("30/02/2026", "half", " ", "x" * 501))

    assert codes(outcome) == ["not_a_date", "not_a_choice", "input_missing", "too_long"]
    assert log(office) == []


@pytest.mark.parametrize("login", ["chairman", "clerk", "auditor", "head.vp"])
def test_only_the_administrator_changes_a_calendar(office, login):
    by = caller(office, login)

    outcomes = (
        calendars.put_day(office, by, NAME, TET),
        calendars.take_day_back(office, by, NAME, "24/11/2026", "x"),
        calendars.complete_year(office, by, NAME, 2028, "x"),
        calendars.put_hours(office, by, NAME, "08:00-12:00", "x"),
    )

    assert [codes(outcome) for outcome in outcomes] == [["not_permitted"]] * 4
    assert log(office) == []


def test_an_unknown_calendar_is_told_with_the_nearest_name(office, admin):
    with pytest.raises(NotFound) as told:
        calendars.put_day(office, admin, "vn-comune", TET)

    assert told.value.nearest == NAME


def test_another_process_learns_of_a_change_when_it_looks_again(office, admin, monkeypatch):
    other, clock = joined(office), [0.0]
    monkeypatch.setattr(calendars, "monotonic", lambda: clock[0])
    other.calendars.look()
    calendars.take_day_back(office, admin, NAME, "24/11/2026", "x")

    other.calendars.look()
    before = other.calendars[NAME].is_working(date(2026, 11, 24))
    clock[0] = 5.0
    other.calendars.look()

    assert (before, other.calendars[NAME].is_working(date(2026, 11, 24))) == (False, True)


def test_looking_costs_one_statement_and_none_within_five_seconds(office, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(calendars, "monotonic", lambda: clock[0])
    names = []

    with observing(names.append):
        for clock[0] in (0.0, 1.0, 4.9, 5.0):
            office.calendars.look()

    assert [name for name in names if name.startswith("calendars")] == ["calendars.mark", "calendars.mark"]


def test_a_period_that_is_open_keeps_its_dates_whatever_becomes_of_the_calendar(office, admin):
    opened = open_period(office, "2026-07").periods[0]
    calendars.put_day(office, admin, NAME, TypedDay("20/07/2026", "off", "Nghỉ", "x"))
    calendars.put_day(office, admin, NAME, TypedDay("17/07/2026", "off", "Nghỉ", "x"))

    again = open_period(office, "2026-07").periods[0]

    assert again.items == ()
    with office.read() as uow:
        for one in opened.items:
            item = uow.items.get(one.id).item
            assert (item.fields["due_on"], item.due["main"]) == ("2026-07-19", datetime(2026, 7, 19, 17, tzinfo=UTC))


def test_the_clock_looks_at_open_items_again_when_a_calendar_has_changed(office, admin):
    code = new_task(office, due_on="2026-06-30")

    def next_look_of(now):
        sweep(at(office, now))
        with office.read() as uow:
            return uow.items.due_before(datetime(2027, 1, 1, tzinfo=UTC), 10)[0]

    before, item_id = next_look_of(OPENING + timedelta(minutes=1))
    first_day = before.astimezone(VIETNAM).date()
    calendars.put_day(office, admin, NAME, TypedDay(first_day.isoformat(), "off", "Nghỉ bão", "x"))

    assert next_look_of(OPENING + timedelta(minutes=2)) != (before, item_id), code


# -- a year without data ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        ("2026-12-31", []),
        ("2027-09-30", []),
        ("2027-10-01", [2028]),
        ("2027-12-31", [2028]),
        ("2028-01-01", [2028]),
        ("2028-11-01", [2028, 2029]),
        ("2025-03-01", [2025]),
    ],
)
def test_a_year_is_missed_from_october_of_the_year_before(office, now, missing):
    there = at(office, datetime.fromisoformat(now).replace(tzinfo=VIETNAM).astimezone(UTC))

    assert [one.year for one in calendars.missing_years(there)] == missing


def test_a_year_that_was_entered_is_no_longer_missed(office, admin):
    there = at(office, datetime(2027, 11, 1, tzinfo=UTC))
    calendars.complete_year(there, admin, NAME, 2028, "Thông báo")

    assert calendars.missing_years(there) == ()


def test_an_office_of_files_alone_changes_no_calendar(tmp_path):
    office = opened_office(tmp_path)

    with pytest.raises(TypeError, match="files"):
        calendars.put_day(office, HOUSE, NAME, TET)


def test_what_was_entered_is_listed_with_who_and_when(office, admin):
    calendars.put_day(office, admin, NAME, TET)
    calendars.take_day_back(office, admin, NAME, "24/11/2026", "Rút lại")

    (line,) = calendars.entered(office).days
    assert (line.day.kind, line.day.source, line.by.person, line.by.at) == ("plain", "Rút lại", admin.actor.id, OPENING)
