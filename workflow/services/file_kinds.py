"""What kind of file arrived, told by its content: the name is only ever a promise to compare with."""

import io
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO
from xml.parsers import expat

import filetype

from workflow.engine import Label
from workflow.errors import TypeRefused

MAX_PARTS = 2_000
MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 100

_CHUNK = 64 * 1024
_HEAD = 8 * 1024
_MAX_DIRECTORY = 1024 * 1024
_MAX_MANIFEST = 4 * 1024 * 1024
_MAX_NAME = 150
_MAX_PIXELS = 200_000_000
_END_RECORD = struct.Struct("<4s4H2LH")
_OOXML = "application/vnd.openxmlformats-officedocument."
_DOCX = f"{_OOXML}wordprocessingml.document"
_XLSX = f"{_OOXML}spreadsheetml.sheet"

TYPES: Mapping[str, str] = MappingProxyType(
    {
        "pdf": "application/pdf",
        "docx": _DOCX,
        "xlsx": _XLSX,
        "png": "image/png",
        "jpg": "image/jpeg",
        "jpeg": "image/jpeg",
    }
)
"""What is accepted: the ending of the name, and the media type that its content must have."""


FAULTS: Mapping[str, Label] = MappingProxyType(
    {
        "kind": Label(
            "không thuộc loại được nhận (PDF, DOCX, XLSX, PNG, JPG)",
            "of a kind not accepted (PDF, DOCX, XLSX, PNG, JPG)",
        ),
        "mismatch": Label("nội dung không đúng với phần mở rộng của tên tệp", "its content belies its name"),
        "empty": Label("tệp rỗng", "empty"),
        "damaged": Label("tệp bị hỏng hoặc bị cắt cụt", "damaged or cut short"),
        "two_kinds": Label("tệp mang kèm nội dung khác loại", "carries content of another kind"),
        "picture_size": Label("kích thước ảnh không hợp lệ", "a picture of impossible size"),
        "locked": Label("tài liệu đặt mật khẩu hoặc nén kiểu lạ", "locked with a password or packed in an unusual way"),
        "unpacked": Label("tài liệu quá lớn khi giải nén", "too large once unpacked"),
        "parts": Label("tài liệu có thành phần đặt tên không hợp lệ", "has a part with an unsafe name"),
        "macros": Label("tài liệu có macro", "contains macros"),
        "doctype": Label("tài liệu có khai báo XML không an toàn", "contains unsafe XML declarations"),
        "elsewhere": Label(
            "tài liệu có liên kết ra ngoài; hãy lưu thành PDF rồi gửi lại", "links to the outside; save it as PDF first"
        ),
        "archive": Label("không phải tài liệu Word hoặc Excel thông thường", "no plain Word or Excel document"),
        "infected": Label("bị phần mềm kiểm tra báo có mã độc", "a scanner reports malware in it"),
    }
)
"""What `TypeRefused.found` may be, in words."""


class _Odd(Exception):
    """Carries the code of what is wrong with a file."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean_name(name: str) -> str:
    """The name as it is kept: its last segment, without invisible characters, which can turn its ending around."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in last if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    stem, dot, ending = " ".join(shown.split()).rpartition(".")
    return f"{stem[: _MAX_NAME - len(ending)]}{dot}{ending}"


def kind_of(path: Path, name: str) -> str:
    """The media type of the file at `path`; TypeRefused unless it is of an accepted kind, sound, and named for it."""
    stem, _, ending = name.rpartition(".")
    expected = TYPES.get(ending.lower())
    if expected is None or not stem.strip(". "):
        raise TypeRefused(name, "kind")
    try:
        with path.open("rb") as file:
            found = _checked(file)
    except _Odd as odd:
        raise TypeRefused(name, odd.code) from None
    if found != expected:
        raise TypeRefused(name, "mismatch")
    return found


def _checked(file: BinaryIO) -> str:
    head = file.read(_HEAD)
    if not head:
        raise _Odd("empty")
    if head.startswith(b"PK\x03\x04"):
        return _office_document(file)
    guessed = filetype.guess(head)
    check = {"application/pdf": _check_pdf, "image/png": _check_png, "image/jpeg": _check_jpeg}.get(
        guessed.mime if guessed else ""
    )
    if guessed is None or check is None:
        raise _Odd("kind")
    check(file)
    # Two kinds at once: one program shows the picture, another unpacks what hangs on it.
    if zipfile.is_zipfile(file):
        raise _Odd("two_kinds")
    return str(guessed.mime)


def _size(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)


def _tail(file: BinaryIO, length: int) -> bytes:
    file.seek(max(0, _size(file) - length))
    return file.read(length)


# -- PDF and pictures ---------------------------------------------------------------------------------------------------


def _check_pdf(file: BinaryIO) -> None:
    file.seek(0)
    if not re.match(rb"%PDF-[12]\.\d", file.read(8)):
        raise _Odd("damaged")
    tail = _tail(file, 2048)
    if b"%%EOF" not in tail or not re.search(rb"startxref\s+\d{1,10}\s", tail):
        raise _Odd("damaged")


def _check_png(file: BinaryIO) -> None:
    file.seek(8)
    kinds = []
    for kind, body in _png_chunks(file):
        kinds.append(kind)
        if kind == b"IHDR":
            _check_picture_size(*struct.unpack(">2L", body[:8]))
        if kind == b"IEND":
            break
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise _Odd("damaged")
    if file.read(1):
        raise _Odd("two_kinds")


def _png_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    left = _size(file) - 8
    file.seek(8)
    while left >= 12:
        length, kind = struct.unpack(">L4s", file.read(8))
        left -= 12 + length
        if left < 0:
            raise _Odd("damaged")
        body = file.read(length)
        if zlib.crc32(kind + body) != int.from_bytes(file.read(4), "big"):
            raise _Odd("damaged")
        yield kind, body


def _check_picture_size(width: int, height: int) -> None:
    if not 0 < width * height <= _MAX_PIXELS:
        raise _Odd("picture_size")


def _check_jpeg(file: BinaryIO) -> None:
    file.seek(2)
    framed = False
    while True:
        mark, code = _jpeg_marker(file)
        if mark != 0xFF:
            raise _Odd("damaged")
        if code == 0xDA:
            break
        length = int.from_bytes(file.read(2), "big")
        body = file.read(max(0, length - 2))
        if length < 2 or len(body) != length - 2:
            raise _Odd("damaged")
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            framed = True
            _check_picture_size(int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))
    # Cameras append more pictures and notes of their own: what follows the end of the first one is not judged.
    if not framed or not _found(file, b"\xff\xd9"):
        raise _Odd("damaged")


def _jpeg_marker(file: BinaryIO) -> tuple[int, int]:
    pair = file.read(2)
    while len(pair) == 2 and pair == b"\xff\xff":
        pair = pair[1:] + file.read(1)
    if len(pair) < 2:
        raise _Odd("damaged")
    return pair[0], pair[1]


def _found(file: BinaryIO, sought: bytes) -> bool:
    carried = b""
    while chunk := file.read(_CHUNK):
        if sought in carried + chunk:
            return True
        carried = chunk[-len(sought) + 1 :]
    return False


# -- Word and Excel -----------------------------------------------------------------------------------------------------

_MAIN = {
    f"{_OOXML}wordprocessingml.document.main+xml": _DOCX,
    f"{_OOXML}spreadsheetml.sheet.main+xml": _XLSX,
}
_CONTENT_TYPES = "[Content_Types].xml"
_ROOT_RELATIONS = "_rels/.rels"
_OFFICE_DOCUMENT = "/officeDocument"
_ELSEWHERE = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|//|\\")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_READ_AS = frozenset({b"utf-8", b"utf8", b"utf-16", b"us-ascii", b"ascii"})


def _office_document(file: BinaryIO) -> str:
    _check_directory(file)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            manifests = _read_through(archive, parts)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as fault:
        # Each of these is how `zipfile` says that an archive is damaged, locked or packed in a way of its own.
        raise _Odd("damaged") from fault
    return _declared_kind(manifests, frozenset(part.filename for part in parts))


def _check_directory(file: BinaryIO) -> None:
    """Look at the archive's end before anything reads its directory: a million entries cost memory by being listed."""
    size = _size(file)
    tail = _tail(file, _END_RECORD.size + 0xFFFF)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise _Odd("damaged")
    _, disk, first, here, entries, length, start, comment = _END_RECORD.unpack_from(tail, at)
    if disk or first or here != entries or 0xFFFF in (entries, here) or 0xFFFFFFFF in (length, start):
        raise _Odd("unpacked")
    if entries > MAX_PARTS or length > _MAX_DIRECTORY:
        raise _Odd("unpacked")
    record_at = size - len(tail) + at
    if start + length != record_at or record_at + _END_RECORD.size + comment != size:
        raise _Odd("two_kinds")


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS:
        raise _Odd("unpacked")
    if len({part.filename.casefold() for part in parts}) != len(parts):
        raise _Odd("parts")
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise _Odd("unpacked")
    for part in parts:
        _check_part(part)
    if min((part.header_offset for part in parts), default=1) != 0:
        raise _Odd("two_kinds")


def _check_part(part: zipfile.ZipInfo) -> None:
    name = part.filename
    # `zipfile` cuts a name at NUL and turns separators around; what stood in the file is what counts.
    original = part.orig_filename
    steps = PurePosixPath(name).parts
    if (
        original != name
        or not name.isprintable()
        or len(name) > 255
        or name.startswith("/")
        or ".." in steps
        or re.search(r'[\\:*?"<>|]', name)
    ):
        raise _Odd("parts")
    if part.flag_bits & 0x1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _Odd("locked")
    if stat.S_ISLNK(part.external_attr >> 16):
        raise _Odd("parts")
    if part.file_size > MAX_RATIO * max(part.compress_size, 1):
        raise _Odd("unpacked")
    if steps and steps[-1].casefold() == "vbaproject.bin":
        raise _Odd("macros")


def _read_through(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> dict[str, bytes]:
    """Unpack every part once, believing no declared size; returns the few parts that say what the others are."""
    left = MAX_UNPACKED
    kept: dict[str, bytes] = {}
    for part in parts:
        manifest = part.filename == _CONTENT_TYPES or part.filename.endswith(".rels")
        body = bytearray()
        carried = b""
        with archive.open(part) as opened:
            while chunk := opened.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _Odd("unpacked")
                if not carried:
                    _check_encoding(part.filename, chunk)
                carried = _check_text(carried + chunk)
                if manifest:
                    body += chunk
                    if len(body) > _MAX_MANIFEST:
                        raise _Odd("unpacked")
        if manifest:
            kept[part.filename] = bytes(body)
    return kept


def _check_text(text: bytes) -> bytes:
    """Refuse a document type anywhere, in whatever width its letters are written; returns the end, to look on from."""
    narrow = text.replace(b"\0", b"").upper()
    if b"<!DOCTYPE" in narrow or b"<!ENTITY" in narrow:
        raise _Odd("doctype")
    return text[-40:]


def _check_encoding(name: str, head: bytes) -> None:
    if not name.casefold().endswith((".xml", ".rels", ".vml")):
        return
    declared = _ENCODING.search(head[:400].replace(b"\0", b""))
    if declared and declared[1].lower() not in _READ_AS:
        raise _Odd("doctype")


def _declared_kind(manifests: dict[str, bytes], names: frozenset[str]) -> str:
    if _CONTENT_TYPES not in manifests or _ROOT_RELATIONS not in manifests:
        raise _Odd("archive")
    for relations in (body for name, body in manifests.items() if name != _CONTENT_TYPES):
        _check_relations(relations)
    main = next(
        (
            attributes["Target"].removeprefix("/")
            for _, attributes in _elements(manifests[_ROOT_RELATIONS])
            if attributes.get("Type", "").endswith(_OFFICE_DOCUMENT)
        ),
        "",
    )
    kind = _MAIN.get(_content_type(manifests[_CONTENT_TYPES], main))
    if kind is None or main not in names:
        raise _Odd("archive")
    return kind


def _content_type(body: bytes, main: str) -> str:
    found = ""
    for tag, attributes in _elements(body):
        kind = attributes.get("ContentType", "")
        if "macroenabled" in kind.casefold() or "vbaproject" in kind.casefold():
            raise _Odd("macros")
        if tag == "Override" and attributes.get("PartName", "").removeprefix("/") == main:
            found = kind
    return found


def _check_relations(body: bytes) -> None:
    for _, attributes in _elements(body):
        target = attributes.get("Target", "")
        if attributes.get("TargetMode", "Internal") != "Internal" or _ELSEWHERE.match(target):
            raise _Odd("elsewhere")


@dataclass(frozen=True, slots=True)
class _Elements:
    found: list[tuple[str, dict[str, str]]]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.found.append((tag.rpartition(" ")[2], attributes))


def _refuse_doctype(*_: object) -> None:
    raise _Odd("doctype")


def _elements(body: bytes) -> list[tuple[str, dict[str, str]]]:
    """Every element of a small XML part, with its attributes."""
    elements = _Elements([])
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = elements.start
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(body, True)
    except expat.ExpatError as fault:
        raise _Odd("damaged") from fault
    return elements.found
