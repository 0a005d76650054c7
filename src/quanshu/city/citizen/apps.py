"""The resident's portal as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "citizen.correction.file": _("Report an error in one's data"),
    "citizen.correction.handle": _("Handle reports of residents"),
    "citizen.correction.review": _("Review rejected corrections"),
    "citizen.correction.view": _("See corrections of residents"),
    "citizen.data.download": _("Download one's data"),
    "citizen.data.view": _("See one's data"),
    "citizen.received.view": _("See wrong values received"),
}

KINDS = {
    "citizen.correction": _("Correction of a resident"),
    "citizen.data": _("Data of a subject"),
}


class CitizenConfig(AppConfig):
    name = "quanshu.city.citizen"
    label = "citizen"

    def ready(self) -> None:
        from quanshu.city.citizen.models import Evidence
        from quanshu.city.citizen.pages.handling import panel
        from quanshu.city.citizen.permissions import CitizenPermission as P
        from quanshu.city.citizen.services import follow_problem
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_kinds
        from quanshu.shared.files.api import in_column, register_use
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.quality.api import register_follower, register_panel

        register_follower(follow_problem)
        register_use("citizen", in_column(Evidence.objects.all, "digest"))
        register_panel(panel)
        register(
            NavItem("my-home", _("My services"), "citizen:home", "home", "mine", 5, P.VIEW),
            NavItem("my-data", _("My data"), "citizen:data", "database", "mine", 10, P.VIEW),
            NavItem("my-corrections", _("My corrections"), "citizen:my-corrections", "edit", "mine", 20, P.VIEW),
            NavItem("my-uses", _("Who used my data"), "citizen:uses", "eye", "mine", 35, P.VIEW),
            NavItem("my-download", _("Download my data"), "citizen:download", "download", "mine", 70, P.DOWNLOAD),
            NavItem("corrections", _("Corrections of residents"), "citizen:corrections", "user-edit", "supply", 36,
                    P.CORRECTION_VIEW),
        )  # fmt: skip
        register_labels(
            {
                "citizen.correction": _("A resident's report of a wrong value"),
                "citizen.correction_review": _("Review of a rejected correction"),
            }
        )
        name_acts()
        register_rights(RIGHTS)
        register_kinds(KINDS)


def name_acts() -> None:
    """The room's acts, as the audit trail tells them."""
    from quanshu.city.citizen.events import CitizenEvent as E
    from quanshu.shared.audit.api import register_actions

    register_actions(
        {
            E.VIEWED: _("A subject's data viewed"),
            E.USES_VIEWED: _("Uses of a subject's data viewed"),
            E.DOWNLOADED: _("A subject's data downloaded"),
            E.FILED: _("Error reported by a resident"),
            E.ACCEPTED: _("Report accepted"),
            E.CORRECTED: _("Value corrected"),
            E.REJECTED: _("Report rejected"),
            E.REVIEW_ASKED: _("Review asked for"),
            E.OVERTURNED: _("Rejection overturned"),
            E.UPHELD: _("Rejection upheld"),
            E.WITHDRAWN: _("Report withdrawn"),
            E.REOPENED: _("Wrong value back again"),
            E.REVEALED: _("Reported record shown"),
            E.LANDED: _("Correction landed"),
            E.EVIDENCE_READ: _("Proof read"),
        }
    )
