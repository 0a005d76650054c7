"""The keeper's page: versions of the master key, rotation, destruction of old versions."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.city.vault import services
from quanshu.city.vault.models import MasterKey, Rotation, SubjectKey
from quanshu.city.vault.pages import labels
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.shared.web.api import Action, ActionPage, Page


class Keys(Page):
    """Which versions there are, how many data keys each holds, and how far a rotation is."""

    title = gettext_lazy("Keys of the vault")
    permission = P.ROTATE
    template_name = "vault/keys.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        live = SubjectKey.objects.filter(destroyed_at__isnull=True)
        versions = list(MasterKey.objects.all())
        newest = versions[0].version if versions else 1
        rows = []
        for row in versions:
            held = live.filter(version=row.version).count()
            gone = row.destroyed_at is not None
            action = Action(
                _("Destroy"),
                reverse("vault:destroy_master", args=[row.version]),
                "trash",
                "outline-danger",
                confirm=_("Backups whose keys it holds cannot be read any more."),
            )
            free = not gone and not held and row.version != newest
            rows.append({"row": row, "held": held, "gone": gone, "action": action if free else None})
        rotations = Rotation.objects.all()[:10]
        running = any(row.state == "running" for row in rotations)
        rotate = Action(_("Rotate the master key"), reverse("vault:rotate"), "refresh", "primary",
                        reason=_("A rotation of the master key is under way.") if running else None)  # fmt: skip
        return {
            "versions": rows,
            "rotations": [
                (row, row.done / row.total if row.total else 1.0, labels.WORK_STATES[row.state],
                 labels.WORK_TONES[row.state])
                for row in rotations
            ],
            "actions": [rotate],
            "subjects": live.count(),
            "destroyed": SubjectKey.objects.filter(destroyed_at__isnull=False).count(),
            "running": running,
        }  # fmt: skip


class Rotate(ActionPage):
    """Begin a rotation."""

    permission = P.ROTATE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.start_rotation(actor=self.actor, now=self.now)
        return _("Every data key is being wrapped anew."), reverse("vault:keys")


class DestroyMaster(ActionPage):
    """Destroy an old version."""

    permission = P.ROTATE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        services.destroy_master(actor=self.actor, now=self.now, version=kwargs["version"])
        return _("The version is destroyed."), reverse("vault:keys")
