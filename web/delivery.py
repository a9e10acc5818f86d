"""Bytes to the browser: static files from memory under an address that names their content, pages compressed."""

import gzip
import hashlib
import io
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, Response, abort, request, send_file

from web.security import public
from workflow.services.documents import Document
from workflow.services.evidence import Opened

STATIC = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
_TEXTS = frozenset({".css", ".js", ".svg", ".txt", ".toml"})
_WORTH_BYTES = 1400
_LEVEL = 5


@dataclass(frozen=True, slots=True)
class StaticFile:
    content: bytes
    compressed: bytes | None
    type: str


@cache
def static_files() -> dict[str, StaticFile]:
    """Every file of the static folder by its path, read once a process."""
    return {path.relative_to(STATIC).as_posix(): _read(path) for path in sorted(STATIC.rglob("*")) if path.is_file()}


def _read(path: Path) -> StaticFile:
    content = path.read_bytes()
    compressed = gzip.compress(content, 9, mtime=0) if path.suffix in _TEXTS else None
    return StaticFile(content, compressed, _type(path))


def _type(path: Path) -> str:
    if path.suffix == ".woff2":
        return "font/woff2"
    return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


@cache
def static_digest() -> str:
    """Changes whenever any static file does, so that browsers may keep what they have for ever."""
    digest = hashlib.sha256()
    for name, file in static_files().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(file.content).digest())
    return digest.hexdigest()[:16]


def address(name: str) -> str:
    """Where a static file is served; it changes with the content of the folder."""
    return f"/static/{static_digest()}/{name}"


def deliver(app: Flask) -> None:
    """Serve the static folder and compress the pages of `app`."""
    app.add_url_rule(address("<path:filename>"), "static", public(send_static))
    app.after_request(compress)


def send_static(filename: str) -> Response:
    file = static_files().get(filename)
    if file is None:
        abort(404)
    squeezed = file.compressed is not None and _takes_gzip()
    response = Response(file.compressed if squeezed else file.content, content_type=file.type)
    response.headers["Cache-Control"] = _FOREVER
    response.headers["Vary"] = "Accept-Encoding"
    if squeezed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _takes_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0


def attachment(opened: Opened) -> Response:
    """What somebody uploaded: always to be saved, never shown, whatever its bytes say."""
    response = send_file(
        opened.content, mimetype=opened.file.type, as_attachment=True, download_name=opened.file.name, max_age=0
    )
    response.content_length = opened.file.size
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(opened.file.sha256)
    return response


def made(content: bytes, name: str, kind: str) -> Response:
    """A file that was made for this request: to be saved, and kept by nobody on the way."""
    response = send_file(io.BytesIO(content), mimetype=kind, as_attachment=True, download_name=name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


def saved(document: Document) -> Response:
    """A document that was made just now: to be saved under its name, and kept by nobody on the way."""
    response = send_file(
        io.BytesIO(document.content), mimetype=document.type, as_attachment=True, download_name=document.name, max_age=0
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def compress(response: Response) -> Response:
    """Pages cross weak networks: a list of fifty rows is 5 KB instead of 40."""
    if response.mimetype not in ("text/html", "application/json", "application/problem+json"):
        return response
    response.vary.add("Accept-Encoding")
    if (
        not _takes_gzip()
        or response.direct_passthrough
        or response.is_streamed
        or "Content-Encoding" in response.headers
        or len(content := response.get_data()) < _WORTH_BYTES
    ):
        return response
    response.set_data(gzip.compress(content, _LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
