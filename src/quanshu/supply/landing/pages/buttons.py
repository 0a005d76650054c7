"""What landing adds to the catalogue's pages."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from quanshu.shared.access.api import Actor, allows
from quanshu.shared.web.api import Action
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.landing.permissions import LandingPermission
from quanshu.supply.landing.queries import is_asked


def answer_exception(actor: Actor, entry: Entry) -> list[Action]:
    """The bureau's answer to an exception from landing that waits for it."""
    if not allows(actor, LandingPermission.DECIDE, entry) or not is_asked(entry):
        return []
    url = reverse("landing:entry-exception", args=[entry.uid])
    return [Action(_("Answer the exception"), url, "scale", "outline-primary", "get")]


def ask_why(actor: Actor, entry: Entry) -> list[Action]:
    """Why one cannot use an entry."""
    url = reverse("landing:entry-why", args=[entry.uid])
    return [Action(_("Why can I not use it?"), url, "help-circle", method="get")]


def ask_why_not_found(actor: Actor, words: str) -> list[Action]:
    """Why one cannot see what was looked for."""
    url = f"{reverse('landing:why')}?{urlencode({'q': words})}"
    return [Action(_("Ask why you cannot see or use an entry"), url, "help-circle", method="get")]
