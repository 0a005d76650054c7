"""Links that other rooms' pages get from here."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor
from quanshu.shared.web.api import Action
from quanshu.sharing.services.api import Exchange


def proof_button(call: Exchange, actor: Actor) -> Action | None:
    """The way from a call's page to the proof of its receipt: whoever may see the call may have it."""
    address = reverse("ledger:receipt", args=[call.receipt_id])
    return Action(_("Proof of this receipt"), address, "certificate", style="outline-primary", method="get")
