"""Small sound files of every accepted kind, made on the spot, and the parts to make unsound ones of."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

OOXML = "application/vnd.openxmlformats-officedocument."
WORD_MAIN = f"{OOXML}wordprocessingml.document.main+xml"
EXCEL_MAIN = f"{OOXML}spreadsheetml.sheet.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def pdf(text: str = "So lieu") -> bytes:
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text.encode("ascii")),
    ]
    body = bytearray(b"%PDF-1.4\n")
    places = []
    for n, part in enumerate(parts, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (n, part)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(body)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png(width: int = 1, height: int = 1) -> bytes:
    header = struct.pack(">2L5B", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0\xff\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def segment(code: int, body: bytes) -> bytes:
    return bytes((0xFF, code)) + struct.pack(">H", len(body) + 2) + body


def jpg(width: int = 1, height: int = 1) -> bytes:
    start = b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    frame = segment(0xC0, struct.pack(">B2H", 8, height, width) + b"\1\1\x11\0")
    return start + frame + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34\xff\0\x56" + b"\xff\xd9"


def relations(*targets: tuple[str, str, str]) -> str:
    """A part of relationships from (type, target, further attributes)."""
    lines = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"{more}/>'
        for n, (kind, target, more) in enumerate(targets)
    )
    return f'{HEAD}<Relationships xmlns="{RELATIONS}">{lines}</Relationships>'


def content_types(part: str, kind: str, more: str = "") -> str:
    return (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{kind}"/>{more}</Types>'
    )


def docx_parts() -> dict[str, str | bytes]:
    return {
        "[Content_Types].xml": content_types("word/document.xml", WORD_MAIN),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", "")),
        "word/document.xml": f'{HEAD}<w:document xmlns:w="urn:w"><w:body/></w:document>',
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml", "")),
        "word/styles.xml": f'{HEAD}<w:styles xmlns:w="urn:w"/>',
    }


def xlsx_parts() -> dict[str, str | bytes]:
    return {
        "[Content_Types].xml": content_types("xl/workbook.xml", EXCEL_MAIN),
        "_rels/.rels": relations(("officeDocument", "/xl/workbook.xml", "")),
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="urn:x"/>',
    }


def packed(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


def docx(changes: Mapping[str, str | bytes | None] | None = None) -> bytes:
    """A document; `changes` replace or, by None, remove parts."""
    parts = docx_parts() | dict(changes or {})
    return packed({name: body for name, body in parts.items() if body is not None})


def xlsx(changes: Mapping[str, str | bytes | None] | None = None) -> bytes:
    parts = xlsx_parts() | dict(changes or {})
    return packed({name: body for name, body in parts.items() if body is not None})
