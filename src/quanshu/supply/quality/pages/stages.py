"""The quality stage on the way from an entry to its user: its last check."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.supply.landing.api import Answer, Asked, Owner, Stage
from quanshu.supply.quality.models import Scan
from quanshu.supply.quality.types import ScanState


def ask_checked(asked: Asked) -> Stage:
    """When the data was last checked and how much of it passed. It stops nobody."""
    label, owner = _("Quality checked"), Owner.of(asked.entry.unit)
    last = Scan.objects.filter(entry=asked.entry, state=ScanState.FINISHED).order_by("-ended_at").first()
    if last is None or last.ended_at is None:
        return Stage(label, Answer.NOTED, _("It was never checked."), owner, _("Its unit adopts rules and checks it."))
    at = f"{timezone.localtime(last.ended_at):%Y-%m-%d %H:%M}"
    rate = "—" if last.pass_rate is None else f"{last.pass_rate:.1%}"
    says = _("Last checked at %(at)s: %(rate)s of the rows passed.") % {"at": at, "rate": rate}
    return Stage(label, Answer.PASSED, says)
