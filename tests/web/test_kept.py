"""Words that stand on many pages are made once; whoever reads them sees no difference."""

import pytest
from markupsafe import Markup

from web.i18n import speaking
from web.pages.rendering import kept

UNITS = (("kt", "Phòng Kinh tế"), ("vp", "Văn phòng <HĐND> & UBND"))

options = kept("macros/choices.html", "options")
state_cell = kept("macros/lists.html", "state_cell")
waits_cell = kept("macros/lists.html", "waits_cell")


@pytest.fixture(autouse=True)
def _at_hand(app):
    with app.test_request_context():
        yield


def test_the_same_words_are_made_once():
    assert options(UNITS, "kt") is options(UNITS, "kt")


def test_what_was_chosen_is_no_part_of_what_others_chose():
    assert 'value="kt" selected' in options(UNITS, "kt")
    assert "selected" not in options(UNITS, "")


def test_each_language_has_its_own():
    with speaking("vi"):
        vietnamese = waits_cell("X")
    with speaking("en"):
        english = waits_cell("X")

    assert vietnamese == '<td data-label="Đang chờ">X</td>'
    assert english == '<td data-label="Waiting for">X</td>'


def test_words_are_escaped_whether_or_not_they_were_kept():
    for _ in range(2):
        assert "Văn phòng &lt;HĐND&gt; &amp; UBND" in options(UNITS, "")


def test_markup_does_not_stand_in_for_words_that_are_spelled_alike():
    assert "<b>x</b>" in state_cell(Markup("<b>x</b>"), "doing")

    assert "&lt;b&gt;x&lt;/b&gt;" in state_cell("<b>x</b>", "doing")
