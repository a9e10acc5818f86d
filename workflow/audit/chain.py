"""How one entry is bound to the one before it: the leaf hash of RFC 6962, kept in the next entry's `prev`."""

import hashlib

ZERO = bytes(32)
"""What stands for the leaf before the first entry of a stream."""


def leaf(body: bytes) -> bytes:
    # The first byte keeps a leaf from ever being read as an inner node of the tree (RFC 6962, 2.1).
    return hashlib.sha256(b"\x00" + body).digest()
