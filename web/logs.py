"""The log of a process on standard error: what went wrong and, as JSON, every request; never who somebody is or what he wrote."""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from flask import Flask, Response, has_request_context, request
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from web import security
from web.metrics import route_of, seconds_so_far
from web.settings import Settings

_LONGEST_MESSAGE = 200
_ADDRESS = re.compile(r"[^\s<>@:,;]+@[^\s<>@:,;]+")
_log = logging.getLogger("dondoc.request")


def log_to_stderr(settings: Settings) -> None:
    """From here on this process logs: faults as lines of text, or with DONDOC_LOG=json also each request, an object a line."""
    as_json = settings.log == "json"
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(as_json=as_json))
    logging.basicConfig(level=logging.INFO if as_json else logging.WARNING, handlers=[handler], force=True)
    for chatty in ("rq", "waitress", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def follow(app: Flask) -> None:
    """Log each request of `app` when it has been answered."""
    app.after_request(_end)


def _end(response: Response) -> Response:
    if _log.isEnabledFor(logging.INFO):
        said = {
            "method": request.method[:10],
            "route": route_of(request),
            "status": response.status_code,
            "milliseconds": round(seconds_so_far() * 1000, 1),
        }
        _log.info("request", extra=said)
    return response


# -- how a line is written ----------------------------------------------------------------------------------------------


def _name_request(_logger: WrappedLogger, _method: str, said: EventDict) -> EventDict:
    """Every line that is logged while a request is answered bears its id: that of the answer's header and of the log's entry."""
    if has_request_context() and (name := security.request_id()):
        said["request"] = name
    return said


def _trace(_logger: WrappedLogger, _method: str, said: EventDict) -> EventDict:
    """The exception as its places and its first words: a database's own detail names what people entered."""
    fault = said.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()
    elif isinstance(fault, BaseException):
        fault = (type(fault), fault, fault.__traceback__)
    if fault and fault[1] is not None:
        said["exception"] = told(fault[1])
        said["trace"] = _places(fault[2])
    return said


def _hide_addresses(_logger: WrappedLogger, _method: str, said: EventDict) -> EventDict:
    """A mail server names in its answer whom a letter was for: that is nobody's business here."""
    for part in ("event", "exception"):
        if isinstance(said.get(part), str):
            said[part] = _ADDRESS.sub("…@…", said[part])
    return said


def told(fault: BaseException) -> str:
    """The class of an exception and the first line of what it says."""
    first = str(fault).strip().partition("\n")[0]
    return f"{type(fault).__name__}: {first[:_LONGEST_MESSAGE]}"


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def _as_text(_logger: WrappedLogger, _method: str, said: EventDict) -> str:
    level, name, event = said.pop("level", ""), said.pop("logger", ""), said.pop("event", "")
    at, exception, trace = said.pop("at", ""), said.pop("exception", ""), said.pop("trace", ())
    more = "".join(f" {key}={value}" for key, value in said.items())
    lines = [f"{at} {level.upper()} {name}: {event}{more}", *(f"    {place}" for place in trace)]
    # Whatever a message holds, it can begin no line of its own.
    return "\n".join(
        line.replace("\n", " ").replace("\r", " ") for line in (*lines, *([f"    {exception}"] if exception else []))
    )


_SHARED: tuple[Any, ...] = (
    _name_request,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
)


def _formatter(*, as_json: bool) -> ProcessorFormatter:
    written = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _as_text
    return ProcessorFormatter(
        foreign_pre_chain=list(_SHARED),
        processors=[ProcessorFormatter.remove_processors_meta, _trace, _hide_addresses, written],
    )
