"""The file store as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "quanshu.shared.files"
    label = "files"

    def ready(self) -> None:
        from quanshu.shared.audit.api import register_actions

        register_actions({"files.file.stored": _("File stored")})
