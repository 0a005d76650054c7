"""Sending mail in the background."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from quanshu.kernel.clock import now
from quanshu.shared.jobs.api import job
from quanshu.shared.notify.mail import address_of, send
from quanshu.shared.notify.models import Notice


@job("notify.mail", max_attempts=8)
def mail_notice(payload: dict[str, Any]) -> None:
    """Mail a notice once. A server that does not answer is tried again with growing pauses."""
    notice = Notice.objects.filter(uid=payload["notice_uid"], mailed_at__isnull=True).first()
    address = address_of(notice.recipient_uid) if notice else ""
    if notice is None or not address or not settings.QUANSHU_SMTP_URL:
        return
    send(notice, address)
    Notice.objects.filter(pk=notice.pk).update(mailed_at=now())
