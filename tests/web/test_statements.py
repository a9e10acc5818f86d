"""What a page costs the database: the statements that the design allows it, four more for the frame around every page."""

import shutil

import pytest

from tests.web.conftest import Visitor, close, set_clock, settings_of
from web import create_app
from workflow.persistence.statements import observing

FRAME = 4
# Whether a calendar was changed or an edition published is looked at every few seconds, by whichever page comes first then.
_NOT_COUNTED = {"begin", "commit", "committed", "calendars.mark", "definitions.latest"}
# What an auditor costs beside: his mandate, and the entry of his reading.
_READING = {"mandates.in_force", "audit.head", "audit.append"}
LATE, REMEDY = "NV-2026-0035", "NV-2026-0027"

PAGES = (
    ("log-in", "", "/login", 3),
    ("my work", "chairman", "/", 6),
    ("my work, many rows", "officer.hcc", "/", 6),
    ("list", "chairman", "/items", 5),
    ("list, filtered", "head.kt", "/items?workflow=task&assignee=officer.kt", 5),
    ("search", "chairman", "/search?q=bao+cao", 5),
    ("new item", "clerk", "/items/new", 6),
    ("item", "chairman", f"/items/{LATE}", 8),
    ("item with files", "head.snc", f"/items/{REMEDY}", 8),
    ("follow-up sheet", "chairman", f"/items/{LATE}/print", 6),
    ("paper of a report", "chairman", "/items/BC-2026-0004/report.docx", 6),
    ("move", "head.snc", f"/items/{REMEDY}/moves/complete", 12),
    ("report", "officer.kt", "/items/BC-2026-0033", 10),
    ("draft of a report", "officer.kt", "/items/BC-2026-0033/moves/draft", 12),
    ("vote", "chairman", f"/items/{LATE}/moves/plan?act=vote", 12),
    # One of them asks on which ground texts were erased.
    ("history of an item", "auditor", f"/items/{LATE}/history?refusals=1", 5),
    ("how a workflow is lived", "chairman", "/definitions/task/mining", 4),
    ("mandates", "admin", "/admin/mandates", 4),
    ("erasures", "admin", "/admin/redactions", 3),
    ("erasure of which text", "admin", f"/admin/redactions?code={REMEDY}", 6),
    ("seals of the log", "auditor", "/history/seals", 5),
    ("unit", "head.kt", "/units/kt", 8),
    ("commune", "chairman", "/commune", 8),
    ("unit on paper", "head.kt", "/units/kt/print", 8),
    ("commune on paper", "chairman", "/commune/print", 8),
    ("late, by cause", "chairman", "/commune/late/unexplained", 8),
    ("accountability", "head.snc", "/units/snc/accountability?period=2026", 8),
    ("entries behind a number", "chairman", "/units/snc/accountability/late_days?period=2026", 8),
    ("scores", "chairman", "/units/snc/scores?period=2026", 8),
    ("difficulties", "chairman", "/escalations", 3),
    ("periods", "consolidator", "/reports", 5),
    ("period", "consolidator", "/reports/monthly/2026-11", 5),
    ("consolidation, none yet", "consolidator", "/reports/quarterly/2026-Q4/consolidation", 10),
    ("consolidation of three versions", "consolidator", "/reports/monthly/2026-10/consolidation", 10),
    ("notices", "head.vp", "/notices", 4),
    ("workflows", "officer.kt", "/definitions", 5),
    ("workflow", "officer.kt", "/definitions/task/2", 5),
    ("help", "head.kt", "/help", 2),
    ("not found", "chairman", "/nowhere", 2),
    ("not permitted", "head.kt", "/commune", 2),
)


@pytest.fixture(scope="module")
def app(lived, tmp_path_factory):
    folder, now = lived
    data = shutil.copytree(folder, tmp_path_factory.mktemp("counted") / "data")
    made = create_app(settings_of(data))
    set_clock(made, now)
    yield made
    close(made)


@pytest.fixture(scope="module")
def visitor_of(app):
    known = {}

    def visitor(login):
        if login not in known:
            known[login] = Visitor(app.test_client())
            if login:
                known[login].log_in(login)
        return known[login]

    return visitor


def statements(act):
    names = []
    with observing(names.append):
        act()
    return [name for name in names if name not in _NOT_COUNTED]


@pytest.mark.parametrize(("login", "path", "allowed"), [page[1:] for page in PAGES], ids=[page[0] for page in PAGES])
def test_a_page_asks_no_more_than_it_may(visitor_of, login, path, allowed):
    visitor = visitor_of(login)
    visitor.get(path)

    asked = [name for name in statements(lambda: visitor.get(path)) if name not in _READING]

    assert len(asked) <= allowed + FRAME, asked


@pytest.mark.parametrize(
    "query", ["", "?unit=kt", "?move=assign&actor=chairman", f"?item={LATE}", "?type=read&since=01/07/2026"]
)
def test_a_search_asks_no_more_than_the_log_may(visitor_of, query):
    auditor = visitor_of("auditor")
    auditor.get(f"/history{query}")

    asked = [name for name in statements(lambda: auditor.get(f"/history{query}")) if name not in _READING]

    assert len(asked) <= 5 + FRAME, asked


def test_the_log_asks_no_more_than_it_may_beside_the_entry_of_its_reading(visitor_of):
    auditor = visitor_of("auditor")
    auditor.get("/history")

    asked = [name for name in statements(lambda: auditor.get("/history")) if name not in _READING]

    assert len(asked) <= 4 + FRAME, asked


def test_a_review_of_many_asks_no_more_than_it_may(visitor_of):
    chairman = visitor_of("chairman")
    chairman.get("/")

    asked = statements(lambda: chairman.post("/items/bulk", move="assign", id="NV-2026-0047"))

    assert len(asked) <= 6 + FRAME, asked
