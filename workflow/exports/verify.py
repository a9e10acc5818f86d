"""Kiểm tra gói nhật ký mà không cần tin máy chủ / Check an audit bundle without trusting the server.

    python3 verify.py AUDIT.zip [--root NOTE_FILE] [--root …]

NOTE_FILE là niêm phong bạn tự giữ từ trước / is a checkpoint that you kept yourself. Exit 0: every entry holds. Exit 1: the first
line says `seq N: …`. Needs Python 3.9 or newer and nothing else; the formats are public (RFC 6962, RFC 8032, RFC 8785, C2SP).
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import hmac
import io
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any, Iterator  # noqa: UP035  Python 3.9 reads this, too

LIMIT, GREATEST, ZERO = 65_535, 2**53 - 1, "0" * 64
BROKEN = (OSError, EOFError, ValueError, KeyError, IndexError, zlib.error, zipfile.BadZipFile)
SAID = {
    "not_canonical": "nội dung không ở dạng chuẩn, có thể đã bị sửa | the body is not canonical; it may have been edited",
    "format": "định dạng lạ hoặc thiếu trường bắt buộc | an unknown format, or a required part is missing",
    "number": "số thứ tự trong luồng bị đứt quãng | the numbering of its stream is broken",
    "next": "mục kế tiếp trong luồng không nối tiếp mục này | the next entry of its stream does not follow from it",
    "time": "thời điểm ghi nhận sớm hơn mục trước | it was recorded before the entry that it follows",
    "state": "trạng thái xuất phát khác trạng thái mục trước để lại | it starts from another state than the one left",
    "no_definition": "gói không có quy trình mà mục này dẫn chiếu | its definition is not in the bundle",
    "transition": "quy trình không có bước chuyển này | its definition has no such transition",
    "role": "quy trình không cho vai trò này làm bước chuyển | its definition does not let this role do that",
    "opening": "nội dung riêng không khớp với cam kết | a private value does not open its commitment",
    "root": "từ mục này, gốc cây khác gốc đã niêm phong | from here on the tree differs from a sealed root",
    "signature": "niêm phong sau mục này không có chữ ký hợp lệ | the next checkpoint is not signed by the policy's key",
    "brought": "từ mục này, gốc cây khác gốc bạn mang theo | from here on the tree differs from the root you brought",
    "stranger": "gốc bạn mang theo không do khóa của gói này ký | the root you brought is signed by no key of this bundle",
    "missing": "sau mục này nhật ký thiếu mục: niêm phong ghi nhiều hơn | entries are gone after here: a root covers more",
    "file": "tệp trong gói thiếu, thừa hoặc đã bị sửa | a file of the bundle is missing, extra or altered",
}


class Bad(Exception):
    def __init__(self, seq: int, code: str, detail: str = "") -> None:
        super().__init__(f"seq {seq}: {SAID[code]}" + (f" [{detail}]" if detail else ""))


# -- Ed25519, RFC 8032 ----------------------------------------------------------------------------------------------------

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def _add(a: Any, b: Any) -> Any:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def _times(number: int, point: Any) -> Any:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point, number = _add(point, point), number >> 1
    return found


def _point(packed: bytes) -> Any:
    y, sign = int.from_bytes(packed, "little") & (2**255 - 1), packed[31] >> 7
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    a, r, s = _point(key), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(challenge, a))
    return not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))


# -- notes, checkpoints, keys: C2SP ---------------------------------------------------------------------------------------


class Key:
    def __init__(self, said: str, since: int) -> None:
        self.name, number, packed = said.split("+", 2)
        content = base64.b64decode(packed, validate=True)
        self.kind, self.key, self.since = content[0], content[1:], since
        self.id = hashlib.sha256(self.name.encode() + b"\n" + content).digest()[:4]
        if self.id.hex() != number or len(self.key) != 32 or self.kind not in (1, 4):
            raise ValueError(said)

    def signs(self, note: Note) -> bool:
        return any(name == self.name and at[:4] == self.id and self._holds(note, at[4:]) for name, at in note.lines)

    def _holds(self, note: Note, line: bytes) -> bool:
        at = line[:-64]
        seen = f"cosignature/v1\ntime {int.from_bytes(at, 'big')}\n" if self.kind == 4 else ""
        return len(at) == (8 if seen else 0) and signed(self.key, (seen + note.text).encode(), line[-64:])


class Note:
    """A checkpoint; `lines` are of whoever signed it. What an auditor wrote down by hand has none."""

    def __init__(self, said: str) -> None:
        text, _, lines = (said.strip() + "\n").partition("\n\n")
        self.text = text.rstrip("\n") + "\n"
        self.origin, size, root = self.text.split("\n")[:3]
        self.size, self.root = int(size), base64.b64decode(root, validate=True)
        found = [re.match(r"— (\S+) (\S+)$", line) for line in lines.split("\n")]
        self.lines = [(line[1], base64.b64decode(line[2])) for line in found if line]


def policy_of(text: str) -> list[Key]:
    """Lines `log KEY from SIZE` and `witness KEY`; the newest log key that holds at a size must have signed there."""
    lines = re.findall(r"(?m)^(?:log|witness) (\S+)(?: from (\d+))?$", text)
    return [Key(said, int(since or 0)) for said, since in lines]


def vouched(note: Note, keys: list[Key]) -> bool:
    """Whether the log's newest key of that size signed it, and no other line under a known key is false."""
    logs = [key for key in keys if key.kind == 1 and key.name == note.origin and key.since <= note.size]
    known = [key for key in keys if any(line[:4] == key.id and name == key.name for name, line in note.lines)]
    return bool(logs) and max(logs, key=lambda key: key.since) in known and all(key.signs(note) for key in known)


# -- definitions: as much of their YAML as the replay needs ---------------------------------------------------------------

_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?:^|(?<=\s))#.*""", re.MULTILINE)
_VALUE = r"\b(?:%s):[ \t]*(\[[^\]]*\]|(?:\n[ \t]*- [^\n]+)+|[^\s,\]}]+)"


def _bare(found: re.Match[str]) -> str:
    word = (found[1] or "")[1:-1]
    return word if re.fullmatch(r"[\w()-]+", word) else ""


def _words(names: str, text: str) -> set[str]:
    values = re.findall(_VALUE % names, text)
    return {word for value in values for word in re.findall(r"[^\s,\[\]{}-][^\s,\[\]{}]*", value)}


def steps_of(text: str) -> dict[str, tuple[set[str], set[str], set[str]]]:
    """transition: (from, to, roles). A rejected proposal may lead to a transition by the roles that vote on it."""
    if text.lstrip().startswith("{"):
        parts = {name: json.dumps(step).replace('"', "") for name, step in json.loads(text)["transitions"].items()}
    else:
        block = re.split(r"(?m)^\S", re.split(r"(?m)^transitions:[ \t]*$", _QUOTED.sub(_bare, text))[1])[0]
        indent = re.search(r"(?m)^ +(?=\S)", block)[0]  # type: ignore[index]
        found = re.split(rf"(?m)^{indent}([\w-]+):", block)
        parts = dict(zip(found[1::2], found[2::2]))  # noqa: B905  Python 3.9 has no strict
    roles = {name: _words("by|proposed_by|nobody_left", part) for name, part in parts.items()}
    for name, part in parts.items():
        for instead in _words("on_reject", part) & set(parts):
            roles[instead] |= roles[name]
    to = {name: _words("state", part) or _words("to", part) for name, part in parts.items()}
    return {name: (_words("from", part), to[name], roles[name]) for name, part in parts.items()}


# -- entries --------------------------------------------------------------------------------------------------------------

_ODD_KEY = re.compile(rb'[{,]"(?:[a-z0-9_]*(?:[^"\\a-z0-9_]|\\.)(?:[^"\\]|\\.)*)?":')
_written = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode


def _number(text: str) -> int:
    if abs(int(text)) > GREATEST:
        raise ValueError(text)
    return int(text)


_read = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_number).decode


def decoded(body: bytes) -> Any:
    """The value of a body in its one spelling (RFC 8785, NFC); ValueError for any other bytes."""
    text = body.decode()
    said = _read(text)
    if len(body) > LIMIT or _written(said) != text or _ODD_KEY.search(body):
        raise ValueError("spelling")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise ValueError("NFC")
    return said


class Log:
    """What is known of each stream so far, and the tree over all entries."""

    def __init__(self) -> None:
        self.size, self.roots, self.steps = 0, list[bytes](), dict[str, Any]()
        self.streams: dict[str, tuple[int, str, str, str | None, int]] = {}

    def take(self, body: bytes) -> dict[str, Any]:
        try:
            said = decoded(body)
        except (ValueError, RecursionError):
            raise Bad(self.size, "not_canonical") from None
        leaf = hashlib.sha256(b"\0" + body).digest()
        self._follow(said, leaf.hex())
        self._replay(said)
        size, self.size = self.size, self.size + 1
        while size & 1:
            leaf, size = hashlib.sha256(b"\1" + self.roots.pop() + leaf).digest(), size >> 1
        self.roots.append(leaf)
        return said  # type: ignore[no-any-return]

    def _follow(self, said: Any, leaf: str) -> None:
        if not isinstance(said, dict) or said.get("v") != 1 or not isinstance(said.get("rec"), str):
            raise Bad(self.size, "format")
        stream, refusal = str(said.get("stream")), str(said.get("stream")).startswith("refusal/")
        n, previous, recorded, state, before = self.streams.get(stream, (0, ZERO, "", None, self.size))
        if said.get("n") != n + 1:
            raise Bad(self.size, "number", f"{stream} #{said.get('n')}")
        if said.get("prev") != previous:
            # What this one says of the one before it is not so: that one was changed.
            raise Bad(before, "next")
        if said["rec"] < recorded:
            raise Bad(self.size, "time")
        source = None if refusal else said.get("from")
        if source is not None and state is not None and source != state:
            raise Bad(self.size, "state")
        self.streams[stream] = (n + 1, leaf, said["rec"], state if refusal else said.get("to", state), self.size)

    def _replay(self, said: dict[str, Any]) -> None:
        wf, move, act = said.get("wf"), said.get("tr"), said.get("act", {})
        if isinstance(wf, dict) and wf.get("hash") not in self.steps:
            raise Bad(self.size, "no_definition", f"{wf.get('name')} {wf.get('ver')}")
        steps = self.steps[wf["hash"]] if isinstance(wf, dict) and move is not None else None
        if steps is None:
            return
        found, source, to = steps.get(move), said.get("from"), said.get("to")
        if found is None or source not in found[0] or not (to in found[1] or ("same" in found[1] and to == source)):
            raise Bad(self.size, "transition", str(move))
        if act.get("role") not in found[2] and act.get("id") != "system":
            raise Bad(self.size, "role", f"{move}: {act.get('role')}")

    def root(self) -> bytes:
        found = self.roots[-1] if self.roots else hashlib.sha256(b"").digest()
        for part in reversed(self.roots[:-1]):
            found = hashlib.sha256(b"\1" + part + found).digest()
        return found


class Openings:
    """The private lines, in the order of the entries that they open."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines, self.count = lines, 0
        self.next = self._following()

    def _following(self) -> Any:
        line = next(self.lines, None)
        return None if line is None else json.loads(line)

    def open(self, seq: int, said: dict[str, Any]) -> None:
        while self.next is not None and self.next["seq"] <= seq:
            part, value = self.next, self.next["value"]
            content = unicodedata.normalize("NFC", value) if isinstance(value, str) else _written(value)
            found = hmac.new(bytes.fromhex(part["salt"]), content.encode(), hashlib.sha256).hexdigest()
            place = (part["seq"], part["stream"], part["n"]) == (seq, said["stream"], said["n"])
            if not place or found != said.get("cmt", {}).get(part["field"]):
                raise Bad(part["seq"], "opening", part["field"])
            self.count, self.next = self.count + 1, self._following()


# -- the bundle -----------------------------------------------------------------------------------------------------------


def _lines_of(file: IO[bytes]) -> Iterator[bytes]:
    with io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20) as lines:
        for line in iter(lambda: lines.readline(8 * LIMIT), b""):
            yield line[:-1] if line.endswith(b"\n") else line


def _digest(bundle: zipfile.ZipFile, name: str) -> str:
    found = hashlib.sha256()
    try:
        with bundle.open(name) as file:
            for part in iter(lambda: file.read(1 << 20), b""):
                found.update(part)
    except BROKEN:
        return "broken"
    return found.hexdigest()


def odd_files(bundle: zipfile.ZipFile) -> list[str]:
    names, lines = bundle.namelist(), bundle.read("files.sha256").decode().splitlines()
    said = {line[66:]: line[:64] for line in lines}
    wrong = {name for name in said if name not in names or _digest(bundle, name) != said[name]}
    extra = {name for name in names if names.count(name) > 1 or (name not in said and name != "files.sha256")}
    return sorted(wrong | extra)


def _definitions(bundle: zipfile.ZipFile) -> Iterator[tuple[str, Any]]:
    for name in bundle.namelist():
        if name.startswith("definitions/"):
            content = bundle.read(name)
            try:
                steps = steps_of(content.decode())
            except (ValueError, KeyError, IndexError, TypeError, AttributeError):
                sys.stderr.write(f"{name}: không đọc được bước chuyển | its transitions could not be read\n")
                steps = None
            yield hashlib.sha256(content).hexdigest(), steps


def check(bundle: zipfile.ZipFile, brought: list[Note]) -> str:
    """What was checked, in words; Bad names the first entry that does not hold."""
    log = Log()
    try:
        return _checked(bundle, brought, log)
    except BROKEN as fault:
        raise Bad(log.size, "file", str(fault)) from fault


def _checked(bundle: zipfile.ZipFile, brought: list[Note], log: Log) -> str:
    odd = odd_files(bundle)
    keys = policy_of(bundle.read("policy.txt").decode())
    said = re.split(r"\n(?=\S+\n\d+\n)", bundle.read("checkpoints.txt").decode())
    notes = [Note(text) for text in said if text.strip()]
    roots = [(note.size, 0, note) for note in brought] + [(note.size, 1, note) for note in notes]
    log.steps.update(_definitions(bundle))
    bodies = _lines_of(bundle.open("events.ndjson.gz"))
    private = "private.ndjson.gz" in bundle.namelist()
    openings = Openings(_lines_of(bundle.open("private.ndjson.gz")) if private else iter(()))
    held = held_brought = 0
    for size, own, note in sorted(roots, key=lambda one: one[:2]):
        while log.size < size:
            body = next(bodies, None)
            if body is None:
                # Whether the end is gone or something before it, nothing tells: what no root covers is not proved.
                raise Bad(held, "missing", f"{log.size} < {size}")
            openings.open(log.size, log.take(body))
        if own:
            if note.root != log.root() or not vouched(note, keys):
                raise Bad(held, "root" if note.root != log.root() else "signature", str(size))
        else:
            if note.root != log.root():
                # Whoever forged a checkpoint of this size forged those before it as easily: only what was brought counts.
                raise Bad(held_brought if any(one.size == size for one in notes) else held, "brought", str(size))
            if note.lines and not vouched(note, keys):
                raise Bad(held_brought, "stranger", note.lines[0][0])
            held_brought = size
        held = size
    for body in bodies:
        openings.open(log.size, log.take(body))
    if openings.next is not None:
        raise Bad(log.size, "opening", str(openings.next["seq"]))
    if odd:
        raise Bad(log.size, "file", ", ".join(odd))
    told = f"{log.size} mục nhật ký, {len(log.streams)} luồng; niêm phong tới mục {held}; {openings.count} nội dung riêng khớp"
    return f"{told}.\n{log.size} entries of {len(log.streams)} streams hold; sealed up to {held}; root {log.root().hex()}.\n"


def main() -> int:
    # Whatever the terminal speaks, Vietnamese comes out.
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, "utf-8")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("--root", action="append", default=[], metavar="NOTE_FILE")
    asked = parser.parse_args()
    try:
        brought = [Note(Path(name).read_text(encoding="utf-8")) for name in asked.root]
        with zipfile.ZipFile(asked.bundle) as bundle:
            told = check(bundle, brought)
    except (Bad, *BROKEN) as fault:
        said = str(fault) if isinstance(fault, Bad) else f"seq 0: không đọc được | cannot be read [{fault}]"
        sys.stdout.write(f"{said}\nKHÔNG ĐẠT | DOES NOT HOLD\n")
        return 1
    sys.stdout.write(f"ĐẠT | HOLDS\n{told}")
    if not brought:
        sys.stdout.write("Bạn chưa mang theo gốc nào: ai giữ cả cơ sở dữ liệu và khóa vẫn có thể viết lại tất cả.\n")
        sys.stdout.write("You brought no root: whoever owns the database and the key could have rewritten all of it.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
