"""Whether a proven entry is of the receipt that somebody holds."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from quanshu.tlog.errors import OtherReceipt

NUMBER = re.compile(r"[A-Za-z0-9._:-]{6,40}")


def receipt_number(raw: bytes) -> str:
    """The receipt's number in what somebody holds: the number itself, or a gateway's answer. "" when none is in it."""
    word = raw.decode("utf-8", errors="replace").strip()
    if NUMBER.fullmatch(word):
        return word
    try:
        body = json.loads(word)
    except (ValueError, RecursionError):
        return ""
    found = body.get("receipt_id") or body.get("uid") if isinstance(body, dict) else ""
    return str(found or "")[:40]


def check_receipt(statement: Mapping[str, Any], raw: bytes) -> bool:
    """Hold a proven entry against a receipt; whether the bytes are the gateway's whole answer, by its SHA-256.

    Raises `tlog.other_receipt`.
    """
    details = statement.get("details")
    whole = isinstance(details, dict) and details.get("response") == hashlib.sha256(raw).hexdigest()
    number = receipt_number(raw)
    # An act without an object has no number of one: what holds no number either is not its receipt.
    known = {str(found) for found in (statement.get("uid"), statement.get("object_uid")) if found}
    if not whole and number not in known:
        proven = str(statement.get("object_uid") or statement.get("uid"))
        raise OtherReceipt(proven=proven, given=number or "–")
    return whole
