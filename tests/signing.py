"""A certification authority of our own, the certificates it gives, and PDF files signed with them."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests import files
from workflow.services.signatures import Roots

NOW = datetime.now(UTC).replace(microsecond=0)
"""Signing programs look at the machine's clock, so certificates are valid around it."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def loaded(self):
        return next(iter(load_certs_from_pemder_data(self.der)))

    @property
    def loaded_key(self):
        plain = serialization.NoEncryption()
        key = self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, plain)
        return load_private_key_from_pemder_data(key, None)


def root(name: str = "CA thử nghiệm") -> Identity:
    return _issued(name, None, datetime(2020, 1, 1, tzinfo=UTC), NOW + 900 * DAY, ca=True)


def person(by: Identity, name: str = "Nguyễn Văn Ký", since: datetime | None = None, until: datetime | None = None):
    return _issued(name, by, since or NOW - 90 * DAY, until or NOW + 90 * DAY)


def authority(by: Identity, name: str = "CA cấp dưới") -> Identity:
    """An authority whom that root lets give certificates."""
    return _issued(name, by, datetime(2020, 1, 1, tzinfo=UTC), NOW + 800 * DAY, ca=True)


def machine(by: Identity) -> Identity:
    """Somebody whose certificate is for encryption only."""
    return _issued("Máy chủ", by, NOW - 90 * DAY, NOW + 90 * DAY, signs=False)


def stamper(by: Identity, at: datetime) -> DummyTimeStamper:
    """A timestamp authority under that root, which says it is `at`."""
    tsa = _issued("TSA thử nghiệm", by, NOW - 800 * DAY, NOW + 800 * DAY, stamps=True)
    return DummyTimeStamper(tsa.loaded, tsa.loaded_key, certs_to_embed=_store(by), fixed_dt=at)


def trusting(*roots: Identity) -> Roots:
    return Roots(tuple(sorted(one.der for one in roots)))


def signed(
    by: Identity, under: Identity, content: bytes | None = None, field: str = "ChuKy1", stamped_by=None
) -> bytes:
    signer = signers.SimpleSigner(by.loaded, by.loaded_key, cert_registry=_store(under))
    meta = signers.PdfSignatureMetadata(
        field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(content or files.pdf("Bao cao thang 7")))
    # In a thread of its own: a browser of the same process may have a loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as apart:
        return apart.submit(signers.sign_pdf, writer, meta, signer, timestamper=stamped_by).result().getvalue()


def with_a_page_more(content: bytes) -> bytes:
    """The same file with a page appended, as any PDF program does it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    page = PageObject(
        contents=writer.add_object(writer.root["/Pages"]["/Kids"][0]["/Contents"]), media_box=(0, 0, 595, 842)
    )
    writer.insert_page(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _store(*identities: Identity) -> SimpleCertificateStore:
    store = SimpleCertificateStore()
    store.register_multiple([one.loaded for one in identities])
    return store


def _issued(
    name: str,
    by: Identity | None,
    since: datetime,
    until: datetime,
    *,
    stamps: bool = False,
    signs: bool = True,
    ca: bool = False,
) -> Identity:
    # The timestamping stand-in of the tests knows no other kind.
    key = rsa.generate_private_key(65537, 2048) if stamps else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UBND xã Đường An"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(ca=ca, signs=signs), critical=True)
    )
    if by is not None:
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    if stamps:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return Identity(made.sign(by.key if by else key, hashes.SHA256()), key)


def _usage(*, ca: bool, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signs and not ca,
        content_commitment=signs and not ca,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
