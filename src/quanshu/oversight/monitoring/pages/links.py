"""Links that other rooms' pages get from here."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action
from quanshu.sharing.services.api import Exchange


def story_button(call: Exchange, actor: Actor) -> Action | None:
    """The way from a call's page to its whole story."""
    if not allows(actor, P.VIEW):
        return None
    return Action(_("The whole story"), story_url(call.receipt_id), "route", style="outline-primary", method="get")


def story_url(receipt_id: str) -> str:
    """The address of a call's story."""
    return reverse("monitoring:story", args=[receipt_id])
