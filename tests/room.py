"""Where tests keep what lies on a disk: in memory where there is room for it, as they make and drop databases by the thousand."""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  on Linux a place for everybody; tests make folders of their own in it
_ENOUGH_BYTES = 4 * 1024**3


def take() -> None:
    """From now on this process and those that it starts make their temporary folders there; TMPDIR says where else."""
    if "TMPDIR" not in os.environ and _is_roomy(_MEMORY):
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def _is_roomy(place: Path) -> bool:
    """Servers are started from there too: a place where no program may run will not do."""
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        return False
    may_run = not os.statvfs(place).f_flag & os.ST_NOEXEC
    return may_run and shutil.disk_usage(place).free >= _ENOUGH_BYTES
