"""Names of codes in the reader's language, and links to other rooms' pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanshu.gateway.messages import MESSAGES
from quanshu.gateway.signing.session import SID as SESSION
from quanshu.lake.landing import DataType
from quanshu.lake.masking import Mask
from quanshu.sharing.services.api import ConsentMode, ConsentTerms, Grant, Service, ServiceState, Shape
from quanshu.supply.catalogue.api import Grade, ShareType

BULK = "bulk:"
# A push is kept under the uid of its source.
SOURCE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STATES = {
    ServiceState.DRAFT: _("Draft"),
    ServiceState.PUBLISHED: _("Published"),
    ServiceState.WITHDRAWN: _("Withdrawn"),
}
STATE_TONES = {ServiceState.DRAFT: "secondary", ServiceState.PUBLISHED: "green", ServiceState.WITHDRAWN: "red"}
SHAPES = {
    Shape.QUERY: _("Query"),
    Shape.VERIFY: _("Verification"),
    Shape.STATISTIC: _("Statistic"),
    Shape.COMPOSITE: _("Composite"),
}
SHAPE_HINTS = {
    Shape.QUERY: _("Answers with the fields of the rows found, masked as their grades ask."),
    Shape.VERIFY: _("Answers match, mismatch or no record, and nothing else."),
    Shape.STATISTIC: _("Answers with counts, sums or averages by group; small cells are not told."),
    Shape.COMPOSITE: _("Calls several services as one, each under the caller's own grant."),
}
GROUNDS = {
    "none": _("None: nothing sensitive is told"),
    "statutory": _("By law"),
    "consent": _("By the subject's consent"),
}
SUBJECTS = [("person", _("A person")), ("enterprise", _("An enterprise"))]
SHARE_TYPES = {
    ShareType.UNCONDITIONAL: _("Unconditional sharing"),
    ShareType.CONDITIONAL: _("Conditional sharing"),
    ShareType.NOT_SHARED: _("Not shared"),
}
GRADES = {
    Grade.GENERAL_1: _("General, level 1"),
    Grade.GENERAL_2: _("General, level 2"),
    Grade.GENERAL_3: _("General, level 3"),
    Grade.GENERAL_4: _("General, level 4"),
    Grade.IMPORTANT: _("Important"),
    Grade.CORE: _("Core"),
}
GRADE_TONES = {
    Grade.GENERAL_1: "green",
    Grade.GENERAL_2: "teal",
    Grade.GENERAL_3: "blue",
    Grade.GENERAL_4: "orange",
    Grade.IMPORTANT: "red",
    Grade.CORE: "purple",
}
TYPES = {
    DataType.STRING: _("Text"),
    DataType.INTEGER: _("Whole number"),
    DataType.DECIMAL: _("Decimal number"),
    DataType.BOOLEAN: _("Yes or no"),
    DataType.DATE: _("Date"),
    DataType.DATETIME: _("Date and time"),
}
MASKS = {
    Mask.NONE: _("No mask"),
    Mask.FULL: _("Hidden in full"),
    Mask.NAME: _("Surname only"),
    Mask.CITIZEN_ID: _("Citizen ID"),
    Mask.PHONE: _("Phone number"),
    Mask.ADDRESS: _("Address to the district"),
    Mask.DATE_YEAR: _("Year only"),
    Mask.HASH: _("Hash for joining"),
}
# Nobody's values, to show what a mask leaves of one.
SAMPLES = {
    Mask.NAME: "诸葛明",
    Mask.CITIZEN_ID: "370102190001010010",
    Mask.PHONE: "13800000000",
    Mask.ADDRESS: "济南市历下区龙奥北路1号",
    Mask.DATE_YEAR: "1900-01-01",
    Mask.FULL: "×",
}
GRANT_STATES = {
    "active": _("In force"),
    "revoked": _("Revoked"),
    "ended": _("Expired"),
    "stopped": _("Application switched off"),
}
GRANT_TONES = {"active": "green", "revoked": "red", "ended": "secondary", "stopped": "secondary"}
OUTCOMES = [("ok", _("Answered")), ("refused", _("Refused"))]


def title_of(part: Mapping[str, Any]) -> str:
    """The title of a parameter or field of a spec in the reader's language."""
    english = (get_language() or "").startswith("en")
    return str((english and part.get("title_en")) or part.get("title") or part["name"])


def named(parts: Iterable[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Parameters or fields by title, their names behind; those that a spec does not have by name alone."""
    titles = {part["name"]: title_of(part) for part in parts}
    return ", ".join(f"{titles[name]} ({name})" if titles.get(name, name) != name else name for name in names if name)


def service_label(sid: str, title: str = "") -> str:
    """What was called: a service by its title, the gateway's other addresses by what they do."""
    if title or not sid:
        return title
    if sid.startswith(BULK):
        share, _dot, table = sid.removeprefix(BULK).rpartition(".")
        return gettext("Bulk reading of %(table)s") % {"table": table} if share else gettext("Bulk reading")
    if SOURCE.fullmatch(sid):
        return gettext("File pushed to a source")
    return gettext("Fetching of a session key") if sid == SESSION else sid


def outcome_label(code: str) -> str:
    """What an outcome of the gateway means."""
    if code == "ok":
        return gettext("Answered")
    known = MESSAGES.get(code)
    if known is None:
        return code
    text = known[3] if (get_language() or "").startswith("en") else known[1]
    if "%(" in text:
        return str(OUTCOME_NAMES[code]) if code in OUTCOME_NAMES else PLACE.sub("…", text).rstrip("。.")
    return text.rstrip("。.")


PLACE = re.compile(r"%\(\w+\)s")
OUTCOME_NAMES = {
    "gateway.unsigned": _("Headers of the signature missing"),
    "gateway.bad_header": _("Header misshapen"),
    "gateway.unknown_client": _("Application unknown or switched off"),
    "gateway.outside_window": _("Time more than five minutes off"),
    "gateway.wrong_service": _("Signed for another service"),
    "gateway.unknown_service": _("No such service"),
    "gateway.unknown_version": _("No such version"),
    "gateway.version_ended": _("Version ended"),
    "gateway.no_sandbox": _("No sandbox"),
    "gateway.no_grant": _("No grant in force"),
    "gateway.field_not_granted": _("Field outside the grant"),
    "gateway.body_too_large": _("Body too large"),
    "gateway.bad_parameter": _("Parameter at fault"),
    "gateway.rate_limited": _("Too many calls a minute"),
    "gateway.daily_limit": _("The day's volume used up"),
    "gateway.table_missing": _("Data not available"),
    "gateway.part_refused": _("A required part refused"),
    "gateway.part_failed": _("A required part failed"),
    "gateway.part_timeout": _("A part took too long"),
    "gateway.part_gone": _("A part is of another shape"),
    "gateway.composite_timeout": _("The composite took too long"),
    "gateway.bad_batch": _("Batch at fault"),
    "gateway.no_batch": _("No batches of this service"),
    "gateway.wrong_method": _("Method not supported"),
    "gateway.bulk_not_shared": _("Nothing shared under the name"),
    "gateway.bulk_bad_request": _("Request at fault"),
    "gateway.bulk_no_version": _("No such version"),
    "gateway.bulk_row_limit": _("More rows than granted"),
    "gateway.bulk_daily_volume": _("The day's volume used up"),
    "gateway.bulk_view_missing": _("View being built"),
}


def grant_state(grant: Grant, now: datetime) -> str:
    """active, revoked, ended or stopped."""
    if grant.revoked_at is not None:
        return "revoked"
    if grant.valid_until <= now:
        return "ended"
    return "active" if grant.consumer.active else "stopped"


def answering(service: Service) -> tuple[str, str]:
    """Whether the latest probe was answered: (label, tone)."""
    if service.probe_ok is None:
        return gettext("Not checked yet"), "secondary"
    return (gettext("Answers"), "green") if service.probe_ok else (gettext("Does not answer"), "red")


# Where a draft of each shape is changed; the rooms of other shapes add theirs.
EDITORS = {
    Shape.QUERY: "services:service-edit",
    Shape.VERIFY: "services:service-edit",
    Shape.STATISTIC: "services:statistic-edit",
    Shape.COMPOSITE: "composition:edit-of",
}


def edit_url(service: Service) -> str:
    """The page on which a draft is changed."""
    return reverse(EDITORS[Shape(service.shape)], args=[service.uid])


def ask_url(service: Service) -> str:
    """The form that asks for a service."""
    return address_of("demands:new", fallback="/demands/new/") + f"?entry={service.entry.uid}&service={service.uid}"


def address_of(name: str, *args: str, fallback: str = "") -> str:
    """Another room's page; `fallback` where the room has none under the name."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return fallback


def links_of(service: Service, *, may_edit: bool) -> list[tuple[Any, str, str]]:
    """(label, address, icon) of the pages that tell more of a service."""
    found = []
    for name, label, icon in (
        ("development:versions", _("Versions side by side"), "versions"),
        ("development:document", _("Documentation"), "book"),
        ("development:health", _("Health"), "heartbeat"),
        ("development:sandbox", _("Sandbox"), "flask"),
    ):
        if (url := address_of(name, service.uid)) and (service.served_version or may_edit):
            found.append((label, url, icon))
    return found


def ground_of(spec: Mapping[str, Any], *, lacking: bool = False) -> str:
    """On what ground a service tells of people; empty where it tells of none."""
    terms = ConsentTerms(**spec.get("consent", {}))
    if terms.mode == ConsentMode.NONE:
        return gettext("Missing: sensitive items are told without consent or a law") if lacking else ""
    detail = terms.basis or terms.parameter
    return f"{GROUNDS[terms.mode]}: {detail}"
