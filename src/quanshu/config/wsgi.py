"""The web process's WSGI application: page code is synchronous, so this is what granian runs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanshu.config.settings")
os.environ["QUANSHU_PROCESS"] = "web"
application = get_wsgi_application()

from quanshu.kernel.logs import log_what_ends  # noqa: E402 - Django must be set up first
from quanshu.oversight.monitoring.api import guard_web  # noqa: E402

log_what_ends()
guard_web()
