import io
import random
import struct
import warnings
import zipfile
import zlib

import pytest

from tests import files
from workflow.errors import TypeRefused
from workflow.services import file_kinds
from workflow.services.file_kinds import FAULTS, clean_name, kind_of

SOUND = {
    "báo cáo.pdf": (files.pdf(), "application/pdf"),
    "SỐ LIỆU.PDF": (files.pdf(), "application/pdf"),
    "ảnh.png": (files.png(), "image/png"),
    "ảnh.jpg": (files.jpg(), "image/jpeg"),
    "ảnh.jpeg": (files.jpg() + b"notes of a camera", "image/jpeg"),
    "tờ trình.docx": (files.docx(), f"{files.OOXML}wordprocessingml.document"),
    "biểu.xlsx": (files.xlsx(), f"{files.OOXML}spreadsheetml.sheet"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_of_an_accepted_kind_is_told_by_its_content(tmp_path, name):
    content, expected = SOUND[name]
    path = tmp_path / "upload"
    path.write_bytes(content)

    found = kind_of(path, name)

    assert found == expected


def _raw_zip(change):
    """A sound document whose bytes `change` then spoils."""
    return change(bytearray(files.docx()))


def _flagged(content: bytearray) -> bytes:
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def _smaller_than_it_is(content: bytearray) -> bytes:
    """The directory declares one byte for its last part: whoever believes it reads no further."""
    at = content.rfind(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<L", 1)
    return bytes(content)


def _other_name_inside(content: bytearray) -> bytes:
    at = content.find(b"PK\x01\x02")
    inside = content.rfind(b"word/styles.xml", 0, at)
    content[inside : inside + 15] = b"word/stylez.xml"
    return bytes(content)


def _claims(entries: int, length: int):
    def change(content: bytearray) -> bytes:
        at = content.rfind(b"PK\x05\x06")
        content[at + 8 : at + 16] = struct.pack("<HHL", entries, entries, length)
        return bytes(content)

    return change


def _bomb(size: int) -> bytes:
    return files.docx({"word/media/zeros.bin": bytes(size)})


def _many(count: int) -> bytes:
    return files.packed(files.docx_parts() | {f"word/media/{n}.bin": b"" for n in range(count)}, zipfile.ZIP_STORED)


def _twice() -> bytes:
    out = io.BytesIO(files.docx())
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("word/document.xml", "another")
    return out.getvalue()


def _linked() -> bytes:
    out = io.BytesIO(files.docx())
    link = zipfile.ZipInfo("word/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _overlapping() -> bytes:
    """Two names for the same bytes: the same part is unpacked twice."""
    content = bytearray(files.docx())
    at = content.rfind(b"PK\x05\x06")
    first = content.find(b"PK\x01\x02")
    last = content.rfind(b"PK\x01\x02")
    entry = bytearray(content[last:at])
    entry[46 : 46 + 15] = b"word/stylex.xml"
    content[at:at] = entry
    end = content.rfind(b"PK\x05\x06")
    count = struct.unpack_from("<H", content, end + 10)[0] + 1
    content[end + 8 : end + 16] = struct.pack("<HHL", count, count, end - first)
    return bytes(content)


def _packed_as(compression: int) -> bytes:
    return files.packed(files.docx_parts(), compression)


EXTERNAL = ' TargetMode="External"'
HIDDEN = ' TargetMode="&#69;xternal"'
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
MACRO_MAIN = "application/vnd.ms-word.document.macroEnabled.main+xml"


def _doc_relation(*relation: str) -> bytes:
    return files.docx({"word/_rels/document.xml.rels": files.relations(relation)})


HOSTILE = {
    "no ending": ("báo cáo", files.pdf(), "kind"),
    "nothing but an ending": (".pdf", files.pdf(), "kind"),
    "a program": ("setup.exe", b"MZ" + bytes(100), "kind"),
    "a program called PDF": ("setup.pdf", b"MZ" + bytes(100), "kind"),
    "a program behind a double ending": ("báo cáo.pdf.exe", files.pdf(), "kind"),
    "a web page": ("trang.html", b"<html><script>alert(1)</script></html>", "kind"),
    "a web page called PNG": ("trang.png", b"<html><script>alert(1)</script></html>", "kind"),
    "a drawing with script": ("hình.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "kind"),
    "a drawing called JPG": ("hình.jpg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "kind"),
    "an old Word file": ("cũ.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "kind"),
    "an old Word file called DOCX": ("cũ.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "kind"),
    "a GIF called PNG": ("ảnh.png", b"GIF89a" + bytes(60), "kind"),
    "a shell script called PDF": ("x.pdf", b"#!/bin/sh\nrm -rf /\n", "kind"),
    "text called XLSX": ("x.xlsx", b"a;b;c\n=cmd|'/c calc'!A1", "kind"),
    "nothing at all": ("rỗng.pdf", b"", "empty"),
    "a PDF called PNG": ("x.png", files.pdf(), "mismatch"),
    "a PNG called JPG": ("x.jpg", files.png(), "mismatch"),
    "a JPG called PDF": ("x.pdf", files.jpg(), "mismatch"),
    "a Word document called XLSX": ("x.xlsx", files.docx(), "mismatch"),
    "a workbook called DOCX": ("x.docx", files.xlsx(), "mismatch"),
    "a PDF without its end": ("x.pdf", files.pdf()[:-40], "damaged"),
    "the mere start of a PDF": ("x.pdf", b"%PDF-1.4\n", "damaged"),
    "a PDF behind a script": ("x.pdf", b"<script>alert(1)</script>" + files.pdf(), "kind"),
    "a PDF that is an archive too": ("x.pdf", files.pdf() + files.docx(), "two_kinds"),
    "a PDF with a small archive in its end": (
        "x.pdf",
        files.pdf()[:-6] + files.packed({"a": "b"}) + b"\nstartxref\n9\n%%EOF\n",
        "two_kinds",
    ),
    "a PNG cut short": ("x.png", files.png()[:-8], "damaged"),
    "a PNG with a wrong sum": ("x.png", files.png()[:-1] + b"\0", "damaged"),
    "a PNG with a chunk longer than itself": (
        "x.png",
        files.png()[:8] + b"\x7f\xff\xff\xffIHDR" + bytes(30),
        "damaged",
    ),
    "a PNG with a page behind it": ("x.png", files.png() + b"<script>alert(1)</script>", "two_kinds"),
    "a PNG that is an archive too": ("x.png", files.png() + files.docx(), "two_kinds"),
    "a PNG of a billion points": ("x.png", files.png(60_000, 60_000), "picture_size"),
    "a PNG of no points": ("x.png", files.png(0, 5), "picture_size"),
    "a JPG cut short": ("x.jpg", files.jpg()[:30], "damaged"),
    "a JPG without an end": ("x.jpg", files.jpg()[:-2], "damaged"),
    "a JPG without a picture": ("x.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(40), "damaged"),
    "a JPG that is an archive too": ("x.jpg", files.jpg() + files.packed({"a": "b"}), "two_kinds"),
    "a JPG of a billion points": ("x.jpg", files.jpg(60_000, 60_000), "picture_size"),
    "a plain archive": ("x.docx", files.packed({"a.txt": "a"}), "archive"),
    "a document without a main part": ("x.docx", files.docx({"word/document.xml": None}), "archive"),
    "a document without a list of kinds": ("x.docx", files.docx({"[Content_Types].xml": None}), "archive"),
    "a document without relations": ("x.docx", files.docx({"_rels/.rels": None}), "archive"),
    "a presentation": (
        "x.docx",
        files.docx(
            {
                "[Content_Types].xml": files.content_types(
                    "word/document.xml", f"{files.OOXML}presentationml.presentation.main+xml"
                )
            }
        ),
        "archive",
    ),
    "a document with macros": ("x.docx", files.docx({"word/vbaProject.bin": b"\xd0\xcf"}), "macros"),
    "a document with macros in capitals": ("x.docx", files.docx({"word/VBAPROJECT.BIN": b"\xd0\xcf"}), "macros"),
    "a workbook with macros": ("x.xlsx", files.xlsx({"xl/vbaProject.bin": b"\xd0\xcf"}), "macros"),
    "a document that declares macros": (
        "x.docx",
        files.docx({"[Content_Types].xml": files.content_types("word/document.xml", MACRO_MAIN)}),
        "macros",
    ),
    "a document with macros under another name": (
        "x.docx",
        files.docx(
            {
                "[Content_Types].xml": files.content_types(
                    "word/document.xml",
                    files.WORD_MAIN,
                    '<Override PartName="/word/a.bin" ContentType="application/vnd.ms-office.vbaProject"/>',
                ),
                "word/a.bin": b"\xd0\xcf",
            }
        ),
        "macros",
    ),
    "a template from elsewhere": (
        "x.docx",
        _doc_relation("attachedTemplate", "https://evil.example/t.dotm", EXTERNAL),
        "elsewhere",
    ),
    "a picture from elsewhere": ("x.docx", _doc_relation("image", "https://evil.example/i.png", EXTERNAL), "elsewhere"),
    "a target outside in other letters": ("x.docx", _doc_relation("image", "i.png", HIDDEN), "elsewhere"),
    "a target on a share": ("x.docx", _doc_relation("image", "\\\\evil\\share\\i.png", ""), "elsewhere"),
    "a target by address only": ("x.docx", _doc_relation("image", "file:///etc/passwd", ""), "elsewhere"),
    "a workbook that reads another": (
        "x.xlsx",
        files.xlsx(
            {"xl/externalLinks/_rels/e1.xml.rels": files.relations(("externalLinkPath", "other.xlsx", EXTERNAL))}
        ),
        "elsewhere",
    ),
    "a document type": ("x.docx", files.docx({"word/document.xml": DOCTYPE}), "doctype"),
    "a document type in small letters": ("x.docx", files.docx({"word/document.xml": DOCTYPE.lower()}), "doctype"),
    "a document type in wide letters": (
        "x.docx",
        files.docx({"word/document.xml": DOCTYPE.encode("utf-16")}),
        "doctype",
    ),
    "a document type from elsewhere": (
        "x.docx",
        files.docx({"word/styles.xml": '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd"><x/>'}),
        "doctype",
    ),
    "a document type over a border of reading": (
        "x.docx",
        files.docx({"word/document.xml": random.Random(1).randbytes(64 * 1024 - 4) + DOCTYPE.encode()}),
        "doctype",
    ),
    "a document type in an encoding of its own": (
        "x.docx",
        files.docx({"word/document.xml": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-<x/>'}),
        "doctype",
    ),
    "a list of kinds with a document type": ("x.docx", files.docx({"[Content_Types].xml": DOCTYPE}), "doctype"),
    "a list of kinds that is no XML": ("x.docx", files.docx({"[Content_Types].xml": "<Types"}), "damaged"),
    "a bomb of ten megabytes": ("x.docx", _bomb(10 * 1024 * 1024), "unpacked"),
    "a bomb of two hundred megabytes": ("x.docx", _bomb(200 * 1024 * 1024), "unpacked"),
    "two thousand parts": ("x.docx", _many(2_000), "unpacked"),
    "a directory that claims more than it has": ("x.docx", _raw_zip(_claims(60_000, 100)), "unpacked"),
    "a directory of a size beyond reason": ("x.docx", _raw_zip(_claims(0xFFFF, 0xFFFFFFFF)), "unpacked"),
    "a directory that starts elsewhere": ("x.docx", _raw_zip(_claims(5, 10)), "two_kinds"),
    "a part larger than it declares": ("x.docx", _raw_zip(_smaller_than_it_is), "damaged"),
    "a part with two names": ("x.docx", _raw_zip(_other_name_inside), "damaged"),
    "two parts of one name": ("x.docx", _twice(), "parts"),
    "two parts told apart by capitals": ("x.docx", files.docx({"WORD/document.xml": "a"}), "parts"),
    "a part above the folder": ("x.docx", files.docx({"../../etc/cron.d/x": "a"}), "parts"),
    "a part at the root": ("x.docx", files.docx({"/etc/passwd": "a"}), "parts"),
    "a part on a drive": ("x.docx", files.docx({"C:\\Windows\\x.dll": "a"}), "parts"),
    "a part with a line break in its name": ("x.docx", files.docx({"word/a\nb.xml": "a"}), "parts"),
    "a link": ("x.docx", _linked(), "parts"),
    "a locked document": ("x.docx", _raw_zip(_flagged), "locked"),
    "a document packed by BZIP2": ("x.docx", _packed_as(zipfile.ZIP_BZIP2), "locked"),
    "a document packed by LZMA": ("x.docx", _packed_as(zipfile.ZIP_LZMA), "locked"),
    "a document cut short": ("x.docx", files.docx()[:-30], "damaged"),
    "a document behind a program": ("x.docx", b"MZ" + files.docx(), "kind"),
    "a document with something behind it": ("x.docx", files.docx() + b"<script>", "two_kinds"),
    "a document with something before it": ("x.docx", b"PK\x03\x04 and more" + files.docx(), "two_kinds"),
    "parts that share their bytes": ("x.docx", _overlapping(), "damaged"),
}


@pytest.mark.parametrize("story", HOSTILE)
def test_a_hostile_file_is_refused_and_the_refusal_says_why(tmp_path, story):
    name, content, expected = HOSTILE[story]
    path = tmp_path / "upload"
    path.write_bytes(content)

    with pytest.raises(TypeRefused) as refused:
        kind_of(path, name)

    assert refused.value.found == expected
    assert refused.value.found in FAULTS


def test_sizes_are_counted_while_unpacking_whatever_was_declared(tmp_path, monkeypatch):
    monkeypatch.setattr(file_kinds, "MAX_UNPACKED", 2_000)
    monkeypatch.setattr(file_kinds, "_check_parts", lambda _: None)
    path = tmp_path / "upload"
    path.write_bytes(files.docx({"word/styles.xml": zlib.compress(bytes(range(256)) * 40, 0)}))

    with pytest.raises(TypeRefused) as refused:
        kind_of(path, "x.docx")

    assert refused.value.found == "unpacked"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/báo cáo.pdf", "báo cáo.pdf"),
        ("C:\\Users\\an\\số liệu.xlsx", "số liệu.xlsx"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("ảnh\u202egpj.exe", "ảnhgpj.exe"),
        ("  nhiều   dấu cách.png ", "nhiều dấu cách.png"),
        ("ho\u0300a.pdf", "hòa.pdf"),
        ("", ""),
    ],
)
def test_a_name_is_kept_without_paths_and_invisible_letters(given, kept):
    assert clean_name(given) == kept


def test_a_long_name_keeps_its_ending():
    name = clean_name("a" * 500 + ".pdf")

    assert name.endswith(".pdf")
    assert len(name) <= 151
