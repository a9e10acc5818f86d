"""A time-stamping authority (RFC 3161) says that a text was there at an instant: one more who would have to lie with us."""

import asyncio
import hashlib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPException
from typing import Any

TIMEOUT_SECONDS = 10.0
_DIGEST = "sha256"
_MOST_BYTES = 1 << 20


class NotStamped(Exception):
    """The authority gave no token for that text; the words say why."""


def ask(authority: str, text: str) -> bytes:
    """Its token over `text`, as `openssl ts -verify -token_in` takes it; NotStamped for any fault."""
    from pyhanko.sign.timestamps import TimeStamper

    class Authority(TimeStamper):
        async def async_request_tsa_response(self, req: Any) -> Any:
            return _answer(authority, req)

    digest = hashlib.sha256(text.encode()).digest()
    try:
        # In a thread of its own: no thread can run two loops, and whoever signs may have one already.
        with ThreadPoolExecutor(max_workers=1) as apart:
            asked = Authority().async_timestamp(digest, _DIGEST)  # type: ignore[no-untyped-call]
            token = apart.submit(asyncio.run, asked).result()
        said = _said(token)["message_imprint"]
        if (said["hash_algorithm"]["algorithm"].native, said["hashed_message"].native) != (_DIGEST, digest):
            raise NotStamped("the token is over another text")
        made: bytes = token.dump()
    except (OSError, HTTPException, ValueError, TypeError, KeyError, AttributeError) as fault:
        # What an answer lacks shows as any of these where it is taken apart.
        raise NotStamped(str(fault) or type(fault).__name__) from fault
    return made


def time_of(token: bytes) -> datetime:
    """When the authority says that it was."""
    from pyhanko.sign.timestamps.api import cms  # type: ignore[attr-defined]  # what pyHanko itself reads with

    at: datetime = _said(cms.ContentInfo.load(token))["gen_time"].native
    return at


def _said(token: Any) -> Any:
    return token["content"]["encap_content_info"]["content"].parsed


def _answer(authority: str, req: Any) -> Any:
    from pyhanko.sign.timestamps.api import tsp  # type: ignore[attr-defined]  # what pyHanko itself reads with

    head = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    asked = urllib.request.Request(authority, req.dump(), head, method="POST")  # noqa: S310  settings let http and https alone
    with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  the same
        return tsp.TimeStampResp.load(answer.read(_MOST_BYTES))
