"""Each state, move and field has its label in both languages (L14)."""

from collections.abc import Iterator

from workflow.catalog.findings import Finding
from workflow.catalog.lint.subject import Subject
from workflow.catalog.read import Path
from workflow.engine.definition import Label


def labels_are_bilingual(subject: Subject) -> Iterator[Finding]:
    for path, label in _labels(subject):
        missing = [key for key, text in (("vi", label.vi), ("en", label.en)) if not text]
        if missing:
            keys = " và ".join(f"“{key}”" for key in missing), " and ".join(f'"{key}"' for key in missing)
            yield subject.at_key("L14", path, f"nhãn thiếu {keys[0]}", f"the label lacks {keys[1]}")


def _labels(subject: Subject) -> Iterator[tuple[Path, Label]]:
    definition = subject.definition
    yield ("label",), definition.label
    for field in definition.fields.values():
        yield ("fields", field.name, "label"), field.label
        if field.hint:
            yield ("fields", field.name, "hint"), field.hint
        for choice in field.choices:
            yield ("fields", field.name, "of", choice.name), choice.label
    for state in definition.states.values():
        yield ("states", state.name, "label"), state.label
    for move in definition.transitions.values():
        yield ("transitions", move.name, "label"), move.label
