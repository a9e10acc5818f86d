"""The pages of editions: which items follow which, how two differ, and running items brought over and back."""

import re
from html import unescape

import pytest

from tests.editions import FIRST, SECOND, THIRD, brought, publish


@pytest.fixture
def errands(office):
    """Items at three stages under each of two editions, the third published."""
    for text, fields in ((FIRST, {}), (SECOND, {"kind": "urgent", "place": "Kho", "secret": "Kín"})):
        publish(office, text.replace(", template: told", ""))
        for stage in ("draft", "open", "closed"):
            brought(office, stage, fields)
    publish(office, THIRD.replace(", template: told", ""))
    return office


def words(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.mark.usefixtures("errands")
def test_a_workflow_lists_its_versions_with_the_items_on_each(client_of):
    page = client_of("officer.kt").get("/definitions/errand")

    rows = re.findall(r"phiên bản (\d) [\d/]+[ ,\d:]* (\d+) (\d+)", words(page))
    assert [(version, still, closed) for version, still, closed in rows] == [
        ("3", "0", "0"),
        ("2", "2", "1"),
        ("1", "2", "1"),
    ]
    assert 'href="/definitions/errand/2/diff/3"' in page.text
    assert "/definitions/errand/3/items" not in page.text


@pytest.mark.usefixtures("errands")
def test_a_difference_is_drawn_and_told_under_the_strict_policy(client_of):
    page = client_of("officer.kt").get("/definitions/errand/1/diff/2")

    assert page.status_code == 200
    assert "n-added" in page.text
    assert "n-removed" in page.text
    assert "trạng thái “mended” (Có kế hoạch)" in words(page)
    assert "<code>create.require</code>" in page.text
    assert "style=" not in page.text
    assert client_of("officer.kt").get("/definitions/errand/1/diff/9").status_code == 404


def test_the_preview_says_what_becomes_of_every_open_item_and_changes_nothing(errands, client_of):
    admin = client_of("admin")

    page = admin.get("/definitions/errand/3/items")

    assert "4 trên 4 việc đang mở" in words(page)
    assert "điền thêm: Loại" in words(page)
    assert "bỏ: Nơi; bỏ: Mật" in words(page)
    assert "Kín" not in page.text
    with errands.read() as uow:
        assert uow.items.on_editions("errand") == {1: (2, 1), 2: (2, 1)}


def test_the_administrator_brings_items_over_and_back(errands, client_of):
    admin = client_of("admin")
    admin.get("/definitions/errand/3/items")

    answer = admin.post("/definitions/errand/3/items", act="run")
    page = admin.get(answer.location)
    with errands.read() as uow:
        over = uow.items.on_editions("errand")
    admin.post("/definitions/errand/3/items", act="return")
    with errands.read() as uow:
        back = uow.items.on_editions("errand")

    assert answer.status_code == 303
    assert "Đã chuyển 4 việc" in words(page)
    assert over == {1: (0, 1), 2: (0, 1), 3: (4, 0)}
    assert back == {1: (2, 1), 2: (2, 1)}
    assert admin.post("/definitions/errand/3/items", act="burn").status_code == 404


@pytest.mark.parametrize(
    ("login", "status"), [("officer.kt", 403), ("head.kt", 403), ("chairman", 200), ("auditor", 200)]
)
def test_who_reads_everything_sees_the_preview_and_only_the_administrator_brings_over(
    errands, client_of, login, status
):
    visitor = client_of(login)

    page = visitor.get("/definitions/errand/3/items")

    assert page.status_code == status
    assert 'value="run"' not in page.text
    assert visitor.post("/definitions/errand/3/items", act="run").status_code == 403
    with errands.read() as uow:
        assert 3 not in uow.items.on_editions("errand")


def test_the_history_of_an_item_tells_of_its_change_of_version(errands, client_of):
    admin = client_of("admin")
    admin.get("/definitions/errand/3/items")
    admin.post("/definitions/errand/3/items", act="run")
    with errands.read() as uow:
        item = next(one.item for one in uow.items.page("", 100) if one.item.version == 3)

    page = client_of("chairman").get(f"/items/{item.code}/history")

    assert "Chuyển sang phiên bản khác của quy trình" in words(page)
