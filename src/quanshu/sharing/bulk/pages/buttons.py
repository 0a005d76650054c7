"""The buttons of an entry's page that lead to bulk sharing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.supply.catalogue.api import EntryState, ShareType


def entry_buttons(actor: Actor, entry: Any) -> Sequence[Action]:
    """Ask for an entry in bulk, or share it: by whoever may, of a published entry that may be shared."""
    if entry.state != EntryState.PUBLISHED or entry.share_type == ShareType.NOT_SHARED:
        return []
    if allows(actor, P.CREATE, entry):
        url = reverse("bulk:new-of", args=[entry.uid])
        return [Action(_("Share in bulk"), url, "database-export", style="outline-primary", method="get")]
    if allows(actor, P.ASK):
        url = reverse("bulk:ask", args=[entry.uid])
        return [Action(_("Ask for it in bulk"), url, "database-export", style="outline-primary", method="get")]
    return []
