"""The rules of the house that no linter knows: each reads one file's text and yields (line, what is wrong)."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
Fault = tuple[int, str]
Rule = Callable[[str], Iterator[Fault]]

STATES = frozenset(
    state
    for file in (ROOT / "definitions" / "workflows").glob("*.yaml")
    if not file.name.endswith(".scenarios.yaml")
    for state in yaml.safe_load(file.read_text(encoding="utf-8"))["states"]
)

WORKFLOWS = frozenset(
    yaml.safe_load(file.read_text(encoding="utf-8"))["workflow"]
    for file in (ROOT / "definitions" / "workflows").glob("*.yaml")
    if not file.name.endswith(".scenarios.yaml")
)

_NAMING_SOMETHING_ELSE = frozenset({"get", "SpokenGroup"})
"""What takes a field's name, or that of a group of commands."""

NOT_STATES = {
    "tone": "how a due chip looks",
    "vote": "what somebody voted",
}
"""Names whose values may be spelled like a state, and what they are."""

OUR_MARKUP = frozenset({"drawing.svg_wide", "drawing.svg_tall"})
"""What templates hand on as it is: drawings, whose every text workflow.catalog.draw has escaped."""

CALLBACKS = frozenset({"conditions", "unless", "prepare", "before", "after", "on_enter", "on_exit"}) | {
    "before_state_change",
    "after_state_change",
    "prepare_event",
    "finalize_event",
    "on_exception",
    "on_final",
}

CLOCKS = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "datetime.datetime.now",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "time.localtime",
        "time.gmtime",
    }
)
ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environb"})


def dotted(node: ast.AST) -> str:
    """`a.b.c` of such an expression, else the empty text."""
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else f"?.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _name(node: ast.AST) -> str:
    return dotted(node).rpartition(".")[2]


def _calls(text: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def ends_a_transaction(text: str) -> Iterator[Fault]:
    """commit() and rollback() stand in the unit of work only, as calls and as SQL."""
    for call in _calls(text):
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback"):
            yield call.lineno, f"{dotted(call.func)}()"
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("execute", "exec_driver_sql", "text"):
            for part in (part for argument in call.args[:1] for part in _texts(argument)):
                if re.match(r"\s*(commit|rollback|end)\b", str(part.value), re.IGNORECASE):
                    yield part.lineno, f"SQL {part.value!r}"


def hands_transitions_a_string(text: str) -> Iterator[Fault]:
    """`transitions` resolves a text to a method of the model, or to any importable function: never from a file's words."""
    for call in _calls(text):
        for keyword in call.keywords:
            if keyword.arg in CALLBACKS and any(_texts(keyword.value)):
                yield keyword.value.lineno, f"{keyword.arg}= holds text"
        if _name(call.func) in ("add_transition", "Transition") and any(
            True for argument in call.args[3:] for _ in _texts(argument)
        ):
            yield call.lineno, "a text among the callbacks"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in CALLBACKS and any(_texts(value)):
                    yield node.lineno, f"{key.value!r}: holds text"


def queries_through_a_session(text: str) -> Iterator[Fault]:
    """Statements are written with select(); the query object of a session loads whatever is touched."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "query" and _name(node.value).lower().endswith("session"):
            yield node.lineno, dotted(node)


def renders_a_template(text: str) -> Iterator[Fault]:
    """Pages are web's business."""
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else [_name(node)]
        if any(name.startswith("render_template") for name in names):
            yield node.lineno, "render_template"


def talks_to_the_queue(text: str) -> Iterator[Fault]:
    """RQ and Redis have three users; everybody else puts a message into the outbox."""
    for node in ast.walk(ast.parse(text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from ((node.lineno, name) for name in names if name.partition(".")[0] in ("rq", "redis"))


def reads_the_clock(text: str) -> Iterator[Fault]:
    """Time is an argument; workflow.clock is where it comes from."""
    return _mentions(text, CLOCKS)


def reads_the_environment(text: str) -> Iterator[Fault]:
    """web.settings reads it once and refuses what is odd."""
    return _mentions(text, ENVIRONMENT)


def _mentions(text: str, forbidden: frozenset[str]) -> Iterator[Fault]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and dotted(node) in forbidden:
            yield node.lineno, dotted(node)
        if isinstance(node, ast.ImportFrom):
            yield from (
                (node.lineno, f"{node.module}.{alias.name}")
                for alias in node.names
                if f"{node.module}.{alias.name}" in forbidden
            )


def knows_a_state(text: str) -> Iterator[Fault]:
    """Which states there are is the definition's word: code outside it asks for groups, flags and moves."""
    for node in ast.walk(ast.parse(text)):
        for part in _compared(node):
            if part.value in STATES:
                yield part.lineno, f"compares with the state {part.value!r}"
    for part in _texts(ast.parse(text)):
        for found in re.finditer(r"\bstate\s*(?:=|<>|!=|IN)\s*\(?\s*'(\w+)'", str(part.value), re.IGNORECASE):
            if found[1] in STATES:
                yield part.lineno, f"SQL names the state {found[1]!r}"


def knows_a_workflow(text: str) -> Iterator[Fault]:
    """Which workflows there are is the definitions' word: code asks for the one of a purpose."""
    tree = ast.parse(text)
    for part in _texts(tree):
        if part.value in WORKFLOWS and id(part) not in _other_words(tree):
            yield part.lineno, f"names the workflow {part.value!r}"
        for found in re.finditer(r"\bworkflow\s*(?:=|<>|!=|IN)\s*\(?\s*'?(\w+)", str(part.value), re.IGNORECASE):
            if found[1] in WORKFLOWS:
                yield part.lineno, f"asks for the workflow {found[1]!r}"


def _other_words(tree: ast.AST) -> frozenset[int]:
    """Texts that name something else: what reads or writes a field or a key of that name, and groups of commands."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found |= {id(key) for key in node.keys}
        elif isinstance(node, ast.Subscript):
            found.add(id(node.slice))
        elif isinstance(node, ast.Assign) and _name(node.targets[0]).endswith("FIELD"):
            found.add(id(node.value))
        elif isinstance(node, ast.Call) and _name(node.func) in _NAMING_SOMETHING_ELSE:
            found |= {id(argument) for argument in node.args[:1]}
    return frozenset(found)


def template_knows_a_workflow(text: str) -> Iterator[Fault]:
    """As `knows_a_workflow`, in a template: in an address, or wherever it is compared with."""
    for found in re.finditer(rf"[?&;]workflow=({'|'.join(sorted(WORKFLOWS))})\b", text):
        yield text.count("\n", 0, found.start()) + 1, f"asks for the workflow {found[1]!r}"
    for node in _parsed(text).find_all((nodes.Compare, nodes.Test)):
        inner = [node.expr, *(operand.expr for operand in node.ops)] if isinstance(node, nodes.Compare) else node.args
        for side in inner or ():
            for part in (side, *side.find_all(nodes.Const)):
                if isinstance(part, nodes.Const) and part.value in WORKFLOWS:
                    yield part.lineno, f"compares with the workflow {part.value!r}"


def _compared(node: ast.AST) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if not any(_name(side) in NOT_STATES for side in sides):
            for side in sides:
                yield from _listed(side)
    elif isinstance(node, ast.MatchValue):
        yield from _listed(node.value)
    elif isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg in ("state", "states", "to_state", "from_state"):
                yield from _listed(keyword.value)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in ("state", "states"):
                yield from _listed(value)


def _listed(node: ast.AST) -> Iterator[ast.Constant]:
    """The text itself, or each text of a tuple, list, set or frozenset({…})."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for element in node.elts:
            yield from _listed(element)
    elif isinstance(node, ast.Call) and _name(node.func) in ("frozenset", "set", "tuple"):
        for argument in node.args:
            yield from _listed(argument)


def _parsed(template: str) -> nodes.Template:
    extensions = ["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
    # Parsed only: nothing is rendered, so there is nothing to escape.
    return Environment(extensions=extensions, autoescape=True).parse(template)


def template_knows_a_state(text: str) -> Iterator[Fault]:
    """As `knows_a_state`, in a template."""
    for node in _parsed(text).find_all((nodes.Compare, nodes.Test)):
        inner = [node.expr, *(operand.expr for operand in node.ops)] if isinstance(node, nodes.Compare) else node.args
        if any(getattr(side, "attr", getattr(side, "name", None)) in NOT_STATES for side in inner or ()):
            continue
        for side in inner or ():
            for part in (side, *side.find_all(nodes.Const)):
                if isinstance(part, nodes.Const) and part.value in STATES:
                    yield part.lineno, f"compares with the state {part.value!r}"


def _spelled(node: nodes.Node | None) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_spelled(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


def template_trusts_a_text(text: str) -> Iterator[Fault]:
    """What is not escaped is markup that somebody else wrote."""
    for node in _parsed(text).find_all((nodes.Filter, nodes.Name, nodes.ScopedEvalContextModifier)):
        if isinstance(node, nodes.Filter) and node.name == "safe" and _spelled(node.node) not in OUR_MARKUP:
            yield node.lineno, "|safe"
        if isinstance(node, nodes.Name) and node.name == "Markup":
            yield node.lineno, "Markup"
        if isinstance(node, nodes.ScopedEvalContextModifier):
            yield node.lineno, "autoescape switched"


def trusts_a_text(text: str) -> Iterator[Fault]:
    """As `template_trusts_a_text`, in code."""
    for call in _calls(text):
        if _name(call.func) == "Markup":
            yield call.lineno, "Markup"
