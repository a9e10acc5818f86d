"""The shipped definitions under other names: what plays which part must be told by `purpose`, by nothing else."""

import re
import shutil
from pathlib import Path

from tests.offices import DEFINITIONS

OTHER = {
    "task": "viec",
    "standing": "thuong_xuyen",
    "report": "bao_cao",
    "consolidation": "tong_hop",
    "extension": "gia_han",
    "escalation": "kho_khan",
    "finding": "ton_tai",
    "explanation": "giai_trinh",
}
"""What each shipped workflow is called here: its file, its name, and wherever another workflow or a story speaks of it."""

_WORDS = "|".join(OTHER)
_NAMING = re.compile(rf"(^workflow: |\bspawn: |\bparent: )({_WORDS})\b", re.MULTILINE)
_PARENTS = re.compile(r"(children_of: \[)([^\]]*)(\])")


def renamed_definitions(folder: Path) -> Path:
    """A copy of the definitions in `folder`, every workflow under its other name; their purposes stay."""
    copy = shutil.copytree(DEFINITIONS, folder / "definitions")
    for file in sorted((copy / "workflows").iterdir()):
        name, _dot, rest = file.name.partition(".")
        text = file.read_text(encoding="utf-8")
        file.unlink()
        (copy / "workflows" / f"{OTHER[name]}.{rest}").write_text(_renamed(text), encoding="utf-8")
    return copy


def _renamed(text: str) -> str:
    named = _NAMING.sub(lambda found: found[1] + OTHER[found[2]], text)
    return _PARENTS.sub(lambda found: found[1] + _each(found[2]) + found[3], named)


def _each(names: str) -> str:
    return ", ".join(OTHER[name.strip()] for name in names.split(","))
