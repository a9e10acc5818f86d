"""SQLite: who writes next. SQLite's own waiters sleep and try again, and the luckiest wins; here each process has its turn."""

import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

from workflow.errors import Busy

if sys.platform != "win32":
    import fcntl


class WriterQueue:
    """The writers of one database file: threads of this process by a lock, processes by locks of the system on two files beside it.

    Who holds the first file is next; who holds the second writes. Whoever has written must become the next one again: nobody
    overtakes. The system frees the locks of a process that dies.
    """

    def __init__(self, database: str, patience: float) -> None:
        self.patience = patience
        self._paths = (Path(f"{database}-next"), Path(f"{database}-writer"))
        self._threads = threading.Lock()
        self._files: tuple[IO[bytes], ...] = ()

    def enter(self) -> None:
        """Return when it is this thread's turn to write; Busy where that takes too long."""
        if not self._threads.acquire(timeout=self.patience):
            raise _busy()
        try:
            self._hold()
        except BaseException:
            self._threads.release()
            raise

    def leave(self) -> None:
        if sys.platform != "win32" and self._files:
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        files, self._files = self._files, ()
        for file in files:
            file.close()

    def _hold(self) -> None:
        if sys.platform == "win32":
            # No queue between processes there: SQLite's own waiting remains.
            return
        self._files = self._files or tuple(path.open("ab") for path in self._paths)
        following, writing = self._files
        try:
            fcntl.flock(following, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(writing, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait()
        else:
            fcntl.flock(following, fcntl.LOCK_UN)

    def _wait(self) -> None:
        # The system's waiting has no end of its own: it is done in a thread that is left alone where it takes too long.
        line = _InLine(self._files)
        if not line.has_come(self.patience):
            self._files = ()
            raise _busy()


class _InLine:
    """A place in the line of processes; one that was given up closes its files when its turn comes."""

    def __init__(self, files: tuple[IO[bytes], ...]) -> None:
        self._files = files
        self._lock = threading.Lock()
        self._came, self._given_up = threading.Event(), False
        threading.Thread(target=self._stand, name="writer", daemon=True).start()

    def has_come(self, within: float) -> bool:
        if self._came.wait(within):
            return True
        with self._lock:
            self._given_up = not self._came.is_set()
        return not self._given_up

    def _stand(self) -> None:
        if sys.platform == "win32":
            return
        # Files that are closed meanwhile, with the database, have no turn to wait for.
        with suppress(OSError, ValueError):
            following, writing = self._files
            fcntl.flock(following, fcntl.LOCK_EX)
            fcntl.flock(writing, fcntl.LOCK_EX)
            fcntl.flock(following, fcntl.LOCK_UN)
            with self._lock:
                self._came.set()
                if self._given_up:
                    following.close()
                    writing.close()


def _busy() -> Busy:
    return Busy("the database is held by somebody else; nothing was written, try again")
