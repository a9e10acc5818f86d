"""What the code takes is written down: every key, effect, word of a condition, setting, address and command."""

import importlib
import re
from collections.abc import Iterable, Iterator
from types import ModuleType

import pytest
from marshmallow import Schema

from tests.architecture.house_rules import ROOT
from web import create_app
from web.settings import Settings
from web.wiring import NOTICES
from workflow.catalog import schema
from workflow.engine.conditions import FACTS
from workflow.engine.definition import COMMENT, OFFICES, POSTS, Agency, FieldType, Purpose, Table
from workflow.engine.paper import PLACEHOLDERS
from workflow.engine.purpose import NEEDS

FORMAT = (ROOT / "definitions" / "README.md").read_text(encoding="utf-8")
ENGINE = (ROOT / "workflow" / "README.md").read_text(encoding="utf-8")
WEB = (ROOT / "web" / "README.md").read_text(encoding="utf-8")

DATA_FILES = ("organisation", "calendar", "indicators", "obligations")

HEADINGS = {
    "WORKFLOW": "Top level",
    "CREATE": "`create`",
    "FIELD": "Fields",
    "DEADLINE": "Deadlines and episodes",
    "EPISODE": "Deadlines and episodes",
    "STATE": "States",
    "TRANSITION": "Transitions",
    "TARGET": "Transitions",
    "CONDITION": "Transitions",
    "APPROVAL": "Approval",
    "STEP": "Approval",
    "EFFECT": "Effects (`do`)",
    "FOLLOW_UP": "After",
    "TIMER": "Timers",
    "SERIES": "Series",
    "WINDOW": "Series",
    "DUE": "Series",
    "PAPER": "Paper",
    "INVARIANT": "Invariants and migration",
    "PATH": "Invariants and migration",
    "NEVER": "Invariants and migration",
    "MIGRATION": "Invariants and migration",
}
"""Block of the grammar -> the heading it is explained under."""


def section(document: str, heading: str) -> str:
    """What stands under a heading, up to the next one; the empty text where there is no such heading."""
    found = re.search(rf"^##+ {re.escape(heading)}$(.*?)(?=^##+ |\Z)", document, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def code(text: str) -> str:
    """All that is written as code, one piece a line."""
    fenced = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*fenced, *re.findall(r"`([^`\n]+)`", text)])


def unwritten(words: Iterable[str], text: str) -> list[str]:
    """The words that no piece of code in `text` holds as a whole word."""
    pieces = code(text)
    return [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", pieces)]


def _blocks(module: ModuleType) -> Iterator[tuple[str, list[str]]]:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, type) and issubclass(value, Schema):
            yield name, list(value._declared_fields)


WORKFLOW_BLOCKS = dict(_blocks(schema))


@pytest.mark.parametrize("block", WORKFLOW_BLOCKS)
def test_every_key_of_a_workflow_file_is_explained_under_its_heading(block):
    assert block in HEADINGS, "a new block of the grammar needs its heading here and in definitions/README.md"

    text = section(FORMAT, HEADINGS[block])

    keys = [key if block != "MIGRATION" else f"migrate.{key}" for key in WORKFLOW_BLOCKS[block]]
    assert unwritten(keys, text) == []


@pytest.mark.parametrize("name", DATA_FILES)
def test_every_key_of_a_data_file_is_explained(name):
    module = importlib.import_module(f"workflow.catalog.{name}")

    blocks = dict(_blocks(module))

    assert blocks
    assert unwritten([key for keys in blocks.values() for key in keys], section(FORMAT, "The data files")) == []


def test_every_field_type_effect_and_follow_up_has_a_line_of_its_own():
    for words, heading in (
        ([str(kind) for kind in FieldType], "Fields"),
        (schema.EffectBlock.kinds, "Effects (`do`)"),
        (schema.FollowUpBlock.kinds, "After"),
    ):
        lines = re.findall(r"^\| `(\w+)` \|", section(FORMAT, heading), re.MULTILINE)
        assert set(words) <= set(lines)


def test_every_word_of_a_condition_is_explained():
    assert unwritten(sorted(FACTS), section(FORMAT, "Conditions")) == []


def test_every_placeholder_and_annex_of_a_paper_is_explained():
    text = section(FORMAT, "Paper")

    assert set(PLACEHOLDERS) == set(re.findall(r"`\{(\w+)\}`", text))
    assert unwritten([*Agency, *Table], text) == []
    assert set(Table) == set(re.findall(r"^\| `(\w+)` \|", text.partition("| annex |")[2], re.MULTILINE))


def test_every_purpose_is_explained_with_all_that_it_needs():
    lines = dict(re.findall(r"^\| `(\w+)` \|(.*)$", section(FORMAT, "Purpose"), re.MULTILINE))

    assert set(lines) == set(Purpose) == set(NEEDS)
    for purpose, needs in NEEDS.items():
        # A standing duty is handed what a task is handed, and more.
        text = lines[purpose] + (lines[Purpose.TASK] if purpose is Purpose.STANDING else "")
        handed = [*([needs.created] if needs.created else []), *needs.moves.values()]
        words = {*needs.moves, *needs.read, *(name for one in handed for name in one.fields)}
        assert unwritten(words - {COMMENT}, text) == []


def test_everybody_who_may_act_is_named():
    assert unwritten(sorted(OFFICES | POSTS), FORMAT) == []


def _settings() -> set[str]:
    """Every variable of the environment that the application names."""
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "web").rglob("*.py"))
    return {name for text in texts for name in re.findall(r"\bDONDOC_[A-Z_]+[A-Z]\b", text)}


def test_every_setting_is_explained():
    names = _settings()

    assert len(names) >= len(Settings.__dataclass_fields__)
    assert unwritten(sorted(names), WEB) == []


def _addresses(folder) -> set[str]:
    app = create_app(Settings(data=folder, database_url="sqlite://", secret_key="x" * 32))
    # Where static files lie is told by their content; nobody writes that address.
    return {_braced(rule.rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"}


def _braced(address: str) -> str:
    """`/items/<int:n>` as `/items/{n}`."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", address)


def unlisted(addresses: Iterable[str], text: str) -> list[str]:
    """Addresses that are no piece of code in `text`, be it with `/api/v1` or under that heading without it."""
    pieces = set(re.findall(r"/[^\s`,;?]*", _braced(code(text))))
    return sorted(address for address in addresses if not {address, address.removeprefix("/api/v1")} & pieces)


def test_every_address_is_listed(tmp_path):
    assert unlisted(_addresses(tmp_path), WEB) == []


def commands(tree: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    """`noun verb` of every command of a click group or an argparse parser."""
    inner = getattr(tree, "commands", None)
    for action in getattr(tree, "_actions", ()):
        if isinstance(getattr(action, "choices", None), dict):
            inner = action.choices
    if inner:
        for name, part in inner.items():
            yield from commands(part, (*path, name))
    elif path:
        yield " ".join(path)


def _roots() -> list[object]:
    """The command group of web.cli, or the parser that one of its functions builds."""
    shell = vars(importlib.import_module("web.cli"))
    groups = [value for value in shell.values() if hasattr(value, "commands")]
    return groups or [shell[name]() for name in ("parser", "build_parser") if name in shell]


def unlisted_commands(names: Iterable[str], text: str) -> list[str]:
    pieces = code(text)
    return [name for name in names if not re.search(rf"\bdondoc {re.escape(name)}(?![\w-])", pieces)]


NOUNS = [path.stem for path in (ROOT / "web" / "cli").glob("*.py") if path.stem != "__init__"]


@pytest.mark.skipif(not NOUNS, reason="there is no command yet")
def test_every_command_is_listed():
    names = [name for root in _roots() for name in commands(root)]

    assert names
    assert unlisted_commands(names, WEB) == []


def test_every_notice_that_can_be_sent_is_named():
    assert unwritten(sorted(NOTICES), section(FORMAT, "Notices (`template`)")) == []


@pytest.mark.parametrize("example", re.findall(r"^```python\n(.*?)^```", ENGINE, re.MULTILINE | re.DOTALL))
def test_the_examples_of_the_library_run(example, tmp_path, monkeypatch, capsys):
    (tmp_path / "definitions").symlink_to(ROOT / "definitions")
    monkeypatch.chdir(tmp_path)

    exec(compile(example, "workflow/README.md", "exec"), {})  # noqa: S102  our own page, run as a reader would

    assert "not_permitted" in (said := capsys.readouterr().out) or "Created(" in said


def test_every_path_that_the_front_page_names_exists():
    page = (ROOT / "README.md").read_text(encoding="utf-8")

    named = [*re.findall(r"\]\(([^)#:]+)\)", page), *re.findall(r"`([a-z_./-]+/)`", page)]

    assert named
    assert [path for path in named if not (ROOT / path).exists() and path not in (".venv/", "var/")] == []


# -- each of these can fail ---------------------------------------------------------------------------------------------


def test_a_key_without_its_words_is_found():
    text = (
        "## States\n\n| `final` | the end | `final: done` |\n\nThe word initial is no code.\n\n## Timers\n\n`initial`\n"
    )

    assert unwritten(["final", "initial"], section(text, "States")) == ["initial"]
    assert unwritten(["initial"], section(text, "Elsewhere")) == ["initial"]


def test_a_part_of_a_longer_word_explains_nothing():
    assert unwritten(["by", "from"], "`by_default` and `distinct_from`") == ["by", "from"]


def test_an_address_that_is_not_listed_is_found():
    text = "| `GET /items/{id}` | one |\n| `/login?next=` | the form |\n"

    assert unlisted(["/items/{id}", "/api/v1/items/{id}", "/login", "/items/{id}/moves"], text) == ["/items/{id}/moves"]


def test_a_command_that_is_not_listed_is_found():
    assert unlisted_commands(["audit seal", "audit sealing", "item list"], "`dondoc audit seal`") == [
        "audit sealing",
        "item list",
    ]
