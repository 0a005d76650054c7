"""The web process's WSGI application: page code is synchronous, so this is what granian runs."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quanshu.config.settings")
application = get_wsgi_application()
