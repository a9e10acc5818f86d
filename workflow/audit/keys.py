"""Keys that sign: an Ed25519 key with a name, kept in a file under a passphrase."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workflow.audit.note import COSIGNATURE, ED25519, Checkpoint, Line, Note, Verifier, cosigned


class KeyUnreadable(ValueError):
    """The passphrase does not open the file, or it holds no Ed25519 key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`name` is the origin of a log, or what a witness is called."""

    name: str
    _key: Ed25519PrivateKey

    @classmethod
    def new(cls, name: str) -> "SigningKey":
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, name: str, stored: bytes, passphrase: str | None) -> "SigningKey":
        """KeyUnreadable where it cannot be."""
        try:
            found = serialization.load_pem_private_key(stored, passphrase.encode() if passphrase else None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
            raise KeyUnreadable(str(fault)) from fault
        if not isinstance(found, Ed25519PrivateKey):
            raise KeyUnreadable("not an Ed25519 key")
        return cls(name, found)

    def stored(self, passphrase: str | None) -> bytes:
        """What a file keeps; open to whoever reads it where there is no passphrase."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption(),
        )

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, ED25519, self._public)

    @property
    def witness(self) -> Verifier:
        """The same key as that of a witness."""
        return Verifier(self.name, COSIGNATURE, self._public)

    @property
    def _public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def line(self, text: str) -> Line:
        return Line(self.name, self.verifier.id, self._key.sign(text.encode()))

    def sign(self, checkpoint: Checkpoint) -> Note:
        text = str(checkpoint)
        return Note(text, (self.line(text),))

    def cosign(self, note: Note, at: datetime) -> Note:
        """The note with the line of a witness who saw it at that instant."""
        seconds = int(at.timestamp())
        signed = self._key.sign(cosigned(note.text, seconds).encode())
        return note.with_line(Line(self.name, self.witness.id, seconds.to_bytes(8, "big") + signed))
