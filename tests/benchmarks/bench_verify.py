"""A million entries verified: in the database beside a bare scan of the same rows, and out of a bundle by verify.py alone."""

import hashlib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.benchmarks import rounds
from tests.bundles import VERIFY
from tests.databases import sqlite_ground
from workflow.audit import canonical
from workflow.audit.tree import Frontier
from workflow.exports import bundle
from workflow.persistence.seals import _SEALED
from workflow.services.signing import _grown

NOW = datetime(2026, 6, 1, 1, tzinfo=UTC)
ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
STREAMS = max(1, ENTRIES // 20)
_TASK = (Path(__file__).parents[2] / "definitions" / "workflows" / "task.yaml").read_bytes()
_PREV, _NUMBER, _STREAM = "@prev", 12345678, "task/@stream"
_MEGABYTE = 1024
_BATCH = 20_000


def _template() -> str:
    """An entry as the demonstration writes most of them, with places for what differs."""
    said = {
        "v": 1,
        "stream": _STREAM,
        "n": _NUMBER,
        "prev": _PREV,
        "rec": "2026-06-26T08:10:00.000000Z",
        "eff": "2026-06-26T08:10:00.000000Z",
        "type": "move",
        "tr": "progress",
        "from": "in_progress",
        "to": "in_progress",
        "rev": 5,
        "act": {
            "id": "019b755a22807000bf6963dd4462a156",
            "post": "Chuyên viên Phòng Văn hóa - Xã hội",
            "role": "officer",
            "unit": "vhxh",
        },
        "cli": "web",
        "chg": [["progress", 40, 60]],
        "cmt": {"result_note": "a0a225e01124f4aa6fb6517dbd8d907b32eb4fab46cfe6bb236a4fe3bf49770d"},
        "ev": [{"e": "field", "field": "progress", "new": 60, "old": 40}],
        "wf": {"name": "task", "ver": 1, "hash": hashlib.sha256(_TASK).hexdigest()},
    }
    text = canonical.encode(said).decode().replace("%", "%%")
    # Keys are sorted: the number comes first, then the hash, then the stream.
    return text.replace(str(_NUMBER), "%d").replace(_PREV, "%s").replace("@stream", "%08d")


def _fill(database) -> None:
    """Rows as the product and the sealer write them, without their triggers: a million of those would take too long here."""
    template, tree = _template(), Frontier()
    leaves = [bytes(32)] * STREAMS
    connection = database.owner.raw_connection()
    for table in ("audit_event", "audit_leaf"):
        connection.cursor().execute(f"DROP TRIGGER {table}_insert")
    connection.cursor().execute("DROP TRIGGER audit_head_update")
    connection.cursor().execute("BEGIN")
    for first in range(0, ENTRIES, _BATCH):
        events, places = [], []
        for seq in range(first, min(first + _BATCH, ENTRIES)):
            of, n = seq % STREAMS, seq // STREAMS + 1
            body = (template % (n, leaves[of].hex(), of)).encode()
            leaf = leaves[of] = hashlib.sha256(b"\x00" + body).digest()
            tree.append(leaf)
            name = f"{seq:032x}"
            events.append((name, f"task/{of:08d}", n, seq, "move", "p", "progress", f"{of:08d}", body, leaf))
            places.append((seq, name, leaf))
        connection.cursor().executemany("INSERT INTO audit_event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", events)
        connection.cursor().executemany("INSERT INTO audit_leaf VALUES (?, ?, ?)", places)
    connection.cursor().execute("UPDATE audit_head SET size = ?, frontier = ?", (tree.size, tree.to_bytes()))
    connection.commit()
    connection.close()


def _scan(database) -> float:
    """Seconds of CPU that the driver needs to hand these rows out, and nothing else."""
    connection = database.engine.raw_connection()
    text = _SEALED.text(database.engine.dialect).sql
    began = time.process_time()
    for _row in connection.driver_connection.execute(text):
        pass
    spent = time.process_time() - began
    connection.close()
    return spent


def _verify(database) -> float:
    with database.read() as uow:
        began = time.process_time()
        found = _grown(uow, None)
        spent = time.process_time() - began
    assert isinstance(found, Frontier), found
    assert found.size == ENTRIES
    return spent


def _in_the_database(database) -> rounds.Line:
    ratios, own, bare = [], [], []
    for _ in range(rounds.ROUNDS):
        before, mine, after = _scan(database), _verify(database), _scan(database)
        own.append(mine)
        bare.append((before + after) / 2)
        ratios.append(own[-1] / bare[-1])
    note = f"{min(own):.1f} s against {min(bare):.1f} s"
    return rounds.Line("11", f"{ENTRIES:,} entries hashed and grown into the tree / scan", "x", 3, tuple(ratios), note)


_ALONE = """
import runpy, sys, time
sys.argv = [sys.argv[1], sys.argv[2]]
began = time.perf_counter()
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    code = end.code
sys.stdout.flush()
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stderr.write(f"{code} {peak} {time.process_time()} {time.perf_counter() - began}")
"""


def _out_of_a_bundle(database, folder: Path) -> list[rounds.Line]:
    file = folder / "audit.zip"
    with database.write() as uow:
        uow.definitions.add("task", 1, hashlib.sha256(_TASK).hexdigest(), _TASK, "task.yaml", at=NOW, by="p")
    with database.read() as uow:
        bundle.write(uow, file, private=False, at=NOW, zone=ZoneInfo("Asia/Ho_Chi_Minh"))
    command = [sys.executable, "-I", "-S", "-c", _ALONE, str(VERIFY), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, peak, spent, wall = done.stderr.split()
    assert code == "0", done.stdout
    size = file.stat().st_size // 2**20
    note = f"{float(wall):.0f} s by the clock, a bundle of {size} MB"
    return [
        rounds.Line("G11", f"{ENTRIES:,} entries by verify.py alone, CPU", "s", 60, (float(spent),), note),
        rounds.Line("G11", "its memory", "MB", 100, (int(peak) / _MEGABYTE,)),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ground = sqlite_ground(Path(folder))
        database = ground.database()
        _fill(database)
        lines = [_in_the_database(database), *_out_of_a_bundle(database, Path(folder))]
        rounds.table("Verification", lines)
        ground.close()


if __name__ == "__main__":
    main()
