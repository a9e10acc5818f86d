"""How an item stood at a past instant, and who held it how long: on its pages, by call and by command."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.calls import codes, program
from tests.offices import at, caller, moved, new_task
from tests.web.conftest import set_clock
from tests.web.test_api_shell import fits
from tests.web.test_cli_commands import Terminal, terminal  # noqa: F401  the fixture
from web.api.components import COMPONENTS
from web.i18n import speaking
from web.pages.held import working_text
from workflow.clock import VIETNAM
from workflow.engine.events import instant_text
from workflow.outbox.inline import relay_inline
from workflow.queries.history import of_item
from workflow.services.deadlines import sweep
from workflow.services.delegations import Power, end, give
from workflow.services.notices import PersonalInbox

LATE_MARK = "2026-06-06 06:10"
BEFORE, BETWEEN, AFTER = "2026-06-05 20:00", "2026-06-06 03:00", "2026-06-06 12:00"


def instant(text):
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


def part(page, heading):
    """The section of a page under that heading."""
    return page.split(f'id="{heading}"')[1].split("</section>")[0]


def asked(text):
    return instant_text(instant(text))


@pytest.fixture
def task(app, office):
    """Due on Friday 5 June, late from midnight, recorded at 6:10; now it is Monday 8 June, 8:00."""
    code = new_task(office, due_on="2026-06-05")
    sweep(at(office, instant(LATE_MARK)))
    set_clock(app, instant("2026-06-08 08:00"))
    return code


@pytest.fixture
def chairman(app):
    return program(app, "chairman")


# -- calls --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "by", "state"),
    [
        (BEFORE, "recorded", "in_progress"),
        (BETWEEN, "recorded", "in_progress"),
        (BETWEEN, "effective", "late"),
        (AFTER, "recorded", "late"),
    ],
)
def test_an_item_is_told_as_it_stood(chairman, task, then, by, state):
    said = chairman.item(task, f"?as_of={asked(then)}&by={by}")

    assert fits(said, COMPONENTS["PastItem"]) == []
    assert (said["state"], said["as_of"], said["by"]) == (state, asked(then), by)
    assert "moves" not in said


def test_whoever_reads_the_item_reads_how_it_stood_and_nobody_else(app, task):
    query = f"/items/{task}?as_of={asked(BEFORE)}"

    assert program(app, "officer.kt").get(query).status_code == 200
    assert program(app, "officer.vp").get(query).status_code == 404


def test_the_rows_are_told_as_they_stood_to_those_who_audit(app, office, task):
    auditor = program(app, "auditor")

    def rows(path):
        answer = auditor.get(path)
        assert fits(answer.json, COMPONENTS["Items"]) == []
        return [(row["code"], row["state"]) for row in answer.json["items"]]

    assert rows(f"/audit/as-of?at={asked(BETWEEN)}&workflow=task") == [(task, "in_progress")]
    assert rows(f"/audit/as-of?at={asked(BETWEEN)}&by=effective") == [(task, "late")]
    assert rows(f"/audit/as-of?at={asked(AFTER)}&workflow=report") == []
    assert rows(f"/audit/as-of?at={asked('2026-05-31 08:00')}") == []
    assert rows(f"/items?as_of={asked(BETWEEN)}&state=late") == []
    assert rows(f"/items?as_of={asked(AFTER)}&state=late&overdue=true") == [(task, "late")]
    with office.read() as uow:
        reader = uow.people.id_of_login("auditor")
        assert len(uow.audit.stream(f"person/{reader}")) == 6


def test_rows_of_then_are_ordered_and_paged_like_those_of_now(app, office, chairman):
    codes_of = [new_task(office, due_on=f"2026-06-{day}", title=f"Việc {day}") for day in (25, 15, 20)]
    then = instant_text(office.clock.now())
    first, second, third = (codes_of[n] for n in (1, 2, 0))
    for code in codes_of:
        moved(at(office, instant("2026-06-02 09:00")), "chairman", code, "withdraw", comment="Thôi")
    set_clock(app, instant("2026-06-08 08:00"))

    page = chairman.get(f"/items?as_of={then}&limit=2").json
    rest = chairman.get(f"/items?as_of={then}&limit=2&cursor={page['next']}").json
    back = chairman.get(f"/items?as_of={then}&sort=-due_on").json

    assert [row["code"] for row in page["items"]] == [first, second]
    assert ([row["code"] for row in rest["items"]], rest["next"]) == ([third], None)
    assert [row["code"] for row in back["items"]] == [third, second, first]
    assert {row["state"] for row in back["items"]} == {"in_progress"}


@pytest.mark.parametrize("login", ["head.kt", "officer.kt", "clerk"])
@pytest.mark.usefixtures("task")
def test_the_rows_of_then_are_not_for_whoever_may_not_read_the_log(app, login):
    other = program(app, login)

    for path in (
        f"/audit/as-of?at={asked(BEFORE)}",
        f"/audit/as-of/counts?at={asked(BEFORE)}",
        f"/items?as_of={asked(BEFORE)}",
    ):
        assert (other.get(path).status_code, codes(other.get(path))) == (403, ["not_permitted"])


@pytest.mark.parametrize(
    ("given", "code"),
    [("2027-01-01T00:00:00Z", "instant_ahead"), ("yesterday", "not_an_instant"), ("2026-06-05", "not_an_instant")],
)
def test_an_instant_that_is_none_or_to_come_is_refused(chairman, task, given, code):
    for field, path in (
        ("as_of", f"/items/{task}"),
        ("as_of", "/items"),
        ("at", "/audit/as-of"),
        ("at", "/audit/as-of/counts"),
    ):
        answer = chairman.get(f"{path}?{field}={given}")
        assert (answer.status_code, codes(answer)) == (422, [code])
        (reason,) = answer.json["reasons"]
        for language, way_out in (("vi", "Hãy nhập"), ("en", "now" if code == "instant_ahead" else "Write")):
            assert all(part in reason["message"][language] for part in (f"“{field}”", given, way_out))


def test_the_counts_are_told_as_they_stood_to_those_who_audit(app, office, task):
    auditor = program(app, "auditor")
    new_task(office, unit="vp", due_on="2026-06-10", area="the-che")
    withdrawn = new_task(office)
    moved(at(office, instant("2026-06-02 09:00")), "chairman", withdrawn, "withdraw", comment="Thôi")
    assert task

    def counts(query):
        answer = auditor.get(f"/audit/as-of/counts?{query}")
        assert fits(answer.json, COMPONENTS["CountsThen"]) == []
        return answer.json

    recorded, effective = (counts(f"at={asked(BETWEEN)}&by={by}") for by in ("recorded", "effective"))

    numbers = {"doing": 2, "behind": 0, "done": 0, "cancelled": 1, "total": 2}
    assert (recorded["as_of"], recorded["by"], recorded["total"]) == (asked(BETWEEN), "recorded", numbers)
    assert (effective["total"]["doing"], effective["total"]["behind"]) == (1, 1)
    by_unit = {line["unit"]: (line["doing"], line["cancelled"], line["total"]) for line in recorded["by_unit"]}
    assert by_unit == {"kt": (1, 1, 1), "vp": (1, 0, 1)}
    assert {line["area"]: line["total"] for line in recorded["by_area"]} == {"tai-chinh-cong": 1, "the-che": 1}
    assert recorded["due_soon"] == 1
    assert counts(f"at={asked(AFTER)}&unit=kt&workflow=task")["total"]["behind"] == 1
    assert counts(f"at={asked(AFTER)}&workflow=report")["total"]["total"] == 0
    assert counts(f"at={asked('2026-05-31 08:00')}")["by_unit"] == []
    with office.read() as uow:
        reader = uow.people.id_of_login("auditor")
        assert len(uow.audit.stream(f"person/{reader}")) == 5


def test_before_it_was_made_the_item_is_not_found(chairman, task):
    assert chairman.get(f"/items/{task}?as_of={asked('2026-05-31 08:00')}").status_code == 404


def test_who_held_the_item_is_told_with_the_unit_that_is_charged(chairman, task):
    answer = chairman.get(f"/items/{task}/held")

    assert fits(answer.json, COMPONENTS["Held"]) == []
    assert answer.json["day_minutes"] == 480
    late = answer.json["items"][-1]
    assert (late["state"], late["who"], late["charged"]) == ("late", "unit_head", "kt")
    assert (late["since"], late["until"]) == (asked("2026-06-06 00:00"), None)
    # Monday from 7:00 to 8:00; the weekend is nobody's.
    assert late["working_minutes"] == 60


# -- pages --------------------------------------------------------------------------------------------------------------


def test_the_page_of_an_item_says_who_held_it_how_long(client_of, task):
    page = client_of("head.kt").get(f"/items/{task}").text

    assert "Ai giữ việc bao lâu" in page
    assert "(đang giữ)" in page
    assert "06/06/2026 00:00 – nay" in page
    # Five days in progress, one working hour late.
    assert "5 ngày làm việc" in part(page, "h-held")
    assert "1 giờ" in part(page, "h-held")


def test_the_history_shows_how_the_item_stood(client_of, task):
    visitor = client_of("head.kt")

    recorded = visitor.get(f"/items/{task}/history?as_of=06/06/2026+03:00").text
    effective = visitor.get(f"/items/{task}/history?as_of=06/06/2026+03:00&by=effective").text

    assert "Đang thực hiện" in part(recorded, "h-then")
    assert "Chậm tiến độ" in part(effective, "h-then")
    assert 'value="06/06/2026 03:00"' in recorded


@pytest.mark.parametrize(
    ("given", "status", "sentence"),
    [
        ("01/01/2027 08:00", 422, "“Ngày và giờ”: 01/01/2027 08:00 ở tương lai"),
        ("hôm kia", 422, "“Ngày và giờ”: “hôm kia” không phải là ngày kèm giờ"),
        ("31/05/2026 08:00", 200, "Tại thời điểm đó chưa có việc này."),
    ],
)
def test_the_history_says_why_it_cannot_show_an_instant(client_of, task, given, status, sentence):
    answer = client_of("head.kt").get(f"/items/{task}/history", query_string={"as_of": given})

    assert answer.status_code == status
    assert sentence in answer.text


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "under a minute"),
        (0.5, "30 minutes"),
        (1, "1 hour"),
        (7.75, "7 hours 45 minutes"),
        (8, "1 working day"),
        (19.5, "2 working days 3 hours"),
    ],
)
def test_working_time_is_said_in_working_days_and_hours(app, hours, said):
    with app.app_context(), speaking("en"):
        assert working_text(timedelta(hours=hours), timedelta(hours=8)) == said


def test_the_reading_room_shows_every_item_as_it_stood_and_keeps_that_it_was_read(client_of, office, task):
    visitor = client_of("auditor")

    recorded = visitor.get("/history/as-of?as_of=06/06/2026+03:00").text
    late = visitor.get("/history/as-of?as_of=06/06/2026+03:00&by=effective&late=true&unit=kt&workflow=task").text
    none = visitor.get("/history/as-of?as_of=06/06/2026+03:00&late=true").text

    assert "1 việc tại 06/06/2026 03:00" in recorded
    assert f'href="/items/{task}/history?as_of=06%2F06%2F2026+03%3A00&amp;by=recorded"' in recorded
    assert "Đang thực hiện" in recorded
    assert "Chậm tiến độ" in late
    assert task not in none
    with office.read() as uow:
        entries = uow.audit.stream(f"person/{uow.people.id_of_login('auditor')}")
    assert sum(b"/history/as-of" in entry.body for entry in entries) == 3


def test_the_reading_room_refuses_an_instant_that_is_none(client_of):
    answer = client_of("auditor").get("/history/as-of", query_string={"as_of": "01/01/2027 08:00"})

    assert answer.status_code == 422
    assert "“Ngày và giờ”: 01/01/2027 08:00 ở tương lai" in answer.text


@pytest.mark.parametrize("login", ["head.kt", "clerk", "admin"])
def test_the_reading_room_is_closed_to_whoever_may_not_read_the_log(client_of, login):
    assert client_of(login).get("/history/as-of?as_of=06/06/2026+03:00").status_code == 403


# -- the command --------------------------------------------------------------------------------------------------------


def test_the_command_shows_an_item_as_it_stood(terminal):  # noqa: F811
    made = terminal.json(
        *("item", "create", "--workflow", "task", "--unit", "kt", "--as", "chairman"),
        *(
            "--set",
            "title=Rà soát",
            "--set",
            "source=Kế hoạch",
            "--set",
            "area=tai-chinh-cong",
            "--set",
            "due_on=2030-06-30",
        ),
    )
    before = made["created_at"]
    terminal.run("item", "move", made["code"], "assign", "--as", "chairman")

    said = terminal.json("item", "show", made["code"], "--as-of", before)

    assert (said["state"], terminal.json("item", "show", made["code"])["state"]) == ("draft", "assigned")
    assert "As it stood at" in terminal.run("item", "show", made["code"], "--as-of", before).stdout
    terminal.run("item", "show", made["code"], "--as-of", "2199-01-01T00:00:00Z", code=4)
    terminal.run("item", "show", made["code"], "--as-of", "2001-01-01T00:00:00Z", code=7)


def test_the_command_tells_anew_who_held_what(terminal):  # noqa: F811
    terminal.json(
        *("item", "create", "--workflow", "task", "--unit", "kt", "--as", "chairman"),
        *("--set", "title=Rà soát", "--set", "source=Kế hoạch", "--set", "area=tai-chinh-cong"),
        *("--set", "due_on=2030-06-30"),
    )

    assert terminal.json("audit", "reindex") == {"items": 1}
    assert "1 item told anew." in terminal.run("audit", "reindex").stdout


# -- what one person's page showed, and who knew ------------------------------------------------------------------------


def test_the_page_of_a_person_shows_what_waited_for_him_then_with_the_steps_he_could_take(app, client_of, task):
    set_clock(app, instant("2026-06-09 08:00"))
    auditor = client_of("auditor")

    before = auditor.get("/history/as-of?as_of=06/06/2026+03:00&person=head.kt").text
    after = auditor.get("/history/as-of?as_of=06/06/2026+12:00&person=head.kt").text

    assert task in part(before, "h-person")
    assert "Đề nghị gia hạn" in part(before, "h-person")
    assert "Trình kế hoạch khắc phục" not in part(before, "h-person")
    assert "Trình kế hoạch khắc phục" in part(after, "h-person")


def test_the_counts_are_those_of_then(client_of, task):
    auditor = client_of("auditor")
    assert task

    before = part(auditor.get("/history/as-of?as_of=06/06/2026+03:00").text, "h-counts")
    after = part(auditor.get("/history/as-of?as_of=06/06/2026+12:00").text, "h-counts")

    assert ('data-label="Chậm tiến độ">0<' in before, 'data-label="Chậm tiến độ">1<' in after) == (True, True)


def test_when_a_notice_was_first_opened_is_told_beside_the_instant(app, client_of, office, task):
    relay_inline(at(office, instant(LATE_MARK)))
    person = caller(at(office, instant("2026-06-08 09:00")), "head.kt")
    later = at(office, instant("2026-06-08 09:00"))
    with office.read() as uow:
        told = [one.message for one in uow.notices.of_person(person.actor.id, 10) if one.template == "late"]
    PersonalInbox(later).mark_read(person, told)
    set_clock(app, instant("2026-06-09 08:00"))
    auditor = client_of("auditor")

    early = part(auditor.get("/history/as-of?as_of=08/06/2026+08:00&person=head.kt").text, "h-told")
    late = part(auditor.get("/history/as-of?as_of=08/06/2026+10:00&person=head.kt").text, "h-told")
    about = part(auditor.get(f"/items/{task}/history?as_of=08/06/2026+08:00").text, "h-then")

    assert "lúc đó chưa mở</span> mở lúc 08/06/2026 09:00" in early
    assert "lúc đó chưa mở</span> mở lúc 08/06/2026 09:00" not in late
    assert "Trưởng Phòng Kinh tế: " in about
    assert "mở lúc 08/06/2026 09:00" in about


def test_who_was_told_of_an_item_is_for_those_who_read_the_log(app, client_of, office, task):
    relay_inline(at(office, instant(LATE_MARK)))
    set_clock(app, instant("2026-06-09 08:00"))

    page = client_of("officer.kt").get(f"/items/{task}/history?as_of=08/06/2026+08:00").text

    assert "Ai đã được thông báo" not in page
    assert "Khi đó ai được làm thao tác nào" in page


def test_powers_of_then_are_told_though_they_were_ended_since(app, client_of, office, task):
    assert task
    head = caller(at(office, instant("2026-06-02 08:00")), "head.kt")
    power = give(
        at(office, instant("2026-06-02 08:00")), head, Power("deputy.kt", "KT.", "15/UQ", "02/06/2026", "30/06/2026")
    ).power
    end(at(office, instant("2026-06-07 08:00")), head, power.id)
    set_clock(app, instant("2026-06-09 08:00"))
    auditor = client_of("auditor")

    then = auditor.get("/history/as-of?as_of=06/06/2026+12:00&person=deputy.kt").text
    now = auditor.get("/history/as-of?as_of=08/06/2026+12:00&person=deputy.kt").text

    assert "15/UQ" in part(then, "h-powers")
    assert "Trình kế hoạch khắc phục" in part(then, "h-person")
    assert "15/UQ" not in part(now, "h-powers")
    assert task not in part(now, "h-person")


def test_what_was_recorded_later_is_marked_as_later(app, client_of, office, task):
    set_clock(app, instant("2026-06-09 08:00"))

    page = client_of("head.kt").get(f"/items/{task}/history?as_of=06/06/2026+03:00").text

    with office.read() as uow:
        item = uow.items.get(task).item
        later = [one for one in of_item(uow, item, stream=f"task/{item.id}") if one.recorded_at > instant(BETWEEN)]
    assert page.count("ghi nhận sau thời điểm này") == len(later) > 0
    assert "có hiệu lực từ 06/06/2026 00:00" in page


def test_a_call_tells_what_a_persons_page_showed(app, office, task):
    relay_inline(at(office, instant(LATE_MARK)))
    set_clock(app, instant("2026-06-09 08:00"))

    answer = program(app, "auditor").get(f"/audit/as-of/people/head.kt?at={asked(AFTER)}")

    assert fits(answer.json, COMPONENTS["PersonThen"]) == []
    (waiting,) = answer.json["waiting"]
    assert (waiting["code"], waiting["state"], "plan" in waiting["moves"]) == (task, "late", True)
    assert "late" in {one["template"] for one in answer.json["told"]}
    assert program(app, "officer.kt").get(f"/audit/as-of/people/head.kt?at={asked(AFTER)}").status_code == 403
    assert program(app, "auditor").get(f"/audit/as-of/people/nobody?at={asked(AFTER)}").status_code == 404
