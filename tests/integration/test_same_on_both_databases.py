"""One office lived on SQLite and on PostgreSQL: the same lists in the same order, the same counts, the same log."""

from datetime import date, timedelta

import pytest

from tests.databases import Ground, sqlite_ground
from tests.offices import DEFINITIONS, at, caller, empty_office, opened_office, shipped
from workflow.audit import canonical
from workflow.persistence.columns import sort_key
from workflow.queries import dashboard
from workflow.queries.condition import load
from workflow.queries.names import names
from workflow.queries.register import summaries
from workflow.queries.worklist import Filter, list_items
from workflow.services import auditing, passwords
from workflow.services.demonstration import Stage, build
from workflow.services.directives import order_of
from workflow.services.inbox import waiting
from workflow.services.items import Created, NewItem, create

READERS = ("chairman", "vice", "head.kt", "officer.kt", "consolidator", "auditor", "clerk")
TODAY = date(2026, 8, 3)

IN_ORDER = (
    "(chưa đặt tên)",
    "12 thủ tục",
    "3 thủ tục",
    "án phí",
    "an toàn",
    "An toàn",
    "ăn uống",
    "ân cần",
    "ca",
    "cà",
    "cả",
    "cã",
    "cá",
    "cạ",
    "cải cách",
    "dân số",
    "đá xây dựng",
    "Đất đai",
    "hồ sơ",
    "hộ tịch",
    "kế hoạch",
    "o tô",
    "ô tô",
    "ở trọ",
    "quý I",
    "thu chi",
    "thư viện",
    "ưu tiên",
    "văn thư",
    "xã",
    "y tế",
)
"""Titles as a Vietnamese dictionary has them: letters first (a ă â … d đ … o ô ơ … u ư), then tones, then small before capital."""


@pytest.fixture(scope="module")
def offices(postgresql_stock, tmp_path_factory):
    """The demonstration office, built on each database."""
    grounds = (
        sqlite_ground(tmp_path_factory.mktemp("sqlite")),
        Ground(postgresql_stock, tmp_path_factory.mktemp("postgresql")),
    )
    order = order_of(
        shipped().obligations, (DEFINITIONS / "obligations" / "cchc-2026.yaml").read_bytes(), date(2026, 6, 15)
    )
    lived = []
    for ground in grounds:
        office = empty_office(ground)
        secret = passwords.hash_of("mot-mat-khau-cua-van-phong-mau")
        built = build(Stage(office, shipped(), order, secret, today=TODAY))
        lived.append(at(office, built.until))
    yield lived
    for ground in grounds:
        ground.close()


def told(office, question):
    with office.read() as uow:
        return question(office, uow)


def actor_in(office, uow, login):
    (found,) = [person for person in uow.people.all() if person.login == login]
    return uow.people.actor(found.id, office.clock.now())


def listed(login, **wanted):
    """What a person's list shows, page by page; items of one key stand in the order in which they came."""

    def question(office, uow):
        actor, rows, cursor = actor_in(office, uow, login), [], None
        wish = Filter(**wanted)
        while True:
            page = list_items(uow, actor, wish, office.clock.now(), limit=7, cursor=cursor)
            rows += page.rows
            cursor = page.next
            if cursor is None:
                return rows

    return question


def keys(rows, sort):
    by = {"title": lambda row: sort_key(row.title), "code": lambda row: row.code}.get(sort, lambda row: row.due_at)
    return [by(row) for row in rows]


@pytest.mark.parametrize("sort", ["title", "code", "due_on", "-due_on"])
@pytest.mark.parametrize("login", READERS)
def test_every_list_is_the_same(offices, login, sort):
    first, second = (told(office, listed(login, sort=sort)) for office in offices)

    assert keys(first, sort) == keys(second, sort)
    assert {row.code for row in first} == {row.code for row in second}
    assert len(first) == len({row.id for row in first})


@pytest.mark.parametrize("words", ["bao cao", "báo cáo", "THỦ TỤC", "ngân sách đất", "%", "nv-2026", "đ"])
def test_every_search_finds_the_same(offices, words):
    first, second = (told(office, listed("chairman", q=words, sort="code")) for office in offices)

    assert [row.code for row in first] == [row.code for row in second]


@pytest.mark.parametrize("login", READERS)
def test_what_waits_for_a_person_is_the_same(offices, login):
    def question(office, uow):
        return {(one.item.code, one.item.state) for one in waiting(office, uow, actor_in(office, uow, login))}

    first, second = (told(office, question) for office in offices)

    assert first == second


def test_counts_and_registers_are_the_same(offices):
    def question(office, uow):
        now = office.clock.now()
        ids = {person.id: person.login for person in uow.people.all()}
        return (
            sorted(dashboard.tallies(uow), key=repr),
            sorted(dashboard.tallies(uow, "kt"), key=repr),
            [(ids[one.person], one.open, one.late) for one in dashboard.load_by_person(uow, "kt")],
            dashboard.due_soon(uow, now, now + timedelta(days=30)),
            [(one.number, one.obligations, one.instances, one.items) for one in summaries(uow)],
            [one.id for one in (*names(uow).units, *names(uow).areas)],
            load(uow),
        )

    first, second = (told(office, question) for office in offices)

    assert first == second
    assert first[0]


def test_the_log_tells_the_same_story_and_yields_the_rows(offices):
    def question(_office, uow):
        bodies = [(entry.stream, entry.n, canonical.decode(entry.body)) for entry in uow.audit.entries_by_stream()]
        return sorted(
            (stream.partition("/")[0], n, body["type"], body["rec"], repr(body.get("tr"))) for stream, n, body in bodies
        )

    first, second = (told(office, question) for office in offices)

    assert first == second
    for office in offices:
        assert auditing.verify(office).ok
        assert auditing.replay(office).differences == ()


def test_titles_stand_in_vietnamese_order(ground):
    office = opened_office(ground)
    for title in sorted(IN_ORDER, key=hash):
        asked = {"title": title, "source": "Kế hoạch năm", "area": "tai-chinh-cong"}
        assert isinstance(create(office, caller(office, "clerk"), NewItem("task", "kt", asked)), Created)

    assert tuple(row.title for row in told(office, listed("chairman", sort="title"))) == IN_ORDER
