"""Codes as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "codes.code.scan": _("Scan codes"),
    "codes.code.show": _("Show one's code"),
    "codes.holder.block": _("Block a holder's codes"),
    "codes.key.rotate": _("Replace the key of codes"),
    "codes.scan.view": _("See scans"),
    "codes.scene.approve": _("Approve scenes"),
    "codes.scene.edit": _("Edit scenes"),
    "codes.scene.view": _("See scenes"),
    "codes.verifier.manage": _("Manage verifiers"),
}

KINDS = {
    "codes.code": _("City code"),
    "codes.holder": _("Holder of codes"),
    "codes.key": _("Key of codes"),
    "codes.scene": _("Scene"),
    "codes.verifier": _("Verifier"),
}


class CodesConfig(AppConfig):
    name = "quanshu.city.codes"
    label = "codes"

    def ready(self) -> None:
        from quanshu.city.codes.events import CodeEvent as E
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels

        register(
            NavItem("codes", _("My code"), "codes:mine", "qrcode", "mine", 10, "codes.code.show"),
            NavItem("code-scenes", _("Code scenes"), "codes:scenes", "scan", "use", 70, "codes.scene.view"),
            NavItem("code-keys", _("Keys of codes"), "codes:signing_keys", "key", "govern", 61, "codes.key.rotate"),
        )
        register_labels({"codes.review": _("Review of a code scene")})
        register_actions(
            {
                E.SCENE_DRAFTED: _("Scene drafted"),
                E.SCENE_CHANGED: _("Scene changed"),
                E.SCENE_SUBMITTED: _("Scene submitted"),
                E.SCENE_RETURNED: _("Scene given back"),
                E.SCENE_APPROVED: _("Scene approved"),
                E.SCENE_STARTED: _("Scene put in force"),
                E.SCENE_SUSPENDED: _("Scene suspended"),
                E.SCENE_RESUMED: _("Scene resumed"),
                E.SCENE_ENDED: _("Scene ended"),
                E.VERIFIER_REGISTERED: _("Device registered"),
                E.VERIFIER_SUSPENDED: _("Device suspended"),
                E.VERIFIER_RESUMED: _("Device resumed"),
                E.VERIFIER_ENDED: _("Device taken out of use"),
                E.VERIFIER_RENEWED: _("Token of a device replaced"),
                E.TYPED: _("Digits given for a code"),
                E.SCANNED: _("Code scanned"),
                E.REFUSED: _("Code refused"),
                E.DOUBLE_USED: _("Code taken twice"),
                E.BLOCKED: _("Codes blocked"),
                E.UNBLOCKED: _("Block of codes lifted"),
                E.KEY_ROTATED: _("Key of codes replaced"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_holdings()


def register_holdings() -> None:
    """What a rule of retention may take away here."""
    from quanshu.city.codes.models import Scan
    from quanshu.shared.holdings import register_holding, rows_holding

    register_holding(
        rows_holding(
            "codes.scans",
            name=_("Scans of codes"),
            what=_("Who showed a code where is forgotten, and what was told; the audit trail keeps that it was."),
            dated=_("when the code was scanned"),
            rows=Scan.objects.all,
            date="at",
            unit="scene__unit__path",
            # What was taken off line is handed in within the week, and a second use must be found.
            least_days=30,
            order=36,
        )
    )
