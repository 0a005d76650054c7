"""The file store as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

KINDS = {
    "files.file": _("File"),
}


class FilesConfig(AppConfig):
    name = "quanshu.shared.files"
    label = "files"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions, register_kinds

        register_actions({"files.file.stored": _("File stored")})
        register_kinds(KINDS)
