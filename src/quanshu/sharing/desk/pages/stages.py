"""The stages of services on the way from an entry to its user: served, granted, with which fields."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.sharing.services.api import Grant, services_for_entry
from quanshu.supply.landing.api import Answer, Asked, Owner, Stage


def ask_served(asked: Asked) -> Stage:
    """A published service of the entry answers."""
    label, services = _("A service is published"), list(services_for_entry(asked.entry))
    if not services:
        todo = _("Ask for the data by a demand: the platform then builds the service.")
        return Stage(label, Answer.FAILED, _("No service of it is published."), Owner.platform(), todo)
    names = "、".join(service.title for service in services[:3])
    if not any(service.probe_ok for service in services):
        says = _("%(names)s: published, but the last check got no answer.") % {"names": names}
        return Stage(label, Answer.NOTED, says, Owner.platform(), _("Tell the platform if it does not answer you."))
    return Stage(label, Answer.PASSED, names, url=services[0].get_absolute_url())


def in_force(asked: Asked) -> QuerySet[Grant]:
    """Grants of the actor's unit for services of the entry that hold now."""
    return Grant.objects.filter(
        service__entry=asked.entry,
        consumer__unit__uid=asked.actor.unit_uid or "",
        consumer__active=True,
        revoked_at__isnull=True,
        valid_from__lte=asked.now,
        valid_until__gt=asked.now,
    ).select_related("consumer", "service")


def ask_granted(asked: Asked) -> Stage:
    """An application of the actor's unit holds a grant."""
    label, grants = _("Granted to your unit"), list(in_force(asked))
    if grants:
        until = max(timezone.localtime(grant.valid_until) for grant in grants)
        says = _("%(names)s, until %(until)s") % {
            "names": "、".join(sorted({grant.consumer.title for grant in grants})),
            "until": f"{until:%Y-%m-%d}",
        }
        return Stage(label, Answer.PASSED, says)
    owner, todo = Owner.of(asked.entry.unit), _("Ask for the data by a demand; its unit confirms it.")
    ended = Grant.objects.filter(
        service__entry=asked.entry, consumer__unit__uid=asked.actor.unit_uid or "", revoked_at__isnull=False
    ).order_by("-revoked_at")
    last = ended.first()
    if last is not None:
        says = _("Your unit's grant was revoked: %(reason)s") % {"reason": last.revoke_reason}
        return Stage(label, Answer.FAILED, says, owner, todo)
    return Stage(label, Answer.FAILED, _("No application of your unit holds a grant for it."), owner, todo)


def ask_fields(asked: Asked) -> Stage:
    """Which of the entry's items the grants reach, and which come masked."""
    label, grants = _("Fields you get"), list(in_force(asked))
    if not grants:
        return Stage(label, Answer.NOTED, _("None while nothing is granted."))
    granted = {name for grant in grants for name in grant.fields}
    reached = [item for item in asked.items if item.name in granted]
    others = [item.title for item in asked.items if item.name not in granted]
    masked = [item.title for item in reached if item.mask != "none"]
    parts = [_("You get: %(fields)s.") % {"fields": "、".join(item.title for item in reached) or "—"}]
    if masked:
        parts.append(_("Masked: %(fields)s.") % {"fields": "、".join(masked)})
    if others:
        parts.append(_("Not granted: %(fields)s.") % {"fields": "、".join(others[:10])})
    todo = _("Ask for more fields by a demand that says what they are for.") if others else ""
    return Stage(label, Answer.NOTED if others or masked else Answer.PASSED, " ".join(parts), todo=todo)
