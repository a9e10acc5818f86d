"""Small real PDF files, for the evidence that the story attaches."""

from collections.abc import Sequence

_LINE = 18
_ESCAPED = str.maketrans({"\\": r"\\", "(": r"\(", ")": r"\)"})


def pdf(lines: Sequence[str]) -> bytes:
    """One A4 page with `lines` in Helvetica, which every reader has; it knows no letters beyond ASCII."""
    text = "\n".join(f"({_plain(line)}) Tj T*" for line in lines)
    page = f"BT /F1 12 Tf {_LINE} TL 72 770 Td\n{text}\nET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return _assembled(objects)


def _plain(line: str) -> str:
    return line.encode("ascii", "replace").decode("ascii").translate(_ESCAPED)


def _assembled(objects: Sequence[bytes]) -> bytes:
    body = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(body)
