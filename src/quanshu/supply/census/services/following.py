"""What a census found, carried into the catalogue by the catalogue's own steps."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue import api as catalogue
from quanshu.supply.census import rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Confirmation, Finding
from quanshu.supply.census.services.noting import locked, note
from quanshu.supply.census.types import Verdict


@transaction.atomic
def follow_entry(*, actor: Actor, now: datetime, confirmation: Confirmation) -> catalogue.Entry:
    """Open the next version of an entry that changed, or take an obsolete one out of force with the unit's note.

    Raises what the catalogue's own step raises, and `census.nothing_to_follow`.
    """
    filing = locked(confirmation.filing)
    confirmation = Confirmation.objects.select_related("entry__unit").get(pk=confirmation.pk)
    rules.check_follow(
        filing_state=filing.state, verdict=confirmation.verdict, followed=confirmation.followed_at is not None
    )
    if confirmation.verdict == Verdict.CHANGED:
        entry = catalogue.revise_entry(actor=actor, now=now, entry=confirmation.entry)
    else:
        entry = catalogue.withdraw_entry(actor=actor, now=now, entry=confirmation.entry, reason=confirmation.note)
    confirmation.followed_at = now
    confirmation.save(update_fields=["followed_at"])
    details = {"entry": entry.uid, "verdict": confirmation.verdict}
    note(CensusEvent.FOLLOWED, filing, actor=actor, now=now, details=details)
    return entry


def note_followed(*, entry_uid: str, verdict: Verdict, now: datetime) -> int:
    """The catalogue's step was taken in the catalogue itself: the censuses that asked for it are answered."""
    rows = Confirmation.objects.filter(entry__uid=entry_uid, verdict=verdict, followed_at__isnull=True)
    return rows.filter(filing__accepted_at__isnull=False, filing__accepted_at__lte=now).update(followed_at=now)


@transaction.atomic
def draft_from_finding(*, actor: Actor, now: datetime, finding: Finding) -> catalogue.Entry:
    """Make a draft entry of a data set found, with what the unit told; its items are filled in in the catalogue.

    Raises Forbidden, FieldErrors, `census.wrong_state`, `census.already_drafted`.
    """
    filing = locked(finding.filing)
    finding = Finding.objects.select_for_update().get(pk=finding.pk)
    rules.check_draft(filing_state=filing.state, drafted=finding.entry_id is not None)
    if not finding.classification_code:
        fault = N_("The finding names no class of the catalogue.")
        raise FieldErrors(errors=(FieldError("classification_code", fault, N_("Choose one.")),))
    with override(settings.LANGUAGE_CODE):
        abstract = gettext("Found by the census “%(census)s”: held in %(system)s, %(volume)s.") % {
            "census": filing.campaign.title,
            "system": finding.system,
            "volume": finding.volume,
        }
        condition = gettext("To be settled by the unit before review.")
    data = catalogue.EntryData(
        resource_name=finding.name,
        classification_code=finding.classification_code,
        abstract=abstract,
        share_type=catalogue.ShareType.CONDITIONAL,
        share_condition=condition,
        update_cycle=finding.update_cycle,
    )
    entry = catalogue.create_entry(actor=actor, now=now, unit=filing.unit, data=data)
    finding.entry = entry
    finding.save(update_fields=["entry"])
    details = {"finding": finding.uid, "entry": entry.uid}
    note(CensusEvent.FOUND_DRAFTED, filing, actor=actor, now=now, details=details)
    return entry
