import hashlib

import pytest

from workflow.audit import tree

SIZES = range(1, 71)
LEAVES = [hashlib.sha256(b"\x00" + bytes([number])).digest() for number in range(70)]
ROOT_OF = tree.among(LEAVES)


# A second implementation, straight from the text of RFC 6962, 2.1, on lists.


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def flipped(part):
    return bytes([part[0] ^ 1]) + part[1:]


def mutations(proof):
    """Proofs that differ from this one by one part: altered, left out, doubled, exchanged, one too many."""
    for at, part in enumerate(proof):
        yield (*proof[:at], flipped(part), *proof[at + 1 :])
        yield (*proof[:at], *proof[at + 1 :])
        yield (*proof[: at + 1], part, *proof[at + 1 :])
    if len(proof) > 1:
        yield tuple(reversed(proof))
    yield (*proof, LEAVES[0])
    yield (LEAVES[0], *proof)


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_frontier_has_the_root_of_the_rfc(size):
    grown = tree.Frontier()
    for leaf in LEAVES[:size]:
        grown.append(leaf)

    assert grown.root() == mth(LEAVES[:size]) == tree.root(LEAVES[:size])
    assert tree.Frontier.from_bytes(size, grown.to_bytes()) == grown
    assert len(grown.roots) == size.bit_count()


@pytest.mark.parametrize("first", [0, 1, 5, 255, 256, 300])
@pytest.mark.parametrize("more", [0, 1, 255, 256, 257, 1025])
def test_many_at_once_grow_the_same_tree(first, more):
    leaves = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(first + more)]
    grown = tree.Frontier()
    for leaf in leaves[:first]:
        grown.append(leaf)

    grown.extend(leaves[first:])

    assert grown.root() == mth(leaves)
    assert grown.size == first + more
    assert len(grown.roots) == grown.size.bit_count()


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_is_proved_and_nothing_else(size):
    root = mth(LEAVES[:size])
    for index in range(size):
        proof = tree.inclusion(index, size, ROOT_OF)

        assert list(proof) == path(index, LEAVES[:size])
        assert tree.proves_inclusion(LEAVES[index], index, size, proof, root)
        assert not any(tree.proves_inclusion(LEAVES[index], index, size, bad, root) for bad in mutations(proof))
        assert not tree.proves_inclusion(flipped(LEAVES[index]), index, size, proof, root)
        assert not tree.proves_inclusion(LEAVES[index], index, size, proof, flipped(root))
        others = (place for place in range(size) if place != index)
        assert not any(tree.proves_inclusion(LEAVES[index], place, size, proof, root) for place in others)
        assert not tree.proves_inclusion(LEAVES[index], size, size, proof, root)
        assert not tree.proves_inclusion(LEAVES[index], -1, size, proof, root)


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_tree_is_proved_and_nothing_else(size):
    root = mth(LEAVES[:size])
    for old in range(1, size + 1):
        old_root = mth(LEAVES[:old])
        proof = tree.consistency(old, size, ROOT_OF)

        assert list(proof) == subproof(old, LEAVES[:size], whole=True)
        assert tree.proves_consistency(old, size, proof, old_root, root)
        assert not any(tree.proves_consistency(old, size, bad, old_root, root) for bad in mutations(proof))
        assert not tree.proves_consistency(old, size, proof, flipped(old_root), root)
        assert not tree.proves_consistency(old, size, proof, old_root, flipped(root))
        assert not tree.proves_consistency(size + 1, size, proof, old_root, root)


def test_every_tree_begins_with_the_empty_one():
    assert tree.consistency(0, 9, ROOT_OF) == ()
    assert tree.proves_consistency(0, 9, (), tree.EMPTY, mth(LEAVES[:9]))
    assert not tree.proves_consistency(0, 9, (), LEAVES[0], mth(LEAVES[:9]))
    assert not tree.proves_consistency(0, 9, (LEAVES[0],), tree.EMPTY, mth(LEAVES[:9]))


def test_what_cannot_be_proved_is_not_tried():
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion(5, 5, ROOT_OF)
    with pytest.raises(ValueError, match="begin"):
        tree.consistency(6, 5, ROOT_OF)
    with pytest.raises(ValueError, match="frontier"):
        tree.Frontier.from_bytes(3, bytes(32))


def test_a_leaf_is_never_taken_for_a_node():
    left, right = LEAVES[0], LEAVES[1]
    as_leaf = hashlib.sha256(b"\x00" + left + right).digest()

    assert tree.node(left, right) != as_leaf
