"""Values of notices."""

from __future__ import annotations

from quanshu.kernel.errors import Invalid


class BadMailAddress(Invalid):
    code = "notify.bad_smtp_url"
    message = "QUANSHU_SMTP_URL is not an address such as smtp://user:password@host:port."
    remedy = "Use smtp, smtp+starttls or smtps, escape special characters in the password, and restart the node."
