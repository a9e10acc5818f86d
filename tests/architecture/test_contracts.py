"""Who may import what: the contracts of setup.cfg hold, and each of them can be broken."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# One import that each contract forbids, by the file it is planted in. The cycle comes of the first: services need the clock.
PLANTED = {
    "workflow/clock.py": "import workflow.services.moves",
    "workflow/ids.py": "import web.settings",
    "workflow/engine/item.py": "import marshmallow",
    "workflow/engine/apply.py": "import transitions, cel_expr_python",
    "workflow/services/items.py": "import flask, sqlalchemy, rq, msgspec, workflow.persistence.tables",
    "workflow/services/mail.py": "import openpyxl, python_calamine, docx, typst, pyhanko, cryptography, segno",
    "web/settings.py": "import web.wiring",
}


def _verdicts(folder: Path) -> dict[str, str]:
    """Contract -> KEPT or BROKEN for the packages in `folder`."""
    ran = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--config", ROOT / "setup.cfg", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", ran.stdout, re.MULTILINE))
    assert found, ran.stdout + ran.stderr
    return found | {"report": ran.stdout}


def _contracts() -> set[str]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return {parser[name]["name"] for name in parser.sections() if name.startswith("importlinter:contract:")}


def test_every_contract_holds():
    verdicts = _verdicts(ROOT)

    report = verdicts.pop("report")
    assert verdicts == dict.fromkeys(_contracts(), "KEPT"), report


def test_every_contract_can_be_broken(tmp_path):
    for package in ("workflow", "web"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("static", "__pycache__"))
    for path, line in PLANTED.items():
        with (tmp_path / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    verdicts = _verdicts(tmp_path)

    del verdicts["report"]
    assert verdicts == dict.fromkeys(_contracts(), "BROKEN")


@pytest.mark.parametrize("package", ["workflow", "web"])
def test_imports_are_absolute_and_never_starred(package):
    starred = re.compile(r"^\s*from (\.|\S+ import \*)", re.MULTILINE)

    found = [path for path in (ROOT / package).rglob("*.py") if starred.search(path.read_text(encoding="utf-8"))]

    assert found == []
    assert starred.search("from . import items")
    assert starred.search("from workflow.engine import *")
