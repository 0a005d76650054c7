"""Registration as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "registration.application.view": _("See registration applications"),
    "registration.application.edit": _("Apply for registration"),
    "registration.application.accept": _("Accept registration applications"),
    "registration.application.review": _("Review registration applications"),
    "registration.objection.decide": _("Decide objections to registrations"),
}
KINDS = {
    "registration.objection": _("Objection to a registration"),
    "registration.certificate": _("Registration certificate"),
    "registration.application": _("Registration application"),
    "registration.material": _("Material of an application"),
}


class RegistrationConfig(AppConfig):
    name = "quanshu.supply.registration"
    label = "registration"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.registration.events import RegistrationEvent as E
        from quanshu.supply.registration.models import Material

        view = "registration.application.view"
        label = _("Resource registration")
        register(NavItem("registration", label, "registration:applications", "certificate", "supply", 15, view))
        register_use("registration", in_column(Material.objects.all, "digest"))
        register_holdings()
        register_labels(
            {
                "registration.accept": _("The receiver's answer"),
                "registration.formal": _("Formal review"),
                "registration.material": _("Material review"),
                "registration.publicity": _("Publicity"),
            }
        )
        register_actions(
            {
                E.DRAFTED: _("Application drafted"),
                E.SUBMITTED: _("Application submitted"),
                E.HANDED: _("Handed to the receiver"),
                E.ACCEPTED: _("Accepted by the receiver"),
                E.DECLINED: _("Declined by the receiver"),
                E.PASSED: _("Formally complete"),
                E.PUBLISHED: _("Made public"),
                E.RETURNED: _("Given back to be completed"),
                E.REFUSED: _("Refused"),
                E.WITHDRAWN: _("Application withdrawn"),
                E.OBJECTED: _("Objection filed"),
                E.OBJECTION_DECIDED: _("Objection decided"),
                E.MATERIAL_ADDED: _("Material attached"),
                E.MATERIAL_REMOVED: _("Material taken out"),
                E.MATERIAL_JUDGED: _("Materials judged"),
                E.MATERIAL_READ: _("Material downloaded"),
                E.ISSUED: _("Certificate issued"),
                E.CANCELLED: _("Certificate cancelled"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)


def register_holdings() -> None:
    """What a rule of retention may take away here."""
    from quanshu.shared.holdings import register_holding, rows_holding
    from quanshu.supply.registration.models import Objection

    register_holding(
        rows_holding(
            "registration.objectors",
            name=_("Who filed an objection"),
            what=_("Name and contact of the objector go; the objection and its answer stay."),
            dated=_("when the objection was decided"),
            rows=lambda: Objection.objects.filter(decided_at__isnull=False).exclude(name="", contact=""),
            date="decided_at",
            unit="application__unit__path",
            blank=lambda rows: rows.update(name="", contact=""),
            order=40,
        )
    )
