"""SQLite: requests that wait to write at the same time share one transaction, and one wait for the disk serves all of them.

Nobody waits for company: whoever comes first begins alone, and those who come while he works are the next ones' company.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Engine

from workflow.errors import Busy

Request = TypeVar("Request")
Answer = TypeVar("Answer")

Work = Callable[[Sequence[Request]], Sequence[Answer | Exception]]
"""Does all of the requests in one transaction; an answer or a fault for each, in their order. What it raises, nobody's was done."""

MOST = 64


class Together(Protocol):
    """How requests that may share a transaction are done."""

    def do(self, work: Work[Request, Answer], request: Request) -> Answer:
        """The answer to `request`, or its fault raised, once its transaction is over."""
        ...


class Alone:
    """Each request has a transaction of its own: for a database that lets several write at once."""

    def do(self, work: Work[Request, Answer], request: Request) -> Answer:
        return _given(work((request,))[0])


class _Waiting(Generic[Request, Answer]):
    """A request that somebody else may do; `turn` is held until it is answered or has to lead the next ones."""

    __slots__ = ("answer", "leads", "request", "turn", "work")

    def __init__(self, work: Work[Request, Answer], request: Request) -> None:
        self.work, self.request = work, request
        self.answer: Answer | Exception | None = None
        self.leads = False
        self.turn = threading.Lock()
        self.turn.acquire()


class InCompany:
    """Whoever waits while another writes is done with all who wait, by the first of them."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting[Any, Any]] = deque()
        self._led = False

    def do(self, work: Work[Request, Answer], request: Request) -> Answer:
        with self._lock:
            mine = _Waiting(work, request) if self._led else None
            if mine is not None:
                self._waiting.append(mine)
            self._led = True
        if mine is None:
            try:
                return _given(work((request,))[0])
            finally:
                self._pass_on()
        mine.turn.acquire()
        if mine.leads:
            self._lead()
        return _given(mine.answer)

    def _lead(self) -> None:
        """Do the requests of those who wait, the caller's first among them."""
        company = self._company()
        try:
            _do_all(company)
        finally:
            self._pass_on()
            for one in company[1:]:
                one.turn.release()

    def _pass_on(self) -> None:
        """Let the first who waits lead the next."""
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            if following is None:
                self._led = False
            else:
                following.leads = True
        if following is not None:
            following.turn.release()

    def _company(self) -> list[_Waiting[Any, Any]]:
        with self._lock:
            first = self._waiting.popleft()
            company = [first]
            while self._waiting and len(company) < self._most and self._waiting[0].work == first.work:
                company.append(self._waiting.popleft())
        return company


def _do_all(company: Sequence[_Waiting[Any, Any]]) -> None:
    for one in company:
        # What stays where even this process is told to end.
        one.answer = Busy("whoever wrote for several was stopped; nothing was written, try again")
    try:
        answers = company[0].work([one.request for one in company])
    except Busy as fault:
        answers = [Busy(*fault.args) for _ in company]
    except Exception as fault:  # noqa: BLE001  handed to whom it belongs
        # One of them broke the transaction of all: each for himself, and who broke it will be told.
        answers = [fault] if len(company) == 1 else [_alone(one) for one in company]
    for one, answer in zip(company, answers, strict=True):
        one.answer = answer


def _alone(one: _Waiting[Any, Any]) -> Any:
    try:
        return one.work([one.request])[0]
    except Exception as fault:  # noqa: BLE001  handed to whom it belongs
        return fault


def _given(answer: Answer | Exception | None) -> Answer:
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[return-value]  # answered by now


ALONE = Alone()


def together_on(engine: Engine) -> Together:
    """How requests share a transaction on that database: SQLite has one writer at a time, a server groups commits itself."""
    return InCompany() if engine.dialect.name == "sqlite" else ALONE
