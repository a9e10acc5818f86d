import random

import pytest

from tests import files, signing
from tests.signing import DAY, NOW, trusting
from workflow.services.signatures import NO_ROOTS, SENTENCES, Verdict, examine, roots_in

HERE = signing.root()
OURS = trusting(HERE)
HEAD = signing.person(HERE)
SIGNED = signing.signed(HEAD, HERE)


def verdicts(content, roots=OURS, now=NOW):
    return [one.verdict for one in examine(content, roots, now)]


def test_a_file_signed_under_a_trusted_root_says_who_signed_and_holds():
    (found,) = examine(SIGNED, OURS, NOW)

    assert found.holds
    assert (found.signer, found.organisation, found.issuer) == ("Nguyễn Văn Ký", "UBND xã Đường An", "CA thử nghiệm")
    assert abs(found.signed_at - NOW) < DAY
    assert (found.timestamped, found.covers_all) == (False, True)


def test_a_file_without_signatures_has_none():
    assert examine(files.pdf(), OURS, NOW) == ()
    assert examine(files.png(), OURS, NOW) == ()


def test_one_altered_byte_ends_it():
    at = SIGNED.index(b"Bao cao thang 7")
    altered = SIGNED[:at] + b"b" + SIGNED[at + 1 :]

    assert verdicts(altered) == [Verdict.ALTERED]


def test_no_bit_of_what_was_signed_can_be_turned():
    begin = SIGNED.index(b"/Contents <") + len(b"/Contents <")
    end = SIGNED.index(b">", begin)
    chance = random.Random(1)
    for _try in range(150):
        at = chance.choice([chance.randrange(begin), chance.randrange(end, len(SIGNED))])
        turned = SIGNED[:at] + bytes([SIGNED[at] ^ 1 << chance.randrange(8)]) + SIGNED[at + 1 :]

        assert Verdict.VALID not in verdicts(turned), at


def test_nothing_can_be_hidden_where_the_signature_stands():
    end = SIGNED.index(b">", SIGNED.index(b"/Contents <"))

    assert SIGNED[end - 4 : end] == b"0000"
    assert verdicts(SIGNED[: end - 4] + b"0001" + SIGNED[end:]) == [Verdict.ALTERED]


def test_a_chain_by_way_of_another_authority_leads_to_the_root():
    between = signing.authority(HERE)
    content = signing.signed(signing.person(between), between)

    assert verdicts(content) == [Verdict.VALID]
    assert verdicts(content, trusting(signing.root("CA lạ"))) == [Verdict.UNKNOWN_ROOT]


def test_who_is_no_authority_gives_no_certificates():
    somebody = signing.person(HERE)

    assert Verdict.VALID not in verdicts(signing.signed(signing.person(somebody), somebody))


def test_a_root_that_nobody_trusts_proves_nothing():
    assert verdicts(SIGNED, trusting(signing.root("CA lạ"))) == [Verdict.UNKNOWN_ROOT]


def test_a_stranger_who_calls_his_root_like_ours_proves_nothing():
    twin = signing.root()

    assert verdicts(signing.signed(signing.person(twin), twin)) == [Verdict.UNKNOWN_ROOT]


@pytest.mark.parametrize("term", [{"until": NOW - DAY}, {"since": NOW + DAY}])
def test_a_certificate_out_of_its_term_proves_nothing(term):
    assert verdicts(signing.signed(signing.person(HERE, **term), HERE)) == [Verdict.EXPIRED]


def test_what_was_stamped_within_the_term_of_its_certificate_holds_on_at_the_time_of_the_stamp():
    lapsed = signing.person(HERE, until=NOW - DAY)
    stamped = signing.signed(lapsed, HERE, stamped_by=signing.stamper(HERE, NOW - 5 * DAY))

    (found,) = examine(stamped, OURS, NOW)

    assert (found.verdict, found.timestamped, found.signed_at) == (Verdict.VALID, True, NOW - 5 * DAY)


def test_a_stamp_after_the_term_of_its_certificate_proves_nothing():
    lapsed = signing.person(HERE, until=NOW - 5 * DAY)

    assert verdicts(signing.signed(lapsed, HERE, stamped_by=signing.stamper(HERE, NOW - DAY))) == [Verdict.EXPIRED]


def test_a_stamp_of_nobody_trusted_is_no_proof_of_time():
    stamped = signing.signed(HEAD, HERE, stamped_by=signing.stamper(signing.root("CA lạ"), NOW - 5 * DAY))

    (found,) = examine(stamped, OURS, NOW)

    assert (found.verdict, found.timestamped) == (Verdict.UNKNOWN_STAMP, False)


def test_an_appended_page_ends_it():
    assert verdicts(signing.with_a_page_more(SIGNED)) == [Verdict.CHANGED_AFTER]


def test_a_second_signature_leaves_the_first_one_standing():
    seal = signing.person(HERE, "Con dấu cơ quan")

    first, second = examine(signing.signed(seal, HERE, SIGNED, "Dau"), OURS, NOW)

    assert (first.verdict, first.covers_all) == (Verdict.VALID, False)
    assert (second.verdict, second.covers_all, second.signer) == (Verdict.VALID, True, "Con dấu cơ quan")


def test_a_certificate_that_is_not_for_signing_proves_nothing():
    assert verdicts(signing.signed(signing.machine(HERE), HERE)) == [Verdict.UNFIT]


def test_without_trusted_roots_nothing_is_called_signed_and_damage_is_still_told():
    at = SIGNED.index(b"Bao cao thang 7")

    assert verdicts(SIGNED, NO_ROOTS) == [Verdict.UNCHECKED]
    assert verdicts(SIGNED[:at] + b"b" + SIGNED[at + 1 :], NO_ROOTS) == [Verdict.ALTERED]


@pytest.mark.parametrize(
    "content",
    [
        SIGNED[:-400],
        b"/ByteRange",
        b"%PDF-1.7\n/ByteRange [0 1 2 3]\n%%EOF",
        SIGNED.replace(b"/ByteRange", b"/ByteRang "),
    ],
)
def test_what_cannot_be_read_is_not_called_signed(content):
    assert Verdict.VALID not in verdicts(content)


def test_roots_are_read_from_a_folder_and_what_is_no_certificate_there_is_left_out(tmp_path):
    (tmp_path / "goc.pem").write_bytes(HERE.pem)
    (tmp_path / "goc.cer").write_bytes(HERE.der)
    (tmp_path / "hong.pem").write_text("nothing")
    (tmp_path / "README.txt").write_text("nothing")

    assert roots_in(tmp_path) == OURS
    assert roots_in(tmp_path / "none") == roots_in(None) == NO_ROOTS


def test_every_verdict_has_a_sentence_of_its_own_in_both_languages():
    assert set(SENTENCES) == set(Verdict)
    for language in ("vi", "en"):
        assert len({label.in_language(language) for label in SENTENCES.values()}) == len(Verdict)
