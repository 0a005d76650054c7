"""Ledger as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "ledger.anchor.edit": _("Edit anchors"),
    "ledger.checkpoint.view": _("See the ledger"),
    "ledger.witness.edit": _("Edit witnesses and policy"),
}

KINDS = {
    "ledger.anchor": _("Anchor"),
    "ledger.proof": _("Proof file"),
    "ledger.quorum": _("Policy of trust"),
    "ledger.witness": _("Witness"),
}

JOBS = {
    "ledger.anchor": _("Post a checkpoint to an outside chain"),
    "ledger.ask": _("Ask witnesses to cosign"),
}


class LedgerConfig(AppConfig):
    name = "quanshu.oversight.ledger"
    label = "ledger"

    def ready(self) -> None:
        from quanshu.city.citizen.api import register_proofs
        from quanshu.oversight.ledger.events import LedgerEvent as E
        from quanshu.oversight.ledger.pages.links import proof_button
        from quanshu.oversight.ledger.queries import proofs_of_uses
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.sharing.desk.api import register_call_buttons

        register(NavItem("ledger", _("Ledger"), "ledger:overview", "link", "govern", 81, "ledger.checkpoint.view"))
        register_call_buttons("ledger", proof_button)
        register_proofs(proofs_of_uses)
        register_labels({"ledger.witness": _("Witness that does not sign")})
        register_actions(
            {
                E.WITNESS_ADDED: _("Witness added"),
                E.WITNESS_PAUSED: _("Witness paused"),
                E.WITNESS_RESUMED: _("Witness used again"),
                E.WITNESS_REMOVED: _("Witness removed"),
                E.WITNESS_FAILING: _("Witness does not sign"),
                E.WITNESS_BACK: _("Witness signs again"),
                E.QUORUM_SET: _("Number of witnesses set"),
                E.ANCHOR_ADDED: _("Anchor added"),
                E.ANCHOR_STOPPED: _("Anchor stopped"),
                E.PROOF_GIVEN: _("Proof downloaded"),
            }
        )
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)
