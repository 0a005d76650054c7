"""Reads of landing: exceptions one may see, and entries that should have landed and have not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from quanshu.shared.access.api import Actor, scope_q
from quanshu.supply.catalogue.api import CataloguePermission, Entry, get_entry, items_of, list_entries
from quanshu.supply.landing.models import LandingException
from quanshu.supply.landing.queries.stages import Answer, Asked, Stage, stages_before
from quanshu.supply.landing.types import ExceptionNotFound, ExceptionState


def list_exceptions(actor: Actor) -> QuerySet[LandingException]:
    """Exceptions of entries the actor may see; outside one's own scope only those the bureau agreed to."""
    own = scope_q(actor, CataloguePermission.VIEW, unit_path="entry__unit__path")
    seen = Q(entry__in=list_entries(actor).order_by().values("pk"), entry__published_version__isnull=False)
    rows = LandingException.objects.filter(own | (seen & Q(state=ExceptionState.AGREED)))
    return rows.select_related("entry__unit", "entry__classification")


def waiting_exception(*, actor: Actor, uid: str) -> LandingException:
    """The exception of an entry that waits for an answer. Raises EntryNotFound, ExceptionNotFound."""
    entry = get_entry(actor=actor, uid=uid)
    row = list_exceptions(actor).filter(entry=entry, state=ExceptionState.ASKED).first()
    if row is None:
        raise ExceptionNotFound(entry=entry.title)
    return row


def is_asked(entry: Entry) -> bool:
    """Whether an exception of the entry waits for the bureau."""
    return LandingException.objects.filter(entry=entry, state=ExceptionState.ASKED).exists()


def hanging_entries(actor: Actor) -> QuerySet[Entry]:
    """Published entries that must land and have no rows."""
    return list_entries(actor).published().must_land().filter(landed_rows=None)  # type: ignore[attr-defined, no-any-return]


def hangs_at(*, actor: Actor, entry: Entry, now: datetime) -> Stage:
    """The stage at which an entry hangs on its way into the lake, with its owner."""
    asked = Asked(actor, entry, items_of(entry), now)
    stages = [ask(asked) for ask in stages_before("landed")]
    return next((stage for stage in stages if stage.answer == Answer.FAILED), stages[-1])
