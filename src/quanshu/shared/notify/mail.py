"""Notices by mail, over the SMTP server of QUANSHU_SMTP_URL.

smtp:// is plain, smtp+starttls:// upgrades the connection, smtps:// is TLS from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from quanshu.shared.notify.models import Notice
from quanshu.shared.notify.types import BadMailAddress

BACKEND = "django.core.mail.backends.smtp.EmailBackend"
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TIMEOUT_SECONDS = 20
Addresses = Callable[[Sequence[str]], Mapping[str, str]]
_lookups: list[Addresses] = []


def register_addresses(lookup: Addresses) -> None:
    """Say where mail addresses come from: a function of account uids that gives {uid: address}."""
    _lookups[:] = [lookup]


def address_of(uid: str) -> str:
    """An account's mail address, "" when it has none."""
    return next((found for lookup in _lookups if (found := lookup([uid]).get(uid, ""))), "")


def server_options(url: str) -> dict[str, Any]:
    """The URL as the mail backend takes it. Raises BadMailAddress, which never repeats the password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise BadMailAddress from fault
    if parts.scheme not in PORTS or not host:
        raise BadMailAddress
    return {
        "host": host,
        "port": port or PORTS[parts.scheme],
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_tls": parts.scheme == "smtp+starttls",
        "use_ssl": parts.scheme == "smtps",
    }


def send(notice: Notice, address: str) -> None:
    """Send one notice. Raises OSError (SMTPException is one) when the server does not take it."""
    options = server_options(settings.QUANSHU_SMTP_URL)
    origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://{}:{}".format(*settings.QUANSHU_WEB))
    link = urljoin(origin, notice.url) if notice.url else ""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    message = EmailMessage(
        subject=" ".join(notice.subject.split()),
        body="\n\n".join(part for part in (notice.body, link) if part),
        to=[address],
        # The same notice always has the same id, so that a mail sent twice is shown once.
        headers={"Message-ID": f"<{notice.uid}@{domain}>"},
        connection=get_connection(BACKEND, timeout=TIMEOUT_SECONDS, **options),
    )
    message.send()
