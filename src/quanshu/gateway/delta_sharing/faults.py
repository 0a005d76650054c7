"""Refusals of bulk reads. The protocol's error body is `errorCode` and `message`, which holds both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanshu.gateway.messages import MESSAGES
from quanshu.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable, fill


class NoToken(Unauthenticated):
    code = "gateway.bulk_no_token"


class BadToken(Unauthenticated):
    code = "gateway.bulk_bad_token"


class NotShared(NotFound):
    code = "gateway.bulk_not_shared"


class BadRequest(Invalid):
    """`name` is the parameter at fault; `fault` and `fault_en` say what is wrong with it."""

    code = "gateway.bulk_bad_request"


class NoSuchVersion(Invalid):
    code = "gateway.bulk_no_version"


class RowLimit(Forbidden):
    code = "gateway.bulk_row_limit"


class DailyVolume(Forbidden):
    code = "gateway.bulk_daily_volume"


class BadLink(Forbidden):
    code = "gateway.bulk_bad_link"


class ViewMissing(Unavailable):
    code = "gateway.bulk_view_missing"


class StoreAway(Unavailable):
    """The object store that holds the lake does not answer."""

    code = "gateway.bulk_store_away"


def error_body(code: str, params: Mapping[str, Any], receipt_id: str) -> dict[str, str]:
    """The protocol's error body, with the receipt for those who have one."""
    _status, fault, remedy, fault_en, remedy_en = MESSAGES[code]
    text = f"{fill(fault, params)}{fill(remedy, params)} {fill(fault_en, params)} {fill(remedy_en, params)}"
    return {"errorCode": code, "message": text, **({"receiptId": receipt_id} if receipt_id else {})}
