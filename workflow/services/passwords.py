"""Passwords: which are taken, and how they are kept (argon2id, OWASP's minimum cost)."""

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflow.engine import Kind, Reason
from workflow.engine.facts import folded

SHORTEST, LONGEST = 12, 256
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each hash takes 19 MiB and a core: a storm of log-ins waits here instead of starving everybody else.
_two_at_once = threading.Semaphore(2)

_RUNS = "01234567890123456789 98765432109876543210"
# The longest first: what holds another word is taken out whole.
# fmt: off
_COMMON = (
    "administrator", "uybannhandan", "phongkinhte", "chuyenvien", "phochutich", "anhyeuem", "emyeuanh", "football",
    "haiphong", "iloveyou", "password", "trungtam", "vanphong", "chutich", "duongan", "letmein", "matkhau", "nhiemvu",
    "vietnam", "welcome", "123456", "abc123", "abcdef", "baocao", "dondoc", "dragon", "monkey", "qwerty", "saigon",
    "ubndxa", "admin", "hanoi", "yeuem", "cchc", "ubnd",
)
# fmt: on


def generated() -> str:
    """A password that nobody guesses, in groups that can be read out: to be told once and replaced by its owner."""
    return "-".join(secrets.token_hex(3) for _group in range(4))


def refusal_of(password: str, login: str) -> Reason | None:
    """Why this password is not taken for that login, or None. No rule of composition: length and being uncommon count."""
    if len(password) < SHORTEST:
        return Reason("password_too_short", Kind.INPUT, {"minimum": str(SHORTEST)})
    if len(password) > LONGEST:
        return Reason("password_too_long", Kind.INPUT, {"limit": str(LONGEST)})
    if _is_common(password, login):
        return Reason("password_common", Kind.INPUT)
    return None


def _is_common(password: str, login: str) -> bool:
    """Whether little is left of it without well-known words, the login, digits and repetition."""
    rest = "".join(char for char in folded(password) if char.isalnum())
    for word in (*_COMMON, *folded(login).split(".")):
        rest = rest.replace(word, "") if word else rest
    return len(set(rest)) < 5 or rest in _RUNS


def hash_of(password: str) -> str:
    """What is kept of a password."""
    with _two_at_once:
        return _hasher.hash(_canonical(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password is the one kept; takes as long where nothing is kept, so that nobody learns who exists."""
    with _two_at_once:
        try:
            return _hasher.verify(kept or _nobodys(), _canonical(password)[:4096]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def _canonical(password: str) -> str:
    # The same letters typed on another keyboard may come decomposed.
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return _hasher.hash("the password of nobody at all")
