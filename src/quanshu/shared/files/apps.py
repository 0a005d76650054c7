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
        from quanshu.shared.files import uses
        from quanshu.shared.holdings import Holding, register_holding

        register_actions({"files.file.stored": _("File stored")})
        register_kinds(KINDS)

        register_holding(
            Holding(
                key="files.unused",
                name=_("Uploaded files no longer needed"),
                what=_("The file goes with its name; records that name it keep its digest."),
                dated=_("when the file was last handed in"),
                due=uses.due,
                pick=uses.pick,
                erase=uses.erase,
                order=20,
            )
        )
