"""A consent in words that a resident understands, made from its scope."""

from __future__ import annotations

from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from quanshu.shared.workflow.api import city_day
from quanshu.sharing.consent.models import Consent
from quanshu.sharing.consent.queries import field_titles


def words_of(consent: Consent) -> list[str]:
    """Who, what, why, how long, how often, how it is kept, and how to stop it: a sentence each, in the reader's
    language."""
    english = (get_language() or "").startswith("en")
    unit = consent.consumer.unit
    told = {
        "unit": (unit.name_en or unit.name) if english else unit.name,
        "application": consent.consumer.title,
        "service": consent.service.title,
        "fields": (", " if english else "、").join(field_titles(consent, consent.fields, english=english)),
        "purpose": consent.purpose.rstrip("。.; "),
        "basis": consent.legal_basis.rstrip("。.; "),
        "start": city_day(consent.starts_at).isoformat(),
        "end": city_day(consent.ends_at).isoformat(),
    }
    return [
        _("%(unit)s wants to look up your data with its application “%(application)s”.") % told,
        _("It will see only this, from “%(service)s”: %(fields)s.") % told,
        _("What for: %(purpose)s. Ground: %(basis)s.") % told,
        _("From %(start)s to %(end)s.") % told,
        uses_in_words(consent),
        kept_in_words(consent),
        _("You see every use, and can withdraw your consent at any time; it stops within a second."),
    ]


def uses_in_words(consent: Consent) -> str:
    """How often it may be used."""
    parts = []
    if consent.most_uses is not None:
        text = ngettext("once in all", "at most %(count)s times in all", consent.most_uses)
        parts.append(text % {"count": consent.most_uses})
    if consent.per_day is not None:
        text = ngettext("once a day at most", "at most %(count)s times a day", consent.per_day)
        parts.append(text % {"count": consent.per_day})
    if not parts:
        return _("It may look as often as the purpose needs.")
    english = (get_language() or "").startswith("en")
    return _("How often: %(often)s.") % {"often": (", " if english else "，").join(parts)}


def kept_in_words(consent: Consent) -> str:
    """How long what is received may be kept."""
    if not consent.retention_days:
        return _("It may not keep what it sees.")
    text = ngettext(
        "It may keep what it sees for one day and must then delete it.",
        "It may keep what it sees for %(count)s days and must then delete it.",
        consent.retention_days,
    )
    return text % {"count": consent.retention_days}


def words_in_both(consent: Consent) -> dict[str, list[str]]:
    """The words in Chinese and in English."""
    found = {}
    for language in ("zh-hans", "en"):
        with override(language):
            found[language] = words_of(consent)
    return found
