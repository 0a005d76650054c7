"""Names, colours and columns of what the pages show."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.web.api import Column, when
from quanshu.sharing.consent.models import Consent, ConsentUse
from quanshu.sharing.consent.queries import field_titles

TONES = {
    "asked": "orange",
    "granted": "green",
    "refused": "red",
    "expired": "secondary",
    "revoked": "red",
    "used_up": "secondary",
}
KINDS = [("person", gettext_lazy("Individual")), ("enterprise", gettext_lazy("Enterprise"))]
DECIDED_AS = {
    "self": gettext_lazy("the person themselves"),
    "guardian": gettext_lazy("a guardian"),
    "legal_representative": gettext_lazy("the legal representative"),
    "delegate": gettext_lazy("a delegate"),
}


REASONS = {
    "gateway.consent_withdrawn": gettext_lazy("the consent had been withdrawn"),
    "gateway.consent_expired": gettext_lazy("the consent had run out"),
    "gateway.consent_not_yet": gettext_lazy("the consent had not begun"),
    "gateway.consent_used_up": gettext_lazy("all uses had been made"),
    "gateway.consent_too_often": gettext_lazy("used too often that day"),
    "gateway.consent_fields": gettext_lazy("more was asked for than was allowed"),
    "gateway.consent_wrong_receiver": gettext_lazy("another receiver tried to use it"),
    "gateway.consent_wrong_service": gettext_lazy("tried for another service"),
    "gateway.consent_wrong_subject": gettext_lazy("tried for somebody else's data"),
    "gateway.consent_wrong_purpose": gettext_lazy("tried for another purpose"),
    "gateway.consent_replayed": gettext_lazy("its proof was not right"),
    "gateway.consent_bad_proof": gettext_lazy("its proof was not right"),
}


def is_english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def told_fields(consent: Consent, names: Any = None) -> str:
    """Fields by their titles."""
    found = field_titles(consent, consent.fields if names is None else names, english=is_english())
    return (", " if is_english() else "、").join(found)


def receiver_of(consent: Consent) -> str:
    """The unit and its application."""
    unit = consent.consumer.unit
    name = (unit.name_en or unit.name) if is_english() else unit.name
    return f"{name} · {consent.consumer.title}"


def told_facts(*facts: tuple[Any, Any]) -> list[tuple[Any, Any]]:
    """Those facts that there are."""
    return [(label, value) for label, value in facts if value not in ("", None, when(None))]


def often(consent: Consent) -> str:
    """How often it may be used."""
    parts = []
    if consent.most_uses is not None:
        parts.append(_("%(count)s in all") % {"count": consent.most_uses})
    if consent.per_day is not None:
        parts.append(_("%(count)s a day") % {"count": consent.per_day})
    return " · ".join(parts) or _("not limited")


def outcome_of(use: ConsentUse) -> str:
    """Why a call was not answered; empty for one that was."""
    if use.answered:
        return ""
    return str(REASONS.get(use.outcome) or _("refused: %(code)s") % {"code": use.outcome})


def refusal_of(use: ConsentUse) -> str:
    """The badge of a use."""
    return _("Answered") if use.answered else _("Given no answer")


def end_of_day(day: date) -> datetime:
    """The moment after a day in the city."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=CITY_TZ)


def start_of_day(day: date, *, now: datetime) -> datetime:
    """The first moment of a day in the city; now for today."""
    start = datetime.combine(day, time.min, tzinfo=CITY_TZ)
    return now if start.date() == now.astimezone(CITY_TZ).date() else start


def last_day(end: datetime) -> date:
    """The last day in a span that ends at this moment."""
    return (end - timedelta(seconds=1)).astimezone(CITY_TZ).date()


STATE = Column(
    "state",
    gettext_lazy("State"),
    lambda row: row.get_state_display(),
    "state",
    kind="badge",
    tone=lambda row: TONES[row.state],
)
USE_COLUMNS = (
    Column("at", gettext_lazy("Time"), kind="datetime"),
    Column("who", gettext_lazy("Who"), lambda use: f"{use.unit_name} · {use.application}"),
    Column("case", gettext_lazy("Case number"), "case_number", kind="code"),
    Column(
        "outcome",
        gettext_lazy("Outcome"),
        refusal_of,
        kind="badge",
        tone=lambda use: "green" if use.answered else "red",
    ),
    Column("why", gettext_lazy("Reason"), outcome_of, phone=False),
    Column("receipt", gettext_lazy("Receipt"), "receipt_id", kind="code", phone=False),
)
