"""How everything here is measured: slices of ours between slices of its raw twin, CPU of this process, medians of five rounds."""

import platform
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROUNDS = 5
SECONDS = 0.4
_BATCH = 5

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what a goal asks for and the rounds that were measured."""

    goal: str
    what: str
    unit: str
    bound: float
    rounds: tuple[float, ...]
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def __str__(self) -> str:
        met = "met" if self.median <= self.bound else "NOT MET"
        spread = f"{min(self.rounds):.2f} – {self.median:.2f} – {max(self.rounds):.2f}"
        return f"{self.goal:>4}  {self.what:<58} {spread:>22} {self.unit:<5} ≤ {self.bound:<4g} {met:<8} {self.note}"


def cpu(work: Work, seconds: float = SECONDS, clock: Callable[[], float] = time.process_time) -> float:
    """Microseconds of this process's CPU (or of another clock) for one call, over at least `seconds` of wall time."""
    calls = 0
    until = time.perf_counter() + seconds
    began = clock()
    while time.perf_counter() < until:
        for _ in range(_BATCH):
            work()
        calls += _BATCH
    return (clock() - began) / calls * 1e6


def compared(
    goal: str, what: str, bound: float, ours: Work, raw: Work, clock: Callable[[], float] = time.process_time
) -> Line:
    """Ours against its twin: in each round a slice of ours stands between two of raw, and their mean is what it is held to."""
    for work in (raw, ours):
        cpu(work, SECONDS / 4)
    ratios, own, twin = [], [], []
    for _ in range(ROUNDS):
        before, mine, after = (cpu(work, clock=clock) for work in (raw, ours, raw))
        own.append(mine)
        twin.append((before + after) / 2)
        ratios.append(own[-1] / twin[-1])
    note = f"{statistics.median(own):.0f} µs against {statistics.median(twin):.0f} µs"
    return Line(goal, what, "x", bound, tuple(ratios), note)


def timed(goal: str, what: str, bound_ms: float, work: Work, note: str = "") -> Line:
    """Milliseconds of CPU for one call: what a neighbour on the machine does with its own time is not counted."""
    work()
    return Line(goal, what, "ms", bound_ms, tuple(cpu(work, SECONDS / 2) / 1e3 for _ in range(ROUNDS)), note)


def counted(goal: str, what: str, bound: int, numbers: Sequence[int]) -> Line:
    """Things that are counted and do not vary with the machine."""
    return Line(goal, what, "", bound, tuple(float(number) for number in numbers))


def machine() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="ascii") if cpuinfo.exists() else ""
    model = next((line.partition(": ")[2] for line in text.splitlines() if line.startswith("model name")), "")
    cores = text.count("model name") or "?"
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{implementation}, SQLite {sqlite3.sqlite_version}, {cores} cores {model or platform.machine()}"


def table(title: str, lines: Iterable[Line]) -> None:
    """Print the lines under the day and the machine they were measured on."""
    print(f"\n{title}  [{datetime.now(UTC):%Y-%m-%d}; {machine()}]")
    print("goal  measure, median of 5 rounds (CPU of ours / CPU of its raw twin)     min – median – max")
    for line in lines:
        print(line, flush=True)
