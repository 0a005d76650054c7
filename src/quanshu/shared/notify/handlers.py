"""Mail follows a notice. A job sends it, so that no transaction waits for a mail server."""

from __future__ import annotations

from django.conf import settings

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import enqueue
from quanshu.shared.notify.mail import address_of
from quanshu.shared.outbox.api import Event, subscribe


@subscribe("notify.notice.written")
def queue_mail(event: Event) -> None:
    """Queue the mail where SMTP is set and the recipient has an address."""
    if settings.QUANSHU_SMTP_URL and address_of(event.payload["recipient_uid"]):
        uid = event.payload["notice_uid"]
        enqueue("notify.mail", {"notice_uid": uid}, now=now(), key=f"notify.mail:{uid}")
