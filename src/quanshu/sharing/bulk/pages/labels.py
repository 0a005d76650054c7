"""Names of codes in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.lake.conditions import Operator
from quanshu.sharing.bulk import rules
from quanshu.sharing.bulk.models import BulkGrant, BulkToken
from quanshu.sharing.bulk.types import BulkState

STATES = {
    BulkState.REQUESTED: _("Waiting for a decision"),
    BulkState.ACTIVE: _("In force"),
    BulkState.REFUSED: _("Refused"),
    BulkState.REVOKED: _("Revoked"),
    BulkState.ENDED: _("Expired"),
}
TONES = {
    BulkState.REQUESTED: "orange",
    BulkState.ACTIVE: "green",
    BulkState.REFUSED: "secondary",
    BulkState.REVOKED: "red",
    BulkState.ENDED: "secondary",
}
OPERATORS = {
    Operator.EQUALS: _("is"),
    Operator.DIFFERS: _("is not"),
    Operator.ONE_OF: _("is one of"),
    Operator.NONE_OF: _("is none of"),
    Operator.LESS: _("is less than"),
    Operator.AT_MOST: _("is at most"),
    Operator.MORE: _("is more than"),
    Operator.AT_LEAST: _("is at least"),
    Operator.BETWEEN: _("lies between"),
    Operator.STARTS: _("starts with"),
    Operator.EMPTY: _("is empty"),
    Operator.FILLED: _("is not empty"),
}
MODES = {
    "built": _("Built"),
    "changes": _("By the source's changes"),
    "compared": _("Compared in full"),
    "none": _("Nothing to do"),
    "failed": _("Failed"),
}
FAULTS = {
    "lake.null_keys": _("Rows of the source have an empty key."),
    "lake.duplicate_keys": _("Several rows of the source have one key."),
    "lake.stored_duplicates": _("Several rows of the source have one key."),
    "lake.missing_column": _("The source lacks a column that is granted."),
    "lake.bad_condition": _("A condition no longer fits its column's type."),
    "services.entry_not_ready": _("The entry is no longer published."),
    "services.entry_not_shared": _("The entry may no longer be shared."),
}


def fault_text(code: str) -> str:
    """What stopped a refresh."""
    return str(FAULTS.get(code, code))


def view_state(grant: BulkGrant, now: datetime) -> tuple[str, str]:
    """(label, tone) of a grant's view."""
    if grant.removed_at is not None:
        return gettext("Removed"), "secondary"
    if grant.state in {BulkState.REQUESTED, BulkState.REFUSED}:
        return "", "secondary"
    if grant.fault:
        return gettext("Refresh fails"), "red"
    if grant.refreshed_at is None:
        return gettext("Being built"), "orange"
    if grant.stale_since is not None and grant.state == BulkState.ACTIVE:
        late = now - grant.stale_since > rules.LATE
        return (gettext("Behind"), "red") if late else (gettext("Being refreshed"), "orange")
    return gettext("In step with the source"), "green"


def token_state(token: BulkToken, now: datetime) -> tuple[str, str]:
    """(label, tone) of a token."""
    if token.revoked_at is not None:
        return gettext("Revoked"), "red"
    return (
        (gettext("Valid"), "green") if token.not_before <= now < token.not_after else (gettext("Expired"), "secondary")
    )


def number(value: int | None) -> str:
    """A number with its thousands; nothing for none."""
    return "" if value is None else f"{value:,}"


def size(count: int) -> str:
    """Bytes for people; nothing for none."""
    if not count:
        return ""
    value, units = float(count), ("B", "KiB", "MiB", "GiB", "TiB")
    for unit in units:
        if value < 1024 or unit == units[-1]:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return ""


def lag_text(grant: BulkGrant, now: datetime) -> str:
    """How far a view is behind its source."""
    if grant.stale_since is None:
        return gettext("Not behind")
    minutes = max(0, int((now - grant.stale_since).total_seconds() // 60))
    return gettext("%(minutes)s min") % {"minutes": minutes}


def condition_text(part: dict[str, Any], titles: dict[str, str]) -> str:
    """A condition as a sentence."""
    operator = OPERATORS.get(part["operator"], part["operator"])
    values = gettext(", ").join(part["values"])
    return " ".join(text for text in (titles.get(part["column"], part["column"]), str(operator), values) if text)
