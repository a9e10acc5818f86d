"""What a process does that finds the database held for too long by another: it comes again, as its next round would."""

from collections.abc import Callable
from typing import TypeVar

from workflow.errors import Busy

Found = TypeVar("Found")
Asked = TypeVar("Asked")


def patiently(ask: Callable[[Asked], Found], of: Asked) -> Found:
    while True:
        try:
            return ask(of)
        except Busy:
            continue
