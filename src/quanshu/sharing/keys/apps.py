"""Keys as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

JOBS = {
    "keys.warn": _("Warn of ending keys"),
}
KINDS = {
    "keys.key": _("Key of an application"),
}


class KeysConfig(AppConfig):
    name = "quanshu.sharing.keys"
    label = "keys"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.sharing.keys.events import KeyEvent

        register_actions({KeyEvent.EXPIRING: _("Warned of a key's end")})
        register_jobs(JOBS)
        register_kinds(KINDS)
