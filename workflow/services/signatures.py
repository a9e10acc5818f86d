"""Signatures on uploaded PDF files: whose they are, and whether they hold. Only what verifies is called signed."""

import hashlib
import io
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workflow.engine import Actor, Label
from workflow.persistence.files import StoredFile
from workflow.services.evidence import Uploaded, content_of, open_file
from workflow.services.office import Office

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
    from pyhanko.sign.validation.status import PdfSignatureStatus

_log = logging.getLogger(__name__)
for _noisy in ("pyhanko", "pyhanko_certvalidator"):
    # They log each certificate that fails, with the name of its holder.
    logging.getLogger(_noisy).setLevel(logging.CRITICAL)
_PDF = "application/pdf"
_ENDINGS = frozenset({".pem", ".crt", ".cer", ".der"})
_MARK = b"/ByteRange"
"""Every signature of a PDF says in plain bytes what it covers; a file without the word has none."""
_UNTOLD = 0x80
"""In the second byte of a message: its length is not told; what is above tells how many bytes tell it."""
_KEPT = 512
_MOST = 20
"""So many signatures of one file are looked at."""


class Verdict(StrEnum):
    VALID = "valid"
    ALTERED = "altered"
    CHANGED_AFTER = "changed_after"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN_ROOT = "unknown_root"
    UNKNOWN_STAMP = "unknown_stamp"
    UNFIT = "unfit"
    UNREADABLE = "unreadable"
    UNCHECKED = "unchecked"


SENTENCES: Mapping[Verdict, Label] = MappingProxyType(
    {
        Verdict.VALID: Label(
            "Chữ ký số hợp lệ: nội dung còn nguyên vẹn từ khi ký, chứng thư thuộc nguồn tin cậy.",
            "The signature holds: the content is as it was signed, and the certificate comes from a trusted root.",
        ),
        Verdict.ALTERED: Label(
            "Chữ ký không hợp lệ: nội dung đã bị thay đổi so với khi ký.",
            "The signature does not hold: the content differs from what was signed.",
        ),
        Verdict.CHANGED_AFTER: Label(
            "Chữ ký không còn giá trị với tệp này: tài liệu đã bị bổ sung hoặc sửa sau khi ký.",
            "The signature does not hold for this file: something was added or changed after signing.",
        ),
        Verdict.EXPIRED: Label(
            "Chữ ký không xác nhận được: chứng thư không còn hoặc chưa có hiệu lực và không có dấu thời gian tin cậy.",
            "The signature cannot be confirmed: its certificate is out of its term, and no trusted timestamp tells when.",
        ),
        Verdict.REVOKED: Label(
            "Chữ ký không hợp lệ: chứng thư đã bị thu hồi.",
            "The signature does not hold: its certificate was revoked.",
        ),
        Verdict.UNKNOWN_ROOT: Label(
            "Chữ ký không xác nhận được: chứng thư không thuộc chứng thư gốc tin cậy nào.",
            "The signature cannot be confirmed: its certificate leads to no trusted root.",
        ),
        Verdict.UNKNOWN_STAMP: Label(
            "Chữ ký không xác nhận được: dấu thời gian kèm theo không thuộc nguồn tin cậy.",
            "The signature cannot be confirmed: the timestamp that it bears comes from no trusted root.",
        ),
        Verdict.UNFIT: Label(
            "Chữ ký không xác nhận được: chứng thư hoặc thuật toán không dùng được để ký văn bản.",
            "The signature cannot be confirmed: its certificate or its algorithm is not fit for signing documents.",
        ),
        Verdict.UNREADABLE: Label(
            "Chữ ký không đọc được: tệp PDF bị hỏng hoặc không đúng chuẩn.",
            "The signature cannot be read: the PDF is damaged or does not keep to the standard.",
        ),
        Verdict.UNCHECKED: Label(
            "Không kiểm tra được: chưa có chứng thư gốc tin cậy.",
            "Not checked: no trusted root certificate is set.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a file. What it says of itself (`signer`, `signed_at`) counts for nothing unless `holds`.

    `signed_at` comes from a trusted timestamp where `timestamped`, else it is what the signer's machine said. `covers_all` is
    false where something was appended, be it another signature.
    """

    field: str
    verdict: Verdict
    signer: str = ""
    organisation: str = ""
    issuer: str = ""
    signed_at: datetime | None = None
    timestamped: bool = False
    covers_all: bool = False

    @property
    def holds(self) -> bool:
        return self.verdict is Verdict.VALID


@dataclass(frozen=True, slots=True)
class Roots:
    """Trusted certificates, each as its DER bytes; `mark` tells one set from another."""

    certificates: tuple[bytes, ...] = ()

    @property
    def mark(self) -> str:
        return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in self.certificates)).hexdigest()


NO_ROOTS = Roots()


def roots_in(folder: Path | None) -> Roots:
    """The certificates that lie in a folder (.pem, .crt, .cer, .der); what is none there is logged and left out."""
    if folder is None or not folder.is_dir():
        return NO_ROOTS
    found = {der for path in sorted(folder.iterdir()) if path.suffix.lower() in _ENDINGS for der in _certificates(path)}
    return Roots(tuple(sorted(found)))


def signatures_seen(office: Office, actor: Actor, sha256: str) -> tuple[Signature, ...]:
    """Those of a file that `actor` may read; NotFound for everybody else."""
    opened = open_file(office, actor, sha256)
    opened.content.close()
    return signatures_of(office, opened.file)


def signatures_of(office: Office, file: StoredFile | Uploaded) -> tuple[Signature, ...]:
    """The signatures of an uploaded file as they stand today; none for what is no PDF or bears none."""
    if file.type != _PDF:
        return ()
    now = office.clock.now()
    roots = roots_in(office.trusted_roots)
    key = (file.sha256, roots.mark, now.astimezone(office.zone).date())
    known = _examined.find(key)
    if known is None:
        with content_of(office).open(file.sha256) as content:
            known = examine(content.read(), roots, now)
        _examined.keep(key, known)
    return known


def signatures_by_file(office: Office, files: Iterable[StoredFile]) -> Mapping[str, tuple[Signature, ...]]:
    """The same for several files, by SHA-256; files without signatures are left out."""
    found = {file.sha256: signatures_of(office, file) for file in files}
    return {sha256: signatures for sha256, signatures in found.items() if signatures}


def examine(content: bytes, roots: Roots, now: datetime) -> tuple[Signature, ...]:
    """Every signature in a PDF, in the order in which they were made, judged at `now`."""
    if _MARK not in content:
        return ()
    # The library runs a loop of its own, and no thread can run two: whoever asks may have one already.
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(_judged, content, roots, now).result()


def _judged(content: bytes, roots: Roots, now: datetime) -> tuple[Signature, ...]:
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        embedded = PdfFileReader(io.BytesIO(content)).embedded_regular_signatures[:_MOST]
    except Exception as fault:  # noqa: BLE001  whatever a hostile file does to the parser, it is not signed
        _log.info("a signed file could not be read: %s", type(fault).__name__)
        return (Signature("", Verdict.UNREADABLE),)
    # A mark without a signature that can be found: somebody has cut or bent the file.
    return tuple(_examined_one(content, one, roots, now) for one in embedded) or (Signature("", Verdict.UNREADABLE),)


def _examined_one(content: bytes, embedded: "EmbeddedPdfSignature", roots: Roots, now: datetime) -> Signature:
    field = str(embedded.field_name or "")
    try:
        status = _status(embedded, roots, now)
        verdict = _verdict(status, roots) if _closed_tightly(content, embedded) else Verdict.ALTERED
        return _told(embedded, status, field, verdict)
    except Exception as fault:  # noqa: BLE001  as above
        _log.info("a signature could not be validated: %s", type(fault).__name__)
        return Signature(field, Verdict.UNREADABLE)


def _closed_tightly(content: bytes, embedded: "EmbeddedPdfSignature") -> bool:
    """Whether nothing is hidden where the signature itself stands, the one place that it does not cover.

    It is written there in hexadecimal, in capitals or small letters throughout, and filled up with noughts.
    """
    _start, before, after, _length = (int(part) for part in embedded.byte_range)
    written = content[before + 1 : after - 1]
    if written not in (written.upper(), written.lower()):
        return False
    message = bytes.fromhex(written.decode("ascii"))
    size = message[1]
    if size == _UNTOLD:
        return True
    length = 2 + size if size < _UNTOLD else 2 + size - _UNTOLD + int.from_bytes(message[2 : 2 + size - _UNTOLD], "big")
    return not any(message[length:])


def _status(embedded: "EmbeddedPdfSignature", roots: Roots, now: datetime) -> "PdfSignatureStatus":
    """Judged at the instant of its timestamp where that can be trusted, else as of now."""
    status = _validated(embedded, roots, now, now)
    stamp = status.timestamp_validity
    if stamp is not None and _stands(stamp) and stamp.timestamp <= now:
        return _validated(embedded, roots, stamp.timestamp, now)
    return status


def _validated(
    embedded: "EmbeddedPdfSignature", roots: Roots, signed_at: datetime, now: datetime
) -> "PdfSignatureStatus":
    from pyhanko.sign.validation import validate_pdf_signature

    return validate_pdf_signature(embedded, _trusting(roots, signed_at), _trusting(roots, now))


def _trusting(roots: Roots, moment: datetime) -> Any:
    """Nothing is fetched: what a file says must never make this machine call another."""
    from pyhanko_certvalidator import ValidationContext

    anchors = [certificate for der in roots.certificates for certificate in _loaded(der)]
    return ValidationContext(trust_roots=anchors, moment=moment, allow_fetching=False, revocation_mode="soft-fail")


def _verdict(status: "PdfSignatureStatus", roots: Roots) -> Verdict:
    from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate

    if not (status.intact and status.valid):
        return Verdict.ALTERED
    if not (status.docmdp_ok and status.seed_value_ok):
        return Verdict.CHANGED_AFTER
    if not roots.certificates:
        return Verdict.UNCHECKED
    if status.bottom_line:
        return Verdict.VALID
    trouble = status.trust_problem_indic
    if status.revoked:
        return Verdict.REVOKED
    if trouble in (AdESIndeterminate.OUT_OF_BOUNDS_NO_POE, AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED):
        return Verdict.EXPIRED
    if trouble is AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE and _not_yet_in_force(status):
        return Verdict.EXPIRED
    if isinstance(trouble, AdESFailure) or trouble in (
        AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE,
        AdESIndeterminate.SIG_CONSTRAINTS_FAILURE,
        AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
    ):
        return Verdict.UNFIT
    return Verdict.UNKNOWN_STAMP if status.trusted else Verdict.UNKNOWN_ROOT


def _not_yet_in_force(status: "PdfSignatureStatus") -> bool:
    judged_at = status.validation_time
    return judged_at is not None and bool(status.signing_cert.not_valid_before > judged_at)


def _told(embedded: "EmbeddedPdfSignature", status: "PdfSignatureStatus", field: str, verdict: Verdict) -> Signature:
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    subject, issuer = (names.native for names in (status.signing_cert.subject, status.signing_cert.issuer))
    stamp = status.timestamp_validity
    trusted_stamp = stamp is not None and _stands(stamp)
    untouched = status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    return Signature(
        field=field,
        verdict=verdict,
        signer=_text(subject.get("common_name")),
        organisation=_text(subject.get("organization_name")),
        issuer=_text(issuer.get("common_name")),
        signed_at=stamp.timestamp if stamp is not None and trusted_stamp else embedded.self_reported_timestamp,
        timestamped=trusted_stamp,
        covers_all=untouched or status.modification_level is ModificationLevel.LTA_UPDATES,
    )


def _stands(stamp: Any) -> bool:
    """Whether a timestamp holds by itself and comes from a trusted root."""
    return bool(stamp.valid and stamp.intact and stamp.trusted)


def _text(name: object) -> str:
    """One part of a certificate's name, which may be given several times."""
    parts = name if isinstance(name, list) else [name or ""]
    return ", ".join(str(part) for part in parts)[:200]


def _certificates(path: Path) -> list[bytes]:
    try:
        return [certificate.dump() for certificate in _loaded(path.read_bytes())]
    except Exception as fault:  # noqa: BLE001  whatever lies in the folder, the others still count
        _log.warning("%s is no certificate: %s", path, type(fault).__name__)
        return []


def _loaded(content: bytes) -> Iterable[Any]:
    from pyhanko.keys import load_certs_from_pemder_data

    found: Iterable[Any] = load_certs_from_pemder_data(content)
    return tuple(found)


# -- what was examined today --------------------------------------------------------------------------------------------

_Key = tuple[str, str, date]


class _Examined:
    """Verdicts of files by their content, the set of roots and the day: a page that is looked at again costs nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[_Key, tuple[Signature, ...]] = OrderedDict()

    def find(self, key: _Key) -> tuple[Signature, ...] | None:
        with self._lock:
            return self._found.get(key)

    def keep(self, key: _Key, signatures: tuple[Signature, ...]) -> None:
        with self._lock:
            self._found[key] = signatures
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)


_examined = _Examined()
