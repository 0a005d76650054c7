"""Intake's stage on the way from an entry to its user: a source, and how its last load ended."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.types import RunState
from quanshu.supply.landing.api import Answer, Asked, Owner, Stage


def ask_loaded(asked: Asked) -> Stage:
    """A source is registered and its last load landed. An entry with rows made otherwise needs none."""
    label, owner = _("Source and last load"), Owner.of(asked.entry.unit)
    if not Source.objects.filter(entry=asked.entry, active=True).exists():
        if asked.entry.landed_rows is not None or asked.entry.exempt:
            return Stage(label, Answer.NOTED, _("No source is in use for it."))
        return Stage(label, Answer.FAILED, _("No source is registered for it."), owner, _("Its unit registers one."))
    last = Run.objects.filter(source__entry=asked.entry).order_by("-queued_at", "-id").first()
    if last is None:
        return Stage(label, Answer.FAILED, _("It was never loaded."), owner, _("Its unit runs the first load."))
    at = f"{timezone.localtime(last.ended_at or last.queued_at):%Y-%m-%d %H:%M}"
    if last.state == RunState.LANDED:
        return Stage(label, Answer.PASSED, _("Loaded at %(at)s.") % {"at": at})
    if last.state in {RunState.QUEUED, RunState.RUNNING}:
        return Stage(label, Answer.NOTED, _("A load is under way since %(at)s.") % {"at": at})
    failed = Answer.FAILED if asked.entry.landed_rows is None else Answer.NOTED
    says = _("The last load did not land (%(at)s).") % {"at": at}
    return Stage(label, failed, says, owner, _("Its unit corrects the cause and loads again."))
