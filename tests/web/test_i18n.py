import ast
import re
import string
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from web import i18n
from web.wiring import shipped
from workflow.catalog import inputs, plain_values
from workflow.engine import Kind, Label, Reason

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 6, 18, 3, tzinfo=UTC)


def messages():
    """The key of every message of code and templates."""
    found = extract_from_dir(ROOT / "web", method_map=[("**.py", "python"), ("templates/**.html", "jinja2")])
    return {message if isinstance(message, str) else message[0] for _file, _line, message, *_ in found}


def names(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_message_has_its_vietnamese():
    assert sorted(messages() - set(i18n.catalogue("vi"))) == []


def test_a_translation_names_what_its_message_names():
    for message, forms in i18n.catalogue("vi").items():
        for form in forms:
            assert names(form) == names(message), message


def test_translations_are_composed_and_set_the_tone_in_the_old_way():
    import unicodedata

    for forms in i18n.catalogue("vi").values():
        for form in forms:
            assert unicodedata.normalize("NFC", form) == form
            assert not re.search(r"o[àáảãạ]\b|o[èéẻẽẹ]\b|u[ỳýỷỹỵ]\b", re.sub(r"q[uU]\w", "", form)), form


@pytest.mark.parametrize("line", ['msgid "a', "msgid a", "nonsense"])
def test_a_broken_catalogue_names_file_and_line(line):
    with pytest.raises(i18n.CatalogueInvalid, match=r"x\.po:2"):
        list(i18n.read_po(f'msgid ""\n{line}\n', "x.po"))


def test_a_catalogue_may_break_its_lines():
    text = 'msgid ""\n"one "\n"two"\nmsgstr ""\n"một "\n"hai"\n'

    assert list(i18n.read_po(text, "x.po")) == [i18n.Entry("one two", None, ("một hai",))]


def test_the_account_then_the_cookie_then_the_browser_then_the_office_choose():
    assert i18n.choose_language("en", "vi", accepted="vi") == "en"
    assert i18n.choose_language(None, "en", accepted="vi") == "en"
    assert i18n.choose_language(None, "xx", accepted="en") == "en"
    assert i18n.choose_language(None, None, default="vi") == "vi"


def test_dates_and_numbers_are_vietnamese():
    with i18n.speaking("vi"):
        assert i18n.day("2026-06-05") == "05/06/2026"
        assert i18n.day(datetime(2026, 6, 4, 17, tzinfo=UTC)) == "05/06/2026"
        assert i18n.moment("2026-06-04T17:05:00.000000Z") == "05/06/2026 00:05"
        assert i18n.number("1234567.5") == "1.234.567,5"
        assert i18n.number(Decimal("92.50"), 1) == "92,5"
        assert i18n.percent("92.5") == "92,5 %"
        assert i18n.day(None) == i18n.number("") == i18n.clock_time(None) == ""
    with i18n.speaking("en"):
        assert i18n.number("1234567.5") == "1,234,567.5"


def midnight_after(day):
    """The first instant that is too late for a day of June in Vietnam."""
    return datetime(2026, 6, day, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due", "closed", "tone", "text"),
    [
        (midnight_after(30), None, "calm", "Còn 12 ngày"),
        (midnight_after(20), None, "soon", "Còn 2 ngày"),
        (midnight_after(18), None, "soon", "Hết hạn hôm nay"),
        (midnight_after(15), None, "late", "Quá hạn 3 ngày"),
        (NOW - timedelta(minutes=1), None, "late", "Quá hạn 1 ngày"),
        (midnight_after(15), midnight_after(14), "done", "đúng hạn"),
        (midnight_after(15), midnight_after(17), "late", "trễ 3 ngày"),
    ],
)
def test_a_deadline_says_how_it_stands_and_freezes_when_done(due, closed, tone, text):
    with i18n.speaking("vi"):
        cue = i18n.due_cue(due, NOW, closed)

    assert (cue.tone, cue.text) == (tone, text)


def test_no_deadline_has_no_cue():
    assert i18n.due_cue(None, NOW) is None


def reason_codes():
    """Every code that the engine, the services and the reading of inputs can give."""
    files = [*(ROOT / "workflow/engine").glob("*.py"), *(ROOT / "workflow/services").glob("*.py")]
    wanted = {"Reason": files, "Refused": [Path(inputs.__file__), Path(plain_values.__file__)]}
    for name, paths in wanted.items():
        for path in paths:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
                if called and node.args and isinstance(node.args[0], ast.Constant):
                    yield node.args[0].value
    yield "unknown_field"


def test_every_reason_has_a_sentence_in_both_languages():
    codes = set(reason_codes())

    assert len(codes) > 40
    assert codes <= set(i18n.REASONS)


def test_a_reason_speaks_of_moves_fields_states_and_posts_by_their_names():
    task = shipped().workflows["task"].definition

    said = i18n.reason_sentence(Reason("not_permitted", Kind.AUTHORITY, {"may": "unit_head, assignee"}), "vi", task)
    same = i18n.reason_sentence(Reason("self_review", Kind.AUTHORITY, {"moves": "complete"}), "en", task)
    missing = i18n.reason_sentence(Reason("input_missing", Kind.INPUT, {"field": "title"}), "vi", task)

    assert "Thủ trưởng đơn vị" in said
    assert "assignee" not in said
    assert f"“{task.transitions['complete'].label.en}”" in same
    assert f"“{task.fields['title'].label.vi}”" in missing


def test_the_definitions_own_sentence_comes_first():
    reason = Reason("condition_failed", Kind.PRECONDITION, {}, Label("Chưa có minh chứng.", "No evidence yet."))

    assert i18n.reason_sentence(reason, "vi") == "Chưa có minh chứng."
    assert i18n.reason_sentence(reason, "en") == "No evidence yet."


def test_a_reason_without_words_is_told_as_it_is():
    assert i18n.reason_sentence(Reason("brand_new", Kind.STATE, {"x": "1"}), "vi") == "brand_new {'x': '1'}"


def test_values_that_look_like_places_are_shown_as_they_are():
    reason = Reason("not_a_choice", Kind.INPUT, {"field": "area", "value": "{field}", "nearest": ""})

    assert "{field}" in i18n.reason_sentence(reason, "en")
