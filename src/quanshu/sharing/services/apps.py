"""Data services as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "services.service.view": _("See data services"),
    "services.service.edit": _("Define data services"),
    "services.service.publish": _("Publish data services"),
    "services.consumer.view": _("See applications"),
    "services.consumer.manage": _("Keep applications and their keys"),
    "services.grant.view": _("See grants"),
    "services.grant.create": _("Make grants"),
    "services.grant.revoke": _("Revoke grants"),
    "services.exchange.view": _("See calls and receipts"),
}
KINDS = {
    "services.journal": _("Journal of receipts"),
    "services.consumer": _("Application"),
    "services.exchange": _("Call"),
    "services.grant": _("Grant"),
    "services.service": _("Data service"),
    "services.snapshot": _("Snapshot"),
    "services.table": _("Serving table"),
}
JOBS = {
    "services.clear_tables": _("Clear old serving tables"),
    "services.probe": _("Check that services answer"),
    "services.serve": _("Build a serving table"),
}


class ServicesConfig(AppConfig):
    name = "quanshu.sharing.services"
    label = "services"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.sharing.services.events import ServiceEvent as E
        from quanshu.sharing.services.queries.calls import call_facts, row_receivers
        from quanshu.supply.assurance.api import register_calls
        from quanshu.supply.quality.api import register_receivers

        register_receivers(row_receivers)
        register_calls(call_facts)
        register_holdings()
        register_actions(
            {
                E.CREATED: _("Service drafted"),
                E.CHANGED: _("Service changed"),
                E.PUBLISHED: _("Service published"),
                E.REVISED: _("Next version opened"),
                E.WITHDRAWN: _("Service withdrawn"),
                E.VERSION_KEPT: _("Version before kept until its end"),
                E.VERSION_END: _("End of a version set"),
                E.GRANT_MOVED: _("Moved to the newest version"),
                E.CONSUMER_CREATED: _("Application registered"),
                E.KEY_ROTATED: _("Key changed"),
                E.KEY_REGISTERED: _("Public key registered"),
                E.KEY_ENDED: _("Key ended"),
                E.SIGNING_CHANGED: _("Signing changed"),
                E.CONSUMER_STOPPED: _("Application switched off"),
                E.GRANTED: _("Grant made"),
                E.LIMITS_CHANGED: _("Limits of a grant changed"),
                E.REVOKED: _("Grant revoked"),
                E.SHRUNK: _("Fields taken off a grant"),
                E.EXTENDED: _("Grant prolonged"),
                E.SNAPSHOT_MENDED: _("Snapshot mended"),
                E.JOURNAL_CLEARED: _("Carried journal deleted"),
                E.TABLE_MENDED: _("Serving table mended"),
                E.CONSENT_USED: _("Called under a consent"),
                "gateway.call": _("Called through the gateway"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)


def register_holdings() -> None:
    """What a rule of retention may take away here."""
    from quanshu.shared.holdings import register_holding, rows_holding
    from quanshu.sharing.services.models import ExchangeMark

    register_holding(
        rows_holding(
            "services.marks",
            name=_("Marks of rows in receipts"),
            what=_("Who received a row can no longer be found; the receipt itself stays."),
            dated=_("when the call was answered"),
            rows=ExchangeMark.objects.all,
            date="exchange__at",
            uid="pk",
            unit="exchange__service__unit__path",
            # A receiver of a wrong value must be found as long as values are corrected.
            least_days=180,
            order=35,
        )
    )
