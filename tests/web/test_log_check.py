"""The page that checks the log: what it says of a log that holds, and of one that does not."""

from tests.offices import new_task


def test_a_log_that_holds_is_said_to(client_of, office):
    new_task(office)

    assert "tất cả đều nguyên vẹn" in client_of("auditor").get("/history/check").text


def test_an_item_that_keeps_another_end_of_its_stream_is_named(client_of, office):
    code = new_task(office)
    with office.write() as uow:
        stream = f"task/{uow.items.get(code).item.id}"
        uow.cursor.raw.execute("UPDATE item SET head_n = head_n - 1")

    page = client_of("auditor").get("/history/check").text

    assert "nguyên vẹn" not in page
    assert f"{stream} #3: Bản ghi giữ mục cuối là #2, nhật ký đã đến #3" in page
