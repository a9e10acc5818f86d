"""The Merkle tree of RFC 6962 over the leaves of the log: grown by its frontier, proved by ranges, checked by two verifiers."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

HASH_BYTES = 32
_RUN = 256
Range = tuple[int, int]
RootOf = Callable[[int, int], bytes]
"""Answers the root of the leaves from the first number up to, without, the second."""


def node(left: bytes, right: bytes) -> bytes:
    # The first byte keeps an inner node from ever being read as a leaf.
    return hashlib.sha256(b"\x01" + left + right).digest()


def _perfect(level: Sequence[bytes]) -> bytes:
    """The root of as many leaves as a power of two."""
    hashed = hashlib.sha256
    while len(level) > 1:
        level = [hashed(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


@dataclass(slots=True)
class Frontier:
    """All that a tree needs of itself to grow: the roots of its perfect subtrees, the largest first, one a bit of `size`."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        roots, size = self.roots, self.size
        while size & 1:
            leaf = node(roots.pop(), leaf)
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append many, perfect subtrees of them at once: half of the work of one by one."""
        start, end = 0, len(leaves)
        while start < end and (self.size % _RUN or end - start < _RUN):
            self.append(leaves[start])
            start += 1
        while end - start >= _RUN:
            self._push(_perfect(leaves[start : start + _RUN]))
            start += _RUN
        for leaf in leaves[start:]:
            self.append(leaf)

    def _push(self, subtree: bytes) -> None:
        """Append a whole run, of which the size is a multiple already."""
        runs = self.size // _RUN
        while runs & 1:
            subtree, runs = node(self.roots.pop(), subtree), runs >> 1
        self.roots.append(subtree)
        self.size += _RUN

    def root(self) -> bytes:
        if not self.roots:
            return EMPTY
        *left, root = self.roots
        for part in reversed(left):
            root = node(part, root)
        return root

    def to_bytes(self) -> bytes:
        return b"".join(self.roots)

    @classmethod
    def from_bytes(cls, size: int, stored: bytes) -> "Frontier":
        """ValueError where so many bytes cannot be the frontier of a tree of that size."""
        if len(stored) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(stored)} bytes are no frontier of {size} leaves")
        return cls(size, [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)])


def root(leaves: Iterable[bytes]) -> bytes:
    grown = Frontier()
    for leaf in leaves:
        grown.append(leaf)
    return grown.root()


def among(leaves: Sequence[bytes]) -> RootOf:
    """For leaves that are all at hand."""
    return lambda start, end: root(leaves[start:end])


def _split(start: int, end: int) -> int:
    """Where a range falls into its left part, the largest power of two that leaves something for the right one."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _path(index: int, start: int, end: int) -> Iterator[Range]:
    if end - start == 1:
        return
    middle = _split(start, end)
    if index < middle:
        yield from _path(index, start, middle)
        yield middle, end
    else:
        yield from _path(index, middle, end)
        yield start, middle


def _joints(old: int, start: int, end: int, *, known: bool) -> Iterator[Range]:
    """`known`: the verifier holds the root of this range already, for it is the old tree itself."""
    if old == end:
        if not known:
            yield start, end
        return
    middle = _split(start, end)
    if old <= middle:
        yield from _joints(old, start, middle, known=known)
        yield middle, end
    else:
        yield from _joints(old, middle, end, known=False)
        yield start, middle


def inclusion(index: int, size: int, root_of: RootOf) -> tuple[bytes, ...]:
    """What proves that leaf `index` stands in the tree of `size` leaves (RFC 6962, 2.1.1); ValueError where it cannot."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    return tuple(root_of(start, end) for start, end in _path(index, 0, size))


def consistency(old: int, size: int, root_of: RootOf) -> tuple[bytes, ...]:
    """What proves that the tree of `size` leaves begins with that of `old` (RFC 6962, 2.1.2); ValueError where it cannot."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves does not begin with {old}")
    if old == 0:
        return ()
    return tuple(root_of(start, end) for start, end in _joints(old, 0, size, known=True))


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` at `index` of the tree with that size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for part in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node(part, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, part)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def proves_consistency(old: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether `proof` shows that the tree with `root` begins with the one with `old_root` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old in (0, size):
        # Every tree begins with the empty one, and with itself: there is nothing to be shown.
        return not proof and old_root == (root if old == size else EMPTY)
    parts = ([old_root] if old.bit_count() == 1 else []) + list(proof)
    if len(parts) == len(proof) and not proof:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    found_old = found = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            found_old, found = node(part, found_old), node(part, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, part)
        place, last = place >> 1, last >> 1
    return last == 0 and found_old == old_root and found == root
